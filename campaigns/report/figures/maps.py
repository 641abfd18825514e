"""What the models believe over two parameters."""

import math
import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ....models.map_picture import extremes_in_words
from ....models.map_places import draw_places, label_contours, label_places, middle
from ....models.picture_labels import Point
from ....models.picture_style import (
    GREY,
    NORMAL,
    SMALL,
    digits,
    in_words,
    label_axes,
    legend_below,
    new_figure,
)
from ....models.picture_text import printable
from ..week_summary import BelievedMap
from .frame import WIDTH, YELLOW, axis_of, id_of, nothing_figure, said, unit_of, value_in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap
    from matplotlib.contour import ContourSet
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_SIZE = (WIDTH, 5.2)
_UNDECIDED = (0.2, 0.8)
_N_LEVELS, _N_CHANCES = 8, 10
_PALEST, _DARKEST = 0.0, 0.58  # of the colour map: letters are read on all of it
_UNEVEN = 1.4  # by which the widest interval must exceed the narrowest to be told apart
_MOST_IDS = 3
_LONGEST_NAME = 1.3  # inches, in the legend
_DEGREE = re.compile(r"\bdeg(?=[CFK]\b)")
_JOINT = re.compile(r"(?<=\d) (?=[^\s,;]+(?:[,;]|$))")  # between a number and its unit


def map_figure(believed: BelievedMap) -> "Figure":
    """A response over two parameters: forecast, limit, uncertainty, what was made, and what is planned.

    Darker is more; hatched is where a probability is between 20 and 80 %, or where the 90 % interval is
    wider than elsewhere. A bar is a sample of which one condition was not stated.

    Parameters
    ----------
    believed
        With at least two settings of each parameter.
    """
    found = believed.found
    if min(found.value.shape, default=0) < 2 or not np.isfinite(found.value).all():
        return nothing_figure(f"There is no forecast of {said(believed.response)} to draw a map of yet.")
    names = (said(believed.x, _LONGEST_NAME), said(believed.y, _LONGEST_NAME))
    units = (unit_of(believed.x) or None, unit_of(believed.y) or None)
    title = extremes_in_words(found, said(believed.response), unit_of(believed.response), units)
    figure, axes = new_figure(title, _subtitle(believed), _SIZE)
    axes.set_xscale(_scale(found.x))
    axes.set_yscale(_scale(found.y))
    axes.set(xlim=(found.x[0], found.x[-1]), ylim=(found.y[0], found.y[-1]))
    label_axes(axes, axis_of(believed.x), axis_of(believed.y))
    lines = _draw_ground(figure, axes, believed)
    _draw_doubt(axes, believed)
    limit = _draw_limit(axes, believed)
    draw_places(axes, believed.places, names, is_yes_no=believed.response.is_yes_no)
    starred = _draw_suggested(axes, believed.suggested)
    legend_below(figure, axes, n_columns=3)
    marked = [*(middle(place, axes) for place in believed.places), *(place for place, _ in starred)]
    written: list[Text] = []
    for drawn, word in ((limit, "limit "), (lines, "")):
        if drawn is not None:
            text = partial(_level_in_words, believed, word)
            written += label_contours(axes, drawn, marked, text, seam="white", written=written)
    yes_no = believed.response.is_yes_no
    label_places(axes, believed.places, is_yes_no=yes_no, others=starred, written=written)
    return figure


def _subtitle(believed: BelievedMap) -> str:
    fixed = _JOINT.sub("\N{NO-BREAK SPACE}", _DEGREE.sub("°", in_words(printable(believed.fixed))))
    fixed = fixed if fixed.startswith("at ") or not fixed else f"at {fixed}"
    half = _half_widths(believed)
    if half is None:
        return fixed
    low, high = (digits(float(f"{end:.2g}")) for end in (half.min(), half.max()))
    ends = low if low == high else f"{low} to {high}"
    width = f"90 % interval ± {ends} {unit_of(believed.response)}".rstrip().replace(" ", "\N{NO-BREAK SPACE}")
    return f"{fixed}; {width}" if fixed else width


def _scale(settings: np.ndarray) -> str:
    """Logarithmic where settings are spaced by factors."""
    if len(settings) < 3 or settings[0] <= 0:
        return "linear"
    steps, factors = np.diff(settings), np.diff(np.log(settings))
    return (
        "log" if np.ptp(factors) < 0.02 * factors.mean() and np.ptp(steps) > 0.1 * steps.mean() else "linear"
    )


def _half_widths(believed: BelievedMap) -> np.ndarray | None:
    found = believed.found
    return None if found.low is None or found.high is None else (found.high - found.low) / 2


def _colours() -> "ListedColormap":
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["YlGnBu"](np.linspace(_PALEST, _DARKEST, 256)))


def _levels(believed: BelievedMap) -> np.ndarray:
    """Edges of the colours, each at a round number."""
    from matplotlib.ticker import MaxNLocator

    if believed.response.is_yes_no:
        return np.linspace(0, 1, _N_CHANCES + 1)
    low, high = float(believed.found.value.min()), float(believed.found.value.max())
    if high - low <= 1e-9 * max(abs(low), abs(high), 1.0):
        margin = 0.05 * abs(low) or 1.0
        return np.array([low - margin, low + margin])
    return np.asarray(MaxNLocator(_N_LEVELS, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))


def _draw_ground(figure: "Figure", axes: "Axes", believed: BelievedMap) -> "ContourSet | None":
    """Colours with their scale, and thin lines; of probabilities only the lines around what is undecided."""
    from matplotlib.ticker import FuncFormatter

    found, levels = believed.found, _levels(believed)
    ground = axes.contourf(found.x, found.y, found.value, levels, cmap=_colours(), extend="neither", zorder=0)
    bar = figure.colorbar(
        ground, ax=axes, pad=0.02, aspect=28, ticks=levels[::2] if len(levels) > 9 else levels
    )
    yes_no = believed.response.is_yes_no
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:.0f}" if yes_no else f"{v:g}"))
    label = axis_of(believed.response) if yes_no else axis_of(believed.response, more=", median")
    bar.set_label(label, fontsize=NORMAL, parse_math=False)
    bar.ax.tick_params(labelsize=SMALL)
    bar.outline.set_visible(False)
    drawn, limit = [0.2, 0.5, 0.8] if yes_no else levels, believed.limit
    beside = [float(level) for level in drawn if limit is None or not math.isclose(level, limit)]
    return _lines(axes, believed, beside, linewidths=0.9)


def _lines(
    axes: "Axes", believed: BelievedMap, levels: Sequence[float], *, linewidths: float
) -> "ContourSet | None":
    """Lines at levels, as far as the map has them."""
    value = believed.found.value
    inside = [level for level in levels if value.min() < level < value.max()]
    if not inside:
        return None
    return axes.contour(
        believed.found.x, believed.found.y, value, inside, colors="black", linewidths=linewidths, zorder=2
    )


def _draw_limit(axes: "Axes", believed: BelievedMap) -> "ContourSet | None":
    if believed.limit is None:
        return None
    lines = _lines(axes, believed, [believed.limit], linewidths=2.6)
    where = "" if lines is not None else ", not on this map"
    label = f"limit {value_in_words(believed.limit, believed.response)}{where}"
    axes.plot([], [], color="black", linewidth=2.6 if lines is not None else 0, label=label)
    return lines


def _level_in_words(believed: BelievedMap, word: str, level: float) -> str:
    return word + (f"{100 * level:.0f} %" if believed.response.is_yes_no else digits(level))


def _draw_doubt(axes: "Axes", believed: BelievedMap) -> None:
    """Hatch what the forecast leaves open."""
    found, half = believed.found, _half_widths(believed)
    if half is None:
        shown, low, high = found.value, *_UNDECIDED
        label = "probability between 20 and 80 %"
    else:
        shown, high = half, math.inf
        low = _uncertain_from(half)
        label = f"interval wider than ± {value_in_words(low, believed.response)}"
    if not bool(((shown > low) & (shown < high)).any()):
        return
    top = min(high, float(shown.max()) + 1)
    hatched = axes.contourf(found.x, found.y, shown, [low, top], colors="none", hatches=["////"], zorder=1)
    hatched.set(edgecolor=GREY, linewidth=0)
    axes.fill([], [], facecolor="none", edgecolor=GREY, hatch="////", linewidth=0, label=label)


def _uncertain_from(half: np.ndarray) -> float:
    """Half width of an interval, to two digits, above which it is called wide; infinite if all are alike."""
    low, high = float(half.min()), float(half.max())
    if not (low > 0 and high > _UNEVEN * low):
        return math.inf
    return float(f"{(low + high) / 2:.2g}")


def _draw_suggested(axes: "Axes", suggested: Sequence[tuple[float, float, str]]) -> list[tuple[Point, str]]:
    """Stars behind what was measured there; returns them with the ids that belong to each."""
    ids: dict[Point, list[str]] = {}
    for x, y, experiment in suggested:
        ids.setdefault((x, y), []).append(id_of(experiment, 0.9))
    if ids:
        axes.plot(
            *zip(*ids, strict=True),
            "*",
            markersize=17,
            markerfacecolor=YELLOW,
            markeredgecolor="black",
            markeredgewidth=0.9,
            label="planned next",
            clip_on=False,
            zorder=4.5,
        )
    return [(place, _joined(names)) for place, names in ids.items()]


def _joined(names: Sequence[str]) -> str:
    more = len(names) - _MOST_IDS
    return ", ".join(names[:_MOST_IDS]) + (f" +{more}" if more > 0 else "")
