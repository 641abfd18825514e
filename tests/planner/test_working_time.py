"""Which quarter hours hands, people and machines are there for, counted by hand."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.planner.lab import Absence, Calendar, Closure, Outage, Resource
from ovenbird.planner.working_time import WorkingTime, slots_of, stretches

from .random_labs import calendars
from .small_week import NINE_TO_SIX, at
from .timetable_checker import open_spans

DAY = 96  # quarter hours


def week(calendar: Calendar | None, start: str = "mon 00:00", end: str = "MON 00:00") -> WorkingTime:
    return WorkingTime.between(calendar, at(start), at(end))


@pytest.mark.parametrize(
    ("hours", "slots"), [(0, 0), (0.01, 1), (0.25, 1), (0.26, 2), (0.1 * 3 + 0.2, 2), (1, 4), (71.9, 288)]
)
def test_a_duration_takes_every_quarter_hour_that_it_touches(hours: float, slots: int) -> None:
    assert slots_of(hours) == slots


def test_slots_are_counted_from_the_quarter_hour_that_holds_the_start() -> None:
    time_ = week(None, "mon 09:07", "mon 10:01")
    assert time_.origin == at("mon 09:00") and time_.n_slots == 5
    assert time_.slot(at("mon 09:45")) == time_.slot(at("mon 09:45"), up=False) == 3
    assert time_.slot(at("mon 09:46")) == 4 and time_.slot(at("mon 09:46"), up=False) == 3
    assert time_.slot(at("SUN 23:00")) == -40
    assert [time_.moment(time_.slot(at(text))) for text in ("mon 09:15", "tue 00:00")] == [
        at("mon 09:15"),
        at("tue 00:00"),
    ]


def test_hands_are_there_in_the_hours_of_working_days() -> None:
    assert week(NINE_TO_SIX).windows == tuple((d * DAY + 36, d * DAY + 72) for d in range(5))
    assert week(NINE_TO_SIX, "fri 12:00", "TUE 10:00").windows == ((0, 24), (276, 312), (372, 376))


def test_nobody_is_there_on_a_holiday() -> None:
    closed = replace(NINE_TO_SIX, closures=(Closure(first=date(2026, 11, 24), last=date(2026, 11, 26)),))
    assert week(closed).windows == ((36, 72), (4 * DAY + 36, 4 * DAY + 72))
    whole = replace(NINE_TO_SIX, closures=(Closure(first=date(2026, 11, 20), last=date(2026, 11, 30)),))
    assert week(whole).windows == ()


def test_days_that_adjoin_are_one_stretch() -> None:
    assert week(None).windows == ((0, 7 * DAY),)
    assert week(Calendar(days=(0, 1, 2, 3, 4))).windows == ((0, 5 * DAY),)
    late = Calendar(opens=time(15), closes=time.max)
    assert week(late).windows[:2] == ((60, DAY), (DAY + 60, 2 * DAY)), "until midnight, and no further"
    from_midnight = Calendar(opens=time.min, closes=time(7, 30))
    assert week(from_midnight).windows[:2] == ((0, 30), (DAY, DAY + 30))


def test_hours_that_are_no_quarter_hours_are_used_only_as_far_as_they_are_whole() -> None:
    odd = Calendar(days=(0,), opens=time(9, 10), closes=time(16, 50))
    assert week(odd).windows == ((37, 67),), "09:15 to 16:45"


def test_what_is_begun_by_hand_ends_before_closing() -> None:
    time_ = week(NINE_TO_SIX, end="wed 00:00")
    assert time_.starts(4) == ((36, 68), (DAY + 36, DAY + 68)), "the last hour begins at 17:00"
    assert time_.starts(0) == ((36, 71), (DAY + 36, DAY + 71)), "nothing is begun at the stroke of six"
    assert time_.starts(36) == ((36, 36), (DAY + 36, DAY + 36))
    assert time_.starts(37) == ()
    assert time_.starts(4, before=40) == ((36, 39),)


def test_what_is_ended_by_hand_ends_in_opening_hours() -> None:
    time_ = week(NINE_TO_SIX, end="wed 00:00")
    assert time_.ends(0) == ((36, 72), (DAY + 36, DAY + 72)), "at nine sharp, and still at six"
    assert time_.ends(2) == ((38, 72), (DAY + 38, DAY + 72)), "half an hour of hands after opening"
    assert time_.ends(37) == ()


def test_the_clock_of_the_lab_knows_no_summer_time() -> None:
    # Clocks went back on 25 October 2026; the lab's times have no zone, and a day has 96 quarter hours.
    start = datetime(2026, 10, 24)
    time_ = WorkingTime.between(replace(NINE_TO_SIX, days=(5, 6)), start, start + timedelta(days=2))
    assert time_.n_slots == 2 * DAY and time_.windows == ((36, 72), (DAY + 36, DAY + 72))


def test_people_are_those_there_are_without_those_away() -> None:
    away = (
        Absence(start=at("mon 09:07"), end=at("mon 10:01")),
        Absence(start=at("mon 09:30"), end=at("mon 09:45"), people=5),
    )
    time_ = week(replace(NINE_TO_SIX, people=2, absences=away), "mon 09:00", "mon 11:00")
    assert time_.people is not None
    assert time_.people.tolist() == [1, 1, 0, 1, 1, 2, 2, 2], "for every quarter hour that they miss"
    assert week(NINE_TO_SIX).people is None, "always enough"


def test_an_absence_that_began_before_counts_from_the_start() -> None:
    away = (
        Absence(start=at("FRI 09:00"), end=at("mon 09:30")),
        Absence(start=at("FRI 09:00"), end=at("SAT 09:00")),
    )
    time_ = week(replace(NINE_TO_SIX, people=3, absences=away), "mon 09:00", "mon 10:00")
    assert time_.people is not None and time_.people.tolist() == [2, 2, 3, 3]


def test_outages_add_up_to_no_more_than_there_are() -> None:
    down = (
        Outage(start=at("FRI 09:00"), end=at("mon 09:20"), count=1),
        Outage(start=at("mon 09:15"), end=at("mon 09:45"), count=1),
        Outage(start=at("mon 09:15"), end=at("mon 09:30"), count=5),
    )
    mills = Resource(name="mill", count=3, outages=down)
    assert week(None, "mon 09:00", "mon 10:00").down(mills).tolist() == [1, 3, 1, 0]
    assert week(None, "mon 09:00", "mon 10:00").down(Resource(name="oven")).tolist() == [0, 0, 0, 0]


def test_stretches_are_where_a_level_stays() -> None:
    levels = np.array([0, 1, 1, 2, 0, 0, 3])
    assert stretches(levels) == [(1, 3, 1), (3, 4, 2), (6, 7, 3)]
    assert stretches(np.zeros(4, int)) == stretches(np.array([], int)) == []


@given(calendars(), st.integers(0, 500), st.integers(1, 700))
def test_windows_are_the_opening_hours_cut_to_the_time_there_is(
    calendar: Calendar | None, first: int, length: int
) -> None:
    """Against the same reckoned with dates, to the whole quarter hours of both."""
    start = at("mon 00:00") + first * timedelta(minutes=15)
    time_ = WorkingTime.between(calendar, start, start + length * timedelta(minutes=15))
    open_ = np.zeros(time_.n_slots, bool)
    for slot in range(time_.n_slots):
        begin, end = time_.moment(slot), time_.moment(slot + 1)
        spans = open_spans(calendar, begin.date() - timedelta(days=1), end.date())
        open_[slot] = any(opens <= begin and end <= closes for opens, closes in spans)
    assert [(a, b) for a, b, _ in stretches(open_.astype(int))] == list(time_.windows)
