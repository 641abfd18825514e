"""Everything that defines what may be made and what is wanted; what is known is kept apart from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from ..datasets import Dataset, Experiment, ParameterSpace, QualifiedValue, Response
from ..models.features import Feature
from .cost import Cost, CostLimit
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
    costs
        By name: those that the goal or a limit names, and those that are shown all the same.
    cost_limits
        Bounds on costs, which hold as exactly as rules.
    """

    space: ParameterSpace
    responses: Mapping[str, Response]
    goal: Goal
    limits: tuple[Limit, ...] = ()
    rules: tuple[Rule, ...] = ()
    features: Mapping[str, Feature] = field(default_factory=dict)
    costs: Mapping[str, Cost] = field(default_factory=dict)
    cost_limits: tuple[CostLimit, ...] = ()

    @property
    def hard_rules(self) -> tuple[Rule, ...]:
        """What every proposal obeys exactly: the rules, and the bounds on costs."""
        return (*self.rules, *self.cost_limits)

    @property
    def goal_sources(self) -> tuple[str, ...]:
        """Measured responses from which the goal is read.

        A goal of costs alone is reached by what keeps the limits, so it is read from the responses that
        bounds on numbers are on, or if there are none, from those with limits on yes or no.
        """
        named = [name for name in self.goal.names if name in self.responses]
        if not named:
            numbers = [limit.response for limit in self.limits if not isinstance(limit, YesNoLimit)]
            named = numbers or [limit.response for limit in self.limits]
        sources: list[str] = []
        for name in named:
            response = self.responses[name]
            sources += response.sources if response.is_derived else (name,)
        return tuple(dict.fromkeys(sources))

    def unit_of(self, name: str) -> str | None:
        """Unit of a response or cost."""
        return self.costs[name].unit if name in self.costs else self.responses[name].unit

    @property
    def units(self) -> Mapping[str, str | None]:
        """Units of parameters, responses and costs by name."""
        named = {**self.space.by_name, **self.responses, **self.costs}
        return {name: one.unit for name, one in named.items()}

    def value_of(self, name: str, experiment: Experiment) -> float | None:
        """What an experiment showed of a response, or what it cost; None if that is not known."""
        if name in self.costs:
            return self.costs[name].of(experiment.executed)
        return measured(experiment, self.responses[name])

    def has_goal_value(self, experiment: Experiment) -> bool:
        """Whether everything that the goal is read from has been measured."""
        return all(experiment.values(name) for name in self.goal_sources)

    def keeps_cost_limits(self, experiment: Experiment) -> bool:
        """Whether its conditions cost no more, and no less, than is allowed; yes if they are not stated."""
        costs = ((limit, limit.cost.of(experiment.executed)) for limit in self.cost_limits)
        return all(cost is None or bool(limit.meets(cost)) for limit, cost in costs)

    def broken_limits(self, experiment: Experiment) -> tuple[Limit, ...]:
        """Limits on whose wrong side its results lie: any answer, or the mean of its numbers."""
        return tuple(limit for limit in self.limits if self._broke(limit, experiment))

    def _broke(self, limit: Limit, experiment: Experiment) -> bool:
        if isinstance(limit, YesNoLimit):
            wanted = limit.side == "at_least"
            return any(value.value != wanted for value in experiment.values(limit.response))
        value = measured(experiment, self.responses[limit.response])
        side = 1 if limit.side == "at_least" else -1
        if value is not None:
            return side * value < side * limit.bound
        # A bound that lies beyond the limit is enough to know: >30 where at most 20 is allowed.
        beyond = "<" if limit.side == "at_least" else ">"
        return any(
            v.qualifier == beyond and side * float(v.value) <= side * limit.bound
            for v in experiment.values(limit.response)
        )

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
