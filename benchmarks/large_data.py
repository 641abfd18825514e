"""What very many experiments cost, and what inducing points lose: time, error and coverage.

    python benchmarks/large_data.py [--quick] [--end-to-end]

Made-up experiments of a known function of 8 numbers and 2 categories, with noise of 11 % of its spread. For
n of them the script fits hyperparameters once and then compares, at those, the exact posterior (where that
is affordable), the one through m inducing points, and the exact one of a random 1000 of the n. Errors are
those of the median at 2000 fresh conditions, as shares of the spread of the function; coverage is that of
90 % intervals of fresh noisy values. For yes/no ("is it above its median?", measured with the same noise)
the error is the root of the Brier score. Seconds are of one processor, so that they do not depend on who
shares it. With --end-to-end it also times `learn` and `propose` on values, bounds, comparisons and yes/no.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Literal, TypeVar

import numpy as np
import torch

from ovenbird.datasets import (
    CategoricalParameter,
    Comparison,
    Dataset,
    Experiment,
    Measurement,
    NumericParameter,
    ParameterSpace,
    QualifiedValue,
    Response,
    Status,
)
from ovenbird.models.beliefs import learn
from ovenbird.models.encoding import Encoding, conditions_of_codes
from ovenbird.models.evidence import gather_evidence
from ovenbird.models.inducing_model import InducingModel
from ovenbird.models.latent_model import LatentModel, fit_hyperparameters
from ovenbird.models.latent_prior import LatentPrior
from ovenbird.models.observed_terms import evidence_terms
from ovenbird.models.output_prior import NUMBER, YES_NO, OutputPrior
from ovenbird.models.output_scale import OutputScale, output_scale
from ovenbird.models.threads import one_thread
from ovenbird.planner.goal import Goal
from ovenbird.planner.limits import YesNoLimit
from ovenbird.planner.problem import Problem
from ovenbird.planner.propose import propose

NUMBERS = (1000, 2000, 5000, 20000)
INDUCING = (300, 600, 1000)
MOST_EXACT = {"value": 5000, "yes_no": 2000}  # beyond, exact inference takes longer than anybody waits
SUBSET = 1000
N_FRESH = 2000
NOISE = 0.75  # the spread of the function is about 7
MEDIAN = 18.0

Kind = Literal["value", "yes_no"]
Codes = torch.Tensor
T = TypeVar("T")

SPACE = ParameterSpace(
    (
        *(NumericParameter(name=f"x{i}", low=0, high=1, step=0.01) for i in range(8)),
        CategoricalParameter(name="route", values=("solid", "solution", "melt")),
        CategoricalParameter(name="gas", values=("air", "argon")),
    )
)
NUMERIC = Response(name="y")
ANSWER = Response(name="high", kind="yes_no")


def random_codes(n: int, generator: np.random.Generator) -> Codes:
    """Conditions on the grid, all equally likely."""
    columns = [generator.integers(0, p.n_settings, n) for p in SPACE]
    scale = np.array([0.01] * 8 + [1.0, 1.0])
    return torch.as_tensor(np.column_stack(columns) * scale)


def truth(codes: Codes) -> torch.Tensor:
    """The function of Friedman (Annals of Statistics 19 (1991) 1), with categories and three more numbers."""
    x, route, gas = codes[:, :8].T, codes[:, 8], codes[:, 9]
    total = 10 * torch.sin(torch.pi * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4]
    total = total + 4 * torch.sin(4 * x[5] + route)
    return total + 6 * torch.exp(-8 * ((x[6] - 0.3) ** 2 + (x[0] - 0.6) ** 2)) * (1 + gas) + 3 * x[7] * gas


def noisy(codes: Codes, generator: np.random.Generator) -> torch.Tensor:
    """What is measured."""
    return truth(codes) + NOISE * torch.as_tensor(generator.standard_normal(len(codes)))


def made_up(n: int, generator: np.random.Generator, *, mixed: bool) -> Dataset:
    """Experiments with a value and an answer; if mixed also bounds, missing values and comparisons."""
    codes = random_codes(n, generator)
    values = noisy(codes, generator).tolist()
    experiments = []
    for i, (conditions, value) in enumerate(zip(conditions_of_codes(SPACE, codes), values, strict=True)):
        measured = QualifiedValue(value)
        if mixed and i % 10 == 0:
            measured = QualifiedValue(value - 1, ">")
        history = [Measurement(response="high", value=QualifiedValue(value > MEDIAN))]
        if not mixed or i % 7:
            history.append(Measurement(response="y", value=measured))
        experiments.append(
            Experiment(
                id=f"E{i}",
                status=Status.MEASURED,
                planned=conditions,
                executed=conditions,
                history=tuple(history),
            )
        )
    pairs = generator.integers(0, n, (n // 20 if mixed else 0, 2)).tolist()
    larger = [(a, b) if values[a] > values[b] else (b, a) for a, b in pairs if a != b]
    comparisons = [Comparison(better=f"E{a}", worse=f"E{b}", response="y") for a, b in larger]
    return Dataset(tuple(experiments), tuple(comparisons))


def seconds(work: Callable[[], T]) -> tuple[T, float]:
    """What the work gives, and the processor time it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def compare(n: int, kind: Kind) -> Iterator[str]:
    """Rows of the table for one n."""
    response = NUMERIC if kind == "value" else ANSWER
    dataset = made_up(n, np.random.default_rng(1), mixed=False)
    strengths, is_number = (NUMBER, True) if kind == "value" else (YES_NO, False)
    encoding = Encoding(SPACE, SPACE.names)
    prior = LatentPrior(
        SPACE, [OutputPrior(response.name, encoding, strengths=strengths, learns_noise=is_number)]
    )
    evidence, gathering = seconds(lambda: gather_evidence(dataset, SPACE, {response.name: response}))
    scale = output_scale(response, evidence.values("y")) if is_number else None
    terms, building = seconds(lambda: evidence_terms(evidence, prior, [response], {response.name: scale}))
    theta, searching = seconds(lambda: fit_hyperparameters(prior, terms))
    prepared = f"{gathering + building:.1f} | {searching:.1f}"
    some = terms.subset(torch.as_tensor(np.random.default_rng(2).permutation(n)[:SUBSET]))
    methods: dict[str, Callable[[], LatentModel]] = {
        f"{m} inducing points": partial(InducingModel, prior, theta, terms, most=m) for m in INDUCING
    }
    if n > SUBSET:
        methods[f"exact, {SUBSET} of them"] = partial(LatentModel, prior, theta, some)
    if n <= MOST_EXACT[kind]:
        methods["exact"] = partial(LatentModel, prior, theta, terms)
    for name, fit in methods.items():
        yield f"| {kind} | {n} | {name} | {prepared} | {_scored(fit, scale)} |"


def _scored(fit: Callable[[], LatentModel], scale: OutputScale | None) -> str:
    """Seconds and accuracy of one method, as cells of the table."""
    model, fitting = seconds(fit)
    generator = np.random.default_rng(3)
    codes = random_codes(N_FRESH, generator)
    fresh, expected = noisy(codes, generator), truth(codes)
    with torch.no_grad():
        (mean, variance), forecasting = seconds(lambda: model.marginals(codes))
    mean, variance = mean[:, 0], variance[:, 0]
    times = f"{fitting:.1f} | {forecasting:.2f}"
    if scale is None:
        probability = torch.special.ndtr(mean / (1 + variance).sqrt())
        answers = (fresh > MEDIAN).to(torch.float64)
        return f"{times} | {float(((probability - answers) ** 2).mean().sqrt()):.3f} | "
    sd = (variance + model.prior.noise_sd(model.theta, 0) ** 2).sqrt()
    error = (scale.to_values(mean) - expected) / expected.std()
    inside = (scale.to_latent(fresh) - mean).abs() < 1.645 * sd
    coverage = 100 * float(inside.to(torch.float64).mean())
    return f"{times} | {float((error**2).mean().sqrt()):.3f} | {coverage:.0f} %"


def end_to_end(n: int) -> dict[str, float]:
    """Seconds of `learn` and `propose`, and peak memory in MB, on all kinds of evidence."""
    dataset = made_up(n, np.random.default_rng(1), mixed=True)
    responses = {r.name: r for r in (NUMERIC, ANSWER)}
    beliefs, learning = seconds(lambda: learn(dataset, SPACE, responses, {}))
    problem = Problem(
        space=SPACE,
        responses=responses,
        goal=Goal.single("y", "maximise"),
        limits=(YesNoLimit(response="high", side="at_least", probability=0.8),),
    )
    _, proposing = seconds(lambda: propose(problem, dataset, beliefs, 4, 0))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"learn": learning, "propose": proposing, "peak": peak}


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description="What very many experiments cost.")
    parser.add_argument("--quick", action="store_true", help="n = 1000 and 2000 only")
    parser.add_argument("--end-to-end", action="store_true", help="learn and propose only")
    parser.add_argument("--one", type=int, metavar="N", help=argparse.SUPPRESS)
    options = parser.parse_args()
    numbers = NUMBERS[:2] if options.quick else NUMBERS
    with one_thread():
        if options.one:
            print(json.dumps(end_to_end(options.one)))
            return
        if not options.end_to_end:
            print("| kind | n | posterior | evidence s | search s | fit s | forecast s | error | coverage |")
            print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
            kinds: tuple[Kind, ...] = ("value", "yes_no")
            for n, kind in product(numbers, kinds):
                for row in compare(n, kind):
                    print(row, flush=True)
            print()
    print("| n | learn s | propose 4, s | peak MB |")
    print("| ---: | ---: | ---: | ---: |")
    for n in numbers:
        command = [sys.executable, __file__, "--one", str(n)]
        figures = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        print(
            f"| {n} | {figures['learn']:.0f} | {figures['propose']:.0f} | {figures['peak']:.0f} |", flush=True
        )


if __name__ == "__main__":
    main()
