"""How evenly a design represents what may be made: a discrepancy for mixed and conditional conditions."""

import numpy as np
import torch
from torch import Tensor

from ..datasets import CategoricalParameter, NumericParameter, ParameterSpace
from ..models.encoding import activity, unit_share

_FEW_SETTINGS = 5
_LEAST = 1e-15
_VARIATION = 1 / 6  # mean of the numbers' kernel on the diagonal, less its mean everywhere
_ROWS_AT_ONCE = 256


class Evenness:
    """Squared discrepancy between designs and all candidates.

    It is that of Hickernell (Math. Comp. 67 (1998) 299) with the kernel prod_j (1 + k_j(x_j, y_j)) and
    the candidates, each with its weight, in place of the uniform distribution. For numbers k_j is the kernel
    of the centred L2 discrepancy, (|x - 1/2| + |y - 1/2| - |x - y|) / 2 on the unit interval; for
    categories a constant where both agree, which makes them vary as much as numbers do; where a parameter
    does not apply k_j is 0. Products let every few parameters together be evenly covered: the range
    of a number within each category, a conditional number where it applies.

    Parameters
    ----------
    space
        The parameters.
    candidates : Tensor, shape (n_candidates, n_parameters)
    known : Tensor, shape (n_known, n_parameters)
        What every design holds.
    weight : shape (n_candidates,)
        How much each candidate counts among what is to be represented.
    """

    def __init__(self, space: ParameterSpace, candidates: Tensor, known: Tensor, weight: np.ndarray) -> None:
        self.n_known = len(known)
        self._parts, there = _parts(space, candidates), _parts(space, known)
        target = weight * _trapezoid(space, candidates)
        target = torch.as_tensor(
            target / target.sum() if target.sum() > 0 else np.ones_like(target) / len(target)
        )
        everyone = torch.arange(len(candidates))
        rows = [_kernel(self._parts, part, self._parts) @ target for part in everyone.split(_ROWS_AT_ONCE)]
        self._mean = torch.cat(rows)
        self._rows: dict[int, Tensor] = {}
        self._mean_of_mean = float(self._mean @ target)
        self._own = torch.cat([_own(self._parts, part) for part in everyone.split(_ROWS_AT_ONCE)])
        among_known = torch.arange(self.n_known)
        to_known = [_kernel(there, part, self._parts) for part in among_known.split(_ROWS_AT_ONCE)]
        self._to_known = sum((block.sum(dim=0) for block in to_known), torch.zeros(len(candidates)).double())
        self._known_mean = float(sum(float((block @ target).sum()) for block in to_known))
        within = [_kernel(there, part, there).sum() for part in among_known.split(_ROWS_AT_ONCE)]
        self._within_known = float(sum(map(float, within)))

    def with_each(self, chosen: list[int]) -> np.ndarray:
        """Squared discrepancy of the known, the chosen and each candidate together, shape (n_candidates,)."""
        n = self.n_known + len(chosen) + 1
        held = torch.tensor(chosen, dtype=torch.long)
        for new in set(chosen) - set(self._rows):
            self._rows[new] = _kernel(self._parts, torch.tensor([new]), self._parts)[0]
        to_held = torch.stack([self._rows[row] for row in chosen] or [self._mean])[: len(chosen)]
        means = self._known_mean + float(self._mean[held].sum())
        within = self._within_known + 2 * float(self._to_known[held].sum()) + float(to_held[:, held].sum())
        cross = self._to_known + to_held.sum(dim=0)
        value = self._mean_of_mean - 2 / n * (means + self._mean) + (within + 2 * cross + self._own) / n**2
        return value.clamp_min(_LEAST).numpy()


# For each parameter: columns of which the kernel is a sum of smaller ones, or values that agree or not.
_Part = tuple[Tensor, Tensor, float]


def _parts(space: ParameterSpace, codes: Tensor) -> list[_Part]:
    """For numbers the distances from the middle to either side, for categories values and their constant."""
    active = activity(space, codes)
    parts: list[_Part] = []
    for column, parameter in enumerate(space):
        applies = active[parameter.name]
        if isinstance(parameter, CategoricalParameter):
            values = torch.where(applies, codes[:, column].round(), -1.0)
            m = len(parameter.values)
            parts.append((values, applies.double(), _VARIATION / (1 - 1 / m) if m > 1 else 0.0))
        elif parameter.n_settings > 1:
            middle = unit_share(parameter, codes[:, column]).clamp(0, 1) - 0.5
            above = torch.where(applies, middle.clamp_min(0), 0.0)
            below = torch.where(applies, (-middle).clamp_min(0), 0.0)
            parts.append((above, below, -1.0))
    return parts


def _kernel(rows: list[_Part], which: Tensor, others: list[_Part]) -> Tensor:
    """Kernel between some rows and all others, shape (len(which), n_others)."""
    product = torch.ones(len(which), len(others[0][0]) if others else 1, dtype=torch.float64)
    for (a, b, constant), (other_a, other_b, _) in zip(rows, others, strict=True):
        if constant < 0:
            # (|x| + |y| - |x - y|) / 2 is the smaller of the two on one side of the middle, else 0.
            smaller = torch.minimum(a[which, None], other_a).add_(torch.minimum(b[which, None], other_b))
            product.mul_(smaller.add_(1.0))
        else:
            agree = (a[which, None] == other_a) & (other_b > 0)
            product.mul_(1 + constant * agree)
    return product


def _own(rows: list[_Part], which: Tensor) -> Tensor:
    """Kernel of some rows with themselves, shape (len(which),)."""
    product = torch.ones(len(which), dtype=torch.float64)
    for a, b, constant in rows:
        product *= 1 + (a[which] + b[which] if constant < 0 else constant * b[which])
    return product


def _trapezoid(space: ParameterSpace, candidates: Tensor) -> np.ndarray:
    """Half the weight for each number at an end of its range: a step there stands for half an interval.

    Few settings are levels, to be tried equally often.
    """
    weight, active = np.ones(len(candidates)), activity(space, candidates)
    for column, parameter in enumerate(space):
        if isinstance(parameter, NumericParameter) and parameter.n_settings > _FEW_SETTINGS:
            value = candidates[:, column].numpy()
            at_end = (value <= parameter.low) | (value >= parameter.high)
            weight[at_end & active[parameter.name].numpy()] *= 0.5
    return weight
