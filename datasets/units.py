"""Unit conversion between what a table says and what the campaign uses (pint)."""

import re
from functools import cache
from typing import TYPE_CHECKING

from .errors import InputError

if TYPE_CHECKING:
    import pint

# How chemists write what pint spells differently.
_SPELLINGS = {"°C": "degC", "℃": "degC", "C": "degC", "°F": "degF", "": "dimensionless"}
# Percent of what does not matter to a conversion; pint takes `mol%` for moles.
_SPELLINGS |= dict.fromkeys(("%", "wt%", "wt.%", "mol%", "at%", "at.%", "vol%"), "percent")
_EXPONENT = re.compile(r"(?<=[A-Za-z])([2-9])(?![\d.])")


@cache
def _registry() -> "pint.UnitRegistry[float]":
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True, cache_folder=None)


def _pint_error() -> type[Exception]:
    import pint

    return pint.errors.PintError


def _parsed(unit: str) -> "pint.Unit":
    text = _SPELLINGS.get(unit.strip(), unit.strip()).replace("²", "^2").replace("³", "^3").replace("µ", "u")
    try:
        return _registry().Unit(_EXPONENT.sub(r"^\1", text))
    except Exception:  # pint raises many kinds: tokenizer, syntax, undefined unit
        # Some names have a digit of their own (inH2O).
        try:
            return _registry().Unit(text)
        except Exception as error:
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
