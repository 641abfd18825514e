"""What holds a week up: which machine, and what one more of it would bring."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..datasets import Conditions
from .lab import Calendar, Lab
from .lab_sample import Horizon, LabSample
from .lab_work import lab_work
from .quick_schedule import quick_placement
from .schedule import schedule
from .timetable import Bottleneck, Timetable

PEOPLE = "people"
_EFFORT = 1.0
_MOST_EXTRA = 5  # further samples that are tried with one more machine


def bottleneck(
    lab: Lab,
    samples: Sequence[LabSample],
    horizon: Horizon,
    timetable: Timetable,
    waiting: Sequence[Conditions],
    seed: int,
) -> Bottleneck | None:
    """The resource of which one more would bring most: further samples first, then an earlier end.

    Parameters
    ----------
    lab, samples, horizon, timetable
        The week as planned.
    waiting
        Conditions that could be made besides; those that find room anyway count for nothing.
    seed
        Of the search.

    Returns
    -------
    Bottleneck or None
        None if one more of anything brings nothing: then it is the steps one after another that take long.
    """
    end = timetable.end
    if end is None:
        return None
    found = []
    already = _room_for(lab, samples, horizon, waiting)
    for name, more in _with_one_more(lab).items():
        n_more = max(0, _room_for(more, samples, horizon, waiting) - already)
        earlier_h = 0.0
        again = schedule(more, samples, horizon, seed=seed, effort=_EFFORT)
        if again is not None and again.end is not None:
            earlier_h = max((end - again.end).total_seconds() / 3600, 0.0)
        # How much earlier samples end on average tells apart what ends at the same time.
        found.append((n_more, earlier_h, _earlier(timetable, again), name))
    n_more, earlier_h, each_h, name = max(found, key=lambda one: one[:3], default=(0, 0.0, 0.0, ""))
    if not n_more and earlier_h < 1 and each_h < 1:
        return None
    return Bottleneck(
        resource=name,
        hours_earlier=round(earlier_h, 2),
        more_samples=n_more,
        sentence=_sentence(name, n_more, earlier_h, each_h),
    )


def _with_one_more(lab: Lab) -> Mapping[str, Lab]:
    used = {step.on for step in lab.steps}
    labs = {
        name: replace(lab, resources={**lab.resources, name: replace(resource, count=resource.count + 1)})
        for name, resource in lab.resources.items()
        if name in used
    }
    calendar = lab.calendar or Calendar()
    if calendar.people is not None:
        labs[PEOPLE] = replace(lab, calendar=replace(calendar, people=calendar.people + 1))
    return labs


def _room_for(lab: Lab, samples: Sequence[LabSample], horizon: Horizon, waiting: Sequence[Conditions]) -> int:
    """How many of those that wait find room, one after another."""
    inside = list(samples)
    for number, conditions in enumerate(waiting[:_MOST_EXTRA], 1):
        more = [*inside, LabSample(id=f"waiting {number}", conditions=conditions)]
        if quick_placement(lab_work(lab, more, horizon), first=True) is not None:
            inside = more
    return len(inside) - len(samples)


def _earlier(before: Timetable, after: Timetable | None) -> float:
    """Hours by which samples end earlier on average."""
    if after is None:
        return 0.0
    gained = []
    for sample in {task.experiment for task in before.tasks}:
        old, new = before.of(sample), after.of(sample)
        if old and new:
            gained.append((max(t.end for t in old) - max(t.end for t in new)).total_seconds() / 3600)
    return sum(gained) / len(gained) if gained else 0.0


def _sentence(name: str, n_more: int, earlier_h: float, each_h: float) -> str:
    gains = []
    if n_more:
        gains.append(f"room for {n_more} more sample{'s' if n_more > 1 else ''}")
    if earlier_h >= 1:
        gains.append(f"the end {earlier_h:.0f} h earlier")
    elif each_h >= 1:
        gains.append(f"samples {each_h:.0f} h earlier on average")
    what = "one more person" if name == PEOPLE else f"one more {name}"
    return f"{name} holds the week up: {what} would bring {' and '.join(gains)}."
