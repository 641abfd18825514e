"""Keys of the ``lab`` section, and what may stand behind each."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .file_format import Count, Keys, Names, Text, Truth, When, number, several, shown
from .lab_moments import day_of, first_moment, last_moment

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_HOURS = re.compile(r"(?P<opens>([01]\d|2[0-3]):[0-5]\d)-(?P<closes>([01]\d|2[0-3]):[0-5]\d|24:00)", re.ASCII)


def _opening_hours(given: object) -> tuple[time, time]:
    match = _HOURS.fullmatch(given) if isinstance(given, str) else None
    if match is None or match["opens"] >= match["closes"]:
        raise ValueError(f"must be opening hours such as '09:00-18:00', got {shown(given)}")
    closes = time.max if match["closes"] == "24:00" else time.fromisoformat(match["closes"])
    return time.fromisoformat(match["opens"]), closes


def not_below_0(given: object) -> float:
    """Check that a value is a number from 0 on."""
    if number(given) < 0:
        raise ValueError(f"must not be below 0, got {shown(given)}")
    return number(given)


def above_0(given: object) -> float:
    """Check that a value is a number above 0."""
    if number(given) <= 0:
        raise ValueError(f"must be above 0, got {shown(given)}")
    return number(given)


def _hours(given: object) -> dict[str, float]:
    terms = given if isinstance(given, dict) else {"constant": given}
    for name, value in terms.items():
        if number(value) < 0:
            raise ValueError(f"{name} must not be below 0, got {shown(value)}")
    return {name: number(value) for name, value in terms.items()}


def _entries(given: object) -> object:
    return [] if given is None else several(given)


NotBelow0 = Annotated[float, BeforeValidator(not_below_0)]
Above0 = Annotated[float, BeforeValidator(above_0)]
Entries = Annotated[list[Any], BeforeValidator(_entries)]


class LabKeys(Keys):
    """Keys of the section itself."""

    calendar: Any = None
    resources: dict[str, Any] | None = None
    steps: list[Any] | None = None
    grams_per_sample: Any = None
    precursors: dict[str, Any] | None = None
    budget: Any = None
    control: dict[str, Any] | None = None


class CalendarKeys(Keys):
    """When hands are there, and how many."""

    days: tuple[Day, ...]
    hours: Annotated[tuple[time, time], BeforeValidator(_opening_hours)]
    holidays: Entries = Field(default_factory=list)
    people: Count | None = None
    absences: Entries = Field(default_factory=list)


class HolidayKeys(Keys):
    """Days on which nobody is there; without `last` a single one."""

    first: Annotated[date, BeforeValidator(day_of)] = Field(alias="from")
    last: Annotated[date, BeforeValidator(day_of)] | None = Field(None, alias="to")
    reason: Text = ""


class AbsenceKeys(Keys):
    """A time during which fewer people are there."""

    start: Annotated[datetime, BeforeValidator(first_moment)] = Field(alias="from")
    end: Annotated[datetime, BeforeValidator(last_moment)] = Field(alias="to")
    people: Count = 1
    reason: Text = ""


class ResourceKeys(Keys):
    """Machines of one kind.

    `power_kw` is what one draws while it runs; an experiment is charged all of it, however many samples
    share the run.
    """

    count: Count = 1
    slots: Count = 1
    shares: Names = ()
    unattended: Truth = False
    power_kw: NotBelow0 | None = None
    grams_per_run: Above0 | None = None
    unavailable: Entries = Field(default_factory=list)
    bounds: dict[str, Any] | None = None


class OutageKeys(Keys):
    """A time during which machines cannot be used; without `count` none of them can."""

    start: Annotated[datetime, BeforeValidator(first_moment)] = Field(alias="from")
    end: Annotated[datetime, BeforeValidator(last_moment)] = Field(alias="to")
    count: Count | None = None
    reason: Text = ""


class BoundKeys(Keys):
    """What a machine can do safely of one parameter."""

    at_least: Annotated[float, BeforeValidator(number)] | None = None
    at_most: Annotated[float, BeforeValidator(number)] | None = None


class StepKeys(Keys):
    """One step of a sample.

    `hours` is a constant plus hours per unit of each named parameter; `gate` names the yes/no
    response without which the sample goes no further.
    """

    name: Text
    on: Text | None = None
    hours: Annotated[dict[str, float], BeforeValidator(_hours)]
    gives: Names = ()
    gate: Text | None = None
    when: When = Field(default_factory=dict)
    after: Names | None = None
    unattended: Truth | None = None
    hands_on_hours: Any = None
    wait_at_most_hours: NotBelow0 | None = None
    uses: Count = 1


class HandsOnKeys(Keys):
    """How long hands are needed at the start and at the end of a step."""

    start: NotBelow0 = 0.0
    end: NotBelow0 = 0.0


class PrecursorKeys(Keys):
    """What is weighed in."""

    grams_per_gram: Above0
    stock_grams: NotBelow0 | None = None
    when: When = Field(default_factory=dict)


class WeekKeys(Keys):
    """How much a week may take."""

    samples: Count
