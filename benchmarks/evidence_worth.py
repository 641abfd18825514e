"""What each kind of evidence is worth: learned from and left out, on virtual labs whose truth is known.

    python benchmarks/evidence_worth.py [--seeds 12] [--sizes 6 12 24] [--kinds bounds chains] [--out FILE]

Every seed is another material (`simulated_lab.py`). For each kind of evidence the same records are learned
from with it ON and OFF; for sources there are two ways to be off. All are examined on 200 fresh random
conditions and on the choice of the best among 300 others. A gain is what ON has over OFF for the same seed,
and positive where ON is better; "better" is the share of seeds where it is, among those where they differ.

- density: mean log density given to fresh measurements of the capacity, in nats
- error: mean absolute error of the capacity, in percent of the best capacity of the material
- coverage: share of fresh measurements within their 90 % interval
- purity: mean log loss of fresh yes/no of the phase purity, in nats
- decision: true usable capacity (0 if impure or failed) of the candidate with the largest forecast of it
  (median, times the probabilities of being pure and of working), as percent of the best among the candidates

A material takes about a minute and a half, so the default run takes less than twenty.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.random import Generator
from simulated_lab import AREA, CAPACITY, CHARGE, PURE, VirtualLab, draw_lab, experiments
from torch import Tensor

from ovenbird.datasets import NOT_STATED, Comparison, Dataset, Experiment, QualifiedValue, Response
from ovenbird.models.beliefs import Beliefs, NumberForecast, YesNoForecast, learn
from ovenbird.models.encoding import codes_of_frame
from ovenbird.models.evidence import PROCESS_WORKS
from ovenbird.models.features import Arrhenius, Belief, Feature, PowerLaw

N_FRESH = 200
N_CANDIDATES = 300
N_CELLS = 2
_CALCINATION = ("route", "calcination_temperature", "hold_time")


@dataclass(frozen=True)
class Arm:
    """What is learned from, and what is declared of it."""

    dataset: Dataset
    responses: tuple[Response, ...]
    features: dict[str, Feature]


Arms = dict[str, Arm]  # 'on', and one or several ways to be off


@dataclass(frozen=True)
class Exam:
    """Conditions that no arm has seen.

    Attributes
    ----------
    fresh, candidates : Tensor, shape (n, n_parameters)
        Codes of the conditions examined, and of those to choose from.
    measured_mah_g, is_pure : ndarray, shape (n_fresh,)
        What the lab measured at the first.
    usable_mah_g : ndarray, shape (n_candidates,)
        Truth of the second.
    """

    fresh: Tensor
    measured_mah_g: np.ndarray
    is_pure: np.ndarray
    candidates: Tensor
    usable_mah_g: np.ndarray


def main() -> None:
    """Run the experiment, print the table, keep the rows."""
    parser = argparse.ArgumentParser(description="What each kind of evidence is worth.")
    parser.add_argument("--seeds", type=int, default=12, help="materials, counted from --first-seed")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--sizes", type=int, nargs="+", default=[6, 12, 24], help="experiments")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS), metavar="KIND")
    parser.add_argument("--out", type=Path, help="file for the rows of every seed, as CSV")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[dict[str, object]] = []
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        rows += rows_of_seed(seed, options.sizes, options.kinds)
        if options.out is not None:
            pd.DataFrame(rows).to_csv(options.out, index=False)
    print(table_of(pd.DataFrame(rows)))


def rows_of_seed(seed: int, sizes: Sequence[int], kinds: Sequence[str]) -> list[dict[str, object]]:
    """Scores of all arms of every kind and size on one material, one row an arm."""
    lab = draw_lab(np.random.default_rng([seed, 0]))
    exam = set_exam(lab, np.random.default_rng([seed, 1]))
    rows: list[dict[str, object]] = []
    for kind in kinds:
        for n in sizes:
            # A size and a kind have their own stream, so that choosing fewer of them changes none.
            generator = np.random.default_rng([seed, 2, n, list(KINDS).index(kind)])
            for name, arm in KINDS[kind](lab, n, generator).items():
                responses = {r.name: r for r in arm.responses}
                start = time.process_time()
                beliefs = learn(arm.dataset, lab.space, responses, arm.features, seed)
                seconds = time.process_time() - start
                scores = {**grade(beliefs, exam, lab.best_mah_g), "seconds": seconds}
                rows.append({"seed": seed, "kind": kind, "n": n, "arm": name, **scores})
    return rows


def set_exam(lab: VirtualLab, generator: Generator) -> Exam:
    """Draw fresh conditions and candidates; what fuses in the furnace has no capacity to ask for."""
    fresh = lab.working_conditions(N_FRESH, generator)
    results = lab.make(fresh, 1, generator)
    candidates = lab.random_conditions(N_CANDIDATES, generator)
    return Exam(
        codes_of_frame(lab.space, fresh),
        results.discharge_mah_g[:, 0],
        results.is_pure,
        codes_of_frame(lab.space, candidates),
        lab.truth(candidates).usable_mah_g,
    )


def grade(beliefs: Beliefs, exam: Exam, best_mah_g: float) -> dict[str, float]:
    """Scores of beliefs in an exam, as the head of this file explains them."""
    measured = torch.as_tensor(exam.measured_mah_g)
    forecast = beliefs.forecast(CAPACITY, exam.fresh)
    pure = beliefs.forecast(PURE, exam.fresh)
    assert isinstance(forecast, NumberForecast) and isinstance(pure, YesNoForecast)
    density = beliefs.log_density(CAPACITY, exam.fresh, measured)
    probability = pure.probability.numpy().clip(1e-6, 1 - 1e-6)
    given = np.where(exam.is_pure, probability, 1 - probability)
    within = (forecast.low <= measured) & (measured <= forecast.high)
    chosen = int(_expected_usable(beliefs, exam.candidates).argmax())
    return {
        "density": float(density.mean()),
        "worst_density": float(density.min()),
        "error": 100 * float((forecast.median - measured).abs().mean()) / best_mah_g,
        "coverage": 100 * float(within.double().mean()),
        "width": 100 * float((forecast.high - forecast.low).mean()) / best_mah_g,
        "purity": -float(np.log(given).mean()),
        "decision": 100 * float(exam.usable_mah_g[chosen] / exam.usable_mah_g.max()),
    }


def _expected_usable(beliefs: Beliefs, codes: Tensor) -> Tensor:
    capacity, pure = beliefs.forecast(CAPACITY, codes), beliefs.forecast(PURE, codes)
    assert isinstance(capacity, NumberForecast) and isinstance(pure, YesNoForecast)
    usable = capacity.median * pure.probability
    return usable * beliefs.probability_of_yes(PROCESS_WORKS, codes) if beliefs.knows_failures else usable


# What is declared


def features() -> dict[str, Feature]:
    """Physics that a chemist would declare; the constants are priors, not those of the lab."""
    return {
        "milling_dose": PowerLaw(
            name="milling_dose",
            exponents={"milling_speed": Belief(3.0, 0.6), "milling_time": Belief(1.0, 0.3)},
        ),
        "thermal_dose": Arrhenius(
            name="thermal_dose", temperature="calcination_temperature", time="hold_time"
        ),
    }


def purity() -> Response:
    """Phase purity, as a matter of the calcination only."""
    rising = ("calcination_temperature", "hold_time")
    return Response(name=PURE, kind="yes_no", depends_on=_CALCINATION, rises_with=rising)


def area() -> Response:
    """Surface area, declared to rise with the milling and to fall with the thermal dose."""
    return Response(
        name=AREA,
        unit="m2/g",
        plausible=(0.0, 500.0),
        rises_with=("milling_dose",),
        falls_with=("thermal_dose",),
    )


def capacity(lab: VirtualLab, name: str = CAPACITY) -> Response:
    """Capacity with its ceiling and with its noise, as known from other powders."""
    noise = round(lab.capacity_scatter_share(np.random.default_rng(0)), 3)
    return Response(name=name, unit="mAh/g", plausible=(0.0, lab.ceiling_mah_g), relative_noise=noise)


# What is recorded


def made(lab: VirtualLab, n: int, generator: Generator) -> list[Experiment]:
    """Records of n powders of random conditions."""
    frame = lab.random_conditions(n, generator)
    return experiments(lab, frame, lab.make(frame, N_CELLS, generator))


def lacking(experiment: Experiment, *responses: str) -> Experiment:
    """The same experiment without what was measured of some responses."""
    return replace(experiment, history=tuple(m for m in experiment.history if m.response not in responses))


# The kinds of evidence


def _by_records(lab: VirtualLab, **records: list[Experiment]) -> Arms:
    """Arms that differ in their records only."""
    declared = (purity(), replace(capacity(lab), rises_with=("milling_dose",)))
    return {name: Arm(Dataset(tuple(data)), declared, features()) for name, data in records.items()}


def _by_declaration(data: list[Experiment], on: tuple[Response, ...], off: tuple[Response, ...]) -> Arms:
    """Arms that differ in what is declared only."""
    dataset = Dataset(tuple(data))
    return {"on": Arm(dataset, on, features()), "off": Arm(dataset, off, features())}


def bounds(lab: VirtualLab, n: int, generator: Generator) -> Arms:
    """Two thirds of the cells ran on an instrument that ends at a limit: kept as '> limit', or dropped."""
    limit = float(np.quantile(lab.truth(lab.working_conditions(200, generator)).discharge_mah_g, 0.55))
    on, off = [], []
    for experiment in made(lab, n, generator):
        limited = {CAPACITY} if generator.random() < 2 / 3 else set()
        beyond = [m for m in experiment.measurements if m.response in limited and m.value.value > limit]
        below = tuple(m for m in experiment.measurements if m not in beyond)
        cut = tuple(replace(m, value=QualifiedValue(limit, ">")) for m in beyond[:1])
        on.append(replace(experiment, history=below + cut))
        off.append(replace(experiment, history=below))
    return _by_records(lab, on=on, off=off)


def comparisons(lab: VirtualLab, n: int, generator: Generator) -> Arms:
    """As many more powders have no number, only orderings by capacity: with one measured and one other."""
    measured = made(lab, n, generator)
    frame = lab.working_conditions(n, generator)
    results = lab.make(frame, 1, generator)
    seen = [lacking(e, PURE, AREA, CAPACITY, CHARGE) for e in experiments(lab, frame, results, "seen")]
    reading = {e.id: float(value) for e, value in zip(seen, results.discharge_mah_g[:, 0], strict=True)}
    names = list(reading)
    for experiment in measured:
        if values := [float(v.value) for v in experiment.values(CAPACITY)]:
            reading[experiment.id] = float(np.mean(values))
    known = [name for name in reading if name not in names] or names
    others = [*generator.choice(known, n), *np.roll(names, 1)]
    statements = []
    for a, b in zip(names * 2, map(str, others), strict=True):
        # Nobody states an ordering within the noise.
        if a != b and abs(np.log(reading[a] / reading[b])) > 0.05:
            better, worse = (a, b) if reading[a] > reading[b] else (b, a)
            statements.append(Comparison(better=better, worse=worse, response=CAPACITY))
    arms = _by_records(lab, on=measured + seen, off=measured + seen)
    told = Dataset(arms["on"].dataset.experiments, tuple(statements))
    return {**arms, "on": replace(arms["on"], dataset=told)}


def chains(lab: VirtualLab, n: int, generator: Generator) -> Arms:
    """All have a surface area, every third a capacity: declared `through` the surface area, or not."""
    data = made(lab, n, generator)
    few = [e if row % 3 == 0 else lacking(e, CAPACITY, CHARGE) for row, e in enumerate(data)]
    apart = (purity(), area(), capacity(lab))
    return _by_declaration(few, (purity(), area(), replace(capacity(lab), through=(AREA,))), apart)


def pairs(lab: VirtualLab, n: int, generator: Generator) -> Arms:
    """All have a charge, every third a discharge capacity: linked by what is computed from both, or not."""
    data = made(lab, n, generator)
    few = [e if row % 3 == 0 else lacking(e, CAPACITY) for row, e in enumerate(data)]
    apart = (purity(), capacity(lab, CHARGE), capacity(lab))
    usable = Response(name="usable_capacity", unit="mAh/g", smallest_of=(CHARGE, CAPACITY))
    return _by_declaration(few, (*apart, usable), apart)


def _literature(lab: VirtualLab, n: int, generator: Generator) -> list[Experiment]:
    """As many powders again from two other labs."""
    papers = []
    for name, size in (("paper A", n - n // 2), ("paper B", n // 2)):
        other = lab.elsewhere(generator)
        frame = lab.working_conditions(size, generator)
        papers += experiments(lab, frame, other.make(frame, 1, generator), name.replace(" ", "-"), name)
    return papers


def sources(lab: VirtualLab, n: int, generator: Generator) -> Arms:
    """Literature with its source named; taken for the lab's own; or left out."""
    own, papers = made(lab, n, generator), _literature(lab, n, generator)
    return _by_records(lab, on=own + papers, pooled=own + [replace(e, source="") for e in papers], none=own)


def unknown_inputs(lab: VirtualLab, n: int, generator: Generator) -> Arms:
    """Half of the records do not state the hold: kept as not stated, or dropped."""
    stated = made(lab, n, generator)
    silent = [replace(e, executed={**e.executed, "hold_time": NOT_STATED}) for e in stated[1::2]]
    return _by_records(lab, on=stated[0::2] + silent, off=stated[0::2])


def trends(lab: VirtualLab, n: int, generator: Generator) -> Arms:
    """What rises and falls with what: declared, or not."""
    declared = (purity(), area(), replace(capacity(lab), through=(AREA,)))
    silent = tuple(replace(r, rises_with=(), falls_with=()) for r in declared)
    return _by_declaration(made(lab, n, generator), declared, silent)


def physics(lab: VirtualLab, n: int, generator: Generator) -> Arms:
    """Trends declared of milling and thermal dose, or the same of the parameters that make them up."""
    chain = replace(capacity(lab), through=(AREA,))
    milling, calcination = ("milling_speed", "milling_time"), ("calcination_temperature", "hold_time")
    plain = replace(area(), rises_with=milling, falls_with=calcination)
    arms = _by_declaration(made(lab, n, generator), (purity(), area(), chain), (purity(), plain, chain))
    return {**arms, "off": replace(arms["off"], features={})}


KINDS: dict[str, Callable[[VirtualLab, int, Generator], Arms]] = {
    "bounds": bounds,
    "comparisons": comparisons,
    "chains": chains,
    "pairs": pairs,
    "sources": sources,
    "unknown-inputs": unknown_inputs,
    "trends": trends,
    "features": physics,
}


def table_of(rows: pd.DataFrame) -> str:
    """Paired gains of every kind and size as a Markdown table."""
    lines = [
        "| kind | n | density gain | better | error gain % | coverage % on (off) | purity gain | better "
        "| decision gain % | on % | better |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for (kind, n, arm), group in rows[rows["arm"] != "on"].groupby(["kind", "n", "arm"], sort=False):
        off = group.set_index("seed")
        same = (rows["kind"] == kind) & (rows["n"] == n)
        on = rows[same & (rows["arm"] == "on")].set_index("seed")
        lower_is_better = {name: off[name] - on[name] for name in ("error", "purity")}
        density, decision = (on[name] - off[name] for name in ("density", "decision"))
        cells = [
            f"{kind if arm == 'off' else f'{kind} ({arm})'} | {n}",
            f"{_mean(density, 2)} | {_share_better(density)}",
            _mean(lower_is_better["error"], 1),
            f"{on['coverage'].mean():.0f} ({off['coverage'].mean():.0f})",
            f"{_mean(lower_is_better['purity'], 3)} | {_share_better(lower_is_better['purity'])}",
            f"{_mean(decision, 1)} | {on['decision'].mean():.0f} | {_share_better(decision)}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _mean(gain: pd.Series, digits: int) -> str:
    error = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.nan
    return f"{gain.mean():+.{digits}f} ± {error:.{digits}f}"


def _share_better(gain: pd.Series) -> str:
    different = gain[gain.abs() > 1e-9]
    return f"{(different > 0).mean():.0%}" if len(different) else "–"


if __name__ == "__main__":
    main()
