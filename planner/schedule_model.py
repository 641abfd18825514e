"""Samples, machines, hands and hours as a constraint model of OR-tools CP-SAT."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from .lab import Resource
from .lab_work import LabWork, OpenRun, Task
from .placement import Placement
from .timetable import Timetable
from .working_time import stretches

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_SPARE_RUNS = 1  # of each setting, above the fewest that hold its samples
_FEW_RUNS = 4  # where there are no more samples than that, each may have a run of its own
_PRICE_OF_MOVING = 8  # a task is moved only for what is worth two hours of its own, or one of the last end


@dataclass
class PossibleRun:
    """A run that may or may not take place, and who may be in it."""

    start: "cp_model.IntVar"
    end: "cp_model.IntVar"
    present: "cp_model.IntVar | None"
    tasks: tuple[int, ...]
    members: "list[cp_model.IntVar | None]"


class ScheduleModel:
    """The constraint model of one piece of work."""

    def __init__(self, work: LabWork, before: Timetable | None, quick: Placement | None) -> None:
        from ortools.sat.python import cp_model

        self.cp = cp_model
        self.model = cp_model.CpModel()
        self.work, self.before = work, before
        self._quick_runs = Counter(
            work.tasks[run.tasks[0]].key for run in (quick.runs if quick is not None else ())
        )
        self.starts: list[cp_model.IntVar] = []
        self.ends: list[cp_model.IntVar] = []
        self.slots: list[PossibleRun] = []
        self.open_ends: list[cp_model.IntVar] = []
        self._on: dict[str, list[tuple[cp_model.IntervalVar, int]]] = {n: [] for n in work.lab.resources}
        self._hands: list[cp_model.IntervalVar] = []
        for run in work.open_runs:
            self._close(run)
        for number, task in enumerate(work.tasks):
            self._add_times(number, task)
        for number, task in enumerate(work.tasks):
            if task.key is None:
                self._add_single(number, task)
        for positions in work.groups_of_runs.values():
            self._add_runs(positions)
        self._add_order()
        self._add_capacities()
        self._add_objective()

    def _domain(self, intervals: Sequence[tuple[int, int]], low: int, high: int) -> "cp_model.Domain":
        kept = [[max(a, low), min(b, high)] for a, b in intervals if max(a, low) <= min(b, high)]
        return self.cp.Domain.from_intervals(kept)

    def _start_domain(self, task: Task) -> "cp_model.Domain":
        hands = task.duration if task.attended else task.hands_on_start
        starts = self.work.time.starts(hands, before=task.last_start)
        return self._domain(starts, task.released, task.due - task.duration)

    def _end_domain(self, task: Task) -> "cp_model.Domain":
        if task.attended:
            return self._domain([(0, task.due)], 0, task.due)
        return self._domain(self.work.time.ends(task.hands_on_end), task.released + task.duration, task.due)

    def _add_times(self, number: int, task: Task) -> None:
        self.starts.append(self.model.new_int_var_from_domain(self._start_domain(task), f"start{number}"))
        self.ends.append(self.model.new_int_var_from_domain(self._end_domain(task), f"end{number}"))

    def _add_single(self, number: int, task: Task) -> None:
        start, end = self.starts[number], self.ends[number]
        self._add_duration(start, end, task.duration, attended=task.attended)
        self.slots.append(PossibleRun(start, end, None, (number,), [None]))
        if task.resource is not None:
            self._occupy(task.resource, start, end, None, task.uses)
        self._take_hands(task, start, end, None)

    def _add_runs(self, positions: tuple[int, ...]) -> None:
        tasks = [self.work.tasks[i] for i in positions]
        first = tasks[0]
        assert first.resource is not None
        room = self.work.lab.runs_take(first.resource, first.uses)
        fewest = -(-sum(task.uses for task in tasks) // room)
        n_runs = max(fewest + _SPARE_RUNS, self._quick_runs[first.key], _FEW_RUNS)
        n_runs = min(len(tasks), n_runs)
        slots = [self._run(positions, r) for r in range(n_runs)]
        for place, number in enumerate(positions):
            self.model.add_exactly_one([self.member(slot, place) for slot in slots])
            for slot in slots:
                inside = self.member(slot, place)
                self.model.add(self.starts[number] == slot.start).only_enforce_if(inside)
                self.model.add(self.ends[number] == slot.end).only_enforce_if(inside)
                self.model.add(slot.end - slot.start >= self.work.tasks[number].duration).only_enforce_if(
                    inside
                )
        for slot in slots:
            assert slot.present is not None
            uses = [t.uses * self.member(slot, place) for place, t in enumerate(tasks)]
            self.model.add(sum(uses) <= room * slot.present)
            self.model.add_bool_or([self.member(slot, place) for place in range(len(tasks))]).only_enforce_if(
                slot.present
            )
            self._occupy(first.resource, slot.start, slot.end, slot.present, 1)
            self._take_hands(first, slot.start, slot.end, slot.present)
        for earlier, later in pairwise(slots):
            assert earlier.present is not None and later.present is not None
            # Runs of the same setting are alike: the first in time is the first by number.
            self.model.add_implication(later.present, earlier.present)
            self.model.add(earlier.start <= later.start).only_enforce_if(later.present)
        self.slots += slots

    def member(self, slot: PossibleRun, place: int) -> "cp_model.IntVar":
        """Whether the task at a place among those that could share a run is in it."""
        member = slot.members[place]
        assert member is not None
        return member

    def _run(self, positions: tuple[int, ...], number: int) -> PossibleRun:
        tasks = [self.work.tasks[i] for i in positions]
        shortest = min(tasks, key=lambda task: task.duration)
        name = f"{tasks[0].key}{number}"
        start = self.model.new_int_var_from_domain(self._start_domain(shortest), f"start {name}")
        end = self.model.new_int_var_from_domain(self._end_domain(shortest), f"end {name}")
        present = self.model.new_bool_var(f"present {name}")
        members = [self.model.new_bool_var(f"in {name} {i}") for i in positions]
        if tasks[0].attended:
            longest = max(task.duration for task in tasks)
            for place, task in enumerate(tasks):
                if task.duration == longest:
                    self.model.add(end - start == longest).only_enforce_if(members[place])
        self.model.add(end - start >= shortest.duration).only_enforce_if(present)
        return PossibleRun(start, end, present, positions, list(members))

    def _add_duration(
        self, start: "cp_model.IntVar", end: "cp_model.IntVar", duration: int, *, attended: bool
    ) -> None:
        if attended:
            self.model.add(end == start + duration)
        else:
            self.model.add(end >= start + duration)

    def _occupy(
        self,
        resource: Resource,
        start: "cp_model.IntVar",
        end: "cp_model.IntVar",
        present: "cp_model.IntVar | None",
        demand: int,
    ) -> None:
        self._on[resource.name].append((self._interval(start, None, end, present), demand))

    def _interval(
        self,
        start: "cp_model.LinearExprT",
        size: int | None,
        end: "cp_model.LinearExprT",
        present: "cp_model.IntVar | None",
    ) -> "cp_model.IntervalVar":
        length = self.model.new_int_var(0, self.work.time.n_slots, "size") if size is None else size
        if present is None:
            return self.model.new_interval_var(start, length, end, "")
        return self.model.new_optional_interval_var(start, length, end, present, "")

    def _take_hands(
        self,
        task: Task,
        start: "cp_model.IntVar",
        end: "cp_model.IntVar",
        present: "cp_model.IntVar | None",
    ) -> None:
        if self.work.time.people is None:
            return
        if task.attended:
            size = task.duration if present is None else None
            self._hands.append(self._interval(start, size, end, present))
            return
        if task.hands_on_start:
            begun = start + task.hands_on_start
            self._hands.append(self._interval(start, task.hands_on_start, begun, present))
        if task.hands_on_end:
            self._hands.append(self._interval(end - task.hands_on_end, task.hands_on_end, end, present))

    def _close(self, run: OpenRun) -> None:
        time = self.work.time
        earliest = max(run.ready, self.work.first)
        if run.attended:
            domain = self._domain([(earliest, earliest)], 0, time.n_slots)
        else:
            domain = self._domain(time.ends(run.hands_on_end), earliest, run.due)
        end = self.model.new_int_var_from_domain(domain, "open end")
        self.open_ends.append(end)
        begun = max(run.start, 0)
        if run.resource is not None:
            size = self.model.new_int_var(0, time.n_slots, "open size")
            interval = self.model.new_interval_var(begun, size, end, "open")
            self._on[run.resource.name].append((interval, run.uses))
        if time.people is not None and (run.attended or run.hands_on_end):
            size = max(earliest - begun, 0) if run.attended else run.hands_on_end
            self._hands.append(self.model.new_interval_var(end - size, size, end, "open hands"))

    def _add_order(self) -> None:
        for number, task in enumerate(self.work.tasks):
            earlier = [self.ends[b] for b in task.before]
            earlier += self.work.open_ends_before(task, self.open_ends)
            for end in earlier:
                self.model.add(self.starts[number] >= end)
            if task.wait is not None and earlier:
                last = earlier[0]
                if len(earlier) > 1:
                    last = self.model.new_int_var(0, self.work.time.n_slots, "last")
                    self.model.add_max_equality(last, earlier)
                self.model.add(self.starts[number] - last <= task.wait)

    def _add_capacities(self) -> None:
        time = self.work.time
        for name, on in self._on.items():
            resource = self.work.lab.resources[name]
            intervals, demands = [i for i, _ in on], [d for _, d in on]
            for first, end, count in stretches(time.down(resource)):
                intervals.append(self.model.new_fixed_size_interval_var(first, end - first, "down"))
                demands.append(count)
            if intervals:
                self.model.add_cumulative(intervals, demands, resource.count)
        if time.people is None or not self._hands:
            return
        most = int(time.people.max(initial=0))
        intervals, demands = list(self._hands), [1] * len(self._hands)
        for first, end, away in stretches(most - time.people):
            intervals.append(self.model.new_fixed_size_interval_var(first, end - first, "away"))
            demands.append(away)
        self.model.add_cumulative(intervals, demands, most)

    def _add_objective(self) -> None:
        time = self.work.time
        self.cost: cp_model.LinearExpr | int = sum(self.ends) + sum(self.starts) + sum(self.open_ends)
        if self.work.tasks:
            last = self.model.new_int_var(0, time.n_slots, "last end")
            of_samples = []
            for positions in self.work.last_tasks.values():
                end = self.ends[positions[0]]
                if len(positions) > 1:
                    end = self.model.new_int_var(0, time.n_slots, "sample end")
                    self.model.add_max_equality(end, [self.ends[i] for i in positions])
                of_samples.append(end)
                self.model.add(last >= end)
            self.cost += 2 * len(of_samples) * last + 2 * sum(of_samples)
        self.model.minimize(self.cost + self._moves())

    def _moves(self) -> "cp_model.LinearExpr | int":
        """A price on every task that does not begin when it was to begin."""
        if self.before is None:
            return 0
        planned = {(t.experiment, t.step): t for t in self.before.tasks}
        moved = []
        for number, task in enumerate(self.work.tasks):
            old = planned.get((task.sample, task.step.name))
            if old is None:
                continue
            slot = self.work.time.slot(old.start)
            stays = self.model.new_bool_var("stays")
            self.model.add(self.starts[number] == slot).only_enforce_if(stays)
            moved.append(1 - stays)
        return _PRICE_OF_MOVING * sum(moved) if moved else 0
