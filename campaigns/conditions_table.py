"""Conditions that a user wants to choose from, have forecast or make."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

import pandas as pd

from ..datasets import Conditions, InputError, ParameterSpace, raise_all
from ..planner.suggestion import Suggestion


@dataclass(frozen=True)
class ConditionsTable:
    """Checked conditions with the index labels of the table they came from."""

    labels: tuple[Hashable, ...]
    conditions: tuple[Conditions, ...]


def read_conditions(frame: pd.DataFrame, space: ParameterSpace, what: str) -> ConditionsTable:
    """Check a table of conditions in lab units; columns that are no parameter are left aside.

    Parameters
    ----------
    frame
        One row a set of conditions, one column a parameter, empty where it does not apply.
    space
        The parameters.
    what
        Name of the table in messages (``candidates``).

    Raises
    ------
    InputError
        With one sentence for every fault.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"{what}: expected a DataFrame of conditions, got {type(frame).__name__}")
    missing = [p.name for p in space if p.name not in frame.columns and not p.when]
    raise_all([f"{what}: the column {name} is missing" for name in missing])
    given = list(frame.columns)
    raise_all([f"{what}: the column {p.name} stands twice" for p in space if given.count(p.name) > 1])
    names = [name for name in space.names if name in frame.columns]
    conditions, faults = [], []
    for label, values in zip(frame.index, frame[names].itertuples(index=False, name=None), strict=True):
        stated = {
            name: None if _is_empty(value) else value for name, value in zip(names, values, strict=True)
        }
        try:
            conditions.append(space.complete(stated, f"{what} row {label}", all_stated=True))
        except InputError as error:
            faults += error.faults
    raise_all(faults)
    return ConditionsTable(tuple(frame.index), tuple(conditions))


def checked_suggestions(suggestions: Iterable[Suggestion], space: ParameterSpace) -> tuple[Suggestion, ...]:
    """Suggestions with conditions that can be made in this campaign, one for every parameter.

    Raises
    ------
    InputError
        With one sentence for everything that is no suggestion or does not fit the parameters.
    """
    if isinstance(suggestions, Suggestion | str) or not isinstance(suggestions, Iterable):
        raise InputError(f"expected suggestions in a list, got {type(suggestions).__name__}")
    checked, faults = [], []
    for number, suggestion in enumerate(suggestions, 1):
        if not isinstance(suggestion, Suggestion):
            got = type(suggestion).__name__
            faults.append(f"suggestion {number}: expected a Suggestion as suggest gives them, got {got}")
            continue
        try:
            conditions = space.complete(suggestion.parameters, f"suggestion {number}", all_stated=True)
            checked.append(replace(suggestion, parameters=conditions))
        except InputError as error:
            faults += error.faults
    raise_all(faults)
    return tuple(checked)


def _is_empty(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is pd.NA or value != value
