"""Conditions as positions: whole numbers that count the settings of each parameter from 0."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..datasets import CategoricalParameter, NumericParameter, ParameterSpace
from ..models.encoding import activity


@dataclass(frozen=True)
class Grid:
    """All settings of all parameters. What does not apply stands at position 0.

    Attributes
    ----------
    space
        The parameters.
    """

    space: ParameterSpace

    @cached_property
    def counts(self) -> np.ndarray:
        """Number of settings of each parameter, shape (n_parameters,)."""
        return np.array([p.n_settings for p in self.space])

    @cached_property
    def is_numeric(self) -> np.ndarray:
        """Which parameters are numbers, shape (n_parameters,)."""
        return np.array([isinstance(p, NumericParameter) for p in self.space])

    def active(self, positions: np.ndarray) -> np.ndarray:
        """Whether each parameter applies, shape (n, n_parameters)."""
        active = activity(self.space, torch.as_tensor(positions, dtype=torch.float64))
        return np.stack([active[name].numpy() for name in self.space.names], axis=1)

    def tidy(self, positions: np.ndarray) -> np.ndarray:
        """Positions with 0 where a parameter does not apply, so that equal conditions are equal rows."""
        return np.where(self.active(positions), positions, 0)

    def codes(self, positions: np.ndarray) -> Tensor:
        """Codes of tidy positions, shape (n, n_parameters)."""
        columns = [
            positions[:, column].astype(float)
            if isinstance(parameter, CategoricalParameter)
            else parameter.setting(positions[:, column])
            for column, parameter in enumerate(self.space)
        ]
        return torch.as_tensor(np.stack(columns, axis=1), dtype=torch.float64)

    def positions(self, codes: Tensor) -> np.ndarray:
        """Tidy positions nearest to codes, shape (n, n_parameters)."""
        values = codes.numpy()
        columns = [
            values[:, column].astype(int)
            if isinstance(parameter, CategoricalParameter)
            else parameter.index(values[:, column])
            for column, parameter in enumerate(self.space)
        ]
        return self.tidy(np.stack(columns, axis=1))
