"""Weeks by name, and the time that a plan spans."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.campaigns.week import check_now, horizon_of, read_week, week_name
from ovenbird.datasets import InputError
from ovenbird.planner.lab import Calendar, Closure

from .glass_week import FRIDAY_BEFORE, at

NINE_TO_SIX = Calendar(days=(0, 1, 2, 3, 4), opens=time(9), closes=time(18))
MONDAY = date(2026, 11, 23)


def closed(first: date, last: date) -> Calendar:
    return Calendar(days=(0, 1, 2, 3, 4), opens=time(9), closes=time(18), closures=(Closure(first=first, last=last),))  # fmt: skip


@pytest.mark.parametrize(
    ("given", "monday"),
    [
        ("2026-W48", date(2026, 11, 23)),
        (" 2026-w48 ", date(2026, 11, 23)),
        ("2026W48", date(2026, 11, 23)),
        ("2026-W53", date(2026, 12, 28)),
        ("2027-W01", date(2027, 1, 4)),
        ("2027-W1", date(2027, 1, 4)),
        ("2027-W52", date(2027, 12, 27)),
        ("2030-W01", date(2029, 12, 31)),
    ],
)
def test_iso_weeks(given: str, monday: date) -> None:
    assert read_week(given, FRIDAY_BEFORE) == monday


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
        (date(2029, 12, 31), "2030-W01"),
    ],
)
def test_a_week_belongs_to_the_year_of_its_thursday(day: date, name: str) -> None:
    assert week_name(day) == name


@given(st.dates(date(2020, 1, 1), date(2069, 12, 31)))
def test_every_week_is_known_by_its_name(day: date) -> None:
    monday = read_week(
        week_name(day), datetime(2065, 1, 1) if day.year > 2065 else datetime.combine(day, time.min)
    )
    assert monday.weekday() == 0 and 0 <= (day - monday).days < 7


@pytest.mark.parametrize(
    ("now", "name"),
    [
        ("mon 00:00", "2026-W48"),
        ("thu 23:45", "2026-W48"),
        ("fri 00:00", "2026-W49"),
        ("sun 23:59", "2026-W49"),
        ("MON 00:00", "2026-W49"),
    ],
)
def test_without_a_week_it_is_this_one_and_from_friday_on_the_next(now: str, name: str) -> None:
    assert week_name(read_week(None, at(now))) == name


def test_the_next_week_may_be_of_the_next_year() -> None:
    assert week_name(read_week(None, datetime(2027, 1, 1, 12))) == "2027-W01"


def test_a_week_may_be_planned_until_its_sunday_is_over() -> None:
    assert read_week("2026-W48", at("sun 23:59")) == MONDAY
    with pytest.raises(InputError) as caught:
        read_week("2026-W48", at("MON 00:00"))
    assert str(caught.value) == "week 2026-W48 is over; it is Mon 30 Nov 2026 00:00 now"


@pytest.mark.parametrize(
    "given",
    [
        "2026-W54",
        "2027-W53",
        "2026-W00",
        "0000-W01",
        "2026-48",
        "48",
        "W48",
        "",
        "next",
        "2026-W48-1",
        48,
        4.8,
    ],
)
def test_what_is_no_week_is_refused(given: object) -> None:
    with pytest.raises(InputError) as caught:
        read_week(given, FRIDAY_BEFORE)
    assert str(caught.value) == f"week is '{given}', allowed is an ISO week such as 2026-W48"


@pytest.mark.parametrize("given", ["9999-W52", "2037-W02", "2062-W48"])
def test_a_week_of_another_age_is_a_slip_of_the_finger(given: str) -> None:
    with pytest.raises(InputError) as caught:
        read_week(given, FRIDAY_BEFORE)
    assert str(caught.value) == f"week {given} is more than 10 years away"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime.fromisoformat("2026-11-20T15:00+01:00"), "without a time zone"),
        (datetime(9999, 12, 31), "now is 31 Dec 9999, allowed are the years 2020 to 2070"),
        (datetime(1, 1, 1), "allowed are the years 2020 to 2070"),
    ],
)
def test_a_time_that_no_clock_of_a_lab_shows(now: datetime, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_now(now)


def test_a_week_ahead_begins_when_the_lab_opens() -> None:
    horizon = horizon_of(NINE_TO_SIX, MONDAY, 1, FRIDAY_BEFORE)
    assert (horizon.start, horizon.last_start, horizon.end) == (
        at("mon 09:00"),
        at("MON 00:00"),
        at("MON 18:00"),
    )


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("mon 08:10", "mon 08:15"),
        ("mon 09:00", "mon 09:00"),
        ("wed 10:01", "wed 10:15"),
        ("wed 20:00", "wed 20:00"),
        ("sun 23:50", "MON 00:00"),
    ],
)
def test_a_week_under_way_begins_with_the_next_quarter_hour(now: str, start: str) -> None:
    assert horizon_of(NINE_TO_SIX, MONDAY, 1, at(now)).start == at(start)


def test_several_weeks_end_after_the_last() -> None:
    horizon = horizon_of(NINE_TO_SIX, MONDAY, 3, FRIDAY_BEFORE)
    assert (horizon.last_start, horizon.end) == (datetime(2026, 12, 14), datetime(2026, 12, 14, 18))


def test_what_was_begun_ends_on_the_first_working_day_after_holidays() -> None:
    calendar = closed(date(2026, 12, 21), date(2027, 1, 3))
    horizon = horizon_of(calendar, date(2026, 12, 14), 1, FRIDAY_BEFORE)
    assert (horizon.start, horizon.end) == (datetime(2026, 12, 14, 9), datetime(2027, 1, 4, 18))
    begins_late = horizon_of(closed(MONDAY, date(2026, 11, 24)), MONDAY, 1, FRIDAY_BEFORE)
    assert begins_late.start == at("wed 09:00")


def test_a_week_of_holidays_begins_on_its_monday() -> None:
    horizon = horizon_of(closed(MONDAY, date(2026, 11, 29)), MONDAY, 1, FRIDAY_BEFORE)
    assert (horizon.start, horizon.end) == (at("mon 00:00"), at("MON 18:00"))


@pytest.mark.parametrize("calendar", [None, Calendar(closes=time.max)])
def test_where_hands_are_always_there_a_week_ends_at_midnight(calendar: Calendar | None) -> None:
    horizon = horizon_of(calendar, MONDAY, 1, FRIDAY_BEFORE)
    assert (horizon.start, horizon.end) == (at("mon 00:00"), at("TUE 00:00"))


def test_a_lab_that_is_closed_for_good_does_not_keep_anybody_waiting() -> None:
    horizon = horizon_of(closed(date(2026, 1, 1), date(2030, 1, 1)), MONDAY, 1, FRIDAY_BEFORE)
    assert horizon.start < horizon.end
