"""A plan as it was kept, read back with the forecasts that its experiments hold."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..datasets import Dataset
from ..datasets.store import Event
from ..planner.suggestion import Suggestion
from ..planner.timetable import Bottleneck, Run, SampleInPlan, TimedTask, Timetable
from ..planner.week_plan import GateDecision, WeekPlan
from .kept_plans import ACTION


def last_plan(events: tuple[Event, ...], week: str, own: Dataset) -> WeekPlan | None:
    """The plan that was last kept for a week, or None."""
    kept = [event.detail["plan"] for event in events if event.action == ACTION and "plan" in event.detail]
    of_week = [plan for plan in kept if plan["week"] == week]
    return plan_from(of_week[-1], own) if of_week else None


def plan_from(given: Mapping[str, Any], own: Dataset) -> WeekPlan:
    """Read a plan back from what an event keeps of it."""
    samples = tuple(
        SampleInPlan(
            experiment=s["experiment"],
            conditions=s["parameters"],
            is_new=s["new"],
            role=s.get("role", ""),
            grams=s.get("grams", {}),
        )
        for s in given.get("samples", ())
    )
    new = [s.experiment for s in samples if s.is_new]
    return WeekPlan(
        week=given["week"],
        start=datetime.fromisoformat(given["start"]),
        end=datetime.fromisoformat(given["end"]),
        timetable=Timetable(
            tasks=tuple(map(_task, given.get("tasks", ()))),
            runs=tuple(map(_run, given.get("runs", ()))),
            status="optimal" if given.get("status") == "optimal" else "feasible",
            gap=given.get("gap", 0.0),
        ),
        samples=samples,
        suggestions=tuple(s for id_ in new if (s := kept_suggestion(id_, own)) is not None),
        decisions=tuple(GateDecision(**decision) for decision in given.get("decisions", ())),
        bottleneck=_bottleneck(given),
        changes=tuple(given.get("changes", ())),
        messages=tuple(given.get("messages", ())),
        outages=tuple(given.get("outages", ())),
    )


def kept_suggestion(experiment_id: str, own: Dataset) -> Suggestion | None:
    """The suggestion that an experiment was accepted as, or None if it was not one."""
    experiment = own.by_id.get(experiment_id)
    if experiment is None or not experiment.forecast:
        return None
    kept: Mapping[str, Any] = experiment.forecast
    return Suggestion(
        parameters=experiment.planned,
        forecast=kept.get("forecast", {}),
        limits=kept.get("limits", {}),
        improvement=kept.get("improvement", {"probability": None, "expected": None}),
        costs=kept.get("costs", {}),
        nearest=tuple(kept.get("nearest", ())),
        reasons=tuple(kept.get("reasons", ())),
        purpose=kept.get("purpose", ""),
        replicates=kept.get("replicates", ""),
        id=experiment.id,
    )


def _task(given: Mapping[str, Any]) -> TimedTask:
    return TimedTask(
        experiment=given["experiment"],
        step=given["step"],
        resource=given["resource"],
        run=given["run"],
        start=datetime.fromisoformat(given["start"]),
        ready=datetime.fromisoformat(given["ready"]),
        end=datetime.fromisoformat(given["end"]),
        under_way=given.get("under_way", False),
    )


def _run(given: Mapping[str, Any]) -> Run:
    return Run(
        id=given["id"],
        resource=given["resource"],
        machine=given["machine"],
        more_machines=tuple(given.get("more_machines", ())),
        step=given["step"],
        settings=given["settings"],
        start=datetime.fromisoformat(given["start"]),
        ready=datetime.fromisoformat(given["ready"]),
        end=datetime.fromisoformat(given["end"]),
        samples=tuple(given["samples"]),
        under_way=given.get("under_way", False),
    )


def _bottleneck(given: Mapping[str, Any]) -> Bottleneck | None:
    more = given.get("one_more")
    if not given.get("bottleneck") or not more:
        return None
    return Bottleneck(
        resource=given["bottleneck"],
        hours_earlier=more["hours_earlier"],
        more_samples=more["more_samples"],
        sentence=more["sentence"],
    )
