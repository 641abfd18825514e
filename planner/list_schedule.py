"""Placing one group of tasks after another, each as early as it can be."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .book import Book
from .lab_work import LabWork
from .placement import PlacedRun, Placement

_MOST_RESTARTS = 60


def lists(work: LabWork, n_shuffled: int) -> Iterator[Placement]:
    """Placements by several orders, some of them shuffled; those that fit."""
    ways = [_groups(work, whole=True), _groups(work, whole=False)]
    for groups in ways:
        for priority in _PRIORITIES:
            yield from _placed(work, groups, priority(work, groups))
    generator = np.random.default_rng(len(work.tasks))
    for number in range(n_shuffled):
        groups = ways[number % 2]
        tails = np.array(_tails(work, groups), dtype=float)
        urgency = tails * generator.uniform(0.4, 1.0, len(tails))
        yield from _placed(work, groups, [(-float(u), n) for n, u in enumerate(urgency)])


def _placed(work: LabWork, groups: list["_Group"], priority: list[tuple[float, ...]]) -> Iterator[Placement]:
    placement = _ListScheduler(work, groups, priority).place()
    if placement is not None:
        yield placement


@dataclass(frozen=True)
class _Group:
    """Tasks that are carried out together: a run of a machine, or a single task."""

    tasks: tuple[int, ...]
    before: frozenset[int]


def _groups(work: LabWork, *, whole: bool) -> list[_Group]:
    """Runs as full as they can be; of what shares settings later, those that do stand together first."""
    members: list[tuple[int, ...]] = [(i,) for i, task in enumerate(work.tasks) if task.key is None]
    for positions in work.groups_of_runs.values():
        resource = work.tasks[positions[0]].resource
        assert resource is not None
        members += _filled(
            work, positions, work.lab.runs_take(resource, work.tasks[positions[0]].uses), whole=whole
        )
    group_of = {task: number for number, tasks in enumerate(members) for task in tasks}
    return [
        _Group(tasks, frozenset(group_of[b] for task in tasks for b in work.tasks[task].before))
        for tasks in members
    ]


def _filled(work: LabWork, positions: Sequence[int], capacity: int, *, whole: bool) -> list[tuple[int, ...]]:
    later = {task.sample: (len(work.tasks) - i, task.key) for i, task in enumerate(work.tasks) if task.key}
    ordered = sorted(positions, key=lambda i: (work.tasks[i].duration, str(later[work.tasks[i].sample]), i))
    if whole:
        ordered = sorted(positions, key=lambda i: (work.tasks[i].duration, i))
    runs: list[list[int]] = []
    for position in ordered:
        task = work.tasks[position]
        for run in runs:
            full = sum(work.tasks[i].uses for i in run) + task.uses > capacity
            if not full and work.tasks[run[0]].duration == task.duration:
                run.append(position)
                break
        else:
            runs.append([position])
    return [tuple(run) for run in runs]


def _tails(work: LabWork, groups: Sequence[_Group]) -> list[int]:
    """Slots from the start of each group to the end of its samples, if nothing stood in the way."""
    behind: dict[int, set[int]] = defaultdict(set)
    for number, group in enumerate(groups):
        for earlier in group.before:
            behind[earlier].add(number)
    tails: dict[int, int] = {}

    def tail(number: int) -> int:
        if number not in tails:
            own = max(work.tasks[i].duration for i in groups[number].tasks)
            tails[number] = own + max((tail(later) for later in behind[number]), default=0)
        return tails[number]

    return [tail(number) for number in range(len(groups))]


def _longest_first(work: LabWork, groups: Sequence[_Group]) -> list[tuple[float, ...]]:
    return [(-tail, number) for number, tail in enumerate(_tails(work, groups))]


def _sample_by_sample(work: LabWork, groups: Sequence[_Group]) -> list[tuple[float, ...]]:
    return [(min(group.tasks),) for group in groups]


def _fullest_first(work: LabWork, groups: Sequence[_Group]) -> list[tuple[float, ...]]:
    tails = _tails(work, groups)
    runs_of: dict[str, int] = defaultdict(int)
    for group in groups:
        for i in group.tasks:
            runs_of[work.tasks[i].sample] = max(runs_of[work.tasks[i].sample], len(group.tasks))
    fullest = [max(runs_of[work.tasks[i].sample] for i in group.tasks) for group in groups]
    return [(-full, -tail, number) for number, (full, tail) in enumerate(zip(fullest, tails, strict=True))]


_PRIORITIES: tuple[Callable[[LabWork, Sequence[_Group]], list[tuple[float, ...]]], ...] = (
    _longest_first,
    _sample_by_sample,
    _fullest_first,
)


class _ListScheduler:
    """Places groups in the order of a priority, each as early as its machine, hands and past allow."""

    def __init__(
        self, work: LabWork, groups: Sequence[_Group], priority: Sequence[tuple[float, ...]]
    ) -> None:
        self.work, self.groups, self.priority = work, groups, priority
        self._not_before = [0] * len(groups)

    def place(self) -> Placement | None:
        """The placement, or None if a group cannot be placed in time."""
        for _ in range(_MOST_RESTARTS):
            blamed = self._attempt()
            if blamed is None:
                return self._placed
            if blamed < 0:
                return None
        return None

    def _attempt(self) -> int | None:
        """Place everything; None if that worked, a group to be placed later if not, -1 if nothing helps."""
        book = Book(self.work)
        opened = [book.close(run) for run in self.work.open_runs]
        if any(end is None for end in opened):
            return -1
        open_ends = [end for end in opened if end is not None]
        starts, ends = [0] * len(self.work.tasks), [0] * len(self.work.tasks)
        done: set[int] = set()
        runs: list[PlacedRun] = []
        while len(done) < len(self.groups):
            ready = [n for n, g in enumerate(self.groups) if n not in done and g.before <= done]
            number = min(ready, key=lambda n: self.priority[n])
            tasks = self.groups[number].tasks
            found = book.earliest([self.work.tasks[i] for i in tasks], self._ready(number, ends, open_ends))
            if found is None:
                return -1
            start, end = found
            late = self._late(number, start, ends, open_ends)
            if late is not None:
                return late
            book.enter([self.work.tasks[i] for i in tasks], start, end)
            for i in tasks:
                starts[i], ends[i] = start, end
            runs.append(PlacedRun(tasks, start, end))
            done.add(number)
        self._placed = Placement(tuple(starts), tuple(ends), tuple(runs), tuple(open_ends))
        return None

    def _ready(self, number: int, ends: Sequence[int], open_ends: Sequence[int]) -> int:
        moments = [self.work.first, self._not_before[number]]
        for i in self.groups[number].tasks:
            task = self.work.tasks[i]
            moments += [ends[b] for b in task.before]
            moments += self.work.open_ends_before(task, open_ends)
        return max(moments)

    def _late(self, number: int, start: int, ends: Sequence[int], open_ends: Sequence[int]) -> int | None:
        """A group that must end later since what comes after it would have to wait too long, -1: none can."""
        for i in self.groups[number].tasks:
            task = self.work.tasks[i]
            if task.wait is None:
                continue
            after = max(self.work.open_ends_before(task, open_ends), default=-1)
            last = max(task.before, key=lambda b: ends[b], default=None)
            if last is None or ends[last] < after:
                # What is under way was ended as early as can be: whether later is better the solver knows.
                if after >= 0 and start - task.wait > after:
                    return -1
                continue
            excess = start - task.wait - ends[last]
            if excess > 0:
                earlier = next(n for n, g in enumerate(self.groups) if last in g.tasks)
                begun = ends[last] - self.work.tasks[last].duration
                later = max(begun, self._not_before[earlier]) + excess
                if later > self.work.time.n_slots:
                    return -1
                self._not_before[earlier] = later
                return earlier
        return None
