"""What was forecast, and what came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....datasets import listed
from ....models.picture_style import BLUE, GREY, LIGHT, NORMAL, SMALL, VERMILLION, percent, write_title
from ....models.picture_text import width_of, wrapped
from ..week_summary import Outcome
from .frame import (
    LONGEST_ID,
    PALE,
    WIDTH,
    axes_at,
    axis_of,
    chance_of,
    deviation_in_words,
    id_of,
    legend_at_foot,
    nothing_figure,
    said,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEWEST_ROWS, _MOST_ROWS, _MOST_NAMED = 5, 20, 3
_PAGE = 9.0  # inches of height that rows may take
_ROW, _LINE = 0.235, 0.185  # inches
_BELOW, _BETWEEN, _GUTTER, _LEGEND = 0.27, 0.22, 0.2, 0.62
_SURPRISE_WIDTH = 0.7


@dataclass(frozen=True)
class _Panel:
    """The rows of one response, and the lines above them."""

    rows: tuple[Outcome, ...]
    header: str

    @property
    def is_yes_no(self) -> bool:
        return self.rows[0].response.is_yes_no

    @property
    def above(self) -> float:
        return 0.06 + _LINE * (self.header.count("\n") + 1)

    @property
    def height(self) -> float:
        """With all that belongs to it, in inches."""
        return self.above + _ROW * len(self.rows) + _BELOW + _BETWEEN


def outcomes_figure(outcomes: Sequence[Outcome]) -> "Figure":
    """Forecasts and what came of them: one panel a response, one row a sample.

    Numbers have their 90 % interval, its median and the mean of what was measured; yes and no the
    probability of yes and the answer. Surprises have another shape, and their size beside them. Of more
    rows than a page holds the most surprising are shown.

    Parameters
    ----------
    outcomes
        Of any number of samples and responses.
    """
    from matplotlib.figure import Figure

    if not outcomes:
        return nothing_figure("No result has come in of which anything had been forecast.")
    by_response: dict[tuple[str, bool], list[Outcome]] = {}
    for one in outcomes:
        by_response.setdefault((one.response.name, one.response.is_yes_no), []).append(one)
    n_columns = 1 if len(by_response) == 1 else 2
    width = (WIDTH - 0.2 - _GUTTER * (n_columns - 1)) / n_columns
    columns = _columns(list(by_response.values()), n_columns, width)
    title = _sentence(outcomes)
    above = 0.16 + 0.2 * len(wrapped(title, WIDTH - 0.3, 10.5))
    height = above + max(map(_height, columns)) + _LEGEND
    figure = Figure(figsize=(WIDTH, height))
    write_title(figure, title).set_y(1 - 0.08 / height)
    for number, column in enumerate(columns):
        top = above
        for panel in column:
            _draw_panel(figure, panel, 0.1 + number * (width + _GUTTER), top, width)
            top += panel.height
    _write_legend(figure, outcomes)
    return figure


def _columns(responses: Sequence[Sequence[Outcome]], n: int, width: float) -> list[list[_Panel]]:
    """Panels side by side, with as many rows each as a page has room for."""
    columns: list[list[_Panel]] = []
    for most in range(_MOST_ROWS, _FEWEST_ROWS - 1, -1):
        columns = [[] for _ in range(n)]
        for rows in responses:
            min(columns, key=_height).append(_panel(rows, width, most))
        if max(map(_height, columns)) <= _PAGE:
            break
    return columns


def _height(column: Sequence[_Panel]) -> float:
    return sum(panel.height for panel in column)


def _sentence(outcomes: Sequence[Outcome]) -> str:
    surprises = sorted((one for one in outcomes if one.is_surprise), key=lambda one: -abs(one.surprise))
    n = len(outcomes)
    if not surprises:
        return f"All {n} results came as forecast" if n > 1 else "The one result came as forecast"
    named = [
        f"{id_of(one.experiment)} {said(one.response)} ({deviation_in_words(one)})"
        for one in surprises[:_MOST_NAMED]
    ]
    more = len(surprises) - len(named)
    are = "result is a surprise" if n == 1 else "results is a surprise"
    are = are if len(surprises) == 1 else "results are surprises"
    number = "The one" if n == 1 else f"{len(surprises)} of {n}"
    return f"{number} {are}: {listed([*named, *([f'{more} more'] * (more > 0))], 'and')}"


def _panel(rows: Sequence[Outcome], width: float, most: int) -> _Panel:
    header = axis_of(rows[0].response, width)
    n = len(rows)
    if n > most:
        first = sorted(range(n), key=lambda i: (not rows[i].is_surprise, -abs(rows[i].surprise)))[:most]
        rows = [rows[i] for i in sorted(first)]
        header += f"\nthe {most} most surprising of {n}"
    return _Panel(tuple(rows), header)


def _draw_panel(figure: "Figure", panel: _Panel, left: float, top: float, width: float) -> None:
    from matplotlib.ticker import MaxNLocator

    names = [id_of(one.experiment, min(LONGEST_ID, 0.4 * width)) for one in panel.rows]
    beside = 0.1 + max(width_of(name, SMALL) for name in names)
    wide = width - beside - _SURPRISE_WIDTH
    n = len(names)
    axes = axes_at(figure, left + beside, top + panel.above, wide, _ROW * n)
    axes.set_ylim(n - 0.5, -0.5)
    axes.set_yticks(range(n), names, fontsize=SMALL, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=SMALL, length=2.5, color=GREY)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    axes.set_axisbelow(True)
    (_draw_answers if panel.is_yes_no else _draw_numbers)(axes, panel.rows)
    if not panel.is_yes_no:
        axes.xaxis.set_major_locator(MaxNLocator(max(2, int(wide / 0.5)), steps=[1, 2, 5, 10]))
    figure.text(
        left / WIDTH,
        1 - (top + panel.above - 0.05) / float(figure.get_figheight()),
        panel.header,
        va="bottom",
        fontsize=NORMAL,
        parse_math=False,
    )


def _draw_numbers(axes: "Axes", rows: Sequence[Outcome]) -> None:
    for row, one in enumerate(rows):
        axes.plot([one.low, one.high], [row, row], color=PALE, linewidth=7.5, solid_capstyle="butt", zorder=2)
        axes.plot(one.median, row, "|", color="black", markersize=8, markeredgewidth=1.2, zorder=3)
        _draw_result(axes, one.measured, row, is_surprise=one.is_surprise)
        if one.is_surprise:
            sign = "+" if one.surprise > 0 else "\N{MINUS SIGN}"
            _write_beside(axes, f"{sign}{abs(one.surprise):.1f} sd", row, is_surprise=True)
    axes.margins(x=0.08)


def _draw_answers(axes: "Axes", rows: Sequence[Outcome]) -> None:
    for row, one in enumerate(rows):
        axes.barh(row, 100 * one.median, height=0.52, color=PALE, edgecolor=GREY, linewidth=0.7, zorder=2)
        _draw_result(axes, 100 * round(one.measured), row, is_surprise=one.is_surprise)
        answer = "yes" if one.measured >= 0.5 else "no"
        if one.is_surprise:
            _write_beside(axes, f"{answer} ({percent(chance_of(one))})", row, is_surprise=True)
        else:
            _write_beside(axes, answer, row)
    axes.set(xlim=(-6, 106), xticks=(0, 50, 100))


def _draw_result(axes: "Axes", x: float, row: int, *, is_surprise: bool) -> None:
    axes.plot(
        x,
        row,
        "D" if is_surprise else "o",
        color=VERMILLION if is_surprise else BLUE,
        markersize=7 if is_surprise else 6,
        markeredgecolor="black" if is_surprise else "white",
        markeredgewidth=0.8,
        label="surprise" if is_surprise else "came",
        clip_on=False,
        zorder=4,
    )


def _write_beside(axes: "Axes", text: str, row: int, *, is_surprise: bool = False) -> None:
    axes.annotate(
        text,
        (1, row),
        (5, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
        weight="bold" if is_surprise else "normal",
        annotation_clip=False,
    )


def _write_legend(figure: "Figure", outcomes: Sequence[Outcome]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def sign(marker: str, color: str, size: float, edge: str) -> Line2D:
        return Line2D([], [], color=color, marker=marker, markersize=size, markeredgecolor=edge, linewidth=0)

    numbers = any(not one.response.is_yes_no for one in outcomes)
    answers = any(one.response.is_yes_no for one in outcomes)
    signs = []
    if numbers:
        interval = Line2D(
            [], [], color=PALE, linewidth=7.5, marker="|", markersize=8, markeredgecolor="black"
        )
        signs.append((interval, "forecast: 90 % interval and median"))
    if answers:
        signs.append((Patch(facecolor=PALE, edgecolor=GREY), "forecast: probability of yes"))
    if not all(one.is_surprise for one in outcomes):
        signs.append((sign("o", BLUE, 6, "white"), "came as forecast"))
    notes = []
    if any(one.is_surprise for one in outcomes):
        signs.append((sign("D", VERMILLION, 7, "black"), "came as a surprise"))
        notes += ["sd: standard deviations of the forecast"] if numbers else []
        notes += ["(%): chance that the answer had"] if answers else []
    legend_at_foot(figure, signs, note="; ".join(notes))
