"""The steps of the ``lab`` section: what a sample goes through, in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..planner.lab import Calendar, Resource, Step
from .declared import Declared
from .faults import Faults, KeyPath, unknown
from .file_format import text, validated
from .lab_hands import check_hands, hands_on_from
from .lab_keys import StepKeys
from .lab_when import check_when


@dataclass(frozen=True)
class Surroundings:
    """What steps refer to.

    Attributes
    ----------
    resources
        Machines that could be built.
    resource_names
        All that are written down.
    calendar
        When hands are there; None: always, or it is faulty itself.
    declared
        Parameters and responses.
    """

    resources: Mapping[str, Resource]
    resource_names: Sequence[str]
    calendar: Calendar | None
    declared: Declared


def steps_from(section: Sequence[object], around: Surroundings, faults: Faults) -> tuple[Step, ...]:
    """Build the steps that can be built; note what is wrong with them."""
    names = [_name(given) for given in section]
    found: list[Step] = []
    for position, given in enumerate(section):
        path: KeyPath = ("lab", "steps", position)
        keys = validated(StepKeys, given, path, faults)
        if keys is None:
            continue
        if keys.name in [other.name for other in found]:
            faults.add((*path, "name"), f"the step '{keys.name}' stands twice")
        _check_references(keys, path, around, faults)
        check_when(keys.when, path, around.declared, faults)
        _check_order(keys, position, names, faults)
        _check_uses(keys, path, around.resources, faults)
        hands_on = hands_on_from(keys.hands_on_hours, (*path, "hands_on_hours"), faults)
        step = Step(
            name=keys.name,
            on=keys.on,
            hours=keys.hours,
            gives=keys.gives,
            gate=keys.gate,
            when=dict(keys.when),
            after=None if keys.after is None else tuple(dict.fromkeys(keys.after)),
            unattended=bool(keys.unattended),
            hands_on_start_h=hands_on[0],
            hands_on_end_h=hands_on[1],
            wait_at_most_h=keys.wait_at_most_hours,
            uses=keys.uses,
        )
        _check_unattended(keys, path, around.resources, faults)
        check_hands(step, path, around.resources, around.calendar, around.declared, faults)
        found.append(step)
    return tuple(found)


def _name(given: object) -> str | None:
    """Name of a step as it is written, be the step faulty or not; None if it cannot be told."""
    try:
        return text(given.get("name")) if isinstance(given, dict) else None
    except ValueError:
        return None


def _check_references(keys: StepKeys, path: KeyPath, around: Surroundings, faults: Faults) -> None:
    declared = around.declared
    if keys.on is not None and keys.on not in around.resource_names:
        faults.add((*path, "on"), unknown("resource", keys.on, around.resource_names))
    for name in keys.hours:
        if name != "constant":
            declared.numeric(name, faults, (*path, "hours", name))
    for name in keys.gives:
        response = declared.response(name, faults, (*path, "gives"))
        if response is not None and response.is_derived:
            faults.add((*path, "gives"), f"'{name}' is computed from others, no step gives it")
    if keys.gate is not None:
        declared.response(keys.gate, faults, (*path, "gate"), kinds=("yes_no",))
        if keys.gate in declared.response_names and keys.gate not in keys.gives:
            faults.add((*path, "gate"), f"'{keys.gate}' must be among what the step gives")


def _check_order(keys: StepKeys, position: int, names: Sequence[str | None], faults: Faults) -> None:
    """Refuse an `after` that is not earlier, and a wait after nothing."""
    path: KeyPath = ("lab", "steps", position)
    earlier = [name for name in names[:position] if name is not None]
    for name in keys.after or ():
        if name == keys.name:
            faults.add((*path, "after"), f"'{name}' is this step itself, allowed are steps before it")
        elif name in earlier:
            continue
        elif name in names:
            faults.add((*path, "after"), f"'{name}' stands later, allowed are steps before this one")
        elif None not in names:
            # Else it may be the step whose name cannot be read, which is told already.
            faults.add((*path, "after"), unknown("step", name, earlier))
    comes_first = position == 0 if keys.after is None else not keys.after
    if keys.wait_at_most_hours is not None and comes_first:
        faults.add(
            (*path, "wait_at_most_hours"), "no step comes before this one, so there is nothing to wait after"
        )


def _check_uses(keys: StepKeys, path: KeyPath, resources: Mapping[str, Resource], faults: Faults) -> None:
    if keys.uses == 1:
        return
    here = (*path, "uses")
    if keys.on is None:
        faults.add(here, f"is {keys.uses}, but the step is on no machine; leave it out")
    elif (resource := resources.get(keys.on)) is None:
        return
    elif resource.slots > 1 and keys.uses > resource.slots:
        faults.add(here, f"must be at most {resource.slots}, the slots of {keys.on}, got {keys.uses}")
    elif resource.slots == 1 and keys.uses > resource.count:
        faults.add(here, f"must be at most {resource.count}, the count of {keys.on}, got {keys.uses}")


def _check_unattended(
    keys: StepKeys, path: KeyPath, resources: Mapping[str, Resource], faults: Faults
) -> None:
    resource = resources.get(keys.on or "")
    if keys.unattended is False and resource is not None and resource.unattended:
        faults.add(
            (*path, "unattended"),
            f"is false, but {keys.on} is unattended for every step; say so of the steps instead",
        )
