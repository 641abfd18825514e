"""What a suggestion gains and gives up against the measured front of several objectives, in words."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..datasets import Experiment, listed
from .goal import Objective
from .problem import Problem
from .wording import in_full, percent, with_unit

_N_COMPARED = 2
_NO_DIFFERENCE = 0.005  # of the larger of two values


def against_front(
    promise: str,
    problem: Problem,
    expected: Callable[[str], float],
    front: Sequence[Experiment],
    chance: float,
) -> str:
    """The promise of a suggestion against the experiments of the measured front that are most like it.

    Parameters
    ----------
    promise
        What is expected of it.
    problem
        What is wanted.
    expected
        Median of a response or the cost, by name.
    front
        Measured experiments that none other betters.
    chance
        That nothing made or pending is as good in every objective.
    """
    compared = _most_alike(problem, expected, front)
    said = [f"against {e.id} {_difference(problem, expected, e)}" for e in compared]
    alone = "the only one made so far that is expected to keep all limits"
    where = "the measured front" if len(front) > 1 else alone
    return (
        f"{promise}; {'; '.join(said)}, {where}; "
        f"chance that nothing made or pending is as good in all of them {percent(chance)}."
    )


def _most_alike(
    problem: Problem, expected: Callable[[str], float], front: Sequence[Experiment]
) -> list[Experiment]:
    """Members of the front whose results lie nearest, by the range of each objective on the front."""
    known = [e for e in front if all(problem.value_of(n, e) is not None for n in problem.goal.names)]
    if len(known) <= _N_COMPARED:
        return known or list(front[:1])
    names = problem.goal.names
    values = torch.tensor([[problem.value_of(n, e) for n in names] for e in known], dtype=torch.float64)
    here = torch.tensor([expected(name) for name in names], dtype=torch.float64)
    spans = (values.max(dim=0).values - values.min(dim=0).values).clamp_min(1e-12)
    distance: Tensor = ((values - here) / spans).square().sum(dim=1)
    return [known[int(i)] for i in distance.argsort(stable=True)[:_N_COMPARED]]


def _difference(problem: Problem, expected: Callable[[str], float], experiment: Experiment) -> str:
    """What is better and what is worse than in an experiment, each with the value there."""
    better, worse, alike = [], [], []
    for objective in problem.goal.objectives:
        name = objective.response
        there = problem.value_of(name, experiment)
        if there is None:
            continue
        here = expected(name)
        gain = objective.merit(here) - objective.merit(there)
        # A cost is known: half an hour in a hundred is half an hour.
        least = 1e-9 if name in problem.costs else _NO_DIFFERENCE * max(abs(here), abs(there))
        if abs(gain) <= least:
            alike.append(name)
        else:
            (better if gain > 0 else worse).append(_change(problem, objective, here, there))
    parts = [listed(better, "and")] if better else []
    if worse:
        parts.append(f"{'at the price of' if better else 'only worse in the median:'} {listed(worse, 'and')}")
    if alike:
        parts.append(f"alike in {listed(alike, 'and')}")
    return ", ".join(parts) or "nothing to compare"


def _change(problem: Problem, objective: Objective, here: float, there: float) -> str:
    name, unit = objective.response, problem.unit_of(objective.response)
    is_cost = name in problem.costs
    said = in_full if is_cost else with_unit
    if objective.target is not None:
        step = abs(objective.merit(here) - objective.merit(there))
        nearer = "nearer to" if objective.merit(here) > objective.merit(there) else "further from"
        return f"{said(step, unit)} {nearer} {name} {with_unit(objective.target, unit)}"
    more = "more" if here > there else "less"
    return f"{said(round(abs(here - there), 9), unit)} {more} {name} ({said(there, unit)} there)"
