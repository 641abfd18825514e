"""A sample on its way through the lab, and the stretch of time that a timetable is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..datasets import Conditions
from .lab import Lab, Step


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """A step that was begun and goes on as it is.

    Attributes
    ----------
    step
        Its name.
    start, ready
        When it was begun, and when it can end at the earliest.
    run, machine, more_machines
        The run that it is part of, and the machines that it occupies, as they were planned.
    """

    step: str
    start: datetime
    ready: datetime
    run: str | None = None
    machine: int = 1
    more_machines: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LabSample:
    """A sample with what has become of it.

    Attributes
    ----------
    id
        Of the experiment.
    conditions
        As they are to be executed.
    done
        Names of steps that have ended.
    left_out
        Names of steps that it does not go through: what lies behind a gate that it failed, or is not worth
        its cost.
    under_way
        Steps that were begun.
    carried_over
        Whether it was begun in an earlier week: what remains of it may take longer than this one.
    """

    id: str
    conditions: Conditions
    done: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    under_way: Mapping[str, UnderWay] = field(default_factory=dict)
    carried_over: bool = False

    def remaining(self, lab: Lab) -> tuple[Step, ...]:
        """Steps that are still to be begun, in order."""
        return tuple(
            step
            for step in lab.steps_of(self.conditions)
            if step.name not in self.done
            and step.name not in self.left_out
            and step.name not in self.under_way
        )


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """The time that a timetable is for.

    Attributes
    ----------
    start
        Nothing is begun before.
    last_start
        Nothing is begun at or after it.
    end
        Everything has ended by then.
    """

    start: datetime
    last_start: datetime
    end: datetime
