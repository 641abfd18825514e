"""Virtual LTVO laboratories, solid-state route: how many experiments until the best, and how many in vain.

    python benchmarks/choosing.py --labs 20 --out FOLDER [--parts literature nothing batches pending]

The bundled campaign without its other route: as much discharge capacity as possible from powders that are
pure and not oxidised. Every lab is drawn from the bundled description, so that all its truths are known. True
regret is what the best truly feasible experiment so far falls short of the best feasible conditions of the
lab.

- `literature`: all strategies know the bundled paper, another lab whose numbers differ; 10 own experiments.
- `nothing`: 5 random experiments first, which count; 16 in all.
- `batches`: from the literature, 16 experiments one at a time and in batches of four. Gain is by how much the
  regret lies below that of random choice, averaged over the experiments and labs.
- `pending`: from the literature and 4 results, with 10 experiments pending, 4 more are asked for. A near twin
  has the same categories as another experiment and each number at most one step away; what is deliberately
  repeated is named as such and counted apart.

Finished runs are kept in the folder, and not done again.
"""

import multiprocessing
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from choosing_strategies import OURS, RANDOM
from ruamel.yaml import YAML
from surrogate_summary import table_header, table_line

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.library import library_path
from ovenbird.campaigns.virtual_lab import read_virtual_lab, truly_feasible
from ovenbird.datasets import CategoricalParameter, ParameterSpace

if TYPE_CHECKING:
    from ovenbird.campaigns.simulation import SimulationResult

LAB = "ltvo"
STRATEGIES = (OURS, RANDOM, "tpe", "gp", "one_factor")
_SEQUENTIAL, _BATCH = "batches_of_1", 4
_N_RESULTS, _N_PENDING, _N_MORE = 4, 10, 4
_RESAMPLES = 2000

_Values = Mapping[str, object]


def solid_state_campaign() -> Campaign:
    """The bundled campaign with the solid-state route only, in memory."""
    keys = dict(YAML(typ="safe").load(library_path(LAB).read_text(encoding="utf-8")))
    keys["parameters"]["route"] = ["solid_state"]
    keys["rules"] = [rule for rule in keys["rules"] if "exclude" not in rule]
    keys.pop("dataset", None)
    return Campaign.create(**keys)


def print_labs(n_labs: int, folder: Path, parts: Sequence[str], jobs: int) -> None:
    """Do what is missing, and print the tables."""
    if "literature" in parts:
        print(f"\n### From the literature, {n_labs} labs\n")
        _print_result(_simulated(n_labs, folder / "literature", jobs, budget=10))
    if "nothing" in parts:
        print(f"\n### Without literature, 5 random experiments first, {n_labs} labs\n")
        _print_result(_simulated(n_labs, folder / "nothing", jobs, budget=16, start="random:5"))
    if "batches" in parts:
        print(f"\n### Batches of {_BATCH} against one at a time, from the literature, {n_labs} labs\n")
        few = (OURS, RANDOM)
        one = _simulated(n_labs, folder / _SEQUENTIAL, jobs, budget=16, strategies=few)
        four = _simulated(
            n_labs, folder / f"batches_of_{_BATCH}", jobs, budget=16, strategies=(OURS,), batch=_BATCH
        )
        _print_batches(one, four)
    if "pending" in parts:
        print(f"\n### With {_N_PENDING} experiments pending, {n_labs} labs\n")
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, mp_context=context) as executor:
            _print_pending(list(executor.map(pending, range(n_labs))))


def _simulated(
    n_labs: int,
    out: Path,
    jobs: int,
    *,
    budget: int,
    start: str = "literature",
    strategies: Sequence[str] = STRATEGIES,
    batch: int = 1,
) -> "SimulationResult":
    def tell(what: str, done: int, total: int) -> None:
        print(out.name, what, done, "of", total, file=sys.stderr, flush=True)

    return solid_state_campaign().simulate(
        LAB,
        labs=n_labs,
        budget=budget,
        batch=batch,
        start=start,
        strategies=strategies,
        out=out,
        jobs=jobs,
        progress=tell,
    )


def _print_result(result: "SimulationResult") -> None:
    """Print regret by experiment, and what each strategy did in all."""
    unit = result.unit or ""
    print(f"Median true regret (quartiles), {unit}:\n")
    print(table_header(("experiments",), result.strategies))
    regrets = {name: result.regrets(name) for name in result.strategies}
    for k in range(max(result.n_random, 1), result.budget + 1):
        print(table_line([str(k), *(_quartiles(regrets[name][:, k - 1]) for name in result.strategies)]))
    print(f"\n{table_header(('strategy',), ('truly feasible', 'labs won', 's an experiment'))}")
    for row in result.summary().itertuples():
        entries = [f"{row.feasible_share:.0%}", f"{row.wins:.1f}", f"{row.seconds_per_experiment:.1f}"]
        print(table_line([str(row.strategy), *entries]))


def _quartiles(values: np.ndarray) -> str:
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{median:.1f} ({low:.1f} to {high:.1f})"


def _print_batches(one: "SimulationResult", four: "SimulationResult") -> None:
    """Print regrets, and which share of the gain over random choice batches lose."""
    regrets = {
        "random": one.regrets(RANDOM),
        "one at a time": one.regrets(OURS),
        f"batches of {_BATCH}": four.regrets(OURS),
    }
    print(f"Median true regret (quartiles), {one.unit or ''}:\n")
    print(table_header(("experiments",), list(regrets)))
    for k in range(_BATCH, one.budget + 1, _BATCH):
        print(table_line([str(k), *(_quartiles(values[:, k - 1]) for values in regrets.values())]))
    random, sequential, batched = (values.mean(1) for values in regrets.values())
    gains = np.stack([random - sequential, random - batched])
    loss = 1 - gains[1].mean() / gains[0].mean()
    drawn = np.random.default_rng(0).integers(gains.shape[1], size=(_RESAMPLES, gains.shape[1]))
    resampled = 1 - gains[1][drawn].mean(1) / gains[0][drawn].mean(1)
    print(
        f"\nMean gain over random choice: {gains[0].mean():.1f} one at a time, {gains[1].mean():.1f} in "
        f"batches; loss {loss:.0%} ± {resampled.std(ddof=1):.0%}. Truly feasible: "
        f"{one.feasible_share(OURS):.0%} and {four.feasible_share(OURS):.0%}."
    )


def pending(number: int) -> dict[str, float]:
    """What is suggested in one lab while experiments are pending: counts, and shares of what is feasible."""
    campaign, lab = solid_state_campaign(), read_virtual_lab(LAB).draw(number)
    names = list(campaign.space.names)
    first = campaign.suggest(_N_RESULTS, seed=number).to_frame()[names]
    campaign.add(lab.measure(first, np.random.default_rng(number)))
    known = [experiment.executed for experiment in campaign.dataset().experiments]
    waiting = campaign.accept(campaign.suggest(_N_PENDING, seed=number))
    more = campaign.suggest(_N_MORE, seed=number + 1)
    new = [dict(s.parameters) for s in more if not s.replicates]
    waits = [dict(s.parameters) for s in waiting]
    frame = more.to_frame()[names]
    space = campaign.space
    return {
        "suggestions": len(more),
        "deliberate replicates": len(more) - len(new),
        "near twins of what is pending": sum(_has_twin(space, c, waits) for c in new),
        "near twins of what is known": sum(_has_twin(space, c, known) for c in new),
        "near twins of each other": sum(_has_twin(space, c, new[:i]) for i, c in enumerate(new)),
        "truly feasible": float(np.sum(truly_feasible(campaign.problem, frame, lab.truth(frame)))),
    }


def _has_twin(space: ParameterSpace, conditions: _Values, others: Iterable[_Values]) -> bool:
    return any(_is_twin(space, conditions, other) for other in others)


def _is_twin(space: ParameterSpace, first: _Values, second: _Values) -> bool:
    """Whether categories agree and numbers are at most one step apart; what nobody stated agrees never."""
    for parameter in space:
        a, b = first[parameter.name], second[parameter.name]
        if a == b:
            continue
        if isinstance(parameter, CategoricalParameter) or not (isinstance(a, float) and isinstance(b, float)):
            return False
        steps = parameter.index(np.array([a, b]))
        if abs(int(steps[0]) - int(steps[1])) > 1:
            return False
    return True


def _print_pending(counts: Sequence[Mapping[str, float]]) -> None:
    total = sum(count["suggestions"] for count in counts)
    print(table_header(("of the suggestions",), ("number", "share")))
    for name in counts[0]:
        number = sum(count[name] for count in counts)
        print(table_line([name, f"{number:.0f}", f"{number / total:.0%}"]))
