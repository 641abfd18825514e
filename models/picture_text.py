"""Texts of pictures before they are drawn: which signs can be printed, how wide they are, where to break."""

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

LINE = 1.25  # heights of a letter from line to line
_POINTS, _SUBPIXELS, _MEASURED = 72.0, 64.0, 100.0
_HINTED = 1.016  # letters that are fitted to dots are so much wider
# Not at no-break spaces, which hold numbers and units together.
_BREAKS = re.compile(r"[^\S\N{NO-BREAK SPACE}]+")


@lru_cache(maxsize=1)
def _font() -> "FT2Font":
    """The font of the pictures, for measuring only: a hundred points at one dot a point."""
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    font = FT2Font(findfont(FontProperties(family="DejaVu Sans")))
    font.set_size(_MEASURED, _POINTS)
    return font


@lru_cache(maxsize=1)
def _known() -> frozenset[int]:
    return frozenset(_font().get_charmap())


def printable(text: str) -> str:
    """A text in one line, with a box for every sign that the font of the pictures does not have.

    Signs that are not seen go: among them are those that turn the direction of all that follows.
    """
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    line = _BREAKS.sub(" ", seen).strip()
    return "".join(sign if ord(sign) in _known() else "\N{WHITE SQUARE}" for sign in line)


@lru_cache(maxsize=4096)
def width_of(text: str, points: float) -> float:
    """Width of a text, the longest of its lines, in inches."""
    widths = []
    for line in text.split("\n"):
        _font().set_text(line)
        widths.append(_font().get_width_height()[0])
    return _HINTED * max(widths) / _SUBPIXELS / _MEASURED * points / _POINTS


def height_of(text: str, points: float) -> float:
    """Height of a text of one or more lines, in inches."""
    return (text.count("\n") * LINE + 1.0) * points / _POINTS


def cut_to(text: str, width: float, points: float) -> str:
    """A text that is not wider than a width, with dots where something was cut off."""
    if width_of(text, points) <= width:
        return text
    short, long = 0, len(text)
    while short < long:
        middle = (short + long + 1) // 2
        fits = width_of(f"{text[:middle].rstrip()}…", points) <= width
        short, long = (middle, long) if fits else (short, middle - 1)
    return f"{text[:short].rstrip()}…"


def wrapped(text: str, width: float, points: float) -> list[str]:
    """A sentence in lines that are not wider than a width; a word that is wider by itself is cut off."""
    lines = [""]
    for word in _BREAKS.split(text):
        longer = f"{lines[-1]} {word}".strip(" ")
        lines = [*lines[:-1], longer] if width_of(longer, points) <= width else [*lines, word]
    return [cut_to(line, width, points) for line in lines if line]
