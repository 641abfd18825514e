"""Labels beside points that keep out of each other's way."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .picture_style import GREY, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation, Text

_RADII = (7, 14, 22, 32, 44)  # distances of a label from its point, in printer's points
_N_DIRECTIONS = 12
_POINT_RADIUS, _LARGE_RADIUS = 4, 9

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, bottom, right, top, in pixels


def place_labels(
    axes: "Axes",
    anchors: Sequence[Sequence[Point]],
    texts: Sequence[str],
    keep_off: Sequence[Point] = (),
    bars: Sequence[tuple[float, float, float]] = (),
    color: str = GREY,
    *,
    leave_out: bool = False,
    written: "Sequence[Text]" = (),
    keep_far_off: Sequence[Point] = (),
) -> None:
    """Write a label beside each point where it covers no other label, and as little else as possible.

    Parameters
    ----------
    axes
        With everything else on it already, and its limits set.
    anchors, texts
        Beside which points, any one of them, in data coordinates, and what.
    keep_off
        Points that should stay visible.
    bars
        Vertical bars that should: x, lower and upper y.
    color
        Of the text.
    leave_out
        Whether a label goes where it could only stand on another one, or beyond the frame.
    written
        What stands there already and must not be covered either.
    keep_far_off
        Points with large markers that should stay visible.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = axes.get_figure(root=True)
    assert figure is not None
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    scale = figure.dpi / 72
    obstacles = [_around(axes, point, _POINT_RADIUS * scale) for point in keep_off]
    obstacles += [_around(axes, point, _LARGE_RADIUS * scale) for point in keep_far_off]
    obstacles += [_bar(axes, bar, scale) for bar in bars]
    taken = [one.get_window_extent(renderer).extents for one in written]
    ground = _Ground(axes.get_window_extent(renderer).extents, obstacles, taken)
    for possible, text in zip(anchors, texts, strict=True):
        label = _written(axes, text, possible[0], color)
        extent = label.get_window_extent(renderer)
        size = (extent.width / 2, extent.height / 2)
        places = ((*p, anchor) for anchor in possible for p in _places(_in_pixels(axes, anchor), size, scale))
        _, offset, box, label.xy = min(places, key=lambda place: place[0] + ground.cost(place[2]))
        if leave_out and not ground.has_room_for(box):
            label.remove()
        else:
            label.set_position(offset)
            ground.taken.append(box)


@dataclass(frozen=True)
class _Ground:
    """What labels are written on: its frame, what should stay visible, and what is written already."""

    frame: Box
    obstacles: list[Box]
    taken: list[Box]

    def cost(self, box: Box) -> float:
        """Labels must not cover each other, should stay inside, and had better leave all else visible."""
        covered = 1000 * _overlaps(box, self.taken) + 6 * _overlaps(box, self.obstacles)
        return 5 * self._beyond(box) + covered

    def has_room_for(self, box: Box) -> bool:
        return not _overlaps(box, self.taken) and self._beyond(box) == 0

    def _beyond(self, box: Box) -> float:
        left, bottom, right, top = self.frame
        distances = (left - box[0], bottom - box[1], box[2] - right, box[3] - top)
        return sum(max(0.0, distance) for distance in distances)


def _written(axes: "Axes", text: str, point: Point, color: str) -> "Annotation":
    """A label, for now on top of its point."""
    from matplotlib.patheffects import withStroke

    label = axes.annotate(
        text,
        point,
        (0, 0),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=SMALL,
        color=color,
        zorder=6,
        parse_math=False,
        path_effects=[withStroke(linewidth=2.2, foreground="white")],
    )
    label.set_in_layout(False)
    return label


def _places(centre: Point, half: Point, scale: float) -> Iterator[tuple[float, Point, Box]]:
    """Places of a label around a point: cost of the distance, offset in printer's points, box in pixels."""
    for radius in _RADII:
        for direction in range(_N_DIRECTIONS):
            angle = 2 * math.pi * direction / _N_DIRECTIONS
            # The nearer edge of the text, not its middle, is at the radius.
            dx = math.cos(angle) * (radius * scale + half[0])
            dy = math.sin(angle) * (radius * scale + half[1])
            x, y = centre[0] + dx, centre[1] + dy
            yield radius / 10, (dx / scale, dy / scale), (x - half[0], y - half[1], x + half[0], y + half[1])


def _overlaps(box: Box, others: Sequence[Box]) -> int:
    return sum(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for other in others
    )


def _in_pixels(axes: "Axes", point: Point) -> Point:
    x, y = axes.transData.transform(point)
    return float(x), float(y)


def _around(axes: "Axes", point: Point, radius: float) -> Box:
    x, y = _in_pixels(axes, point)
    return (x - radius, y - radius, x + radius, y + radius)


def _bar(axes: "Axes", bar: tuple[float, float, float], scale: float) -> Box:
    (x, low), (_, high) = (_in_pixels(axes, (bar[0], end)) for end in bar[1:])
    return (x - scale, low, x + scale, high)
