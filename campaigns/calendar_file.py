"""A plan as a calendar file (RFC 5545): one event for each time at which hands are needed."""

import json
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..planner.lab import Lab
from ..planner.week_plan import WeekPlan
from ..planner.wording import in_full
from .plan_parts import Part, machine_of, parts, path
from .plan_words import (
    Units,
    ids_in_short,
    one_line,
    setting_list,
    settings_in_words,
    when,
)

if TYPE_CHECKING:
    import icalendar

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "ovenbird:plan")
_SHORTEST = timedelta(minutes=15)  # what takes no time to speak of is still seen in a calendar
_ALARM = timedelta(minutes=-15)
_SEQUENCE_BEGINS = datetime(2020, 1, 1)
_NOT_KEPT = "NEW-"  # samples of a plan that was not kept: next week others are called so


@dataclass(frozen=True, kw_only=True)
class _Event:
    """A time at which hands are needed."""

    kind: str
    part: Part
    start: datetime
    end: datetime
    summary: str
    details: Sequence[str]


def calendar_file(plan: WeekPlan, name: str, lab: Lab, units: Units | None = None) -> bytes:
    """Write the starts and ends of runs and all attended work as events, in the lab's own time.

    Events that stand for the same work have the same UID in every plan of a campaign: a later plan's
    file moves them in people's calendars.

    Parameters
    ----------
    plan
        Finished, best when kept: then its samples have lasting ids.
    name
        Of the campaign.
    lab
        That it is for: its steps say what is attended, and what gives results.
    units
        Of the parameters, by name; without them settings stand with their names.
    """
    import icalendar

    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Ovenbird//lab week//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _plain(one_line(name)))
    for event in _events(plan, lab, units or {}):
        calendar.add_component(_component(event, plan, name, lab))
    return calendar.to_ical()


def _events(plan: WeekPlan, lab: Lab, units: Units) -> list[_Event]:
    everything = parts(plan, lab)
    found = [
        event
        for part in everything
        for event in (_attended if part.attended else _unattended)(part, plan, lab, units, everything)
    ]
    return sorted(found, key=lambda event: (event.start, event.end, event.summary, event.kind))


def _attended(
    part: Part, plan: WeekPlan, lab: Lab, units: Units, everything: Sequence[Part]
) -> Iterator[_Event]:
    if part.end > plan.start:
        yield _Event(
            kind="attended",
            part=part,
            start=part.start,
            end=max(part.end, part.start + _SHORTEST),
            summary=_summary(part, "", units),
            details=[*_what(part, plan, lab, units, everything), *_afterwards(part, plan, everything)],
        )


def _unattended(
    part: Part, plan: WeekPlan, lab: Lab, units: Units, everything: Sequence[Part]
) -> Iterator[_Event]:
    """Its start, unless it has begun, and its end: hands are needed before the end, if for any time."""
    what = _what(part, plan, lab, units, everything)
    declared = part.declared
    if not part.under_way:
        hands = timedelta(hours=0.0 if declared is None else declared.hands_on_start_h)
        ready = f"Ready {when(part.ready, plan.start)}, to be emptied {when(part.end, plan.start)}"
        yield _Event(
            kind="start",
            part=part,
            start=part.start,
            end=part.start + max(hands, _SHORTEST),
            summary=_summary(part, "start ", units),
            details=[*what, ready],
        )
    hands = timedelta(hours=0.0 if declared is None else declared.hands_on_end_h)
    start = part.end - hands
    yield _Event(
        kind="end",
        part=part,
        start=start,
        end=start + max(hands, _SHORTEST),
        summary=_summary(part, "read " if part.gives else "empty ", units),
        details=[*what, f"Ready {when(part.ready, plan.start)}", *_afterwards(part, plan, everything)],
    )


def _summary(part: Part, verb: str, units: Units) -> str:
    """What is to be done, so short that a calendar shows it: of the settings the numbers only."""
    numbers = {name: value for name, value in part.settings.items() if not isinstance(value, str)}
    settings = setting_list(numbers, units) if verb in ("", "start ") else []
    what = one_line(" ".join([part.step, *settings]))
    named = f"{part.name}: " if part.name else ""
    return one_line(f"{verb}{named}{what}, {ids_in_short(part.samples)}")


def _what(part: Part, plan: WeekPlan, lab: Lab, units: Units, everything: Sequence[Part]) -> list[str]:
    said = [f"Machine: {machine_of(part, lab)}"]
    if part.settings:
        said.append(f"Settings: {settings_in_words(part.settings, units)}")
    said.append(f"Samples: {', '.join(map(one_line, part.samples))}")
    for sample in part.samples:
        grams = plan.by_id[sample].grams if sample in plan.by_id else {}
        if grams and path(sample, everything)[0] is part:
            weighed = ", ".join(f"{name} {in_full(mass, 'g')}" for name, mass in grams.items())
            said.append(f"Weigh in for {one_line(sample)}: {one_line(weighed)}")
    return said


def _afterwards(part: Part, plan: WeekPlan, everything: Sequence[Part]) -> list[str]:
    """Results to be logged, and where each sample goes."""
    said = [f"Results to log: {', '.join(map(one_line, part.gives))}"] if part.gives else []
    if part.gate is not None:
        said.append(f"Gate: only samples with {one_line(part.gate)} go further")
    following: dict[str, list[str]] = {}
    for sample in part.samples:
        after = next((p for p in path(sample, everything) if p.start >= part.end and p is not part), None)
        where = "no further step" if after is None else one_line(f"{after.step} {after.name}")
        at = "" if after is None else f" {when(after.start, plan.start)}"
        following.setdefault(f"{where}{at}", []).append(sample)
    return said + [f"Next: {next_}, {one_line(ids_in_short(ids))}" for next_, ids in following.items()]


def _component(event: _Event, plan: WeekPlan, name: str, lab: Lab) -> "icalendar.Event":
    import icalendar

    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", _ALARM)
    alarm.add("description", _plain(event.summary))
    component = icalendar.Event()
    component.add("uid", _uid(event, plan, name))
    # Of two files with the same event, calendars believe the one that was made for later.
    component.add("dtstamp", plan.start.replace(tzinfo=UTC))
    component.add("sequence", max(0, (plan.start - _SEQUENCE_BEGINS) // timedelta(minutes=1)))
    component.add("dtstart", event.start)
    component.add("dtend", event.end)
    component.add("summary", _plain(event.summary))
    component.add("description", _plain("\n".join(event.details)))
    component.add("categories", [_plain(machine_of(event.part, lab))])
    component.add_component(alarm)
    return component


def _uid(event: _Event, plan: WeekPlan, name: str) -> str:
    """Of the first of its samples and the step, through which a sample goes once.

    The run's id says less: once a run has been done, a later plan gives its id to another one.
    """
    sample = min(event.part.samples)
    week = plan.week if sample.startswith(_NOT_KEPT) else ""
    identity = json.dumps([name, week, sample, event.part.step, event.kind])
    return f"{uuid.uuid5(_NAMESPACE, identity)}@ovenbird"


def _plain(text: str) -> str:
    """A text without signs that no calendar file may hold."""
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cs"))
