"""Weeks into which nothing fits: what is said to be missing, and that the change that is named helps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from ovenbird.planner.impossible_week import has_no_hours, why_impossible
from ovenbird.planner.lab import Absence, Calendar, Closure, Lab, Outage, Resource, Step
from ovenbird.planner.lab_sample import Horizon, LabSample, UnderWay
from ovenbird.planner.schedule import schedule

from .small_week import CALCINE, CELLS, FURNACE, LOOK, MIX, NINE_TO_SIX, at, lab_of, sample, until

NEW = sample("NEW-1")
WEEK = until("fri 18:00")
LAB = lab_of(MIX, CALCINE, LOOK)


def fits(lab: Lab, samples: Sequence[LabSample], horizon: Horizon) -> bool:
    return schedule(lab, samples, horizon, effort=1.0) is not None


def with_machine(lab: Lab, machine: Resource) -> Lab:
    return replace(lab, resources={**lab.resources, machine.name: machine})


def later(horizon: Horizon, days: int) -> Horizon:
    more = timedelta(days=days)
    return replace(horizon, last_start=horizon.last_start + more, end=horizon.end + more)


def test_what_fits_needs_no_excuse() -> None:
    assert why_impossible(LAB, [], NEW, WEEK) == []


def test_a_furnace_that_is_down_all_week_is_named() -> None:
    down = Outage(
        start=at("mon 00:00"), end=at("SUN 00:00") + timedelta(days=14), count=1, reason="new heating wire"
    )
    broken = with_machine(LAB, replace(FURNACE, outages=(down,)))
    missing, change, *_ = why_impossible(broken, [], NEW, WEEK)
    assert missing == (
        "No sample can be finished by Fri 27 Nov 18:00: furnace is not available from Mon 23 Nov 00:00 "
        "to Sun 06 Dec 00:00 (new heating wire)."
    )
    assert change == "Smallest change: have furnace available all week."
    assert not fits(broken, [NEW], WEEK) and fits(with_machine(LAB, FURNACE), [NEW], WEEK)


def test_channels_that_are_taken_by_samples_under_way_are_named() -> None:
    two = Resource(name="cycler", count=2, unattended=True)
    lab = lab_of(LOOK, CELLS, machines=[two])
    begun = UnderWay(step="cells", start=at("FRI 17:00"), ready=at("thu 12:00"))
    held = [
        replace(sample(i, done=["look"]), under_way={"cells": replace(begun, run=f"CY{n}", machine=n)})
        for n, i in enumerate(("LTVO-1", "LTVO-2"), 1)
    ]
    missing, change, *more = why_impossible(lab, held, NEW, WEEK)
    assert missing == (
        "No further sample can be finished by Fri 27 Nov 18:00: all 2 cycler are taken by LTVO-1, LTVO-2."
    )
    assert change == "Smallest change: one more cycler."
    assert not fits(lab, [*held, NEW], WEEK)
    assert fits(with_machine(lab, replace(two, count=3)), [*held, NEW], WEEK)
    assert more == ["Or: 3 days more, until Mon 30 Nov 18:00 (plan 2 weeks at once: --weeks 2)."]
    assert fits(lab, [*held, NEW], later(WEEK, 3)) and not fits(lab, [*held, NEW], later(WEEK, 2))


def test_a_step_of_ten_days_needs_as_many() -> None:
    """Begun on Monday at nine it ends on Thursday of the week after."""
    lab = lab_of(Step(name="age", hours={"constant": 240.0}, unattended=True))
    missing, change, *more = why_impossible(lab, [], NEW, WEEK)
    assert missing.startswith("No sample can be finished by Fri 27 Nov 18:00: even the quickest takes 240 h ")
    assert change == (
        "Smallest change: 6 days more, until Thu 03 Dec 18:00 (plan 2 weeks at once: --weeks 2)."
    )
    assert more == []
    assert fits(lab, [NEW], later(WEEK, 6)) and not fits(lab, [NEW], later(WEEK, 5))


@pytest.mark.parametrize(
    ("planned", "days", "needed"), [(1, 21, 3), (1, 35, 5), (2, 21, 3), (3, 35, 5), (2, 16, 3)]
)
def test_as_many_weeks_are_told_as_are_enough(planned: int, days: int, needed: int) -> None:
    """A plan of several weeks ends on the Monday after them, in the evening."""
    lab = lab_of(Step(name="age", hours={"constant": 24.0 * days}, unattended=True))
    one_week = until("MON 18:00", start="wed 10:00" if days == 16 else "mon 09:00", last_start="MON 00:00")
    said = why_impossible(lab, [], NEW, later(one_week, 7 * (planned - 1)))
    told = [int(text.split("--weeks ")[1].split(")")[0]) for text in said if "--weeks" in text]
    assert told == [needed]
    assert fits(lab, [NEW], later(one_week, 7 * (needed - 1)))
    assert not fits(lab, [NEW], later(one_week, 7 * (needed - 2)))


def test_hands_that_are_always_away_are_missed() -> None:
    away = Absence(start=at("mon 00:00"), end=at("MON 00:00"))
    lab = lab_of(MIX, LOOK, calendar=replace(NINE_TO_SIX, people=1, absences=(away,)))
    _, change, *_ = why_impossible(lab, [], NEW, WEEK)
    assert change == "Smallest change: one more person."
    assert fits(lab_of(MIX, LOOK, calendar=replace(NINE_TO_SIX, people=2, absences=(away,))), [NEW], WEEK)


def test_what_no_single_change_mends_is_said_to_be_so() -> None:
    lab = lab_of(Step(name="age", hours={"constant": 24.0 * 90}, unattended=True))
    said = why_impossible(lab, [], NEW, WEEK)
    assert said[-1] == "No single change of a machine, of the days or of the hours would be enough."


def test_a_furnace_without_a_free_night_is_named_with_those_that_take_it() -> None:
    one = lab_of(CALCINE, machines=[FURNACE])
    horizon = until("tue 10:00")
    missing, change, *_ = why_impossible(one, [sample("A", 800.0)], NEW, horizon)
    assert missing == "No further sample can be finished by Tue 24 Nov 10:00: the furnace is taken by A."
    assert change == "Smallest change: one more furnace."
    assert fits(with_machine(one, replace(FURNACE, count=2)), [sample("A", 800.0), NEW], horizon)


def test_who_is_done_with_a_machine_does_not_take_it() -> None:
    one = lab_of(CALCINE, LOOK, machines=[FURNACE])
    horizon = until("tue 11:00")
    missing, *_ = why_impossible(one, [sample("A", 800.0), sample("B", done=["calcine"])], NEW, horizon)
    assert missing.endswith("the furnace is taken by A.")


ALL_WEEK = Closure(first=date(2026, 11, 23), last=date(2026, 11, 29))


@pytest.mark.parametrize(
    ("calendar", "nobody"),
    [
        (NINE_TO_SIX, False),
        (None, False),
        (replace(NINE_TO_SIX, closures=(ALL_WEEK,)), True),
        (replace(NINE_TO_SIX, closures=(replace(ALL_WEEK, last=date(2026, 11, 26)),)), False),
        (Calendar(days=(5, 6), opens=time(9), closes=time(18)), True),
        (Calendar(days=()), True),
    ],
)
def test_nobody_is_there_where_all_days_are_closed(calendar: Calendar | None, nobody: bool) -> None:
    assert has_no_hours(calendar, WEEK) == nobody


def test_holidays_all_week_need_days_after_them() -> None:
    """Mixed and fired on the Monday after, looked at on Tuesday: two days more."""
    lab = lab_of(MIX, CALCINE, LOOK, calendar=replace(NINE_TO_SIX, closures=(ALL_WEEK,)))
    horizon = until("MON 18:00", last_start="MON 00:00")
    missing, change = why_impossible(lab, [], NEW, horizon)
    assert missing.startswith("No sample can be finished by Mon 30 Nov 18:00: ")
    assert change == "Smallest change: 2 days more, until Wed 02 Dec 18:00 (plan 2 weeks at once: --weeks 2)."
    assert fits(lab, [NEW], later(horizon, 2)) and not fits(lab, [NEW], later(horizon, 1))


def test_that_things_end_on_the_monday_after_makes_no_working_week() -> None:
    closed = replace(NINE_TO_SIX, closures=(ALL_WEEK,))
    horizon = until("MON 18:00", last_start="MON 00:00")
    assert has_no_hours(closed, horizon)
    assert not has_no_hours(closed, later(horizon, 7)) and datetime(2026, 11, 30) == horizon.last_start
