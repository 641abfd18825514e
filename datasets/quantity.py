"""Numbers as they are typed, brought into the unit of the campaign."""

from .errors import InputError
from .qualified_value import QualifiedValue, parse_number
from .units import convert

_PERCENT = frozenset({"%", "percent"})


def parse_quantity(text: str, unit: str | None, written_in: str | None = None) -> QualifiedValue:
    """Read one qualified number and convert it; bounds and ``~`` stay what they are.

    Parameters
    ----------
    text
        The number as typed; a ``%`` behind it counts as its unit.
    unit
        Unit of the campaign, or None for a bare number.
    written_in
        Unit that the column states, or None if it states none.

    >>> parse_quantity("~973.15", "degC", "K")
    QualifiedValue(value=700.0, qualifier='~')

    Raises
    ------
    InputError
        If the text is no number, or its unit does not convert.
    """
    cleaned = text.strip()
    if cleaned.endswith("%"):
        if written_in is not None and written_in not in _PERCENT:
            raise InputError(f"'{cleaned}' is in %, but its column is in {written_in}")
        cleaned, written_in = cleaned[:-1], "%"
    value = parse_number(cleaned)
    if written_in is None or written_in == unit:
        return value
    number = converted(float(value.value), written_in, unit)
    return QualifiedValue(number, value.qualifier)


def converted(number: float, written_in: str, unit: str | None) -> float:
    """Convert to the unit of the campaign, None being a bare number.

    Raises
    ------
    InputError
        If a unit is unknown or the two do not measure the same thing.
    """
    if written_in in _PERCENT and unit is None:
        return float(f"{number / 100:.12g}")
    try:
        result = convert(number, written_in, unit or "")
    except InputError as error:
        if unit is None and "unknown" not in str(error):
            raise InputError(f"{written_in} does not convert to a number without a unit") from error
        raise
    # Twelve digits are more than anyone measures, and 973.15 K is 700 degC, not 699.9999999999999.
    return float(f"{result:.12g}")
