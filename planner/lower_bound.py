"""When the last sample can end at the earliest, whatever the timetable."""

import numpy as np

from .lab_work import LabWork, Task
from .placement import Placement


def gap(work: LabWork, placement: Placement) -> float:
    """Share of the time until the last end by which an ideal timetable could at most be shorter."""
    last = max(placement.ends, default=work.first)
    if last <= work.first:
        return 0.0
    return round(max(0.0, (last - earliest_last_end(work)) / (last - work.first)), 4)


def earliest_last_end(work: LabWork) -> int:
    """Slot before which not all samples can have ended.

    Two things hold in every timetable. No sample is faster than it would be alone in the lab. And what must
    pass through one kind of machine takes at least all its work divided by the number of machines, after
    the shortest time in which anything gets there and before the shortest time that anything needs after
    it (the bound of parallel machines with heads and tails; Carlier, European J. Operational Research 29
    (1987) 298); samples of the same settings count as full runs.
    """
    if not work.tasks:
        return work.first
    heads, tails = _heads(work), _tails(work)
    ends = [heads[i] + task.duration + tails[i] for i, task in enumerate(work.tasks)]
    bounds = [max(ends)]
    for name in work.lab.resources:
        on = [
            i for i, task in enumerate(work.tasks) if task.resource is not None and task.resource.name == name
        ]
        if on:
            bounds.append(_of_machines(work, on, heads, tails))
    attended = [i for i, task in enumerate(work.tasks) if task.attended and task.key is None]
    if work.time.people is not None and attended:
        hours = sum(work.tasks[i].duration for i in attended)
        free = np.concatenate([[0], np.cumsum(work.time.people * _open(work))])
        begun = min(heads[i] for i in attended)
        done = int(np.searchsorted(free, free[min(begun, len(free) - 1)] + hours))
        bounds.append(done + min(tails[i] for i in attended))
    return max(bounds)


def _of_machines(work: LabWork, on: list[int], heads: list[int], tails: list[int]) -> int:
    resource = work.tasks[on[0]].resource
    assert resource is not None
    if resource.slots == 1:
        load = sum(work.tasks[i].duration * work.tasks[i].uses for i in on)
    else:
        load = 0.0
        for positions in work.groups_of_runs.values():
            tasks = [work.tasks[i] for i in positions]
            if tasks[0].resource is resource or (
                tasks[0].resource and tasks[0].resource.name == resource.name
            ):
                room = work.lab.runs_take(resource, tasks[0].uses)
                runs = -(-sum(task.uses for task in tasks) // room)
                load += runs * min(task.duration for task in tasks)
    usable = resource.count - work.time.down(resource)
    if not work.lab.is_unattended(work.tasks[on[0]].step):
        usable = usable * _open(work)
    done = np.concatenate([[0], np.cumsum(usable)])
    begun = min(heads[i] for i in on)
    ready = int(np.searchsorted(done, done[min(begun, len(done) - 1)] + load))
    return ready + min(tails[i] for i in on)


def _open(work: LabWork) -> np.ndarray:
    open_ = np.zeros(work.time.n_slots, dtype=int)
    for first, end in work.time.windows:
        open_[first:end] = 1
    return open_


def _heads(work: LabWork) -> list[int]:
    """Earliest start of each task if nothing but its own sample were there."""
    heads: list[int] = []
    ends: list[int] = []
    for task in work.tasks:
        ready = max([task.released, *(ends[b] for b in task.before)])
        start = _next_start(work, task, ready)
        heads.append(start)
        ends.append(_next_end(work, task, start + task.duration))
    return heads


def _next_start(work: LabWork, task: Task, ready: int) -> int:
    hands = task.duration if task.attended else task.hands_on_start
    spans = work.time.starts(hands, before=task.last_start)
    return next((max(first, ready) for first, last in spans if last >= ready), work.time.n_slots)


def _next_end(work: LabWork, task: Task, ready: int) -> int:
    if task.attended:
        return ready
    spans = work.time.ends(task.hands_on_end)
    return next((max(first, ready) for first, last in spans if last >= ready), work.time.n_slots)


def _tails(work: LabWork) -> list[int]:
    """Slots that a sample needs at least after each task."""
    tails = [0] * len(work.tasks)
    for i in range(len(work.tasks) - 1, -1, -1):
        for earlier in work.tasks[i].before:
            tails[earlier] = max(tails[earlier], tails[i] + work.tasks[i].duration)
    return tails
