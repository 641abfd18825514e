"""Conditions after some of them turned out to have been others."""

from collections.abc import Collection, Mapping

from .parameter_space import NOT_STATED, Conditions, ParameterSpace


def corrected(
    conditions: Conditions,
    changes: Mapping[str, object],
    space: ParameterSpace,
    where: str,
    *,
    in_range: bool = True,
) -> Conditions:
    """Conditions after a correction; only what is corrected must lie in range.

    What no longer applies goes by itself, and what the space does not know stays as it was stated.

    Parameters
    ----------
    conditions
        As they were known.
    changes
        New values by parameter; None for one that does not apply.
    space
        The parameters there are.
    where
        Place named in messages.
    in_range
        Refuse new numbers beyond the range of their parameter.

    Raises
    ------
    InputError
        With one sentence for every fault.
    """
    known = {name: value for name, value in conditions.items() if name in space.by_name and value is not None}
    merged = with_changes(known, changes, space)
    # Numbers that stay may be of a time when the range was wider.
    typed = {n: value for n, value in merged.items() if n in changes or isinstance(value, str)}
    space.complete(typed, where, in_range=in_range)
    complete = space.complete(merged, where, in_range=False)
    return {**unknown_conditions(conditions, space.by_name), **complete}


def with_changes(
    conditions: Mapping[str, object], changes: Mapping[str, object], space: ParameterSpace
) -> dict[str, object]:
    """Conditions with some changed; what no longer applies then goes by itself."""
    merged = {**conditions, **changes}
    for parameter in space.parents_first:
        stated = {name: value for name, value in merged.items() if isinstance(value, str)}
        if parameter.name not in changes and space.applies(parameter, stated) is False:
            merged[parameter.name] = None
    return merged


def unknown_conditions(conditions: Conditions, parameters: Collection[str]) -> Conditions:
    """Conditions that were stated for parameters that are not known."""
    return {
        name: value
        for name, value in conditions.items()
        if name not in parameters and value is not None and value is not NOT_STATED
    }
