"""The calendar of the ``lab`` section: when hands are there, and how many."""

from collections.abc import Sequence

from ..planner.lab import DAY_NAMES, Absence, Calendar, Closure
from .faults import Faults, KeyPath
from .file_format import validated
from .lab_keys import AbsenceKeys, CalendarKeys, HolidayKeys
from .lab_moments import check_order, day_of

_PATH: KeyPath = ("lab", "calendar")


def calendar_from(section: object, faults: Faults) -> Calendar | None:
    """Build the calendar, or note what is wrong with it; parts that are wrong are left out of it."""
    keys = validated(CalendarKeys, section, _PATH, faults)
    if keys is None:
        return None
    if not keys.days:
        faults.add((*_PATH, "days"), "needs at least one day, such as [mon, tue, wed, thu, fri]")
    opens, closes = keys.hours
    return Calendar(
        days=tuple(sorted({DAY_NAMES.index(day) for day in keys.days})),
        opens=opens,
        closes=closes,
        closures=_closures(keys.holidays, faults),
        people=keys.people,
        absences=_absences(keys.absences, keys.people, faults),
    )


def _closures(section: Sequence[object], faults: Faults) -> tuple[Closure, ...]:
    found = (
        _closure(given, (*_PATH, "holidays", position), faults) for position, given in enumerate(section)
    )
    return tuple(closure for closure in found if closure is not None)


def _closure(given: object, path: KeyPath, faults: Faults) -> Closure | None:
    if not isinstance(given, dict):
        try:
            day = day_of(given)
        except ValueError as error:
            faults.add(path, f"{error}; several days are {{from: 2026-12-28, to: 2027-01-01}}")
            return None
        return Closure(first=day, last=day)
    keys = validated(HolidayKeys, given, path, faults)
    if keys is None:
        return None
    last = keys.first if keys.last is None else keys.last
    if not check_order(keys.first, last, given, path, faults, strictly=False):
        return None
    return Closure(first=keys.first, last=last, reason=keys.reason)


def _absences(section: Sequence[object], people: int | None, faults: Faults) -> tuple[Absence, ...]:
    if section and people is None:
        faults.add((*_PATH, "absences"), "needs people beside it, how many pairs of hands there are")
    found: list[Absence] = []
    for position, given in enumerate(section):
        path = (*_PATH, "absences", position)
        absence = _absence(given, path, faults)
        if absence is None:
            continue
        found.append(absence)
        if people is not None:
            _check_people(found, people, path, faults)
    return tuple(found)


def _absence(given: object, path: KeyPath, faults: Faults) -> Absence | None:
    keys = validated(AbsenceKeys, given, path, faults)
    if keys is None:
        return None
    assert isinstance(given, dict)
    if not check_order(keys.start, keys.end, given, path, faults, strictly=True):
        return None
    return Absence(start=keys.start, end=keys.end, people=keys.people, reason=keys.reason)


def _check_people(absences: Sequence[Absence], people: int, path: KeyPath, faults: Faults) -> None:
    """Refuse the last of some absences if it takes away more people than there are, alone or with others."""
    last = absences[-1]
    if last.people > people:
        faults.add((*path, "people"), f"must be at most {people}, as many as there are, got {last.people}")
        return
    # Most are away at the start of some absence.
    moments = [absence.start for absence in absences if last.start <= absence.start < last.end] + [last.start]
    for moment in sorted(moments):
        away = sum(absence.people for absence in absences if absence.start <= moment < absence.end)
        if away > people:
            faults.add(path, f"{away} people are away at {moment:%Y-%m-%d %H:%M}, but there are {people}")
            return
