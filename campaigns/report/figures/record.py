"""The track record: every stored forecast and what came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....models.honest_counts import honest_counts
from ....models.picture_labels import place_labels
from ....models.picture_style import (
    BLUE,
    GREY,
    LIGHT,
    SMALL,
    VERMILLION,
    label_axes,
    plain_frame,
    write_legend,
    write_title,
)
from ..week_summary import Outcome
from .frame import WIDTH, chance_of, id_of, nothing_figure, said

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WITHIN = 1.645  # standard deviations: 90 %
_UNLIKELY = 10  # percent: less is a surprise
_MANY, _MOST_NAMED, _FEW_NAMED = 80, 12, 3
_TICK_ROOM = 0.15  # inches from one id to the next
_ENOUGH = 0.7  # of all ids: with fewer, numbers are clearer
_FARTHEST = 6.0  # standard deviations; what is beyond stands at the edge


@dataclass(frozen=True)
class _Point:
    """A forecast with its place in the order and its height."""

    x: int
    y: float
    outcome: Outcome


def record_figure(record: Sequence[Outcome]) -> "Figure":
    """Every stored forecast in order: where numbers came in their intervals, what chance answers had.

    Parameters
    ----------
    record
        Oldest first.
    """
    from matplotlib.figure import Figure

    if not record:
        return nothing_figure("No forecast that was stored has been held against a result yet.")
    numbers = [
        _Point(x, max(-_FARTHEST, min(_FARTHEST, one.surprise)), one)
        for x, one in enumerate(record, 1)
        if not one.response.is_yes_no
    ]
    answers = [
        _Point(x, 100 * chance_of(one), one) for x, one in enumerate(record, 1) if one.response.is_yes_no
    ]
    kinds = [
        (points, draw) for points, draw in ((numbers, _draw_numbers), (answers, _draw_answers)) if points
    ]
    figure = Figure(figsize=(WIDTH, 1.5 + 2.2 * len(kinds)), layout="constrained")
    write_title(figure, _sentence(numbers, answers))
    panels = list(figure.subplots(len(kinds), 1, sharex=True, squeeze=False)[:, 0])
    for axes, (points, draw) in zip(panels, kinds, strict=True):
        plain_frame(axes)
        axes.set_xlim(0.3, max(len(record), 5) + 0.7)
        draw(axes, points)
        _draw_points(axes, points)
    _mark_samples(panels, record)
    signs = {
        word: sign for axes in panels for sign, word in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    write_legend(figure, [(sign, word) for word, sign in signs.items()], n_columns=4)
    for axes, (points, _) in zip(panels, kinds, strict=True):
        _label_surprises(axes, points)
    return figure


def _sentence(numbers: Sequence[_Point], answers: Sequence[_Point]) -> str:
    said = []
    if numbers:
        n, inside = len(numbers), sum(not one.outcome.is_surprise for one in numbers)
        few, many = honest_counts(n, 0.9)
        said.append(
            f"{inside} of {n} numbers came inside their 90 % interval (honest forecasts: {few} to {many})"
        )
    if answers:
        n, likely = len(answers), sum(not one.outcome.is_surprise for one in answers)
        said.append(f"{likely} of {n} answers had at least one chance in ten")
    return "; ".join(said)


def _draw_numbers(axes: "Axes", points: Sequence[_Point]) -> None:
    axes.axhspan(-_WITHIN, _WITHIN, color=LIGHT, alpha=0.6, linewidth=0, label="90 % interval", zorder=0)
    axes.axhline(0, color=GREY, linewidth=1, zorder=1)
    reach = max(3.0, *(abs(one.y) + 0.5 for one in points))
    axes.set_ylim(-reach, reach)
    label_axes(axes, y="numbers: standard\ndeviations off the median")


def _draw_answers(axes: "Axes", points: Sequence[_Point]) -> None:
    axes.axhspan(
        0,
        _UNLIKELY,
        facecolor="none",
        edgecolor=GREY,
        hatch="////",
        linewidth=0,
        label="less than 10 %",
        zorder=0,
    )
    axes.set(ylim=(-4, 104), yticks=(0, _UNLIKELY, 50, 100))
    label_axes(axes, y="answers: probability\nof what came [%]")


def _draw_points(axes: "Axes", points: Sequence[_Point]) -> None:
    small = 0.6 if len(points) > _MANY else 1.0
    looks = {
        False: ("o", BLUE, "white", 6, "came as forecast"),
        True: ("D", VERMILLION, "black", 7, "came as a surprise"),
    }
    for is_surprise, (marker, color, edge, size, word) in looks.items():
        group = [(one.x, one.y) for one in points if one.outcome.is_surprise is is_surprise]
        if group:
            axes.plot(
                *zip(*group, strict=True),
                marker,
                color=color,
                markeredgecolor=edge,
                markeredgewidth=0.8 * small,
                markersize=size * small,
                label=word,
                clip_on=False,
                zorder=4 if is_surprise else 3,
            )


def _mark_samples(panels: "Sequence[Axes]", record: Sequence[Outcome]) -> None:
    """Ids where each sample begins, as long as they can be read; else numbers."""
    starts = [
        (x, one.experiment)
        for x, one in enumerate(record, 1)
        if x == 1 or record[x - 2].experiment != one.experiment
    ]
    apart = _TICK_ROOM * max(len(record), 5) / (WIDTH - 0.9)
    shown: list[tuple[int, str]] = []
    for x, experiment in starts:
        if not shown or x - shown[-1][0] >= apart:
            shown.append((x, experiment))
    if len(shown) < _ENOUGH * len(starts):
        label_axes(panels[-1], "stored forecasts, oldest first", panels[-1].get_ylabel())
        return
    panels[-1].set_xticks(
        [x for x, _ in shown],
        [id_of(experiment, 0.9) for _, experiment in shown],
        fontsize=SMALL,
        rotation=90,
        parse_math=False,
    )
    for axes in panels:
        axes.vlines(
            [x - 0.5 for x, _ in starts[1:]], *axes.get_ylim(), color=LIGHT, linewidth=0.8, zorder=0.5
        )
    label_axes(panels[-1], "stored forecasts by sample, oldest first", panels[-1].get_ylabel())


def _label_surprises(axes: "Axes", points: Sequence[_Point]) -> None:
    surprises = sorted(
        (one for one in points if one.outcome.is_surprise), key=lambda one: -abs(one.outcome.surprise)
    )[: _MOST_NAMED if len(points) <= _MANY else _FEW_NAMED]
    place_labels(
        axes,
        [((one.x, one.y),) for one in surprises],
        [f"{id_of(one.outcome.experiment)} {said(one.outcome.response)}" for one in surprises],
        keep_off=[(one.x, one.y) for one in points] if len(points) <= _MANY else (),
        color="black",
        leave_out=True,
    )
