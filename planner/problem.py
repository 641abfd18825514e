"""Everything that defines what may be made and what is wanted; what is known is kept apart from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from ..datasets import Dataset, Experiment, ParameterSpace, QualifiedValue, Response
from ..models.features import Feature
from .goal import Goal
from .limits import Limit, YesNoLimit
from .rules import Rule


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A campaign as the planner sees it.

    Attributes
    ----------
    space, responses, features, rules, goal, limits
        As in the campaign file.
    """

    space: ParameterSpace
    responses: Mapping[str, Response]
    goal: Goal
    limits: tuple[Limit, ...] = ()
    rules: tuple[Rule, ...] = ()
    features: Mapping[str, Feature] = field(default_factory=dict)

    @property
    def goal_sources(self) -> tuple[str, ...]:
        """Measured responses from which the goal is read."""
        response = self.responses[self.goal.response]
        return response.sources if response.is_derived else (response.name,)

    def has_goal_value(self, experiment: Experiment) -> bool:
        """Whether everything that the goal is read from has been measured."""
        return all(experiment.values(name) for name in self.goal_sources)

    def broken_limits(self, experiment: Experiment) -> tuple[Limit, ...]:
        """Limits on whose wrong side its results lie: any answer, or the mean of its numbers."""
        return tuple(limit for limit in self.limits if self._broke(limit, experiment))

    def _broke(self, limit: Limit, experiment: Experiment) -> bool:
        if isinstance(limit, YesNoLimit):
            wanted = limit.side == "at_least"
            return any(value.value != wanted for value in experiment.values(limit.response))
        value = measured(experiment, self.responses[limit.response])
        side = 1 if limit.side == "at_least" else -1
        return value is not None and side * value < side * limit.bound

    def broke_a_limit(self, experiment: Experiment) -> bool:
        """Whether a measured yes/no response is on the wrong side of its limit."""
        return any(isinstance(limit, YesNoLimit) for limit in self.broken_limits(experiment))

    def awaited(self, dataset: Dataset) -> tuple[Experiment, ...]:
        """Pending experiments whose goal value is still to come and still of interest."""
        return tuple(e for e in dataset.pending if not self.has_goal_value(e) and not self.broke_a_limit(e))


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
