"""What all pictures have in common: size, colours, and words at the axes."""

import re
import textwrap
from typing import TYPE_CHECKING

from ..datasets import NumericParameter, Response

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HALF_PAGE = (6.4, 4.8)  # inches
# Okabe & Ito, told apart by everybody (jfly.uni-koeln.de/color).
BLUE, VERMILLION, GREY, LIGHT = "#0072B2", "#D55E00", "#5A5A5A", "#D9D9D9"
SMALL, NORMAL, LARGE = 8.5, 9.5, 10.5  # points; smaller is not read on paper

_TITLE, _SUBTITLE = 11.2, 13.5  # characters that fit into an inch of width
_JOINED = "\N{NO-BREAK SPACE}"  # a number and its unit stay on one line


def new_figure(
    title: str, subtitle: str = "", size: tuple[float, float] = HALF_PAGE
) -> "tuple[Figure, Axes]":
    """An empty figure under a sentence, without any state that other figures share."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    lines = textwrap.fill(title, int(_TITLE * size[0]))
    figure.suptitle(lines, x=0.015, ha="left", fontsize=LARGE, linespacing=1.25)
    axes = figure.add_subplot()
    axes.tick_params(labelsize=NORMAL)
    if subtitle:
        lines = textwrap.fill(subtitle, int(_SUBTITLE * size[0]))
        axes.set_title(lines, loc="left", fontsize=SMALL, color=GREY)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def legend_below(figure: "Figure", axes: "Axes", n_columns: int = 2) -> None:
    """A legend under the picture, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(
            handles, labels, loc="outside lower left", ncols=n_columns, frameon=False, fontsize=SMALL
        )


def in_words(name: str) -> str:
    """A name as it is read aloud.

    >>> in_words("calcination_temperature")
    'calcination temperature'
    """
    return name.replace("_", " ")


def in_print(unit: str | None) -> str:
    """A unit as it is printed.

    >>> in_print("m2/g"), in_print("degC"), in_print("um"), in_print(None)
    ('m²/g', '°C', 'µm', '')
    """
    if unit is None:
        return ""
    plain = re.sub(r"\bdeg(?=[CFK]\b)", "°", unit)
    plain = re.sub(r"\bu(?=[mgLslA]\b)", "µ", plain)
    raised = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
    return re.sub(r"(?<=[A-Za-z])(?:\^|\*\*)?(-?\d+)", lambda found: found[1].translate(raised), plain)


def axis_label(described: Response | NumericParameter, more: str = "") -> str:
    """Name and unit, as at an axis."""
    name = f"{in_words(described.name)}{more}"
    return f"{name} [{in_print(described.unit)}]" if described.unit else name


def digits(number: float) -> str:
    """Three digits.

    >>> digits(283.27), digits(0.012345), digits(1800.0)
    ('283', '0.0123', '1800')
    """
    return f"{float(f'{number:.3g}'):g}"


def quantity(number: float, unit: str | None) -> str:
    """Three digits and a unit."""
    return f"{digits(number)}{_JOINED}{in_print(unit)}".rstrip()


def percent(share: float) -> str:
    """A share in whole percent; what is not certain is not said to be."""
    if 0 < share < 0.005:
        return f"<{_JOINED}1{_JOINED}%"
    number = f">{_JOINED}99" if 0.995 < share < 1 else f"{100 * share:.0f}"
    return f"{number}{_JOINED}%"
