"""The ``parameters`` section of a campaign file becomes a parameter space."""

from collections.abc import Mapping
from dataclasses import replace

from ..datasets import CategoricalParameter, InputError, NumericParameter, Parameter, ParameterSpace
from .faults import Faults, KeyPath, unknown
from .file_format import ParameterKeys, number, shown, text, validated

_FORMS = "a list of values, or a mapping such as {unit: h, from: 0, to: 12, step: 0.5}"


def parameters_from(section: Mapping[str, object], faults: Faults) -> dict[str, Parameter]:
    """Build the parameters that can be built; note what is wrong with the others."""
    built: dict[str, Parameter] = {}
    for name, given in section.items():
        with faults.at("parameters", name, says=f"parameter '{name}': "):
            parameter = _parameter(name, given, faults)
            if parameter is not None:
                built[name] = parameter
    for parameter in built.values():
        _check_when(parameter, section, built, faults)
    return built


def space_from(built: Mapping[str, Parameter], faults: Faults) -> ParameterSpace | None:
    """Put the parameters together, unless something is wrong with them together."""
    with faults.at("parameters", says="parameters: "):
        return ParameterSpace(tuple(built.values()))
    return None


def category(value: object) -> str:
    """Read one value of a categorical parameter; raises `ValueError` with what is wrong."""
    if value is None:
        raise ValueError("an empty value is no name; write a word such as none")
    return text(value)


def _parameter(name: str, given: object, faults: Faults) -> Parameter | None:
    path = ("parameters", name)
    if isinstance(given, list):
        return _choice(name, given, ParameterKeys.model_validate({}), path, faults)
    if not isinstance(given, dict):
        raise InputError(f"must be {_FORMS}, got {shown(given)}")
    keys = validated(ParameterKeys, given, path, faults)
    if keys is None:
        return None
    if keys.values is None:
        return _range(name, keys, path, faults)
    if (keys.low, keys.high, keys.step) != (None, None, None):
        raise InputError("give either values or a range (from, to, step), not both")
    return _choice(name, keys.values, keys, (*path, "values"), faults)


def _range(name: str, keys: ParameterKeys, path: KeyPath, faults: Faults) -> NumericParameter | None:
    for key, value in (("from", keys.low), ("to", keys.high)):
        if value is None:
            faults.add(path, f"'{key}' is missing; a parameter is {_FORMS}")
    if keys.low is None or keys.high is None:
        return None
    if keys.descriptors is not None:
        raise InputError("descriptors are for names; a range of numbers has none")
    if keys.step is not None and 0 < keys.high - keys.low < keys.step * (1 - 1e-9):
        raise InputError(f"step {keys.step:g} is larger than the range from {keys.low:g} to {keys.high:g}")
    return NumericParameter(
        name=name,
        unit=keys.unit,
        low=keys.low,
        high=keys.high,
        step=keys.step,
        scale=keys.scale or "linear",
        when=_when(keys),
    )


def _choice(
    name: str, values: list[object], keys: ParameterKeys, path: KeyPath, faults: Faults
) -> Parameter | None:
    if not values:
        raise InputError("needs at least one value")
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    read = number if numeric else category
    read_values: list[float | str] = []
    for position, value in enumerate(values):
        try:
            read_values.append(read(value))
        except ValueError as error:
            faults.add((*path, position), str(error))
    if len(read_values) < len(values):
        return None
    if not numeric:
        return _names(name, [str(value) for value in read_values], keys)
    if keys.descriptors is not None:
        raise InputError("descriptors are for names; numbers describe themselves")
    levels = sorted(float(value) for value in read_values)
    return NumericParameter(
        name=name,
        unit=keys.unit,
        low=levels[0],
        high=levels[-1],
        levels=tuple(levels),
        scale=keys.scale or "linear",
        when=_when(keys),
    )


def _names(name: str, values: list[str], keys: ParameterKeys) -> CategoricalParameter:
    if keys.unit is not None or keys.scale is not None:
        raise InputError("a choice of names has no unit and no scale; these are for numbers")
    return CategoricalParameter(
        name=name, values=tuple(values), descriptors=keys.descriptors or {}, when=_when(keys)
    )


def _when(keys: ParameterKeys) -> dict[str, tuple[str, ...]]:
    when = dict(keys.when or {})
    for parent, values in when.items():
        if not values:
            raise InputError(f"when {parent} has no value, so the parameter would never exist")
    return when


def _check_when(
    parameter: Parameter, section: Mapping[str, object], built: Mapping[str, Parameter], faults: Faults
) -> None:
    path = ("parameters", parameter.name, "when")
    others = [other for name, other in built.items() if name != parameter.name]
    choices = [other.name for other in others if isinstance(other, CategoricalParameter)]
    if not choices and len(built) == len(section):
        for parent in parameter.when:
            what = "which is a number" if parent in section else "which is unknown"
            faults.add(path, f"names '{parent}', {what}; no other parameter is a choice")
        return
    for parent in parameter.when:
        if parent not in section:
            faults.add(path, unknown("parameter", parent, choices))
    if any(parent not in built for parent in parameter.when):
        return
    says = f"parameter '{parameter.name}': when "
    with faults.at(*path, says=says):
        ParameterSpace((*(replace(other, when={}) for other in others), parameter))
