"""What people do in a week: machines are started and emptied, other work takes them from and to a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from ...datasets import NOT_STATED, shortest
from ...models.picture_style import in_words
from ...planner.lab import Lab
from ...planner.week_plan import WeekPlan
from ..plan_parts import Part, parts
from ..plan_words import Units, clock, machine_in_words, one_line, settings_in_words, when

Kind = Literal["empty", "start", "attend"]

_ORDER: Mapping[Kind, int] = {"empty": 0, "start": 1, "attend": 2}  # a machine is emptied before it is filled


@dataclass(frozen=True, kw_only=True)
class ToDo:
    """One thing that a person does at one time.

    Attributes
    ----------
    day
        On which it is done.
    time
        ``Mon 09:00``, or from and to: the heading of the day may be on another page.
    what, machine, settings, samples
        In words.
    """

    day: date
    time: str
    what: str
    machine: str
    settings: str
    samples: str


@dataclass(frozen=True, kw_only=True)
class _Action:
    """What is done with one part of the plan: its begin, its end, or all of it."""

    kind: Kind
    start: datetime
    end: datetime
    part: Part

    @property
    def alike(self) -> tuple[object, ...]:
        """What has it in common with others is done with them in one go."""
        part = self.part
        settings = tuple(sorted((name, str(value)) for name, value in part.settings.items()))
        ready = part.ready if self.kind == "empty" else None
        return (self.start, self.end, self.kind, part.resource, part.step, ready, settings)

    @property
    def order(self) -> tuple[datetime, int, str, tuple[int, ...], str]:
        """By time, then kind, then machine."""
        return (self.start, _ORDER[self.kind], self.part.resource or "", self.part.machines, self.part.name)


def to_dos(plan: WeekPlan, lab: Lab, units: Units) -> dict[date, tuple[ToDo, ...]]:
    """Everything that people do, by day; working days without anything to do are there as well.

    Parameters
    ----------
    plan
        Finished.
    lab
        Which steps need hands all along, and when the lab is open.
    units
        Of the parameters.
    """
    together: dict[tuple[object, ...], list[_Action]] = defaultdict(list)
    actions = (action for part in parts(plan, lab) for action in _actions(part))
    for action in sorted(actions, key=lambda action: action.order):
        together[action.alike].append(action)
    found: dict[date, list[ToDo]] = defaultdict(list)
    for alike in together.values():
        one = _to_do(alike, plan, lab, units)
        found[one.day].append(one)
    return {day: tuple(found.get(day, ())) for day in _days(found, plan, lab)}


def _days(found: Mapping[date, object], plan: WeekPlan, lab: Lab) -> list[date]:
    if not found:
        return []
    first, last = min(plan.start.date(), *found), max(found)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    is_open = lab.calendar.is_working_day if lab.calendar is not None else (lambda day: True)
    return [day for day in days if day in found or is_open(day)]


def _actions(part: Part) -> list[_Action]:
    """What is done of a part; how something was begun before the plan is nobody's task any more."""
    if part.attended:
        return [_Action(kind="attend", start=part.start, end=part.end, part=part)]
    declared = part.declared
    at_start = timedelta(hours=0 if declared is None else declared.hands_on_start_h)
    at_end = timedelta(hours=0 if declared is None else declared.hands_on_end_h)
    emptied = _Action(kind="empty", start=part.end - at_end, end=part.end, part=part)
    if part.under_way:
        return [emptied]
    return [_Action(kind="start", start=part.start, end=part.start + at_start, part=part), emptied]


def _to_do(actions: Sequence[_Action], plan: WeekPlan, lab: Lab, units: Units) -> ToDo:
    first, members = actions[0], [action.part for action in actions]
    part = first.part
    numbers = sorted({number for member in members for number in member.machines})
    known = lab.resources.get(part.resource) if part.resource is not None else None
    machine = machine_in_words(part.resource, numbers, 1 if known is None else known.count)
    names = ", ".join(member.name for member in members if member.name)
    return ToDo(
        day=first.start.date(),
        time=_time(first, plan),
        what=one_line(_what(first, f"{machine} {names}", plan, units)),
        machine=machine,
        settings=_settings(part, units) if first.kind != "empty" else "",
        samples=_samples(members),
    )


def _time(action: _Action, plan: WeekPlan) -> str:
    start, end = action.start, action.end
    said = when(start, plan.start)
    if end <= start:
        return said
    return f"{said} - {clock(end) if end.date() == start.date() else when(end, plan.start)}"


def _what(action: _Action, place: str, plan: WeekPlan, units: Units) -> str:
    part = action.part
    step = one_line(in_words(part.step))
    if action.kind == "start":
        settings = settings_in_words(part.settings, units)
        begun = f"start {place}: {step}" if part.resource is not None else f"start {step}"
        return f"{begun}, {settings}" if settings else begun
    if action.kind == "empty":
        waited = part.ready < action.start
        since = f" (ready since {when(part.ready, plan.start)})" if waited else ""
        return (f"empty {place}" if part.resource is not None else f"end {step}") + since
    return f"{step} on {place}" if part.resource is not None else step


def _settings(part: Part, units: Units) -> str:
    said = []
    for name, value in part.settings.items():
        if value is None:
            continue
        shown = "?" if value is NOT_STATED else value if isinstance(value, str) else shortest(float(value))
        said.append(f"{in_words(name)} {shown} {units.get(name) or ''}".rstrip())
    return one_line(", ".join(said))


def _samples(members: Sequence[Part]) -> str:
    """Ids, with the run that each goes into where there are several."""
    if len(members) == 1 or not all(member.name for member in members):
        return one_line(", ".join(id_ for member in members for id_ in member.samples))
    return one_line("; ".join(f"{member.name}: {', '.join(member.samples)}" for member in members))
