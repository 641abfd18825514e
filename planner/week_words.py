"""Days, machines and purposes as people in a lab say them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from ..datasets import NOT_STATED, Conditions, shortest
from ..models.html_pieces import ABSENT
from ..models.picture_style import in_print, in_words

Units = Mapping[str, str | None]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PURPOSES = {
    "explore": "first design",
    "feasibility": "find the limits",
    "fill": "fill a place",
    "replicate_best": "repeat the best",
    "replicate_boundary": "repeat at a limit",
    "replicate_suspicious": "repeat a doubt",
}


def day(moment: date) -> str:
    """A date in any language's order of names.

    >>> day(date(2026, 11, 23))
    'Mon 23 Nov'
    """
    return f"{_DAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]}"


def clock(moment: datetime) -> str:
    """Hours and minutes."""
    return f"{moment:%H:%M}"


def until(end: datetime, start: datetime) -> str:
    """The time of an end, with its day unless that is the day of the start.

    >>> until(datetime(2026, 11, 24, 9), datetime(2026, 11, 23, 9))
    'Tue 09:00'
    """
    days = (end.date() - start.date()).days
    if not days:
        return clock(end)
    return f"{_DAYS[end.weekday()] if days < 7 else day(end)} {clock(end)}"


def purpose(role: str) -> str:
    """Why a sample is made; empty for one that was planned before."""
    return _PURPOSES.get(role, in_words(role))


def machine(resource: str | None, numbers: Iterable[int], *, several: bool) -> str:
    """A machine, with its numbers where there are several.

    >>> machine("tube_furnace", (1,), several=False), machine("cycler", (3, 4), several=True)
    ('tube furnace', 'cycler 3, 4')
    """
    if resource is None:
        return "by hand"
    counted = f" {', '.join(map(str, numbers))}" if several else ""
    return f"{in_words(resource)}{counted}"


def condition(value: object) -> str:
    """One condition in a cell.

    >>> condition(700.0), condition(None), condition("planetary")
    ('700', '–', 'planetary')
    """
    if value is None:
        return ABSENT
    if value is NOT_STATED:
        return "?"
    return shortest(float(value)) if isinstance(value, int | float) else str(value)


def settings(conditions: Conditions, units: Units) -> str:
    """Conditions that apply, in one line.

    >>> settings({"hold_time": 3.0, "milling": None}, {"hold_time": "h"})
    'hold time 3 h'
    """
    said = (
        f"{in_words(name)} {condition(value)} {in_print(units.get(name))}".rstrip()
        for name, value in conditions.items()
        if value is not None
    )
    return ", ".join(said)


def heading(name: str, units: Units) -> str:
    """A name with its unit, as at the head of a column or row."""
    unit = in_print(units.get(name))
    return f"{in_words(name)} [{unit}]" if unit else in_words(name)


def numbers_alone(ids: Sequence[str], among: Sequence[str]) -> str:
    """Samples without what the ids of all have in common before their numbers.

    >>> numbers_alone(["LTVO-003", "LTVO-004"], ["LTVO-003", "LTVO-004", "LTVO-010"])
    '003, 004'
    >>> numbers_alone(["vial"], ["vial", "LTVO-003"])
    'vial'
    """
    starts = {one.rpartition("-")[0] for one in among}
    common = next(iter(starts)) if len(starts) == 1 else ""
    return ", ".join(one.removeprefix(f"{common}-") if common else one for one in ids)
