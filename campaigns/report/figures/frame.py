"""What the figures of a report share: names that can be printed, axes with units, paper in inches."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ....models.picture_labels import Point
from ....models.picture_style import (
    GREY,
    NORMAL,
    SMALL,
    digits,
    in_print,
    in_words,
    percent,
    with_unit,
    write_legend,
)
from ....models.picture_text import cut_to, printable, wrapped
from ..week_summary import Named, Outcome

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 6.4  # inches: half a page
PALE = "#C6D5E4"  # of intervals: light on paper, and letters are read on it
GREEN, PINK, YELLOW = "#009E73", "#CC79A7", "#F0E442"  # Okabe & Ito
_LEGEND_LINE = 0.19  # inches
_STEPS = 12
_LONGEST_NAME, LONGEST_ID = 2.2, 1.25  # inches


def said(named: Named, width: float = _LONGEST_NAME) -> str:
    """A name as it is read aloud, no longer than a width in inches."""
    return cut_to(printable(in_words(named.name)), width, NORMAL)


def id_of(experiment: str, width: float = LONGEST_ID) -> str:
    """An id that fits beside a point or a row."""
    return cut_to(printable(experiment), width, SMALL)


def axis_of(named: Named, width: float = math.inf, more: str = "") -> str:
    """What stands at an axis, in lines of a width in inches; `more` belongs to the name of a number."""
    if named.is_yes_no:
        label = f"probability of {said(named)} [%]"
    else:
        label = with_unit(said(named) + more, printable(named.unit) if named.unit else None)
    return "\n".join(wrapped(label, width, NORMAL))


def unit_of(named: Named) -> str:
    """A unit as it stands behind a number."""
    return "" if named.unit is None else printable(in_print(named.unit))


def value_in_words(number: float, named: Named) -> str:
    """Three digits and a unit; a probability in percent."""
    if named.is_yes_no:
        return percent(number)
    return f"{digits(number)}\N{NO-BREAK SPACE}{unit_of(named)}".rstrip()


def deviation_in_words(outcome: Outcome) -> str:
    """How far a result is from its forecast."""
    if outcome.response.is_yes_no:
        return f"{'yes' if outcome.measured >= 0.5 else 'no'}, which had {percent(chance_of(outcome))}"
    side = "above" if outcome.surprise > 0 else "below"
    return f"{abs(outcome.surprise):.1f} standard deviations {side} its forecast"


def chance_of(outcome: Outcome) -> float:
    """Probability that had been given to what came, of a yes or no."""
    return outcome.median if outcome.measured >= 0.5 else 1 - outcome.median


def nothing_figure(sentence: str) -> "Figure":
    """A sentence where there is nothing to draw yet."""
    from matplotlib.figure import Figure

    lines = wrapped(sentence, WIDTH - 0.2, NORMAL)
    height = 0.35 + 0.17 * len(lines)
    figure = Figure(figsize=(WIDTH, height))
    figure.text(
        0.1 / WIDTH,
        0.5,
        "\n".join(lines),
        va="center",
        fontsize=NORMAL,
        color=GREY,
        parse_math=False,
    )
    return figure


def axes_at(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """Axes whose frame lies at a place of the paper, in inches from its upper left corner."""
    paper_width, paper_height = (float(length) for length in figure.get_size_inches())
    bottom = paper_height - top - height
    return figure.add_axes(
        (left / paper_width, bottom / paper_height, width / paper_width, height / paper_height)
    )


def legend_at_foot(figure: "Figure", signs: "Sequence[tuple[Artist, str]]", note: str = "") -> None:
    """A legend at the foot of paper that is laid out by hand, and below it what else must be said."""
    if note:
        height = float(figure.get_figheight())
        figure.text(
            0.1 / WIDTH, 0.06 / height, note, va="bottom", fontsize=SMALL, color=GREY, parse_math=False
        )
    write_legend(figure, signs, 2, loc="lower left", above=_LEGEND_LINE if note else 0.0)


def along(line: Sequence[Point]) -> Iterator[Point]:
    """Points on a line from corner to corner, close enough for labels to keep off it."""
    for (x0, y0), (x1, y1) in pairwise(line):
        yield from ((x0 + (x1 - x0) * i / _STEPS, y0 + (y1 - y0) * i / _STEPS) for i in range(_STEPS))
