"""A picture of a response over two parameters: what is forecast where, how surely, and what has been made."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..datasets import ConditionValue, NumericParameter, listed
from .beliefs import Beliefs
from .map_places import draw_places, label_contours, label_places, middle
from .picture_style import (
    GREY,
    NORMAL,
    SMALL,
    axis_label,
    digits,
    in_print,
    in_words,
    label_axes,
    legend_below,
    new_figure,
    percent,
    quantity,
)
from .response_map import ResponseMap, numeric_parameter, places_made, response_map, what_matters

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet
    from matplotlib.figure import Figure

_PROBABILITIES = (0.1, 0.5, 0.9)
_N_WIDTHS = 6


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
    title = extremes_in_words(found, in_words(response), beliefs.responses[response].unit, (x.unit, y.unit))
    figure, axes = new_figure(title, _fixed_in_words(beliefs, response, (x.name, y.name), fixed))
    for parameter, set_scale in ((x, axes.set_xscale), (y, axes.set_yscale)):
        set_scale(parameter.scale)
    axes.set(xlim=(found.x[0], found.x[-1]), ylim=(found.y[0], found.y[-1]))
    label_axes(axes, axis_label(x), axis_label(y))
    is_yes_no = found.low is None
    _draw_colours(figure, axes, found, beliefs, response)
    lines = (
        _draw_probabilities(axes, found)
        if is_yes_no
        else _draw_widths(axes, found, beliefs.responses[response].unit)
    )
    draw_places(axes, places, (in_words(x.name), in_words(y.name)), is_yes_no=is_yes_no)
    legend_below(figure, axes, n_columns=4)
    if lines is not None:
        marked = [middle(place, axes) for place in places]
        label_contours(axes, lines, marked, "{:.0f} %".format if is_yes_no else "± {:g}".format)
    label_places(axes, places, is_yes_no=is_yes_no)
    return figure


def extremes_in_words(
    found: ResponseMap, name: str, unit: str | None, axis_units: tuple[str | None, str | None]
) -> str:
    """Where a forecast is highest and lowest, as a sentence.

    Parameters
    ----------
    found
        The forecast.
    name, unit
        Of the response, as it is read aloud.
    axis_units
        Of both parameters.
    """

    def at(position: np.intp) -> str:
        row, column = np.unravel_index(position, found.value.shape)
        settings = (float(found.x[column]), float(found.y[row]))
        return " and ".join(quantity(value, one) for value, one in zip(settings, axis_units, strict=True))

    top, bottom = found.value.argmax(), found.value.argmin()
    most, least = float(found.value.flat[top]), float(found.value.flat[bottom])
    if most == least:
        everywhere = percent(most) if found.low is None else quantity(most, unit)
        return f"The forecast of {name} is the same everywhere: {everywhere}"
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
    said = f"probability of {in_words(response)} [%]" if is_yes_no else numbers
    bar.set_label(said, fontsize=NORMAL, parse_math=False)
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
