"""Which words fit into and beside the bars of a Gantt chart, in inches, before anything is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..models.picture_text import height_of, width_of

_MARGIN = 0.035  # inches beside a text within a bar
_GAP = 0.06  # inches between a bar and a text beside it


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
