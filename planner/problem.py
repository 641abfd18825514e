"""Everything that defines what may be made and what is wanted; what is known is kept apart from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..datasets import Dataset, Experiment, ParameterSpace, Response
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

    def broke_a_limit(self, experiment: Experiment) -> bool:
        """Whether a measured yes/no response is on the wrong side of its limit."""
        for limit in self.limits:
            if isinstance(limit, YesNoLimit):
                wanted = limit.side == "at_least"
                if any(value.value != wanted for value in experiment.values(limit.response)):
                    return True
        return False

    def awaited(self, dataset: Dataset) -> tuple[Experiment, ...]:
        """Pending experiments whose goal value is still to come and still of interest."""
        return tuple(e for e in dataset.pending if not self.has_goal_value(e) and not self.broke_a_limit(e))
