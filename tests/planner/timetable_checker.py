"""What is wrong with a timetable, found from the meaning of a lab alone.

Everything is reckoned anew with dates and times, and nothing of the planner's own reckoning is used, so that
a mistake there shows here. What had begun before the plan was made is taken as it is.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from ovenbird.planner.lab import Calendar, Lab, Resource, Step
from ovenbird.planner.lab_sample import Horizon, LabSample
from ovenbird.planner.timetable import Run, TimedTask, Timetable

QUARTER = timedelta(minutes=15)
Span = tuple[datetime, datetime]


def quarters(hours: float) -> timedelta:
    """A duration, rounded up to quarter hours."""
    return max(0, math.ceil(hours * 4 - 1e-6)) * QUARTER


def duration(step: Step, sample: LabSample) -> timedelta:
    """How long a step of a sample takes: a constant, and so much per unit of each number it has."""
    total = 0.0
    for name, hours in step.hours.items():
        value = 1.0 if name == "constant" else sample.conditions.get(name)
        total += hours * value if isinstance(value, int | float) else 0.0
    return quarters(total)


def applies(step: Step, sample: LabSample) -> bool:
    """Whether a sample's conditions call for a step."""
    return all(sample.conditions.get(name) in allowed for name, allowed in step.when.items())


def before(lab: Lab, sample: LabSample, step: Step, *, left_out: bool = True) -> frozenset[str]:
    """Steps that must have ended right before one; where a sample skips one, those before that one.

    `left_out` says whether steps that are left out are skipped, as those that do not apply are.
    """
    names = [other.name for other in lab.steps]
    here = names.index(step.name)
    wanted = step.after if step.after is not None else names[max(here - 1, 0) : here]
    found: set[str] = set()
    for name in wanted:
        other = lab.steps[names.index(name)]
        if not applies(other, sample) or (left_out and name in sample.left_out):
            found |= before(lab, sample, other, left_out=left_out)
        else:
            found.add(name)
    return frozenset(found)


def open_spans(calendar: Calendar | None, first: date, last: date) -> list[Span]:
    """When hands are there, from the first day to the last; days that adjoin are one stretch."""
    rules = calendar or Calendar()
    found: list[Span] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        closed = any(closure.first <= day <= closure.last for closure in rules.closures)
        if day.weekday() not in rules.days or closed:
            continue
        opens, closes = datetime.combine(day, rules.opens), datetime.combine(day, rules.closes)
        if rules.closes == time.max:
            closes = datetime.combine(day + timedelta(days=1), time.min)
        if found and found[-1][1] == opens:
            opens = found.pop()[0]
        found.append((opens, closes))
    return found


@dataclass(frozen=True)
class Checked:
    """A timetable beside what it was made for."""

    lab: Lab
    samples: Sequence[LabSample]
    horizon: Horizon
    timetable: Timetable

    @cached_property
    def sample(self) -> dict[str, LabSample]:
        return {sample.id: sample for sample in self.samples}

    @cached_property
    def step(self) -> dict[str, Step]:
        return {step.name: step for step in self.lab.steps}

    @cached_property
    def wanted(self) -> Counter[tuple[str, str]]:
        """Samples and steps that must be there."""
        found: Counter[tuple[str, str]] = Counter()
        for sample in self.samples:
            over = sample.done | sample.left_out
            found.update(
                (sample.id, step.name)
                for step in self.lab.steps
                if step.name in sample.under_way or (applies(step, sample) and step.name not in over)
            )
        return found

    @cached_property
    def tasks(self) -> tuple[TimedTask, ...]:
        """Tasks that are known; the others are told of once."""
        return tuple(t for t in self.timetable.tasks if (t.experiment, t.step) in self.wanted)

    @cached_property
    def task(self) -> dict[tuple[str, str], TimedTask]:
        return {(task.experiment, task.step): task for task in self.tasks}

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Runs that are known; the others are told of once."""
        return tuple(r for r in self.timetable.runs if r.resource in self.lab.resources)

    @cached_property
    def open(self) -> list[Span]:
        first = self.horizon.start.date() - timedelta(days=8)
        return open_spans(self.lab.calendar, first, self.horizon.end.date() + timedelta(weeks=6))

    def is_open(self, start: datetime, end: datetime) -> bool:
        """Whether hands are there from one moment to another without a break; a moment may be an edge."""
        return any(opens <= start and end <= closes for opens, closes in self.open)

    def unattended(self, step: Step) -> bool:
        return step.unattended or (step.on is not None and self.lab.resources[step.on].unattended)

    def planned(self, task: TimedTask) -> bool:
        """Whether a task is the planner's choice."""
        return task.step not in self.sample[task.experiment].under_way

    def tasks_of(self, run: Run) -> list[TimedTask]:
        return [task for task in self.tasks if task.run == run.id]

    def is_under_way(self, run: Run) -> bool:
        return any(not self.planned(task) for task in self.tasks_of(run))


def said(task: TimedTask) -> str:
    return f"{task.step} of {task.experiment}"


def presence(c: Checked) -> Iterator[str]:
    """Every remaining step of every sample is there exactly once, and no other."""
    given = Counter((task.experiment, task.step) for task in c.timetable.tasks)
    for experiment, step in c.wanted - given:
        yield f"{step} of {experiment} is missing"
    for experiment, step in given - c.wanted:
        often = (experiment, step) in c.wanted
        yield f"{step} of {experiment} is there " + ("more than once" if often else "without need")
    starts = [task.start for task in c.timetable.tasks]
    if starts != sorted(starts):
        yield "tasks are not in the order of their starts"
    if not 0 <= c.timetable.gap <= 1 or (c.timetable.status == "optimal" and c.timetable.gap):
        yield f"a gap of {c.timetable.gap} does not fit a timetable that is {c.timetable.status}"


def under_way(c: Checked) -> Iterator[str]:
    """What had begun stays as it is, and ends when it is ready or later."""
    for task in c.tasks:
        if task.under_way == c.planned(task):
            yield f"{said(task)} says wrongly whether it is under way"
        begun = c.sample[task.experiment].under_way.get(task.step)
        if begun is None:
            continue
        if task.start != begun.start or not timedelta(0) <= task.ready - begun.ready < QUARTER:
            yield f"{said(task)} is under way and was moved"
        if task.end < begun.ready:
            yield f"{said(task)} is under way and ends before it is ready"
        if task.end < c.horizon.start:
            yield f"{said(task)} is under way and ends in the past"


def order(c: Checked) -> Iterator[str]:
    """Steps follow those before them, nothing behind a gate comes before it, and nobody waits too long."""
    for sample in c.samples:
        for step in c.lab.steps:
            theirs = {s.name for s in c.lab.before(step, sample.conditions)}
            if theirs != before(c.lab, sample, step, left_out=False):
                yield f"the lab is wrong about what comes before {step.name} of {sample.id}"
    for task in filter(c.planned, c.tasks):
        step, sample = c.step[task.step], c.sample[task.experiment]
        earlier = [
            c.task[task.experiment, name]
            for name in before(c.lab, sample, step)
            if (task.experiment, name) in c.task
        ]
        for other in earlier:
            if task.start < other.end:
                yield f"{said(task)} begins before {other.step} has ended"
        latest = max((other.end for other in earlier), default=None)
        wait = step.wait_at_most_h
        if wait is not None and latest is not None and task.start - latest > timedelta(hours=wait):
            yield f"{said(task)} waits longer than {wait:g} h"
        for name in _all_before(c, sample, step):
            gate = c.task.get((sample.id, name))
            if c.step[name].gate is not None and gate is not None and task.start < gate.end:
                yield f"{said(task)} begins before the gate {name} was passed"


def _all_before(c: Checked, sample: LabSample, step: Step) -> set[str]:
    direct = before(c.lab, sample, step)
    return set(direct).union(*(_all_before(c, sample, c.step[name]) for name in direct))


def durations(c: Checked) -> Iterator[str]:
    """Nothing takes less than its time, and what needs hands all along no more."""
    for task in filter(c.planned, c.tasks):
        step = c.step[task.step]
        needed = duration(step, c.sample[task.experiment])
        if task.end - task.start < needed:
            yield f"{said(task)} is too short"
        if not c.unattended(step) and task.end - task.start > needed:
            yield f"{said(task)} is attended and too long"
        if task.ready != task.start + needed:
            yield f"{said(task)} is ready at a wrong time"


def opening_hours(c: Checked) -> Iterator[str]:
    """Hands are there whenever they are needed, at the very least when something begins and ends."""
    for task in c.tasks:
        step = c.step[task.step]
        starts, ends = quarters(step.hands_on_start_h), quarters(step.hands_on_end_h)
        if c.planned(task):
            if not any(opens <= task.start < closes for opens, closes in c.open):
                yield f"{said(task)} begins when nobody is there"
            if not c.unattended(step) and not c.is_open(task.start, task.end):
                yield f"{said(task)} needs hands all along, outside opening hours"
            if c.unattended(step) and not c.is_open(task.start, task.start + starts):
                yield f"{said(task)} needs hands after its start, outside opening hours"
        if c.unattended(step) and not c.is_open(task.end - ends, task.end):
            yield f"{said(task)} needs hands for its end, outside opening hours"


def within_horizon(c: Checked) -> Iterator[str]:
    """Everything lies within the horizon, on quarter hours."""
    for task in c.tasks:
        if c.planned(task) and task.start < c.horizon.start:
            yield f"{said(task)} begins before the horizon"
        bound = not c.sample[task.experiment].carried_over
        if bound and c.planned(task) and task.start >= c.horizon.last_start:
            yield f"{said(task)} begins after the last start"
        if bound and task.end > c.horizon.end:
            yield f"{said(task)} ends after the horizon"
        moments = (task.start, task.end) if c.planned(task) else (task.end,)
        if any((moment - datetime.min) % QUARTER for moment in moments):
            yield f"{said(task)} is not on quarter hours"


def runs(c: Checked) -> Iterator[str]:
    """Every task on a machine is in exactly one run, and runs say of their samples what is so."""
    for name, times in Counter(run.id for run in c.timetable.runs).items():
        if times > 1:
            yield f"run {name} is there more than once"
    for task in c.tasks:
        step = c.step[task.step]
        if task.resource != step.on:
            yield f"{said(task)} is on a wrong kind of machine"
        holding = [r for r in c.timetable.runs if task.experiment in r.samples and r.step == task.step]
        if step.on is None and (holding or task.run is not None):
            yield f"{said(task)} is done by hand and yet in a run"
        if step.on is not None and [run.id for run in holding] != [task.run]:
            yield f"{said(task)} is not in exactly the run that it names"
    for run in c.timetable.runs:
        if run not in c.runs or run.step not in c.step or c.step[run.step].on != run.resource:
            yield f"run {run.id} is of no step on its machine"
            continue
        tasks = c.tasks_of(run)
        if not tasks or Counter(run.samples) != Counter(task.experiment for task in tasks):
            yield f"run {run.id} does not hold the samples that name it"
        if {task.step for task in tasks} - {run.step}:
            yield f"run {run.id} holds another step"
        if any((task.start, task.end) != (run.start, run.end) for task in tasks):
            yield f"run {run.id} is not at the time of its samples"
        if tasks and run.ready != max(task.ready for task in tasks):
            yield f"run {run.id} is ready at another time than its samples"


def sharing(c: Checked) -> Iterator[str]:
    """Samples of a run fit into it, by number and by their settings."""
    for run in c.runs:
        resource, tasks = c.lab.resources[run.resource], c.tasks_of(run)
        if len({c.planned(task) for task in tasks}) > 1:
            yield f"run {run.id} was under way when a sample was added or taken out"
        if any(run.under_way == c.planned(task) for task in tasks):
            yield f"run {run.id} says wrongly whether it is under way"
        for name, value in run.settings.items():
            if any(c.sample[task.experiment].conditions.get(name) != value for task in tasks):
                yield f"run {run.id} states another {name} than its samples have"
        begun = [c.sample[task.experiment].under_way.get(task.step) for task in tasks]
        machines = {(one.run, one.machine) for one in begun if one is not None}
        if len({name for name, _ in machines}) > 1 or any(m not in numbers(run) for _, m in machines):
            yield f"run {run.id} is under way and changed its machine or its samples"
        if c.is_under_way(run):
            continue
        for name in resource.shares:
            if len({c.sample[task.experiment].conditions.get(name) for task in tasks}) > 1:
                yield f"run {run.id} mixes samples of different {name}"
        if len(tasks) > 1 and resource.slots == 1:
            yield f"run {run.id} holds several samples in one place"
        elif not fits(c.lab, resource, [c.step[task.step].uses for task in tasks]):
            yield f"run {run.id} holds more than fits"


def fits(lab: Lab, resource: Resource, uses: Sequence[int]) -> bool:
    """Whether samples find places in one run, and their powder does; with one place, they use machines."""
    powder = len(uses) * (lab.sample_g or 0.0)
    enough = resource.slots == 1 or sum(uses) <= resource.slots
    return enough and (resource.grams is None or powder <= resource.grams + 1e-9)


def machines(c: Checked) -> Iterator[str]:
    """No more machines run than there are, and none does two things at once."""
    for name, resource in c.lab.resources.items():
        mine = [run for run in c.runs if run.resource == name]
        for run in mine:
            if any(not 1 <= number <= resource.count for number in numbers(run)):
                yield f"run {run.id} is on machine {max(numbers(run))} of {resource.count} {name}"
            if len(set(numbers(run))) != needs(c, run):
                yield f"run {run.id} is on a wrong number of machines"
        edges = {run.start for run in mine} | {outage.start for outage in resource.outages}
        for moment in sorted(edges):
            busy = [run for run in mine if run.start <= moment < run.end]
            if all(c.is_under_way(run) for run in busy):
                continue
            down = sum(outage.count for outage in resource.outages if outage.start <= moment < outage.end)
            if sum(needs(c, run) for run in busy) > max(resource.count - down, 0):
                yield f"at {moment:%a %H:%M} more {name} run than there are"
            taken = Counter(number for run in busy for number in numbers(run))
            if any(times > 1 for times in taken.values()):
                yield f"at {moment:%a %H:%M} one {name} does two things at once"


def numbers(run: Run) -> tuple[int, ...]:
    return (run.machine, *run.more_machines)


def needs(c: Checked, run: Run) -> int:
    """How many machines a run takes: one, or where a machine takes one thing, as many as its sample has."""
    one_each = c.lab.resources[run.resource].slots == 1
    return sum(c.step[task.step].uses for task in c.tasks_of(run)) if one_each else 1


def people(c: Checked) -> Iterator[str]:
    """No more hands are busy than there are."""
    calendar = c.lab.calendar
    if calendar is None or calendar.people is None:
        return
    done: dict[tuple[str, str], TimedTask] = {}
    for task in c.tasks:
        key = (task.step, task.experiment) if task.run is None else (task.step, f"run {task.run}")
        done.setdefault(key, task)  # a run needs hands once, whoever is in it
    busy = [(span, chosen) for task in done.values() for span, chosen in _hands(c, task)]
    edges = {start for (start, _), _ in busy} | {absence.start for absence in calendar.absences}
    for moment in sorted(edges):
        at_work = [chosen for (start, end), chosen in busy if start <= moment < end]
        away = sum(a.people for a in calendar.absences if a.start <= moment < a.end)
        if any(at_work) and len(at_work) > max(calendar.people - away, 0):
            yield f"at {moment:%a %H:%M} more hands are needed than there are"


def _hands(c: Checked, task: TimedTask) -> Iterator[tuple[Span, bool]]:
    """When a task keeps one pair of hands busy, and whether the planner chose that time."""
    step = c.step[task.step]
    if not c.unattended(step):
        yield (task.start, task.end), c.planned(task)
        return
    begun = task.start + quarters(step.hands_on_start_h)
    ended = task.end - quarters(step.hands_on_end_h)
    if ended < begun:  # of a task shorter than what its hands do: they are not two pairs
        yield (min(task.start, ended), max(task.end, begun)), True
    else:
        yield (task.start, begun), c.planned(task)
        yield (ended, task.end), True


KINDS: tuple[Callable[[Checked], Iterator[str]], ...] = (
    presence,
    under_way,
    order,
    durations,
    opening_hours,
    within_horizon,
    runs,
    sharing,
    machines,
    people,
)


def violations(lab: Lab, samples: Sequence[LabSample], horizon: Horizon, timetable: Timetable) -> list[str]:
    """One sentence for everything that is wrong with a timetable; none if it can be followed."""
    checked = Checked(lab, samples, horizon, timetable)
    return [sentence for kind in KINDS for sentence in kind(checked)]
