"""How good are the forecasts? Ovenbird and the models of other libraries on measured tables.

    python benchmarks/surrogate_comparison.py --out rows.csv [--tables FOLDER] [--models ovenbird botorch]
                                              [--problems autoam p3ht] [--sizes 10 20] [--seeds 20]
    python benchmarks/surrogate_comparison.py --summarise rows.csv other_rows.csv

Every model learns from the same random training rows of a table (20 draws) and forecasts the same other rows,
at most 400. Numbers: mean log predictive density of a measurement and mean absolute error, both in standard
deviations of the whole table, and the share of measurements in the 90 % interval. Yes/no: log loss (natural
logarithm), Brier score, and the mean distance of forecast and observed share of yes in five bins of equal
counts. Seconds are fitting and forecasting, without imports; compare them within one run only, and set
OMP_NUM_THREADS=1. The module of every model says how it is used; a model is imported only if it is asked for,
so that each can run in an environment of its own.
"""

import argparse
import csv
import time
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from surrogate_peers import PEERS
from surrogate_summary import COLUMNS, print_summary, read_cells
from surrogate_tables import (
    FOLDER,
    MOST_TRAINING_SHARE,
    PROBLEMS,
    Model,
    NumberForecast,
    Table,
    number_scores,
    read_table,
    split,
    yes_no_scores,
)

if TYPE_CHECKING:
    from ovenbird.datasets import ParameterSpace
    from ovenbird.models.beliefs import Beliefs

SIZES = (10, 20, 40, 80)
OURS = "ovenbird"
_RESPONSE = "outcome"


def main() -> None:
    """Measure, or summarise what was measured."""
    parser = argparse.ArgumentParser(description="How good are the forecasts?")
    parser.add_argument("--tables", type=Path, default=FOLDER, help="folder of the tables")
    parser.add_argument("--out", type=Path, help="file for the rows, written anew")
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=PROBLEMS)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="numbers of training rows")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=[OURS])
    parser.add_argument("--seeds", type=int, default=20, help="number of draws of training rows")
    parser.add_argument("--summarise", nargs="+", type=Path, metavar="CSV", help="files of rows")
    options = parser.parse_args()
    if options.summarise:
        print_summary(read_cells(options.summarise), OURS)
        return
    if options.out is None:
        parser.error("give --out or --summarise")
    with options.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for problem in options.problems:
            table = read_table(options.tables, problem)
            for model in options.models:
                for row in measure(model, table, options.sizes, options.seeds):
                    writer.writerow(row)
                    file.flush()
                print(f"{problem}: {model}", flush=True)


def measure(name: str, table: Table, sizes: Sequence[int], n_seeds: int) -> Iterator[dict[str, object]]:
    """Scores of one model on one table, a row for each training size and seed."""
    model = MODELS[name]
    possible = [n for n in sizes if n <= MOST_TRAINING_SHARE * len(table)]
    if not possible:
        return
    # Imports and what is built once for a table are not the time of a forecast.
    _scores(model, table, *split(table, possible[0], 0), seed=0)
    for n in possible:
        for seed in range(n_seeds):
            scores = _scores(model, table, *split(table, n, seed), seed=seed)
            yield {"model": name, "table": table.name, "n": n, "seed": seed, **scores}


def _scores(
    model: Model, table: Table, training: np.ndarray, test: np.ndarray, *, seed: int
) -> dict[str, float]:
    with warnings.catch_warnings():
        # Peers warn of every fit that stops early or of columns without spread; the scores show the harm.
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        if table.is_yes_no:
            probability = model.yes_no(table, training, test, seed)
            seconds = time.perf_counter() - start
            scores = yes_no_scores(probability, table.outcomes[test])
        else:
            forecast = model.numbers(table, training, test, seed)
            seconds = time.perf_counter() - start
            scores = number_scores(forecast, table.outcomes[test], float(table.outcomes.std()))
    return scores | {"seconds": seconds}


@cache
def _space(table: Table) -> "ParameterSpace":
    from ovenbird.datasets import CategoricalParameter, NumericParameter, Parameter, ParameterSpace

    parameters: list[Parameter] = []
    for name in table.numeric:
        column = table.pool[name]
        parameters.append(NumericParameter(name=name, low=float(column.min()), high=float(column.max())))
    parameters += [CategoricalParameter(name=name, values=values) for name, values in table.levels.items()]
    return ParameterSpace(tuple(parameters))


def _learned(table: Table, training: np.ndarray, seed: int) -> "Beliefs":
    """What Ovenbird believes after the training rows, told nothing but the ranges of the parameters."""
    from ovenbird.datasets import Dataset, Experiment, Measurement, QualifiedValue, Response, Status
    from ovenbird.models.beliefs import learn
    from ovenbird.models.encoding import codes_of_frame, conditions_of_codes

    space = _space(table)
    conditions = conditions_of_codes(space, codes_of_frame(space, table.conditions.iloc[training]))
    experiments = []
    for row, executed in zip(training, conditions, strict=True):
        outcome = float(table.outcomes[row])
        value = QualifiedValue(outcome == 1 if table.is_yes_no else outcome)
        experiments.append(
            Experiment(
                id=str(row),
                status=Status.MEASURED,
                planned=executed,
                executed=executed,
                history=(Measurement(response=_RESPONSE, value=value),),
            )
        )
    response = Response(name=_RESPONSE, kind="yes_no" if table.is_yes_no else "number")
    return learn(Dataset(tuple(experiments)), space, {_RESPONSE: response}, {}, seed)


def ovenbird_numbers(table: Table, training: np.ndarray, test: np.ndarray, seed: int) -> NumberForecast:
    """Ovenbird's forecast of a number without plausible range, noise or direction declared."""
    import torch

    from ovenbird.models.beliefs import NumberForecast as Forecast
    from ovenbird.models.encoding import codes_of_frame

    beliefs = _learned(table, training, seed)
    codes = codes_of_frame(beliefs.space, table.conditions.iloc[test])
    forecast = beliefs.forecast(_RESPONSE, codes)
    assert isinstance(forecast, Forecast)

    def log_density(values: np.ndarray) -> np.ndarray:
        return beliefs.log_density(_RESPONSE, codes, torch.as_tensor(values)).numpy()

    median, low, high = (x.numpy() for x in (forecast.median, forecast.low, forecast.high))
    return NumberForecast(median, low, high, log_density)


def ovenbird_yes_no(table: Table, training: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    """Ovenbird's probability of yes."""
    from ovenbird.models.encoding import codes_of_frame

    beliefs = _learned(table, training, seed)
    codes = codes_of_frame(beliefs.space, table.conditions.iloc[test])
    return beliefs.probability_of_yes(_RESPONSE, codes).numpy()


MODELS = {OURS: Model(ovenbird_numbers, ovenbird_yes_no), **PEERS}


if __name__ == "__main__":
    main()
