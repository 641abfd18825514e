"""The first experiment of a lab that has only the results of others: one of theirs, made again."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..models.beliefs import Beliefs
from .feasibility import shortfall
from .known import Known, keys_of
from .objectives import scaled_merit
from .problem import Problem
from .search_space import SearchSpace


@dataclass(frozen=True)
class Anchor:
    """A measured experiment of another lab to be made again.

    Attributes
    ----------
    row
        Among the known experiments.
    codes : Tensor, shape (n_parameters,)
        Its conditions, each on the nearest setting.
    """

    row: int
    codes: Tensor


def anchor(problem: Problem, beliefs: Beliefs, known: Known, search: SearchSpace) -> Anchor | None:
    """What to make again before anything new, or None.

    Another lab is a shift: until one of its results has been repeated, its numbers say little of this
    one. Wanted while literature has values of the goal and the own lab has none, unless such a repeat is
    pending. Of conditions that may be made, those come first for which every limit was measured and kept,
    then those that broke none; among them the best measured counts, by the forecast. If all broke
    one, the one expected to come closest to the limits.
    """
    if any(e.is_own and known.is_measured[row] for row, e in enumerate(known.experiments)):
        return None
    rows = [row for row, e in enumerate(known.experiments) if not e.is_own and known.is_measured[row]]
    if not rows:
        return None
    codes = search.grid.codes(search.grid.positions(known.codes[rows]))
    allowed = search.valid(codes) & search.in_range(known.codes[rows])
    keys = keys_of(codes)
    own = [row for row, e in enumerate(known.experiments) if e.is_own]
    pending = {key for row, key in zip(own, keys_of(known.codes[own]), strict=True) if known.is_pending[row]}
    if pending & set(keys):
        return None
    made = set(keys_of(known.codes[own]))
    choice = [i for i, key in enumerate(keys) if allowed[i] and key not in made]
    if not choice:
        return None
    codes, rows = codes[choice], [rows[i] for i in choice]
    kept = torch.tensor([_kept(problem, known, row) for row in rows])
    merits = scaled_merit(problem, beliefs, codes)
    if (kept == 0).all():
        best = int(shortfall(problem.limits, beliefs, codes).argmin())
    else:
        best = int(torch.where(kept == kept.max(), merits, -torch.inf).argmax())
    return Anchor(rows[best], codes[best])


def _kept(problem: Problem, known: Known, row: int) -> int:
    """2 if every limit was measured and kept, 1 if none was broken, else 0."""
    experiment = known.experiments[row]
    if problem.broken_limits(experiment):
        return 0
    measured = [
        experiment.values(limit.response) or problem.value_of(limit.response, experiment) is not None
        for limit in problem.limits
    ]
    return 2 if all(measured) else 1
