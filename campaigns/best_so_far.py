"""The best of what was measured, without any surrogate."""

from dataclasses import dataclass

from ..datasets import Dataset, Experiment
from ..models.evidence import other_sample
from ..planner.problem import Problem, measured


@dataclass(frozen=True)
class BestSoFar:
    """An experiment and its value of the goal, the mean of its replicates."""

    experiment: Experiment
    value: float


def best_so_far(problem: Problem, data: Dataset) -> BestSoFar | None:
    """The experiment nearest to the goal among those that count and broke no limit, or None."""
    response = problem.responses[problem.goal.response]
    sources = [problem.responses[name] for name in problem.goal_sources]
    found = [
        BestSoFar(experiment, value)
        for experiment in data.experiments
        if experiment.failure is None and not problem.broken_limits(experiment)
        if not any(other_sample(experiment, source) for source in sources)
        if (value := measured(experiment, response)) is not None
    ]
    target = problem.goal.target
    if target is not None:
        return min(found, key=lambda best: abs(best.value - target), default=None)
    sign = -1 if problem.goal.sense == "minimise" else 1
    return max(found, key=lambda best: sign * best.value, default=None)
