"""The best of what was measured, without any surrogate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..datasets import Dataset, Experiment
from ..models.evidence import other_sample
from ..planner.limits import NumberLimit
from ..planner.problem import Problem


@dataclass(frozen=True)
class BestSoFar:
    """An experiment and its value in each objective, by name: the mean of its replicates, or its cost."""

    experiment: Experiment
    values: Mapping[str, float]


def best_so_far(problem: Problem, data: Dataset) -> tuple[BestSoFar, ...]:
    """The experiments that none other betters, among those that count and broke no limit.

    With one objective that is the best one; with several, all that are bettered in one of them only by
    experiments that are worse in another, the best in the first objective first. Of equal ones the first
    stands for all.
    """
    sources = [problem.responses[name] for name in problem.goal_sources]
    found = [
        BestSoFar(experiment, values)
        for experiment in data.experiments
        if experiment.failure is None and not problem.broken_limits(experiment)
        if problem.has_goal_value(experiment) and problem.keeps_cost_limits(experiment)
        if not any(other_sample(experiment, source) for source in sources)
        if (values := _values(problem, experiment)) is not None
    ]
    if not found:
        return ()
    merits = np.array([[o.merit(b.values[o.response]) for o in problem.goal.objectives] for b in found])
    _, first = np.unique(merits, axis=0, return_index=True)
    front = [int(i) for i in first if not _is_dominated(merits[i], merits)]
    return tuple(found[i] for i in sorted(front, key=lambda i: (*-merits[i], i)))


def _values(problem: Problem, experiment: Experiment) -> dict[str, float] | None:
    """Values of the objectives; None if one is missing, or where only costs count, what they pay for."""
    bounded = [limit.response for limit in problem.limits if isinstance(limit, NumberLimit)]
    only_costs = all(name in problem.costs for name in problem.goal.names)
    if only_costs and any(problem.value_of(name, experiment) is None for name in bounded):
        return None
    values = {name: problem.value_of(name, experiment) for name in problem.goal.names}
    known = {name: value for name, value in values.items() if value is not None}
    return known if len(known) == len(values) else None


def _is_dominated(merit: np.ndarray, by: np.ndarray) -> bool:
    return bool(((by >= merit).all(axis=1) & (by > merit).any(axis=1)).any())
