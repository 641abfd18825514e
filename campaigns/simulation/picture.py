"""The picture of a simulation: how regret falls with experiments, strategy by strategy."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...models.picture_style import (
    BLUE,
    GREY,
    LIGHT,
    NORMAL,
    VERMILLION,
    digits,
    in_print,
    in_words,
    legend_below,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe & Ito, as in `picture_style`.
COLOURS = {
    "ovenbird": VERMILLION,
    "random": GREY,
    "space_filling": "#E69F00",
    "tpe": BLUE,
    "gp": "#009E73",
    "one_factor": "#CC79A7",
}
_NAMES = {
    "tpe": "Optuna TPE",
    "gp": "Optuna GP",
    "one_factor": "one factor at a time",
    "ovenbird": "Ovenbird",
}
_SIZE = (7.2, 5.0)


def regret_figure(
    regrets: Mapping[str, np.ndarray], *, goal: str, unit: str | None, title: str, n_random: int = 0
) -> "Figure":
    """Median (line) and quartiles (band) of the true regret, one colour a strategy.

    Parameters
    ----------
    regrets
        For each strategy the true regret after each experiment, shape (n_runs, n_experiments).
    goal, unit
        The response or cost that the goal is on, and its unit.
    title
        What was simulated.
    n_random
        Experiments at the start that no strategy chose.
    """
    from matplotlib.ticker import MaxNLocator

    printed = in_print(unit)
    figure, axes = new_figure(_sentence(regrets, printed), title, _SIZE)
    top, budget = 0.0, max((values.shape[1] for values in regrets.values()), default=1)
    for name, values in regrets.items():
        low, median, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
        colour, order = COLOURS[name], 3 if name == "ovenbird" else 2
        # What the start drew at random is the same for all, and shown once.
        shown = slice(max(n_random - 1, 0), None)
        number = np.arange(1, len(median) + 1)[shown]
        axes.fill_between(
            number, low[shown], high[shown], color=colour, alpha=0.13, linewidth=0, zorder=order - 1
        )
        axes.plot(
            number,
            median[shown],
            color=colour,
            marker="o",
            markersize=3.5,
            linewidth=2,
            label=said(name),
            zorder=order,
        )
        top = max(top, float(np.max(high)))
    if 0 < n_random < budget:
        low, median, high = np.quantile(next(iter(regrets.values()))[:, :n_random], [0.25, 0.5, 0.75], axis=0)
        number = np.arange(1, n_random + 1)
        axes.fill_between(number, low, high, color=GREY, alpha=0.13, linewidth=0, zorder=1)
        axes.plot(number, median, color=GREY, linewidth=1.5, linestyle=":", zorder=2)
        axes.axvspan(0.5, n_random + 0.5, color=LIGHT, alpha=0.45, linewidth=0, zorder=0)
        axes.text(0.6, top * 1.03, "at random", color=GREY, fontsize=NORMAL, va="top")
    axes.set_xlim(0.5, budget + 0.5)
    axes.set_ylim(0, top * 1.06 if top > 0 else 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("own experiments", fontsize=NORMAL)
    missing = f"{in_words(goal)} still missing"
    axes.set_ylabel(f"{missing} [{printed}]" if printed else missing, fontsize=NORMAL)
    legend_below(figure, axes, n_columns=3)
    return figure


def said(strategy: str) -> str:
    """Name of a strategy as people say it."""
    return _NAMES.get(strategy, in_words(strategy))


def _sentence(regrets: Mapping[str, np.ndarray], unit: str) -> str:
    """Which strategy is ahead at the end, and by what."""
    finals = {name: float(np.median(values[:, -1])) for name, values in regrets.items()}
    if not finals:
        return "No run has finished"
    leads = min(finals, key=lambda name: finals[name])
    n = regrets[leads].shape[1]
    lacks = f"{digits(finals[leads])} {unit}".rstrip()
    ahead = ", the least of all" if len(finals) > 1 else ""
    return f"After {n} experiments {said(leads)} lacks {lacks} of the best there is (median){ahead}"
