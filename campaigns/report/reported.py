"""What a report asks of a campaign: the public interface that people use as well."""

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from ...datasets import Dataset, ParameterSpace
from ...datasets.store import Store
from ...planner.problem import Problem
from ...planner.suggestion import Suggestions
from ...planner.week_plan import WeekPlan
from ..definition import Definition

if TYPE_CHECKING:
    from ...models.beliefs import Beliefs


class Reported(Protocol):
    """A campaign, as `ovenbird.campaigns.Campaign` is one."""

    definition: Definition
    store: Store

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def space(self) -> ParameterSpace:
        """The parameters."""
        ...

    @cached_property
    def problem(self) -> Problem:
        """The campaign as the planner sees it."""
        ...

    @property
    def dataset_messages(self) -> tuple[str, ...]:
        """What own experiments state in words that the campaign file does not know."""
        ...

    @property
    def learn_from_messages(self) -> tuple[str, ...]:
        """What could not be used of the tables and datasets to learn from."""
        ...

    def dataset(self) -> Dataset:
        """Everything that it learns from."""
        ...

    def own_dataset(self) -> Dataset:
        """Its own experiments."""
        ...

    def beliefs(self, dataset: Dataset | None = None) -> "Beliefs":
        """Surrogates fitted to everything known."""
        ...

    def suggest(self, n: int = 4, *, seed: int = 0) -> Suggestions:
        """Propose up to n experiments."""
        ...

    def plan(self, week: str | None = None, *, seed: int = 0, now: datetime | None = None) -> WeekPlan:
        """Plan a week."""
        ...
