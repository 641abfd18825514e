"""What all pictures have in common: size, colours, and words at the axes."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..datasets import NumericParameter, Response
from .picture_text import width_of, wrapped

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.typing import LegendLocType

HALF_PAGE = (6.4, 4.8)  # inches
# Okabe & Ito, told apart by everybody (jfly.uni-koeln.de/color).
BLUE, VERMILLION, GREY, LIGHT = "#0072B2", "#D55E00", "#5A5A5A", "#D9D9D9"
SMALL, NORMAL, LARGE = 8.5, 9.5, 10.5  # points; smaller is not read on paper

_MARGIN, _SIGN = 0.3, 0.56  # inches beside a title, and of a sign in a legend with its gaps
_JOINED = "\N{NO-BREAK SPACE}"  # a number and its unit stay on one line


def new_figure(
    title: str, subtitle: str = "", size: tuple[float, float] = HALF_PAGE
) -> "tuple[Figure, Axes]":
    """An empty figure under a sentence, without any state that other figures share."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    write_title(figure, title)
    axes = figure.add_subplot()
    plain_frame(axes)
    if subtitle:
        lines = "\n".join(wrapped(subtitle, size[0] - 1.0, SMALL))
        axes.set_title(lines, loc="left", fontsize=SMALL, color=GREY, parse_math=False)
    return figure, axes


def write_title(figure: "Figure", title: str) -> "Text":
    """A sentence over everything, in as many lines as it takes."""
    width = float(figure.get_figwidth())
    return figure.suptitle(
        "\n".join(wrapped(title, width - _MARGIN, LARGE)),
        x=0.1 / width,
        ha="left",
        fontsize=LARGE,
        linespacing=1.25,
        parse_math=False,
    )


def plain_frame(axes: "Axes") -> None:
    """Lines at the left and below only, and numbers that are read on paper."""
    axes.tick_params(labelsize=NORMAL)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def label_axes(axes: "Axes", x: str = "", y: str = "") -> None:
    """Write at the axes, as text whatever it is."""
    axes.set_xlabel(x, fontsize=NORMAL, parse_math=False)
    axes.set_ylabel(y, fontsize=NORMAL, parse_math=False)


def legend_below(figure: "Figure", axes: "Axes", n_columns: int = 2) -> None:
    """A legend of what is in the axes under the picture, where it hides nothing."""
    write_legend(figure, list(zip(*axes.get_legend_handles_labels(), strict=True)), n_columns)


def write_legend(
    figure: "Figure",
    signs: "Sequence[tuple[Artist, str]]",
    n_columns: int = 3,
    loc: "LegendLocType" = "outside lower left",
    above: float = 0.0,
) -> None:
    """A legend in as many columns as there is room for.

    Parameters
    ----------
    figure
        Under whose pictures it stands.
    signs
        With what they mean.
    n_columns
        At most.
    loc
        Without ``outside`` where a figure is laid out by hand.
    above
        Inches that are left free below it.
    """
    texts = [text for _, text in signs]
    if not texts:
        return
    legend = figure.legend(
        [sign for sign, _ in signs],
        texts,
        loc=loc,
        ncols=_columns_for(texts, float(figure.get_figwidth()), n_columns),
        bbox_to_anchor=(0, above / float(figure.get_figheight())) if above else None,
        frameon=False,
        fontsize=SMALL,
        columnspacing=1.5,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _columns_for(texts: Sequence[str], width: float, most: int) -> int:
    """The most columns of a legend that fit into a width in inches; matplotlib fills them one by one."""
    for n in range(min(most, len(texts)), 1, -1):
        columns = np.array_split([width_of(text, SMALL) for text in texts], n)
        if sum(_SIGN + float(column.max()) for column in columns) < width:
            return n
    return 1


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
    return with_unit(f"{in_words(described.name)}{more}", described.unit)


def with_unit(name: str, unit: str | None) -> str:
    """What is written at an axis.

    >>> with_unit("area", "m2/g"), with_unit("pure", None)
    ('area [m²/g]', 'pure')
    """
    return f"{name} [{in_print(unit)}]" if unit else name


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
