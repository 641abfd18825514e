"""How far each sample has come: from the results that are in, and from what was planned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..datasets import NOT_STATED, Dataset, Experiment, Status
from ..planner.lab import Lab, Outage, Step
from ..planner.lab_sample import LabSample, UnderWay
from ..planner.plan_changes import Happened
from ..planner.timetable import TimedTask
from .kept_plans import KeptPlans
from .plan_words import ids_in_short


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where the samples of a lab stand.

    Attributes
    ----------
    samples
        Those that are planned or under way.
    happened
        Since the plan before.
    messages
        What is missing to know better.
    """

    samples: tuple[LabSample, ...]
    happened: Happened
    messages: tuple[str, ...]


def progress(lab: Lab, own: Dataset, plans: KeptPlans, week: str, as_of: datetime, now: datetime) -> Progress:
    """Find out how far samples will be when a plan begins.

    A step is over once its results are in, or a later step's are; what has no results is where the last
    plan put it.

    Parameters
    ----------
    lab
        With the outages that are known by now.
    own
        Experiments of this lab.
    plans
        Kept before.
    week
        The week to be planned (``2026-W48``).
    as_of
        When the plan begins: until then things go as they were planned.
    now
        By the lab's clock.
    """
    samples: list[LabSample] = []
    missing = _Missing()
    interrupted: dict[str, str] = {}
    early: dict[str, Sequence[str]] = {}
    for experiment in own.experiments:
        if not experiment.is_own or not experiment.is_pending:
            continue
        if plans.week_of.get(experiment.id, "") > week:
            continue
        if _is_unclear(experiment):
            missing.unclear.append(experiment.id)
            continue
        tasks = {task.step: task for task in plans.timetable.of(experiment.id)}
        sample, broken = _sample(lab, experiment, tasks, plans, as_of)
        if broken is not None:
            interrupted[experiment.id] = broken
        known = [
            s.name
            for s in lab.steps_of(experiment.executed)
            if s.name in tasks and _has_results(experiment, s)
        ]
        early[experiment.id] = [name for name in known if tasks[name].end > now]
        goes_on = bool(sample.remaining(lab) or sample.under_way)
        if goes_on:
            samples.append(sample)
        if goes_on or any(task.end > now for task in tasks.values()):
            missing.add_overdue(lab, experiment, tasks, now)
        elif tasks and not sample.left_out:
            missing.silent.append(experiment.id)
    return Progress(
        samples=tuple(samples),
        happened=Happened(ended=_ended(lab, own, plans, now), interrupted=interrupted, known_early=early),
        messages=missing.sentences,
    )


@dataclass
class _Missing:
    """What nobody said, gathered from all samples.

    Attributes
    ----------
    unclear
        Samples whose conditions are not all stated.
    overdue
        Samples of which a gate was to be known by now, with the time, by gate.
    silent
        Samples of which all was to be done by now.
    """

    unclear: list[str] = field(default_factory=list)
    overdue: dict[str, dict[str, datetime]] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)

    def add_overdue(
        self, lab: Lab, experiment: Experiment, tasks: Mapping[str, TimedTask], now: datetime
    ) -> None:
        """Take down the gates that a sample was to have passed by now, and of which nothing is known."""
        for step in lab.steps_of(experiment.executed):
            task = tasks.get(step.name)
            if step.gate and task is not None and task.end <= now and not experiment.values(step.gate):
                self.overdue.setdefault(step.gate, {})[experiment.id] = task.end

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it in words."""
        said = [f"{id_} is in no plan: not all of its conditions are stated." for id_ in self.unclear]
        said += [
            f"{ids_in_short(ends)}: {gate} was to be known by {max(ends.values()):%a %d %b %H:%M} and is not "
            "logged yet; the plan goes on as if it were yes."
            for gate, ends in self.overdue.items()
        ]
        if self.silent:
            said.append(
                f"{ids_in_short(self.silent)}: by plan all is done, but results are missing; log them, or "
                "say with ovenbird fail or ovenbird drop what became of it."
            )
        return tuple(said)


def _is_unclear(experiment: Experiment) -> bool:
    return any(value is NOT_STATED for value in experiment.executed.values())


def _has_results(experiment: Experiment, step: Step) -> bool:
    return bool(step.gives) and all(experiment.values(response) for response in step.gives)


def _sample(
    lab: Lab,
    experiment: Experiment,
    tasks: Mapping[str, TimedTask],
    plans: KeptPlans,
    as_of: datetime,
) -> tuple[LabSample, str | None]:
    """The sample, and the step that an outage interrupted, if any."""
    steps = lab.steps_of(experiment.executed)
    done = {step.name for step in steps if _has_results(experiment, step)}
    begun = {step.name for step in steps if any(experiment.values(response) for response in step.gives)}
    for step in steps:
        # Of what has some results and is in no plan nobody says that it goes on.
        if lab.behind(step, experiment.executed) & begun or step.name in begun - set(tasks):
            done.add(step.name)
    under_way: dict[str, UnderWay] = {}
    broken = None
    for step in steps:
        task = tasks.get(step.name)
        if step.name in done or task is None or task.start >= as_of:
            continue
        outage = _interrupting(lab, step, task, plans)
        if outage is not None:
            broken = step.name
            break
        if task.end <= as_of:
            done.add(step.name)
        else:
            machine, *more = _machines(task, plans)
            under_way[step.name] = UnderWay(
                step=step.name,
                start=task.start,
                ready=task.ready,
                run=task.run,
                machine=machine,
                more_machines=tuple(more),
            )
    failed = [s for s in steps if s.gate and any(v.value is False for v in experiment.values(s.gate))]
    left_out = frozenset(name for step in failed for name in lab.behind(step, experiment.executed))
    return (
        LabSample(
            id=experiment.id,
            conditions=experiment.executed,
            done=frozenset(done),
            left_out=left_out,
            under_way=under_way,
        ),
        broken,
    )


def _interrupting(lab: Lab, step: Step, task: TimedTask, plans: KeptPlans) -> Outage | None:
    """The outage that hit a task on the machine, or machines, that it needs."""
    if step.on is None:
        return None
    resource = lab.resources[step.on]
    last = max(_machines(task, plans))
    for outage in resource.outages:
        # Which of several machines is down nobody says: the last ones.
        is_down = last > resource.count - outage.count
        if is_down and outage.start < task.ready and task.start < outage.end:
            return outage
    return None


def _machines(task: TimedTask, plans: KeptPlans) -> tuple[int, ...]:
    return plans.machines_of.get((task.run or "", task.start.isoformat()), (1,))


def _ended(lab: Lab, own: Dataset, plans: KeptPlans, now: datetime) -> dict[str, str]:
    """Samples that had something before them and go no further, with the reason."""
    waiting = {task.experiment for task in plans.timetable.tasks if task.end > now}
    found: dict[str, str] = {}
    for experiment in own.experiments:
        if experiment.id not in waiting:
            continue
        steps = lab.steps_of(experiment.executed)
        failed = [
            s.gate for s in steps if s.gate and any(v.value is False for v in experiment.values(s.gate))
        ]
        if failed:
            found[experiment.id] = f"{failed[0]} is no"
        elif experiment.status is Status.FAILED:
            note = f": {experiment.note}" if experiment.note else ""
            found[experiment.id] = f"it failed ({experiment.failure}{note})"
        elif experiment.status is Status.DROPPED:
            found[experiment.id] = "it was dropped"
        elif experiment.status is Status.MEASURED:
            found[experiment.id] = "its results are in"
    return found
