"""A calendar file holds every time at which hands are needed, and is read by others as it was meant."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest

from ovenbird.campaigns.calendar_file import calendar_file
from ovenbird.planner.lab import Lab
from ovenbird.planner.timetable import Timetable
from ovenbird.planner.week_plan import WeekPlan

Units = dict[str, str | None]
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Told:
    """An event as another program reads it."""

    uid: str
    summary: str
    start: datetime
    end: datetime
    lines: list[str]
    categories: list[str]
    stamp: datetime
    sequence: int
    alarms: list[tuple[str, timedelta, str]]


def events_of(content: bytes) -> list[Told]:
    calendar: Any = icalendar.Calendar.from_ical(content)
    return [
        Told(
            uid=str(event["uid"]),
            summary=str(event["summary"]),
            start=event.start,
            end=event.end,
            lines=str(event["description"]).split("\n"),
            categories=event.categories,
            stamp=event["dtstamp"].dt,
            sequence=event["sequence"],
            alarms=[
                (str(alarm["action"]), alarm["trigger"].dt, str(alarm["description"]))
                for alarm in event.walk("VALARM")
            ],
        )
        for event in calendar.walk("VEVENT")
    ]


@pytest.fixture
def content(plan: WeekPlan, lab: Lab, units: Units) -> bytes:
    return calendar_file(plan, "ltvo", lab, units)


@pytest.fixture
def events(content: bytes) -> dict[str, Told]:
    """Events by what they say."""
    found = events_of(content)
    assert len({event.summary for event in found}) == len(found)
    return {event.summary: event for event in found}


def test_hands_are_called_for_at_every_start_and_end_of_the_timetable(
    plan: WeekPlan, events: dict[str, Told]
) -> None:
    for run in plan.timetable.runs:
        told = [event for event in events.values() if f"{run.id}: " in event.summary]
        if run.step == "xrd":
            assert [(event.start, event.end) for event in told] == [(run.start, run.end)]
            continue
        cells = run.step == "cells"
        begun = (run.start, run.start + (timedelta(hours=1) if cells else QUARTER))
        # Half an hour of work on cells ends with them; what takes no time is a quarter hour from then on.
        ended = (run.end - timedelta(minutes=30), run.end) if cells else (run.end, run.end + QUARTER)
        expected = [ended] if run.under_way else [begun, ended]
        assert sorted((event.start, event.end) for event in told) == expected, run.id
    mixed = events["mix, LTVO-003..006"]
    assert (mixed.start, mixed.end) == (datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 10))
    assert len(events) == 1 + 4 + 2 * 12 + 1  # mixing, xrd, other runs, cells under way
    starts = [event.start for event in events.values()]
    assert starts == sorted(starts)


def test_events_say_what_to_do_with_what_and_what_comes_next(events: dict[str, Told]) -> None:
    def lines(summary: str) -> list[str]:
        return events[summary].lines

    assert lines("start TF1: calcine 700 degC 3 h, LTVO-003/004/005") == [
        "Machine: tube furnace",
        "Settings: solid_state, 700 degC, 3 h",
        "Samples: LTVO-003, LTVO-004, LTVO-005",
        "Ready Mon 22:00, to be emptied Tue 09:00",
    ]
    assert lines("empty TF1: calcine, LTVO-003/004/005")[-3:] == [
        "Next: xrd DI1 Tue 09:00, LTVO-003",
        "Next: xrd DI2 Tue 10:00, LTVO-004",
        "Next: xrd DI3 Tue 11:00, LTVO-005",
    ]
    assert lines("DI1: xrd, LTVO-003")[-3:] == [
        "Results to log: phase_pure",
        "Gate: only samples with phase_pure go further",
        "Next: mill PM1 Tue 11:00, LTVO-003",
    ]
    assert lines("read CY1: cells, LTVO-003") == [
        "Machine: cycler 3-4",
        "Samples: LTVO-003",
        "Ready Sun 09:00",
        "Results to log: discharge_capacity, oxidised",
        "Next: no further step, LTVO-003",
    ]
    assert "Weigh in for LTVO-005: Li2CO3 1.234 g, V2O3 2.5 g" in lines("mix, LTVO-003..006")
    assert not any("Weigh" in line for line in lines("start TF1: calcine 700 degC 3 h, LTVO-003/004/005"))


def test_times_are_those_of_the_labs_clock_wherever_the_file_is_read(content: bytes, plan: WeekPlan) -> None:
    for event in events_of(content):
        assert event.start.tzinfo is None and event.end.tzinfo is None
        assert event.stamp == plan.start.replace(tzinfo=UTC)
    assert b"TZID" not in content
    assert len(re.findall(rb"\r\nDTSTART:\d{8}T\d{6}\r\n", content)) == 30


def test_everybody_is_called_a_quarter_of_an_hour_before_and_sees_the_machine(
    events: dict[str, Told],
) -> None:
    for event in events.values():
        assert event.alarms == [("DISPLAY", -QUARTER, event.summary)]
    assert events["start CY4: cells, LTVO-006"].categories == ["cycler 7-8"]
    assert events["start PM2: mill 400 rpm 5 h, LTVO-005/006"].categories == ["planetary mill"]


def test_lines_are_short_and_end_as_they_must(plan: WeekPlan, lab: Lab, hostile_ids: dict[str, str]) -> None:
    content = calendar_file(plan.renamed(hostile_ids), "a" * 300, lab)
    lines = content.split(b"\r\n")
    assert lines.pop() == b"" and not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode("utf-8")  # no sign is torn apart


def test_the_same_plan_gives_the_same_file(content: bytes, plan: WeekPlan, lab: Lab, units: Units) -> None:
    assert calendar_file(plan, "ltvo", lab, units) == content


def test_a_later_plan_moves_the_events_of_the_same_work(plan: WeekPlan, lab: Lab, units: Units) -> None:
    before = {event.uid: event for event in events_of(calendar_file(plan, "ltvo", lab, units))}
    assert len(before) == 30
    noon = datetime(2026, 11, 24, 12)
    moved = {"start": datetime(2026, 11, 25, 11), "ready": datetime(2026, 11, 25, 17)}
    moved["end"] = moved["ready"]
    # As planned on Tuesday at noon: PM1 has another name, another time and one sample less.
    runs = [
        replace(run, id="PM7", samples=("LTVO-003",), **moved) if run.id == "PM1" else run
        for run in plan.timetable.runs
        if run.end > noon
    ]
    runs = [replace(run, under_way=run.start < noon) for run in runs]
    later = replace(plan, start=noon, timetable=Timetable(runs=tuple(runs)))
    after = {event.uid: event for event in events_of(calendar_file(later, "ltvo", lab, units))}
    (uid,) = [uid for uid, event in before.items() if event.summary.startswith("start PM1")]
    assert after[uid].summary == "start PM7: mill 450 rpm 6 h, LTVO-003"
    assert (before[uid].start, after[uid].start) == (datetime(2026, 11, 24, 11), moved["start"])
    assert after[uid].sequence > before[uid].sequence and after[uid].stamp > before[uid].stamp
    assert set(after) < set(before)
    # What is over is left as it stands in the calendar, and so is the start of what is under way.
    said = {event.summary for event in after.values()}
    assert "empty TF2: calcine, LTVO-006" in said
    assert not any("TF1" in one or "start TF2" in one or "DI3" in one for one in said)


def test_other_campaigns_and_other_new_samples_have_other_events(plan: WeekPlan, lab: Lab) -> None:
    def uids(shown: WeekPlan, name: str = "ltvo") -> set[str]:
        return {event.uid for event in events_of(calendar_file(shown, name, lab))}

    assert uids(plan).isdisjoint(uids(plan, "alloy"))
    assert uids(plan) == uids(replace(plan, week="2026-W49"))
    proposed = plan.renamed({f"LTVO-00{number}": f"NEW-{number}" for number in range(1, 7)})
    assert uids(proposed).isdisjoint(uids(replace(proposed, week="2026-W49")))


def test_texts_of_people_come_back_as_they_were(
    plan: WeekPlan, lab: Lab, hostile_ids: dict[str, str]
) -> None:
    ids = hostile_ids | {"LTVO-006": "semi;colon, comma\\n BEGIN:VEVENT\x07"}
    renamed = plan.renamed(ids)
    content = calendar_file(renamed, "name, with; \N{FIRE}\n x", lab)
    calendar: Any = icalendar.Calendar.from_ical(content)
    assert calendar["x-wr-calname"] == "name, with; \N{FIRE} x"
    found = [event.summary for event in events_of(content)]
    assert len(found) == 30
    assert "start CY4: cells, semi;colon, comma\\n BEGIN:VEVENT" in found
    assert any("$\\frac{a}{b}$" in summary for summary in found)
    assert "read CY9: cells, [bold]x[/bold]" in found


def test_a_machine_with_commas_is_one_category(plan: WeekPlan, lab: Lab) -> None:
    runs = tuple(
        replace(run, resource="mill, big; one") if run.step == "mill" else run for run in plan.timetable.runs
    )
    shown = replace(plan, timetable=replace(plan.timetable, runs=runs))
    found = {event.summary: event for event in events_of(calendar_file(shown, "ltvo", lab))}
    (event,) = [event for summary, event in found.items() if summary.startswith("empty PM1")]
    assert event.categories == ["mill, big; one"]


def test_an_empty_plan_is_an_empty_calendar(plan: WeekPlan, lab: Lab) -> None:
    empty = calendar_file(replace(plan, timetable=Timetable()), "ltvo", lab)
    assert events_of(empty) == [] and empty.startswith(b"BEGIN:VCALENDAR\r\n")
