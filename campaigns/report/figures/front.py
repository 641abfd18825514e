"""Two goals against each other."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ....models.picture_labels import Point, place_labels
from ....models.picture_style import GREY, NORMAL, label_axes, legend_below, new_figure
from ....models.picture_text import wrapped
from ..week_summary import MadeSample, Named, Standing
from .frame import WIDTH, along, axis_of, id_of, nothing_figure, said
from .progress import MANY, draw_samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (WIDTH, 4.6)
_MOST_LABELS, _LONGEST_LABEL = 20, 3.2
_BETTER = {"maximise": "more is better", "minimise": "less is better"}


def front_figure(standing: Standing) -> "Figure":
    """The first two goals against each other: all samples, and those that none betters in both, connected.

    What lies on the wrong side of the line is no better in any goal than a sample on it.

    Parameters
    ----------
    standing
        With at least two objectives; `best` is the front.
    """
    if len(standing.objectives) < 2:
        return nothing_figure("There is one goal only, so there is no front to draw.")
    (x, x_how), (y, y_how) = standing.objectives[:2]
    shown = [one for one in standing.history if x.name in one.values and y.name in one.values]
    if not shown:
        return nothing_figure(f"No sample has values of both {said(x)} and {said(y)} yet.")
    of_front = {one.experiment for one in standing.best}
    front = sorted(
        (one for one in shown if one.experiment in of_front),
        key=lambda one: (one.values[x.name], one.experiment),
    )
    figure, axes = new_figure(_sentence(front, shown, (x, y), len(standing.objectives)), size=_SIZE)
    corners = _draw_line(axes, [_place(one, x, y) for one in front], x_how, y_how) if front else []
    draw_samples(axes, [(one, *_place(one, x, y)) for one in shown])
    _name_literature(axes, shown)
    label_axes(axes, _axis(x, x_how), _axis(y, y_how))
    axes.margins(0.09)
    legend_below(figure, axes, n_columns=4)
    points = [_place(one, x, y) for one in shown]
    place_labels(
        axes,
        [(_place(one, x, y),) for one in front[:_MOST_LABELS]],
        [id_of(one.experiment) for one in front[:_MOST_LABELS]],
        keep_off=[*points, *along(corners)] if len(points) < MANY else (),
        color="black",
        leave_out=True,
    )
    return figure


def _place(sample: MadeSample, x: Named, y: Named) -> tuple[float, float]:
    return sample.values[x.name], sample.values[y.name]


def _sentence(
    front: list[MadeSample], shown: list[MadeSample], axes: tuple[Named, Named], n_goals: int
) -> str:
    goals = f"{said(axes[0])} and {said(axes[1])}"
    others = f"; {n_goals - 2} more goal{'' if n_goals == 3 else 's'} not shown" if n_goals > 2 else ""
    if not front:
        return f"None of {len(shown)} samples keeps all limits yet: {goals}{others}"
    one = len(front) == 1
    is_best = f"{id_of(front[0].experiment)} is" if one else f"{len(front)} of {len(shown)} samples are"
    by = "" if n_goals == 2 else " in all goals"
    return f"{is_best} bettered by no other{by}: {goals}{others}"


def _axis(named: Named, how: str) -> str:
    better = _BETTER.get(how)
    label = f"{axis_of(named)}: {better}" if better else axis_of(named)
    return "\n".join(wrapped(label, _LONGEST_LABEL, NORMAL))


def _draw_line(axes: "Axes", places: Sequence[Point], x_how: str, y_how: str) -> list[Point]:
    """Steps around what is no better than a sample of the front; with a target plainly from one to the next.

    Returns the corners of the line.
    """
    both = x_how in _BETTER and y_how in _BETTER
    line = [places[0]]
    for before, one in pairwise(places):
        # Where less of x is better, what lies right of a sample has no more of y than the sample.
        corner = (one[0], before[1]) if x_how == "minimise" else (before[0], one[1])
        line += [corner, one] if both else [one]
    axes.plot(
        *zip(*line, strict=True), color="black", linewidth=1.6, linestyle="-" if both else ":", zorder=3
    )
    look = {"markersize": 11, "markerfacecolor": "none", "markeredgecolor": "black", "markeredgewidth": 1.2}
    axes.plot(*zip(*places, strict=True), "o", label="front", zorder=3, **look)
    return line


def _name_literature(axes: "Axes", shown: list[MadeSample]) -> None:
    """Say what grey means, where both own samples and those of papers are there."""
    if any(one.source for one in shown):
        axes.plot([], [], "s", color=GREY, markersize=6, label="grey: literature")
