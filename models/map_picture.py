"""A picture of a response over two parameters: what is forecast where, how surely, and what has been made."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..datasets import ConditionValue, NumericParameter, listed
from .beliefs import Beliefs
from .picture_labels import Point, place_labels
from .picture_style import (
    GREY,
    NORMAL,
    SMALL,
    VERMILLION,
    axis_label,
    digits,
    in_print,
    in_words,
    legend_below,
    new_figure,
    percent,
    quantity,
)
from .response_map import Place, ResponseMap, numeric_parameter, places_made, response_map, what_matters

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet
    from matplotlib.figure import Figure

_PROBABILITIES = (0.1, 0.5, 0.9)
_N_WIDTHS = 6
_LABEL_ROOM, _ROOM_ENOUGH = 28.0, 60.0  # pixels that the label of a line needs around it


def map_figure(
    beliefs: Beliefs, response: str, x_parameter: str, y_parameter: str, fixed: Mapping[str, ConditionValue]
) -> "Figure":
    """What is forecast over two parameters, how surely, and the experiments made.

    Colours show the probability of yes or the median; lines the probabilities 10, 50 and 90 %, or where
    half of the 90 % interval has a certain width. An experiment of which one coordinate was not stated is
    a dotted line along what it may have been.

    Parameters
    ----------
    beliefs, response, x_parameter, y_parameter, fixed
        As for `response_map`.
    """
    found = response_map(beliefs, response, x_parameter, y_parameter, fixed)
    places = places_made(beliefs, response, x_parameter, y_parameter, fixed)
    x, y = (numeric_parameter(beliefs.space, name) for name in (x_parameter, y_parameter))
    title = _sentence(found, beliefs, response, x, y)
    figure, axes = new_figure(title, _fixed_in_words(beliefs, response, (x.name, y.name), fixed))
    for parameter, set_scale in ((x, axes.set_xscale), (y, axes.set_yscale)):
        set_scale(parameter.scale)
    axes.set(xlim=(found.x[0], found.x[-1]), ylim=(found.y[0], found.y[-1]))
    axes.set_xlabel(axis_label(x), fontsize=NORMAL)
    axes.set_ylabel(axis_label(y), fontsize=NORMAL)
    is_yes_no = found.low is None
    _draw_colours(figure, axes, found, beliefs, response)
    lines = (
        _draw_probabilities(axes, found)
        if is_yes_no
        else _draw_widths(axes, found, beliefs.responses[response].unit)
    )
    _draw_places(axes, places, x, y, is_yes_no=is_yes_no)
    legend_below(figure, axes, n_columns=4)
    if lines is not None:
        marked = [_middle(place, axes) for place in places]
        _label_contours(axes, lines, marked, "{:.0f} %".format if is_yes_no else "± {:g}".format)
    _label_places(axes, places, is_yes_no=is_yes_no)
    return figure


def _sentence(
    found: ResponseMap, beliefs: Beliefs, response: str, x: NumericParameter, y: NumericParameter
) -> str:
    def at(position: np.intp) -> str:
        row, column = np.unravel_index(position, found.value.shape)
        return f"{quantity(float(found.x[column]), x.unit)} and {quantity(float(found.y[row]), y.unit)}"

    name, unit = in_words(response), beliefs.responses[response].unit
    top, bottom = found.value.argmax(), found.value.argmin()
    most, least = float(found.value.flat[top]), float(found.value.flat[bottom])
    if found.low is None:
        return (
            f"The probability of {name} is highest, {percent(most)}, at {at(top)}, and lowest, "
            f"{percent(least)}, at {at(bottom)}"
        )
    assert found.high is not None
    interval = f"{digits(float(found.low.flat[top]))} to {digits(float(found.high.flat[top]))}"
    return (
        f"The expected {name} is highest, {quantity(most, unit)} ({interval}), at {at(top)}, and lowest, "
        f"{quantity(least, unit)}, at {at(bottom)}"
    )


def _fixed_in_words(
    beliefs: Beliefs, response: str, axes: tuple[str, str], fixed: Mapping[str, ConditionValue]
) -> str:
    space, matter = beliefs.space, what_matters(beliefs, response)
    said = []
    for parameter in space:
        value = fixed.get(parameter.name)
        if value is None or parameter.name not in matter or parameter.name in axes:
            continue
        unit = parameter.unit if isinstance(parameter, NumericParameter) else None
        shown = quantity(value, unit) if isinstance(value, float | int) else in_words(str(value))
        said.append(f"{in_words(parameter.name)} {shown}")
    return "at " + ", ".join(said) if said else ""


def _draw_colours(
    figure: "Figure", axes: "Axes", found: ResponseMap, beliefs: Beliefs, response: str
) -> None:
    is_yes_no = found.low is None
    mesh = axes.pcolormesh(
        found.x,
        found.y,
        found.value * (100 if is_yes_no else 1),
        shading="gouraud",
        cmap="viridis",
        rasterized=True,
        vmin=0 if is_yes_no else None,
        vmax=100 if is_yes_no else None,
    )
    bar = figure.colorbar(mesh, ax=axes, pad=0.02, aspect=28)
    numbers = axis_label(beliefs.responses[response], ", median")
    bar.set_label(f"probability of {in_words(response)} [%]" if is_yes_no else numbers, fontsize=NORMAL)
    bar.ax.tick_params(labelsize=SMALL)
    bar.outline.set_visible(False)


def _draw_probabilities(axes: "Axes", found: ResponseMap) -> "ContourSet | None":
    crossed = [100 * p for p in _PROBABILITIES if found.value.min() < p < found.value.max()]
    if not crossed:
        return None
    label = f"probability {listed([f'{p:.0f}' for p in crossed], 'and')} %"
    axes.plot([], [], color=GREY, linewidth=1.5, label=label)
    return axes.contour(found.x, found.y, 100 * found.value, crossed, colors="white", linewidths=1.5)


def _draw_widths(axes: "Axes", found: ResponseMap, unit: str | None) -> "ContourSet | None":
    from matplotlib.ticker import MaxNLocator

    assert found.low is not None and found.high is not None
    half = (found.high - found.low) / 2
    lowest, highest = float(half.min()), float(half.max())
    ticks = MaxNLocator(_N_WIDTHS, steps=[1, 2, 5, 10]).tick_values(lowest, highest)
    levels = [width for width in ticks if lowest < width < highest]
    if not levels:
        return None
    label = f"half of the 90 % interval [{in_print(unit)}]" if unit else "half of the 90 % interval"
    axes.plot([], [], color=GREY, linewidth=1.1, linestyle="dashed", label=label)
    return axes.contour(found.x, found.y, half, levels, colors="white", linewidths=1.1, linestyles="dashed")


def _label_contours(
    axes: "Axes", lines: "ContourSet", marked: Sequence[Point], text: Callable[[float], str]
) -> None:
    """Label each level once, away from the edge, from what is marked, and from other labels."""
    from matplotlib.patheffects import AbstractPathEffect, withStroke

    figure = axes.get_figure(root=True)
    assert figure is not None
    # Where a label fits depends on the size that everything else leaves for the map.
    figure.draw_without_rendering()
    frame = axes.get_window_extent()
    taken = [axes.transData.transform(point) for point in marked]
    chosen = []
    for path in lines.get_paths():
        vertices = np.asarray(path.vertices)
        pixels = axes.transData.transform(vertices)
        from_edge = np.minimum(pixels - frame.min, frame.max - pixels).min(axis=1)
        away = np.min([np.linalg.norm(pixels - one, axis=1) for one in taken] or [from_edge], axis=0)
        room = np.where(from_edge > _LABEL_ROOM, np.minimum(away, _ROOM_ENOUGH), -1.0)
        if room.max(initial=-1.0) > _LABEL_ROOM / 2:
            middle = np.abs(np.arange(len(room)) - len(room) / 2)
            best = int(np.lexsort((middle, -room))[0])
            taken.append(pixels[best])
            chosen.append(vertices[best])
    # White is not seen on the yellow end of the colours without a seam.
    seam: list[AbstractPathEffect] = [withStroke(linewidth=2.6, foreground="#00000080")]
    lines.set_path_effects(seam)
    if chosen:
        for label in axes.clabel(lines, fmt=text, fontsize=SMALL, inline_spacing=6, manual=chosen):
            label.set_path_effects(seam)


def _middle(place: Place, axes: "Axes") -> tuple[float, float]:
    """Where its marker stands: the middle of what it may have been."""
    ends = ((place.x, axes.get_xscale()), (place.y, axes.get_yscale()))
    x, y = (math.sqrt(a * b) if scale == "log" else (a + b) / 2 for (a, b), scale in ends)
    return x, y


def _draw_places(
    axes: "Axes", places: list[Place], x: NumericParameter, y: NumericParameter, *, is_yes_no: bool
) -> None:
    kinds = {
        "yes": [p for p in places if "yes" in p.answers and "no" not in p.answers],
        "no": [p for p in places if "no" in p.answers and "yes" not in p.answers],
        "yes and no": [p for p in places if {"yes", "no"} <= set(p.answers)],
        "measured": [p for p in places if p.answers and not is_yes_no],
        "only compared": [p for p in places if not p.answers],
    }
    looks = {
        "yes": ("o", 7.5, "white"),
        "no": ("X", 8.5, VERMILLION),
        "yes and no": ("s", 7.5, "#E69F00"),
        "measured": ("o", 7.5, "white"),
        "only compared": ("o", 4.0, "white"),
    }
    for word, group in kinds.items():
        if group:
            marker, size, color = looks[word]
            axes.plot(
                *zip(*(_middle(place, axes) for place in group), strict=True),
                marker,
                markersize=size,
                markerfacecolor=color,
                markeredgecolor="black",
                markeredgewidth=0.9,
                label=word,
                clip_on=False,
                zorder=5,
            )
    for position, place in enumerate(p for p in places if p.x[0] < p.x[1] or p.y[0] < p.y[1]):
        unknown = x if place.x[0] < place.x[1] else y
        label = f"{in_words(unknown.name)} not stated" if position == 0 else None
        axes.plot(place.x, place.y, ":", color="black", linewidth=1.4, label=label, zorder=4)


def _label_places(axes: "Axes", places: list[Place], *, is_yes_no: bool) -> None:
    """Values beside their places; of yes and no only how many there are, where several."""
    texts = []
    for place in places:
        n = len(place.experiments)
        if is_yes_no or not place.answers:
            texts.append(f"n = {n}" if n > 1 else "")
        else:
            texts.append(", ".join(place.answers))
    labelled = [(_middle(place, axes), text) for place, text in zip(places, texts, strict=True) if text]
    place_labels(
        axes,
        [(centre,) for centre, _ in labelled],
        [text for _, text in labelled],
        keep_off=[_middle(place, axes) for place in places],
        color="black",
    )
