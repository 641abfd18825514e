"""Measured tables as lists of conditions to choose experiments from, and what a choice is worth.

Imports neither Ovenbird nor any other library that chooses, so that each can run in an environment of its
own.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from surrogate_tables import NUMBER_PROBLEMS, Table

POOLS = NUMBER_PROBLEMS
N_FIRST = 5  # random rows that every strategy begins with
_MINIMISED = ("perovskite",)


@dataclass(frozen=True, eq=False)  # compared and hashed as the object that it is, so that a cache can hold it
class Pool:
    """Every row of one table can be chosen once, and then shows its outcome.

    Attributes
    ----------
    table
        All rows; outcomes are merits, the larger the better, NaN where the experiment failed.
    """

    table: Table

    def __len__(self) -> int:
        return len(self.table)

    @property
    def conditions(self) -> pd.DataFrame:
        """What can be made, one row each."""
        return self.table.pool

    @property
    def merits(self) -> np.ndarray:
        """Outcome of every row, shape (n_rows,)."""
        return self.table.outcomes

    @property
    def fails(self) -> np.ndarray:
        """Which rows fail, shape (n_rows,)."""
        return np.isnan(self.merits)

    @property
    def regrets(self) -> np.ndarray:
        """Distance to the best row as a share of the range of outcomes, shape (n_rows,); 1 of a failure."""
        best, worst = np.nanmax(self.merits), np.nanmin(self.merits)
        return np.where(self.fails, 1.0, (best - self.merits) / (best - worst))

    def first_rows(self, seed: int) -> list[int]:
        """The random rows that all strategies of a seed begin with."""
        generator = np.random.default_rng([seed, zlib.crc32(self.table.name.encode())])
        return [int(row) for row in generator.permutation(len(self))[:N_FIRST]]

    def unmade(self, made: Sequence[int]) -> np.ndarray:
        """Rows that can still be chosen, in order."""
        return np.setdiff1d(np.arange(len(self)), made)

    def training_merits(self, made: Sequence[int]) -> np.ndarray:
        """Merits for libraries that know no failures: what failed counts as the worst success so far.

        All NaN if nothing has succeeded.
        """
        merits = self.merits[list(made)]
        worst = merits[~np.isnan(merits)].min(initial=np.inf)
        return np.where(np.isnan(merits), worst if np.isfinite(worst) else np.nan, merits)


@cache
def read_pool(folder: Path, name: str) -> Pool:
    """Read one table."""
    frame = pd.read_csv(folder / f"{name}.csv")
    merits = frame["y"].where(frame["feasible"] == 1).to_numpy(float)
    pool = frame.drop(columns=["y", "feasible"])
    return Pool(Table(name, pool, pool, -merits if name in _MINIMISED else merits, is_yes_no=False))


def area_under_regret(pool: Pool, rows: Sequence[int]) -> float:
    """Mean over experiments, from the last of the random rows on, of the regret of the best so far."""
    best_so_far = np.minimum.accumulate(pool.regrets[list(rows)])
    return float(best_so_far[N_FIRST - 1 :].mean())


def expected_area_of_random(pool: Pool, seed: int, budget: int) -> float:
    """`area_under_regret` of random choice from the first rows of a seed, averaged over all continuations.

    Of t rows drawn from N without replacement, the j-th best of the N is the best with probability
    C(N - j, t - 1) / C(N, t).
    """
    first = pool.first_rows(seed)
    now = pool.regrets[first].min()
    left = np.sort(np.minimum(now, pool.regrets[pool.unmade(first)]))
    total, n = now, len(left)
    for t in range(1, budget - N_FIRST + 1):
        # Ratio of one probability to the one before it; the first is t / N.
        j = np.arange(1, n - t + 1)
        ratios = (n - j - t + 1) / (n - j)
        probabilities = t / n * np.concatenate([[1.0], np.cumprod(ratios)])
        total += probabilities @ left[: len(probabilities)]
    return float(total / (budget - N_FIRST + 1))


def expected_failures_of_random(pool: Pool, seed: int, budget: int) -> float:
    """Failures among the rows that random choice takes after the first ones."""
    left = pool.unmade(pool.first_rows(seed))
    return float((budget - N_FIRST) * pool.fails[left].mean())
