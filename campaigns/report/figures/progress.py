"""How the best so far grew."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ....datasets import listed
from ....models.picture_labels import Point, place_labels
from ....models.picture_style import (
    BLUE,
    GREY,
    LIGHT,
    VERMILLION,
    label_axes,
    legend_below,
    plain_frame,
    write_title,
)
from ..week_summary import MadeSample, Named, Standing
from .frame import GREEN, PINK, WIDTH, along, axis_of, id_of, nothing_figure, said, value_in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Over = Literal["experiments", "hours"]
# Marker, word, whether filled: by whether limits are kept.
LOOKS: dict[bool | None, tuple[str, str, float]] = {
    True: ("o", "keeps the limits", 6.5),
    False: ("X", "breaks a limit", 7.5),
    None: ("o", "limits not known yet", 6.5),
}
_BAND = 0.2  # of the own samples' width, for literature
_SHORTEST = 5.0  # own samples that there is room for at least
MANY = 80  # samples: smaller markers


@dataclass(frozen=True)
class _Placed:
    """A sample and where it stands."""

    sample: MadeSample
    x: float


def progress_figure(standing: Standing, over: Over = "experiments") -> "Figure":
    """The best so far as a line, and every sample as a point.

    Parameters
    ----------
    standing
        Its history is drawn; samples without a value of the goal are left aside. Numbers beside the goal
        are thin lines where they have its unit.
    over
        Own experiments in the order of their results, or the process hours of all up to each.
    """
    shown = [
        (named, how)
        for named, how in standing.objectives
        if any(named.name in sample.values for sample in standing.history)
    ]
    if not shown:
        return nothing_figure("Nothing has been measured yet of what the goal asks for.")
    placed = _placed(standing.history, over)
    if over == "hours" and not any(one.x > 0 for one in placed):
        return nothing_figure("No process hours are known: they follow from a lab section and own samples.")
    figure, panels = _panels(len(shown), _sentence(standing, shown[0][0]))
    for axes, (named, how) in zip(panels, shown, strict=True):
        _draw_progress(axes, placed, (named, how), standing, _span(placed, over))
    _draw_literature_band(panels, placed, over)
    legend_below(figure, panels[0], n_columns=3)
    for axes, (named, _) in zip(panels, shown, strict=True):
        _label_improvements(axes, placed, named)
    return figure


def _placed(history: Sequence[MadeSample], over: Over) -> list[_Placed]:
    """Own samples from 1 on, or at their hours; literature evenly spread to the left of 0."""
    own = [sample for sample in history if not sample.source]
    literature = [sample for sample in history if sample.source]
    if over == "hours":
        right = [_Placed(sample, sample.hours) for sample in own if sample.hours is not None]
    else:
        right = [_Placed(sample, float(number)) for number, sample in enumerate(own, 1)]
    band, n = _BAND * _span(right, over), len(literature)
    left = [_Placed(sample, -band * (1 - (i + 0.5) / n)) for i, sample in enumerate(literature)]
    return left + right


def _span(placed: Sequence[_Placed], over: Over) -> float:
    """How far the axis goes to the right."""
    farthest = max((one.x for one in placed), default=1.0)
    return max(farthest + 0.5, _SHORTEST) if over == "experiments" else 1.04 * max(farthest, 1.0)


def _panels(n: int, title: str) -> "tuple[Figure, list[Axes]]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 1.6 + 2.3 * n), layout="constrained")
    write_title(figure, title)
    panels = list(figure.subplots(n, 1, sharex=True, squeeze=False)[:, 0])
    for axes in panels:
        plain_frame(axes)
    return figure, panels


def _sentence(standing: Standing, goal: Named) -> str:
    n = sum(1 for sample in standing.history if not sample.source and goal.name in sample.values)
    after = f"after {n or 'no'} own sample{'' if n == 1 else 's'} with a value"
    best = [id_of(one.experiment) for one in standing.best]
    if not best:
        return f"Nothing that was measured keeps all limits, {after}"
    if len(best) > 1:
        return (
            f"{len(best)} samples are the best there is, each in its way, {after}: {listed(best[:4], 'and')}"
        )
    values = {sample.experiment: sample.values for sample in standing.history}
    found = values.get(standing.best[0].experiment, {}).get(goal.name)
    reached = "" if found is None else f" with {value_in_words(found, goal)}"
    return f"{best[0]} is the best so far{reached} ({said(goal)}), {after}"


def _draw_progress(
    axes: "Axes", placed: Sequence[_Placed], objective: tuple[Named, str], standing: Standing, end: float
) -> None:
    named, how = objective
    best = [one.sample.best for one in placed]
    if len(standing.objectives) > 1:
        best = _running_best(placed, named, how)
    if any(value is not None for value in best):
        heights = [math.nan if value is None else value for value in best]
        axes.plot(
            [*(one.x for one in placed), end],
            [*heights, heights[-1]],
            drawstyle="steps-post",
            color="black",
            linewidth=1.8,
            label="best so far",
            zorder=2 if len(placed) < MANY else 5,
        )
    _draw_beside(axes, placed, named, standing.beside)
    draw_samples(axes, [(one.sample, one.x, one.sample.values.get(named.name)) for one in placed])
    label_axes(axes, y=axis_of(named, 2.2))
    axes.margins(y=0.1)


def _running_best(placed: Sequence[_Placed], named: Named, how: str) -> list[float | None]:
    """The best value so far in one of several goals; None all along where that is no maximum or minimum."""
    best: list[float | None] = []
    for one in placed:
        value, before = one.sample.values.get(named.name), best[-1] if best else None
        if how not in ("maximise", "minimise") or value is None or one.sample.keeps_limits is False:
            best.append(before)
        elif before is None:
            best.append(value)
        else:
            best.append(max(before, value) if how == "maximise" else min(before, value))
    return best


def _draw_beside(axes: "Axes", placed: Sequence[_Placed], goal: Named, beside: Sequence[Named]) -> None:
    """Numbers that have the unit of the goal, hanging on the samples by thin lines."""
    fitting = [one for one in beside if one.unit == goal.unit and one.name != goal.name]
    for named, (color, marker) in zip(fitting, ((GREEN, "_"), (PINK, "^")), strict=False):
        known = [one for one in placed if named.name in one.sample.values]
        if not known:
            continue
        x, heights = [one.x for one in known], [one.sample.values[named.name] for one in known]
        axes.plot(
            x,
            heights,
            marker,
            color=color,
            markersize=(12 if marker == "_" else 4.5) * (1.0 if len(placed) < MANY else 0.5),
            markeredgewidth=2 if marker == "_" else 0,
            label=said(named),
            clip_on=False,
            zorder=3,
        )
        hanging = [
            (one.x, y, one.sample.values.get(goal.name, y)) for one, y in zip(known, heights, strict=True)
        ]
        axes.vlines(*zip(*hanging, strict=True), color=color, linewidth=0.9, zorder=1.5)


def draw_samples(axes: "Axes", points: Sequence[tuple[MadeSample, float, float | None]]) -> None:
    """Points by whether they keep limits; those of literature are grey.

    Parameters
    ----------
    axes
        Where.
    points
        Sample, x and y; without a y it is left aside.
    """
    for keeps, (marker, word, size) in LOOKS.items():
        own = any(
            sample.keeps_limits is keeps and not sample.source for sample, _, y in points if y is not None
        )
        for literature in (False, True):
            group = [
                (x, y)
                for sample, x, y in points
                if y is not None and sample.keeps_limits is keeps and bool(sample.source) == literature
            ]
            if not group:
                continue
            color = GREY if literature else VERMILLION if keeps is False else BLUE
            axes.plot(
                *zip(*group, strict=True),
                marker,
                color=color,
                markerfacecolor="white" if keeps is None else color,
                markeredgecolor=color if keeps is None else "white",
                markeredgewidth=1.4 if keeps is None else 0.7,
                markersize=size if len(points) < MANY else 0.65 * size,
                label=None if literature and own else word,
                clip_on=False,
                zorder=4,
            )


def _draw_literature_band(panels: "Sequence[Axes]", placed: Sequence[_Placed], over: Over) -> None:
    from matplotlib.ticker import MaxNLocator

    right = _span(placed, over)
    has_literature = any(one.x < 0 for one in placed)
    left = -1.12 * _BAND * right if has_literature else 0.0
    for axes in panels:
        axes.set_xlim(left, right)
        if has_literature:
            axes.axvspan(left, 0, color=LIGHT, alpha=0.55, linewidth=0, zorder=0)
    ticks = MaxNLocator(6, integer=over == "experiments").tick_values(0, right)
    own = [float(tick) for tick in ticks if 0 < tick <= right]
    names = [f"{tick:g}" for tick in own]
    if has_literature:
        own, names = [left / 2, *own], ["literature", *names]
    panels[-1].set_xticks(own, names)
    words = {
        "experiments": "own samples with a result, in order",
        "hours": "process hours of own samples [h]",
    }
    label_axes(panels[-1], words[over], panels[-1].get_ylabel())


def _label_improvements(axes: "Axes", placed: Sequence[_Placed], named: Named) -> None:
    """Ids of the own samples that were the best when they came."""
    bettered, before = [], None
    for one in placed:
        value = one.sample.values.get(named.name)
        if value is None or one.sample.best is None:
            continue
        if one.sample.best != before and math.isclose(value, one.sample.best) and not one.sample.source:
            bettered.append((one.x, value, id_of(one.sample.experiment)))
        before = one.sample.best
    points = [(one.x, y) for one in placed if (y := one.sample.values.get(named.name)) is not None]
    few = len(points) < MANY
    shown = bettered[-8 if few else -1 :]
    place_labels(
        axes,
        [((x, y),) for x, y, _ in shown],
        [name for *_, name in shown],
        keep_off=[*points, *along(_steps(placed, axes.get_xlim()[1]))] if few else (),
        color="black",
        leave_out=True,
    )


def _steps(placed: Sequence[_Placed], end: float) -> list[Point]:
    """Corners of the line of the best so far."""
    corners: list[Point] = []
    for one in placed:
        if one.sample.best is not None:
            corners += [(one.x, corners[-1][1])] if corners else []
            corners.append((one.x, one.sample.best))
    return [*corners, (end, corners[-1][1])] if corners else []
