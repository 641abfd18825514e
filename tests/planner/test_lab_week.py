"""A planned week as a whole: what a user gets, and what is said where it is less than was wanted."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ovenbird.datasets import Conditions, Dataset, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.planner.goal import Goal
from ovenbird.planner.lab import Closure, Lab, Outage, Precursor, Resource, Step
from ovenbird.planner.lab_sample import Horizon, LabSample, UnderWay
from ovenbird.planner.lab_week import Week, plan_week
from ovenbird.planner.problem import Problem
from ovenbird.planner.schedule import schedule
from ovenbird.planner.week_plan import WeekPlan

from .gate_bench import BEST, MIDDLING, POOR, Bench, bench_of, lab_with
from .small_week import CALCINE, CELLS, LOOK, MIX, NINE_TO_SIX, XRD, at, lab_of, sample, until
from .timetable_checker import violations

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]
CONTROL: Conditions = {"temperature": 750.0, "hold": 3.0, "dose": 5.0}
LAB = replace(lab_of(MIX, CALCINE, LOOK, replace(CELLS, hours={"constant": 24.0})), control=CONTROL)
ONE_RUN = until("wed 18:00")
NAME = "2026-W48"


@pytest.fixture(scope="module")
def plan(kiln: Problem, fired_in_kiln: Dataset, kiln_beliefs: Beliefs) -> Callable[..., WeekPlan]:
    def make(
        n: int, lab: Lab = LAB, standing: Sequence[LabSample] = (), horizon: Horizon = ONE_RUN, **more: Any
    ) -> WeekPlan:
        week = Week(name=NAME, horizon=horizon, n_new=n, **more)
        return plan_week(kiln, fired_in_kiln, kiln_beliefs, lab, standing, week, effort=0.3)

    return make


def in_lab(made: WeekPlan) -> list[LabSample]:
    """Samples of a plan as the lab will know them."""
    return [LabSample(id=s.experiment, conditions=s.conditions) for s in made.samples]


@pytest.fixture(scope="module")
def full(plan: Callable[..., WeekPlan]) -> WeekPlan:
    """A week with one sample from before, the control, and what else the one furnace run holds."""
    return plan(6, standing=[sample("E9", 750.0)], control=CONTROL)


def test_a_planned_week_can_be_followed(full: WeekPlan) -> None:
    assert violations(LAB, in_lab(full), ONE_RUN, full.timetable) == []
    assert (full.week, full.start, full.end, full.status) == (NAME, ONE_RUN.start, ONE_RUN.end, "optimal")
    assert [run.samples for run in full.timetable.runs if run.step == "calcine"] == [
        ("E9", "NEW-1", "NEW-2", "NEW-3")
    ]


def test_new_samples_are_suggested_with_forecasts_and_reasons(full: WeekPlan) -> None:
    new = [one for one in full.samples if one.is_new]
    assert [one.experiment for one in new] == ["NEW-1", "NEW-2", "NEW-3"]
    assert [one.id for one in full.suggestions] == [one.experiment for one in new]
    for suggestion, one in zip(full.suggestions, new, strict=True):
        assert suggestion.parameters == one.conditions and suggestion.purpose == one.role
        assert suggestion.forecast["y"] and suggestion.reasons
    assert {one.experiment for one in full.samples if not one.is_new} == {"E9"}


def test_the_control_is_in_once(full: WeekPlan) -> None:
    assert [one.conditions for one in full.samples if one.role == "control"] == [CONTROL]
    assert [one.conditions for one in full.samples].count(CONTROL) == 1


def test_why_the_week_holds_less_than_was_wanted(full: WeekPlan) -> None:
    said = "The week holds 3 new samples of 6 wanted: no other finds room on the machines."
    assert full.messages == (said,)
    assert full.bottleneck is not None and full.bottleneck.resource == "furnace"
    assert full.bottleneck.more_samples >= 1


def test_the_same_week_is_planned_the_same(full: WeekPlan, plan: Callable[..., WeekPlan]) -> None:
    again = plan(6, standing=[sample("E9", 750.0)], control=CONTROL)
    assert json.dumps(again.as_json(), allow_nan=False) == json.dumps(full.as_json(), allow_nan=False)


def test_a_plan_that_is_made_again_stays_as_it_was(full: WeekPlan, plan: Callable[..., WeekPlan]) -> None:
    kept = full.renamed({"NEW-1": "K-10", "NEW-2": "K-11", "NEW-3": "K-12"})
    again = plan(0, standing=in_lab(kept)[::-1], before=kept.timetable)
    assert set(again.timetable.tasks) == set(kept.timetable.tasks)
    places = [
        {(run.id, run.machine, frozenset(run.samples)) for run in one.timetable.runs} for one in (again, kept)
    ]
    assert places[0] == places[1] and again.suggestions == () and again.messages == ()


def test_nothing_to_do_is_an_empty_plan(plan: Callable[..., WeekPlan]) -> None:
    empty = plan(0)
    assert (empty.status, empty.timetable.tasks, empty.samples, empty.messages) == ("empty", (), (), ())
    assert empty.bottleneck is None


def test_where_nobody_is_there_the_plan_says_so(plan: Callable[..., WeekPlan]) -> None:
    holidays = Closure(first=date(2026, 11, 23), last=date(2026, 11, 29))
    closed = replace(LAB, calendar=replace(NINE_TO_SIX, closures=(holidays,)))
    empty = plan(4, closed, horizon=until("MON 18:00", last_start="MON 00:00"))
    assert empty.status == "empty" and empty.samples == ()
    assert empty.messages == (
        "Nobody is there in the whole time: it is holidays, or outside the working days and hours.",
    )


def test_where_no_furnace_is_there_the_plan_names_it_and_what_would_help(
    plan: Callable[..., WeekPlan],
) -> None:
    down = Outage(start=at("mon 00:00"), end=at("MON 00:00"), count=1)
    furnace = replace(LAB.resources["furnace"], outages=(down,))
    broken = replace(LAB, resources={**LAB.resources, "furnace": furnace})
    empty = plan(4, broken)
    assert empty.status == "empty"
    assert "furnace is not available from Mon 23 Nov 00:00 to Mon 30 Nov 00:00" in empty.messages[0]
    assert empty.messages[1] == "Smallest change: have furnace available all week."


def test_powder_that_runs_out_is_named(plan: Callable[..., WeekPlan]) -> None:
    """4.1 g of a salt of which a sample takes 1 g: one planned before, and three new."""
    salt, oxide = Precursor(name="Li2CO3", per_gram=0.5, stock_g=4.1), Precursor(name="TiO2", per_gram=0.7)
    weighed = replace(LAB, sample_g=2.0, precursors=(salt, oxide))
    found = plan(6, weighed, [sample("E9", 750.0)], until("fri 18:00"))
    assert sum(one.is_new for one in found.samples) == 3
    assert found.messages == ("No further sample can be weighed in: 0.9 g of Li2CO3 missing.",)
    assert all(dict(one.grams) == {"Li2CO3": 1.0, "TiO2": 1.4} for one in found.samples)


def test_a_planned_sample_without_powder_waits_for_it(plan: Callable[..., WeekPlan]) -> None:
    salt = Precursor(name="Li2CO3", per_gram=0.5, stock_g=1.5)
    weighed = replace(LAB, sample_g=2.0, precursors=(salt,))
    found = plan(0, weighed, [sample("E8", 750.0), sample("E9", 750.0)])
    assert [one.experiment for one in found.samples] == ["E8"]
    assert found.messages == (
        "E9 cannot be weighed in (0.5 g of Li2CO3 missing) and stays planned: it is for a later week.",
    )


def test_what_finds_no_room_any_more_waits_for_another_week(plan: Callable[..., WeekPlan]) -> None:
    """The furnace runs once: the second setting waits, and what is in the furnace goes on."""
    found = plan(0, standing=[sample("E8", 850.0), sample("E9", 750.0)])
    assert [one.experiment for one in found.samples] == ["E8"]
    assert found.messages == ("E9 finds no room and stays planned: it is for a later week.",)


def test_what_was_begun_goes_on_after_the_plan(plan: Callable[..., WeekPlan]) -> None:
    begun = UnderWay(step="calcine", start=at("FRI 17:00"), ready=at("tue 17:00"), run="FU1", machine=1)
    held = replace(sample("E8", 850.0, done=["mix"]), under_way={"calcine": begun})
    found = plan(0, standing=[held], horizon=until("wed 12:00"))
    assert found.messages == ("E8 cannot end within this plan; what remains goes on after it.",)
    assert [task.step for task in found.timetable.of("E8")] == ["calcine", "look", "cells"]
    (end,) = [task.end for task in found.timetable.of("E8") if task.step == "cells"]
    assert end == at("thu 09:00"), "nothing is begun at six on Tuesday, when it has been looked at"


def test_one_sample_that_cannot_go_on_does_not_stop_the_others(plan: Callable[..., WeekPlan]) -> None:
    """Its diffractometer is away for a quarter; those of the other route do without."""
    down = Outage(start=at("mon 00:00"), end=at("mon 00:00") + timedelta(weeks=13), count=1)
    needs = replace(LOOK, when={"route": ("old",)})
    lab = lab_of(CALCINE, needs, machines=[replace(XRD, outages=(down,))])
    stuck, free = sample("E8", 850.0, done=["calcine"]), sample("E9", 750.0)
    stuck = replace(stuck, conditions={**stuck.conditions, "route": "old"})
    found = plan(0, lab, [stuck, free])
    assert [task.experiment for task in found.timetable.tasks] == ["E9"]
    assert found.messages == ("E8 cannot go on, within this plan or soon after: it waits.",)


def test_where_nothing_new_is_left_the_machines_are_not_blamed(
    made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    space = ParameterSpace((NumericParameter(name="x", low=0, high=2, step=1),))
    problem = Problem(
        space=space,
        responses={"y": Response(name="y", absolute_noise=0.01)},
        goal=Goal.single("y", "maximise"),
    )
    data = dataset_of(space, [made({"x": 0}, y=1.0), made({"x": 1}, y=2.0)])
    lab = lab_of(
        Step(name="fire", on="furnace", hours={"constant": 4.0}), machines=[Resource(name="furnace")]
    )
    week = Week(name=NAME, horizon=until("fri 18:00"), n_new=3)
    found = plan_week(problem, data, learned(problem, data), lab, [], week, effort=0.3)
    assert [dict(one.conditions) for one in found.samples] == [{"x": 2.0}]
    assert found.messages == (
        "The week holds 1 new sample of 3 wanted: there is room for more, but no other new conditions were found.",
    )


@pytest.fixture(scope="module")
def at_gate(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> Callable[..., WeekPlan]:
    """Plan a week with one channel and all that stands at the gate."""
    bench: Bench = bench_of(line, made, dataset_of, learned)

    def make(names: Sequence[str], lab: Lab | None = None, **more: Any) -> WeekPlan:
        week = Week(name=NAME, horizon=until("fri 18:00"), n_new=1, **more)
        standing = bench.at_gate(*names)
        return plan_week(
            bench.problem, bench.data, bench.beliefs, lab or lab_with(1), standing, week, effort=0.3
        )

    return make


def test_a_sample_that_stops_makes_way_for_a_new_one(at_gate: Callable[..., WeekPlan]) -> None:
    found = at_gate([MIDDLING])
    assert [(d.experiment, d.goes_on) for d in found.decisions] == [(MIDDLING, False)]
    assert {task.experiment for task in found.timetable.tasks} == {"NEW-1"}


def test_a_sample_that_is_worth_it_keeps_its_place(at_gate: Callable[..., WeekPlan]) -> None:
    found = at_gate([POOR, BEST])
    assert [(d.experiment, d.goes_on) for d in found.decisions] == [(POOR, False), (BEST, True)]
    assert {task.experiment for task in found.timetable.tasks} == {BEST}


def test_a_sample_that_is_to_be_kept_goes_on_against_the_advice(at_gate: Callable[..., WeekPlan]) -> None:
    found = at_gate([MIDDLING], kept=frozenset({MIDDLING}))
    assert [(d.experiment, d.goes_on) for d in found.decisions] == [(MIDDLING, False)]
    assert {task.experiment for task in found.timetable.tasks} == {MIDDLING}


def test_a_control_never_stops(at_gate: Callable[..., WeekPlan]) -> None:
    control: Mapping[str, float] = {"x": 5.0}  # the conditions of the poor one
    found = at_gate([POOR], replace(lab_with(1), control=control))
    assert found.decisions == () and {task.experiment for task in found.timetable.tasks} == {POOR}


def test_the_change_that_a_bottleneck_names_brings_what_it_says(
    full: WeekPlan, plan: Callable[..., WeekPlan]
) -> None:
    """With one more furnace the week does hold so many samples more."""
    assert full.bottleneck is not None
    furnace = replace(LAB.resources["furnace"], count=2)
    more = replace(LAB, resources={**LAB.resources, "furnace": furnace})
    richer = plan(3 + full.bottleneck.more_samples, more, [sample("E9", 750.0)], control=CONTROL)
    assert len(richer.suggestions) == 3 + full.bottleneck.more_samples
    assert schedule(more, in_lab(richer), ONE_RUN, effort=0.3) is not None
