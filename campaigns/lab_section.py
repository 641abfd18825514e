"""The ``lab`` section of a campaign file: what the lab has, and which steps a sample takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ..datasets import CategoricalParameter, Conditions, InputError, ParameterSpace
from .declared import Declared
from .faults import Faults, KeyPath, unknown
from .file_format import Count, Keys, Names, Text, Truth, When, number, shown, validated

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_HOURS = re.compile(r"(?P<opens>([01]\d|2[0-3]):[0-5]\d)-(?P<closes>([01]\d|2[0-3]):[0-5]\d|24:00)")


def _opening_hours(given: object) -> str:
    match = _HOURS.fullmatch(given) if isinstance(given, str) else None
    if match is None or match["opens"] >= match["closes"]:
        raise ValueError(f"must be opening hours such as '09:00-18:00', got {shown(given)}")
    return match.string


def _hours(given: object) -> dict[str, float]:
    terms = given if isinstance(given, dict) else {"constant": given}
    for name, value in terms.items():
        if number(value) < 0:
            raise ValueError(f"{name} must not be below 0, got {shown(value)}")
    return {name: number(value) for name, value in terms.items()}


def _power(given: object) -> float:
    if number(given) < 0:
        raise ValueError(f"must not be below 0, got {shown(given)}")
    return number(given)


class LabKeys(Keys):
    """Keys of the section itself."""

    calendar: Any = None
    resources: dict[str, Any] | None = None
    steps: list[Any] | None = None
    budget: Any = None
    control: dict[str, Any] | None = None


class Calendar(Keys):
    """When hands are there: days and opening hours."""

    days: tuple[Day, ...]
    hours: Annotated[str, BeforeValidator(_opening_hours)]


class Resource(Keys):
    """Machines of one kind: how many, samples per run, settings a run shares, whether it runs alone.

    `power_kw` is what one draws while it runs; an experiment is charged all of it, however many samples
    share the run.
    """

    count: Count = 1
    slots: Count = 1
    shares: Names = ()
    unattended: Truth = False
    power_kw: Annotated[float, BeforeValidator(_power)] | None = None


class Step(Keys):
    """One step of a sample.

    `hours` is a constant plus hours per unit of each named parameter; `gate` names the yes/no
    response without which the sample goes no further.
    """

    name: Text
    on: Text | None = None
    hours: Annotated[dict[str, float], BeforeValidator(_hours)]
    gives: Names = ()
    gate: Text | None = None
    when: When = Field(default_factory=dict)


class Budget(Keys):
    """How much a week may take."""

    samples: Count


@dataclass(frozen=True, kw_only=True)
class LabSection:
    """What the lab has.

    Attributes
    ----------
    calendar
        When hands are there, or None: always.
    resources
        Machines by name.
    steps
        In order.
    budget
        Bounds of a week, or None.
    control
        Conditions made once a week, or None.
    """

    calendar: Calendar | None = None
    resources: Mapping[str, Resource] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    budget: Budget | None = None
    control: Conditions | None = None


def lab_from(
    section: object, declared: Declared, space: ParameterSpace | None, faults: Faults
) -> LabSection | None:
    """Read the section, or note what is wrong with it."""
    keys = validated(LabKeys, section, ("lab",), faults)
    if keys is None:
        return None
    resources = {
        name: resource
        for name, given in (keys.resources or {}).items()
        if (resource := validated(Resource, given, ("lab", "resources", name), faults)) is not None
    }
    for name, resource in resources.items():
        for parameter in resource.shares:
            declared.parameter(parameter, faults, ("lab", "resources", name, "shares"))
    steps: list[Step] = []
    for position, given in enumerate(keys.steps or []):
        step = validated(Step, given, ("lab", "steps", position), faults)
        if step is not None:
            if step.name in [other.name for other in steps]:
                faults.add(("lab", "steps", position, "name"), f"the step '{step.name}' stands twice")
            steps.append(step)
            _check_step(step, position, list(keys.resources or {}), declared, faults)
    calendar = budget = None
    if keys.calendar is not None:
        calendar = validated(Calendar, keys.calendar, ("lab", "calendar"), faults)
    if keys.budget is not None:
        budget = validated(Budget, keys.budget, ("lab", "budget"), faults)
    return LabSection(
        calendar=calendar,
        resources=resources,
        steps=tuple(steps),
        budget=budget,
        control=_control(keys.control, space, faults) if keys.control else None,
    )


def _check_step(step: Step, position: int, resources: list[str], declared: Declared, faults: Faults) -> None:
    path: KeyPath = ("lab", "steps", position)
    if step.on is not None and step.on not in resources:
        faults.add((*path, "on"), unknown("resource", step.on, resources))
    for name in step.hours:
        if name != "constant":
            declared.numeric(name, faults, (*path, "hours", name))
    for name in step.gives:
        response = declared.response(name, faults, (*path, "gives"))
        if response is not None and response.is_derived:
            faults.add((*path, "gives"), f"'{name}' is computed from others, no step gives it")
    if step.gate is not None:
        declared.response(step.gate, faults, (*path, "gate"), kinds=("yes_no",))
        if step.gate not in step.gives:
            faults.add((*path, "gate"), f"'{step.gate}' must be among what the step gives")
    for name, values in step.when.items():
        parameter = declared.parameter(name, faults, (*path, "when", name))
        if parameter is None:
            continue
        if not isinstance(parameter, CategoricalParameter):
            faults.add((*path, "when", name), f"'{name}' is a number, allowed are choices of names")
            continue
        for value in values:
            if value not in parameter.values:
                faults.add((*path, "when", name), unknown("value", value, parameter.values))


def _control(given: Mapping[str, object], space: ParameterSpace | None, faults: Faults) -> Conditions | None:
    if space is None:
        return None
    try:
        return space.complete(given, "", all_stated=True)
    except InputError as error:
        for fault in error.faults:
            sentence = fault.removeprefix(": ")
            named = next((name for name in given if sentence.startswith(f"{name} is ")), None)
            faults.add(("lab", "control", named) if named else ("lab", "control"), sentence)
    return None
