"""What a response must satisfy, with a stated probability."""

import math
from dataclasses import dataclass
from typing import Literal

from ..datasets import InputError

Side = Literal["at_least", "at_most"]


@dataclass(frozen=True, kw_only=True)
class YesNoLimit:
    """A bound on the probability of yes: ``phase_pure: {probability_at_least: 0.9}``.

    Attributes
    ----------
    response
        A yes/no response.
    side
        Whether yes is wanted (``at_least``) or unwanted (``at_most``).
    probability
        The bound, between 0 and 1.
    """

    response: str
    side: Side
    probability: float

    def __post_init__(self) -> None:
        if not 0 < self.probability < 1:
            raise InputError(
                f"limits: the probability for {self.response} must lie between 0 and 1, "
                f"got {self.probability:g}"
            )


@dataclass(frozen=True, kw_only=True)
class NumberLimit:
    """A bound on a number: ``discharge_capacity: {at_least: 250, with_probability: 0.8}``.

    Attributes
    ----------
    response
        A numeric response.
    side, bound
        The value must be at least or at most `bound`, in the unit of the response.
    with_probability
        How sure that must be, between 0 and 1.
    """

    response: str
    side: Side
    bound: float
    with_probability: float = 0.8

    def __post_init__(self) -> None:
        if not math.isfinite(self.bound):
            raise InputError(f"limits: the bound of {self.response} must be a finite number")
        if not 0 < self.with_probability < 1:
            raise InputError(
                f"limits: with_probability of {self.response} must lie between 0 and 1, "
                f"got {self.with_probability:g}"
            )


Limit = YesNoLimit | NumberLimit
