"""Rows of surrogate_comparison.py as Markdown tables, and how often each model is best."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

COLUMNS = (
    *("model", "table", "n", "seed"),
    *("log_density", "mae", "coverage", "log_loss", "brier", "calibration_error", "seconds"),
)


@dataclass(frozen=True)
class Metric:
    """A score, and the loss by which models are ranked in it.

    Attributes
    ----------
    column
        Where it stands in the rows.
    heading
        What it is called in the summary.
    loss
        From scores to what is better the smaller it is.
    """

    column: str
    heading: str
    loss: Callable[[np.ndarray], np.ndarray]


METRICS = (
    Metric("log_density", "Mean log predictive density (larger is better)", lambda x: -x),
    Metric("mae", "Mean absolute error in standard deviations of the table", lambda x: x),
    Metric(
        "coverage", "Share inside the 90 % interval (ranked by distance from 0.9)", lambda x: abs(x - 0.9)
    ),
    Metric("log_loss", "Log loss of yes/no", lambda x: x),
    Metric("brier", "Brier score of yes/no", lambda x: x),
    Metric("calibration_error", "Calibration error of yes/no in five bins", lambda x: x),
)
_SECONDS = Metric("seconds", "Seconds to fit and forecast", lambda x: x)


@dataclass(frozen=True)
class Cell:
    """Scores of all models for one table, training size and metric, on the seeds that all of them share.

    Attributes
    ----------
    table, n
        The table and the training size.
    metric
        The score.
    scores
        By model, shape (n_seeds,) each.
    """

    table: str
    n: int
    metric: Metric
    scores: Mapping[str, np.ndarray]

    @cached_property
    def losses(self) -> dict[str, np.ndarray]:
        """Losses by model, shape (n_seeds,) each."""
        return {model: self.metric.loss(scores) for model, scores in self.scores.items()}

    @cached_property
    def best(self) -> str:
        """The model of the smallest mean loss."""
        return min(self.losses, key=lambda model: self.losses[model].mean())

    def keeps_up(self, model: str) -> bool:
        """Whether a model is within one standard error of the best, of their difference seed by seed."""
        excess = self.losses[model] - self.losses[self.best]
        return bool(excess.mean() <= standard_error(excess))


def standard_error(values: np.ndarray) -> float:
    """Of the mean; one value has no spread to tell of, so that it excuses nothing."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def read_cells(files: Iterable[Path]) -> list[Cell]:
    """Collect the rows of several files; a later row of the same model, table, size and seed wins."""
    found: dict[tuple[str, int, Metric], dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for path in files:
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                for metric in (*METRICS, _SECONDS):
                    if row[metric.column]:
                        key = (row["table"], int(row["n"]), metric)
                        found[key][row["model"]][int(row["seed"])] = float(row[metric.column])
    cells = []
    for (table, n, metric), by_model in found.items():
        shared = sorted(set.intersection(*(set(by_seed) for by_seed in by_model.values())))
        if shared:
            scores = {model: np.array([s[seed] for seed in shared]) for model, s in by_model.items()}
            cells.append(Cell(table, n, metric, scores))
    return cells


def print_summary(cells: Sequence[Cell], ours: str) -> None:
    """Print every table of the summary as Markdown, with the standing of one model in words."""
    models = list(dict.fromkeys(model for cell in cells for model in cell.scores))
    seeds = sorted({len(scores) for cell in cells for scores in cell.scores.values()})
    print(
        f"Mean ± standard error over the seeds that all models of a line share ({_span(seeds)} seeds); "
        "bold is the best, * within one standard error of it (paired by seed)."
    )
    for metric in METRICS:
        of_metric = [cell for cell in cells if cell.metric == metric]
        if of_metric:
            _print_metric(metric, of_metric, models)
    _print_sizes([cell for cell in cells if cell.metric == _SECONDS], models, f"\n### {_SECONDS.heading}")
    _print_standing([cell for cell in cells if cell.metric != _SECONDS], models, ours)


def _span(numbers: Sequence[int]) -> str:
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def table_header(first: Sequence[str], models: Sequence[str]) -> str:
    """First two lines of a Markdown table."""
    alignments = ["---"] * len(first) + ["---:"] * len(models)
    return f"{table_line([*first, *models])}\n{table_line(alignments)}"


def table_line(entries: Iterable[str]) -> str:
    """One line of it."""
    return f"| {' | '.join(entries)} |"


def _print_metric(metric: Metric, cells: Sequence[Cell], models: Sequence[str]) -> None:
    print(f"\n### {metric.heading}\n\n{table_header(('table', 'n'), models)}")
    for cell in cells:
        print(table_line([cell.table, str(cell.n), *(table_entry(cell, model) for model in models)]))
    _print_sizes(cells, models, "\nMean over the tables:")


def table_entry(cell: Cell, model: str) -> str:
    """Mean and standard error; bold is the best, * within a paired standard error of it."""
    if model not in cell.scores:
        return "–"
    scores = cell.scores[model]
    text = f"{scores.mean():.3f} ± {standard_error(scores):.3f}"
    if model == cell.best:
        return f"**{text}**"
    return f"{text} *" if cell.keeps_up(model) else text


def _print_sizes(cells: Sequence[Cell], models: Sequence[str], heading: str) -> None:
    """Means by training size, over the tables for which all models have been measured."""
    print(f"{heading}\n\n{table_header(('n', 'tables'), models)}")
    for n in sorted({cell.n for cell in cells}):
        complete = [cell for cell in cells if cell.n == n and set(models) <= set(cell.scores)]
        if complete:
            means = [np.mean([cell.scores[model].mean() for cell in complete]) for model in models]
            print(table_line([str(n), str(len(complete)), *(f"{mean:.3f}" for mean in means)]))


def _print_standing(cells: Sequence[Cell], models: Sequence[str], ours: str) -> None:
    print("\n### Best, and best or within one standard error of the best, of all (table, size) lines\n")
    print(table_header(("metric", "lines"), models))
    for metric in METRICS:
        of_metric = [cell for cell in cells if cell.metric == metric]
        if of_metric:
            print(table_line([metric.column, str(len(of_metric)), *_counts(of_metric, models)]))
    print(table_line(["all", str(len(cells)), *_counts(cells, models)]))
    if ours in models:
        best, close = _count(cells, ours)
        print(
            f"\n{ours} is best in {best} and best or within one standard error of the best in {close} of "
            f"{len(cells)} (table, size, metric) cells."
        )


def _counts(cells: Sequence[Cell], models: Sequence[str]) -> list[str]:
    return [f"{best}, {close}" for best, close in (_count(cells, model) for model in models)]


def _count(cells: Sequence[Cell], model: str) -> tuple[int, int]:
    measured = [cell for cell in cells if model in cell.scores]
    return sum(cell.best == model for cell in measured), sum(cell.keeps_up(model) for cell in measured)
