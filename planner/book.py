"""What is booked of machines and hands while a timetable is put together."""

from collections.abc import Sequence

import numpy as np

from .lab import Resource
from .lab_work import LabWork, OpenRun, Task


class Book:
    """What is booked of machines and hands."""

    def __init__(self, work: LabWork) -> None:
        self.work, self.time = work, work.time
        self.used = {name: work.time.down(resource) for name, resource in work.lab.resources.items()}
        self.free_hands = None if self.time.people is None else self.time.people.copy()
        self._starts: dict[int, np.ndarray] = {}
        self._ends: dict[int, np.ndarray] = {}
        self._next_ends: dict[int, np.ndarray] = {}

    def close(self, run: OpenRun) -> int | None:
        """End a run that is under way as early as hands allow, and book it."""
        earliest = max(run.ready, self.work.first)
        if run.attended:
            end = earliest
        else:
            allowed = self._allowed_ends(run.hands_on_end) & self._hands_before(run.hands_on_end)
            found = np.flatnonzero(allowed[earliest : run.due + 1])
            if not len(found):
                return None
            end = earliest + int(found[0])
            self._take_hands(end - run.hands_on_end, end)
        if run.attended:
            self._take_hands(max(run.start, 0), end)
        if run.resource is not None:
            self.used[run.resource.name][max(run.start, 0) : max(end, 0)] += run.uses
        return max(end, 0)

    def earliest(self, tasks: Sequence[Task], ready: int) -> tuple[int, int] | None:
        """Start and end of a group that begins at `ready` or later."""
        task, n = tasks[0], self.time.n_slots
        due = min(t.due for t in tasks)
        hands = task.duration if task.attended else task.hands_on_start
        starts = np.flatnonzero(self._allowed_starts(hands)[ready : min(t.last_start for t in tasks)]) + ready
        starts = starts[starts + task.duration <= min(due, n)]
        if task.attended:
            ends = starts + task.duration
        else:
            ends = self._next_end(task.hands_on_end)[starts + task.duration]
        kept = ends <= due
        starts, ends = starts[kept], ends[kept]
        free = np.ones(len(starts), bool)
        if task.resource is not None:
            free &= self._machines_free(task.resource, starts, ends, machines_of(task))
        if self.free_hands is not None and hands:
            busy = np.concatenate([[0], np.cumsum(self.free_hands < 1)])
            free &= busy[starts + hands] == busy[starts]
        found = np.flatnonzero(free)
        return (int(starts[found[0]]), int(ends[found[0]])) if len(found) else None

    def at(self, tasks: Sequence[Task], start: int) -> int | None:
        """End of a group that begins at a slot, or None if it cannot begin there."""
        task, due = tasks[0], min(t.due for t in tasks)
        hands = task.duration if task.attended else task.hands_on_start
        if start >= min(t.last_start for t in tasks):
            return None
        if start + task.duration > min(due, self.time.n_slots) or not self._allowed_starts(hands)[start]:
            return None
        end = start + task.duration
        if not task.attended:
            end = int(self._next_end(task.hands_on_end)[end])
            if end > due:
                return None
        if self.free_hands is not None and (self.free_hands[start : start + hands] < 1).any():
            return None
        if task.resource is not None:
            most = task.resource.count - machines_of(task)
            if (self.used[task.resource.name][start:end] > most).any():
                return None
        return end

    def enter(self, tasks: Sequence[Task], start: int, end: int) -> None:
        """Book a group."""
        task = tasks[0]
        if task.resource is not None:
            self.used[task.resource.name][start:end] += machines_of(task)
        if task.attended:
            self._take_hands(start, end)
        else:
            self._take_hands(start, start + task.hands_on_start)
            self._take_hands(end - task.hands_on_end, end)

    def _take_hands(self, start: int, end: int) -> None:
        if self.free_hands is not None:
            self.free_hands[max(start, 0) : max(end, 0)] -= 1

    def _machines_free(
        self, resource: Resource, starts: np.ndarray, ends: np.ndarray, need: int
    ) -> np.ndarray:
        busy = np.concatenate([[0], np.cumsum(self.used[resource.name] + need > resource.count)])
        return busy[ends] == busy[starts]

    def _allowed_starts(self, hands: int) -> np.ndarray:
        if hands not in self._starts:
            self._starts[hands] = _mask(self.time.starts(hands), self.time.n_slots + 1)
        return self._starts[hands]

    def _allowed_ends(self, hands: int) -> np.ndarray:
        if hands not in self._ends:
            self._ends[hands] = _mask(self.time.ends(hands), self.time.n_slots + 1)
        return self._ends[hands]

    def _next_end(self, hands: int) -> np.ndarray:
        """For each slot the next at which something can be ended, beyond the last where there is none."""
        if self.free_hands is not None and hands:
            return _next_true(self._allowed_ends(hands) & self._hands_before(hands))
        if hands not in self._next_ends:
            self._next_ends[hands] = _next_true(self._allowed_ends(hands))
        return self._next_ends[hands]

    def _hands_before(self, hands: int) -> np.ndarray:
        """Whether somebody is free for so long before each slot, shape (n_slots + 1,)."""
        free = np.ones(self.time.n_slots + 1, bool)
        if self.free_hands is not None and hands:
            busy = np.concatenate([[0], np.cumsum(self.free_hands < 1)])
            free[:hands] = False
            free[hands:] = busy[hands:] == busy[:-hands]
        return free


def machines_of(task: Task) -> int:
    """Machines that a run with this task occupies."""
    assert task.resource is not None
    return 1 if task.resource.slots > 1 else task.uses


def _mask(intervals: Sequence[tuple[int, int]], n: int) -> np.ndarray:
    mask = np.zeros(n, bool)
    for first, last in intervals:
        mask[max(first, 0) : last + 1] = True
    return mask


def _next_true(mask: np.ndarray) -> np.ndarray:
    """For each position the next one that is true, one beyond the last slot where there is none."""
    positions = np.where(mask, np.arange(len(mask)), len(mask) + 1)
    return np.minimum.accumulate(positions[::-1])[::-1]
