"""The cheapest timetable of a few tasks, found by trying all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from ovenbird.planner.lab import Lab, Step
from ovenbird.planner.lab_sample import Horizon, LabSample
from ovenbird.planner.timetable import Timetable

from .timetable_checker import QUARTER, Checked, before, duration, fits, quarters

Key = tuple[str, str]
Times = tuple[int, int]


class TooManyWays(Exception):
    """Trying all of them would take too long."""


def origin_of(horizon: Horizon) -> datetime:
    """The quarter hour that a horizon begins in."""
    midnight = datetime.combine(horizon.start.date(), time.min)
    return midnight + (horizon.start - midnight) // QUARTER * QUARTER


def cost(samples: Sequence[LabSample], horizon: Horizon, timetable: Timetable) -> int:
    """What a timetable minimises, in quarter hours, as `LabWork.cost` says it."""
    origin = origin_of(horizon)
    times = {
        (task.experiment, task.step): ((task.start - origin) // QUARTER, (task.end - origin) // QUARTER)
        for task in timetable.tasks
        if not task.under_way
    }
    begun = {task.run or f"{task.experiment} {task.step}": task for task in timetable.tasks if task.under_way}
    return _cost(times) + sum((task.end - origin) // QUARTER for task in begun.values())


def _cost(times: Mapping[Key, Times]) -> int:
    ends: dict[str, int] = {}
    for (experiment, _), (_, end) in times.items():
        ends[experiment] = max(ends.get(experiment, end), end)
    total = sum(start + end for start, end in times.values())
    return 2 * len(ends) * max(ends.values(), default=0) + 2 * sum(ends.values()) + total


@dataclass
class _Run:
    """A run as it grows."""

    key: tuple[str, str, Times]
    shared: tuple[object, ...]
    uses: list[int]


@dataclass(frozen=True)
class _Open:
    """A run that goes on, with the slots in which it may end."""

    step: Step
    samples: tuple[str, ...]
    start: int
    ends: tuple[int, ...]
    weight: int


@dataclass
class Exhaustive:
    """All ways to place what is left to do of two samples."""

    lab: Lab
    samples: Sequence[LabSample]
    horizon: Horizon
    most_nodes: int = 60_000
    nodes: int = 0
    best: int | None = None
    last_end: int | None = None
    times: dict[Key, Times] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert len(self.samples) <= 2 and not any(sample.carried_over for sample in self.samples)
        self.checked = Checked(self.lab, self.samples, self.horizon, Timetable())
        self.origin = origin_of(self.horizon)
        self.n = (self.horizon.end - self.origin) // QUARTER
        self.tasks = [
            (sample, step)
            for step in self.lab.steps
            for sample in self.samples
            if (sample.id, step.name) in self.checked.wanted and step.name not in sample.under_way
        ]
        self.domains = [self._domain(sample, step) for sample, step in self.tasks]
        self.machines = {name: self._free_machines(name) for name in self.lab.resources}
        self.hands = self._free_hands()
        self.open = self._open_runs()
        self.open_ends: dict[Key, int] = {}
        self.open_cost = 0
        self.runs: list[_Run] = []

    def _moment(self, slot: int) -> datetime:
        return self.origin + slot * QUARTER

    def _ends(self, hands: int) -> list[int]:
        """Slots at which something may end that has kept hands busy for so long."""
        moments = ((slot, self._moment(slot)) for slot in range(hands, self.n + 1))
        return [slot for slot, moment in moments if self.checked.is_open(moment - hands * QUARTER, moment)]

    def _domain(self, sample: LabSample, step: Step) -> list[Times]:
        """Every start and end that the calendar and the horizon allow, cheapest first."""
        takes = duration(step, sample) // QUARTER
        free = self.checked.unattended(step)
        begins = quarters(step.hands_on_start_h) if free else takes * QUARTER
        ends = self._ends(quarters(step.hands_on_end_h) // QUARTER if free else takes)
        found: list[Times] = []
        for start in range(self.n):
            moment = self._moment(start)
            there = any(opens <= moment < closes for opens, closes in self.checked.open)
            in_time = self.horizon.start <= moment < self.horizon.last_start
            if there and in_time and self.checked.is_open(moment, moment + begins):
                last = self.n if free else start + takes
                found += [(start, end) for end in ends if start + takes <= end <= last]
        return sorted(found, key=lambda times: (sum(times), times))

    def _open_runs(self) -> list[_Open]:
        """What goes on: what needs hands all along ends when it is ready, or now if it should have ended."""
        groups: dict[tuple[str, str], list[LabSample]] = {}
        for sample in self.samples:
            for name, begun in sample.under_way.items():
                groups.setdefault((name, begun.run or sample.id), []).append(sample)
        found = []
        for (name, _), members in groups.items():
            step = self.checked.step[name]
            begun = members[0].under_way[name]
            soonest = max(begun.ready, self.horizon.start)
            first = -((self.origin - soonest) // QUARTER)
            ends = (first,)
            if self.checked.unattended(step):
                ends = tuple(e for e in self._ends(quarters(step.hands_on_end_h) // QUARTER) if e >= first)
            start = (begun.start - self.origin) // QUARTER
            found.append(_Open(step, tuple(s.id for s in members), start, ends, self._weight(step)))
        return found

    def _weight(self, step: Step) -> int:
        return step.uses if step.on is not None and self.lab.resources[step.on].slots == 1 else 1

    def _free_machines(self, name: str) -> list[int]:
        resource = self.lab.resources[name]
        return [
            resource.count - sum(o.count for o in resource.outages if o.start <= self._moment(slot) < o.end)
            for slot in range(self.n)
        ]

    def _free_hands(self) -> list[int]:
        calendar = self.lab.calendar
        if calendar is None or calendar.people is None:
            return [len(self.samples) * 9] * self.n
        return [
            calendar.people
            - sum(a.people for a in calendar.absences if a.start <= self._moment(slot) < a.end)
            for slot in range(self.n)
        ]

    def search(self) -> "Exhaustive":
        """Try everything; the cheapest is in `best`, and the earliest last end of any in `last_end`."""
        self._close(0)
        return self

    def _close(self, number: int) -> None:
        """End what goes on at every moment it may end; what it takes before that, it has taken already."""
        if number == len(self.open):
            self._place(0)
            return
        run = self.open[number]
        free = self.checked.unattended(run.step)
        for end in run.ends:
            wanted = (
                self._hands(run.step, (run.start, end), begun=True) if free else range(max(run.start, 0), end)
            )
            if end > self.n or (free and any(self.hands[slot] < 1 for slot in wanted)):
                continue
            booked = [(self.hands, slot, 1) for slot in wanted]
            if run.step.on is not None:
                machines = self.machines[run.step.on]
                booked += [(machines, slot, run.weight) for slot in range(max(run.start, 0), end)]
            self._book(booked, 1)
            self.open_ends |= {(sample, run.step.name): end for sample in run.samples}
            self.open_cost += end
            self._close(number + 1)
            self.open_cost -= end
            self._book(booked, -1)

    def _book(self, booked: Iterable[tuple[list[int], int, int]], sign: int) -> None:
        for free, slot, needed in booked:
            free[slot] -= sign * needed

    def _place(self, number: int) -> None:
        self.nodes += 1
        if self.nodes > self.most_nodes:
            raise TooManyWays
        if number == len(self.tasks):
            total = _cost(self.times) + self.open_cost
            self.best = total if self.best is None else min(self.best, total)
            end = max((end for _, end in self.times.values()), default=0)
            self.last_end = end if self.last_end is None else min(self.last_end, end)
            return
        sample, step = self.tasks[number]
        for times in self.domains[number]:
            if self._in_order(sample, step, times):
                self.times[sample.id, step.name] = times
                if self._can_be_better(number + 1):
                    self._enter(number, sample, step, times)
                del self.times[sample.id, step.name]

    def _can_be_better(self, number: int) -> bool:
        """Whether what is placed so far leaves room for a cheaper timetable, or for one that ends earlier."""
        if self.best is None or self.last_end is None:
            return True
        rest = sum(sum(domain[0]) if domain else 0 for domain in self.domains[number:])
        end = max(end for _, end in self.times.values())
        return _cost(self.times) + self.open_cost + rest < self.best or end < self.last_end

    def _in_order(self, sample: LabSample, step: Step, times: Times) -> bool:
        earlier = [(sample.id, name) for name in before(self.lab, sample, step)]
        ends = [self.times[key][1] for key in earlier if key in self.times]
        ends += [self.open_ends[key] for key in earlier if key in self.open_ends]
        if not ends:
            return True
        longest = None if step.wait_at_most_h is None else step.wait_at_most_h * 4
        return max(ends) <= times[0] and (longest is None or times[0] - max(ends) <= longest)

    def _enter(self, number: int, sample: LabSample, step: Step, times: Times) -> None:
        """Put a task into a run that is there, or onto a machine of its own, and go on."""
        shared: tuple[object, ...] = ()
        if step.on is not None:
            resource = self.lab.resources[step.on]
            shared = tuple(sample.conditions.get(name) for name in resource.shares)
            if not fits(self.lab, resource, [step.uses]):
                return
            for run in self.runs:
                alike = (run.key, run.shared) == ((step.on, step.name, times), shared)
                if resource.slots > 1 and alike and fits(self.lab, resource, [*run.uses, step.uses]):
                    run.uses.append(step.uses)
                    self._place(number + 1)
                    run.uses.pop()
                    return
        booked = [(self.hands, slot, 1) for slot in self._hands(step, times)]
        if step.on is not None:
            booked += [(self.machines[step.on], slot, self._weight(step)) for slot in range(*times)]
        if any(free[slot] < needed for free, slot, needed in booked):
            return
        self._book(booked, 1)
        self.runs.append(_Run((step.on or "", step.name, times), shared, [step.uses]))
        self._place(number + 1)
        self.runs.pop()
        self._book(booked, -1)

    def _hands(self, step: Step, times: Times, *, begun: bool = False) -> set[int]:
        """Slots for which a task keeps hands busy; of what has begun, those that are to come."""
        start, end = times
        if not self.checked.unattended(step):
            return set(range(start, end))
        begins, finishes = (
            quarters(step.hands_on_start_h) // QUARTER,
            quarters(step.hands_on_end_h) // QUARTER,
        )
        first = set() if begun else set(range(start, start + begins))
        return first | set(range(end - finishes, end))
