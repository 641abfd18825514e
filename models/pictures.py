"""Pictures of how well surrogates foretell, and of what matters to them; maps are in `map_picture`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..datasets import Response
from .beliefs import Beliefs
from .diagnostics import LEVELS, LeftOut, ReliabilityBin, summary_of
from .honest_counts import honest_counts
from .picture_labels import place_labels
from .picture_style import (
    BLUE,
    GREY,
    HALF_PAGE,
    LIGHT,
    SMALL,
    VERMILLION,
    in_words,
    label_axes,
    legend_below,
    new_figure,
    percent,
    with_unit,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SQUARE = (5.2, 5.2)
_MOST_LABELS = 12
_NEGLIGIBLE = 0.005


def parity_figure(left_out: Sequence[LeftOut], beliefs: Beliefs, response: str) -> "Figure":
    """What was measured against what was forecast from all other experiments, with 90 % intervals.

    Parameters
    ----------
    left_out
        From `leave_one_out`; those of other responses are left aside.
    beliefs
        Whose responses they are.
    response
        A number.
    """
    items = [item for item in left_out if item.response == response]
    return parity_of(items, in_words(response), beliefs.responses[response].unit)


def parity_of(items: Sequence[LeftOut], name: str, unit: str | None) -> "Figure":
    """The same of values of one response, called by a name.

    Parameters
    ----------
    items
        From `leave_one_out`, all of one response.
    name, unit
        The response as it is read aloud, and its unit.
    """
    inside = [item for item in items if item.is_covered()]
    outside = [item for item in items if not item.is_covered()]
    title = (
        f"{len(inside)} of {len(items)} values of {name} lie inside the 90 % interval that was "
        "forecast from all other experiments"
    )
    figure, axes = new_figure(title, size=_SQUARE)
    low, high = _range_of(items)
    axes.plot((low, high), (low, high), color=GREY, linewidth=1, zorder=1)
    for group, color, marker, word in (
        (inside, BLUE, "o", "inside the interval"),
        (outside, VERMILLION, "D", "outside"),
    ):
        if group:
            _draw_intervals(axes, group, color, marker, word)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    label_axes(axes, with_unit(f"{name}, measured", unit), with_unit(f"{name}, forecast", unit))
    legend_below(figure, axes)
    worst = sorted(outside, key=lambda item: -abs(item.rank - 0.5))[:_MOST_LABELS]
    place_labels(
        axes,
        [((item.measured, item.high), (item.measured, item.low)) for item in worst],
        [item.experiment for item in worst],
        keep_off=[(item.measured, item.median) for item in items],
        bars=[(item.measured, item.low, item.high) for item in items],
        color=VERMILLION,
    )
    return figure


def _range_of(items: Sequence[LeftOut]) -> tuple[float, float]:
    numbers = [number for item in items for number in (item.measured, item.low, item.high)] or [0.0, 1.0]
    margin = 0.06 * (max(numbers) - min(numbers) or 1.0)
    return min(numbers) - margin, max(numbers) + margin


def _draw_intervals(axes: "Axes", items: Sequence[LeftOut], color: str, marker: str, word: str) -> None:
    medians = np.array([item.median for item in items])
    below = medians - [item.low for item in items]
    above = [item.high for item in items] - medians
    axes.errorbar(
        [item.measured for item in items],
        medians,
        # Where the plausible range ends, rounding may put a median beyond an end.
        yerr=np.array([below, above]).clip(0.0),
        fmt=marker,
        color=color,
        markersize=5.5,
        markeredgecolor="white",
        markeredgewidth=0.7,
        elinewidth=1.3,
        capsize=2.5,
        alpha=1.0 if len(items) <= 60 else 0.6,
        label=f"{word} ({len(items)})",
        zorder=3,
    )


def coverage_figure(left_out: Sequence[LeftOut], beliefs: Beliefs, response: str) -> "Figure":
    """How many measured values central intervals of every level held, against how many they should.

    Parameters
    ----------
    left_out, beliefs, response
        As for `parity_figure`.
    """
    assert not beliefs.responses[response].is_yes_no, f"{response} is yes or no"
    return coverage_of([item for item in left_out if item.response == response], in_words(response))


def coverage_of(items: Sequence[LeftOut], name: str) -> "Figure":
    """The same of values of one response, at least one, called by a name."""
    coverage = summary_of(items, is_yes_no=False).coverage
    assert coverage is not None
    n = len(items)
    few, many = honest_counts(n, 0.9)
    title = (
        f"90 % intervals held {coverage[0.9] * n:.0f} of {n} values of {name}; honest ones "
        f"hold {few} to {many}"
    )
    figure, axes = new_figure(title, size=_SQUARE)
    levels = np.linspace(0.0, 1.0, 401)
    band = np.array([honest_counts(n, float(level)) for level in levels]) / n
    axes.fill_between(
        100 * levels,
        100 * band[:, 0],
        100 * band[:, 1],
        color=LIGHT,
        label=f"honest in 9 of 10 cases, n = {n}",
    )
    axes.plot((0, 100), (0, 100), color=GREY, linewidth=1, label="as stated")
    needed = np.sort(2 * np.abs(np.array([item.rank for item in items]) - 0.5))
    axes.step(
        [0, *(100 * needed), 100],
        [*np.linspace(0, 100, n + 1), 100],
        where="post",
        color=BLUE,
        linewidth=1.6,
        label="observed",
    )
    axes.plot(
        [100 * level for level in LEVELS],
        [100 * coverage[level] for level in LEVELS],
        "o",
        color=BLUE,
        markersize=6,
        clip_on=False,
        zorder=4,
    )
    axes.set(xlim=(0, 101), ylim=(-1, 101), aspect="equal")
    label_axes(axes, "stated probability of the interval [%]", "measured values inside it [%]")
    legend_below(figure, axes, n_columns=3)
    return figure


def reliability_figure(left_out: Sequence[LeftOut], beliefs: Beliefs, response: str) -> "Figure":
    """How often the answer was yes where a probability of yes was forecast, with counts.

    Parameters
    ----------
    left_out, beliefs
        As for `parity_figure`.
    response
        A yes/no.
    """
    assert beliefs.responses[response].is_yes_no, f"{response} is a number"
    return reliability_of([item for item in left_out if item.response == response], in_words(response))


def reliability_of(items: Sequence[LeftOut], name: str) -> "Figure":
    """The same of answers of one response, at least one, called by a name."""
    summary = summary_of(items, is_yes_no=True)
    assert summary.brier is not None and summary.brier_of_share is not None
    verdict = "better" if summary.brier < summary.brier_of_share else "no better"
    title = (
        f"{len(items)} answers on {name}, each forecast from all other experiments: {verdict} "
        f"than always saying how often it is yes (Brier score {summary.brier:.2f}, "
        f"{summary.brier_of_share:.2f})"
    )
    figure, axes = new_figure(title, size=_SQUARE)
    axes.plot((0, 100), (0, 100), color=GREY, linewidth=1, label="as forecast")
    for position, found in enumerate(summary.reliability):
        _draw_honest_range(axes, found, "honest in 9 of 10 cases" if position == 0 else None)
    places = [(100 * found.forecast, 100 * found.observed) for found in summary.reliability]
    axes.plot(
        *zip(*places, strict=True),
        "o",
        color=BLUE,
        markersize=7,
        label="observed, in steps of 20 %",
        zorder=4,
    )
    for answer, color, word in ((1.0, BLUE, "yes"), (0.0, VERMILLION, "no")):
        of_one = [100 * item.median for item in items if item.measured == answer]
        if of_one:
            height = 112 if answer else -12
            axes.plot(
                of_one,
                [height] * len(of_one),
                "|",
                color=color,
                markersize=9,
                label=f"each {word} ({len(of_one)})",
            )
    axes.set(xlim=(-3, 103), ylim=(-18, 118), aspect="equal", yticks=range(0, 101, 20))
    label_axes(axes, f"forecast probability of {name} [%]", f"{name}, observed [%]")
    legend_below(figure, axes)
    counts = [f"n = {found.n}" for found in summary.reliability]
    place_labels(axes, [(place,) for place in places], counts, keep_off=places)
    return figure


def _draw_honest_range(axes: "Axes", found: ReliabilityBin, label: str | None) -> None:
    few, many = honest_counts(found.n, found.forecast)
    ends = [100 * few / found.n, 100 * many / found.n]
    x = 100 * found.forecast
    axes.plot([x, x], ends, color=LIGHT, linewidth=9, solid_capstyle="butt", label=label, zorder=0)


def importance_figure(shares: Mapping[str, float], response: Response) -> "Figure":
    """How much each parameter matters to the forecast of a response.

    Parameters
    ----------
    shares
        From `importance`.
    response
        Whose.
    """
    said = [(in_words(name), share) for name, share in shares.items()]
    return importance_of(said, in_words(response.name))


def importance_of(shares: Sequence[tuple[str, float]], response: str) -> "Figure":
    """The same, everything called as it is read aloud; at least one share."""
    ordered = sorted(shares, key=lambda pair: pair[1])
    rows, names = range(len(ordered)), [name for name, _ in ordered]
    most = ordered[-1][1]
    title = (
        f"The {names[-1]} matters most to {response}: it takes part in {percent(most)} of all variation"
        if most > _NEGLIGIBLE
        else f"The forecast of {response} is the same everywhere: nothing is known to matter"
    )
    figure, axes = new_figure(title, size=(HALF_PAGE[0], 1.5 + 0.34 * len(names)))
    bars = axes.barh(rows, [100 * share for _, share in ordered], color=BLUE, height=0.62)
    axes.bar_label(bars, [percent(share) for _, share in ordered], padding=4, fontsize=SMALL, color=GREY)
    axes.set(xlim=(0, 112), xticks=range(0, 101, 20))
    axes.set_yticks(rows, names, parse_math=False)
    label_axes(axes, "part of the variation over all conditions that goes with it [%]")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure
