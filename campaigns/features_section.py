"""The ``features`` section of a campaign file becomes physics that surrogates may use."""

import re
from collections.abc import Mapping

from ..datasets import InputError
from ..datasets.units import convert
from ..models.features import Arrhenius, Belief, Feature, PowerLaw
from .declared import Declared
from .faults import Faults, KeyPath
from .file_format import ArrheniusKeys, FeatureKeys, number, shown, validated

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_BELIEF = re.compile(rf"(?P<mean>{_NUMBER})(?:\s*(?:±|\+/?-)\s*(?P<sd>{_NUMBER}))?")


def features_from(section: Mapping[str, object], declared: Declared, faults: Faults) -> dict[str, Feature]:
    """Build the features that can be built; note what is wrong with the others."""
    built: dict[str, Feature] = {}
    for name, given in section.items():
        path = ("features", name)
        keys = validated(FeatureKeys, given, path, faults)
        if keys is None:
            continue
        with faults.at(*path, says=f"feature '{name}': "):
            if (keys.power_law is None) == (keys.arrhenius is None):
                raise InputError("a feature is either a power_law or an arrhenius")
            feature = (
                _power_law(name, keys.power_law, declared, faults)
                if keys.power_law is not None
                else _arrhenius(name, keys.arrhenius, declared, faults)
            )
            if feature is not None:
                built[name] = feature
    return built


def belief(given: object) -> Belief:
    """Read a constant and its spread: ``3 ± 0.6``, ``3 +- 0.6``, or an exact 3.

    >>> belief("3 +- 0.6")
    Belief(mean=3.0, sd=0.6)

    Raises
    ------
    InputError
        If it is neither.
    """
    match = _BELIEF.fullmatch(given.strip()) if isinstance(given, str) else None
    try:
        if match is not None:
            return Belief(number(float(match["mean"])), number(float(match["sd"] or 0)))
        return Belief(number(given))
    except ValueError as error:
        raise InputError(f"must be a number such as 3, or 3 ± 0.6, got {shown(given)}") from error


def _power_law(name: str, given: dict[str, object], declared: Declared, faults: Faults) -> PowerLaw | None:
    path = ("features", name, "power_law")
    if not given:
        raise InputError("power_law needs at least one parameter with its exponent")
    before = len(faults)
    exponents: dict[str, Belief] = {}
    for parameter_name, exponent in given.items():
        here = (*path, parameter_name)
        parameter = declared.numeric(parameter_name, faults, here)
        if parameter is not None and parameter.low < 0:
            faults.add(here, f"'{parameter_name}' can be below 0, which has no power; allowed are from 0 on")
        with faults.at(*here):
            exponents[parameter_name] = belief(exponent)
    return PowerLaw(name=name, exponents=exponents) if len(faults) == before else None


def _arrhenius(name: str, given: object, declared: Declared, faults: Faults) -> Arrhenius | None:
    path = ("features", name, "arrhenius")
    keys = validated(ArrheniusKeys, given, path, faults)
    if keys is None:
        return None
    before = len(faults)
    _check_unit(keys.temperature, "K", "degC", (*path, "temperature"), declared, faults)
    _check_unit(keys.time, "h", "h", (*path, "time"), declared, faults)
    constants: dict[str, object] = {}
    if keys.activation_energy is not None:
        with faults.at(*path, "activation_energy"):
            constants["activation_energy_kj_mol"] = belief(keys.activation_energy)
    if keys.heating_rate is not None:
        constants["heating_rate_k_h"] = keys.heating_rate
    if len(faults) > before:
        return None
    return Arrhenius(name=name, temperature=keys.temperature, time=keys.time, **constants)  # pyright: ignore[reportArgumentType]


def _check_unit(
    name: str, needed: str, example: str, path: KeyPath, declared: Declared, faults: Faults
) -> None:
    parameter = declared.numeric(name, faults, path)
    if parameter is None:
        return
    try:
        convert(1.0, parameter.unit or "", needed)
    except InputError:
        has = f"has the unit {parameter.unit}" if parameter.unit else "has no unit"
        faults.add(path, f"'{name}' {has}, it needs one that converts to {needed}, such as {example}")
