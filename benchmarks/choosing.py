"""Does it choose better? Ovenbird and other libraries on measured tables, and on virtual laboratories.

    python benchmarks/choosing.py --out runs.csv [--strategies ovenbird random botorch optuna_gp]
        [--without-listing] [--tables autoam p3ht] [--seeds 20] [--budget 20] [--jobs 2]
    python benchmarks/choosing.py --summarise runs.csv other_runs.csv
    python benchmarks/choosing.py --labs 20 --out FOLDER [--parts literature nothing batches pending]

Tables: every row of a table can be chosen once and then shows its outcome. All strategies of a seed begin
with the same five random rows and then choose one at a time to 20. Regret is the distance of the best so far
to the best row, as a share of the range of outcomes; its mean over the experiments is compared with that of
random choice from the same first rows, which is computed exactly over all its continuations. Runs that are in
the file are not done again, so that an interrupted comparison goes on where it stopped. A library is imported
only if it is asked for: BayBE runs in an environment of its own (`baybe==0.15.0 botorch==0.18.1`), into a
file of its own.

`--without-listing` adds Ovenbird without one thing: learning from how densely the candidates lie. The tables
autoam, p3ht and perovskite grew in adaptive campaigns, whose rows crowd around what was found to be good.
Read the figures of both; a list in use tells as much only if it was made by somebody who was searching.

Labs: see choosing_labs.py.
"""

import argparse
import csv
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from choosing_strategies import OURS, RANDOM, STRATEGIES, WITHOUT_LISTING, run
from choosing_summary import COLUMNS, Run, print_summary, read_runs
from choosing_tables import N_FIRST, POOLS, read_pool
from surrogate_tables import FOLDER

PARTS = ("literature", "nothing", "batches", "pending")


def main() -> None:
    """Measure, or summarise what was measured."""
    options = _options()
    os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that do the runs
    if options.summarise:
        print_summary(read_runs(options.summarise), options.folder, options.budget)
        return
    if options.labs:
        from choosing_labs import print_labs

        print_labs(options.labs, options.out, options.parts, options.jobs)
        return
    strategies = [*options.strategies, *([WITHOUT_LISTING] if options.without_listing else [])]
    wanted = [(s, t, seed) for seed in range(options.seeds) for t in options.tables for s in strategies]
    finished = _measure(wanted, options.folder, options.budget, options.jobs, options.out)
    print_summary(read_runs([options.out]), options.folder, options.budget)
    if not finished:
        sys.exit("Some runs failed; the same command does them again.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Does it choose better?")
    parser.add_argument(
        "--out", type=Path, help="file for the runs, continued if it is there; of labs a folder"
    )
    parser.add_argument(
        "--strategies",
        nargs="+",
        choices=[name for name in STRATEGIES if name != WITHOUT_LISTING],
        default=[OURS, RANDOM, "botorch", "optuna_gp"],
    )
    parser.add_argument(
        "--without-listing", action="store_true", help="also Ovenbird that reads nothing from the list"
    )
    parser.add_argument("--tables", nargs="+", choices=POOLS, default=POOLS)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="folder of the tables")
    parser.add_argument("--seeds", type=int, default=20, help="number of draws of the first rows")
    parser.add_argument("--budget", type=int, default=20, help="rows made, the first ones included")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--summarise", nargs="+", type=Path, metavar="CSV", help="files of runs")
    parser.add_argument("--labs", type=int, help="number of virtual laboratories, instead of tables")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="of the labs")
    options = parser.parse_args()
    if options.out is None and not options.summarise:
        parser.error("give --out or --summarise")
    if options.budget <= N_FIRST:
        parser.error(f"a budget has more than the {N_FIRST} first rows")
    return options


def _measure(wanted: Iterable[tuple[str, str, int]], folder: Path, budget: int, jobs: int, out: Path) -> bool:
    """Do the runs that the file does not have, each kept as soon as it is finished; False if any failed."""
    _mend(out)
    done = {(r.strategy, r.table, r.seed) for r in read_runs([out]) if len(r.rows) >= budget}
    missing = [key for key in wanted if key not in done]
    failed = 0
    # Not forked, since a copy of threads that torch has started could wait forever.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as executor, out.open("a", newline="") as file:
        writer = csv.writer(file)
        futures = {executor.submit(measured, *key, folder, budget): key for key in missing}
        for n_done, future in enumerate(as_completed(futures), 1):
            error = future.exception()
            if error is None:
                writer.writerow(future.result().as_row())
                file.flush()
            failed += error is not None
            said = "done" if error is None else f"{type(error).__name__}: {error}"
            print(n_done, "of", len(missing), *futures[future], said, file=sys.stderr, flush=True)
    return not failed


def measured(strategy: str, table: str, seed: int, folder: Path, budget: int) -> Run:
    """One run."""
    with warnings.catch_warnings():
        # Libraries warn of every fit that stops early and of what is experimental; the choices show the harm.
        warnings.simplefilter("ignore")
        pool = read_pool(folder, table)
        start = time.perf_counter()
        rows = run(pool, strategy, seed, budget)
        seconds = (time.perf_counter() - start) / (len(rows) - N_FIRST)
    return Run(strategy, table, seed, tuple(rows), seconds)


def _mend(out: Path) -> None:
    """Begin the file, or remove a last line that was cut off in writing."""
    if not out.exists():
        out.write_text(",".join(COLUMNS) + "\r\n", newline="")
        return
    content = out.read_bytes()
    out.write_bytes(content[: content.rfind(b"\n") + 1])


if __name__ == "__main__":
    main()
