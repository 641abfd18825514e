"""How long a suggestion takes, beside BayBE and plain BoTorch in one run, and how that grows.

    python benchmarks/suggestion_time.py [--peer-python PYTHON] [--out seconds.csv] [--timeout 120]
        [--numbers 20 200 2000] [--batches 1 4] [--parameters 5 15] [--kinds ranges conditions list]
        [--libraries ovenbird botorch baybe]
    python benchmarks/suggestion_time.py --summarise seconds.csv

A suggestion begins with a table of n experiments and ends with q new conditions: search space, learning and
choosing, without imports. Kinds: `ranges` of numbers; `conditions`, where two fifths of the parameters exist
for one value of a method only (the other libraries have no such thing, and get all of them always); `list`, a
choice among 1000 random rows (up to n = 200). Every cell is a process of its own with one thread and gives
the median of three problems (of fewer if they take over 20 s); libraries take turns, so that a busy machine
harms all alike. BayBE runs with the interpreter given by --peer-python (an environment with `baybe==0.15.0
botorch==0.18.1`), the others with this one. A cell that takes longer than the time-out is given up, and
printed as such. Machines differ: compare figures of one run.
"""

import argparse
import csv
import itertools
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from suggestion_time_problems import KINDS, LIBRARIES, timed

COLUMNS = ("library", "kind", "n_parameters", "n", "q", "space", "suggest", "outcome")
OURS = "ovenbird"
_LIST_NUMBERS = 200  # of more experiments than this, few choose from a list


@dataclass(frozen=True)
class Cell:
    """What is timed: kind, parameters, experiments made, experiments asked for."""

    kind: str
    n_parameters: int
    n: int
    q: int


@dataclass(frozen=True)
class Timing:
    """Seconds for the search space and for the rest; NaN, and an outcome that says why, if it did not end."""

    space: float
    suggest: float
    outcome: str = "ok"

    @property
    def total(self) -> float:
        """Seconds from table to suggestion."""
        return self.space + self.suggest

    def __str__(self) -> str:
        return f"{self.total:.1f}" if self.outcome == "ok" else self.outcome


Timings = dict[Cell, dict[str, Timing]]


def main() -> None:
    """Measure, or summarise what was measured."""
    parser = argparse.ArgumentParser(description="How long a suggestion takes.")
    parser.add_argument("--numbers", nargs="+", type=int, default=(20, 200, 2000), help="experiments made")
    parser.add_argument("--batches", nargs="+", type=int, default=(1, 4), help="experiments asked for")
    parser.add_argument("--parameters", nargs="+", type=int, default=(5, 15))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=list(LIBRARIES))
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has BayBE")
    parser.add_argument("--timeout", type=float, default=120, help="seconds until a cell is given up")
    parser.add_argument("--out", type=Path, help="file for the rows, written anew")
    parser.add_argument("--summarise", type=Path, metavar="CSV", help="file of rows")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        library, kind, n_parameters, n, q = options.one
        print(json.dumps(asdict(timed(library, kind, int(n_parameters), int(n), int(q)))))
        return
    if options.summarise:
        print_tables(read(options.summarise))
        return
    cells = [
        Cell(kind, d, n, q)
        for kind, d, n, q in itertools.product(
            options.kinds, options.parameters, options.numbers, options.batches
        )
        if kind != "list" or n <= _LIST_NUMBERS
    ]
    rows = measured(cells, options.libraries, options.peer_python, options.timeout)
    print_tables(collect(kept(rows, options.out)))


def measured(
    cells: Iterable[Cell], libraries: Iterable[str], peer_python: str, timeout_s: float
) -> Iterator[tuple[str, Cell, Timing]]:
    """Time every library in every cell; shows on the error stream what is under way."""
    for cell in cells:
        for library in libraries:
            python = peer_python if library == "baybe" else sys.executable
            timing = _in_a_process(python, library, cell, timeout_s)
            print(f"{library} {cell}: {timing} s", file=sys.stderr, flush=True)
            yield library, cell, timing


def _in_a_process(python: str, library: str, cell: Cell, timeout_s: float) -> Timing:
    command = [python, __file__, "--one", library, *map(str, astuple(cell))]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=timeout_s, env=environment
        )
    except subprocess.TimeoutExpired:
        return Timing(math.nan, math.nan, f"> {timeout_s:g}")
    except subprocess.CalledProcessError as error:
        print(error.stderr, file=sys.stderr)
        return Timing(math.nan, math.nan, "failed")
    return Timing(**json.loads(done.stdout.splitlines()[-1]))


def kept(rows: Iterable[tuple[str, Cell, Timing]], path: Path | None) -> Iterator[tuple[str, Cell, Timing]]:
    """Pass rows on; each is in the file, if one is given, before the next is measured."""
    if path is None:
        yield from rows
        return
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for library, cell, timing in rows:
            writer.writerow([library, *astuple(cell), *astuple(timing)])
            file.flush()
            yield library, cell, timing


def read(path: Path) -> Timings:
    """Timings of a file."""
    with path.open(newline="") as file:
        return collect(
            (
                row["library"],
                Cell(row["kind"], int(row["n_parameters"]), int(row["n"]), int(row["q"])),
                Timing(float(row["space"]), float(row["suggest"]), row["outcome"]),
            )
            for row in csv.DictReader(file)
        )


def collect(rows: Iterable[tuple[str, Cell, Timing]]) -> Timings:
    """Timings by cell and library."""
    timings: Timings = {}
    for library, cell, timing in rows:
        timings.setdefault(cell, {})[library] = timing
    return timings


def print_tables(timings: Timings) -> None:
    """Print times, ratios and growth as Markdown."""
    libraries = list(dict.fromkeys(name for by_library in timings.values() for name in by_library))
    peers = [name for name in libraries if name != OURS] if OURS in libraries else []
    heads = [
        *("choice among", "parameters", "n", "q"),
        *(f"{name} s" for name in libraries),
        *(["baybe search space s"] if "baybe" in libraries else []),
        *(f"{OURS} / {peer}" for peer in peers),
    ]
    _print_row(heads)
    _print_row(["---"] + ["---:"] * (len(heads) - 1))
    for cell, by_library in timings.items():
        entries = [str(by_library.get(name, "–")) for name in libraries]
        if "baybe" in libraries:
            entries.append(_number(by_library["baybe"].space) if "baybe" in by_library else "–")
        entries += [_number(_ratio(by_library, OURS, peer), 2) for peer in peers]
        _print_row([*map(str, astuple(cell)), *entries])
    _print_means(timings, peers)
    _print_growth(timings, libraries)


def _print_means(timings: Timings, peers: list[str]) -> None:
    """Geometric means of the ratios over the cells that both finished."""
    for peer in peers:
        ratios = [_ratio(by_library, OURS, peer) for by_library in timings.values()]
        finished = [ratio for ratio in ratios if not math.isnan(ratio)]
        if finished:
            low, high = min(finished), max(finished)
            print(
                f"\n{OURS} / {peer}: geometric mean {_geometric_mean(finished):.2f} over the {len(finished)} "
                f"of {len(ratios)} cells that both finished ({low:.2f} to {high:.2f})"
            )


def _print_growth(timings: Timings, libraries: list[str]) -> None:
    """How many times as long a library takes when one thing grows and all else is the same."""
    print("\nTimes as long (geometric mean over the cells that finished; in brackets how many pairs):\n")
    _print_row(["from", *libraries])
    _print_row(["---"] + ["---:"] * len(libraries))
    for field in ("n", "q", "n_parameters"):
        sizes = sorted({getattr(cell, field) for cell in timings})
        for small, large in itertools.pairwise(sizes):
            entries = []
            for library in libraries:
                ratios = list(_growths(timings, library, field, small, large))
                entries.append(f"{_geometric_mean(ratios):.1f} ({len(ratios)})" if ratios else "–")
            _print_row([f"{field} {small} to {large}", *entries])


def _growths(timings: Timings, library: str, field: str, small: int, large: int) -> Iterator[float]:
    for cell, by_library in timings.items():
        if getattr(cell, field) != small:
            continue
        grown = timings.get(Cell(**{**asdict(cell), field: large}), {})
        if library in by_library and library in grown:
            ratio = grown[library].total / by_library[library].total
            if not math.isnan(ratio):
                yield ratio


def _ratio(by_library: dict[str, Timing], first: str, second: str) -> float:
    if first not in by_library or second not in by_library:
        return math.nan
    return by_library[first].total / by_library[second].total


def _geometric_mean(values: list[float]) -> float:
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def _number(value: float, decimals: int = 1) -> str:
    return "–" if math.isnan(value) else f"{value:.{decimals}f}"


def _print_row(entries: Iterable[str]) -> None:
    print(f"| {' | '.join(entries)} |", flush=True)


if __name__ == "__main__":
    main()
