"""What a lab finds in four weeks: the joint plan against dropping what does not fit, and one setting a week.

Virtual LTVO laboratories with one tube furnace of four slots, one mill with two jars and eight channels start
from the literature. Every week a batch is chosen, everything in it is made, and its results are added.
All strategies know the same surrogates and have the same timetable to fit into:

- ``ovenbird``: `batch_of_week`, which chooses samples and places together;
- ``drop``: the first eight suggestions of a planner that knows no lab, without those that do not fit;
- ``one_setting``: one furnace programme a week, that of the first suggestion, filled with its best millings.

    python benchmarks/lab_weeks.py --labs 20 --out lab_weeks.csv
    python benchmarks/lab_weeks.py --show lab_weeks.csv --picture lab_weeks.png
"""

import argparse
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.library import library_path
from ovenbird.campaigns.virtual_lab import read_virtual_lab
from ovenbird.campaigns.virtual_lab.true_optimum import find_true_optimum, true_regret, truly_feasible
from ovenbird.campaigns.week import horizon_of
from ovenbird.models.encoding import conditions_of_codes
from ovenbird.models.evidence import PROCESS_WORKS
from ovenbird.models.threads import one_thread
from ovenbird.planner.batch_of_week import batch_of_week, naive_batch
from ovenbird.planner.choice import Choice
from ovenbird.planner.goal_acquisition import Acquisition
from ovenbird.planner.known import known_experiments
from ovenbird.planner.resolve import LimitResolution
from ovenbird.planner.week_chooser import WeekChooser
from ovenbird.planner.week_room import WeekRoom

STRATEGIES = ("ovenbird", "drop", "one_setting")
_FIRST_WEEK = date(2026, 11, 30)
_N_WEEKS, _N_SAMPLES = 4, 8


class _OneSetting(WeekChooser):
    """After the first choice only its furnace programme."""

    def _promises_little(self, new: Choice) -> bool:
        """Never: choosing by what a result tells is Ovenbird's own."""
        return False

    def _best(
        self, acquisition: Acquisition, resolution: LimitResolution, starts: torch.Tensor
    ) -> tuple[torch.Tensor, int | None] | None:
        if not self.chosen:
            return super()._best(acquisition, resolution, starts)
        furnace = next(r for r in self.room.lab.resources.values() if "calcination_temperature" in r.shares)
        columns = [self.problem.space.names.index(name) for name in furnace.shares]
        same = self.chosen[0].codes
        score = self._score(acquisition, resolution)

        def within(codes: torch.Tensor) -> torch.Tensor:
            value = score(codes)
            value[(codes[:, columns] != same[columns]).any(dim=1)] = -torch.inf
            return value

        drawn = self.search.sample(1000, self.generator)
        drawn[:, columns] = same[columns]
        codes = torch.unique(torch.cat([drawn, self.search.neighbours(same, self.generator)]), dim=0)
        codes = codes[self.search.valid(codes)]
        worth = within(codes)
        order = worth.argsort(descending=True, stable=True)[: int((~torch.isinf(worth)).sum())]
        found = self._first_with_room(codes[order], self.room.open_places(self._conditions()))
        return None if found is None else (found, None)


def choose(campaign: Campaign, strategy: str, week: int, seed: int) -> list[Choice]:
    """One week's batch."""
    lab, problem, data = campaign.definition.lab, campaign.problem, campaign.dataset()
    assert lab is not None
    monday = _FIRST_WEEK + timedelta(weeks=week)
    now = pd.Timestamp(monday - timedelta(days=3)).to_pydatetime()
    room = WeekRoom(lab, [], horizon_of(lab.calendar, monday, 1, now))
    beliefs, known = campaign.beliefs(data), known_experiments(problem, data)
    if strategy == "ovenbird":
        return list(batch_of_week(problem, data, beliefs, room, _N_SAMPLES, seed, None).choices)
    if strategy == "drop":
        return naive_batch(problem, beliefs, known, room, _N_SAMPLES, seed)
    generator = np.random.default_rng(seed)
    return _OneSetting(problem, beliefs, known, generator, seed, room, by_machine_time=False).by_week(
        _N_SAMPLES
    )


def run(number: int, strategy: str, route: str) -> list[dict[str, object]]:
    """Four weeks of one laboratory."""
    keys = Campaign.open(library_path("ltvo"), dataset="sqlite://").definition
    campaign = Campaign(keys, dataset="sqlite://")
    if route != "both":
        campaign = _solid_state(route)
    lab = read_virtual_lab("ltvo").draw(number)
    optimum = find_true_optimum(campaign.problem, lab.truth, candidates=None, most_enumerated=3_000_000)
    scatter = np.random.default_rng([number, 7])
    names, made, rows = list(campaign.space.names), [], []
    for week in range(_N_WEEKS):
        began = perf_counter()
        with one_thread():
            choices = choose(campaign, strategy, week, 1000 * number + week)
        seconds = perf_counter() - began
        if choices:
            codes = torch.stack([choice.codes for choice in choices])
            frame = pd.DataFrame(conditions_of_codes(campaign.space, codes), columns=names)
            table = lab.measure(frame, scatter)
            campaign.add(table[[c for c in table.columns if c != PROCESS_WORKS]])
            made.append(frame)
        everything = pd.concat(made, ignore_index=True)
        truth = lab.truth(everything)
        rows.append(
            {
                "lab": number,
                "strategy": strategy,
                "week": week + 1,
                "samples": len(choices),
                "furnace_runs": len({tuple(c.codes[:3].tolist()) for c in choices}),
                "regret": float(true_regret(campaign.problem, optimum, everything, truth)[-1]),
                "feasible": float(np.mean(truly_feasible(campaign.problem, everything, truth))),
                "seconds": round(seconds, 2),
            }
        )
    return rows


def _solid_state(route: str) -> Campaign:
    definition = Campaign.open(library_path("ltvo"), dataset="sqlite://").definition
    text = definition.text.replace("route: [solid_state, solution]", f"route: [{route}]")
    lines = [line for line in text.splitlines() if "exclude: {route: solution" not in line]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "ltvo.yaml"
        file.write_text("\n".join(lines), encoding="utf-8")
        return Campaign.open(file, dataset="sqlite://")


def show(file: Path) -> None:
    """Tables of what was measured."""
    runs = pd.read_csv(file)
    by = runs.groupby(["strategy", "week"])
    table = by.agg(
        labs=("lab", "nunique"),
        samples=("samples", "mean"),
        furnace_runs=("furnace_runs", "mean"),
        median_regret=("regret", "median"),
        mean_regret=("regret", "mean"),
        feasible=("feasible", "mean"),
        seconds=("seconds", "mean"),
    )
    print(table.round(2).to_string())
    wide = runs.pivot_table(index=["lab", "week"], columns="strategy", values="regret")
    for other in [s for s in wide.columns if s != "ovenbird"]:
        gain = (wide[other] - wide["ovenbird"]).groupby("week")
        error = gain.std() / np.sqrt(gain.count())
        print(f"\nregret of {other} less that of ovenbird (mean ± standard error, by week)")
        print(" ".join(f"{m:+.1f} ± {e:.1f}" for m, e in zip(gain.mean(), error, strict=True)))


def draw(file: Path, picture: Path) -> None:
    """Median true regret of each strategy by week, with its quartiles."""
    from matplotlib.figure import Figure

    runs = pd.read_csv(file)
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    looks = {
        "ovenbird": ("#0072B2", "o", "-"),
        "drop": ("#D55E00", "s", "--"),
        "one_setting": ("#5A5A5A", "^", ":"),
    }
    for shift, (strategy, (colour, marker, line)) in enumerate(looks.items()):
        by_week = runs[runs["strategy"] == strategy].groupby("week")["regret"]
        weeks = by_week.median().index + 0.08 * (shift - 1)
        low, middle, high = (by_week.quantile(q) for q in (0.25, 0.5, 0.75))
        axes.errorbar(
            weeks,
            middle,
            [middle - low, high - middle],
            color=colour,
            marker=marker,
            linestyle=line,
            capsize=3,
            label=strategy.replace("_", " "),
        )
    axes.set(xlabel="week", ylabel="true regret [mAh/g], median and quartiles", xticks=range(1, _N_WEEKS + 1))
    axes.set_ylim(bottom=0)
    axes.set_title(f"{runs['lab'].nunique()} virtual laboratories", loc="left", fontsize=10)
    axes.legend(frameon=False)
    figure.savefig(picture, dpi=150)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labs", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--strategies", default=",".join(STRATEGIES))
    parser.add_argument("--route", default="both", choices=["both", "solid_state"])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("lab_weeks.csv"))
    parser.add_argument("--show", type=Path)
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    if given.show:
        show(given.show)
        if given.picture:
            draw(given.show, given.picture)
        return
    jobs = [
        delayed(run)(number, strategy, given.route)
        for number in range(given.first, given.first + given.labs)
        for strategy in given.strategies.split(",")
    ]
    rows: list[dict[str, object]] = []
    finished: Any = Parallel(n_jobs=given.jobs, return_as="generator_unordered")(jobs)
    for one in finished:
        rows += one
        pd.DataFrame(rows).sort_values(["lab", "strategy", "week"]).to_csv(given.out, index=False)
    show(given.out)


if __name__ == "__main__":
    main()
