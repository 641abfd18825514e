"""Unit conversion between what a table says and what the campaign uses (pint)."""

from functools import cache
from typing import TYPE_CHECKING

from .errors import InputError

if TYPE_CHECKING:
    import pint

# How chemists write what pint spells differently.
_SPELLINGS = {"°C": "degC", "℃": "degC", "C": "degC", "°F": "degF", "%": "percent", "": "dimensionless"}


@cache
def _registry() -> "pint.UnitRegistry[float]":
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True, cache_folder=None)


def _pint_error() -> type[Exception]:
    import pint

    return pint.errors.PintError


def _parsed(unit: str) -> "pint.Unit":
    text = _SPELLINGS.get(unit.strip(), unit.strip()).replace("²", "^2").replace("³", "^3").replace("µ", "u")
    text = text.replace("m2/", "m^2/").replace("m3/", "m^3/")
    try:
        return _registry().Unit(text)
    except Exception as error:  # pint raises many kinds: tokenizer, syntax, undefined unit
        raise InputError(f"the unit '{unit}' is unknown") from error


def check_unit(unit: str) -> None:
    """Raise `InputError` if a unit is unknown."""
    _parsed(unit)


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """Convert a value between units, temperatures with their offset.

    >>> round(convert(973.15, "K", "degC"), 6)
    700.0

    Raises
    ------
    InputError
        If a unit is unknown or the two do not measure the same thing.
    """
    source, target = _parsed(from_unit), _parsed(to_unit)
    if source == target:
        return value
    if source.dimensionality != target.dimensionality:
        raise InputError(f"{from_unit} does not convert to {to_unit}")
    try:
        return float(_registry().Quantity(value, source).to(target).magnitude)
    except _pint_error() as error:  # a difference of temperatures is no temperature
        raise InputError(f"{from_unit} does not convert to {to_unit}") from error
