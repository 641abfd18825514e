"""The one border between lab and mathematics: conditions as people write them, and as tensors.

Codes are the tensor form of conditions, one column a parameter in the order of the space: numbers in
lab units, categories by position. A column that does not apply holds a placeholder that nothing reads:
whether a parameter applies is worked out from the codes of its parents.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from scipy.stats import qmc
from torch import Tensor

from ..datasets import (
    NOT_STATED,
    CategoricalParameter,
    Conditions,
    ConditionValue,
    NumericParameter,
    Parameter,
    ParameterSpace,
)

_ARC = math.pi / 3  # opening of the arc on which a conditional number lies
N_IMPUTATIONS = 8


def codes_of_frame(space: ParameterSpace, frame: pd.DataFrame) -> Tensor:
    """Codes of a table of conditions in lab units; every applicable cell must be filled.

    Returns
    -------
    Tensor, shape (n_rows, n_parameters), float64
    """
    columns = []
    for parameter in space:
        values = frame[parameter.name]
        if isinstance(parameter, CategoricalParameter):
            positions = {value: position for position, value in enumerate(parameter.values)}
            column = values.map(positions).to_numpy(float)
        else:
            column = pd.to_numeric(values, errors="coerce").to_numpy(float)
        columns.append(np.where(np.isnan(column), _placeholder(parameter), column))
    return torch.as_tensor(np.stack(columns, axis=1), dtype=torch.float64)


def frame_of_codes(space: ParameterSpace, codes: Tensor) -> pd.DataFrame:
    """Table of conditions in lab units, empty (None or NaN) where a parameter does not apply."""
    active = activity(space, codes)
    table = {}
    for position, parameter in enumerate(space):
        column = codes[:, position].numpy()
        applies = active[parameter.name].numpy()
        if isinstance(parameter, CategoricalParameter):
            names = np.asarray(parameter.values, dtype=object)[column.astype(int)]
            names[~applies] = None
            table[parameter.name] = names
        else:
            table[parameter.name] = np.where(applies, column, np.nan)
    return pd.DataFrame(table)


def conditions_of_codes(space: ParameterSpace, codes: Tensor) -> list[dict[str, ConditionValue]]:
    """Each row of codes as conditions, None where a parameter does not apply."""
    columns = frame_of_codes(space, codes)
    rows: list[dict[str, ConditionValue]] = [{} for _ in range(len(codes))]
    for name in space.names:
        for row, value in zip(rows, columns[name], strict=True):
            row[name] = None if value is None or value != value else value
    return rows


def quantile_codes(space: ParameterSpace, shares: np.ndarray) -> Tensor:
    """Codes at which each parameter has a share of its settings below it, shapes (n, n_parameters).

    Parameters that would not apply have a value all the same.
    """
    columns = [
        [_code(parameter, _quantile(parameter, share, None)) for share in shares[:, position].tolist()]
        for position, parameter in enumerate(space)
    ]
    return torch.tensor(columns, dtype=torch.float64).T.contiguous()


def codes_of_conditions(space: ParameterSpace, conditions: Conditions) -> Tensor:
    """Codes of one experiment; a value that nobody stated is spread over its range.

    Returns
    -------
    Tensor, shape (n_imputations, n_parameters)
        One row if everything is stated, else `N_IMPUTATIONS` equally likely ones: a low-discrepancy
        sample of what the unstated values may have been.
    """
    unstated = [p for p in space.parents_first if conditions.get(p.name) is NOT_STATED]
    if not unstated:
        row = [_code(parameter, conditions.get(parameter.name)) for parameter in space]
        return torch.tensor([row], dtype=torch.float64)
    possible = _implied_by_children(space, conditions)
    draws = qmc.Sobol(len(unstated), scramble=False).random(N_IMPUTATIONS) + 0.5 / N_IMPUTATIONS
    rows = []
    for draw in draws:
        filled: dict[str, ConditionValue] = dict(conditions)
        for parameter, share in zip(unstated, draw, strict=False):
            filled[parameter.name] = None
            if space.applies(parameter, filled) is True:
                filled[parameter.name] = _quantile(parameter, float(share), possible.get(parameter.name))
        rows.append([_code(parameter, filled.get(parameter.name)) for parameter in space])
    return torch.tensor(rows, dtype=torch.float64)


def _implied_by_children(space: ParameterSpace, conditions: Conditions) -> dict[str, list[str]]:
    """Values that parents must have had where a parameter that exists only with them is stated."""
    possible: dict[str, list[str]] = {}
    for child in space:
        if conditions.get(child.name) in (None, NOT_STATED):
            continue
        for parent, values in child.when.items():
            possible[parent] = [v for v in possible.get(parent, values) if v in values]
    return possible


def _quantile(parameter: Parameter, share: float, possible: list[str] | None) -> float | str:
    share = min(max(share, 0.0), 1 - 1e-9)
    if isinstance(parameter, CategoricalParameter):
        values = possible or parameter.values
        return values[int(share * len(values))]
    if parameter.scale == "log" and not parameter.levels:
        return parameter.low * (parameter.high / parameter.low) ** share
    return float(parameter.setting(np.asarray(int(share * parameter.n_settings))))


def _code(parameter: Parameter, value: ConditionValue) -> float:
    if value is None or value is NOT_STATED:
        return _placeholder(parameter)
    if isinstance(parameter, CategoricalParameter):
        return float(parameter.values.index(str(value)))
    return float(value)


def _placeholder(parameter: Parameter) -> float:
    return 0.0 if isinstance(parameter, CategoricalParameter) else parameter.low


def activity(space: ParameterSpace, codes: Tensor) -> dict[str, Tensor]:
    """Whether each parameter applies, by name; every tensor has the batch shape of `codes` (..., n)."""
    active: dict[str, Tensor] = {}
    for parameter in space.parents_first:
        here = torch.ones(codes.shape[:-1], dtype=torch.bool)
        for parent_name, values in parameter.when.items():
            parent = space.by_name[parent_name]
            assert isinstance(parent, CategoricalParameter)
            allowed = torch.tensor([float(parent.values.index(v)) for v in values], dtype=codes.dtype)
            column = codes[..., space.names.index(parent_name)]
            here = here & active[parent_name] & torch.isin(column.detach().round(), allowed)
        active[parameter.name] = here
    return active


@dataclass(frozen=True)
class Encoding:
    """Unit-cube columns of the parameters that may matter to one response.

    Columns of one parameter form a group, which later gets one length scale. Numbers are scaled to
    0..1 over their range (or its logarithm). Categories are one-hot at distance 1 from each other, or
    their scaled descriptors. A conditional number lies on an arc around the origin, which stands for
    "does not apply": the origin is equally far from every value (Hutter & Osborne, A kernel for
    hierarchical parameter spaces, arXiv:1310.5738), so no value is invented for it.

    Attributes
    ----------
    space
        All parameters.
    names
        Those that may matter.
    """

    space: ParameterSpace
    names: tuple[str, ...]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters that vary and may matter, in the order of the space."""
        return tuple(p for p in self.space if p.name in self.names and (p.n_settings > 1 or p.when))

    @cached_property
    def group_sizes(self) -> tuple[int, ...]:
        """Number of columns of each parameter."""
        return tuple(self._n_columns(parameter) for parameter in self.parameters)

    @staticmethod
    def _n_columns(parameter: Parameter) -> int:
        if isinstance(parameter, CategoricalParameter):
            return _category_table(parameter).shape[1]
        return 2 if parameter.when else 1

    def columns(self, codes: Tensor, active: dict[str, Tensor]) -> Tensor:
        """Encode codes.

        Parameters
        ----------
        codes : Tensor, shape (..., n, n_parameters)
        active
            What `activity` says of them.

        Returns
        -------
        Tensor, shape (..., n, sum of `group_sizes`)
        """
        parts = [self._encoded(p, codes, active[p.name]) for p in self.parameters]
        return torch.cat(parts, dim=-1) if parts else codes.new_zeros(*codes.shape[:-1], 0)

    def _encoded(self, parameter: Parameter, codes: Tensor, active: Tensor) -> Tensor:
        column = codes[..., self.space.names.index(parameter.name)]
        if isinstance(parameter, CategoricalParameter):
            table = _category_table(parameter).to(codes)
            return table[column.detach().round().long()] * active.unsqueeze(-1)
        share = unit_share(parameter, column)
        if not parameter.when:
            return share.unsqueeze(-1)
        angle = _ARC * share
        arc = torch.stack([torch.cos(angle), torch.sin(angle)], dim=-1) / _ARC
        return torch.where(active.unsqueeze(-1), arc, torch.zeros_like(arc))


def unit_share(parameter: NumericParameter, values: Tensor) -> Tensor:
    """Position of values in the range of a parameter, 0 at its low and 1 at its high end."""
    if parameter.high == parameter.low:
        return torch.zeros_like(values)
    if parameter.scale == "log":
        low, high = math.log(parameter.low), math.log(parameter.high)
        return (values.clamp_min(parameter.low * 1e-3).log() - low) / (high - low)
    return (values - parameter.low) / (parameter.high - parameter.low)


def _category_table(parameter: CategoricalParameter) -> Tensor:
    if not parameter.descriptors:
        return torch.eye(len(parameter.values), dtype=torch.float64) / math.sqrt(2)
    names = sorted(parameter.descriptors[parameter.values[0]])
    numbers = np.array([[parameter.descriptors[v][name] for name in names] for v in parameter.values], float)
    spans = np.ptp(numbers, axis=0)
    scaled = (numbers - numbers.min(0)) / np.where(spans > 0, spans, 1.0) / math.sqrt(numbers.shape[1])
    if parameter.when:
        # The origin stands for "does not apply"; one more column keeps the smallest descriptors off it.
        scaled = np.column_stack([scaled, np.full(len(scaled), 1 / math.sqrt(2))])
    return torch.as_tensor(scaled)


def distinct(codes: Tensor, space: ParameterSpace) -> Tensor:
    """Codes with every placeholder made equal, so that equal conditions are equal rows."""
    active = activity(space, codes)
    tidy = codes.clone()
    for position, parameter in enumerate(space):
        tidy[..., position] = torch.where(
            active[parameter.name],
            tidy[..., position],
            torch.full_like(tidy[..., position], _placeholder(parameter)),
        )
    return tidy


def codes_of_each(space: ParameterSpace, conditions: Iterable[Conditions]) -> list[Tensor]:
    """Distinct codes of every experiment, shape (n_imputations, n_parameters) each."""
    blocks = [codes_of_conditions(space, one) for one in conditions]
    if not blocks:
        return []
    return list(distinct(torch.cat(blocks), space).split([len(block) for block in blocks]))


def codes_of_all(space: ParameterSpace, conditions: Iterable[Conditions]) -> Tensor:
    """Codes of several experiments that state everything, also of none; shape (n, n_parameters)."""
    rows = [codes_of_conditions(space, one) for one in conditions]
    return torch.cat(rows) if rows else torch.zeros(0, len(space), dtype=torch.float64)
