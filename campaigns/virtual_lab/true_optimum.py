"""The best that a laboratory could reach, and how much of it experiments miss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...datasets import InputError, listed
from ...models.evidence import PROCESS_WORKS
from ...planner.limits import YesNoLimit
from ...planner.problem import Problem

if TYPE_CHECKING:
    from torch import Tensor

Truth = Callable[[pd.DataFrame], pd.DataFrame]

_MOST_ENUMERATED = 3_000_000
_CHUNK = 100_000
_N_SAMPLED, _N_CLIMBS, _MOST_STEPS = 50_000, 10, 200
_NOTHING = "the virtual lab has no conditions that truly meet all limits, so there is nothing to find"
_MUST_WORK = 0.5  # a synthesis more likely to fail than not is no way to anything


class NothingFeasible(InputError):
    """No conditions of a virtual lab truly meet all limits."""


@dataclass(frozen=True)
class TrueOptimum:
    """What is best among the truly feasible conditions of a space.

    Attributes
    ----------
    merit
        Of the best: in the unit of the goal, the larger the better whatever its sense.
    worst_merit
        Of the worst truly feasible conditions: what an experimenter has who found nothing yet.
    conditions
        The best, one row.
    is_exact
        Whether every condition was looked at.
    feasible_share
        Share of the conditions looked at that is truly feasible.
    """

    merit: float
    worst_merit: float
    conditions: pd.DataFrame
    is_exact: bool
    feasible_share: float


def true_value(problem: Problem, name: str, frame: pd.DataFrame, truth: pd.DataFrame) -> np.ndarray:
    """True value of a measured or derived response, or of a cost, at each row of conditions.

    Parameters
    ----------
    problem
        The campaign as the planner sees it.
    name
        Response or cost.
    frame, truth
        Conditions, and what a laboratory says is true of them.

    Raises
    ------
    InputError
        If the laboratory does not know the response.
    """
    if name in problem.costs:
        return problem.costs[name].of_rows(frame)
    response = problem.responses[name]
    sources = response.sources if response.is_derived else (name,)
    missing = [source for source in sources if source not in truth.columns]
    if missing:
        known = [column for column in truth.columns if column != PROCESS_WORKS]
        raise InputError(f"the virtual lab does not know {listed(missing, 'and')}, it knows {listed(known)}")
    values = [truth[source].to_numpy(float) for source in sources]
    if not response.is_derived:
        return values[0]
    if response.smallest_of:
        return np.min(values, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return values[0] / values[1]


def true_merit(problem: Problem, frame: pd.DataFrame, truth: pd.DataFrame) -> np.ndarray:
    """What each row of conditions is truly worth: the larger the better, in the unit of the goal.

    Raises
    ------
    InputError
        If the goal has several objectives, which have no single best.
    """
    if len(problem.goal.objectives) != 1:
        raise InputError(
            f"the goal has {len(problem.goal.objectives)} objectives, so there is no single best to compare "
            "with; give one objective, and the others as limits"
        )
    objective = problem.goal.objectives[0]
    value = true_value(problem, objective.response, frame, truth)
    if objective.sense == "target":
        return -np.abs(value - (objective.target or 0.0))
    return -value if objective.sense == "minimise" else value


def truly_feasible(problem: Problem, frame: pd.DataFrame, truth: pd.DataFrame) -> np.ndarray:
    """Whether each row obeys the rules and meets every limit by its true probabilities and values."""
    feasible = np.ones(len(frame), bool)
    for rule in problem.hard_rules:
        feasible &= rule.holds(frame)
    if PROCESS_WORKS in truth.columns:
        feasible &= truth[PROCESS_WORKS].to_numpy(float) >= _MUST_WORK
    for limit in problem.limits:
        value = true_value(problem, limit.response, frame, truth)
        bound = limit.probability if isinstance(limit, YesNoLimit) else limit.bound
        feasible &= value >= bound if limit.side == "at_least" else value <= bound
    return feasible


def true_regret(
    problem: Problem, optimum: TrueOptimum, frame: pd.DataFrame, truth: pd.DataFrame
) -> np.ndarray:
    """How much the best of the first k truly feasible experiments lacks to the best there is, k from 1 on.

    Until the first of them it is as much as the worst truly feasible conditions lack.

    Parameters
    ----------
    problem, optimum
        The campaign, and what `find_true_optimum` found in its space.
    frame, truth
        Experiments in the order in which they were made, and what is true of them.

    Returns
    -------
    ndarray, shape (n_experiments,)
        In the unit of the goal, never below 0.
    """
    value = true_merit(problem, frame, truth)
    counts = truly_feasible(problem, frame, truth) & np.isfinite(value)
    merit = np.where(counts, value, optimum.worst_merit)
    return np.maximum(optimum.merit - np.maximum.accumulate(merit), 0.0)


def find_true_optimum(
    problem: Problem,
    truth: Truth,
    seed: int = 0,
    *,
    candidates: pd.DataFrame | None = None,
    most_enumerated: int = _MOST_ENUMERATED,
) -> TrueOptimum:
    """Find the best truly feasible conditions of a campaign.

    Small spaces are enumerated; of larger ones a sample is drawn, and its best are improved by moves of one
    or two parameters.

    Parameters
    ----------
    problem
        The campaign as the planner sees it.
    truth
        Says what is true of conditions, such as `VirtualLab.truth`.
    seed
        Of the sample.
    candidates
        The only conditions that can be made, or None: the whole space.
    most_enumerated
        Size of a space up to which every condition is looked at; also the most that are sampled at once.

    Raises
    ------
    NothingFeasible
        If no conditions are truly feasible; an `InputError`.
    """
    from ...planner.search_space import SearchSpace

    if candidates is not None:
        return _best_of(problem, truth, candidates)
    search = SearchSpace(problem.space, problem.hard_rules)
    is_exact = search.size <= most_enumerated
    generator = np.random.default_rng(seed)
    chunks = (
        search.everything(_CHUNK)
        if is_exact
        else [search.sample(min(_N_SAMPLED, most_enumerated), generator)]
    )
    best: list[tuple[float, Tensor]] = []
    worst, n_seen, n_feasible = np.inf, 0, 0
    for codes in chunks:
        merit = _merits(problem, truth, codes)
        feasible = np.isfinite(merit)
        n_seen, n_feasible = n_seen + len(codes), n_feasible + int(feasible.sum())
        if not feasible.any():
            continue
        worst = min(worst, float(merit[feasible].min()))
        leading = np.argsort(-merit, kind="stable")[: 1 if is_exact else _N_CLIMBS]
        best += [(float(merit[row]), codes[int(row)]) for row in leading if feasible[row]]
    if not best:
        raise NothingFeasible(_NOTHING)
    if not is_exact:
        best = [_climb(problem, truth, search, start, generator) for start in best]
    merit, codes = max(best, key=lambda found: found[0])
    return TrueOptimum(merit, worst, _frame(problem, codes[None]), is_exact, n_feasible / n_seen)


def _best_of(problem: Problem, truth: Truth, candidates: pd.DataFrame) -> TrueOptimum:
    known = truth(candidates)
    merit = true_merit(problem, candidates, known)
    # A row without a value of the goal cannot be the best, nor the worst.
    feasible = truly_feasible(problem, candidates, known) & np.isfinite(merit)
    if not feasible.any():
        raise NothingFeasible(_NOTHING)
    row = int(np.where(feasible, merit, -np.inf).argmax())
    worst = float(merit[feasible].min())
    return TrueOptimum(float(merit[row]), worst, candidates.iloc[[row]], True, float(feasible.mean()))


def _climb(
    problem: Problem,
    truth: Truth,
    search: object,
    start: "tuple[float, Tensor]",
    generator: np.random.Generator,
) -> "tuple[float, Tensor]":
    from ...planner.search_space import SearchSpace

    assert isinstance(search, SearchSpace)
    merit, codes = start
    for _ in range(_MOST_STEPS):
        around = search.neighbours(codes, generator)
        merits = _merits(problem, truth, around)
        if not len(around) or merits.max() <= merit:
            break
        merit, codes = float(merits.max()), around[int(merits.argmax())]
    return merit, codes


def _merits(problem: Problem, truth: Truth, codes: "Tensor") -> np.ndarray:
    """Merit of each row of codes, minus infinity where it is not truly feasible."""
    frame = _frame(problem, codes)
    known = truth(frame)
    return np.where(truly_feasible(problem, frame, known), true_merit(problem, frame, known), -np.inf)


def _frame(problem: Problem, codes: "Tensor") -> pd.DataFrame:
    from ...models.encoding import frame_of_codes

    return frame_of_codes(problem.space, codes)
