"""Tuning: what it finds is better where it was not looked for, and is found again."""

import ast
import inspect

import numpy as np
import optuna
import pytest

from ovenbird.models import bootstrap_rows, ensemble_samples, out_of_bag, sklearn_surrogate, tuning
from ovenbird.models.tuning import KINDS, built, tuned

LONG = 1000.0  # seconds: no search is cut short


def noisy(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    X = generator.random((n, 3))
    return X, X[:, 0] + 2.0 * generator.standard_normal(n)


def error_of(kind: str, settings: dict[str, float], X: np.ndarray, y: np.ndarray) -> float:
    """Mean squared error, against the truth, of plain bootstrap averages."""
    generator, test = np.random.default_rng(0), np.random.default_rng(1).random((400, 3))
    forecast = np.zeros(400)
    for seed in range(40):
        rows = generator.integers(len(X), size=len(X))
        forecast += np.asarray(built(kind, settings, seed).fit(X[rows], y[rows]).predict(test)) / 40
    return float(np.mean((forecast - test[:, 0]) ** 2))


def test_noise_is_met_with_coarser_members() -> None:
    X, y = noisy(60, 0)
    settings = tuned("extra_trees", X, y, LONG, 0)
    assert settings["min_samples_leaf"] >= 4
    assert error_of("extra_trees", settings, X, y) < 0.7 * error_of("extra_trees", {}, X, y)


def test_rows_of_one_experiment_are_not_on_both_sides() -> None:
    """Noise told three times looks like a law to whoever was shown one of the three."""
    X, y = (np.repeat(x, 3, axis=0) for x in noisy(40, 0))
    groups = np.repeat(np.arange(40), 3) + 70
    together = tuned("random_forest", X, y, LONG, 0, groups)
    apart = tuned("random_forest", X, y, LONG, 0)
    assert apart["min_samples_leaf"] <= 2
    assert together["min_samples_leaf"] > 2 * apart["min_samples_leaf"]


@pytest.mark.parametrize("kind", KINDS)
def test_equal_seeds_give_equal_settings_within_their_limits(
    kind: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ovenbird.models.tuning._N_TRIALS", 6)
    X, y = noisy(50, 2)
    before = optuna.logging.get_verbosity()
    first = tuned(kind, X, y, LONG, 7)
    assert first == tuned(kind, X, y, LONG, 7)
    built(kind, first, 0).fit(X, y)
    assert optuna.logging.get_verbosity() == before
    out, err = capfd.readouterr()
    assert out == err == ""


def test_without_time_the_defaults_stay() -> None:
    X, y = noisy(50, 2)
    assert tuned("extra_trees", X, y, 0.0, 0) == {"min_samples_leaf": 1, "max_features": 1.0}


def test_importing_surrogates_loads_neither_scikit_learn_nor_optuna() -> None:
    for module in (bootstrap_rows, ensemble_samples, out_of_bag, sklearn_surrogate, tuning):
        top = ast.parse(inspect.getsource(module)).body
        loaded = {n.module for n in top if isinstance(n, ast.ImportFrom)}
        loaded |= {alias.name for n in top if isinstance(n, ast.Import) for alias in n.names}
        assert not {name for name in loaded if name and name.split(".")[0] in ("sklearn", "optuna")}
