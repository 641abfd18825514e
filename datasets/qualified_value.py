"""Values as chemists write them: ``255``, ``~250``, ``>80``, ``<0.5``, ``yes``, ``251; 248``."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from .errors import InputError

Qualifier = Literal["=", "~", "<", ">"]

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_QUALIFIED = re.compile(rf"^(?P<qualifier>[~<>=≈]?)\s*(?P<number>{_NUMBER})\s*(?P<percent>%?)$")
_COMMA = re.compile(r"^[~<>=≈]?\s*[+-]?\d+,(?P<decimals>\d+)(?:[eE][+-]?\d+)?\s*%?$")
_YES = frozenset({"yes", "y", "true"})
_NO = frozenset({"no", "n", "false"})
_FORMS = "a number such as 255, ~250, >80 or <0.5"


@dataclass(frozen=True)
class QualifiedValue:
    """One measured value and how it is meant.

    Attributes
    ----------
    value
        A finite number, or True/False for a yes/no response.
    qualifier
        ``=`` exact, ``~`` approximate, ``<`` and ``>`` bounds (the truth lies beyond the value).
    """

    value: float | bool
    qualifier: Qualifier = "="

    def __post_init__(self) -> None:
        if self.qualifier not in get_args(Qualifier):
            raise InputError(f"qualifier '{self.qualifier}' is unknown, allowed are = ~ < and >")
        if isinstance(self.value, bool):
            if self.qualifier != "=":
                raise InputError(f"'{self.qualifier}' does not go with yes or no")
        elif not math.isfinite(self.value):
            raise InputError(f"the value {self.value} is not a finite number")

    @property
    def is_bound(self) -> bool:
        """Whether only a limit of the value is known."""
        return self.qualifier in ("<", ">")

    def __str__(self) -> str:
        """Render as it would stand in a table cell; `parse_number` and `parse_yes_no` read it back."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        return f"{'' if self.qualifier == '=' else self.qualifier}{shortest(self.value)}"


def shortest(number: float) -> str:
    """Shortest text that reads back as the same number (``255``, not ``255.0``).

    >>> shortest(255.0), shortest(0.1)
    ('255', '0.1')
    """
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(float(number))


def parse_number(text: str) -> QualifiedValue:
    """Read one qualified number; ``40 %`` is 0.4.

    >>> parse_number("~250")
    QualifiedValue(value=250.0, qualifier='~')

    Raises
    ------
    InputError
        If the text is no number, or a qualifier without one.
    """
    cleaned = text.strip()
    match = _QUALIFIED.match(cleaned)
    if match is None:
        if cleaned in ("~", "<", ">", "=", "≈"):
            raise InputError(f"'{cleaned}' stands without a number, allowed is {_FORMS}")
        raise InputError(f"'{cleaned}' is not a number, allowed is {_FORMS}{_comma_hint(cleaned)}")
    number = float(match["number"]) / (100 if match["percent"] else 1)
    qualifier = {"": "=", "≈": "~"}.get(match["qualifier"], match["qualifier"])
    return QualifiedValue(number, qualifier)  # pyright: ignore[reportArgumentType]


def _comma_hint(text: str) -> str:
    match = _COMMA.match(text)
    if match is None:
        return ""
    point, plain = (text.replace(",", sign) for sign in (".", ""))
    # 1,234 is a thousand and more for some, one and a bit for others.
    return f"; write {point} or {plain}" if len(match["decimals"]) == 3 else f"; write {point}"


def parse_yes_no(text: str) -> QualifiedValue:
    """Read yes or no.

    Raises
    ------
    InputError
        If the text is neither.
    """
    word = text.strip().lower()
    if word in _YES:
        return QualifiedValue(True)
    if word in _NO:
        return QualifiedValue(False)
    hint = "; write yes or no" if word in ("1", "0") else ""
    raise InputError(f"'{text.strip()}' is neither yes nor no{hint}")


def split_replicates(text: str) -> list[str]:
    """Cut a cell into its replicates: ``251; 248`` gives two, an empty cell none."""
    parts = [part.strip() for part in text.split(";")]
    return [part for part in parts if part]


def join_replicates(values: Iterable[QualifiedValue]) -> str:
    """Write replicates as one cell; the inverse of splitting and parsing."""
    return "; ".join(str(value) for value in values)
