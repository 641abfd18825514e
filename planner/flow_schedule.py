"""Placing tasks as time goes on: the most urgent that is ready begins when hands and a machine are free."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

import numpy as np

from .book import Book
from .lab_work import LabWork
from .placement import PlacedRun, Placement
from .working_time import stretches

PATIENCE = (0, 8, 36, 96)  # slots that a run waits for more samples


def flows(work: LabWork, n_shuffled: int, patience: Sequence[int] = PATIENCE) -> Iterator[Placement]:
    """Placements by several orders of urgency and as many ways to wait for a run to fill; those that fit."""
    tails = np.array(_tails(work), dtype=float)
    generator = np.random.default_rng(len(work.tasks) + 1)
    for number in range(1 + n_shuffled):
        urgency = tails if number == 0 else tails * generator.uniform(0.5, 1.0, len(tails))
        for slots in patience:
            placement = _Flow(work, urgency, slots).place()
            if placement is not None:
                yield placement


def _tails(work: LabWork) -> list[int]:
    """Slots from the start of each task to the end of its sample, if nothing stood in the way."""
    tails = [task.duration for task in work.tasks]
    # Tasks of a sample stand in order, so each is seen after all that come behind it.
    for number in range(len(work.tasks) - 1, -1, -1):
        for earlier in work.tasks[number].before:
            tails[earlier] = max(tails[earlier], work.tasks[earlier].duration + tails[number])
    return tails


class _Flow:
    """One walk through time."""

    def __init__(self, work: LabWork, urgency: np.ndarray, patience: int) -> None:
        self.work, self.urgency, self.patience = work, urgency, patience
        self.book = Book(work)
        self.starts: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        self.runs: list[PlacedRun] = []
        self._events: list[int] = []
        self._waiting_since: dict[object, int] = {}
        self._behind: dict[int, list[int]] = defaultdict(list)
        for number, task in enumerate(work.tasks):
            for earlier in task.before:
                self._behind[earlier].append(number)

    def place(self) -> Placement | None:
        """The placement, or None if something does not end in time."""
        work = self.work
        opened = [self.book.close(run) for run in work.open_runs]
        if any(end is None for end in opened):
            return None
        self.open_ends = tuple(end for end in opened if end is not None)
        ready = {n: r for n in range(len(work.tasks)) if (r := self._ready(n)) is not None}
        self._push(*self._edges(), *ready.values())
        while ready and self._events:
            slot = heappop(self._events)
            if slot >= work.time.n_slots:
                break
            while self._events and self._events[0] == slot:
                heappop(self._events)
            if any(self._spare(n, slot) < 0 for n in ready):
                return None
            for number in sorted(ready, key=lambda n: (self._spare(n, slot), -self.urgency[n], n)):
                if number in ready and ready[number] <= slot:
                    begun = self._begin(number, ready, slot)
                    for one in begun:
                        del ready[one]
                    for one in begun:
                        fresh = {n: r for n in self._behind[one] if (r := self._ready(n)) is not None}
                        ready |= fresh
                        self._push(*fresh.values())
        if len(self.starts) < len(work.tasks):
            return None
        n = range(len(work.tasks))
        return Placement(
            tuple(self.starts[i] for i in n), tuple(self.ends[i] for i in n), tuple(self.runs), self.open_ends
        )

    def _edges(self) -> set[int]:
        """Slots at which hands or machines come or go."""
        work, time = self.work, self.work.time
        edges = {first for first, _ in time.starts(0)}
        edges |= {
            edge
            for r in work.lab.resources.values()
            for stretch in stretches(time.down(r))
            for edge in stretch[:2]
        }
        if time.people is not None:
            edges |= set((np.flatnonzero(np.diff(time.people)) + 1).tolist())
        return {work.first, *self.open_ends, *edges}

    def _push(self, *slots: int) -> None:
        for slot in slots:
            if slot >= self.work.first:
                heappush(self._events, slot)

    def _ready(self, number: int) -> int | None:
        """Slot from which on a task can begin; None while something before it has no end yet."""
        task = self.work.tasks[number]
        if any(b not in self.ends for b in task.before):
            return None
        under_way = self.work.open_ends_before(task, self.open_ends)
        return max([task.released, *(self.ends[b] for b in task.before), *under_way])

    def _spare(self, number: int, slot: int) -> int:
        """Slots that are left before a task will have waited too long; many where it may wait."""
        task = self.work.tasks[number]
        earlier = [self.ends[b] for b in task.before] + self.work.open_ends_before(task, self.open_ends)
        if task.wait is None or not earlier:
            return self.work.time.n_slots
        return max(earlier) + task.wait - slot

    def _begin(self, number: int, ready: dict[int, int], slot: int) -> list[int]:
        """Begin a task, with what goes into its run; what was begun."""
        task = self.work.tasks[number]
        together = [number]
        if task.key is not None:
            together = self._members(number, ready, slot)
            if self._is_worth_waiting(task.key, together, slot):
                return []
        tasks = [self.work.tasks[i] for i in together]
        found = self.book.at(tasks, slot)
        if found is None:
            return []
        self.book.enter(tasks, slot, found)
        for i in together:
            self.starts[i], self.ends[i] = slot, found
        self.runs.append(PlacedRun(tuple(together), slot, found))
        self._push(found, slot + task.hands_on_start)
        self._waiting_since.pop(task.key, None)
        return together

    def _members(self, number: int, ready: dict[int, int], slot: int) -> list[int]:
        task = self.work.tasks[number]
        assert task.resource is not None and task.key is not None
        room = self.work.lab.runs_take(task.resource, task.uses) - task.uses
        together = [number]
        others = [
            i for i in self.work.groups_of_runs[task.key] if i != number and ready.get(i, slot + 1) <= slot
        ]
        for other in sorted(others, key=lambda i: (-self.urgency[i], i)):
            candidate = self.work.tasks[other]
            if candidate.duration == task.duration and candidate.uses <= room:
                together.append(other)
                room -= candidate.uses
        return together

    def _is_worth_waiting(self, key: tuple[object, ...], together: Sequence[int], slot: int) -> bool:
        """Whether more samples of the same settings may come soon, and there is room for them."""
        first = self.work.tasks[together[0]]
        assert first.resource is not None
        room = self.work.lab.runs_take(first.resource, first.uses) - sum(
            self.work.tasks[i].uses for i in together
        )
        to_come = [
            i
            for i in self.work.groups_of_runs[key]
            if i not in self.starts and i not in together and self.work.tasks[i].uses <= room
        ]
        since = self._waiting_since.setdefault(key, slot)
        if not to_come or slot - since >= self.patience:
            return False
        self._push(since + self.patience)
        return True
