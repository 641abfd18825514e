"""A plan is taken apart without losing a run, a machine or an hour."""

from dataclasses import replace
from datetime import datetime

from ovenbird.campaigns.plan_parts import closed_hours, lanes, machine_of, parts, path
from ovenbird.planner.lab import Lab, Outage
from ovenbird.planner.timetable import TimedTask, Timetable
from ovenbird.planner.week_plan import WeekPlan


def by_hand(experiment: str, start: datetime, end: datetime) -> TimedTask:
    return TimedTask(
        experiment=experiment, step="mix", resource=None, run=None, start=start, ready=end, end=end
    )


def test_every_run_is_a_part_and_the_same_work_by_hand_is_one(plan: WeekPlan, lab: Lab) -> None:
    found = parts(plan, lab)
    assert [part.start for part in found] == sorted(part.start for part in found)
    named = {part.name: part for part in found if part.name}
    assert named.keys() == plan.timetable.by_run.keys()
    for name, run in plan.timetable.by_run.items():
        part = named[name]
        assert (part.start, part.ready, part.end, part.samples) == (
            run.start,
            run.ready,
            run.end,
            run.samples,
        )
    (mixed,) = [part for part in found if not part.name]
    assert mixed.samples == ("LTVO-003", "LTVO-004", "LTVO-005", "LTVO-006")
    assert mixed.attended and named["DI1"].attended and not named["TF1"].attended
    assert named["DI1"].gate == "phase_pure" and named["TF1"].gate is None


def test_a_sample_goes_through_its_steps_in_order(plan: WeekPlan, lab: Lab) -> None:
    everything = parts(plan, lab)
    assert [part.step for part in path("LTVO-005", everything)] == [
        "mix",
        "calcine",
        "xrd",
        "mill",
        "bet",
        "cells",
    ]
    assert [part.name for part in path("LTVO-005", everything)] == ["", "TF1", "DI3", "PM2", "SS3", "CY3"]
    assert path("LTVO-002", everything) == ()


def test_machines_that_do_the_same_share_a_lane_unless_one_is_down(plan: WeekPlan, lab: Lab) -> None:
    found = {lane.label: lane for lane in lanes(plan, lab)}
    assert list(found) == [
        "by hand",
        "tube furnace",
        "planetary mill",
        "diffractometer",
        "sorption station 1",
        "sorption station 2",
        "cycler 1-2",
        "cycler 3-4",
        "cycler 5-6",
        "cycler 7",
        "cycler 8",
    ]
    assert [part.name for part in found["cycler 1-2"].parts] == ["CY9", "CY3"]
    assert found["cycler 7"].parts == found["cycler 8"].parts
    outage = Outage(start=datetime(2026, 11, 24, 9), end=datetime(2026, 11, 26, 9), count=1, reason="fan")
    assert found["cycler 8"].outages == (outage,)
    assert all(not lane.outages for lane in found.values() if lane.label != "cycler 8")


def test_an_outage_that_lab_and_plan_both_know_is_one_and_past_ones_are_none(
    plan: WeekPlan, lab: Lab
) -> None:
    known = Outage(start=datetime(2026, 11, 24, 9), end=datetime(2026, 11, 26, 9), count=1, reason="broken")
    past = Outage(start=datetime(2026, 11, 2, 9), end=datetime(2026, 11, 3, 9), count=8)
    cycler = replace(lab.resources["cycler"], outages=(known, past))
    same = replace(lab, resources={**lab.resources, "cycler": cycler})
    found = {lane.label: lane.outages for lane in lanes(plan, same)}
    assert found["cycler 8"] == (known,) and found["cycler 1-2"] == ()


def test_idle_machines_show_only_while_they_are_down(plan: WeekPlan, lab: Lab) -> None:
    empty = replace(plan, timetable=Timetable(), outages=())
    assert lanes(empty, lab) == ()
    down = replace(plan, timetable=Timetable(), outages=({**plan.outages[0], "count": 2},))
    assert [(lane.label, lane.parts) for lane in lanes(down, lab)] == [("cycler 7-8", ())]


def test_two_people_at_work_take_two_lanes(plan: WeekPlan, lab: Lab) -> None:
    nine, ten, eleven, noon = (datetime(2026, 11, 23, hour) for hour in (9, 10, 11, 12))
    tasks = (by_hand("A", nine, eleven), by_hand("B", ten, noon), by_hand("C", eleven, noon))
    both = replace(plan, timetable=Timetable(tasks=tasks), outages=())
    assert [[part.samples for part in lane.parts] for lane in lanes(both, lab)] == [
        [("A",), ("C",)],
        [("B",)],
    ]


def test_what_the_lab_has_no_more_is_shown_all_the_same(plan: WeekPlan, lab: Lab) -> None:
    later = replace(
        lab,
        steps=tuple(step for step in lab.steps if step.name != "calcine"),
        resources={name: kind for name, kind in lab.resources.items() if name != "tube_furnace"},
    )
    assert [lane.label for lane in lanes(plan, later)][-1] == "tube furnace"
    (first, *_) = (part for part in parts(plan, later) if part.step == "calcine")
    assert (first.name, first.declared, first.attended) == ("TF1", None, False)
    assert machine_of(first, later) == "tube furnace"


def test_nobody_is_there_at_night_and_over_the_weekend(lab: Lab) -> None:
    start, end = datetime(2026, 11, 27, 12), datetime(2026, 11, 30, 10)
    assert closed_hours(lab, start, end) == ((datetime(2026, 11, 27, 18), datetime(2026, 11, 30, 9)),)
    assert closed_hours(replace(lab, calendar=None), start, end) == ()
