"""What a lab has: when hands are there, which machines, and the steps a sample goes through."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property

import numpy as np

from ..datasets import Conditions

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Closure:
    """Days on which nobody is there, both ends included."""

    first: date
    last: date
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Absence:
    """A time during which fewer people are there."""

    start: datetime
    end: datetime
    people: int = 1
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """When hands are there. All times are those of the lab's clock.

    Attributes
    ----------
    days
        Working days, 0 for Monday.
    opens, closes
        Of every working day; closing at midnight is ``time.max``.
    closures
        Holidays.
    people
        Pairs of hands, or None: always enough.
    absences
        When some of them are away.
    """

    days: tuple[int, ...] = tuple(range(7))
    opens: time = time.min
    closes: time = time.max
    closures: tuple[Closure, ...] = ()
    people: int | None = None
    absences: tuple[Absence, ...] = ()

    @property
    def hours_a_day(self) -> float:
        """How long hands are there on a working day, in hours."""
        closes = 24.0 if self.closes == time.max else _hours_since_midnight(self.closes)
        return closes - _hours_since_midnight(self.opens)

    def is_working_day(self, day: date) -> bool:
        """Whether hands are there at all on a day."""
        return day.weekday() in self.days and not any(c.first <= day <= c.last for c in self.closures)


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A time during which machines cannot be used."""

    start: datetime
    end: datetime
    count: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """What a machine can do safely of one parameter, in its unit."""

    at_least: float | None = None
    at_most: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends, infinite where there is none."""
        low = -math.inf if self.at_least is None else self.at_least
        return low, math.inf if self.at_most is None else self.at_most

    def allows(self, value: float | np.ndarray) -> np.ndarray:
        """Whether values lie within it, shape of `value`; NaN, which does not apply, breaks nothing."""
        low, high = self.ends
        slack = _TOLERANCE * max(1.0, *(abs(end) for end in (low, high) if math.isfinite(end)))
        given = np.asarray(value, dtype=float)
        return ~((given < low - slack) | (given > high + slack))

    def __str__(self) -> str:
        sides = {"at least": self.at_least, "at most": self.at_most}
        return " and ".join(f"{side} {end:g}" for side, end in sides.items() if end is not None)


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Machines of one kind.

    Attributes
    ----------
    name
        As it stands in the campaign file.
    count
        How many there are.
    slots
        Samples (crucibles, jars) that one run of one machine takes.
    shares
        Parameters that all samples of a run have in common.
    unattended
        Whether hands are needed only at the start and the end of a run.
    power_kw
        Drawn while it runs, or None.
    grams
        Powder that one run takes, or None.
    outages
        When how many of them cannot be used. Those that overlap add up, to no more than there are.
    bounds
        What it can do safely, by parameter.
    """

    name: str
    count: int = 1
    slots: int = 1
    shares: tuple[str, ...] = ()
    unattended: bool = False
    power_kw: float | None = None
    grams: float | None = None
    outages: tuple[Outage, ...] = ()
    bounds: Mapping[str, Bound] = field(default_factory=dict)

    @property
    def takes_batches(self) -> bool:
        """Whether samples go into runs together."""
        return self.slots > 1 or bool(self.shares)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a sample.

    Attributes
    ----------
    name
        Unique among the steps.
    on
        Kind of machine, or None: done by hand.
    hours
        ``constant`` and hours per unit of each named parameter.
    gives
        Responses that are known after it.
    gate
        Yes/no response without which the sample goes no further, or None.
    when
        Categorical parameters and the values with which the step applies; empty: always.
    after
        Steps that must have ended before; None: the one before it, empty: none.
    unattended
        Whether hands are needed only at its start and end.
    hands_on_start_h, hands_on_end_h
        How long hands are needed then, within its hours.
    wait_at_most_h
        How long a sample may wait for it after the step before, or None: as long as it takes.
    uses
        Places that one sample takes: slots of a run, or machines where a run has one slot.
    """

    name: str
    on: str | None = None
    hours: Mapping[str, float] = field(default_factory=dict)
    gives: tuple[str, ...] = ()
    gate: str | None = None
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    after: tuple[str, ...] | None = None
    unattended: bool = False
    hands_on_start_h: float = 0.0
    hands_on_end_h: float = 0.0
    wait_at_most_h: float | None = None
    uses: int = 1

    def applies(self, conditions: Conditions) -> bool:
        """Whether a sample of these conditions goes through the step."""
        return all(conditions.get(name) in values for name, values in self.when.items())

    def hours_of(self, conditions: Conditions) -> float:
        """How long it takes; a parameter that does not apply, or that nobody stated, adds nothing."""
        total = self.hours.get("constant", 0.0)
        for name, per_unit in self.hours.items():
            value = conditions.get(name)
            if name != "constant" and isinstance(value, int | float):
                total += per_unit * value
        return max(total, 0.0)


@dataclass(frozen=True, kw_only=True)
class Precursor:
    """What is weighed in for a powder.

    Attributes
    ----------
    name
        As on the bottle.
    per_gram
        Grams of it per gram of powder.
    stock_g
        What is left of it, or None: enough.
    when
        Categorical parameters and the values with which it is used; empty: always.
    """

    name: str
    per_gram: float
    stock_g: float | None = None
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def grams_of(self, conditions: Conditions, sample_g: float) -> float:
        """What one sample takes of it."""
        used = all(conditions.get(name) in values for name, values in self.when.items())
        return self.per_gram * sample_g if used else 0.0


@dataclass(frozen=True, kw_only=True)
class Lab:
    """What the lab has.

    Attributes
    ----------
    calendar
        When hands are there, or None: always.
    resources
        Machines by name.
    steps
        In order.
    samples_a_week
        New samples that a week may hold, the control included, or None: as many as fit.
    control
        Conditions made once a week, or None.
    sample_g
        Grams of powder of one sample, or None.
    precursors
        What is weighed in.
    """

    calendar: Calendar | None = None
    resources: Mapping[str, Resource] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    samples_a_week: int | None = None
    control: Conditions | None = None
    sample_g: float | None = None
    precursors: tuple[Precursor, ...] = ()

    @cached_property
    def step_by_name(self) -> Mapping[str, Step]:
        """Steps by name."""
        return {step.name: step for step in self.steps}

    def steps_of(self, conditions: Conditions) -> tuple[Step, ...]:
        """Steps that a sample of these conditions goes through, in order."""
        return tuple(step for step in self.steps if step.applies(conditions))

    def before(self, step: Step, conditions: Conditions) -> tuple[Step, ...]:
        """Steps of a sample that must have ended right before one of its steps.

        Where a step that is named, or stands, before it does not apply, those before that one count.
        """
        found: dict[str, Step] = {}
        position = self.steps.index(step)
        names = step.after if step.after is not None else tuple(s.name for s in self.steps[:position][-1:])
        for name in names:
            earlier = self.step_by_name[name]
            if earlier.applies(conditions):
                found[earlier.name] = earlier
            else:
                found |= {s.name: s for s in self.before(earlier, conditions)}
        return tuple(found.values())

    def behind(self, step: Step, conditions: Conditions) -> frozenset[str]:
        """Names of all steps of a sample that come after one of its steps, directly or not."""
        found = {step.name}
        for later in self.steps_of(conditions):
            if any(earlier.name in found for earlier in self.before(later, conditions)):
                found.add(later.name)
        return frozenset(found - {step.name})

    def is_unattended(self, step: Step) -> bool:
        """Whether hands are needed only at the start and the end of a step."""
        return step.unattended or (step.on is not None and self.resources[step.on].unattended)

    def runs_take(self, resource: Resource, uses: int = 1) -> int:
        """Slots of one run that can be used, no more than its grams allow; a sample takes `uses` of them."""
        if resource.grams is None or not self.sample_g:
            return resource.slots
        return min(resource.slots, uses * int(resource.grams / self.sample_g + _TOLERANCE))


def _hours_since_midnight(clock: time) -> float:
    return clock.hour + clock.minute / 60 + clock.second / 3600
