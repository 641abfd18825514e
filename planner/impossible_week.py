"""Why nothing fits into a week, and the smallest change that would make it possible."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from .lab import Calendar, Lab
from .lab_sample import Horizon, LabSample
from .lab_work import lab_work
from .quick_schedule import quick_placement
from .schedule import schedule

_MOST_DAYS = 35
_WEEK = timedelta(days=7)
_EFFORT = 1.0


def why_impossible(lab: Lab, samples: Sequence[LabSample], new: LabSample, horizon: Horizon) -> list[str]:
    """Sentences on what is missing for one more sample, and which single changes would be enough.

    Parameters
    ----------
    lab, samples, horizon
        The week, and what is in it already.
    new
        The sample that finds no room; the quickest one there is.
    """
    if _fits(lab, [*samples, new], horizon):
        return []
    alone = _fits(lab, [new], horizon)
    said = [_missing(lab, samples, new, horizon, alone=alone)]
    changes = _changes(lab, samples, new, horizon)
    if changes:
        said.append(f"Smallest change: {changes[0]}.")
    if len(changes) > 1:
        said.append(f"Or: {'; or '.join(changes[1:])}.")
    if not changes:
        said.append("No single change of a machine, of the days or of the hours would be enough.")
    return said


def _fits(lab: Lab, samples: Sequence[LabSample], horizon: Horizon) -> bool:
    if quick_placement(lab_work(lab, samples, horizon), first=True) is not None:
        return True
    return schedule(lab, samples, horizon, effort=_EFFORT) is not None


def _missing(lab: Lab, samples: Sequence[LabSample], new: LabSample, horizon: Horizon, *, alone: bool) -> str:
    until = _day(horizon.end)
    hours = sum(step.hours_of(new.conditions) for step in lab.steps_of(new.conditions))
    if alone:
        blocking = [name for name in _used(lab, new) if _fits(_one_more(lab, name), [*samples, new], horizon)]
        if blocking:
            taken = ", ".join(_occupied(lab, samples, name) for name in blocking)
            return f"No further sample can be finished by {until}: {taken}."
        return (
            f"No further sample can be finished by {until} besides those that are there: "
            f"even the quickest takes {hours:g} h of work and waiting."
        )
    down = [name for name in _used(lab, new) if _fits(_never_down(lab, name), [new], horizon)]
    down = [name for name in down if lab.resources[name].outages]
    if down:
        return f"No sample can be finished by {until}: {_outages(lab, down[0])}."
    return (
        f"No sample can be finished by {until}: even the quickest takes {hours:g} h in its steps, one after "
        f"another, and hands are needed between them."
    )


def _changes(lab: Lab, samples: Sequence[LabSample], new: LabSample, horizon: Horizon) -> list[str]:
    everyone = [*samples, new]
    found = []
    for name in _used(lab, new):
        if lab.resources[name].outages and _fits(_never_down(lab, name), everyone, horizon):
            found.append(f"have {name} available all week")
    for name in _used(lab, new):
        if not lab.resources[name].outages and _fits(_one_more(lab, name), everyone, horizon):
            found.append(f"one more {name}")
    people = lab.calendar.people if lab.calendar else None
    if people is not None and lab.calendar is not None:
        more = replace(lab, calendar=replace(lab.calendar, people=people + 1, absences=()))
        if _fits(more, everyone, horizon):
            found.append("one more person")
    for days in range(1, _MOST_DAYS + 1):
        later = replace(
            horizon,
            last_start=horizon.last_start + timedelta(days=days),
            end=horizon.end + timedelta(days=days),
        )
        if _fits(lab, everyone, later):
            weeks = -(-days // 7) + _weeks_of(horizon)
            plural = "day" if days == 1 else "days"
            found.append(
                f"{days} {plural} more, until {_day(later.end)} (plan {weeks} weeks at once: --weeks {weeks})"
            )
            break
    return found


def _weeks_of(horizon: Horizon) -> int:
    """How many weeks are planned at once."""
    monday = datetime.combine(horizon.start.date(), time.min) - timedelta(days=horizon.start.weekday())
    return -((monday - horizon.last_start) // _WEEK)


def _used(lab: Lab, sample: LabSample) -> list[str]:
    names = [step.on for step in sample.remaining(lab) if step.on is not None]
    return list(dict.fromkeys(names))


def _one_more(lab: Lab, name: str) -> Lab:
    resource = lab.resources[name]
    return replace(lab, resources={**lab.resources, name: replace(resource, count=resource.count + 1)})


def _never_down(lab: Lab, name: str) -> Lab:
    return replace(lab, resources={**lab.resources, name: replace(lab.resources[name], outages=())})


def _occupied(lab: Lab, samples: Sequence[LabSample], name: str) -> str:
    count = lab.resources[name].count
    holders = [
        s.id
        for s in samples
        if any(lab.step_by_name[step].on == name for step in s.under_way)
        or any(step.on == name for step in s.remaining(lab))
    ]
    which = f"all {count} {name}" if count > 1 else f"the {name}"
    by = f" by {', '.join(holders[:8])}" if holders else ""
    down = " or out of use" if lab.resources[name].outages else ""
    return f"{which} {'are' if count > 1 else 'is'} taken{by}{down}"


def _outages(lab: Lab, name: str) -> str:
    outage = max(lab.resources[name].outages, key=lambda one: one.end - one.start)
    why = f" ({outage.reason})" if outage.reason else ""
    return f"{name} is not available from {_day(outage.start)} to {_day(outage.end)}{why}"


def _day(moment: datetime) -> str:
    return f"{moment:%a %d %b %H:%M}"


def has_no_hours(calendar: Calendar | None, horizon: Horizon) -> bool:
    """Whether nobody is there in the whole time in which something may be begun."""
    from .working_time import WorkingTime

    return not WorkingTime.between(calendar, horizon.start, horizon.last_start).windows
