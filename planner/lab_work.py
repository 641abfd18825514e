"""What is to be done in a stretch of time, in quarter hours: tasks, and what is under way already."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from ..datasets import NOT_STATED, Conditions
from .lab import Lab, Resource, Step
from .lab_sample import Horizon, LabSample
from .working_time import WorkingTime, slots_of

_CARRIED_OVER = timedelta(weeks=4)  # what was begun in an earlier week may take so much longer
_DIGITS = 9

Key = tuple[object, ...]
_End = TypeVar("_End")  # a slot, or the variable that stands for one


@dataclass(frozen=True, kw_only=True)
class Task:
    """One step of one sample, to be begun.

    Attributes
    ----------
    sample, step, resource
        What; a resource of None is hands alone.
    duration
        Slots that it takes.
    attended
        Whether hands are needed all along.
    hands_on_start, hands_on_end
        Slots for which hands are needed at its start and end, where it is not attended.
    key
        What samples must have in common to go into one run; None where runs hold one sample.
    uses
        Slots of a run, or machines.
    before
        Positions of tasks that must have ended.
    released
        Slot before which it cannot begin.
    after_under_way
        Steps of the same sample under way that must have ended.
    wait
        Most slots between the end of what is before and its start, or None.
    last_start, due
        Slots before which it must begin, and by which it must have ended.
    """

    sample: str
    step: Step
    resource: Resource | None
    duration: int
    attended: bool
    hands_on_start: int
    hands_on_end: int
    key: Key | None
    uses: int
    before: tuple[int, ...]
    released: int
    after_under_way: tuple[str, ...]
    wait: int | None
    last_start: int
    due: int


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """A run that is under way: it began, and must be ended by hand once it is ready.

    Attributes
    ----------
    step, resource
        What.
    start, ready
        Slots; the start may lie before the first.
    samples
        Ids.
    name, machine, more_machines
        As they were planned; no name if nobody planned it.
    attended
        Whether it ends as soon as it is ready.
    hands_on_end
        Slots for which hands are needed at its end.
    uses
        Machines that it occupies.
    due
        Slot by which it must have ended.
    """

    step: Step
    resource: Resource | None
    start: int
    ready: int
    samples: tuple[str, ...]
    name: str | None
    machine: int
    attended: bool
    hands_on_end: int
    uses: int
    due: int
    more_machines: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LabWork:
    """Everything that a timetable must place.

    Attributes
    ----------
    lab, samples, horizon
        As given.
    time
        Quarter hours.
    first
        Slot from which on tasks begin.
    tasks
        To be begun.
    open_runs
        Under way.
    """

    lab: Lab
    samples: tuple[LabSample, ...]
    horizon: Horizon
    time: WorkingTime
    first: int
    tasks: tuple[Task, ...]
    open_runs: tuple[OpenRun, ...]

    @cached_property
    def groups_of_runs(self) -> Mapping[Key, tuple[int, ...]]:
        """Positions of the tasks that could share runs, by what they have in common."""
        found: dict[Key, list[int]] = defaultdict(list)
        for position, task in enumerate(self.tasks):
            if task.key is not None:
                found[task.key].append(position)
        return {key: tuple(positions) for key, positions in found.items()}

    @cached_property
    def last_tasks(self) -> Mapping[str, tuple[int, ...]]:
        """Positions of the tasks of each sample after which nothing comes."""
        behind = {earlier for task in self.tasks for earlier in task.before}
        found: dict[str, list[int]] = defaultdict(list)
        for position, task in enumerate(self.tasks):
            if position not in behind:
                found[task.sample].append(position)
        return {sample: tuple(positions) for sample, positions in found.items()}

    def open_run_of(self, sample: str, step: str) -> int:
        """Position of the run under way that holds a step of a sample."""
        return next(i for i, r in enumerate(self.open_runs) if r.step.name == step and sample in r.samples)

    def open_ends_before(self, task: Task, open_ends: Sequence[_End]) -> list[_End]:
        """Of the ends of runs under way those that a task comes after."""
        return [open_ends[self.open_run_of(task.sample, step)] for step in task.after_under_way]

    def cost(self, starts: Sequence[int], ends: Sequence[int], open_ends: Sequence[int] = ()) -> int:
        """What a timetable minimises: the last end counts most, then the ends of samples, then every task's.

        That a task begins early counts even where it ends no earlier: time in hand is for what goes wrong.

        Parameters
        ----------
        starts, ends
            Slots in which each task begins and ends.
        open_ends
            Slot in which each open run ends.
        """
        if not ends:
            return sum(open_ends)
        of_samples = [max(ends[i] for i in positions) for positions in self.last_tasks.values()]
        weight = 2 * len(of_samples)
        of_tasks = sum(starts) + sum(ends) + sum(open_ends)
        return weight * max(of_samples) + 2 * sum(of_samples) + of_tasks


def lab_work(lab: Lab, samples: Sequence[LabSample], horizon: Horizon) -> LabWork:
    """Find out what is to be placed.

    Parameters
    ----------
    lab
        What there is.
    samples
        New ones and those under way.
    horizon
        From when until when.
    """
    carried = any(sample.carried_over for sample in samples)
    until = horizon.end + (_CARRIED_OVER if carried else timedelta(0))
    time = WorkingTime.between(lab.calendar, horizon.start, until)
    end = time.slot(horizon.end, up=False)
    time = replace(time, n_slots=max(0, time.slot(until, up=False)))
    first = time.slot(horizon.start)
    tasks: list[Task] = []
    for sample in samples:
        due = time.n_slots if sample.carried_over else end
        last_start = time.n_slots if sample.carried_over else time.slot(horizon.last_start)
        tasks += _tasks_of(lab, sample, first, (last_start, due), len(tasks))
    return LabWork(
        lab=lab,
        samples=tuple(samples),
        horizon=horizon,
        time=time,
        first=first,
        tasks=tuple(tasks),
        open_runs=_open_runs(lab, samples, time, end),
    )


def _tasks_of(lab: Lab, sample: LabSample, first: int, ends: tuple[int, int], offset: int) -> list[Task]:
    steps = sample.remaining(lab)
    position = {step.name: offset + number for number, step in enumerate(steps)}
    tasks = []
    for step in steps:
        resource = None if step.on is None else lab.resources[step.on]
        attended = not lab.is_unattended(step)
        before = _before(lab, sample, step)
        tasks.append(
            Task(
                sample=sample.id,
                step=step,
                resource=resource,
                duration=slots_of(step.hours_of(sample.conditions)),
                attended=attended,
                hands_on_start=0 if attended else slots_of(step.hands_on_start_h),
                hands_on_end=0 if attended else slots_of(step.hands_on_end_h),
                key=_key(sample, step, resource, attended=attended),
                uses=step.uses,
                before=tuple(position[s.name] for s in before if s.name in position),
                released=first,
                after_under_way=tuple(s.name for s in before if s.name in sample.under_way),
                wait=None if step.wait_at_most_h is None else int(step.wait_at_most_h / 0.25 + 1e-6),
                last_start=ends[0],
                due=ends[1],
            )
        )
    return tasks


def _before(lab: Lab, sample: LabSample, step: Step) -> tuple[Step, ...]:
    """Steps that must have ended right before one; where one of them is left out, those before that."""
    found: dict[str, Step] = {}
    for earlier in lab.before(step, sample.conditions):
        kept = _before(lab, sample, earlier) if earlier.name in sample.left_out else (earlier,)
        found |= {one.name: one for one in kept}
    return tuple(found.values())


def _key(sample: LabSample, step: Step, resource: Resource | None, *, attended: bool) -> Key | None:
    if resource is None or resource.slots == 1:
        return None
    # Where somebody stands by all along, what takes longer would keep the others waiting.
    duration = (slots_of(step.hours_of(sample.conditions)),) if attended else ()
    # Of a setting that nobody stated it is not known whether it is that of another sample.
    unstated = any(sample.conditions.get(name) is NOT_STATED for name in resource.shares)
    own = (sample.id,) if unstated else ()
    return (resource.name, step.name, *settings_key(sample.conditions, resource), *duration, *own)


def settings_key(conditions: Conditions, resource: Resource) -> tuple[object, ...]:
    """What samples of one run of a machine have in common, so that equal settings are equal."""
    shared = (conditions.get(name) for name in resource.shares)
    return tuple(round(value, _DIGITS) if isinstance(value, float) else value for value in shared)


def _open_runs(lab: Lab, samples: Sequence[LabSample], time: WorkingTime, end: int) -> tuple[OpenRun, ...]:
    held: dict[tuple[object, ...], list[LabSample]] = defaultdict(list)
    for sample in samples:
        for under_way in sample.under_way.values():
            one = under_way.run if under_way.run is not None else sample.id
            held[(under_way.step, one)].append(sample)
    runs = []
    for (name, _), members in held.items():
        step = lab.step_by_name[str(name)]
        resource = None if step.on is None else lab.resources[step.on]
        own = [sample.under_way[step.name] for sample in members]
        attended = not lab.is_unattended(step)
        runs.append(
            OpenRun(
                step=step,
                resource=resource,
                start=min(time.slot(one.start, up=False) for one in own),
                ready=max(time.slot(one.ready) for one in own),
                samples=tuple(sample.id for sample in members),
                name=own[0].run,
                machine=own[0].machine,
                more_machines=own[0].more_machines,
                attended=attended,
                hands_on_end=0 if attended else slots_of(step.hands_on_end_h),
                uses=1 if resource is None or resource.slots > 1 else step.uses,
                due=time.n_slots if any(sample.carried_over for sample in members) else end,
            )
        )
    return tuple(runs)
