"""How long learning and forecasting take, beside BoTorch's own Gaussian process in the same run.

    python benchmarks/fit_time.py [--sizes 20 100 500 2000] [--repeats 3]

One response of six parameters, one of them a choice of four names; forecasts at 1000 places. Ovenbird's
default (all candidates, averaged and stacked) and one Gaussian process of it are each set against
`SingleTaskGP` with its usual fit. Ratios of medians: machines and their load differ.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms import Normalize, Standardize
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch import Tensor

from ovenbird.datasets import CategoricalParameter, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, default_surrogates
from ovenbird.models.encoding import Encoding, activity
from ovenbird.models.evidence import Evidence, Observation
from ovenbird.models.latent_surrogate import LatentSurrogate
from ovenbird.models.surrogate import Surrogate
from ovenbird.models.threads import one_thread

N_FORECASTS = 1000
Y = Response(name="y")
SPACE = ParameterSpace(
    (
        *(NumericParameter(name=f"x{i}", low=0, high=1, step=0.001) for i in range(5)),
        CategoricalParameter(name="route", values=("a", "b", "c", "d")),
    )
)


def table(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Codes and values of a smooth function with noise."""
    generator = np.random.default_rng(seed)
    x, route = generator.random((n, 5)).round(3), generator.integers(0, 4, n)
    y = (
        np.sin(4 * x[:, 0])
        + x[:, 1] * x[:, 2]
        + 0.5 * (route == 2) * x[:, 3]
        + 0.1 * generator.normal(size=n)
    )
    return torch.as_tensor(np.column_stack([x, route])), torch.as_tensor(y)


def ovenbird(
    recipe: Callable[[Evidence], Surrogate],
) -> Callable[[Tensor, Tensor, Tensor], tuple[float, float]]:
    """Seconds that a surrogate takes to learn, and to forecast medians and 90 % intervals."""

    def run(codes: Tensor, y: Tensor, new: Tensor) -> tuple[float, float]:
        started = time.perf_counter()
        observations = (
            Observation(
                experiment=f"E{i}", response="y", kind="value", codes=codes[i : i + 1], number=float(y[i])
            )
            for i in range(len(y))
        )
        evidence = Evidence(SPACE, tuple(observations))
        fitted = recipe(evidence).fit(evidence)
        learned = time.perf_counter()
        Beliefs(SPACE, {"y": Y}, (fitted,), evidence).forecast("y", new)
        return learned - started, time.perf_counter() - learned

    return run


def botorch(codes: Tensor, y: Tensor, new: Tensor) -> tuple[float, float]:
    """The same of BoTorch's Gaussian process, on one-hot categories."""
    encoding = Encoding(SPACE, SPACE.names)
    started = time.perf_counter()
    inputs = encoding.columns(codes, activity(SPACE, codes))
    transforms = {"input_transform": Normalize(inputs.shape[1]), "outcome_transform": Standardize(1)}
    model = SingleTaskGP(inputs, y[:, None], **transforms)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    learned = time.perf_counter()
    with torch.no_grad():
        posterior = model.posterior(encoding.columns(new, activity(SPACE, new)), observation_noise=True)
        _ = posterior.mean, posterior.variance
    return learned - started, time.perf_counter() - learned


RUNS = {
    "botorch": botorch,
    "one process": ovenbird(lambda evidence: LatentSurrogate(SPACE, (Y,))),
    "default": ovenbird(lambda evidence: default_surrogates(SPACE, {"y": Y}, {}, evidence)[0]),
}


def measure(sizes: Sequence[int], repeats: int) -> None:
    """Print one line a size: seconds, and ratios to BoTorch (below 1 is faster)."""
    print("| n | BoTorch fit, forecast s | one process / BoTorch | default / BoTorch |")
    print("| ---: | ---: | ---: | ---: |")
    for n in sizes:
        new, _ = table(N_FORECASTS, 999)
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in RUNS}
        for repeat in range(repeats):
            codes, y = table(n, repeat)
            for name, run in RUNS.items():
                times[name].append(run(codes, y, new))
        medians = {
            name: [statistics.median(t[part] for t in found) for part in (0, 1)]
            for name, found in times.items()
        }
        fit, forecast = medians["botorch"]
        ratios = [
            f"fit {medians[name][0] / fit:.2f}, forecast {medians[name][1] / forecast:.1f}"
            for name in ("one process", "default")
        ]
        print(f"| {n} | {fit:.2f}, {forecast:.3f} | {' | '.join(ratios)} |", flush=True)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 100, 500, 2000])
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for run in RUNS.values():  # imports and first calls are not what is measured
            run(*table(20, 0), table(20, 1)[0])
        measure(arguments.sizes, arguments.repeats)


if __name__ == "__main__":
    main()
