"""Where tasks were placed, in quarter hours, and how that reads as a timetable."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..datasets import Conditions
from .lab import Resource, Step
from .lab_work import LabWork
from .timetable import Run, SolveStatus, TimedTask, Timetable
from .working_time import slots_of, stretches


@dataclass(frozen=True)
class PlacedRun:
    """Tasks that are carried out together, from a slot to a slot."""

    tasks: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Placement:
    """A solution.

    Attributes
    ----------
    starts, ends
        Slots of each task.
    runs
        Which tasks go together; a task on its own is one as well.
    open_ends
        Slot in which each run under way is ended.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    runs: tuple[PlacedRun, ...]
    open_ends: tuple[int, ...] = ()

    def cost(self, work: LabWork) -> int:
        """What is minimised."""
        return work.cost(self.starts, self.ends, self.open_ends)

    def timetable(
        self, work: LabWork, status: SolveStatus, gap: float, before: Timetable | None = None
    ) -> Timetable:
        """The same in the lab's time, with machines, and names of runs that go on from those before."""
        return _Writer(work, self, before or Timetable()).timetable(status, gap)


@dataclass
class _Booked:
    """One run with the machines it is on."""

    resource: Resource | None
    step: Step
    start: int
    end: int
    samples: tuple[str, ...]
    uses: int
    begun_on: tuple[int, ...] = ()
    name: str | None = None
    under_way: bool = False
    machines: tuple[int, ...] = ()


class _Writer:
    """Gives runs machines and names."""

    def __init__(self, work: LabWork, placement: Placement, before: Timetable) -> None:
        self.work, self.placement, self.before = work, placement, before
        self._samples = {sample.id: sample for sample in work.samples}

    def timetable(self, status: SolveStatus, gap: float) -> Timetable:
        booked = [*self._open(), *self._new()]
        self._give_machines(booked)
        self._give_names(booked)
        tasks = [task for one in booked for task in self._tasks(one)]
        runs = [self._run(one) for one in booked if one.resource is not None]
        return Timetable(
            tasks=tuple(sorted(tasks, key=lambda t: (t.start, t.end, t.experiment, t.step))),
            runs=tuple(sorted(runs, key=lambda r: (r.start, r.end, r.id))),
            status=status,
            gap=gap,
        )

    def _open(self) -> list[_Booked]:
        return [
            _Booked(
                resource=run.resource,
                step=run.step,
                start=run.start,
                end=end,
                samples=run.samples,
                uses=run.uses,
                begun_on=(run.machine, *run.more_machines),
                name=run.name,
                under_way=True,
            )
            for run, end in zip(self.work.open_runs, self.placement.open_ends, strict=True)
        ]

    def _new(self) -> list[_Booked]:
        booked = []
        for run in sorted(self.placement.runs, key=lambda r: (r.start, r.end, r.tasks)):
            tasks = [self.work.tasks[i] for i in run.tasks]
            resource = tasks[0].resource
            booked.append(
                _Booked(
                    resource=resource,
                    step=tasks[0].step,
                    start=run.start,
                    end=run.end,
                    samples=tuple(task.sample for task in tasks),
                    uses=1 if resource is None or resource.slots > 1 else tasks[0].uses,
                )
            )
        return booked

    def _give_machines(self, booked: Sequence[_Booked]) -> None:
        """The first machines that are free; those of one kind are alike, so by time there always are some."""
        outage = Step(name="outage")
        for resource in self.work.lab.resources.values():
            runs = [one for one in booked if one.resource is not None and one.resource.name == resource.name]
            # Which machines are down nobody says: the last ones, unless runs stand in the way.
            down = [
                _Booked(resource, outage, start, end, (), count)
                for start, end, count in stretches(self.work.time.down(resource))
            ]
            begun = [one for one in runs if one.under_way]
            new = sorted((one for one in runs if not one.under_way), key=_by_time)
            if not _give(resource, [*begun, *down, *new]):
                _give(resource, [*begun, *sorted([*down, *new], key=_by_time)])

    def _give_names(self, booked: Sequence[_Booked]) -> None:
        """The name that a run of the same samples had before, else one that no run had."""
        initials = _initials(self.work.lab.resources)
        earlier = {(t.experiment, t.step): t.run for t in self.before.tasks if t.run}
        taken = {one.name for one in booked if one.name}
        ever = taken | set(earlier.values())
        numbers: Counter[str] = Counter()
        for one in booked:
            if one.resource is None or one.name:
                continue
            had = [earlier.get((sample, one.step.name)) for sample in one.samples]
            one.name = next((name for name in had if name and name not in taken), None)
            while one.name is None:
                short = initials[one.resource.name]
                numbers[short] += 1
                fresh = f"{short}{numbers[short]}"
                one.name = None if fresh in ever else fresh
            taken.add(one.name)

    def _tasks(self, one: _Booked) -> list[TimedTask]:
        time = self.work.time
        spans = [self._span(one, sample) for sample in one.samples]
        return [
            TimedTask(
                experiment=sample,
                step=one.step.name,
                resource=None if one.resource is None else one.resource.name,
                run=one.name if one.resource is not None else None,
                start=start,
                ready=ready,
                end=time.moment(one.end),
                under_way=one.under_way,
            )
            for sample, (start, ready) in zip(one.samples, spans, strict=True)
        ]

    def _span(self, one: _Booked, sample: str) -> tuple[datetime, datetime]:
        """When a sample's part of a run begins and is ready: what was begun stays as it is, to the minute."""
        known = self._samples[sample]
        if one.under_way:
            begun = known.under_way[one.step.name]
            return begun.start, begun.ready
        slots = slots_of(one.step.hours_of(known.conditions))
        return self.work.time.moment(one.start), self.work.time.moment(one.start + slots)

    def _run(self, one: _Booked) -> Run:
        assert one.resource is not None and one.name is not None
        time = self.work.time
        spans = [self._span(one, sample) for sample in one.samples]
        return Run(
            id=one.name,
            resource=one.resource.name,
            machine=one.machines[0],
            more_machines=one.machines[1:],
            step=one.step.name,
            settings=self._settings(one),
            start=min(start for start, _ in spans),
            ready=max(ready for _, ready in spans),
            end=time.moment(one.end),
            samples=one.samples,
            under_way=one.under_way,
        )

    def _settings(self, one: _Booked) -> Conditions:
        """What the samples of a run share; of one alone, what its duration depends on as well."""
        assert one.resource is not None
        conditions = self._samples[one.samples[0]].conditions
        names = list(one.resource.shares)
        if one.resource.slots == 1:
            names += [name for name in one.step.hours if name != "constant" and name not in names]
        return {name: value for name in names if (value := conditions.get(name)) is not None}


def _by_time(one: _Booked) -> tuple[int, int]:
    return one.start, one.end


def _give(resource: Resource, booked: Sequence[_Booked]) -> bool:
    """Give machines to one after another; whether there were enough for all."""
    kept = {machine for one in booked for machine in one.begun_on}
    taken: list[tuple[int, int, int]] = []
    enough = True
    for one in booked:
        busy = {machine for machine, start, end in taken if start < one.end and one.start < end}
        free = [machine for machine in range(1, resource.count + 1) if machine not in busy]
        if not one.samples:
            free.reverse()
        if one.under_way:
            free.sort(key=lambda machine, own=one.begun_on: (machine not in own, machine in kept))
        enough &= len(free) >= one.uses
        # What takes no time, or goes on where machines broke down, may find too few; it is told some even so.
        one.machines = tuple(sorted([*free, *sorted(busy)][: one.uses]))
        taken += [(machine, one.start, one.end) for machine in one.machines]
    return enough


def _initials(resources: Iterable[str]) -> dict[str, str]:
    """Short names: initials of the words of each, with more letters where two would be the same."""
    found: dict[str, str] = {}
    for name in resources:
        words = [word for word in name.replace("-", "_").split("_") if word]
        length = 1 if len(words) > 1 else 2
        while (short := _short(name, words, length)) in found.values():
            length += 1
        found[name] = short
    return found


def _short(name: str, words: Sequence[str], length: int) -> str:
    """So many letters of each word; a digit at the end is kept apart from the number of a run."""
    letters = "".join(word[:length] for word in words).upper() or name
    return letters + "_" * max(length - len(name), int(letters[-1].isdigit()))
