"""Tree ensembles by name: how one member is built, and how its few settings that matter are tuned."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from optuna import Trial

ENOUGH_TO_TUNE = 50  # values: below, folds of a fifth rank settings by chance, and the defaults are robust
_N_TRIALS = 20
_N_FOLDS = 5

Settings = Mapping[str, float]

# Members are averaged, so each may follow its own bootstrap sample closely.
_DEFAULTS: dict[str, dict[str, float]] = {
    "extra_trees": {"min_samples_leaf": 1, "max_features": 1.0},
    "random_forest": {"min_samples_leaf": 1, "max_features": 0.7},
    "gradient_boosting": {"learning_rate": 0.2, "max_depth": 3, "min_samples_leaf": 2},
}
_FIXED: dict[str, dict[str, Any]] = {"gradient_boosting": {"n_estimators": 20}}
KINDS = tuple(_DEFAULTS)
# Members of a bag: boosting takes some twenty trees a member, and half as many members for that.
N_MEMBERS = {"extra_trees": 100, "random_forest": 100, "gradient_boosting": 50}
_N_TUNING_MEMBERS = {"extra_trees": 25, "random_forest": 25, "gradient_boosting": 4}


class Estimator(Protocol):
    """What learns from rows of inputs and outcomes, as those of scikit-learn do."""

    def fit(self, X: Any, y: Any) -> Any:
        """Learn outcomes y, shape (n,), from inputs X, shape (n, n_columns)."""
        ...

    def predict(self, X: Any) -> Any:
        """Outcomes at inputs X."""
        ...


def built(kind: str, settings: Settings, seed: int) -> Estimator:
    """One member of an ensemble, not yet fitted; settings not given are the defaults."""
    from sklearn.ensemble import GradientBoostingRegressor
    from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

    makers: dict[str, Any] = {
        "extra_trees": ExtraTreeRegressor,
        "random_forest": DecisionTreeRegressor,
        "gradient_boosting": GradientBoostingRegressor,
    }
    return makers[kind](**_DEFAULTS[kind], random_state=seed, **_FIXED.get(kind, {})).set_params(**settings)


def tuned(
    kind: str,
    X: np.ndarray,
    y: np.ndarray,
    seconds: float,
    seed: int,
    groups: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> dict[str, float]:
    """Settings of least squared error in grouped cross-validation, found by Optuna's TPE.

    The number of trials is fixed and the first one tries the defaults, so equal data and seeds give
    equal settings. `seconds` only caps them: where it cuts the search short, the outcome depends on the
    speed of the machine. The error is that of a bootstrap ensemble, as the settings will be used; of
    answers 0 and 1 it is the Brier score.

    Parameters
    ----------
    kind
        One of `KINDS`.
    X : ndarray, shape (n, n_columns)
        Inputs.
    y : ndarray, shape (n,)
        Outcomes; 0 and 1 for no and yes.
    seconds
        Time after which no new trial begins.
    seed
        Of folds, bootstrap and sampler.
    groups : ndarray of int, shape (n,)
        Experiments; rows of one are never on both sides of a fold. None: every row by itself.
    weights : ndarray, shape (n,)
        Of the rows; None: all alike.

    Returns
    -------
    dict
        Settings for `built`.
    """
    import optuna

    groups = np.arange(len(y)) if groups is None else np.unique(groups, return_inverse=True)[1]
    weights = np.ones(len(y)) if weights is None else weights

    def error(trial: "Trial") -> float:
        return _error(kind, _suggested(trial, kind), X.astype(np.float32), y, groups, weights, seed)

    with _quiet_optuna():
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
        study.enqueue_trial(_DEFAULTS[kind])
        study.optimize(error, n_trials=_N_TRIALS, timeout=seconds, show_progress_bar=False)
    done = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    return dict(study.best_params if done else _DEFAULTS[kind])


def _suggested(trial: "Trial", kind: str) -> dict[str, float]:
    if kind == "gradient_boosting":
        return {
            "learning_rate": trial.suggest_float("learning_rate", 0.05, 0.5, log=True),
            "max_depth": trial.suggest_int("max_depth", 1, 5),
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 10),
        }
    return {
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 10, log=True),
        "max_features": trial.suggest_float("max_features", 0.2, 1.0),
    }


def _error(
    kind: str,
    settings: Settings,
    X: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    seed: int,
) -> float:
    """Weighted mean squared error of rows whose fold the ensemble did not see.

    Folds and bootstrap are those of the seed, the same for all settings, so that differences are theirs.
    """
    generator = np.random.default_rng(seed)
    # Trees of few rows spend more time on checking them than on learning.
    unchecked = {} if kind == "gradient_boosting" else {"check_input": False}
    n_groups, n_members = int(groups.max()) + 1, _N_TUNING_MEMBERS[kind]
    fold = generator.permutation(n_groups) % _N_FOLDS
    total = 0.0
    for left_out in range(_N_FOLDS):
        shown, hidden = fold != left_out, fold[groups] == left_out
        if not shown.any() or not hidden.any():
            continue
        forecast = np.zeros(hidden.sum())
        counts = generator.multinomial(shown.sum(), shown / shown.sum(), size=n_members)
        for count, number in zip(counts, generator.integers(2**31, size=n_members), strict=True):
            used = count[groups] > 0
            member: Any = built(kind, settings, int(number))
            member.fit(X[used], y[used], sample_weight=(count[groups] * weights)[used], **unchecked)
            forecast += member.predict(X[hidden], **unchecked) / n_members
        total += float(weights[hidden] @ (y[hidden] - forecast) ** 2)
    return total / float(weights.sum())


@contextmanager
def _quiet_optuna() -> Iterator[None]:
    """Silence Optuna's log of trials, and leave its verbosity as it was."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
