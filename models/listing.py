"""What a list of candidates tells by itself: people set conditions more densely where they expect more.

Where conditions were listed by someone who was searching, how densely they lie goes with the outcome, and a
surrogate that ignores it takes lonely conditions for promising unknowns. In geostatistics this is
preferential sampling (Diggle, Menezes and Su, J. R. Stat. Soc. C 59 (2010) 191). Here the logarithm of the
density is a covariate whose effect is learned, with no sign expected. On a grid it is nearly constant and
tells nothing.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..datasets import NOT_STATED, Dataset, ParameterSpace
from .encoding import Encoding, activity, codes_of_all

_NEIGHBOURS = 5
_LEAST_LISTED = 4 * _NEIGHBOURS  # of fewer conditions the density is anyone's guess
_MOST_E_FOLDS = 2.5
_MOST_COMPARED = 5000  # a sample of a longer list says as much of its density
_CHUNK = 512


@dataclass(frozen=True, eq=False)
class Listing:
    """Conditions from which to choose, with those already made.

    Attributes
    ----------
    space
        The parameters.
    codes : Tensor, shape (n, n_parameters)
        The conditions.
    """

    space: ParameterSpace
    codes: Tensor

    @classmethod
    def of(cls, space: ParameterSpace, candidates: Tensor, dataset: Dataset) -> "Listing | None":
        """Candidates and what was already made, or None where they are too few."""
        made = [e.executed for e in dataset.experiments if NOT_STATED not in e.executed.values()]
        distinct = torch.unique(torch.cat([candidates, codes_of_all(space, made)]), dim=0)
        if len(distinct) > _MOST_COMPARED:
            kept = np.random.default_rng(0).permutation(len(distinct))[:_MOST_COMPARED]
            distinct = distinct[torch.as_tensor(np.sort(kept))]
        return cls(space, distinct) if len(distinct) >= _LEAST_LISTED else None

    def log_density(self, codes: Tensor) -> Tensor:
        """Logarithm of the density of listed conditions against its median, shape (n,).

        Minus the logarithm of the distance to the fifth nearest other condition, in encoded parameters.
        """
        keys = _keys(codes)
        new = {key: row for row, key in enumerate(keys) if key not in self._told}
        if new:
            self._told.update(
                zip(new, self._compared(self._log_distances(codes[list(new.values())])), strict=True)
            )
        return torch.tensor([self._told[key] for key in keys], dtype=torch.float64)

    def _compared(self, log_distances: Tensor) -> list[float]:
        relative = self._log_distances_listed.median() - log_distances
        return relative.clamp(-_MOST_E_FOLDS, _MOST_E_FOLDS).tolist()

    @cached_property
    def _told(self) -> dict[bytes, float]:
        """Densities by conditions, at first those of the listed ones themselves."""
        return dict(zip(_keys(self.codes), self._compared(self._log_distances_listed), strict=True))

    @cached_property
    def key(self) -> bytes:
        """The same for the same conditions."""
        return self.codes.numpy().tobytes()

    @cached_property
    def _log_distances_listed(self) -> Tensor:
        return self._log_distances(self.codes)

    @cached_property
    def _encoding(self) -> Encoding:
        return Encoding(self.space, self.space.names)

    @cached_property
    def _inputs(self) -> Tensor:
        return self._encoding.columns(self.codes, activity(self.space, self.codes))

    def _log_distances(self, codes: Tensor) -> Tensor:
        inputs = self._encoding.columns(codes, activity(self.space, codes))
        nearest = []
        for part in inputs.split(_CHUNK):
            distance = torch.cdist(part, self._inputs, compute_mode="donot_use_mm_for_euclid_dist")
            others = torch.where(distance > 1e-9, distance, torch.inf)
            nearest.append(others.kthvalue(_NEIGHBOURS, dim=1).values)
        return torch.cat(nearest).log()


def _keys(codes: Tensor) -> list[bytes]:
    return [row.tobytes() for row in np.ascontiguousarray(codes.detach().numpy())]
