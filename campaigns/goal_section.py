"""The ``goal`` section of a campaign file becomes the goal."""

from collections.abc import Mapping

from ..datasets import InputError, listed
from ..planner.goal import Goal, Sense
from .declared import Declared
from .faults import Faults, unknown
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
    wanted: list[tuple[Sense, str, object, str]] = []
    for key, given in section.items():
        if key not in _SENSES:
            faults.add(("goal", key), unknown("key", key, _ALLOWED))
            return None
        with faults.at("goal", key):
            for name, value in _responses(key, given):
                wanted.append((_SENSES[key], name, value, key))
    if len(faults) > before:
        return None
    if len(wanted) != 1:
        what = "several goals at once are not supported yet" if wanted else "the goal is missing"
        faults.add(("goal",), f"{what}; give one of {listed(_ALLOWED)} with one response")
        return None
    sense, response, value, key = wanted[0]
    if declared.response(response, faults, ("goal", key), kinds=("number", "fraction")) is None:
        return None
    with faults.at("goal", key, says="goal: "):
        return Goal(
            response=response, sense=sense, target=None if value is None else _target(response, value)
        )
    return None


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
