"""How long a chemist waits: import, first suggestion, a further one, and memory.

    python benchmarks/latency.py [--quick]

Every line is measured in a process of its own, on the parameters, limits and responses of the bundled LTVO
campaign with n made-up experiments of a smooth function: `import` is importing ovenbird.campaigns and what a
suggestion needs, `first` fits all surrogates and chooses q experiments, `further` logs one more result, fits
again and chooses again, `peak` is the largest memory of the process. The last lines time commands from a cold
start. Machines differ: compare figures of one run with each other.
"""

import argparse
import importlib
import json
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ovenbird.campaigns import Campaign

NUMBERS = (10, 100, 1000)
BATCHES = (1, 4, 8)


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description="How long a chemist waits.")
    parser.add_argument("--quick", action="store_true", help="n = 10 and 100, q = 1 and 4 only")
    parser.add_argument("--one", nargs=2, type=int, metavar=("N", "Q"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one)))
        return
    print("| experiments n | batch q | import s | first s | further s | peak MB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for n in NUMBERS[:2] if options.quick else NUMBERS:
        for q in BATCHES[:2] if options.quick else BATCHES:
            print(_row(n, q), flush=True)
    print("\n| command | s |\n| --- | ---: |")
    for command in (
        ["suggest-next-experiment", "--help"],
        ["ovenbird", "--help"],
        ["ovenbird", "log", "--help"],
        ["suggest-next-experiment"],
        ["suggest-next-experiment", "-n", "1"],
    ):
        print(f"| `{' '.join(command)}` | {_seconds(command):.2f} |", flush=True)


def _row(n: int, q: int) -> str:
    command = [sys.executable, __file__, "--one", str(n), str(q)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figures = json.loads(out)
    times = " | ".join(f"{figures[name]:.2f}" for name in ("import", "first", "further"))
    return f"| {n} | {q} | {times} | {figures['peak']:.0f} |"


def _seconds(command: list[str]) -> float:
    """Best of three runs of a command installed beside this interpreter, in an empty folder."""
    import tempfile
    from pathlib import Path

    program = Path(sys.executable).parent / command[0]
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, check=True)
            times.append(time.perf_counter() - start)
    return min(times)


def measure(n: int, q: int) -> dict[str, float]:
    """Times in seconds and peak memory in MB of one process."""
    start = time.perf_counter()
    from ovenbird.campaigns import Campaign
    from ovenbird.campaigns.library import library_path

    importlib.import_module("ovenbird.planner.suggest")

    imported = time.perf_counter()
    import numpy as np

    campaign = Campaign.open(library_path("ltvo"), dataset="sqlite://")
    frame = made_up(campaign, n + 1, np.random.default_rng(0))
    campaign.add(frame.iloc[:n])
    ready = time.perf_counter()
    campaign.suggest(q, seed=0)
    first = time.perf_counter()
    campaign.add(frame.iloc[n:])
    campaign.suggest(q, seed=1)
    further = time.perf_counter()
    return {
        "import": imported - start,
        "first": first - ready,
        "further": further - first,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def made_up(campaign: "Campaign", n: int, generator: "np.random.Generator") -> "pd.DataFrame":
    """Random conditions with results of a smooth function and 4 % noise."""
    import numpy as np

    from ovenbird.models.encoding import frame_of_codes
    from ovenbird.planner.search_space import SearchSpace

    search = SearchSpace(campaign.space, campaign.definition.rules)
    frame = frame_of_codes(campaign.space, search.sample(n, generator))
    heat = (frame["calcination_temperature"] - 600) / 300
    dose = (frame["milling_speed"] / 600) ** 3 * frame["milling_time"] / 12
    dose = np.log1p(100 * dose.fillna(0.0)) / np.log(101)
    frame["phase_pure"] = np.where(heat + frame["hold_time"] / 24 > 0.4, "yes", "no")
    area = 2 + 60 * dose + np.where(frame["route"] == "solution", 80, 0)
    capacity = 330 * area / (area + 8) * (1 - 0.2 * heat)
    for name, values in (("bet_surface_area", area), ("discharge_capacity", capacity)):
        frame[name] = values * np.exp(0.04 * generator.standard_normal(n))
    frame["charge_capacity"] = frame["discharge_capacity"] * np.where(dose > 0.8, 0.8, 1.1)
    frame["charge_capacity"] = frame["charge_capacity"].clip(upper=370)
    frame["oxidised"] = np.where(dose > 0.8, "yes", "no")
    return frame


if __name__ == "__main__":
    main()
