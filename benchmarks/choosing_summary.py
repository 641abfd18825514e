"""Runs of choosing.py as Markdown tables: gain over random choice, ranks, failures, table by table."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from choosing_strategies import OURS, WITHOUT_LISTING
from choosing_tables import (
    N_FIRST,
    Pool,
    area_under_regret,
    expected_area_of_random,
    expected_failures_of_random,
    read_pool,
)
from surrogate_summary import Cell, Metric, standard_error, table_entry, table_header, table_line

COLUMNS = ("strategy", "table", "seed", "budget", "seconds", "rows")
_REGRET = Metric("area", "Area under the regret", lambda x: x)
_RESAMPLES = 2000
_EXPECTED = "random, expected"


@dataclass(frozen=True)
class Run:
    """One strategy on one table from the first rows of one seed.

    Attributes
    ----------
    rows
        Made, in order.
    seconds
        For each suggestion on average.
    """

    strategy: str
    table: str
    seed: int
    rows: tuple[int, ...]
    seconds: float

    def as_row(self) -> list[object]:
        """As it stands in a file, see `COLUMNS`."""
        rows = " ".join(map(str, self.rows))
        return [self.strategy, self.table, self.seed, len(self.rows), f"{self.seconds:.4g}", rows]


def read_runs(files: Iterable[Path]) -> list[Run]:
    """Runs of several files; of the same strategy, table and seed the longest."""
    found: dict[tuple[str, str, int], Run] = {}
    for path in files:
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                run = Run(
                    row["strategy"],
                    row["table"],
                    int(row["seed"]),
                    tuple(map(int, row["rows"].split())),
                    float(row["seconds"]),
                )
                key = (run.strategy, run.table, run.seed)
                if key not in found or len(run.rows) > len(found[key].rows):
                    found[key] = run
    return list(found.values())


@dataclass(frozen=True)
class Standing:
    """One strategy on the tables and seeds that all strategies share.

    Attributes
    ----------
    areas
        By table the area under the regret, shape (n_seeds,) each.
    failures
        By table how many chosen rows failed, shape (n_seeds,) each.
    seconds
        For each suggestion, median over the runs.
    """

    areas: dict[str, np.ndarray]
    failures: dict[str, np.ndarray]
    seconds: float

    def gain(self, random: dict[str, np.ndarray]) -> float:
        """How many times smaller the area is than that of random choice, geometric mean over tables."""
        logs = [np.log(random[table].mean() / area.mean()) for table, area in self.areas.items()]
        return float(np.exp(np.mean(logs)))

    def gain_error(self, random: dict[str, np.ndarray]) -> float:
        """Its standard error, by drawing the seeds of each table with replacement."""
        generator = np.random.default_rng(0)
        logs = np.zeros(_RESAMPLES)
        for table, area in self.areas.items():
            drawn = generator.integers(len(area), size=(_RESAMPLES, len(area)))
            logs += np.log(random[table][drawn].mean(1) / area[drawn].mean(1)) / len(self.areas)
        return float(np.exp(logs).std(ddof=1))


def print_summary(runs: Sequence[Run], folder: Path, budget: int) -> None:
    """Print all tables, over what the strategies have in common.

    Ovenbird without one thing takes its place in the ranks instead of crowding it.
    """
    long_enough = [run for run in runs if len(run.rows) >= budget]
    strategies = list(dict.fromkeys(run.strategy for run in long_enough))
    by_strategy = {
        name: {(run.table, run.seed): run for run in long_enough if run.strategy == name}
        for name in strategies
    }
    shared = sorted(set.intersection(*(set(found) for found in by_strategy.values()))) if strategies else []
    if not shared:
        print(f"No table and seed that all of {', '.join(strategies) or 'the files'} have to {budget} rows.")
        return
    pools = {table: read_pool(folder, table) for table in dict.fromkeys(table for table, _ in shared)}
    standings = {name: _standing(found, shared, pools, budget) for name, found in by_strategy.items()}
    random = _by_table(shared, lambda table, seed: expected_area_of_random(pools[table], seed, budget))
    seeds = [sum(t == table for t, _ in shared) for table in pools]
    print(
        f"\n{len(pools)} tables, {min(seeds)} to {max(seeds)} seeds each, {N_FIRST} random rows and then one "
        f"at a time to {budget}; mean ± standard error.\n"
    )
    _print_standings(standings, random, shared, pools, budget)
    _print_tables(standings, random)
    if OURS in standings:
        _print_differences(standings)


def _standing(
    found: dict[tuple[str, int], Run], shared: Sequence[tuple[str, int]], pools: dict[str, Pool], budget: int
) -> Standing:
    def rows(table: str, seed: int) -> tuple[int, ...]:
        return found[table, seed].rows[:budget]

    return Standing(
        areas=_by_table(shared, lambda table, seed: area_under_regret(pools[table], rows(table, seed))),
        failures=_by_table(
            shared, lambda table, seed: float(pools[table].fails[[*rows(table, seed)[N_FIRST:]]].sum())
        ),
        seconds=float(np.median([found[key].seconds for key in shared])),
    )


def _by_table(shared: Sequence[tuple[str, int]], value: Callable[[str, int], float]) -> dict[str, np.ndarray]:
    tables = dict.fromkeys(table for table, _ in shared)
    return {table: np.array([value(t, seed) for t, seed in shared if t == table]) for table in tables}


def _ranks(standings: dict[str, Standing], name: str) -> np.ndarray:
    """Ranks of one strategy in all runs, 1 is the best, shape (n_runs,); ties share the mean of theirs."""
    twin = {OURS: WITHOUT_LISTING, WITHOUT_LISTING: OURS}
    # Everybody else is ranked among those that are there by default.
    absent = twin.get(name, WITHOUT_LISTING if OURS in standings else None)
    mine = np.concatenate([*standings[name].areas.values()])
    others = [
        np.concatenate([*standing.areas.values()])
        for other, standing in standings.items()
        if other not in (name, absent)
    ]
    better = sum(((area < mine).astype(float) for area in others), np.zeros(len(mine)))
    ties = sum(((area == mine).astype(float) for area in others), np.zeros(len(mine)))
    return 1 + better + ties / 2


def _print_standings(
    standings: dict[str, Standing],
    random: dict[str, np.ndarray],
    shared: Sequence[tuple[str, int]],
    pools: dict[str, Pool],
    budget: int,
) -> None:
    fallible = [table for table, pool in pools.items() if pool.fails.any()]
    heads = ("gain over random", "mean rank", f"failed of {budget - N_FIRST}", "s a suggestion")
    print(table_header(("strategy",), heads))
    rows = []
    for name, standing in standings.items():
        ranks = _ranks(standings, name)
        failures = np.concatenate([standing.failures[table] for table in fallible] or [np.zeros(0)])
        entries = [
            f"{standing.gain(random):.2f} ± {standing.gain_error(random):.2f}",
            f"{ranks.mean():.2f} ± {standard_error(ranks):.2f}",
            f"{failures.mean():.1f} ± {standard_error(failures):.1f}" if len(failures) else "–",
            f"{standing.seconds:.2f}",
        ]
        rows.append((ranks.mean(), table_line([name, *entries])))
    for _, line in sorted(rows):
        print(line)
    expected = [
        expected_failures_of_random(pools[table], seed, budget) for table, seed in shared if table in fallible
    ]
    print(table_line([_EXPECTED, "1", "–", f"{np.mean(expected):.1f}" if expected else "–", "–"]))


def _print_tables(standings: dict[str, Standing], random: dict[str, np.ndarray]) -> None:
    print(f"\n{_REGRET.heading} (bold is the best, * within a paired standard error of it):\n")
    names = [*standings]
    print(table_header(("table", "seeds"), [*names, _EXPECTED]))
    for table, expected in random.items():
        cell = _cell(table, standings)
        entries = [table_entry(cell, name) for name in names]
        print(table_line([table, str(len(expected)), *entries, f"{expected.mean():.3f}"]))


def _print_differences(standings: dict[str, Standing]) -> None:
    """Ours against the best of the others, table by table."""
    others = {name: s for name, s in standings.items() if name not in (OURS, WITHOUT_LISTING)}
    if not others:
        return
    ours = [name for name in (OURS, WITHOUT_LISTING) if name in standings]
    print("\nArea under the regret minus that of the best other strategy of the table (paired by seed):\n")
    print(table_header(("table", "best other"), ours))
    for table in standings[OURS].areas:
        best = _cell(table, others).best
        differences = [standings[name].areas[table] - others[best].areas[table] for name in ours]
        entries = [f"{d.mean():+.3f} ± {standard_error(d):.3f}" for d in differences]
        print(table_line([table, best, *entries]))


def _cell(table: str, standings: dict[str, Standing]) -> Cell:
    scores = {name: standing.areas[table] for name, standing in standings.items()}
    return Cell(table, 0, _REGRET, scores)
