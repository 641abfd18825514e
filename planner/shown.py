"""What a notebook needs to know of suggestions and plans to show them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from ..datasets import Conditions
from .timetable import Bottleneck, SampleInPlan, Timetable

# Values show themselves, so their modules import those that write HTML; these know them by what they have.


class ShownSuggestion(Protocol):
    """An experiment proposed next."""

    @property
    def id(self) -> str:
        """Empty until it is kept."""
        ...

    @property
    def parameters(self) -> Conditions:
        """One value for every parameter, None where it does not apply."""
        ...

    @property
    def forecast(self) -> Mapping[str, Mapping[str, float]]:
        """By response: median, low and high, or the probability of yes."""
        ...

    @property
    def limits(self) -> Mapping[str, float]:
        """Probability that each is kept."""
        ...

    @property
    def improvement(self) -> Mapping[str, float | None]:
        """Probability and expected gain."""
        ...

    @property
    def costs(self) -> Mapping[str, float]:
        """By name."""
        ...

    @property
    def nearest(self) -> Sequence[str]:
        """Ids of experiments most like it."""
        ...

    @property
    def reasons(self) -> Sequence[str]:
        """Sentences."""
        ...

    @property
    def purpose(self) -> str:
        """Why it is made; may be empty."""
        ...


class ShownStopping(Protocol):
    """How much there is left to gain."""

    @property
    def expected_gain(self) -> float:
        """Of the best remaining experiment."""
        ...

    @property
    def unit(self) -> str:
        """Of the goal."""
        ...

    @property
    def x(self) -> float:
        """A distance from the best there is."""
        ...

    @property
    def probability(self) -> float:
        """That the best found lies within it."""
        ...

    @property
    def cost(self) -> str:
        """In words; may be empty."""
        ...

    @property
    def advice(self) -> str:
        """A sentence or two."""
        ...


class ShownSuggestions(Protocol):
    """Suggestions with what belongs to them as a whole."""

    @property
    def items(self) -> Sequence[ShownSuggestion]:
        """The suggestions."""
        ...

    @property
    def messages(self) -> Sequence[str]:
        """Sentences."""
        ...

    @property
    def stopping(self) -> ShownStopping | None:
        """Advice, if there is any."""
        ...


class ShownDecision(Protocol):
    """Whether a sample goes on."""

    @property
    def goes_on(self) -> bool:
        """The advice."""
        ...

    @property
    def sentence(self) -> str:
        """Why."""
        ...


class ShownPlan(Protocol):
    """What a lab does in a week."""

    @property
    def week(self) -> str:
        """Its ISO name."""
        ...

    @property
    def start(self) -> datetime:
        """From when on something may be begun."""
        ...

    @property
    def timetable(self) -> Timetable:
        """Who goes where when."""
        ...

    @property
    def samples(self) -> Sequence[SampleInPlan]:
        """All that are in it."""
        ...

    @property
    def decisions(self) -> Sequence[ShownDecision]:
        """Samples at a gate."""
        ...

    @property
    def bottleneck(self) -> Bottleneck | None:
        """What holds the week up."""
        ...

    @property
    def changes(self) -> Sequence[str]:
        """Sentences on what is new against the plan before."""
        ...

    @property
    def messages(self) -> Sequence[str]:
        """Sentences on what else there is to know."""
        ...
