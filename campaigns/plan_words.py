"""What a plan holds, as people in the lab say it: times, samples, settings, machines."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from ..datasets import NOT_STATED, Conditions, shortest
from ..models.picture_style import in_words
from ..planner.week_plan import WeekPlan
from ..planner.wording import percent

Units = Mapping[str, str | None]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ROLES = {
    "control": "control",
    "improve": "improve",
    "fill": "fill a place",
    "explore": "first design",
    "feasibility": "find the limits",
    "anchor": "anchor",
    "replicate_best": "repeat the best",
    "replicate_boundary": "repeat at a limit",
    "replicate_suspicious": "repeat a doubt",
}
_NUMBERED = re.compile(r"(?P<series>.*\D)(?P<number>\d+)", re.DOTALL)
# What a unit says already.
_SAID_BY_UNIT = ("time", "temperature", "speed", "duration", "pressure", "mass", "rate")
_SAY_NOTHING_ALONE = ("none", "no", "yes", "true", "false", "off", "on", "low", "high", "")


def day(moment: date) -> str:
    """A date in any language's order of names.

    >>> day(datetime(2026, 11, 23, 9))
    'Mon 23 Nov'
    """
    return f"{day_of_month(moment)} {_MONTHS[moment.month - 1]}"


def day_of_month(moment: date) -> str:
    """A day of a month that goes without saying.

    >>> day_of_month(datetime(2026, 11, 23, 9))
    'Mon 23'
    """
    return f"{_DAYS[moment.weekday()]} {moment.day}"


def day_in_week(moment: datetime, since: datetime) -> str:
    """The day alone while it can be no other one: within a week from `since`.

    >>> monday = datetime(2026, 11, 23, 9)
    >>> day_in_week(datetime(2026, 11, 29), monday), day_in_week(datetime(2026, 11, 30), monday)
    ('Sun', 'Mon 30')
    """
    days = (moment.date() - since.date()).days
    return _DAYS[moment.weekday()] if 0 <= days < 7 else day_of_month(moment)


def clock(moment: datetime) -> str:
    """Hours and minutes."""
    return f"{moment:%H:%M}"


def when(moment: datetime, since: datetime) -> str:
    """Day and time, the date only where the day alone could mistake the week.

    >>> when(datetime(2026, 11, 24, 9), datetime(2026, 11, 23, 9))
    'Tue 09:00'
    """
    return f"{day_in_week(moment, since)} {clock(moment)}"


def one_line(text: str) -> str:
    """A text of people without line breaks."""
    return " ".join(text.split())


def ids_in_short(ids: Iterable[str]) -> str:
    """Samples of one series under one name, in order.

    >>> ids_in_short(["LTVO-004", "LTVO-003", "NEW-1", "vial"])
    'LTVO-003/004, NEW-1, vial'
    >>> ids_in_short(f"LTVO-{number:03d}" for number in (8, 9, 10, 11, 14))
    'LTVO-008..011/014'
    """
    series: dict[str, list[str]] = {}
    for one in ids:
        found = _NUMBERED.fullmatch(one)
        if found is None:
            series[one] = []
        else:
            series.setdefault(found["series"], []).append(found["number"])
    return ", ".join(f"{name}{_numbers_in_short(numbers)}" for name, numbers in series.items())


def _numbers_in_short(numbers: Sequence[str]) -> str:
    """Numbers as they are written, stretches of four or more by their ends."""
    stretches: list[list[str]] = []
    for number in sorted(numbers, key=int):
        if stretches and int(number) == int(stretches[-1][-1]) + 1:
            stretches[-1].append(number)
        else:
            stretches.append([number])
    return "/".join(f"{s[0]}..{s[-1]}" if len(s) > 3 else "/".join(s) for s in stretches)


def numbers_alone(ids: Sequence[str], plan: WeekPlan) -> str:
    """Samples by their numbers where all of a plan are of one series, else in short."""
    found = [_NUMBERED.fullmatch(sample.experiment) for sample in plan.samples]
    series = {None if one is None else one["series"] for one in found}
    short = ids_in_short(ids)
    return short.removeprefix(next(iter(series)) or "") if len(series) == 1 else short


def setting_list(settings: Conditions, units: Units) -> list[str]:
    """Settings that apply; a unit stands for the name wherever that can be no other setting's.

    >>> setting_list({"calcination_temperature": 700.0, "hold_time": 3.0, "atmosphere": None},
    ...              {"calcination_temperature": "degC", "hold_time": "h"})
    ['700 degC', '3 h']
    >>> setting_list({"hold_time": 3.0, "milling_time": 6.0}, {"hold_time": "h", "milling_time": "h"})
    ['hold 3 h', 'milling 6 h']
    """
    applying = {name: value for name, value in settings.items() if value is not None}
    numbers = [name for name, value in applying.items() if isinstance(value, float | int)]
    of_unit = Counter(unit for name in numbers if (unit := units.get(name)) is not None)
    short = {name: _without_kind(name) for name in applying}
    named = [name for name in numbers if (unit := units.get(name)) is None or of_unit[unit] > 1]
    twice = {name for name, count in Counter(short[name] for name in named).items() if count > 1}
    said = []
    for name, value in applying.items():
        unit = units.get(name)
        called = in_words(name) if unit is None or short[name] in twice else short[name]
        if value is NOT_STATED:
            said.append(f"{in_words(name)} ?")
        elif isinstance(value, str):
            said.append(f"{in_words(name)} {value}" if value.lower() in _SAY_NOTHING_ALONE else value)
        else:
            number = f"{shortest(float(value))} {unit or ''}".rstrip()
            said.append(number if name not in named else f"{called} {number}")
    return said


def _without_kind(name: str) -> str:
    """A parameter's name without what its unit says.

    >>> _without_kind("hold_time"), _without_kind("time"), _without_kind("milling_balls")
    ('hold', 'time', 'milling balls')
    """
    words = in_words(name).split(" ")
    return " ".join(words[:-1] if len(words) > 1 and words[-1] in _SAID_BY_UNIT else words)


def settings_in_words(settings: Conditions, units: Units) -> str:
    """Settings that apply, in one line."""
    return one_line(", ".join(setting_list(settings, units)))


def machine_in_words(resource: str | None, machines: Sequence[int], count: int) -> str:
    """A machine, with its number where there are several.

    >>> machine_in_words("cycler", (1, 2, 3), 8), machine_in_words("tube_furnace", (1,), 1)
    ('cycler 1-3', 'tube furnace')
    >>> machine_in_words(None, (), 0)
    'by hand'
    """
    if resource is None:
        return "by hand"
    name = one_line(in_words(resource))
    return f"{name} {_ranges(machines)}" if machines and (count > 1 or max(machines) > 1) else name


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers in short.

    >>> _ranges((1, 2, 3, 5, 8, 9))
    '1-3, 5, 8-9'
    """
    stretches: list[list[int]] = []
    for number in sorted(numbers):
        if stretches and number == stretches[-1][-1] + 1:
            stretches[-1].append(number)
        else:
            stretches.append([number])
    return ", ".join(f"{s[0]}-{s[-1]}" if len(s) > 1 else str(s[0]) for s in stretches)


def role_in_words(role: str) -> str:
    """Why a sample is made; empty for one that was planned before."""
    return _ROLES.get(role, in_words(role))


def headline(plan: WeekPlan) -> list[str]:
    """How much, until when, how good the timetable is, and what holds it up.

    Parameters
    ----------
    plan
        Finished.
    """
    end = plan.timetable.end
    if end is None:
        return [f"Week {plan.week}: nothing is to be done."]
    new = sum(sample.is_new for sample in plan.samples)
    count = len(plan.samples)
    samples = "1 sample" if count == 1 else f"{count} samples"
    which = {0: "none of them new", count: "new" if count == 1 else "all new"}.get(new, f"{new} of them new")
    said = [f"Week {plan.week}: {samples}, {which}; all is done by {day(end)}, {clock(end)}."]
    gap = plan.timetable.gap
    if plan.timetable.status == "optimal":
        said.append("It is proven that no timetable of these samples is better.")
    elif gap < 1:
        better = f"at most {percent(gap)}" if gap >= 0.005 else "less than 1 %"
        said.append(f"No better timetable is known; an ideal one could be {better} better.")
    else:
        said.append("No better timetable is known, nor how much better an ideal one could be.")
    if plan.bottleneck is not None:
        said.append(plan.bottleneck.sentence)
    return said
