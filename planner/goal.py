"""What a campaign is after."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, overload

from ..datasets import InputError

if TYPE_CHECKING:
    from torch import Tensor

Sense = Literal["maximise", "minimise", "target"]

MOST_OBJECTIVES = 4


@dataclass(frozen=True, kw_only=True)
class Objective:
    """One response or cost to be made as large, as small, or as close to a target as possible.

    Attributes
    ----------
    response
        Name of the response, or of a cost.
    sense
        ``maximise``, ``minimise`` or ``target``.
    target
        The value to be met, in the unit of the response; None unless the sense is ``target``.
    """

    response: str
    sense: Sense
    target: float | None = None

    def __post_init__(self) -> None:
        if (self.sense == "target") != (self.target is not None):
            raise InputError(f"goal: {self.response} needs a target value if, and only if, it is a target")
        if self.target is not None and not math.isfinite(self.target):
            raise InputError(f"goal: the target of {self.response} must be a finite number")

    @overload
    def merit(self, value: float) -> float: ...
    @overload
    def merit(self, value: "Tensor") -> "Tensor": ...
    def merit(self, value: "float | Tensor") -> "float | Tensor":
        """What a value in the unit of the response is worth: the more, the better."""
        if self.sense == "minimise":
            return -value
        return value if self.target is None else -abs(value - self.target)


@dataclass(frozen=True)
class Goal:
    """One objective, or several that are traded against each other.

    Several are not weighed: what is looked for is the front, conditions that can be bettered in one
    objective only by losing in another.

    Attributes
    ----------
    objectives
        At least one and at most `MOST_OBJECTIVES`, each on another response; their order is that of
        tables and sentences.

    Raises
    ------
    InputError
        If there are none or too many, or two on one response.
    """

    objectives: tuple[Objective, ...]

    def __post_init__(self) -> None:
        if not self.objectives:
            raise InputError("goal: needs at least one objective")
        if len(self.objectives) > MOST_OBJECTIVES:
            raise InputError(
                f"goal: at most {MOST_OBJECTIVES} objectives can be traded against each other, got "
                f"{len(self.objectives)}; state some of them as limits"
            )
        for name, times in Counter(self.names).items():
            if times > 1:
                senses = list(dict.fromkeys(o.sense for o in self.objectives if o.response == name))
                how = f"contradicts itself: {' and '.join(senses)}" if len(senses) > 1 else "stands twice"
                raise InputError(f"goal: {name} {how}; give it once")

    @classmethod
    def single(cls, response: str, sense: Sense, target: float | None = None) -> "Goal":
        """A goal with one objective.

        >>> Goal.single("capacity", "maximise").names
        ('capacity',)
        """
        return cls((Objective(response=response, sense=sense, target=target),))

    @property
    def names(self) -> tuple[str, ...]:
        """Responses and costs that the objectives are on, in order."""
        return tuple(objective.response for objective in self.objectives)

    def on(self, response: str) -> Objective | None:
        """The objective on a response or cost, or None."""
        return next((o for o in self.objectives if o.response == response), None)
