"""Plans written by hand, and the events that keep them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ovenbird.campaigns.kept_plans import ACTION
from ovenbird.datasets.store import Event
from ovenbird.planner.timetable import Run, SampleInPlan, TimedTask, Timetable
from ovenbird.planner.week_plan import WeekPlan

from .glass_week import WEEK, at

ON = {"fire": "furnace", "grind": "mill", "bend": "cycler"}


def task(
    sample: str, step: str, start: str, end: str, *, run: str | None = None, ready: str | None = None
) -> TimedTask:
    return TimedTask(
        experiment=sample,
        step=step,
        resource=ON.get(step),
        run=run,
        start=at(start),
        ready=at(ready or end),
        end=at(end),
    )


def run_of(tasks: Sequence[TimedTask], machine: int = 1, *more_machines: int) -> Run:
    """The run that some tasks are part of."""
    first = tasks[0]
    assert first.run is not None and first.resource is not None
    return Run(
        id=first.run,
        resource=first.resource,
        machine=machine,
        more_machines=more_machines,
        step=first.step,
        settings={},
        start=first.start,
        ready=first.ready,
        end=first.end,
        samples=tuple(t.experiment for t in tasks),
    )


def plan_of(
    *tasks: TimedTask,
    week: str = WEEK,
    start: str = "mon 09:00",
    runs: Sequence[Run] = (),
    control: str | None = None,
    outages: Sequence[Mapping[str, object]] = (),
) -> WeekPlan:
    samples = dict.fromkeys(t.experiment for t in tasks)
    return WeekPlan(
        week=week,
        start=at(start),
        end=at("MON 18:00"),
        timetable=Timetable(tasks=tasks, runs=tuple(runs)),
        samples=tuple(
            SampleInPlan(
                experiment=sample, conditions={}, is_new=True, role="control" if sample == control else ""
            )
            for sample in samples
        ),
        outages=tuple(outages),
    )


def event(detail: Mapping[str, Any], action: str = ACTION) -> Event:
    return Event(
        at=datetime.now(UTC),
        who="ada",
        action=action,
        experiment_id=None,
        detail=detail,
        command="",
        version="",
    )


def kept(*plans: WeekPlan) -> list[Event]:
    """Events of plans that were kept one after another, as a dataset gives them back."""
    return [event({"plan": json.loads(json.dumps(plan.as_json()))}) for plan in plans]
