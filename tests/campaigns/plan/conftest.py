"""One finished plan of a lab week, written by hand: Monday 23 to Monday 30 November 2026."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

import pytest

from ovenbird.datasets import Conditions
from ovenbird.planner.lab import Calendar, Lab, Resource, Step
from ovenbird.planner.suggestion import Suggestion
from ovenbird.planner.timetable import Bottleneck, Run, SampleInPlan, TimedTask, Timetable
from ovenbird.planner.week_plan import GateDecision, WeekPlan

UNITS = {
    "route": None,
    "calcination_temperature": "degC",
    "hold_time": "h",
    "milling": None,
    "milling_speed": "rpm",
    "milling_time": "h",
}
LAB = Lab(
    calendar=Calendar(days=(0, 1, 2, 3, 4), opens=time(9), closes=time(18)),
    resources={
        "tube_furnace": Resource(
            name="tube_furnace",
            slots=4,
            shares=("route", "calcination_temperature", "hold_time"),
            unattended=True,
        ),
        "planetary_mill": Resource(
            name="planetary_mill", slots=2, shares=("milling_speed", "milling_time"), unattended=True
        ),
        "diffractometer": Resource(name="diffractometer"),
        "sorption_station": Resource(name="sorption_station", count=2, unattended=True),
        "cycler": Resource(name="cycler", count=8, unattended=True),
    },
    steps=(
        Step(name="mix", hours={"constant": 1}),
        Step(name="calcine", on="tube_furnace", hours={"constant": 9, "hold_time": 1}),
        Step(
            name="xrd", on="diffractometer", hours={"constant": 1}, gives=("phase_pure",), gate="phase_pure"
        ),
        Step(
            name="mill",
            on="planetary_mill",
            hours={"constant": 0.5, "milling_time": 1.3},
            when={"milling": ("planetary",)},
        ),
        Step(name="bet", on="sorption_station", hours={"constant": 16}, gives=("bet_surface_area",)),
        Step(
            name="cells",
            on="cycler",
            hours={"constant": 72},
            gives=("discharge_capacity", "oxidised"),
            hands_on_start_h=1,
            hands_on_end_h=0.5,
            uses=2,
        ),
    ),
)


def at(day: int, clock: str) -> datetime:
    """A time in November 2026; the 31st is the 1st of December."""
    hours, minutes = map(int, clock.split(":"))
    return (
        datetime(2026, 12, day - 30, hours, minutes) if day > 30 else datetime(2026, 11, day, hours, minutes)
    )


def conditions(temperature: float, hold: float, speed: float | None, milled: float | None) -> Conditions:
    """Of a solid-state sample."""
    return {
        "route": "solid_state",
        "calcination_temperature": temperature,
        "hold_time": hold,
        "milling": "none" if speed is None else "planetary",
        "milling_speed": speed,
        "milling_time": milled,
    }


def _run(
    name: str,
    resource: str,
    machines: Sequence[int],
    step: str,
    times: Sequence[datetime],
    numbers: Sequence[int],
    settings: Conditions | None = None,
) -> Run:
    start, ready, end = times
    return Run(
        id=name,
        resource=resource,
        machine=machines[0],
        more_machines=tuple(machines[1:]),
        step=step,
        settings=settings or {},
        start=start,
        ready=ready,
        end=end,
        samples=tuple(f"LTVO-{number:03d}" for number in numbers),
        under_way=start < at(23, "09:00"),
    )


def timetable_of(runs: Sequence[Run], by_hand: Sequence[TimedTask]) -> Timetable:
    """Runs with a task for each of their samples."""
    tasks = [
        TimedTask(
            experiment=sample,
            step=run.step,
            resource=run.resource,
            run=run.id,
            start=run.start,
            ready=run.ready,
            end=run.end,
            under_way=run.under_way,
        )
        for run in runs
        for sample in run.samples
    ]
    tasks = sorted([*by_hand, *tasks], key=lambda t: (t.start, t.end, t.experiment))
    return Timetable(
        tasks=tuple(tasks),
        runs=tuple(sorted(runs, key=lambda run: run.start)),
        status="feasible",
        gap=0.043,
    )


FIRED_700 = {"route": "solid_state", "calcination_temperature": 700.0, "hold_time": 3.0}
FIRED_800 = {"route": "solid_state", "calcination_temperature": 800.0, "hold_time": 1.0}
RUNS = (
    _run("CY9", "cycler", (1, 2), "cells", (at(20, "14:00"), at(23, "14:00"), at(23, "14:30")), (1,)),
    _run(
        "TF1",
        "tube_furnace",
        (1,),
        "calcine",
        (at(23, "10:00"), at(23, "22:00"), at(24, "09:00")),
        (3, 4, 5),
        FIRED_700,
    ),
    _run(
        "TF2",
        "tube_furnace",
        (1,),
        "calcine",
        (at(24, "09:00"), at(24, "19:00"), at(25, "09:00")),
        (6,),
        FIRED_800,
    ),
    _run("DI1", "diffractometer", (1,), "xrd", (at(24, "09:00"), at(24, "10:00"), at(24, "10:00")), (3,)),
    _run("DI2", "diffractometer", (1,), "xrd", (at(24, "10:00"), at(24, "11:00"), at(24, "11:00")), (4,)),
    _run("DI3", "diffractometer", (1,), "xrd", (at(24, "11:00"), at(24, "12:00"), at(24, "12:00")), (5,)),
    _run("DI4", "diffractometer", (1,), "xrd", (at(25, "09:00"), at(25, "10:00"), at(25, "10:00")), (6,)),
    _run(
        "PM1",
        "planetary_mill",
        (1,),
        "mill",
        (at(24, "11:00"), at(24, "19:30"), at(25, "09:00")),
        (3, 4),
        {"milling_speed": 450.0, "milling_time": 6.0},
    ),
    _run(
        "PM2",
        "planetary_mill",
        (1,),
        "mill",
        (at(25, "10:00"), at(25, "17:00"), at(25, "17:00")),
        (5, 6),
        {"milling_speed": 400.0, "milling_time": 5.0},
    ),
    _run("SS1", "sorption_station", (1,), "bet", (at(25, "09:00"), at(26, "01:00"), at(26, "09:00")), (3,)),
    _run("SS2", "sorption_station", (2,), "bet", (at(25, "09:00"), at(26, "01:00"), at(26, "09:00")), (4,)),
    _run("SS3", "sorption_station", (1,), "bet", (at(26, "09:00"), at(27, "01:00"), at(27, "09:00")), (5,)),
    _run("SS4", "sorption_station", (2,), "bet", (at(26, "09:00"), at(27, "01:00"), at(27, "09:00")), (6,)),
    _run("CY1", "cycler", (3, 4), "cells", (at(26, "09:00"), at(29, "09:00"), at(30, "09:30")), (3,)),
    _run("CY2", "cycler", (5, 6), "cells", (at(26, "10:00"), at(29, "10:00"), at(30, "09:30")), (4,)),
    _run("CY3", "cycler", (1, 2), "cells", (at(27, "09:00"), at(30, "09:00"), at(30, "09:30")), (5,)),
    _run("CY4", "cycler", (7, 8), "cells", (at(27, "10:00"), at(30, "10:00"), at(30, "10:00")), (6,)),
)
MIXED = tuple(
    TimedTask(
        experiment=f"LTVO-00{number}",
        step="mix",
        resource=None,
        run=None,
        start=at(23, "09:00"),
        ready=at(23, "10:00"),
        end=at(23, "10:00"),
    )
    for number in (3, 4, 5, 6)
)


def _suggestion(number: int, made: Conditions, chance: float | None, pure: float, reason: str) -> Suggestion:
    return Suggestion(
        id=f"LTVO-00{number}",
        parameters=made,
        forecast={"discharge_capacity": {"median": 262.0, "low": 241.0, "high": 283.0}},
        limits={"phase_pure": pure, "oxidised": 0.08},
        improvement={"probability": chance, "expected": None if chance is None else 4.2},
        reasons=(reason, "A second reason that the page of the week leaves out."),
        purpose="improve",
    )


def _samples(suggestions: Sequence[Suggestion]) -> tuple[SampleInPlan, ...]:
    roles: Mapping[str, str] = {"LTVO-003": "control", "LTVO-006": "replicate_boundary"}
    new = (
        SampleInPlan(
            experiment=one.id,
            conditions=one.parameters,
            is_new=True,
            role=roles.get(one.id, one.purpose),
            grams={"Li2CO3": 1.234, "V2O3": 2.5},
        )
        for one in suggestions
    )
    return (
        SampleInPlan(experiment="LTVO-001", conditions=conditions(700, 6, 450, 3), is_new=False),
        SampleInPlan(experiment="LTVO-002", conditions=conditions(650, 0, None, None), is_new=False),
        *new,
    )


@pytest.fixture(scope="session")
def units() -> dict[str, str | None]:
    """Of the parameters of that campaign."""
    return UNITS


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The lab that the plan is for: the design's, with two cells a sample."""
    return LAB


@pytest.fixture(scope="session")
def plan() -> WeekPlan:
    """Six samples: one under way, one stopped at its gate, four new ones through all steps."""
    suggestions = (
        _suggestion(3, conditions(700, 3, 450, 6), None, 0.97, "The control of the week."),
        _suggestion(4, conditions(700, 3, 450, 6), None, 0.97, "Repeats the best made so far."),
        _suggestion(5, conditions(700, 3, 400, 5), 0.41, 0.96, "262 mAh/g are expected (241-283)."),
        _suggestion(6, conditions(800, 1, 400, 5), 0.18, 0.995001, "Tests the limit of oxidation."),
    )
    return WeekPlan(
        week="2026-W48",
        start=at(23, "09:00"),
        end=at(30, "18:00"),
        timetable=timetable_of(RUNS, MIXED),
        samples=_samples(suggestions),
        suggestions=suggestions,
        decisions=(
            GateDecision(
                experiment="LTVO-002",
                goes_on=False,
                value=0.3,
                cost=0.12,
                value_of_new=2.1,
                cost_of_new=0.15,
                unit="mAh/g",
                sentence="LTVO-002 is not phase pure: what remains of it would add 0.3 mAh/g for 12 % of the "
                "week's machines, the best new sample adds 2.1 mAh/g for 15 %.",
            ),
        ),
        bottleneck=Bottleneck(
            resource="planetary_mill",
            hours_earlier=15.5,
            more_samples=2,
            sentence="planetary_mill holds the week up: with one more, all would be done 15.5 h earlier, or 2 "
            "more samples would fit.",
        ),
        changes=(
            "LTVO-006 moved from TF1 to TF2: it is fired at 800 degC since its purity is in doubt [see note].",
            "LTVO-005 and LTVO-006 share PM2: one mill run less.",
        ),
        messages=(
            "Two more suggestions were left out: the cycler has no free channels before Friday.",
            "cycler: one of 8 is out of use until Thu 26 Nov 09:00.",
        ),
        outages=(
            {
                "resource": "cycler",
                "start": "2026-11-24T09:00:00",
                "end": "2026-11-26T09:00:00",
                "count": 1,
                "reason": "fan",
            },
        ),
    )


@pytest.fixture(scope="session")
def hostile_ids() -> dict[str, str]:
    """What people may write on a vial, instead of the ids of the plan."""
    return {
        "LTVO-001": "[bold]x[/bold]",
        "LTVO-002": "\N{FIRE} vial, \n 2;3",
        "LTVO-003": r"$\frac{a}{b}$ " * 4,
        "LTVO-004": "-",
        "LTVO-005": "ünï \u8a66\u6599" * 3,
        "LTVO-006": "a" * 90,
    }


@pytest.fixture(scope="session")
def crowded() -> WeekPlan:
    """Forty samples over three weeks: four a furnace run and a mill run, each sample on its own cycler."""
    runs: list[Run] = []
    for batch in range(10):
        numbers = tuple(range(4 * batch, 4 * batch + 4))
        fired = at(23, "09:00") + timedelta(days=batch)
        emptied = fired + timedelta(days=1)
        runs.append(
            _run(
                f"TF{batch}",
                "tube_furnace",
                (1,),
                "calcine",
                (fired, fired + timedelta(hours=12), emptied),
                numbers,
            )
        )
        for place, number in enumerate(numbers):
            measured = [emptied + timedelta(hours=place + i) for i in (0, 1, 1)]
            runs.append(_run(f"DI{number}", "diffractometer", (1,), "xrd", measured, (number,)))
        milled = [emptied + timedelta(hours=hours) for hours in (4, 12, 24)]
        runs.append(_run(f"PM{batch}", "planetary_mill", (1,), "mill", milled, numbers))
        for number in numbers:
            degassed = [emptied + timedelta(hours=hours) for hours in (24, 40, 48)]
            runs.append(_run(f"SS{number}", "sorption_station", (number + 1,), "bet", degassed, (number,)))
            cycled = [emptied + timedelta(hours=hours) for hours in (48, 120, 144)]
            runs.append(_run(f"CY{number}", "cycler", (number + 1,), "cells", cycled, (number,)))
    ids = [f"LTVO-{number:03d}" for number in range(40)]
    return WeekPlan(
        week="2026-W48",
        start=at(23, "09:00"),
        end=at(30, "18:00") + timedelta(days=14),
        timetable=timetable_of(runs, ()),
        samples=tuple(
            SampleInPlan(experiment=one, conditions=conditions(700, 3, 450, 6), is_new=True) for one in ids
        ),
    )
