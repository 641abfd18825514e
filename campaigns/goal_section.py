"""The ``goal`` section of a campaign file becomes the goal."""

from collections.abc import Mapping

from ..datasets import InputError, listed
from ..planner.goal import Goal, Objective, Sense
from .declared import Declared
from .faults import Faults, KeyPath, unknown
from .file_format import number, shown, text

_SENSES: Mapping[str, Sense] = {
    "maximise": "maximise",
    "minimise": "minimise",
    "target": "target",
    "maximize": "maximise",
    "minimize": "minimise",
}
_ALLOWED = ("maximise", "minimise", "target")


def goal_from(section: Mapping[str, object], declared: Declared, faults: Faults) -> Goal | None:
    """Build the goal, or note what is wrong with it."""
    before = len(faults)
    objectives: list[Objective] = []
    for key, given in section.items():
        if key not in _SENSES:
            faults.add(("goal", key), unknown("key", key, _ALLOWED))
            continue
        with faults.at("goal", key, says="goal: "):
            for name, value in _responses(key, given):
                _check_name(name, _SENSES[key], declared, faults, ("goal", key))
                target = None if value is None else _target(name, value)
                objectives.append(Objective(response=name, sense=_SENSES[key], target=target))
    if len(faults) > before:
        return None
    if not objectives:
        what = "the goal is missing; give one of"
        faults.add(("goal",), f"{what} {listed(_ALLOWED)} with a response, or several of them")
        return None
    with faults.at("goal", says="goal: "):
        return Goal(tuple(objectives))
    return None


def goal_names(section: Mapping[str, object]) -> dict[str, KeyPath]:
    """Names of responses and costs in the section, whatever else is wrong with it, and where they stand."""
    names: dict[str, KeyPath] = {}
    for key, given in section.items():
        inside = given if isinstance(given, list | dict) else [given]
        names |= {name: ("goal", key) for name in inside if isinstance(name, str)}
    return names


def check_reachable(goal: Goal, limits: Mapping[str, object], declared: Declared, faults: Faults) -> None:
    """Costs alone are least where nothing worth having is made: something measured must be asked for."""
    measured = [name for name in goal.names if name not in declared.cost_names]
    if not measured and all(name in declared.cost_names for name in limits):
        faults.add(
            ("goal",),
            f"{listed(goal.names, 'and')} alone would be least for a worthless sample; "
            "add a response to the goal, or limits on responses",
        )


def _check_name(name: str, sense: Sense, declared: Declared, faults: Faults, path: KeyPath) -> None:
    if name not in declared.cost_names:
        kinds = ("number", "fraction")
        declared.response(name, faults, path, kinds=kinds, also=declared.cost_names)
    elif sense != "minimise":
        faults.add(path, f"'{name}' is a cost, it can only be minimised; limits may bound it")


def _responses(key: str, given: object) -> list[tuple[str, object]]:
    """Names behind one key, each with its target value if it is a target."""
    if key == "target":
        if not isinstance(given, dict) or not given:
            raise InputError(
                f"must be a response with its value, such as {{capacity: 250}}, got {shown(given)}"
            )
        empty = [name for name, value in given.items() if value is None]
        if empty:
            raise InputError(f"the value of {listed(empty)} is missing")
        return list(given.items())
    try:
        return [(text(name), None) for name in (given if isinstance(given, list) else [given])]
    except ValueError as error:
        raise InputError(f"must be the name of a response: {error}") from error


def _target(response: str, value: object) -> float:
    try:
        return number(value)
    except ValueError as error:
        raise InputError(f"{response} {error}") from error
