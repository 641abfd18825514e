"""The checker itself: a timetable made by hand is right, and every way of spoiling it is found."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from ovenbird.datasets import Conditions
from ovenbird.planner.lab import Absence, Calendar, Closure, Lab, Outage, Resource, Step
from ovenbird.planner.lab_sample import Horizon, LabSample, UnderWay
from ovenbird.planner.timetable import Run, TimedTask, Timetable

from .timetable_checker import open_spans, violations


def at(text: str) -> datetime:
    """A moment of the week of 23 November 2026: ``"tue 09:15"``; ``"FRI"`` is the Friday before."""
    day, clock = text.split()
    days = {"FRI": -3, "SAT": -2, "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "MON": 7}[day]
    return datetime.combine(date(2026, 11, 23) + timedelta(days=days), time.fromisoformat(clock))


FIRING_H, DAY_H = {"constant": 7.0, "hold": 1.0}, {"constant": 24.0}
LAB = Lab(
    calendar=Calendar(
        days=tuple(range(5)),
        opens=time(9),
        closes=time(18),
        closures=(Closure(first=date(2026, 11, 27), last=date(2026, 11, 27)),),
        people=2,
        absences=(Absence(start=at("thu 09:00"), end=at("thu 12:00")),),
    ),
    resources={
        "furnace": Resource(name="furnace", count=2, slots=2, shares=("temperature",), unattended=True),
        "xrd": Resource(name="xrd", count=2),
        "cycler": Resource(
            name="cycler",
            count=3,
            unattended=True,
            outages=(Outage(start=at("mon 09:00"), end=at("mon 10:00"), count=2),),
        ),
    },
    steps=(
        Step(name="mix", hours={"constant": 0.9}),
        Step(name="calcine", on="furnace", hours=FIRING_H, hands_on_start_h=0.5, hands_on_end_h=0.25),
        Step(name="xrd", on="xrd", hours={"constant": 1.0}, gate="pure", wait_at_most_h=3.0),
        Step(name="mill", hours={"constant": 2.0}, when={"milling": ("planetary",)}),
        Step(name="cells", on="cycler", hours=DAY_H, uses=2, hands_on_start_h=0.25, hands_on_end_h=0.25),
    ),
)
MILLED = {"temperature": 700.0, "hold": 3.0, "milling": "planetary"}
AS_FIRED = {"temperature": 750.0, "hold": 3.0, "milling": "none"}
BEGUN = UnderWay(step="calcine", start=at("FRI 15:07"), ready=at("SAT 01:07"), run="F1", machine=1)
SAMPLES = (
    LabSample(id="A", conditions=MILLED),
    LabSample(id="B", conditions=MILLED),
    LabSample(id="C", conditions=AS_FIRED, done=frozenset({"mix"}), under_way={"calcine": BEGUN}),
    LabSample(
        id="D", conditions=AS_FIRED, done=frozenset({"mix", "calcine", "xrd"}), left_out=frozenset({"cells"})
    ),
)
HORIZON = Horizon(start=at("mon 09:00"), last_start=at("thu 18:00"), end=at("MON 18:00"))


def task(
    experiment: str, step: str, run: str | None, start: str, end: str, ready: str | None = None
) -> TimedTask:
    on = next(s.on for s in LAB.steps if s.name == step)
    return TimedTask(
        experiment=experiment,
        step=step,
        resource=on,
        run=run,
        start=at(start),
        ready=at(ready or end),
        end=at(end),
        under_way=start.startswith("FRI"),
    )


TASKS = (
    task("C", "calcine", "F1", "FRI 15:07", "mon 09:15", "SAT 01:07"),
    task("A", "mix", None, "mon 09:00", "mon 10:00"),
    task("C", "xrd", "X1", "mon 09:15", "mon 10:15"),
    task("B", "mix", None, "mon 10:00", "mon 11:00"),
    task("C", "cells", "C1", "mon 10:15", "tue 10:15"),
    task("A", "calcine", "F2", "mon 11:00", "tue 09:15", "mon 21:00"),
    task("B", "calcine", "F2", "mon 11:00", "tue 09:15", "mon 21:00"),
    task("A", "xrd", "X2", "tue 09:15", "tue 10:15"),
    task("B", "xrd", "X3", "tue 10:15", "tue 11:15"),
    task("A", "mill", None, "tue 10:15", "tue 12:15"),
    task("A", "cells", "C2", "tue 12:15", "wed 12:15"),
    task("B", "mill", None, "tue 12:15", "tue 14:15"),
    task("B", "cells", "C3", "wed 12:15", "thu 12:15"),
)


def runs_of(tasks: tuple[TimedTask, ...]) -> tuple[Run, ...]:
    """Runs that tasks name; one furnace of the two is taken already, and there are two for the cells."""
    found: dict[str, Run] = {}
    for one in tasks:
        if one.run is None or one.resource is None:
            continue
        mates = tuple(other.experiment for other in tasks if other.run == one.run)
        temperature = next(s.conditions["temperature"] for s in SAMPLES if s.id == one.experiment)
        found[one.run] = Run(
            id=one.run,
            resource=one.resource,
            machine=2 if one.run == "F2" else 1,
            more_machines=(3,) if one.resource == "cycler" else (),
            step=one.step,
            settings={"temperature": temperature} if one.resource == "furnace" else {},
            start=one.start,
            ready=one.ready,
            end=one.end,
            samples=mates,
            under_way=one.under_way,
        )
    return tuple(found.values())


def of_tasks(*tasks: TimedTask) -> Timetable:
    return Timetable(tasks=tasks, runs=runs_of(tasks))


RIGHT = of_tasks(*TASKS)


@dataclass(frozen=True)
class Case:
    """A timetable and what it is for."""

    timetable: Timetable = RIGHT
    lab: Lab = LAB
    samples: tuple[LabSample, ...] = SAMPLES
    horizon: Horizon = HORIZON

    def faults(self) -> list[str]:
        return violations(self.lab, self.samples, self.horizon, self.timetable)


def moved(*changes: TimedTask) -> Case:
    """Tasks put elsewhere, together with their runs."""
    new = {(t.experiment, t.step): t for t in changes}
    tasks = tuple(sorted((new.get((t.experiment, t.step), t) for t in TASKS), key=lambda t: t.start))
    return Case(of_tasks(*tasks))


def calcined(end: str, ready: str) -> list[TimedTask]:
    return [task(experiment, "calcine", "F2", "mon 11:00", end, ready) for experiment in "AB"]


def without(*gone: str) -> Case:
    return Case(of_tasks(*(t for t in TASKS if f"{t.experiment} {t.step}" not in gone)))


def run_with(name: str, **changes: Any) -> Case:
    runs = tuple(replace(run, **changes) if run.id == name else run for run in RIGHT.runs)
    return Case(replace(RIGHT, runs=runs))


def task_with(experiment: str, step: str, **changes: Any) -> Case:
    """One task told otherwise, but not its run."""
    tasks = tuple(replace(t, **changes) if (t.experiment, t.step) == (experiment, step) else t for t in TASKS)
    return Case(replace(RIGHT, tasks=tasks))


def calendar_with(**changes: Any) -> Case:
    assert LAB.calendar is not None
    return Case(lab=replace(LAB, calendar=replace(LAB.calendar, **changes)))


def resource_with(name: str, **changes: Any) -> Case:
    other = replace(LAB.resources[name], **changes)
    return Case(lab=replace(LAB, resources={**LAB.resources, name: other}))


def step_with(name: str, **changes: Any) -> Case:
    steps = tuple(replace(s, **changes) if s.name == name else s for s in LAB.steps)
    return Case(lab=replace(LAB, steps=steps))


def sample_with(experiment: str, **changes: Any) -> Case:
    return Case(samples=tuple(replace(s, **changes) if s.id == experiment else s for s in SAMPLES))


def horizon_with(**changes: datetime) -> Case:
    return Case(horizon=replace(HORIZON, **changes))


class _WrongLab(Lab):
    def before(self, step: Step, conditions: Conditions) -> tuple[Step, ...]:
        return super().before(step, conditions) if step.name != "cells" else ()


def of_wrong_lab() -> Case:
    return Case(lab=_WrongLab(calendar=LAB.calendar, resources=LAB.resources, steps=LAB.steps))


SPOILED: dict[str, tuple[Callable[[], Case], str]] = {
    "a step is missing": (lambda: without("B cells"), "cells of B is missing"),
    "one under way is missing": (lambda: without("C calcine"), "calcine of C is missing"),
    "a step is there twice": (
        lambda: Case(replace(RIGHT, tasks=(*TASKS, TASKS[-1]))),
        "there more than once",
    ),
    "a step is done again": (lambda: sample_with("B", done=frozenset({"mix"})), "mix of B is there without"),
    "a step is left out": (
        lambda: sample_with("B", left_out=frozenset({"cells"})),
        "cells of B is there without",
    ),
    "a step does not apply": (
        lambda: sample_with("B", conditions={**MILLED, "milling": "none"}),
        "mill of B is there without",
    ),
    "a sample is unknown": (lambda: Case(samples=SAMPLES[:1]), "mix of B is there without"),
    "disorder": (lambda: Case(replace(RIGHT, tasks=TASKS[::-1])), "not in the order"),
    "optimal with a gap": (lambda: Case(replace(RIGHT, gap=0.1)), "a gap of 0.1"),
    "under way and moved": (
        lambda: moved(replace(TASKS[0], start=at("FRI 15:00"))),
        "is under way and was moved",
    ),
    "under way, ready at another time": (
        lambda: moved(replace(TASKS[0], ready=at("SAT 02:00"))),
        "is under way and was moved",
    ),
    "under way and cut short": (
        lambda: moved(replace(TASKS[0], end=at("FRI 18:00"))),
        "under way and ends before it is ready",
    ),
    "under way and ended in the past": (
        lambda: horizon_with(start=at("mon 09:30")),
        "under way and ends in the past",
    ),
    "under way, task says otherwise": (
        lambda: task_with("C", "calcine", under_way=False),
        "calcine of C says wrongly",
    ),
    "under way, run says otherwise": (lambda: run_with("F1", under_way=False), "run F1 says wrongly"),
    "under way on another machine": (lambda: run_with("F1", machine=2), "run F1 is under way and changed"),
    "under way and joined": (
        lambda: moved(*(replace(t, run="F1") for t in TASKS[5:7])),
        "run F1 was under way when",
    ),
    "the lab is wrong about the order": (of_wrong_lab, "comes before cells of A"),
    "too early in its order": (
        lambda: moved(task("B", "mill", None, "tue 11:00", "tue 13:00")),
        "mill of B begins before xrd",
    ),
    "too early after one that does not apply": (
        lambda: moved(task("C", "cells", "C1", "mon 10:00", "tue 10:00")),
        "cells of C begins before xrd",
    ),
    "too early after one that is left out": (
        lambda: replace(
            moved(task("B", "cells", "C3", "tue 10:30", "wed 10:30")),
            samples=sample_with("B", left_out=frozenset({"mill"})).samples,
        ),
        "cells of B begins before xrd",
    ),
    "before the gate was passed": (
        lambda: moved(task("B", "cells", "C3", "tue 10:30", "wed 10:30")),
        "begins before the gate xrd",
    ),
    "waits too long": (
        lambda: moved(task("B", "xrd", "X3", "tue 12:30", "tue 13:30")),
        "xrd of B waits longer than 3 h",
    ),
    "too short by hand": (
        lambda: moved(task("B", "mill", None, "tue 12:15", "tue 14:00")),
        "mill of B is too short",
    ),
    "too short on a machine": (
        lambda: moved(*calcined("mon 18:00", "mon 21:00")),
        "calcine of A is too short",
    ),
    "attended and too long": (
        lambda: moved(task("B", "mill", None, "tue 12:15", "tue 14:30")),
        "attended and too long",
    ),
    "ready at a wrong time": (
        lambda: moved(*calcined("tue 09:15", "mon 21:15")),
        "calcine of A is ready at a wrong time",
    ),
    "attended outside opening hours": (
        lambda: moved(task("B", "mill", None, "tue 17:00", "tue 19:00")),
        "needs hands all along, outside",
    ),
    "begun at closing time": (
        lambda: replace(
            moved(task("B", "cells", "C3", "wed 18:00", "thu 18:00")),
            lab=step_with("cells", hands_on_start_h=0.0).lab,
        ),
        "when nobody is there",
    ),
    "hands at the start outside opening hours": (
        lambda: calendar_with(closes=time(11, 15)),
        "needs hands after its start, outside",
    ),
    "hands for the end outside opening hours": (
        lambda: moved(*calcined("tue 09:00", "mon 21:00")),
        "needs hands for its end, outside",
    ),
    "emptied at night": (
        lambda: moved(*calcined("mon 21:00", "mon 21:00")),
        "needs hands for its end, outside",
    ),
    "on a holiday": (
        lambda: calendar_with(closures=(Closure(first=date(2026, 11, 24), last=date(2026, 11, 25)),)),
        "when nobody is there",
    ),
    "on a weekend": (lambda: calendar_with(days=(0, 2, 3, 4)), "when nobody is there"),
    "before the horizon": (lambda: horizon_with(start=at("mon 10:00")), "mix of A begins before the horizon"),
    "after the last start": (lambda: horizon_with(last_start=at("wed 12:15")), "cells of B begins after"),
    "after the horizon": (lambda: horizon_with(end=at("thu 12:00")), "cells of B ends after the horizon"),
    "not on quarter hours": (
        lambda: moved(task("B", "mill", None, "tue 12:20", "tue 14:20")),
        "mill of B is not on quarter hours",
    ),
    "a run name twice": (
        lambda: Case(replace(RIGHT, runs=(*RIGHT.runs, RIGHT.runs[-1]))),
        "run C3 is there more",
    ),
    "a wrong kind of machine": (lambda: task_with("B", "xrd", resource="cycler"), "a wrong kind of machine"),
    "by hand in a run": (lambda: task_with("A", "mill", run="X1"), "mill of A is done by hand and yet"),
    "on a machine without a run": (lambda: task_with("B", "xrd", run=None), "xrd of B is not in exactly"),
    "in another run than it names": (lambda: task_with("B", "xrd", run="X2"), "xrd of B is not in exactly"),
    "a run of nothing": (lambda: run_with("C3", samples=()), "run C3 does not hold the samples"),
    "a run of an unknown machine": (lambda: run_with("C3", resource="oven"), "run C3 is of no step"),
    "a run of two steps": (lambda: task_with("B", "xrd", run="C3"), "run C3 holds another step"),
    "a run at another time": (lambda: run_with("C3", end=at("thu 13:00")), "run C3 is not at the time"),
    "a run ready at another time": (lambda: run_with("F2", ready=at("mon 20:00")), "ready at another time"),
    "a run that states what is not so": (
        lambda: run_with("F2", settings={"temperature": 750.0}),
        "F2 states another temperature",
    ),
    "settings that differ": (
        lambda: sample_with("B", conditions={**MILLED, "temperature": 710.0}),
        "mixes samples of different temperature",
    ),
    "two samples in one place": (lambda: resource_with("furnace", slots=1), "run F2 holds several samples"),
    "more samples than places": (lambda: step_with("calcine", uses=2), "run F2 holds more than fits"),
    "more powder than a run takes": (
        lambda: Case(lab=replace(resource_with("furnace", grams=3.0).lab, sample_g=2.0)),
        "run F2 holds more than fits",
    ),
    "a machine that is not there": (lambda: run_with("F2", machine=3), "run F2 is on machine 3 of 2"),
    "too few machines": (lambda: run_with("C3", more_machines=()), "on a wrong number of machines"),
    "one machine in two runs": (lambda: run_with("X3", start=at("tue 09:45")), "one xrd does two things"),
    "more machines than there are": (
        lambda: moved(task("B", "cells", "C3", "tue 14:15", "wed 14:15")),
        "at Tue 14:15 more cycler run",
    ),
    "a machine that is down": (
        lambda: resource_with(
            "cycler", outages=(Outage(start=at("wed 17:00"), end=at("thu 08:00"), count=2),)
        ),
        "at Wed 17:00 more cycler run",
    ),
    "more hands than people": (lambda: calendar_with(people=1), "at Mon 10:00 more hands are needed"),
    "hands of somebody who is away": (
        lambda: calendar_with(absences=(Absence(start=at("tue 11:00"), end=at("tue 11:30")),)),
        "at Tue 11:00 more hands are needed",
    ),
    "hands at the start of a run": (
        lambda: calendar_with(absences=(Absence(start=at("mon 11:15"), end=at("mon 11:30"), people=2),)),
        "at Mon 11:15 more hands are needed",
    ),
    "hands at the end of a run": (
        lambda: calendar_with(absences=(Absence(start=at("wed 12:00"), end=at("wed 12:15"), people=2),)),
        "at Wed 12:00 more hands are needed",
    ),
}


def test_a_right_timetable_has_no_violations() -> None:
    assert Case().faults() == []


@pytest.mark.parametrize("kind", SPOILED)
def test_every_kind_of_violation_is_found(kind: str) -> None:
    spoil, sentence = SPOILED[kind]
    faults = spoil().faults()
    assert any(sentence in fault for fault in faults), faults


def test_hands_of_a_shared_run_count_once() -> None:
    alone = Absence(start=at("mon 11:00"), end=at("mon 12:00"))
    assert calendar_with(absences=(alone,)).faults() == []


def test_days_of_24_hours_adjoin_and_others_do_not() -> None:
    first, last = date(2026, 11, 26), date(2026, 11, 29)
    always = Calendar(days=tuple(range(5)))
    assert open_spans(always, first, last) == [(datetime(2026, 11, 26), datetime(2026, 11, 28))]
    late = Calendar(opens=time(20))
    assert len(open_spans(late, first, last)) == 4
