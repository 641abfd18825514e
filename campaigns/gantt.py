"""The Gantt chart of a plan: by machine, and by sample."""

import io
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..models.picture_style import GREY, LIGHT, SMALL, in_print, in_words
from ..models.picture_text import LINE, cut_to, printable, width_of
from ..planner.lab import Lab
from ..planner.week_plan import WeekPlan
from .gantt_labels import Bar, labels_of_row
from .gantt_page import (
    BEFORE,
    BETWEEN,
    MACHINE_ROW,
    SIDE,
    WIDEST_NAME,
    Page,
    draw_time,
    page_for,
    panel,
    write_title,
)
from .gantt_rows import Row, machine_row, sample_row
from .plan_parts import Part, lanes, parts
from .plan_words import Units, machine_in_words

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito, lightened so that black letters are read on them, and so that printed grey they differ.
_TINTS = ("#E6A02E", "#B5DFF6", "#4FB08F", "#F9F1A9", "#DDB0CC", "#7FA9D0", "#E08A5E")
_WHITE, _BLACK = "#FFFFFF", "#000000"
_HATCH = "#A0A0A0"
_GATE = 2.2  # printer's points
_BAR = 0.8  # of the height of a row


def gantt_figure(plan: WeekPlan, lab: Lab, units: Units | None = None) -> "Figure":
    """Draw who does what when, on A4 landscape, or A3 where there is more than A4 holds.

    Parameters
    ----------
    plan
        Finished.
    lab
        That it is for: its machines, hours and gates.
    units
        Of the parameters, by name; without them settings stand with their names.
    """
    from matplotlib.figure import Figure

    printed = {name: in_print(unit) or None for name, unit in (units or {}).items()}
    everything = parts(plan, lab)
    machines = [machine_row(lane, plan, printed) for lane in lanes(plan, lab)]
    samples = [sample_row(sample, plan, lab, everything) for sample in plan.samples]
    page = page_for(plan, machines, samples)
    figure = Figure(figsize=(page.width, page.height))
    colours = _colours(everything, lab)
    write_title(figure, page)
    top = page.top
    for rows, height in ((machines, page.row * MACHINE_ROW), (samples, page.row)):
        if rows:
            axes = panel(figure, page, top, height, len(rows))
            draw_time(axes, page, lab, height)
            for number, row in enumerate(rows):
                _draw_row(axes, page, row, number, height, colours)
            top += height * len(rows) + BETWEEN
    if machines:
        _write_legend(figure, page, _legend(everything, machines, lab, colours))
    return figure


def picture_file(figure: "Figure", kind: Literal["svg", "png", "pdf"] = "svg", dpi: int = 200) -> bytes:
    """A picture as it is written to a file: the same one, the same bytes.

    Parameters
    ----------
    figure
        Any.
    kind
        Of file.
    dpi
        Dots an inch, of PNG.
    """
    from matplotlib import rc_context

    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    written = io.BytesIO()
    with rc_context({"svg.hashsalt": "ovenbird"}):
        figure.savefig(written, format=kind, dpi=dpi, metadata=undated[kind])
    return written.getvalue()


def _colours(everything: Sequence[Part], lab: Lab) -> Mapping[str | None, str]:
    """One for each kind of machine, the same whatever the plan uses of them."""
    kinds = [*lab.resources, *sorted({p.resource for p in everything if p.resource} - set(lab.resources))]
    return {None: _WHITE, **dict(zip(kinds, cycle(_TINTS), strict=False))}


def _draw_row(
    axes: "Axes", page: Page, row: Row, number: int, height: float, colours: Mapping[str | None, str]
) -> None:
    """Bars with their names."""
    from matplotlib.patheffects import withStroke

    inch = page.inches_an_hour
    name = cut_to(row.label, WIDEST_NAME, SMALL)
    axes.text(-0.07 / inch, number + 0.5, name, ha="right", va="center", fontsize=SMALL, parse_math=False)
    down = [(page.within(outage.start), page.within(outage.end)) for outage in row.outages]
    for start, end in down:
        _rectangle(axes, start, end, number, facecolor=_WHITE, edgecolor=GREY, hatch="xxxx", linewidth=0.5)
    bars: list[Bar] = []
    for part, names, beside in zip(row.parts, row.names, row.beside, strict=True):
        start, ready, end = (page.within(moment) for moment in (part.start, part.ready, part.end))
        _draw_part(axes, part, (start, ready, end), number, colours[part.resource], inch)
        bars.append(Bar(start * inch, ready * inch, end * inch, names, beside, printable(part.step)))
    taken = [(start * inch, end * inch) for start, end in down]
    for label in labels_of_row(bars, height * _BAR, SMALL, page.length, taken):
        axes.text(
            label.left / inch,
            number + 0.5,
            label.text,
            ha="left",
            va="center",
            fontsize=SMALL,
            linespacing=LINE,
            zorder=5,
            path_effects=[] if label.plain_ground else [withStroke(linewidth=3, foreground=_WHITE)],
            parse_math=False,
        )
    for (start, end), outage in zip(down, row.outages, strict=True):
        if not any(bar.start < end * inch and start * inch < bar.end for bar in bars):
            _write_reason(axes, page, (start, end), number, printable(outage.reason))
    if row.remark:
        left = page.hours(page.origin + BEFORE)
        axes.text(left, number + 0.5, row.remark, va="center", fontsize=SMALL, color=GREY, style="italic")


def _write_reason(axes: "Axes", page: Page, hours: tuple[float, float], number: int, reason: str) -> None:
    """Why a machine is out of use, if there is room for it."""
    from matplotlib.patheffects import withStroke

    start, end = hours
    if reason and width_of(reason, SMALL) + 0.1 <= (end - start) * page.inches_an_hour:
        axes.text(
            (start + end) / 2,
            number + 0.5,
            reason,
            ha="center",
            va="center",
            fontsize=SMALL,
            path_effects=[withStroke(linewidth=3, foreground=_WHITE)],
            parse_math=False,
        )


def _draw_part(
    axes: "Axes", part: Part, hours: tuple[float, float, float], number: int, colour: str, inch: float
) -> None:
    """A bar from its start to its end, in hours of `inch` inches each."""
    start, ready, end = hours
    _rectangle(axes, start, ready, number, facecolor=colour, linewidth=0)
    if part.waits:
        _rectangle(axes, ready, end, number, facecolor=_WHITE, edgecolor=_HATCH, hatch="////", linewidth=0)
        _rectangle(axes, ready, end, number, facecolor="none", edgecolor=_BLACK, linewidth=0.8, zorder=3)
    begun = {"linewidth": 1.8, "linestyle": (0, (3, 1.5))} if part.under_way else {"linewidth": 0.8}
    _rectangle(axes, start, end, number, facecolor="none", edgecolor=_BLACK, zorder=3, **begun)
    if part.gate is not None:
        # Bars of an hour stand side by side; their gates are not to cover them.
        width = min(_GATE, max(0.3 * (end - start) * inch * 72, 0.9))
        axes.vlines(end, number + 0.02, number + 0.98, color=_BLACK, linewidth=width, zorder=4)


def _rectangle(
    axes: "Axes", start: float, end: float, number: int, *, zorder: float = 2, **style: object
) -> None:
    from matplotlib.patches import Rectangle

    corner, height = (start, number + (1 - _BAR) / 2), _BAR
    axes.add_patch(Rectangle(corner, end - start, height, zorder=zorder, **style))  # pyright: ignore[reportArgumentType]


def _legend(
    everything: Sequence[Part], machines: Sequence[Row], lab: Lab, colours: Mapping[str | None, str]
) -> "list[tuple[str, Artist]]":
    """What occurs, with a sign for each."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    used = {part.resource for part in everything}
    outline = {"edgecolor": _BLACK, "linewidth": 0.8}
    said: list[tuple[str, Artist]] = [
        (machine_in_words(kind, (), 1), Patch(facecolor=colour, **outline))
        for kind, colour in colours.items()
        if kind in used
    ]
    if any(part.waits for part in everything):
        waiting = Patch(facecolor=_WHITE, edgecolor=_HATCH, hatch="////", linewidth=0.8)
        said.append(("ready, waits to be emptied", waiting))
    if any(part.under_way for part in everything):
        begun = Patch(facecolor=_WHITE, edgecolor=_BLACK, linewidth=1.8, linestyle=(0, (3, 1.5)))
        said.append(("begun before this plan", begun))
    if any(part.gate for part in everything):
        post = Line2D([], [], color=_BLACK, marker="|", markersize=9, markeredgewidth=_GATE, linestyle="none")
        gates = dict.fromkeys(printable(in_words(part.gate)) for part in everything if part.gate)
        said.append((f"gate: only with {' or '.join(gates)} further", post))
    if lab.calendar is not None:
        said.append(("nobody there", Patch(facecolor=LIGHT, alpha=0.55)))
    if any(row.outages for row in machines):
        said.append(("out of use", Patch(facecolor=_WHITE, edgecolor=GREY, hatch="xxxx", linewidth=0.5)))
    return said


def _write_legend(figure: "Figure", page: Page, said: "Sequence[tuple[str, Artist]]") -> None:
    """At the foot of the paper, in as few lines as hold it."""
    needed, n_rows, n_columns = page.width, 0, 1
    while needed > page.width - 2 * SIDE and n_rows < len(said):
        n_rows += 1
        n_columns = -(-len(said) // n_rows)
        # The first columns are the longer ones, as in matplotlib's legends.
        columns = np.array_split([width_of(text, SMALL) for text, _ in said], n_columns)
        needed = sum(0.5 + max(column) for column in columns)
    legend = figure.legend(
        [sign for _, sign in said],
        [text for text, _ in said],
        loc="lower left",
        bbox_to_anchor=(0, 0),
        ncols=n_columns,
        frameon=False,
        fontsize=SMALL,
        handlelength=1.8,
        columnspacing=1.2,
        borderaxespad=0.6,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
