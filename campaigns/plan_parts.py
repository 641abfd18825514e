"""A plan part by part: what goes onto a machine, or through somebody's hands, in one go."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from ..planner.lab import Lab, Outage, Step
from ..planner.week_plan import WeekPlan
from ..planner.work_in_plan import Work, work_in
from ..planner.working_time import WorkingTime
from .plan_words import machine_in_words


@dataclass(frozen=True, kw_only=True)
class Part(Work):
    """A run of a machine, or work by hand on samples that are taken together, with what the lab says of it.

    Attributes
    ----------
    declared
        The step as the lab has it, or None if the lab knows it no more.
    attended
        Whether hands are needed all along.
    """

    declared: Step | None
    attended: bool

    @property
    def gate(self) -> str | None:
        """Yes/no response without which its samples go no further."""
        return None if self.declared is None else self.declared.gate

    @property
    def gives(self) -> tuple[str, ...]:
        """Responses that are known after it."""
        return () if self.declared is None else self.declared.gives

    @property
    def waits(self) -> bool:
        """Whether it is ready before anybody is there to end it."""
        return self.ready < self.end


def parts(plan: WeekPlan, lab: Lab) -> tuple[Part, ...]:
    """Everything that a plan holds, by time.

    Parameters
    ----------
    plan
        Finished.
    lab
        Which steps and machines there are; those that it knows no more are shown all the same.
    """
    return tuple(_part(work, lab) for work in work_in(plan.timetable))


def _part(work: Work, lab: Lab) -> Part:
    declared = lab.step_by_name.get(work.step)
    return Part(
        **{part.name: getattr(work, part.name) for part in fields(work)},
        declared=declared,
        attended=work.resource is None if declared is None else not lab.is_unattended(declared),
    )


@dataclass(frozen=True, kw_only=True)
class Lane:
    """Machines that do the same all along, or hands, with what they do; no two parts at the same time.

    Attributes
    ----------
    label
        Name and number.
    resource
        Kind of machine, or None.
    parts
        By time.
    outages
        When they cannot be used.
    """

    label: str
    resource: str | None
    parts: tuple[Part, ...]
    outages: tuple[Outage, ...] = ()


def lanes(plan: WeekPlan, lab: Lab) -> tuple[Lane, ...]:
    """Hands first, then machines in the order of the lab: all that do something, or are out of use.

    Parameters
    ----------
    plan, lab
        As for `parts`.
    """
    everything = parts(plan, lab)
    here: dict[tuple[str | None, int], list[int]] = defaultdict(list)
    for position, part in enumerate(everything):
        for machine in part.machines or (0,):
            here[(part.resource, machine)].append(position)
    down = _outages(plan, lab)
    order = {name: number for number, name in enumerate([None, *lab.resources])}
    places = sorted(
        here | down, key=lambda place: (order.get(place[0], len(order)), place[0] or "", place[1])
    )
    alike: dict[tuple[str | None, tuple[int, ...], tuple[Outage, ...]], list[int]] = defaultdict(list)
    for place in places:
        for row in _rows(here[place], everything):
            alike[(place[0], row, down.get(place, ()))].append(place[1])
    return tuple(
        Lane(
            label=_label(resource, machines, lab),
            resource=resource,
            parts=tuple(everything[position] for position in row),
            outages=outages,
        )
        for (resource, row, outages), machines in alike.items()
    )


def _rows(positions: Sequence[int], everything: Sequence[Part]) -> list[tuple[int, ...]]:
    """Parts in rows without two at the same time: one for a machine, as many as it takes for hands."""
    rows: list[list[int]] = [[]]
    for position in positions:
        start = everything[position].start
        free = next((row for row in rows if not row or everything[row[-1]].end <= start), None)
        if free is None:
            free = []
            rows.append(free)
        free.append(position)
    return [tuple(row) for row in rows]


def _label(resource: str | None, machines: Sequence[int], lab: Lab) -> str:
    known = lab.resources.get(resource) if resource is not None else None
    return machine_in_words(resource, [m for m in machines if m], 1 if known is None else known.count)


def _outages(plan: WeekPlan, lab: Lab) -> dict[tuple[str | None, int], tuple[Outage, ...]]:
    """Outages within the plan by kind and number of the machine; as nobody says which, the last are down."""
    end = max(plan.end, plan.timetable.end or plan.end)
    reported = [
        (
            str(told["resource"]),
            Outage(
                start=_moment(told["start"]),
                end=_moment(told["end"]),
                count=int(str(told["count"])),
                reason=str(told.get("reason", "")),
            ),
        )
        for told in plan.outages
    ]
    found: dict[tuple[str | None, int], list[Outage]] = defaultdict(list)
    for name, resource in lab.resources.items():
        known = {(outage.start, outage.end, outage.count) for outage in resource.outages}
        told = [o for kind, o in reported if kind == name and (o.start, o.end, o.count) not in known]
        for outage in (*resource.outages, *told):
            if outage.start < end and plan.start < outage.end:
                for machine in range(max(1, resource.count - outage.count + 1), resource.count + 1):
                    found[(name, machine)].append(outage)
    return {place: tuple(outages) for place, outages in found.items()}


def _moment(told: object) -> datetime:
    return told if isinstance(told, datetime) else datetime.fromisoformat(str(told))


def path(experiment: str, everything: Iterable[Part]) -> tuple[Part, ...]:
    """What a sample goes through, by time.

    Parameters
    ----------
    experiment
        Its id.
    everything
        From `parts`.
    """
    return tuple(part for part in everything if experiment in part.samples)


def machine_of(part: Part, lab: Lab) -> str:
    """Name and numbers of the machines that a part is on."""
    return _label(part.resource, part.machines, lab)


def closed_hours(lab: Lab, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Stretches of a time during which nobody is there."""
    time = WorkingTime.between(lab.calendar, start, end)
    edges = [start, *(time.moment(slot) for window in time.windows for slot in window), end]
    pairs = ((max(start, edges[i]), min(end, edges[i + 1])) for i in range(0, len(edges), 2))
    return tuple((first, last) for first, last in pairs if first < last)
