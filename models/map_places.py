"""What stands on a map: the experiments made, with their answers, and the numbers at its lines."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .picture_labels import Point, place_labels
from .picture_style import GREY, SMALL, VERMILLION, digits
from .response_map import Place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet
    from matplotlib.text import Text

_LABEL_ROOM, _ROOM_ENOUGH = 28.0, 60.0  # pixels that the label of a line needs around it
_DARK = "#00000080"
_MOST_LABELS, _MOST_ANSWERS = 40, 3
_MANY = 80  # places: smaller markers


def label_contours(
    axes: "Axes",
    lines: "ContourSet",
    marked: Sequence[Point],
    text: Callable[[float], str],
    *,
    seam: str = _DARK,
    written: "Sequence[Text]" = (),
) -> "list[Text]":
    """Label each level once, away from the edge, from what is marked, and from other labels.

    Parameters
    ----------
    axes, lines
        Lines in a map.
    marked
        Points that should stay visible.
    text
        What to write at a level.
    seam
        Colour around lines and letters, so that they are seen on any ground.
    written
        Labels of other lines, which are not to be touched.

    Returns
    -------
    list of Text
        The labels.
    """
    from matplotlib.patheffects import AbstractPathEffect, withStroke

    figure = axes.get_figure(root=True)
    assert figure is not None
    # Where a label fits depends on the size that everything else leaves for the map.
    figure.draw_without_rendering()
    taken = [axes.transData.transform(point) for point in marked]
    for other in written:
        box = other.get_window_extent()
        taken += [*box.corners(), np.array([box.x0 + box.x1, box.y0 + box.y1]) / 2]
    chosen = _roomiest(axes, lines, taken)
    effects: list[AbstractPathEffect] = [withStroke(linewidth=2.6, foreground=seam)]
    lines.set_path_effects(effects)
    if not chosen:
        return []
    labels = list(axes.clabel(lines, fmt=text, fontsize=SMALL, inline_spacing=6, manual=chosen))
    shown = list(written)
    for label in labels:
        label.set_path_effects(effects)
        label.set_parse_math(False)
        box = label.get_window_extent()
        if any(box.overlaps(other.get_window_extent()) for other in shown):
            label.set_visible(False)
        else:
            shown.append(label)
    return shown[len(written) :]


def _roomiest(axes: "Axes", lines: "ContourSet", taken: list[np.ndarray]) -> list[Point]:
    """The place on each line, in data coordinates, that is farthest from the edge and from what is taken."""
    frame = axes.get_window_extent()
    chosen: list[Point] = []
    for path in lines.get_paths():
        vertices = np.asarray(path.vertices)
        pixels = axes.transData.transform(vertices)
        from_edge = np.minimum(pixels - frame.min, frame.max - pixels).min(axis=1)
        away = np.min([np.linalg.norm(pixels - one, axis=1) for one in taken] or [from_edge], axis=0)
        room = np.where(from_edge > _LABEL_ROOM, np.minimum(away, _ROOM_ENOUGH), -1.0)
        if room.max(initial=-1.0) > _LABEL_ROOM / 2:
            off_centre = np.abs(np.arange(len(room)) - len(room) / 2)
            best = int(np.lexsort((off_centre, -room))[0])
            taken.append(pixels[best])
            chosen.append((float(vertices[best, 0]), float(vertices[best, 1])))
    return chosen


def middle(place: Place, axes: "Axes") -> tuple[float, float]:
    """Where its marker stands: the middle of what it may have been."""
    ends = ((place.x, axes.get_xscale()), (place.y, axes.get_yscale()))
    x, y = (math.sqrt(a * b) if scale == "log" else (a + b) / 2 for (a, b), scale in ends)
    return x, y


def draw_places(axes: "Axes", places: Sequence[Place], names: tuple[str, str], *, is_yes_no: bool) -> None:
    """Mark experiments by their answers, and what was not stated of them as bars.

    Parameters
    ----------
    axes
        With limits and scales set.
    places
        Where experiments were made.
    names
        Of the two parameters, as they are read aloud.
    is_yes_no
        Whether answers are yes and no.
    """
    kinds = {
        "yes": [p for p in places if "yes" in p.answers and "no" not in p.answers],
        "no": [p for p in places if "no" in p.answers and "yes" not in p.answers],
        "yes and no": [p for p in places if {"yes", "no"} <= set(p.answers)],
        "measured": [p for p in places if p.answers and not is_yes_no],
        "only compared": [p for p in places if not p.answers],
    }
    looks = {
        "yes": ("o", 7.5, "white"),
        "no": ("X", 8.5, VERMILLION),
        "yes and no": ("s", 7.5, "#E69F00"),
        "measured": ("o", 7.5, "white"),
        "only compared": ("o", 4.0, "white"),
    }
    shrunk = 1.0 if len(places) < _MANY else 0.6
    for word, group in kinds.items():
        if group:
            marker, size, color = looks[word]
            axes.plot(
                *zip(*(middle(place, axes) for place in group), strict=True),
                marker,
                markersize=size * shrunk,
                markerfacecolor=color,
                markeredgecolor="black",
                markeredgewidth=0.9 * shrunk,
                label=word,
                clip_on=False,
                zorder=5,
            )
    _draw_unstated(axes, places, names)


def _draw_unstated(axes: "Axes", places: Sequence[Place], names: tuple[str, str]) -> None:
    """A bar along everything that a condition may have been."""
    from matplotlib.patheffects import AbstractPathEffect, withStroke

    seam: list[AbstractPathEffect] = [withStroke(linewidth=5.5, foreground="white")]
    said: set[str] = set()
    for place in places:
        x, y = middle(place, axes)
        bars = ((place.x, (y, y), names[0]), ((x, x), place.y, names[1]))
        for (horizontal, vertical, name), (low, high) in zip(bars, (place.x, place.y), strict=True):
            if low < high:
                axes.plot(
                    horizontal,
                    vertical,
                    color=GREY,
                    linewidth=3.5,
                    solid_capstyle="butt",
                    label=None if name in said else f"{name} not stated",
                    path_effects=seam,
                    clip_on=False,
                    zorder=4,
                )
                said.add(name)


def label_places(
    axes: "Axes",
    places: Sequence[Place],
    *,
    is_yes_no: bool,
    others: Sequence[tuple[Point, str]] = (),
    written: "Sequence[Text]" = (),
) -> None:
    """Values beside their places; of yes and no only how many there are, where several.

    Where there is no room for one without covering another, it is left out; so are the values of very many.

    Parameters
    ----------
    axes, places, is_yes_no
        As for `draw_places`.
    others
        What else is to be labelled, and how; it comes first.
    written
        What stands there already and must not be covered.
    """
    texts = []
    for place in places if len(places) < _MANY else ():
        n = len(place.experiments)
        if is_yes_no or not place.answers:
            texts.append(f"n = {n}" if n > 1 else "")
        else:
            texts.append(_in_short(place.answers))
    centres = [middle(place, axes) for place in places]
    labelled = [*others, *((centre, text) for centre, text in zip(centres, texts, strict=False) if text)]
    place_labels(
        axes,
        [(centre,) for centre, _ in labelled[:_MOST_LABELS]],
        [text for _, text in labelled[:_MOST_LABELS]],
        keep_off=centres,
        keep_far_off=[centre for centre, _ in others],
        color="black",
        leave_out=True,
        written=written,
    )


def _in_short(answers: Sequence[str]) -> str:
    """Values, or of many their ends.

    >>> _in_short(("251", "~248")), _in_short(("251", "248", "228", "252"))
    ('251, ~248', '228 to 252 (n = 4)')
    """
    try:
        numbers = [float(answer.lstrip("~")) for answer in answers]
    except ValueError:  # a bound
        numbers = []
    if len(numbers) <= _MOST_ANSWERS:
        more = f", … (n = {len(answers)})" if len(answers) > _MOST_ANSWERS else ""
        return ", ".join(answers[:_MOST_ANSWERS]) + more
    return f"{digits(min(numbers))} to {digits(max(numbers))} (n = {len(numbers)})"
