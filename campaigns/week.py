"""Weeks by their ISO name, and the time that a plan for one spans."""

import re
from datetime import date, datetime, time, timedelta

from ..datasets import InputError
from ..planner.lab import Calendar
from ..planner.lab_sample import Horizon
from ..planner.working_time import SLOT_H, WorkingTime

_NAME = re.compile(r"(\d{4})-?W(\d{1,2})", re.IGNORECASE)
_FRIDAY = 4
_MOST_DAYS_CLOSED = 60
_MOST_YEARS_AHEAD = 10
_YEARS = range(2020, 2071)


def read_week(given: object, now: datetime) -> date:
    """Monday of a week such as ``2026-W48``.

    Parameters
    ----------
    given
        Its name; None: this week, from Friday on the next.
    now
        On the lab's clock.

    Raises
    ------
    InputError
        If it is no week, or over.
    """
    if given is None:
        monday = now.date() - timedelta(days=now.weekday())
        return monday + timedelta(days=7) if now.weekday() >= _FRIDAY else monday
    match = _NAME.fullmatch(given.strip()) if isinstance(given, str) else None
    try:
        if match is None:
            raise ValueError
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        raise InputError(f"week is '{given}', allowed is an ISO week such as 2026-W48") from None
    if monday.year - now.year > _MOST_YEARS_AHEAD:
        raise InputError(f"week {week_name(monday)} is more than {_MOST_YEARS_AHEAD} years away")
    if datetime.combine(monday + timedelta(days=7), time.min) <= now:
        raise InputError(f"week {week_name(monday)} is over; it is {now:%a %d %b %Y %H:%M} now")
    return monday


def check_now(now: datetime) -> None:
    """Refuse a time that cannot be that of the lab's clock.

    Raises
    ------
    InputError
        If it has a time zone, or lies in another age.
    """
    if now.tzinfo is not None:
        raise InputError("now must be a time of the lab's clock, without a time zone")
    if now.year not in _YEARS:
        raise InputError(f"now is {now:%d %b %Y}, allowed are the years {_YEARS[0]} to {_YEARS[-1]}")


def week_name(monday: date) -> str:
    """ISO name of the week of a day.

    >>> week_name(date(2026, 11, 23))
    '2026-W48'
    """
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


def horizon_of(calendar: Calendar | None, monday: date, n_weeks: int, now: datetime) -> Horizon:
    """The time of a plan: from its first opening, or from now on, until what was begun has ended.

    Things are begun within its weeks. What then runs alone over the weekend may end on the first working
    day after it, before closing.
    """
    first = datetime.combine(monday, time.min)
    after = first + timedelta(weeks=n_weeks)
    start = max(first, _next_quarter(now))
    windows = WorkingTime.between(calendar, start, after).windows
    if windows and start == first:
        start = first + timedelta(hours=SLOT_H * windows[0][0])
    known = calendar or Calendar()
    day = after.date()
    while not known.is_working_day(day) and (day - after.date()).days < _MOST_DAYS_CLOSED:
        day += timedelta(days=1)
    closes = datetime.combine(day, known.closes)
    if known.closes == time.max:
        closes = datetime.combine(day + timedelta(days=1), time.min)
    return Horizon(start=start, last_start=after, end=closes)


def _next_quarter(moment: datetime) -> datetime:
    day = datetime.combine(moment.date(), time.min)
    quarter = timedelta(hours=SLOT_H)
    return day + -(-(moment - day) // quarter) * quarter
