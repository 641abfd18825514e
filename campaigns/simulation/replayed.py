"""What a simulation asks of a campaign: the public interface that people use as well."""

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from ...datasets import Dataset, ParameterSpace
from ...planner.problem import Problem
from ...planner.suggestion import Suggestions
from ..definition import Definition

if TYPE_CHECKING:
    import pandas as pd


class Replayed(Protocol):
    """A campaign, as `ovenbird.campaigns.Campaign` is one."""

    definition: Definition

    def __init__(self, definition: Definition, dataset: str | None = None) -> None: ...

    @property
    def space(self) -> ParameterSpace:
        """The parameters."""
        ...

    @cached_property
    def problem(self) -> Problem:
        """The campaign as the planner sees it."""
        ...

    def dataset(self) -> Dataset:
        """Everything that it learns from."""
        ...

    def add(self, table: "pd.DataFrame") -> list[str]:
        """Import experiments and results."""
        ...

    def suggest(self, n: int = 4, *, seed: int = 0, candidates: "pd.DataFrame | None" = None) -> Suggestions:
        """Propose up to n experiments."""
        ...
