"""The plan of the week 2026-W48 of the LTVO example, written by hand: what the lab has, who goes where when."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time

from ovenbird.datasets import Conditions
from ovenbird.planner.lab import Bound, Calendar, Lab, Outage, Resource, Step
from ovenbird.planner.suggestion import Suggestion
from ovenbird.planner.timetable import Bottleneck, Run, SampleInPlan, TimedTask, Timetable
from ovenbird.planner.week_plan import GateDecision, WeekPlan


def at(day: int, clock: str) -> datetime:
    """A time in November 2026, of which the 23rd is a Monday."""
    hours, minutes = map(int, clock.split(":"))
    return datetime(2026, 11, day, hours, minutes)


def made(
    temperature: float, hold: float, speed: float | None = None, milled: float | None = None
) -> Conditions:
    """Conditions of a solid-state sample."""
    return {
        "route": "solid_state",
        "calcination_temperature": temperature,
        "hold_time": hold,
        "milling": "none" if speed is None else "planetary",
        "milling_speed": speed,
        "milling_time": milled,
    }


FIRED = ("route", "calcination_temperature", "hold_time")
LAB = Lab(
    calendar=Calendar(days=(0, 1, 2, 3, 4), opens=time(9), closes=time(18), people=2),
    resources={
        "tube_furnace": Resource(
            name="tube_furnace", slots=4, shares=FIRED, unattended=True, power_kw=2.2, grams=20
        ),
        "planetary_mill": Resource(
            name="planetary_mill",
            slots=2,
            shares=("milling_speed", "milling_time"),
            unattended=True,
            bounds={"milling_speed": Bound(at_most=600)},
        ),
        "diffractometer": Resource(name="diffractometer"),
        "sorption_station": Resource(name="sorption_station", count=2, unattended=True),
        "cycler": Resource(
            name="cycler",
            count=8,
            unattended=True,
            outages=(Outage(start=at(24, "09:00"), end=at(26, "09:00"), count=1, reason="fan"),),
        ),
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
            gives=("discharge_capacity", "charge_capacity", "oxidised"),
            hands_on_start_h=1,
            hands_on_end_h=0.5,
            uses=2,
        ),
    ),
    samples_a_week=4,
    sample_g=3.6,
    control=made(700, 3, 450, 6),
)


def _run(
    name: str,
    machines: Sequence[int],
    step: str,
    times: Sequence[datetime],
    numbers: Sequence[int],
    settings: Conditions | None = None,
) -> Run:
    start, ready, end = times
    return Run(
        id=name,
        resource=next(one.on for one in LAB.steps if one.name == step) or "",
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


_SOLID = {"route": "solid_state"}
RUNS = (
    _run("CY9", (1, 2), "cells", (at(20, "14:00"), at(23, "14:00"), at(23, "14:30")), (15,)),
    _run(
        "TF1",
        (1,),
        "calcine",
        (at(23, "10:00"), at(23, "22:00"), at(24, "09:00")),
        (17, 18, 20),
        {**_SOLID, "calcination_temperature": 700.0, "hold_time": 3.0},
    ),
    _run(
        "TF2",
        (1,),
        "calcine",
        (at(24, "09:00"), at(24, "19:30"), at(25, "09:00")),
        (19,),
        {**_SOLID, "calcination_temperature": 740.0, "hold_time": 1.5},
    ),
    _run("DI1", (1,), "xrd", (at(24, "09:00"), at(24, "10:00"), at(24, "10:00")), (17,)),
    _run("DI2", (1,), "xrd", (at(24, "10:00"), at(24, "11:00"), at(24, "11:00")), (20,)),
    _run("DI3", (1,), "xrd", (at(24, "11:00"), at(24, "12:00"), at(24, "12:00")), (18,)),
    _run("DI4", (1,), "xrd", (at(25, "09:00"), at(25, "10:00"), at(25, "10:00")), (19,)),
    _run(
        "PM1",
        (1,),
        "mill",
        (at(24, "11:00"), at(24, "19:30"), at(25, "09:00")),
        (17, 20),
        {"milling_speed": 450.0, "milling_time": 6.0},
    ),
    _run(
        "PM2",
        (1,),
        "mill",
        (at(25, "10:00"), at(25, "23:00"), at(26, "09:00")),
        (18, 19),
        {"milling_speed": 470.0, "milling_time": 9.5},
    ),
    _run("SS1", (1,), "bet", (at(25, "09:00"), at(26, "01:00"), at(26, "09:00")), (17,)),
    _run("SS2", (2,), "bet", (at(25, "09:00"), at(26, "01:00"), at(26, "09:00")), (20,)),
    _run("SS3", (1,), "bet", (at(26, "09:00"), at(27, "01:00"), at(27, "09:00")), (18,)),
    _run("SS4", (2,), "bet", (at(26, "09:00"), at(27, "01:00"), at(27, "09:00")), (19,)),
    _run("CY1", (3, 4), "cells", (at(26, "09:00"), at(29, "09:00"), at(30, "09:30")), (17,)),
    _run("CY2", (5, 6), "cells", (at(26, "10:00"), at(29, "10:00"), at(30, "09:30")), (20,)),
    _run("CY3", (1, 2), "cells", (at(27, "09:00"), at(30, "09:00"), at(30, "09:30")), (18,)),
    _run("CY4", (7, 8), "cells", (at(27, "10:00"), at(30, "10:00"), at(30, "10:30")), (19,)),
)


def _suggestion(
    number: int,
    conditions: Conditions,
    capacity: tuple[float, float, float],
    chances: tuple[float, float],
    chance: float | None,
    purpose: str,
    *reasons: str,
) -> Suggestion:
    (median, low, high), (pure, oxidised) = capacity, chances
    milled = float(conditions["milling_time"] or 0.0)  # pyright: ignore[reportArgumentType]
    hours = 90 + float(conditions["hold_time"] or 0.0) + 9 + 0.5 + 1.3 * milled  # pyright: ignore[reportArgumentType]
    return Suggestion(
        id=f"LTVO-{number:03d}",
        parameters=conditions,
        forecast={
            "phase_pure": {"probability": pure},
            "bet_surface_area": {"median": median / 8.6, "low": low / 9.8, "high": high / 7.1},
            "discharge_capacity": {"median": median, "low": low, "high": high},
            "charge_capacity": {"median": median + 8, "low": low - 4, "high": high + 17},
            "oxidised": {"probability": oxidised},
            "usable_capacity": {"median": median - 2, "low": low - 6, "high": high - 3},
        },
        limits={"phase_pure": pure, "oxidised": oxidised},
        improvement={"probability": chance, "expected": None if chance is None else 9.4 * chance},
        costs={"process_hours": hours, "energy": 24.6},
        nearest=("LTVO-013", "LTVO-004", "LTVO-010"),
        reasons=reasons,
        purpose=purpose,
        replicates={"replicate_best": "LTVO-013", "replicate_suspicious": "LTVO-009"}.get(purpose, ""),
    )


SUGGESTIONS = (
    _suggestion(
        17, made(700, 3, 450, 6), (250, 231, 268), (0.97, 0.05), None, "", "The control of the week."
    ),
    _suggestion(
        18,
        made(700, 3, 470, 9.5),
        (281, 260, 301),
        (0.97, 0.17),
        None,
        "replicate_best",
        "Repeats the best so far, LTVO-013 (283 mAh/g), which was made once.",
        "Below 265 mAh/g, LTVO-010 would be the best, and the plan would go back to 480 rpm.",
    ),
    _suggestion(
        19,
        made(740, 1.5, 470, 9.5),
        (284, 262, 306),
        (0.94, 0.19),
        0.41,
        "improve",
        "284 mAh/g are expected (262-306), against 283 mAh/g of LTVO-013, the best so far.",
        "It shares the mill programme with LTVO-018: no mill run is added.",
        "If it is oxidised, milling beyond 9 h at 470 rpm is given up.",
    ),
    _suggestion(
        20,
        made(700, 3, 450, 6),
        (250, 231, 268),
        (0.97, 0.05),
        None,
        "replicate_suspicious",
        "Repeats LTVO-009: its 228 mAh/g fit nothing else of the same recipe (246-256 mAh/g).",
    ),
)


def _samples() -> tuple[SampleInPlan, ...]:
    roles: Mapping[str, str] = {"LTVO-017": "control"}
    new = (
        SampleInPlan(
            experiment=one.id,
            conditions=one.parameters,
            is_new=True,
            role=roles.get(one.id, one.purpose),
            grams={"Li2CO3": 1.021, "V2O3": 2.072, "TiO2": 0.552},
        )
        for one in SUGGESTIONS
    )
    return (
        SampleInPlan(experiment="LTVO-015", conditions=made(720, 2, 500, 7), is_new=False),
        SampleInPlan(experiment="LTVO-016", conditions=made(680, 2), is_new=False),
        *new,
    )


def _tasks() -> tuple[TimedTask, ...]:
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
        for run in RUNS
        for sample in run.samples
    ]
    tasks += [
        TimedTask(
            experiment=one.id,
            step="mix",
            resource=None,
            run=None,
            start=at(23, "09:00"),
            ready=at(23, "10:00"),
            end=at(23, "10:00"),
        )
        for one in SUGGESTIONS
    ]
    return tuple(sorted(tasks, key=lambda t: (t.start, t.end, t.experiment)))


def plan_of_the_week() -> WeekPlan:
    """Six samples: one in its cells, one stopped at its gate, four new ones through all steps."""
    return WeekPlan(
        week="2026-W48",
        start=at(23, "09:00"),
        end=at(30, "18:00"),
        timetable=Timetable(
            tasks=_tasks(),
            runs=tuple(sorted(RUNS, key=lambda run: run.start)),
            status="feasible",
            gap=0.043,
        ),
        samples=_samples(),
        suggestions=SUGGESTIONS,
        decisions=(
            GateDecision(
                experiment="LTVO-016",
                goes_on=False,
                value=0.3,
                cost=0.12,
                value_of_new=2.1,
                cost_of_new=0.15,
                unit="mAh/g",
                sentence="LTVO-016 is not phase pure: what remains of it would add 0.3 mAh/g for 12 % of the "
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
        changes=("LTVO-018 and LTVO-019 share PM2: one mill run less.",),
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
        seconds={"choosing": 4.1, "timetable": 6.0},
    )
