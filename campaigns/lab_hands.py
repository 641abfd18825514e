"""Hands of the ``lab`` section: for how long a step needs them, and whether they are there."""

from collections.abc import Mapping

from ..planner.lab import Calendar, Resource, Step
from .declared import Declared
from .faults import Faults, KeyPath
from .file_format import validated
from .lab_durations import shortest_hours
from .lab_keys import HandsOnKeys, not_below_0

_ROUNDING = 1e-9


def hands_on_from(given: object, path: KeyPath, faults: Faults) -> tuple[float, float]:
    """Hours at the start and at the end, from one number for both or from each."""
    if given is None:
        return 0.0, 0.0
    if isinstance(given, dict):
        keys = validated(HandsOnKeys, given, path, faults)
        return (0.0, 0.0) if keys is None else (keys.start, keys.end)
    try:
        return not_below_0(given), not_below_0(given)
    except ValueError as error:
        faults.add(path, f"{error}; allowed are hours, or {{start: 0.25, end: 0.5}}")
        return 0.0, 0.0


def check_hands(
    step: Step,
    path: KeyPath,
    resources: Mapping[str, Resource],
    calendar: Calendar | None,
    declared: Declared,
    faults: Faults,
) -> None:
    """Refuse a step that needs hands for longer than they are there, or than it takes."""
    unattended = _is_unattended(step, resources)
    shortest = shortest_hours(step.hours, step.when, declared)
    # A faulty machine or parameter is told elsewhere, and what follows from it is not known.
    if unattended:
        _check_hands_on(step, (*path, "hands_on_hours"), shortest, calendar, faults)
    elif unattended is False:
        if step.hands_on_start_h or step.hands_on_end_h:
            faults.add(
                (*path, "hands_on_hours"),
                "hands are there for all of this step; say unattended: true, or leave this out",
            )
        elif calendar is not None and shortest is not None and shortest > _most(calendar):
            faults.add(
                (*path, "hours"),
                f"'{step.name}' takes at least {shortest:g} h, but hands are there for "
                f"{calendar.hours_a_day:g} h a day; say unattended: true if it can run alone, "
                "or give longer hours",
            )


def _is_unattended(step: Step, resources: Mapping[str, Resource]) -> bool | None:
    if step.unattended or step.on is None:
        return step.unattended
    resource = resources.get(step.on)
    return None if resource is None else resource.unattended


def _most(calendar: Calendar) -> float:
    """Hours without a break that hands are there for; where they never leave, as many as it takes."""
    hours = calendar.hours_a_day
    return float("inf") if hours >= 24 else hours + _ROUNDING


def _check_hands_on(
    step: Step, path: KeyPath, shortest: float | None, calendar: Calendar | None, faults: Faults
) -> None:
    in_all = step.hands_on_start_h + step.hands_on_end_h
    longest = max(step.hands_on_start_h, step.hands_on_end_h)
    if shortest is not None and in_all > shortest + _ROUNDING:
        faults.add(
            path,
            f"add up to {in_all:g} h, but '{step.name}' can take as little as {shortest:g} h; give fewer",
        )
    elif calendar is not None and longest > _most(calendar):
        faults.add(
            path,
            f"are {longest:g} h at once, but hands are there for {calendar.hours_a_day:g} h a day; "
            "give fewer, or longer hours",
        )
