"""Measured tables as problems of forecasting, and the scores of forecasts.

Imports neither Ovenbird nor any other model, so that every model can be scored in an environment of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "tables"
MOST_TEST_ROWS = 400
MOST_TRAINING_SHARE = 0.8
_OUTCOMES = ("y", "feasible", "crystal_score")
_BINS = 5
# Forecasting the impossible would cost an infinite log loss; it costs as much as one in a million.
_LEAST_PROBABILITY = 1e-6

# Problems of numbers are called like their files, whose column is y.
NUMBER_PROBLEMS = ("autoam", "crossed_barrel", "p3ht", "perovskite", "direct_arylation", "arylation_fail")
# Problems of yes/no by name: file, column and the value that means yes.
YES_NO_PROBLEMS = {
    "vapour_diffusion": ("vapour_diffusion_crystallisation", "crystal_score", "large_crystallites"),
    "arylation_feasible": ("arylation_fail", "feasible", 1),
}
PROBLEMS = (*NUMBER_PROBLEMS, *YES_NO_PROBLEMS)


@dataclass(frozen=True, eq=False)  # compared and hashed as the object that it is, so that a cache can hold it
class Table:
    """One response of one measured table.

    Attributes
    ----------
    name
        Name of the problem.
    pool
        Conditions of all rows of the file: they say which values and ranges there are.
    conditions
        Conditions of the rows in which the response was measured.
    outcomes : array, shape (n_rows,)
        What was measured there; 1 and 0 for yes and no.
    is_yes_no
        Whether the response is yes or no.
    """

    name: str
    pool: pd.DataFrame
    conditions: pd.DataFrame
    outcomes: np.ndarray
    is_yes_no: bool

    def __len__(self) -> int:
        return len(self.outcomes)

    @cached_property
    def numeric(self) -> tuple[str, ...]:
        """Names of the conditions that are numbers."""
        names = map(str, self.pool.columns)
        return tuple(name for name in names if pd.api.types.is_numeric_dtype(self.pool[name]))

    @cached_property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """Values of every other condition, in alphabetical order."""
        names = [str(name) for name in self.pool.columns if name not in self.numeric]
        return {name: tuple(sorted(self.pool[name].unique())) for name in names}

    @cached_property
    def columns(self) -> np.ndarray:
        """Conditions as numbers in their unit and one-hot categories, shape (n_rows, n_columns)."""
        return self._encoded(self.conditions)

    @cached_property
    def bounds(self) -> np.ndarray:
        """Smallest and largest value of each of `columns` in the pool, shape (2, n_columns)."""
        encoded = self._encoded(self.pool)
        return np.stack([encoded.min(0), encoded.max(0)])

    @cached_property
    def unit_columns(self) -> np.ndarray:
        """`columns` scaled to 0..1 over the pool."""
        low, high = self.bounds
        return (self.columns - low) / np.where(high > low, high - low, 1.0)

    def _encoded(self, conditions: pd.DataFrame) -> np.ndarray:
        parts = [conditions[[*self.numeric]].to_numpy(float)]
        for name, values in self.levels.items():
            parts.append(conditions[name].to_numpy(str)[:, None] == np.array(values)[None, :])
        return np.hstack(parts).astype(float)


def read_table(folder: Path, name: str) -> Table:
    """Read one problem from the folder of the tables."""
    file, column, yes = YES_NO_PROBLEMS.get(name, (name, "y", None))
    frame = pd.read_csv(folder / f"{file}.csv")
    pool = frame.drop(columns=[c for c in _OUTCOMES if c in frame])
    measured = frame[column].notna()
    if name in NUMBER_PROBLEMS and "feasible" in frame:
        measured &= frame["feasible"] == 1
    outcomes = frame.loc[measured, column]
    if yes is not None:
        outcomes = outcomes == yes
    conditions = pool.loc[measured].reset_index(drop=True)
    return Table(name, pool, conditions, outcomes.to_numpy(float), yes is not None)


def split(table: Table, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the n training rows and of the test rows, the same for every model."""
    order = np.random.default_rng([seed, n]).permutation(len(table))
    return order[:n], order[n : n + MOST_TEST_ROWS]


@dataclass(frozen=True)
class NumberForecast:
    """Forecast of measurements, shape (n,) each, in the unit of the table.

    Attributes
    ----------
    median
        What is as likely exceeded as not.
    low, high
        Ends of the central 90 % interval.
    log_density
        From measured values to the logarithm of the predictive density at each.
    """

    median: np.ndarray
    low: np.ndarray
    high: np.ndarray
    log_density: Callable[[np.ndarray], np.ndarray]


def normal_forecast(mean: np.ndarray, sd: np.ndarray) -> NumberForecast:
    """Forecast by normal distributions."""
    z90 = 1.6448536269514722

    def log_density(values: np.ndarray) -> np.ndarray:
        return -0.5 * ((values - mean) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)

    return NumberForecast(mean, mean - z90 * sd, mean + z90 * sd, log_density)


# A model is fitted to the training rows and says what the test rows would show; yes/no: probability of yes.
NumberModel = Callable[[Table, np.ndarray, np.ndarray, int], NumberForecast]
YesNoModel = Callable[[Table, np.ndarray, np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Model:
    """How one library forecasts numbers, and how it forecasts yes/no."""

    numbers: NumberModel
    yes_no: YesNoModel


def number_scores(forecast: NumberForecast, values: np.ndarray, sd: float) -> dict[str, float]:
    """Scores of forecasts of numbers, in units of `sd`, so that tables compare."""
    inside = (forecast.low <= values) & (values <= forecast.high)
    return {
        "log_density": float(forecast.log_density(values).mean() + np.log(sd)),
        "mae": float(np.abs(forecast.median - values).mean() / sd),
        "coverage": float(inside.mean()),
    }


def yes_no_scores(probability: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Scores of probabilities of yes; the logarithm is the natural one."""
    p = np.clip(probability, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    return {
        "log_loss": float(-np.where(truth == 1, np.log(p), np.log1p(-p)).mean()),
        "brier": float(((probability - truth) ** 2).mean()),
        "calibration_error": _calibration_error(probability, truth),
    }


def _calibration_error(probability: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance of forecast and observed share of yes over bins of (nearly) equal counts."""
    order = np.argsort(probability, kind="stable")
    bins = np.array_split(order, _BINS)
    return float(np.mean([abs(probability[b].mean() - truth[b].mean()) for b in bins]))
