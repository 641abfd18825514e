"""The rows of a Gantt chart: what stands in them, and what it may be called."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..models.picture_text import printable
from ..planner.lab import Lab, Outage
from ..planner.timetable import SampleInPlan
from ..planner.week_plan import WeekPlan
from .plan_parts import Lane, Part, path
from .plan_words import Units, numbers_alone, role_in_words, setting_list


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row.

    Attributes
    ----------
    label
        At its left.
    parts
        By time.
    names
        What each part may be called within its bar, best first.
    beside
        What each may be called beside its bar, best first.
    outages
        When nothing can stand there.
    remark
        Where there are no parts: why.
    """

    label: str
    parts: tuple[Part, ...]
    names: tuple[tuple[str, ...], ...]
    beside: tuple[tuple[str, ...], ...]
    outages: tuple[Outage, ...] = ()
    remark: str = ""


def machine_row(lane: Lane, plan: WeekPlan, units: Units) -> Row:
    """A machine, or hands, with runs called by their ids, settings and samples."""
    return Row(
        label=printable(lane.label),
        parts=lane.parts,
        names=tuple(_names_of_run(part, plan, units) for part in lane.parts),
        beside=tuple(_beside_run(part, plan) for part in lane.parts),
        outages=lane.outages,
    )


def sample_row(sample: SampleInPlan, plan: WeekPlan, lab: Lab, everything: Sequence[Part]) -> Row:
    """A sample, with its steps in their order."""
    steps = path(sample.experiment, everything)
    stopped = any(d.experiment == sample.experiment and not d.goes_on for d in plan.decisions)
    remark = "stops here" if stopped else "no step in this plan"
    return Row(
        label=printable(f"{sample.experiment} {role_in_words(sample.role)}"),
        parts=steps,
        names=tuple(_names_of_step(part, lab) for part in steps),
        beside=tuple((printable(part.step),) for part in steps),
        remark="" if steps else remark,
    )


def _names_of_run(part: Part, plan: WeekPlan, units: Units) -> tuple[str, ...]:
    """Run, settings and samples: all, then without what is the same for most, then the run alone."""
    short = printable(part.name or part.step)
    ids = printable(numbers_alone(part.samples, plan))
    numbers = {name: value for name, value in part.settings.items() if not isinstance(value, str)}
    full, few = (printable(", ".join(setting_list(s, units))) for s in (part.settings, numbers))
    names = [f"{short} {full}\n{ids}", f"{short} {few}\n{ids}", f"{short} {few} · {ids}"] if few else []
    return tuple(dict.fromkeys([*names, f"{short} · {ids}", f"{short}\n{ids}", short]))


def _beside_run(part: Part, plan: WeekPlan) -> tuple[str, ...]:
    ids = printable(numbers_alone(part.samples, plan))
    return (f"{printable(part.step)} {ids}", ids)


def _names_of_step(part: Part, lab: Lab) -> tuple[str, ...]:
    known = lab.resources.get(part.resource) if part.resource is not None else None
    with_run = (printable(f"{part.step} {part.name}"),) if known is not None and known.takes_batches else ()
    return (*with_run, printable(part.step))
