"""A timetable: which sample goes onto which machine when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ..datasets import Conditions

SolveStatus = Literal["optimal", "feasible"]


@dataclass(frozen=True, kw_only=True)
class TimedTask:
    """One step of one sample.

    Attributes
    ----------
    experiment
        Id of the sample.
    step, resource
        What is done, and on which kind of machine; None by hand.
    run
        Id of the run that it is part of, or None.
    start
        When it is begun; hands are there.
    ready
        When it could end.
    end
        When it is ended by hand: a furnace that is done at night is emptied in the morning.
    under_way
        Whether it had begun before the plan was made, which then left it alone.
    """

    experiment: str
    step: str
    resource: str | None
    run: str | None
    start: datetime
    ready: datetime
    end: datetime
    under_way: bool = False

    def as_json(self) -> dict[str, object]:
        """In plain types, ISO times."""
        return {
            "experiment": self.experiment,
            "step": self.step,
            "resource": self.resource,
            "run": self.run,
            "start": self.start.isoformat(),
            "ready": self.ready.isoformat(),
            "end": self.end.isoformat(),
            "under_way": self.under_way,
        }


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of one machine with all its samples; work by hand and single samples on machines are runs too.

    Attributes
    ----------
    id
        Short, for labels: the machine's initials and a number (``TF2``).
    resource, machine
        Kind of machine, and which of them, counted from 1.
    more_machines
        Further ones that it takes as well, such as the channels of a second and third cell.
    step
        What is done.
    settings
        What its samples have in common, by parameter.
    start, ready, end
        As for a task.
    samples
        Ids.
    under_way
        Whether it had begun before the plan was made.
    """

    id: str
    resource: str
    machine: int
    step: str
    settings: Conditions
    start: datetime
    ready: datetime
    end: datetime
    samples: tuple[str, ...]
    more_machines: tuple[int, ...] = ()
    under_way: bool = False

    def as_json(self) -> dict[str, object]:
        """In plain types, ISO times."""
        return {
            "id": self.id,
            "resource": self.resource,
            "machine": self.machine,
            **({"more_machines": list(self.more_machines)} if self.more_machines else {}),
            "step": self.step,
            "settings": dict(self.settings),
            "start": self.start.isoformat(),
            "ready": self.ready.isoformat(),
            "end": self.end.isoformat(),
            "samples": list(self.samples),
            "under_way": self.under_way,
        }


@dataclass(frozen=True, kw_only=True)
class Timetable:
    """Runs and tasks, by time.

    Attributes
    ----------
    tasks, runs
        By their starts.
    status
        ``optimal`` if it is proven that no other is better by what is minimised, else ``feasible``.
    gap
        Share of the time until the last end by which an ideal timetable could at most be shorter, 0 if
        optimal.
    """

    tasks: tuple[TimedTask, ...] = ()
    runs: tuple[Run, ...] = ()
    status: SolveStatus = "optimal"
    gap: float = 0.0

    @property
    def end(self) -> datetime | None:
        """When the last sample is done; None if there is none."""
        return max((task.end for task in self.tasks), default=None)

    @property
    def by_run(self) -> Mapping[str, Run]:
        """Runs by id."""
        return {run.id: run for run in self.runs}

    def of(self, experiment: str) -> tuple[TimedTask, ...]:
        """Tasks of a sample, by time."""
        return tuple(task for task in self.tasks if task.experiment == experiment)


@dataclass(frozen=True, kw_only=True)
class Bottleneck:
    """What one more unit of a resource would bring.

    Attributes
    ----------
    resource
        Kind of machine, or ``people``.
    hours_earlier
        By which the last sample would be done earlier.
    more_samples
        That would fit into the week besides.
    sentence
        The same in words.
    """

    resource: str
    hours_earlier: float
    more_samples: int
    sentence: str


@dataclass(frozen=True, kw_only=True)
class SampleInPlan:
    """One sample of a plan.

    Attributes
    ----------
    experiment
        Its id; ``NEW-1`` and so on before the plan is kept.
    conditions
        As planned.
    is_new
        Whether the plan proposes it; else it was planned before, or is under way.
    role
        ``control``, the purpose of a suggestion, or ``""`` for what was planned before.
    grams
        Weighed-in masses by precursor.
    """

    experiment: str
    conditions: Conditions
    is_new: bool
    role: str = ""
    grams: Mapping[str, float] = field(default_factory=dict)
