"""What a campaign is after."""

import math
from dataclasses import dataclass
from typing import Literal

from ..datasets import InputError

Sense = Literal["maximise", "minimise", "target"]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One response to be made as large, as small, or as close to a target as possible.

    Attributes
    ----------
    response
        Name of the response.
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
