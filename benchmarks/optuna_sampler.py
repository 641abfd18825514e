"""Ovenbird as an Optuna sampler on conditional test functions, against Optuna's own.

    python benchmarks/optuna_sampler.py [--seeds 10] [--trials 25]

Three define-by-run functions to be minimised, each with 0 as its smallest value:

- `machines`: which of three kinds of model, and then what that kind has to set, two levels deep.
- `layers`: one to three layers, each with a size and, if it is not the last, a dropout.
- `furnace`: two routes; milling brings a speed and a time with it; too much heat fails (an exception).

The table gives the median over seeds of the best value after some trials, how often a sampler ended with the
best value of all samplers on a seed (ties count for each), failed trials on average, and seconds a trial.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import Trial, TrialState

from ovenbird.campaigns.optuna_bridge import OvenbirdSampler

CHECKPOINTS = (10, 15, 25)


class OverheatedError(Exception):
    """The conditions cannot work."""


def machines(trial: Trial) -> float:
    """Kinds of model with parameters of their own."""
    kind = trial.suggest_categorical("kind", ["kernel", "forest", "constant"])
    if kind == "kernel":
        cost = trial.suggest_float("cost", 1e-3, 1e3, log=True)
        loss = 0.15 * (np.log10(cost) - 0.7) ** 2
        shape = trial.suggest_categorical("shape", ["radial", "polynomial"])
        if shape == "polynomial":
            return float(loss + 0.25 + 0.1 * abs(trial.suggest_int("degree", 2, 6) - 3))
        width = trial.suggest_float("width", 1e-3, 10, log=True)
        return float(loss + 0.1 * (np.log10(width) + 1.2) ** 2)
    if kind == "forest":
        depth = trial.suggest_int("depth", 2, 20)
        share = trial.suggest_float("share", 0.1, 1.0)
        return 0.2 + 0.003 * (depth - 9) ** 2 + 0.5 * (share - 0.4) ** 2
    return 1.0


def layers(trial: Trial) -> float:
    """A number of layers, each with parameters of its own."""
    n = trial.suggest_int("n_layers", 1, 3)
    loss = 0.3 * abs(n - 2)
    for i in range(n):
        units = trial.suggest_int(f"units_{i}", 8, 512, log=True)
        loss += 0.08 * (np.log2(units) - (7 - i)) ** 2
        if i < n - 1:
            loss += 0.8 * (trial.suggest_float(f"dropout_{i}", 0.0, 0.8) - 0.2) ** 2
    return float(loss)


def furnace(trial: Trial) -> float:
    """A synthesis whose best conditions lie beside those that fail."""
    route = trial.suggest_categorical("route", ["dry", "wet"])
    temperature = trial.suggest_int("temperature", 500, 1000, step=10)
    limit = 860 if route == "dry" else 760
    if temperature > limit:
        raise OverheatedError
    fired = ((temperature - limit + 20) / 100) ** 2
    if trial.suggest_categorical("milling", ["none", "ball"]) == "none":
        return 0.3 * fired + (0.6 if route == "dry" else 0.35)
    dose = np.log(
        (trial.suggest_int("speed", 200, 600, step=20) / 400) ** 3 * trial.suggest_float("hours", 0.5, 12)
    )
    return float(0.3 * fired + 0.25 * (dose - np.log(6.0)) ** 2 + (0.0 if route == "dry" else 0.45))


SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "Ovenbird": lambda seed: OvenbirdSampler(seed=seed),
    "TPE": lambda seed: TPESampler(seed=seed),
    "TPE, multivariate, group": lambda seed: TPESampler(seed=seed, multivariate=True, group=True),
    "random": lambda seed: RandomSampler(seed=seed),
}


@dataclass(frozen=True)
class Run:
    """Best value after each trial, shape (n_trials,), number of failed trials, and seconds a trial."""

    best: np.ndarray
    n_failed: int
    seconds: float


def run(function: Callable[[Trial], float], sampler: BaseSampler, n_trials: int) -> Run:
    """Minimise a function."""
    study = optuna.create_study(sampler=sampler)
    began = time.perf_counter()
    study.optimize(function, n_trials=n_trials, catch=(OverheatedError,))
    seconds = (time.perf_counter() - began) / n_trials
    values = [np.inf if t.value is None else t.value for t in study.trials]
    failed = sum(t.state is TrialState.FAIL for t in study.trials)
    return Run(np.minimum.accumulate(values), failed, seconds)


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="Ovenbird as an Optuna sampler.")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=CHECKPOINTS[-1])
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # of TPE's groups
    after = [n for n in CHECKPOINTS if n < options.trials] + [options.trials]
    print(
        "| function | sampler |",
        " | ".join(f"after {n}" for n in after),
        "| best of all | failed | s a trial |",
    )
    print("| --- | --- |" + " ---: |" * (len(after) + 3))
    for function in (machines, layers, furnace):
        runs = {
            name: [run(function, sampler(seed), options.trials) for seed in range(options.seeds)]
            for name, sampler in SAMPLERS.items()
        }
        last = {name: np.array([r.best[-1] for r in found]) for name, found in runs.items()}
        winner = np.min(list(last.values()), axis=0)
        for name, found in runs.items():
            medians = [f"{np.median([r.best[n - 1] for r in found]):.3f}" for n in after]
            wins = int(np.sum(last[name] <= winner + 1e-9))
            failed, seconds = np.mean([r.n_failed for r in found]), np.mean([r.seconds for r in found])
            print(
                f"| {function.__name__} | {name} |",
                " | ".join(medians),
                f"| {wins} of {options.seeds} | {failed:.1f} | {seconds:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
