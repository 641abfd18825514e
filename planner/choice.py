"""What the planner has chosen: one experiment with its purpose, and all of them with what to say of them."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from .acquisition import Improvement
from .known import Known
from .stopping import Stopping

Purpose = Literal[
    "improve",
    "fill",
    "explore",
    "feasibility",
    "anchor",
    "control",
    "replicate_best",
    "replicate_boundary",
    "replicate_suspicious",
]
"""Why an experiment was chosen.

``improve`` on the best known, ``fill`` a place of a week with what tells most, ``explore`` (space-filling
without data), ``feasibility`` (find out what meets the limits), ``anchor`` (repeat what another lab made
before anything new), ``control`` (the same conditions every week), or repeat what was made: the best
(``replicate_best``), what stands at the boundary of a limit (``replicate_boundary``), or a result that
fits nothing else (``replicate_suspicious``).
"""


@dataclass(frozen=True)
class Worth:
    """What two experiments are expected to add to the final recommendation, in the unit of the goal.

    With several objectives they are shares of the usual spread of an objective.

    Attributes
    ----------
    here
        Of the experiment chosen.
    instead
        Of the best other kind: a new condition instead of a replicate.
    """

    here: float
    instead: float


@dataclass(frozen=True)
class Choice:
    """One chosen experiment.

    Attributes
    ----------
    codes : Tensor, shape (n_parameters,)
    row
        Its position among given candidates, or None.
    purpose
        Why it was chosen.
    improvement
        What it promises, given what was known or pending when it was chosen; NaN for a replicate, which
        is among the known.
    repeats
        Row of the known experiment that it repeats, or None.
    worth
        Of a replicate, and of the best new condition; None where that was not weighed.
    """

    codes: Tensor
    row: int | None
    purpose: Purpose
    improvement: Improvement
    repeats: int | None = None
    worth: Worth | None = None


@dataclass(frozen=True)
class Proposal:
    """Chosen experiments in order of choice, messages for the user, and advice on stopping if any."""

    choices: tuple[Choice, ...]
    known: Known
    messages: tuple[str, ...]
    stopping: Stopping | None = None
