"""Which words fit into and beside the bars of a Gantt chart, in inches, before anything is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

LINE = 1.25  # heights of a letter from line to line
_POINTS, _SUBPIXELS, _MEASURED = 72.0, 64.0, 100.0
_HINTED = 1.016  # letters that are fitted to dots are so much wider
_MARGIN = 0.035  # inches beside a text within a bar
_GAP = 0.06  # inches between a bar and a text beside it


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
    """A text in one line, with a box for every sign that the font of the pictures does not have."""
    return "".join(sign if ord(sign) in _known() else "\N{WHITE SQUARE}" for sign in " ".join(text.split()))


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
    """A sentence in lines that are not wider than a width, unless a single word is."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        lines = [*lines[:-1], longer] if width_of(longer, points) <= width else [*lines, word]
    return [cut_to(line, width, points) for line in lines if line]


@dataclass(frozen=True)
class Bar:
    """A bar in a row.

    Attributes
    ----------
    start, ready, end
        In inches from the left.
    names
        What it may be called, best first.
    beside
        What it may be called where its name stands beside it.
    kind
        Bars of one kind side by side share such a name.
    """

    start: float
    ready: float
    end: float
    names: tuple[str, ...]
    beside: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class Label:
    """A text in a row.

    Attributes
    ----------
    text
        Of one or more lines.
    left
        Its edge, in inches.
    plain_ground
        Whether it stands on plain colour, not on lines.
    """

    text: str
    left: float
    plain_ground: bool


def labels_of_row(
    bars: Sequence[Bar], height: float, points: float, end: float, taken: Sequence[tuple[float, float]] = ()
) -> list[Label]:
    """Names that fit, none of which touches another.

    Parameters
    ----------
    bars
        By time, none over another.
    height
        Of a bar, in inches.
    points
        Size of the letters.
    end
        Where the row ends, in inches.
    taken
        Other stretches that nothing may be written on, in inches.
    """
    found: list[Label] = []
    nameless: list[list[Bar]] = []
    for bar in bars:
        label = _inside(bar, height, points)
        if label is not None:
            found.append(label)
        elif nameless and _belongs_to(bar, nameless[-1], bars):
            nameless[-1].append(bar)
        else:
            nameless.append([bar])
    busy = sorted([(bar.start, bar.end) for bar in bars] + list(taken))
    for group in nameless:
        label = _beside(group, busy, points, end)
        if label is not None:
            found.append(label)
            busy = sorted([*busy, (label.left - _GAP, label.left + width_of(label.text, points) + _GAP)])
    return found


def _inside(bar: Bar, height: float, points: float) -> Label | None:
    """The best name that fits."""
    for name in bar.names:
        right = bar.start + width_of(name, points) + 2 * _MARGIN
        if right <= bar.end and height_of(name, points) <= height:
            return Label(name, bar.start + _MARGIN, plain_ground=right <= bar.ready)
    return None


def _belongs_to(bar: Bar, group: Sequence[Bar], bars: Sequence[Bar]) -> bool:
    """Whether it is of the same kind and right behind: what stood beside the last would be taken for it."""
    last = group[-1]
    return bar.kind == last.kind and bar.start - last.end < 0.25 and bars.index(bar) == bars.index(last) + 1


def _beside(
    group: Sequence[Bar], busy: Sequence[tuple[float, float]], points: float, end: float
) -> Label | None:
    """A name to the right of the last bar of a group, if it reaches neither the next bar nor the end."""
    left = group[-1].end + _GAP
    right = min((start for start, _ in busy if start >= group[-1].end), default=end) - _GAP
    common = tuple(dict.fromkeys(bar.beside for bar in group))
    names = common[0] if len(common) == 1 else _joined(group)
    fitting = (name for name in names if left + width_of(name, points) <= right)
    return next((Label(name, left, plain_ground=False) for name in fitting), None)


def _joined(group: Sequence[Bar]) -> tuple[str, ...]:
    """Several bars under the name of their kind, each by its shortest name."""
    each = ", ".join(bar.beside[-1] for bar in group)
    kind = group[0].kind
    return (f"{kind} {each}", each, kind)
