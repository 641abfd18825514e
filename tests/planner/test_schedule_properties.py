"""Timetables of random labs can be followed, and the proven ones cannot be beaten."""

from dataclasses import replace
from datetime import time, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ovenbird.planner.lab import Calendar, Lab
from ovenbird.planner.lab_sample import Horizon, LabSample
from ovenbird.planner.quick_schedule import list_schedule
from ovenbird.planner.schedule import schedule
from ovenbird.planner.timetable import Timetable

from .exhaustive_search import Exhaustive, TooManyWays, cost
from .random_labs import MONDAY, cases, labs, samples
from .timetable_checker import violations

EFFORT = 0.3
Case = tuple[Lab, tuple[LabSample, ...], Horizon]


def planned(case: Case) -> Timetable | None:
    return schedule(*case, effort=EFFORT)


@st.composite
def tiny_cases(draw: st.DrawFn) -> Case:
    """Draw one or two samples and up to three short steps in two mornings, or in four hours of one day."""
    lab = draw(labs(most_steps=3))
    hours = [{name: value / 4 for name, value in step.hours.items()} for step in lab.steps]
    steps = tuple(
        replace(step, hours=less, hands_on_start_h=step.hands_on_start_h if less["constant"] >= 0.5 else 0.0)
        for step, less in zip(lab.steps, hours, strict=True)
    )
    people = lab.calendar.people if lab.calendar else None
    away = lab.calendar.absences if lab.calendar else ()
    mornings = draw(st.booleans())
    calendar = Calendar(opens=time(9), closes=time(11), people=people, absences=away) if mornings else None
    begin = MONDAY + timedelta(hours=9)
    end = begin + timedelta(hours=26 if mornings else 4)
    horizon = Horizon(start=begin, last_start=end, end=end)
    small = replace(lab, calendar=calendar, steps=steps)
    found = draw(samples(small, horizon, most=2))
    return small, tuple(replace(sample, carried_over=False) for sample in found), horizon


@settings(max_examples=200)
@given(cases())
def test_a_quick_timetable_can_be_followed(case: Case) -> None:
    timetable = list_schedule(*case)
    assert timetable is None or violations(*case, timetable) == []


@settings(max_examples=80)
@given(cases())
def test_a_timetable_can_be_followed(case: Case) -> None:
    timetable = planned(case)
    assert timetable is None or violations(*case, timetable) == []


@settings(max_examples=60)
@given(cases(most_steps=4))
def test_a_timetable_is_no_worse_than_the_quick_one(case: Case) -> None:
    quick, timetable = list_schedule(*case), planned(case)
    if quick is not None and not violations(*case, quick):
        assert timetable is not None
        assert _cost(case, timetable) <= _cost(case, quick)


@settings(max_examples=25)
@given(cases(most_steps=4), st.integers(0, 3))
def test_the_same_input_and_seed_give_the_same_timetable(case: Case, seed: int) -> None:
    once, again = (schedule(*case, seed=seed, effort=EFFORT) for _ in range(2))
    assert once == again


@settings(max_examples=40)
@given(cases(most_steps=4))
def test_what_was_planned_stays_where_nothing_has_changed(case: Case) -> None:
    once = planned(case)
    assume(once is not None and not violations(*case, once))
    again = schedule(*case, effort=EFFORT, before=once)
    assert once is not None and again is not None
    assert violations(*case, again) == []
    if once.status == again.status == "optimal":
        starts = [{(t.experiment, t.step): t.start for t in one.tasks} for one in (once, again)]
        assert starts[0] == starts[1]


@settings(max_examples=50)
@given(cases(most_steps=3, most_samples=4), st.data())
def test_one_more_machine_makes_nothing_worse(case: Case, data: st.DataObject) -> None:
    lab, some, horizon = case
    name = data.draw(st.sampled_from(sorted(lab.resources)))
    more = replace(lab.resources[name], count=lab.resources[name].count + 1)
    richer = replace(lab, resources={**lab.resources, name: more})
    before, after = planned(case), planned((richer, some, horizon))
    if before is None:
        return
    assert after is not None
    if before.status == after.status == "optimal":
        assert _cost(case, after) <= _cost(case, before)


@settings(max_examples=120)
@given(tiny_cases())
def test_no_timetable_of_a_few_tasks_is_better(case: Case) -> None:
    try:
        best = Exhaustive(*case).search().best
    except TooManyWays:
        assume(False)
    timetable = planned(case)
    assert (timetable is None) == (best is None)
    if timetable is not None and timetable.status == "optimal":
        assert _cost(case, timetable) == best


def _cost(case: Case, timetable: Timetable) -> int:
    _, some, horizon = case
    return cost(some, horizon, timetable)
