"""A small campaign with four experiments, and a finished plan of its week, written by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

import pytest

from ovenbird.campaigns import Campaign
from ovenbird.datasets import OWN_LAB, Conditions, Status
from ovenbird.datasets.store import NewExperiment
from ovenbird.planner.lab import Calendar, Lab, Resource, Step
from ovenbird.planner.suggestion import Suggestion
from ovenbird.planner.timetable import Run, SampleInPlan, TimedTask, Timetable
from ovenbird.planner.week_plan import GateDecision, WeekPlan

LAB = Lab(
    calendar=Calendar(days=(0, 1, 2, 3, 4), opens=time(9), closes=time(18)),
    resources={
        "tube_furnace": Resource(
            name="tube_furnace", count=2, slots=4, shares=("route", "temperature"), unattended=True
        ),
        "diffractometer": Resource(name="diffractometer"),
        "mill": Resource(name="mill", slots=2, shares=("milling_speed",), unattended=True),
        "sorption": Resource(name="sorption", count=2, unattended=True),
    },
    steps=(
        Step(name="weigh"),
        Step(name="fire", on="tube_furnace"),
        Step(name="xrd", on="diffractometer", gives=("pure",), gate="pure"),
        Step(name="mill", on="mill", when={"milling": ("planetary",)}),
        Step(name="bet", on="sorption", gives=("area",), hands_on_start_h=0.5),
        Step(name="dry", unattended=True),
    ),
)
MADE: Mapping[str, Conditions] = {
    "GLASS-001": {"route": "dry", "temperature": 160.0, "milling": "planetary", "milling_speed": 450.0},
    "GLASS-002": {"route": "dry", "temperature": 150.0, "milling": "none", "milling_speed": None},
    "GLASS-003": {"route": "wet", "temperature": 200.0, "milling": "none", "milling_speed": None},
    "GLASS-004": {"route": "dry", "temperature": 100.0, "milling": "none", "milling_speed": None},
}


def at(day: int, clock: str) -> datetime:
    """A time in November 2026; the 23rd is a Monday."""
    hours, minutes = map(int, clock.split(":"))
    return datetime(2026, 11, day, hours, minutes)


def run(name: str, resource: str, machine: int, step: str, times: tuple[datetime, ...], *samples: str) -> Run:
    start, ready, end = times
    shared = LAB.resources[resource].shares
    return Run(
        id=name,
        resource=resource,
        machine=machine,
        step=step,
        settings={name: MADE[samples[0]][name] for name in shared},
        start=start,
        ready=ready,
        end=end,
        samples=samples,
        under_way=start < at(23, "09:00"),
    )


RUNS = (
    run("TF1", "tube_furnace", 2, "fire", (at(20, "14:00"), at(21, "02:00"), at(23, "09:00")), "GLASS-003"),
    run("TF2", "tube_furnace", 1, "fire", (at(23, "10:00"), at(23, "22:00"), at(24, "09:00")), "GLASS-001"),
    run("TF3", "tube_furnace", 2, "fire", (at(23, "10:00"), at(23, "22:00"), at(24, "09:00")), "GLASS-002"),
    run("DI1", "diffractometer", 1, "xrd", (at(23, "10:00"), at(23, "11:00"), at(23, "11:00")), "GLASS-003"),
    run("DI2", "diffractometer", 1, "xrd", (at(24, "09:00"), at(24, "10:00"), at(24, "10:00")), "GLASS-001"),
    run("DI3", "diffractometer", 1, "xrd", (at(24, "10:00"), at(24, "11:00"), at(24, "11:00")), "GLASS-002"),
    run("MI1", "mill", 1, "mill", (at(24, "10:00"), at(24, "17:00"), at(24, "17:00")), "GLASS-001"),
    run("SO1", "sorption", 1, "bet", (at(26, "09:00"), at(27, "01:00"), at(27, "09:00")), "GLASS-001"),
    run("SO2", "sorption", 2, "bet", (at(26, "09:00"), at(27, "01:00"), at(27, "09:00")), "GLASS-002"),
)


def by_hand(step: str, times: tuple[datetime, ...], *samples: str) -> list[TimedTask]:
    start, ready, end = times
    return [
        TimedTask(experiment=s, step=step, resource=None, run=None, start=start, ready=ready, end=end)
        for s in samples
    ]


def tasks() -> tuple[TimedTask, ...]:
    weighing = (at(23, "09:00"), at(23, "10:00"), at(23, "10:00"))
    drying = (at(27, "09:00"), at(27, "21:00"), at(30, "09:00"))
    found = [*by_hand("weigh", weighing, "GLASS-001", "GLASS-002"), *by_hand("dry", drying, "GLASS-001")]
    for one in RUNS:
        found += [
            replace(task, resource=one.resource, run=one.id, under_way=one.under_way)
            for task in by_hand(one.step, (one.start, one.ready, one.end), *one.samples)
        ]
    return tuple(found)


@pytest.fixture(scope="session")
def plan() -> WeekPlan:
    """Two new samples, one in the furnace since Friday, one stopped at its gate."""
    roles = {"GLASS-001": "improve", "GLASS-002": "control"}
    suggestion = Suggestion(
        id="GLASS-001",
        parameters=MADE["GLASS-001"],
        forecast={"pure": {"probability": 0.97}, "strength": {"median": 262.0, "low": 241.0, "high": 283.0}},
        limits={"pure": 0.97},
        improvement={"probability": 0.41, "expected": 4.0},
        reasons=("=262 MPa expected.", "It tests\x07 whether\nmilling pays."),
        purpose="improve",
    )
    decision = GateDecision(
        experiment="GLASS-004",
        goes_on=False,
        value=0.1,
        cost=0.2,
        value_of_new=1.0,
        cost_of_new=0.2,
        unit="MPa",
        sentence="GLASS-004 is not pure.",
    )
    return WeekPlan(
        week="2026-W48",
        start=at(23, "09:00"),
        end=at(30, "18:00"),
        timetable=Timetable(tasks=tasks(), runs=RUNS),
        samples=tuple(
            SampleInPlan(
                experiment=id_,
                conditions=conditions,
                is_new=id_ in roles,
                role=roles.get(id_, ""),
                grams={"SiO2": 1.25} if id_ in roles else {},
            )
            for id_, conditions in MADE.items()
        ),
        suggestions=(suggestion,),
        decisions=(decision,),
        changes=("GLASS-003 stays.",),
        messages=("-1 sample was left out & forgotten.",),
    )


@pytest.fixture
def campaign(glass: Path) -> Campaign:
    """The campaign of the plan, with its experiments and its lab."""
    opened = Campaign.open(glass)
    opened.definition = replace(opened.definition, title="=Glass & more", lab=LAB)
    new = [
        NewExperiment(
            status=Status.RUNNING if id_ > "GLASS-002" else Status.PLANNED,
            planned=conditions,
            executed=conditions,
            source=OWN_LAB,
        )
        for id_, conditions in MADE.items()
    ]
    opened.store.add(new, prefix="GLASS", action="accept")
    opened.log("GLASS-004", pure=False)
    return opened


@pytest.fixture(scope="session")
def campaign_lab() -> Lab:
    """The lab that the plan is for."""
    return LAB
