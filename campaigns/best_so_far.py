"""The best of what was measured, without any surrogate."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from ..datasets import Dataset, Experiment, QualifiedValue, Response
from ..planner.limits import NumberLimit
from ..planner.problem import Problem


@dataclass(frozen=True)
class BestSoFar:
    """An experiment and its value of the goal, the mean of its replicates."""

    experiment: Experiment
    value: float


def best_so_far(problem: Problem, data: Dataset) -> BestSoFar | None:
    """The experiment nearest to the goal among those whose results broke no limit, or None."""
    response = problem.responses[problem.goal.response]
    found = [
        BestSoFar(experiment, value)
        for experiment in data.experiments
        if experiment.failure is None and not _broke_a_limit(problem, experiment)
        if (value := measured(experiment, response)) is not None
    ]
    target = problem.goal.target
    if target is not None:
        return min(found, key=lambda best: abs(best.value - target), default=None)
    sign = -1 if problem.goal.sense == "minimise" else 1
    return max(found, key=lambda best: sign * best.value, default=None)


def _broke_a_limit(problem: Problem, experiment: Experiment) -> bool:
    for limit in problem.limits:
        if isinstance(limit, NumberLimit):
            value = measured(experiment, problem.responses[limit.response])
            side = 1 if limit.side == "at_least" else -1
            if value is not None and side * value < side * limit.bound:
                return True
    return problem.broke_a_limit(experiment)


def measured(experiment: Experiment, response: Response) -> float | None:
    """Mean value of a number, computed from its sources if it is derived; None if a part is missing."""
    if not response.is_derived:
        return _mean(experiment.values(response.name))
    parts = [_mean(experiment.values(source)) for source in response.sources]
    numbers = [part for part in parts if part is not None]
    if len(numbers) < len(parts):
        return None
    if response.smallest_of:
        return min(numbers)
    return numbers[0] / numbers[1] if numbers[1] else None


def _mean(values: Sequence[QualifiedValue]) -> float | None:
    plain = [float(value.value) for value in values if not value.is_bound]
    return fmean(plain) if plain else None
