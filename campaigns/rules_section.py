"""The ``rules`` section of a campaign file becomes rules that hold for every suggestion."""

import math
from collections.abc import Sequence

from ..datasets import CategoricalParameter, InputError, NumericParameter, Parameter, shortest
from ..planner.rules import ExcludeRule, LinearRule, Rule
from .declared import Declared
from .faults import Faults, KeyPath, unknown
from .file_format import RuleKeys, number, several, text, validated


def rules_from(section: Sequence[object], declared: Declared, faults: Faults) -> tuple[Rule, ...]:
    """Build the rules that can be built; note what is wrong with the others."""
    built: list[Rule] = []
    for position, given in enumerate(section):
        path = ("rules", position)
        keys = validated(RuleKeys, given, path, faults)
        if keys is None:
            continue
        with faults.at(*path, says="rules: "):
            if (keys.linear is None) == (keys.exclude is None):
                raise InputError("a rule has either linear or exclude")
            build = _linear if keys.linear is not None else _exclude
            rule = build(keys, path, declared, faults)
            if rule is not None:
                built.append(rule)
    return tuple(built)


def _linear(keys: RuleKeys, path: KeyPath, declared: Declared, faults: Faults) -> LinearRule:
    for name in keys.linear or {}:
        declared.numeric(name, faults, (*path, "linear", name))
    if keys.equals is not None and (keys.at_least is not None or keys.at_most is not None):
        raise InputError("give either equals, or at_least and at_most")
    lower = keys.at_least if keys.equals is None else keys.equals
    upper = keys.at_most if keys.equals is None else keys.equals
    return LinearRule(
        coefficients=keys.linear or {},
        at_least=-math.inf if lower is None else lower,
        at_most=math.inf if upper is None else upper,
        reason=keys.reason or "",
    )


def _exclude(keys: RuleKeys, path: KeyPath, declared: Declared, faults: Faults) -> ExcludeRule | None:
    if any(bound is not None for bound in (keys.at_least, keys.at_most, keys.equals)):
        raise InputError("at_least, at_most and equals belong to linear, not to exclude")
    settings: dict[str, tuple[float | str, ...]] = {}
    for name, given in (keys.exclude or {}).items():
        here = (*path, "exclude", name)
        parameter = declared.parameter(name, faults, here)
        values = several(given)
        assert isinstance(values, list)
        if not values:
            faults.add(here, "needs at least one value")
        if parameter is not None:
            with faults.at(*here):
                settings[name] = tuple(_setting(parameter, value) for value in values)
    if keys.exclude and not settings:
        return None
    return ExcludeRule(settings=settings, reason=keys.reason or "")


def _setting(parameter: Parameter, value: object) -> float | str:
    try:
        read = text(value) if isinstance(parameter, CategoricalParameter) else number(value)
    except ValueError as error:
        raise InputError(f"{error}; allowed are {parameter.allowed}") from error
    if isinstance(parameter, CategoricalParameter):
        if read not in parameter.values:
            raise InputError(unknown("value", read, parameter.values))
        return read
    assert isinstance(read, float) and isinstance(parameter, NumericParameter)
    if not parameter.low <= read <= parameter.high:
        raise InputError(f"{shortest(read)} can never be set, allowed are {parameter.allowed}")
    return read
