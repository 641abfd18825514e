"""Which of the experiments made could be worth repeating, and why."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ..datasets import Experiment
from ..models.beliefs import Beliefs
from ..models.outliers import WRONG_VALUES, Outlier
from .answers import is_at_boundary
from .feasibility import probability_met, required_probability
from .known import Known, keys_of
from .limits import YesNoLimit
from .objectives import scaled_merit
from .problem import Problem
from .search_space import SearchSpace

Ground = Literal["replicate_best", "replicate_boundary", "replicate_suspicious"]

SHARE = 4  # one experiment in so many at most is a replicate
_MOST = {"replicate_suspicious": 3, "replicate_best": 5, "replicate_boundary": 4}
_AROUND_THE_LIMIT = 0.4  # of the way from the required probability to certainty; as far below it
_FAR_APART = 3.0  # standard deviations of a difference of two measurements
# An experiment is called an outlier when that is at least ten times as likely as that it is right.
_MOST_LIKELY_RIGHT = 1 / 11


@dataclass(frozen=True)
class Replicate:
    """An experiment that could be repeated.

    Attributes
    ----------
    row
        Among the known experiments.
    codes : Tensor, shape (n_parameters,)
    ground
        Why.
    """

    row: int
    codes: Tensor
    ground: Ground


def replicates(problem: Problem, beliefs: Beliefs, known: Known, search: SearchSpace) -> list[Replicate]:
    """Experiments worth weighing against new conditions, at most a dozen.

    They have results, could be proposed again exactly as they were made, and are not being repeated
    already. They are taken for the first ground that holds: values that fit nothing else or contradict
    each other; the best made so far; conditions that one more result could move across a limit; rivals of
    the best.
    """
    rows = _repeatable(known, search)
    if not rows:
        return []
    codes = known.codes[rows]
    merits = scaled_merit(problem, beliefs, codes)
    near, meets = torch.zeros(len(rows), dtype=torch.bool), torch.ones(len(rows), dtype=torch.bool)
    for limit in problem.limits:
        required = required_probability(limit)
        gap = probability_met(limit, beliefs, codes) - required
        meets &= gap >= 0
        if isinstance(limit, YesNoLimit):
            near |= is_at_boundary(limit, beliefs, codes)
        else:
            near |= gap.abs() <= _AROUND_THE_LIMIT * (1 - required)
    outliers = {outlier.experiment for outlier in beliefs.outliers}
    contradicted = _contradicted(problem, beliefs, known)
    front = set(known.front(problem, beliefs))
    order = merits.argsort(descending=True, stable=True).tolist()
    found: dict[Ground, list[Replicate]] = {ground: [] for ground in _MOST}  # pyright: ignore[reportAssignmentType]
    for i in order:
        row = rows[i]
        ground: Ground | None = None
        key = keys_of(codes[i][None])[0]
        if known.experiments[row].id in outliers or key in contradicted:
            ground = "replicate_suspicious"
        elif row in front or (meets[i] and known.is_rival[row] and not near[i]):
            ground = "replicate_best"
        elif near[i]:
            ground = "replicate_boundary"
        if ground is not None and len(found[ground]) < _MOST[ground]:
            found[ground].append(Replicate(row, codes[i], ground))
    return [one for group in found.values() for one in group]


def room_for_replicates(known: Known, n: int) -> int:
    """How many of n further experiments may be replicates: one for every four made before it.

    The first repeat of what another lab made is its anchor, and does not count.
    """
    literature = {key for key, e in zip(keys_of(known.codes), known.experiments, strict=True) if not e.is_own}
    own = [key for key, e in zip(keys_of(known.codes), known.experiments, strict=True) if e.is_own]
    repeated = sum(key in own[:i] for i, key in enumerate(own))
    repeated += max(sum(key in literature and key not in own[:i] for i, key in enumerate(own)) - 1, 0)
    return min((len(own) + n - 1) // SHARE - repeated, max(1, n // SHARE))


def worth_of_doubt(
    outlier: Outlier, experiment: Experiment, problem: Problem, expected_worth: float, other_worth: float
) -> float:
    """What it is worth to find out whether a value that is not obeyed is right, in the unit of the goal.

    If it is right the conditions are worth more or less than believed, and the recommendation may change; a
    repeat tells which. Only values of the objective itself can be held against worths of it.

    Parameters
    ----------
    outlier, experiment
        The value, and whose it is.
    problem
        What is wanted.
    expected_worth, other_worth
        What its conditions are worth as they are believed, and the best of all others.
    """
    objective = problem.goal.on(outlier.response)
    if objective is None or len(problem.goal.objectives) > 1 or problem.broken_limits(experiment):
        return 0.0
    right = _probability_right(outlier)
    if_right = expected_worth + objective.merit(outlier.value) - objective.merit(outlier.expected)
    with_it = right * max(if_right, other_worth) + (1 - right) * max(expected_worth, other_worth)
    return with_it - max(right * if_right + (1 - right) * expected_worth, other_worth)


def _probability_right(outlier: Outlier) -> float:
    """Of a value against a wrong one, which may lie anywhere on a logarithmic scale of residuals."""
    distance = abs(outlier.value - outlier.expected)
    z = distance / max(outlier.sd, 1e-12)
    odds = (1 - WRONG_VALUES) / WRONG_VALUES * z * math.exp((1 - z**2) / 2)
    return min(odds / (1 + odds), _MOST_LIKELY_RIGHT)


def _repeatable(known: Known, search: SearchSpace) -> list[int]:
    """First rows of conditions with results that could be proposed exactly as they were made."""
    pending = set(keys_of(known.codes[known.is_pending]))
    grid = search.grid.codes(search.grid.positions(known.codes)) if len(known.codes) else known.codes
    allowed = search.valid(known.codes) & search.in_range(known.codes)
    seen: set[tuple[float, ...]] = set()
    rows = []
    keys = zip(keys_of(known.codes), keys_of(grid), strict=True)
    for row, (key, on_grid) in enumerate(keys):
        experiment = known.experiments[row]
        if not allowed[row] or key != on_grid or key in pending or key in seen or experiment.failure:
            continue
        seen.add(key)
        rows.append(row)
    return rows


def _contradicted(problem: Problem, beliefs: Beliefs, known: Known) -> set[tuple[float, ...]]:
    """Conditions whose replicates answer yes and no, or numbers too far apart to be noise."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for row, key in enumerate(keys_of(known.codes)):
        groups.setdefault(key, []).append(row)
    return {key for key, rows in groups.items() if _disagree(problem, beliefs, known, rows)}


def _disagree(problem: Problem, beliefs: Beliefs, known: Known, rows: list[int]) -> bool:
    for name, response in problem.responses.items():
        if response.is_derived:
            continue
        values = [v.value for r in rows for v in known.experiments[r].values(name) if not v.is_bound]
        if len(set(values)) < 2:
            continue
        if response.is_yes_no:
            return True
        numbers = torch.tensor([float(value) for value in values], dtype=torch.float64)
        surrogate = beliefs.surrogate_of(name)
        scale = surrogate.scales[name]
        if scale is None:
            continue
        latent = scale.to_latent(numbers)
        sd = surrogate.noise_variance(name, latent.mean()[None]).sqrt()
        if float(latent.max() - latent.min()) > _FAR_APART * math.sqrt(2) * float(sd):
            return True
    return False
