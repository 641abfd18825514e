"""What is different from the plan before, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .lab import Lab, Outage
from .timetable import TimedTask, Timetable

_SAME = 60.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Happened:
    """What has happened since the plan before.

    Attributes
    ----------
    ended
        Samples that go no further, each with the reason (``phase_pure is no``).
    interrupted
        Steps that were under way on a machine that broke down, by sample.
    known_early
        Steps whose results came before they were planned to end, by sample.
    outages
        Machines that are down, by kind, as they are known now and were not before.
    """

    ended: Mapping[str, str] = field(default_factory=dict)
    interrupted: Mapping[str, str] = field(default_factory=dict)
    known_early: Mapping[str, Sequence[str]] = field(default_factory=dict)
    outages: Mapping[str, Sequence[Outage]] = field(default_factory=dict)


def plan_changes(
    lab: Lab, before: Timetable, after: Timetable, happened: Happened, now: datetime, new: Sequence[str]
) -> tuple[str, ...]:
    """One sentence for every sample that goes another way than was planned, with its reason.

    Parameters
    ----------
    lab
        What there is.
    before, after
        The two timetables.
    happened
        Between them.
    now
        What had ended by then is no change.
    new
        Samples that are new in the plan.
    """
    old = {(t.experiment, t.step): t for t in before.tasks if t.end > now}
    fresh = {(t.experiment, t.step): t for t in after.tasks}
    said = [_ended(sample, why, old) for sample, why in happened.ended.items()]
    said += [
        f"{sample}: {step} was interrupted and is done again: {_down(happened, lab.step_by_name[step].on)}."
        for sample, step in happened.interrupted.items()
        if (sample, step) in fresh
    ]
    for sample in dict.fromkeys(experiment for experiment, _ in old):
        if sample in happened.ended:
            continue
        pairs = [
            (old[key], fresh[key])
            for key in old
            if key[0] == sample and key in fresh and _moved(old[key], fresh[key])
        ]
        if pairs:
            said.append(_moves(lab, sample, pairs, happened, old))
        elif not any(key[0] == sample for key in fresh):
            said.append(f"{sample} is no longer in the plan: no room is left for it before the end.")
    said += [f"{sample} is new: there is room for it." for sample in new]
    return tuple(said)


def _moved(one: TimedTask, other: TimedTask) -> bool:
    return abs((one.start - other.start).total_seconds()) > _SAME


def _ended(sample: str, why: str, old: Mapping[tuple[str, str], TimedTask]) -> str:
    freed = [task for (experiment, _), task in old.items() if experiment == sample]
    if not freed:
        return f"{sample} goes no further: {why}."
    places = ", ".join(f"{t.step} {_when(t.start)}" for t in sorted(freed, key=lambda t: t.start))
    return f"{sample} goes no further: {why}; freed are its {places}."


def _moves(
    lab: Lab,
    sample: str,
    pairs: Sequence[tuple[TimedTask, TimedTask]],
    happened: Happened,
    old: Mapping[tuple[str, str], TimedTask],
) -> str:
    first_old, first_new = min(pairs, key=lambda pair: min(pair[0].start, pair[1].start))
    parts = ", ".join(f"{o.step} {_when(o.start)} → {_when(n.start)}" for o, n in pairs)
    return f"{sample}: {parts}: {_reason(lab, sample, first_old, first_new, happened, old)}."


def _reason(
    lab: Lab,
    sample: str,
    old: TimedTask,
    new: TimedTask,
    happened: Happened,
    all_old: Mapping[tuple[str, str], TimedTask],
) -> str:
    down = happened.outages.get(old.resource or "", ())
    if any(outage.start < old.end and old.start < outage.end for outage in down):
        return _down(happened, old.resource)
    if sample in happened.interrupted:
        return f"it waits for {happened.interrupted[sample]}, which is done again"
    if new.start < old.start:
        freed = [
            experiment
            for experiment in happened.ended
            if any(e == experiment and t.resource == old.resource for (e, _), t in all_old.items())
        ]
        if freed:
            return f"earlier, in the place of {', '.join(freed)}"
        if happened.known_early.get(sample):
            return f"earlier, since {', '.join(happened.known_early[sample])} is known already"
        return "earlier, since there is room"
    if happened.outages:
        names = ", ".join(happened.outages)
        return f"later, behind what had to move because {names} is down"
    return "later, to let the samples end earlier together"


def _down(happened: Happened, resource: str | None) -> str:
    outages = happened.outages.get(resource or "", ())
    if not outages:
        return f"{resource} was down"
    outage = max(outages, key=lambda one: one.end)
    why = f" ({outage.reason})" if outage.reason else ""
    return f"{resource} is down until {_when(outage.end)}{why}"


def _when(moment: datetime) -> str:
    return f"{moment:%a %H:%M}"
