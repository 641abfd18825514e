"""What the models believe over one parameter, or over another response."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ....datasets import listed
from ....models.picture_labels import Point, place_labels
from ....models.picture_style import (
    BLUE,
    GREY,
    NORMAL,
    SMALL,
    VERMILLION,
    label_axes,
    plain_frame,
    write_legend,
    write_title,
)
from ....models.picture_text import cut_to, printable
from ..week_summary import BelievedCurve
from .frame import GREEN, PINK, WIDTH, axis_of, id_of, nothing_figure, said

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import LineStyleType

_MOST_COLUMNS, _MANY, _MOST_NAMED = 3, 60, 8
_LEFT = 0.75  # inches that numbers and names take beside the panels of a row


@dataclass(frozen=True)
class _Look:
    """How curves of one label are told from others, also in grey."""

    color: str
    dashes: "LineStyleType"
    marker: str
    hatch: str


_LOOKS = (
    _Look(BLUE, "-", "o", ""),
    _Look(VERMILLION, (0, (5, 2)), "^", "///"),
    _Look(GREEN, (0, (1, 1.2)), "s", "\\\\\\"),
    _Look(PINK, (0, (6, 2, 1, 2)), "D", "|||"),
    _Look(GREY, (0, (3, 1, 1, 1, 1, 1)), "v", "---"),
)


def effects_figure(curves: Sequence[BelievedCurve]) -> "Figure":
    """Responses over each parameter: one panel each, a row or more for each response.

    Parameters
    ----------
    curves
        Those of one response and one parameter share a panel.
    """
    curves = [one for one in curves if one.x]
    if not curves:
        return nothing_figure("No parameter is believed to matter to any response yet.")
    panels = _panels(curves)
    by_response: dict[tuple[str, bool], list[list[BelievedCurve]]] = {}
    for (response, _), group in panels.items():
        by_response.setdefault(response, []).append(group)
    n_columns = min(_MOST_COLUMNS, max(map(len, by_response.values())))
    rows = [
        groups[start : start + n_columns]
        for groups in by_response.values()
        for start in range(0, len(groups), n_columns)
    ]
    names = list(dict.fromkeys(said(one.response) for one in curves))
    labels = dict.fromkeys(_label(one) for one in curves)
    at = f" ({next(iter(labels))})" if len(labels) == 1 and any(labels) else ""
    title = f"Forecast of {listed(_few(names), 'and')}, and how it changes with one parameter at a time{at}"
    return _draw_rows(rows, n_columns, title, height=2.15 if n_columns > 1 else 3.4)


def chain_figure(curves: Sequence[BelievedCurve]) -> "Figure":
    """A response over another one, a curve for each label, such as a route.

    Samples outside the interval of their curve are named.

    Parameters
    ----------
    curves
        Those of one response over one other share a panel.
    """
    curves = [one for one in curves if one.x]
    if not curves:
        return nothing_figure("No response is forecast from another one yet.")
    panels = list(_panels(curves).values())
    pairs = [f"{said(group[0].response)} from {said(group[0].over)}" for group in panels]
    labels = [label for label in dict.fromkeys(_label(one) for one in curves) if label]
    each = f", one curve for {listed(_few(labels), 'and')} each" if len(labels) > 1 else ""
    title = f"Forecast of {listed(_few(pairs), 'and')}{each}"
    figure = _draw_rows([[group] for group in panels], 1, title, height=4.2)
    for axes, group in zip(figure.axes, panels, strict=True):
        _label_curves(axes, group, _looks(curves))
    return figure


def _panels(curves: Sequence[BelievedCurve]) -> Mapping[tuple[tuple[str, bool], str], list[BelievedCurve]]:
    """Curves by response and by what they are over."""
    panels: dict[tuple[tuple[str, bool], str], list[BelievedCurve]] = {}
    for one in sorted(curves, key=lambda c: [o.response.name for o in curves].index(c.response.name)):
        key = ((one.response.name, one.response.is_yes_no), one.over.name)
        panels.setdefault(key, []).append(one)
    return panels


def _few(names: Sequence[str]) -> list[str]:
    return [*names[:3], f"{len(names) - 3} more"] if len(names) > 3 else list(names)


def _label(curve: BelievedCurve) -> str:
    return cut_to(printable(curve.label.replace("_", " ")), 1.6, SMALL)


def _looks(curves: Sequence[BelievedCurve]) -> Mapping[str, _Look]:
    labels = dict.fromkeys(one.label for one in curves)
    return {label: _LOOKS[number % len(_LOOKS)] for number, label in enumerate(labels)}


def _draw_rows(
    rows: Sequence[Sequence[Sequence[BelievedCurve]]], n_columns: int, title: str, *, height: float
) -> "Figure":
    from matplotlib.figure import Figure

    everything = [one for row in rows for group in row for one in group]
    looks = _looks(everything)
    figure = Figure(figsize=(WIDTH, 1.0 + height * len(rows)), layout="constrained")
    write_title(figure, title)
    grid = figure.add_gridspec(len(rows), n_columns)
    first: dict[str, Axes] = {}
    width = (WIDTH - 0.2) / n_columns - (_LEFT if n_columns == 1 else 0.35)
    for row, groups in enumerate(rows):
        for column, group in enumerate(groups):
            axes = figure.add_subplot(grid[row, column], sharey=first.get(group[0].response.name))
            first.setdefault(group[0].response.name, axes)
            _draw_panel(axes, group, looks, width)
            label_axes(
                axes,
                axis_of(group[0].over, width),
                "" if column else axis_of(group[0].response, height - 0.7),
            )
            axes.tick_params(labelleft=column == 0)
    _write_legend(figure, everything, looks)
    return figure


def _draw_panel(
    axes: "Axes", group: Sequence[BelievedCurve], looks: Mapping[str, _Look], width: float
) -> None:
    from matplotlib.ticker import MaxNLocator

    plain_frame(axes)
    axes.tick_params(labelsize=SMALL if width < 3 else NORMAL)
    yes_no = group[0].response.is_yes_no
    times = 100 if yes_no else 1
    for one in group:
        _draw_curve(axes, one, looks[one.label], times)
    axes.xaxis.set_major_locator(MaxNLocator(max(2, int(width / 0.5)), steps=[1, 2, 3, 5, 10]))
    if yes_no:
        axes.set(ylim=(-7, 107), yticks=(0, 50, 100))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(4 if width < 3 else 7, steps=[1, 2, 5, 10]))
    axes.margins(x=0.03)


def _draw_curve(axes: "Axes", curve: BelievedCurve, look: _Look, times: float) -> None:
    low, median, high = (times * np.asarray(part) for part in (curve.low, curve.median, curve.high))
    if bool((high > low).any()):
        axes.fill_between(
            curve.x,
            low,
            high,
            facecolor=look.color,
            alpha=0.2,
            hatch=look.hatch,
            edgecolor=look.color,
            linewidth=0,
            zorder=1,
        )
    alone = len(curve.x) == 1
    axes.plot(
        curve.x,
        median,
        color=look.color,
        linestyle=look.dashes,
        linewidth=1.9,
        marker="_" if alone else None,
        markersize=14,
        zorder=3,
    )
    if curve.points:
        many = len(curve.points) > _MANY
        axes.plot(
            [x for x, *_ in curve.points],
            [times * y for _, y, _ in curve.points],
            look.marker,
            color=look.color,
            markeredgecolor="white" if many else "black",
            markeredgewidth=0.4 if many else 0.7,
            markersize=3.5 if many else 5.5,
            clip_on=False,
            zorder=4,
        )


def _write_legend(figure: "Figure", curves: Sequence[BelievedCurve], looks: Mapping[str, _Look]) -> None:
    """What lines, bands and signs mean; one entry a label where there are several."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    signs: list[tuple[Artist, str]] = []
    labelled = {one.label: _label(one) for one in curves}
    for label, words in labelled.items():
        look = looks[label]
        line = Line2D([], [], color=look.color, linestyle=look.dashes, linewidth=1.9)
        signs.append((line, words if words and len(labelled) > 1 else "forecast"))
    if any(high > low for one in curves for low, high in zip(one.low, one.high, strict=True)):
        look = looks[curves[0].label]
        signs.append((Patch(facecolor=look.color, alpha=0.2), "90 % interval of a measurement"))
    for label in dict.fromkeys(one.label for one in curves if one.points):
        look, of = looks[label], f", {labelled[label]}" if len(labelled) > 1 and labelled[label] else ""
        dot = Line2D(
            [], [], color=look.color, marker=look.marker, markeredgecolor="black", lw=0, markersize=5.5
        )
        signs.append((dot, f"measured{of}"))
    write_legend(figure, signs)


def _label_curves(axes: "Axes", group: Sequence[BelievedCurve], looks: Mapping[str, _Look]) -> None:
    """Names at the curves, where there are several, and ids of samples beyond their intervals."""
    times = 100 if group[0].response.is_yes_no else 1
    anchors: list[list[Point]] = []
    texts: list[str] = []
    if len(looks) > 1:
        for one in group:
            if one.label:
                half = len(one.x) // 2
                anchors.append([(x, times * y) for x, y in zip(one.x[half:], one.median[half:], strict=True)])
                texts.append(_label(one))
    outside = [point for one in group for point in one.points if _is_outside(point, one)]
    for x, y, experiment in outside[:_MOST_NAMED]:
        anchors.append([(x, times * y)])
        texts.append(id_of(experiment))
    points = [(x, times * y) for one in group for x, y, _ in one.points]
    lines = [(x, times * y) for one in group for x, y in zip(one.x, one.median, strict=True)]
    keep_off = [*points, *lines] if len(points) <= _MANY else lines
    place_labels(axes, anchors, texts, keep_off=keep_off, color="black", leave_out=True)


def _is_outside(point: tuple[float, float, str], curve: BelievedCurve) -> bool:
    x, y, _ = point
    low, high = (float(np.interp(x, curve.x, part)) for part in (curve.low, curve.high))
    return low < high and not low <= y <= high
