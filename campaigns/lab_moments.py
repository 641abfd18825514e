"""Days and times of the ``lab`` section, all of them those of the lab's clock."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from .faults import Faults, KeyPath
from .file_format import shown

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)([T ](?P<clock>\d\d:\d\d(:\d\d(\.\d{1,6})?)?))?"
    r"\s*(?P<zone>[Zz]|[A-Z]{2,5}|[+-]\d{1,2}(:?\d\d)?)?",
    re.ASCII,
)
_A_DAY = "a day such as 2026-11-26"
_A_MOMENT = f"{_A_DAY}, or a day and time such as 2026-11-26 13:00"
# A year beyond these is a slip of the finger, and arithmetic near the ends of the calendar overflows.
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def day_of(given: object) -> date:
    """Check that a value is a day; midnight, which is how tables store days, is one too."""
    day, clock = _read(given, _A_DAY)
    if clock not in (None, time.min):
        raise ValueError(f"must be {_A_DAY}, without a time, got {shown(given)}")
    return day


def first_moment(given: object) -> datetime:
    """The moment at which something begins: a bare day from its start on."""
    day, clock = _read(given, _A_MOMENT)
    return datetime.combine(day, clock or time.min)


def last_moment(given: object) -> datetime:
    """The moment at which something ends: a bare day until its end."""
    day, clock = _read(given, _A_MOMENT)
    if clock is None:
        return datetime.combine(day + timedelta(days=1), time.min)
    return datetime.combine(day, clock)


def check_order(
    start: date, end: date, given: Mapping[str, object], path: KeyPath, faults: Faults, *, strictly: bool
) -> bool:
    """Whether something ends after it begins; if not, that is a fault.

    Parameters
    ----------
    start, end
        As they were read.
    given, path
        The entry as written, and where it stands.
    faults
        Takes what is wrong.
    strictly
        Whether it must take some time.
    """
    if start < end or (start == end and not strictly):
        return True
    must = "must be before to" if strictly else "must not be after to"
    faults.add(path, f"from {must}, got {shown(given['from'])} and {shown(given['to'])}")
    return False


def _read(given: object, wanted: str) -> tuple[date, time | None]:
    match = _MOMENT.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        raise ValueError(f"must be {wanted}, got {shown(given)}")
    if match["zone"]:
        raise ValueError(
            f"has a time zone, but times are those of the lab's clock; leave out {match['zone']} "
            f"in {shown(given)}"
        )
    try:
        day = date.fromisoformat(match["day"])
        clock = time.fromisoformat(match["clock"]) if match["clock"] else None
    except ValueError as error:
        raise ValueError(f"there is no {shown(given)}; must be {wanted}") from error
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"the year must lie between {_FIRST_YEAR} and {_LAST_YEAR}, got {shown(given)}")
    return day, clock
