"""A plan part by part, as far as it is known without its lab: runs, and work by hand taken together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..datasets import Conditions
from .timetable import Run, TimedTask, Timetable
from .week_words import machine


@dataclass(frozen=True, kw_only=True)
class Work:
    """A run of a machine, or what is done by hand in one go.

    Attributes
    ----------
    name
        Id of the run; empty by hand.
    step
        What is done.
    resource, machines
        Where; None and nothing by hand.
    settings
        What its samples have in common.
    start, ready, end
        As for a task.
    samples
        Ids.
    under_way
        Whether it had begun before the plan was made.
    """

    name: str
    step: str
    resource: str | None
    machines: tuple[int, ...] = ()
    settings: Conditions = field(default_factory=dict)
    start: datetime
    ready: datetime
    end: datetime
    samples: tuple[str, ...]
    under_way: bool


def work_in(timetable: Timetable) -> tuple[Work, ...]:
    """All there is to do, by time."""
    runs = timetable.by_run
    alone: dict[tuple[object, ...], list[TimedTask]] = defaultdict(list)
    for task in timetable.tasks:
        if task.run is None or task.run not in runs:
            # The same work by hand at the same time is said once; what a machine does is not.
            one = task.experiment if task.resource is not None else ""
            alike = (task.step, task.resource, task.start, task.ready, task.end, task.under_way, one)
            alone[alike].append(task)
    found = [*map(_of_run, timetable.runs), *map(_of_tasks, alone.values())]
    return tuple(sorted(found, key=lambda work: (work.start, work.end, work.name, work.step, work.samples)))


def _of_run(run: Run) -> Work:
    return Work(
        name=run.id,
        step=run.step,
        resource=run.resource,
        machines=(run.machine, *run.more_machines),
        settings={name: value for name, value in run.settings.items() if value is not None},
        start=run.start,
        ready=run.ready,
        end=run.end,
        samples=run.samples,
        under_way=run.under_way,
    )


def _of_tasks(tasks: Sequence[TimedTask]) -> Work:
    first = tasks[0]
    return Work(
        name=first.run or "",
        step=first.step,
        resource=first.resource,
        start=first.start,
        ready=first.ready,
        end=first.end,
        samples=tuple(task.experiment for task in tasks),
        under_way=first.under_way,
    )


def counted(everything: Sequence[Work]) -> frozenset[str | None]:
    """Kinds of machine of which more than the first is used."""
    return frozenset(work.resource for work in everything if max(work.machines, default=1) > 1)


def rows_of(everything: Sequence[Work]) -> tuple[tuple[str, tuple[Work, ...]], ...]:
    """Work by machine, hands first, no two at the same time in a row; machines that do the same share one."""
    several = counted(everything)
    found: list[tuple[str, tuple[Work, ...]]] = []
    # What was begun before says nothing of the order in which samples go from machine to machine.
    in_order = sorted(everything, key=lambda work: work.under_way)
    for kind in dict.fromkeys([None, *(work.resource for work in in_order)]):
        here: dict[int, list[int]] = defaultdict(list)
        for position, work in enumerate(everything):
            if work.resource == kind:
                for number in work.machines or (0,):
                    here[number].append(position)
        alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for number in sorted(here):
            for row in _one_after_another(here[number], everything):
                alike[row].append(number)
        for row, numbers in alike.items():
            known = [number for number in numbers if number]
            label = machine(kind, known, several=kind in several and bool(known))
            found.append((label, tuple(everything[position] for position in row)))
    return tuple(found)


def _one_after_another(positions: Sequence[int], everything: Sequence[Work]) -> list[tuple[int, ...]]:
    rows: list[list[int]] = []
    for position in positions:
        start = everything[position].start
        free = next((row for row in rows if everything[row[-1]].end <= start), None)
        if free is None:
            rows.append([position])
        else:
            free.append(position)
    return [tuple(row) for row in rows]
