"""Plans that were kept, read back from the events of a dataset."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..datasets.store import Event
from ..planner.lab import Outage
from ..planner.timetable import TimedTask, Timetable

ACTION = "plan"


@dataclass(frozen=True, kw_only=True)
class KeptPlans:
    """What the plans kept so far say together; of two that speak of the same step the later one holds.

    Attributes
    ----------
    timetable
        Tasks of all samples.
    week_of
        The last week that each sample was planned for.
    first_week_of
        The first one.
    controls
        Weeks that have their control sample.
    machines_of
        Machines of each run, by its id and start.
    outages
        Machines reported as down, by kind.
    """

    timetable: Timetable = field(default_factory=Timetable)
    week_of: Mapping[str, str] = field(default_factory=dict)
    first_week_of: Mapping[str, str] = field(default_factory=dict)
    controls: frozenset[str] = frozenset()
    machines_of: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    outages: Mapping[str, tuple[Outage, ...]] = field(default_factory=dict)

    def until(self, week: str) -> Timetable:
        """Tasks of the samples that no later week has taken over."""
        tasks = tuple(t for t in self.timetable.tasks if self.week_of.get(t.experiment, "") <= week)
        return Timetable(tasks=tasks)


def read_plans(events: Iterable[Event]) -> KeptPlans:
    """Read the plans among the events of a dataset, oldest first."""
    tasks: dict[tuple[str, str], TimedTask] = {}
    week_of: dict[str, str] = {}
    first_week_of: dict[str, str] = {}
    controls: set[str] = set()
    machines_of: dict[tuple[str, str], tuple[int, ...]] = {}
    outages: dict[str, tuple[Outage, ...]] = {}
    for event in events:
        if event.action != ACTION or "plan" not in event.detail:
            continue
        plan = event.detail["plan"]
        here = [_task(given) for given in plan.get("tasks", ())]
        for task in here:
            tasks[task.experiment, task.step] = task
        # A plan says all that is to be done from its start on with samples of its week and of earlier ones:
        # steps and samples that it leaves out are not to be done.
        spoken = {(task.experiment, task.step) for task in here}
        started = datetime.fromisoformat(plan["start"])
        for key in set(tasks) - spoken:
            if tasks[key].end > started and week_of.get(key[0], "") <= plan["week"]:
                del tasks[key]
        for sample in plan.get("samples", ()):
            week_of[sample["experiment"]] = plan["week"]
            first_week_of.setdefault(sample["experiment"], plan["week"])
            if sample.get("role") == "control":
                controls.add(plan["week"])
        for run in plan.get("runs", ()):
            machines = (run.get("machine", 1), *run.get("more_machines", ()))
            machines_of[run["id"], run["start"]] = machines
        outages = _outages(plan.get("outages", ()))
    return KeptPlans(
        timetable=Timetable(tasks=tuple(tasks.values())),
        week_of=week_of,
        first_week_of=first_week_of,
        controls=frozenset(controls),
        machines_of=machines_of,
        outages=outages,
    )


def _task(given: Mapping[str, Any]) -> TimedTask:
    return TimedTask(
        experiment=given["experiment"],
        step=given["step"],
        resource=given.get("resource"),
        run=given.get("run"),
        start=datetime.fromisoformat(given["start"]),
        ready=datetime.fromisoformat(given.get("ready", given["end"])),
        end=datetime.fromisoformat(given["end"]),
    )


def _outages(given: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Outage, ...]]:
    found: dict[str, tuple[Outage, ...]] = {}
    for one in given:
        outage = Outage(
            start=datetime.fromisoformat(one["start"]),
            end=datetime.fromisoformat(one["end"]),
            count=int(one["count"]),
            reason=one.get("reason", ""),
        )
        found[one["resource"]] = (*found.get(one["resource"], ()), outage)
    return found


def outages_as_json(outages: Mapping[str, Sequence[Outage]]) -> tuple[Mapping[str, object], ...]:
    """Outages in plain types, as plans keep them."""
    return tuple(
        {
            "resource": name,
            "start": outage.start.isoformat(),
            "end": outage.end.isoformat(),
            "count": outage.count,
            **({"reason": outage.reason} if outage.reason else {}),
        }
        for name, several in outages.items()
        for outage in several
    )
