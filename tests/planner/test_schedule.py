"""Timetables of small weeks, worked out by hand."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from ovenbird.planner.lab import Absence, Calendar, Closure, Lab, Outage, Resource, Step
from ovenbird.planner.lab_sample import LabSample, UnderWay
from ovenbird.planner.schedule import schedule
from ovenbird.planner.timetable import Timetable

from .small_week import (
    CALCINE,
    CELLS,
    EFFORT,
    FURNACE,
    GRIND,
    LOOK,
    MIX,
    NINE_TO_SIX,
    XRD,
    at,
    lab_of,
    sample,
    span,
    timetable_of,
    until,
)

WEEK = until("fri 18:00")
BAKE = Step(name="bake", on="furnace", hours={"constant": 6.0})


def runs_on(timetable: Timetable, resource: str) -> list[tuple[str, ...]]:
    return [tuple(sorted(run.samples)) for run in timetable.runs if run.resource == resource]


def test_nothing_to_do_is_an_empty_timetable() -> None:
    found = schedule(lab_of(MIX), [], WEEK)
    assert found == Timetable() and found is not None and found.end is None


def test_a_week_by_hand() -> None:
    """Two samples through mixing, a night in the furnace, the diffractometer, and 60 h of cycling."""
    found = timetable_of(lab_of(MIX, CALCINE, LOOK, CELLS), [sample("A"), sample("B")], until("sat 00:00"))
    assert span(found, "A", "mix") == span(found, "B", "mix") == "mon 09:00 - mon 10:00"
    assert span(found, "A", "calcine") == span(found, "B", "calcine") == "mon 10:00 - tue 09:00"
    looks = sorted(span(found, id_, "look") for id_ in "AB")
    assert looks == ["tue 09:00 - tue 10:00", "tue 10:00 - tue 11:00"], "one after another on one machine"
    cells = sorted(span(found, id_, "cells") for id_ in "AB")
    assert cells == ["tue 10:00 - fri 09:00", "tue 11:00 - fri 09:00"]
    assert found.status == "optimal" and found.gap == 0 and found.end == at("fri 09:00")


def test_four_samples_of_equal_settings_are_one_furnace_run() -> None:
    lab = lab_of(CALCINE)
    assert runs_on(timetable_of(lab, [sample(i) for i in "ABCD"], WEEK), "furnace") == [("A", "B", "C", "D")]
    found = timetable_of(lab, [sample(i) for i in "ABCDE"], WEEK)
    assert sorted(len(run) for run in runs_on(found, "furnace")) == [1, 4]
    assert {t.end for t in found.tasks} == {at("tue 09:00"), at("wed 09:00")}


def test_samples_of_one_run_share_its_settings() -> None:
    some = [sample("A", 700), sample("B", 800), sample("C", 700), sample("D", 700, hold=6.0)]
    found = timetable_of(lab_of(CALCINE), some, WEEK)
    assert sorted(runs_on(found, "furnace")) == [("A", "C"), ("B",), ("D",)]
    assert found.end == at("thu 09:00"), "three nights, one for each setting"
    told = {run.samples: dict(run.settings) for run in found.runs}
    assert told["B",] == {"temperature": 800.0, "hold": 3.0}
    assert told["D",] == {"temperature": 700.0, "hold": 6.0}


def test_a_run_takes_no_more_than_its_grams() -> None:
    small = replace(FURNACE, grams=4.0)
    lab = replace(lab_of(CALCINE, machines=[small]), sample_g=2.0)
    assert sorted(map(len, runs_on(timetable_of(lab, [sample(i) for i in "ABC"], WEEK), "furnace"))) == [1, 2]


def test_a_run_that_is_done_at_night_is_emptied_in_the_morning() -> None:
    (task,) = timetable_of(lab_of(CALCINE), [sample("A")], WEEK).tasks
    assert (task.start, task.ready, task.end) == (at("mon 09:00"), at("mon 21:00"), at("tue 09:00"))
    short = timetable_of(lab_of(BAKE), [sample("A")], WEEK)
    assert span(short, "A", "bake") == "mon 09:00 - mon 15:00", "and one that is done by day at once"


def test_nobody_opens_a_furnace_on_friday_evening() -> None:
    horizon = until("MON 18:00", "fri 09:00", last_start="MON 00:00")
    ten_hours = replace(CALCINE, hours={"constant": 10.0})
    found = timetable_of(lab_of(MIX, ten_hours), [sample("A")], horizon)
    (task,) = [t for t in found.tasks if t.step == "calcine"]
    assert (task.start, task.ready, task.end) == (at("fri 10:00"), at("fri 20:00"), at("MON 09:00"))
    holiday = replace(NINE_TO_SIX, closures=(Closure(first=date(2026, 11, 30), last=date(2026, 11, 30)),))
    later = replace(horizon, end=at("TUE 18:00"))
    found = timetable_of(lab_of(MIX, ten_hours, calendar=holiday), [sample("A")], later)
    assert span(found, "A", "calcine") == "fri 10:00 - TUE 09:00"


def test_nothing_is_begun_once_the_week_is_over() -> None:
    horizon = until("MON 18:00", "fri 09:00", last_start="MON 00:00")
    assert schedule(lab_of(CALCINE, LOOK), [sample("A")], horizon, effort=EFFORT) is None
    assert schedule(lab_of(CALCINE), [sample("A")], horizon, effort=EFFORT) is not None


def test_what_was_begun_in_an_earlier_week_may_take_longer_than_this_one() -> None:
    lab, horizon = lab_of(LOOK, CELLS), until("fri 18:00", "fri 09:00")
    assert schedule(lab, [sample("A")], horizon, effort=EFFORT) is None
    found = timetable_of(lab, [sample("A", carried_over=True)], horizon)
    assert span(found, "A", "cells") == "fri 10:00 - MON 09:00"


def test_hands_needed_all_along_are_there_all_along() -> None:
    long = Step(name="press", hours={"constant": 5.0})
    found = timetable_of(lab_of(MIX, long), [sample("A")], until("fri 18:00", "mon 13:00"))
    assert span(found, "A", "mix") == "mon 13:00 - mon 14:00"
    assert span(found, "A", "press") == "tue 09:00 - tue 14:00", "four hours are left on Monday"
    without_end = lab_of(MIX, long, calendar=None)
    assert span(timetable_of(without_end, [sample("A")], WEEK), "A", "press") == "mon 10:00 - mon 15:00"


def test_each_person_does_one_thing_at_a_time() -> None:
    some = [sample("A"), sample("B")]
    for people, end in ((1, "mon 11:00"), (2, "mon 10:00"), (None, "mon 10:00")):
        lab = lab_of(MIX, calendar=replace(NINE_TO_SIX, people=people))
        assert timetable_of(lab, some, WEEK).end == at(end)
    away = (Absence(start=at("mon 09:00"), end=at("mon 13:00")),)
    one = lab_of(MIX, calendar=replace(NINE_TO_SIX, people=1, absences=away))
    assert timetable_of(one, some, WEEK).end == at("mon 15:00")


def test_hands_are_needed_while_a_machine_is_loaded_and_emptied() -> None:
    busy = replace(BAKE, hands_on_start_h=1.0, hands_on_end_h=0.5)
    ovens = Resource(name="furnace", count=2, unattended=True)
    lab = lab_of(busy, machines=[ovens], calendar=replace(NINE_TO_SIX, people=1))
    found = timetable_of(lab, [sample("A"), sample("B")], WEEK)
    assert sorted(span(found, i, "bake") for i in "AB") == ["mon 09:00 - mon 15:00", "mon 10:00 - mon 16:00"]


def test_a_sample_never_waits_longer_than_it_may() -> None:
    down = (Outage(start=at("tue 08:00"), end=at("tue 12:00"), count=1),)
    hurried = replace(LOOK, wait_at_most_h=1.0)
    lab = lab_of(CALCINE, hurried, machines=[replace(XRD, outages=down)])
    found = timetable_of(lab, [sample("A")], WEEK)
    assert span(found, "A", "look") == "tue 12:00 - tue 13:00"
    (calcine,) = [t for t in found.tasks if t.step == "calcine"]
    assert at("tue 11:00") <= calcine.end <= at("tue 12:00"), "the powder stays in the furnace"
    patient = lab_of(CALCINE, LOOK, machines=[replace(XRD, outages=down)])
    assert span(timetable_of(patient, [sample("A")], WEEK), "A", "calcine") == "mon 09:00 - tue 09:00"


def test_what_comes_out_of_a_furnace_that_is_running_does_not_wait_longer_either() -> None:
    begun = UnderWay(step="calcine", start=at("FRI 17:00"), ready=at("mon 05:00"), run="FU1", machine=1)
    down = (Outage(start=at("mon 08:00"), end=at("mon 12:00"), count=1),)
    lab = lab_of(CALCINE, replace(LOOK, wait_at_most_h=1.0), machines=[replace(XRD, outages=down)])
    found = timetable_of(lab, [replace(sample("A"), under_way={"calcine": begun})], WEEK)
    assert span(found, "A", "look") == "mon 12:00 - mon 13:00"
    (calcine,) = [t for t in found.tasks if t.step == "calcine"]
    assert at("mon 11:00") <= calcine.end <= at("mon 12:00")


def test_nothing_behind_a_gate_begins_before_it_is_passed() -> None:
    grind = replace(GRIND, after=("look",))
    found = timetable_of(lab_of(CALCINE, LOOK, grind), [sample("A"), sample("B")], WEEK)
    for id_ in "AB":
        times = {task.step: task for task in found.of(id_)}
        assert times["calcine"].end <= times["look"].start
        assert times["look"].end <= times["grind"].start


def test_steps_that_need_one_another_not_run_side_by_side() -> None:
    weigh = Step(name="weigh", hours={"constant": 1.0}, after=("calcine",))
    found = timetable_of(lab_of(CALCINE, LOOK, weigh), [sample("A")], WEEK)
    assert span(found, "A", "look") == span(found, "A", "weigh") == "tue 09:00 - tue 10:00"


def test_a_machine_that_is_down_is_waited_for() -> None:
    down = (Outage(start=at("mon 08:00"), end=at("tue 11:00"), count=1),)
    lab = lab_of(CALCINE, machines=[replace(FURNACE, outages=down)])
    assert span(timetable_of(lab, [sample("A")], WEEK), "A", "calcine") == "tue 11:00 - wed 09:00"
    both = lab_of(CALCINE, machines=[replace(FURNACE, count=2, outages=down)])
    found = timetable_of(both, [sample("A"), sample("B", 800)], WEEK)
    assert sorted(t.start for t in found.tasks) == [at("mon 09:00"), at("tue 09:00")]


def test_a_run_does_not_begin_if_an_outage_cuts_it_short() -> None:
    down = (Outage(start=at("tue 03:00"), end=at("tue 04:00"), count=1),)
    lab = lab_of(CALCINE, machines=[replace(FURNACE, outages=down)])
    assert span(timetable_of(lab, [sample("A")], WEEK), "A", "calcine") == "tue 09:00 - wed 09:00"


def test_cells_take_several_channels() -> None:
    three = replace(CELLS, uses=3)
    lab = lab_of(three, machines=[Resource(name="cycler", count=8, unattended=True)])
    found = timetable_of(lab, [sample(i) for i in "ABC"], until("MON 18:00"))
    starts = sorted(t.start for t in found.tasks)
    assert starts == [at("mon 09:00"), at("mon 09:00"), at("thu 09:00")], "eight channels hold two samples"
    first = [run for run in found.runs if run.start == at("mon 09:00")]
    channels = [{run.machine, *run.more_machines} for run in first]
    assert all(len(own) == 3 for own in channels) and not channels[0] & channels[1]


def test_more_cells_than_channels_never_fit() -> None:
    lab = lab_of(replace(CELLS, uses=3), machines=[Resource(name="cycler", count=2, unattended=True)])
    assert schedule(lab, [sample("A")], WEEK, effort=EFFORT) is None


def test_what_is_under_way_keeps_its_machine_until_it_can_be_ended() -> None:
    begun = UnderWay(step="calcine", start=at("FRI 17:00"), ready=at("mon 11:00"), run="FU7", machine=1)
    held = replace(sample("A", done=["mix"]), under_way={"calcine": begun})
    found = timetable_of(lab_of(MIX, CALCINE, LOOK), [held, sample("B")], WEEK)
    assert span(found, "A", "calcine") == "FRI 17:00 - mon 11:00"
    assert span(found, "A", "look") == "mon 11:00 - mon 12:00"
    assert span(found, "B", "calcine") == "mon 11:00 - tue 09:00", "the furnace is full until then"
    run = found.by_run["FU7"]
    assert run.samples == ("A",) and run.under_way and run.machine == 1
    assert [t.experiment for t in found.tasks if t.under_way] == ["A"]


def test_jobs_of_two_machines_one_after_another_follow_johnsons_rule() -> None:
    """Flow shop of two machines: shortest first steps first; the last ends after 1 + 9 h."""
    grind = Step(name="grind", on="mill", hours={"speed": 1.0})
    look = Step(name="look", on="xrd", hours={"hold": 1.0})
    mills, horizon = Resource(name="mill"), until("tue 18:00")
    day_and_night = Calendar()
    times = {"A": (3.0, 2.0), "B": (1.0, 4.0), "C": (2.0, 3.0)}
    some = [LabSample(id=i, conditions={"speed": first, "hold": then}) for i, (first, then) in times.items()]
    found = timetable_of(lab_of(grind, look, calendar=day_and_night, machines=[mills]), some, horizon)
    assert found.end == at("mon 09:00") + timedelta(hours=10) and found.status == "optimal"
    assert next(t.experiment for t in found.tasks if t.step == "grind") == "B"


def long_week() -> tuple[Lab, list[LabSample]]:
    lab = lab_of(MIX, CALCINE, LOOK, CELLS, calendar=replace(NINE_TO_SIX, people=2))
    some = [sample(f"S{n}", 700 + 50 * (n % 3)) for n in range(6)]
    return lab, some


def tasks_in_words() -> str:
    lab, some = long_week()
    found = schedule(lab, some, until("WED 18:00"), effort=0.2)
    assert found is not None
    return "\n".join(str(task.as_json()) for task in found.tasks)


def test_the_same_input_gives_the_same_timetable_in_another_process() -> None:
    here = tasks_in_words()
    assert here == tasks_in_words()
    code = "from tests.planner.test_schedule import tasks_in_words as said; print(said(), end='')"
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.stdout == here, done.stderr


def test_the_order_of_samples_does_not_change_when_the_week_ends() -> None:
    lab, some = long_week()
    ends = {timetable_of(lab, order, until("WED 18:00")).end for order in (some, some[::-1])}
    assert len(ends) == 1


@pytest.fixture(scope="module")
def before() -> Timetable:
    """B first, then A, though nothing speaks for that order."""
    alone = lab_of(LOOK)
    first = timetable_of(alone, [sample("B")], WEEK)
    wait = timetable_of(alone, [sample("A")], until("fri 18:00", "mon 10:00"))
    runs = (*first.runs, replace(wait.runs[0], id="XR2"))
    return Timetable(tasks=(*first.tasks, replace(wait.tasks[0], run="XR2")), runs=runs)


def test_what_can_stay_where_it_was_stays(before: Timetable) -> None:
    found = timetable_of(lab_of(LOOK), [sample("A"), sample("B")], WEEK, before)
    assert found.tasks == before.tasks
    some = [sample("A"), sample("B"), sample("C"), sample("D")]
    found = timetable_of(lab_of(LOOK), some, WEEK, before)
    assert (span(found, "B", "look"), span(found, "A", "look")) == (
        "mon 09:00 - mon 10:00",
        "mon 10:00 - mon 11:00",
    )


@pytest.mark.parametrize(
    ("planned", "mixed"), [("mon 09:15", "mon 09:15 - mon 10:15"), ("mon 13:00", "mon 09:00 - mon 10:00")]
)
def test_what_gains_hours_is_moved_and_what_gains_minutes_is_not(planned: str, mixed: str) -> None:
    """Mixing somewhat earlier gains nothing: the furnace is emptied in the morning all the same."""
    lab = lab_of(MIX, CALCINE)
    earlier = timetable_of(lab, [sample("A")], until("fri 18:00", planned))
    assert earlier.tasks[0].start == at(planned)
    found = timetable_of(lab, [sample("A")], WEEK, earlier)
    assert (span(found, "A", "mix"), found.end) == (mixed, at("tue 09:00"))


@pytest.mark.parametrize("seed", [0, 1, 17])
def test_every_seed_finds_a_proven_timetable(seed: int) -> None:
    lab = lab_of(MIX, CALCINE, LOOK)
    found = schedule(lab, [sample("A"), sample("B", 800)], WEEK, seed=seed, effort=2.0)
    assert found is not None and found.status == "optimal" and found.end == at("wed 10:00")


def test_closed_all_week_nothing_is_done() -> None:
    closed = Calendar(days=(5,), opens=time(9), closes=time(18))
    assert schedule(lab_of(MIX, calendar=closed), [sample("A")], WEEK, effort=EFFORT) is None
