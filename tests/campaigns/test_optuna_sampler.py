"""Ovenbird as the sampler of Optuna studies."""

import copy
import math
import pickle
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import Trial, TrialState

from ovenbird.campaigns.optuna_bridge import OvenbirdSampler
from ovenbird.campaigns.optuna_bridge.trial_records import problem_of
from ovenbird.datasets import InputError, NumericParameter, ParameterSpace


@pytest.fixture(autouse=True)
def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def branches(trial: Trial) -> float:
    """Smallest, 0, in the second branch at x = 2."""
    if trial.suggest_categorical("branch", ["a", "b"]) == "a":
        return 1.0 + trial.suggest_float("u", 0, 1, step=0.1)
    x = trial.suggest_int("x", -10, 10)
    return min((x - 2) ** 2 / 10, 5.0)


def study_of(sampler: OvenbirdSampler, **more: Any) -> optuna.Study:
    return optuna.create_study(sampler=sampler, **more)


def test_it_finds_the_bottom_of_a_branch() -> None:
    study = study_of(OvenbirdSampler(seed=0))
    study.optimize(branches, n_trials=12)
    assert study.best_params["branch"] == "b"
    assert study.best_value < 0.15


def test_parameters_of_other_branches_are_never_asked_for() -> None:
    study = study_of(OvenbirdSampler(seed=1))
    study.optimize(branches, n_trials=7)
    assert all(set(t.params) == {"branch", "u" if t.params["branch"] == "a" else "x"} for t in study.trials)
    assert {t.params["branch"] for t in study.trials[:4]} == {"a", "b"}, "each branch is seen at once"


def test_same_seed_same_study_also_in_another_storage_and_after_a_pause(tmp_path: Path) -> None:
    once = study_of(OvenbirdSampler(seed=3))
    once.optimize(branches, n_trials=7)
    url = f"sqlite:///{tmp_path / 'study.db'}"
    study_of(OvenbirdSampler(seed=3), storage=url, study_name="s").optimize(branches, n_trials=5)
    optuna.load_study(study_name="s", storage=url, sampler=OvenbirdSampler(seed=3)).optimize(
        branches, n_trials=2
    )
    again = optuna.load_study(study_name="s", storage=url)
    assert [t.params for t in again.trials] == [t.params for t in once.trials]
    other = study_of(OvenbirdSampler(seed=4))
    other.optimize(branches, n_trials=3)
    assert [t.params for t in other.trials] != [t.params for t in once.trials[:3]]


def test_pending_trials_are_not_suggested_again() -> None:
    study = study_of(OvenbirdSampler(seed=0))
    study.optimize(lambda trial: (trial.suggest_int("x", 0, 20) - 7) ** 2, n_trials=6)
    asked = [study.ask() for _ in range(5)]
    new = [trial.suggest_int("x", 0, 20) for trial in asked]
    assert len(set(new)) == 5
    known = {t.params["x"] for t in study.trials if t.state is TrialState.COMPLETE}
    assert not known & set(new)
    for trial, x in zip(asked, new, strict=True):
        study.tell(trial, (x - 7) ** 2)
    assert len(study.get_trials(states=[TrialState.COMPLETE])) == 11


def test_a_running_trial_counts_with_what_it_will_ask_for() -> None:
    """Its values are pending as soon as they are suggested, before the objective has asked for all."""
    study = study_of(OvenbirdSampler(seed=0))

    def plane(trial: Trial) -> float:
        return abs(trial.suggest_int("x", 0, 3) - 1) + abs(trial.suggest_int("y", 0, 3) - 2)

    study.optimize(plane, n_trials=6)
    known = {(t.params["x"], t.params["y"]) for t in study.trials}
    asked = [study.ask() for _ in range(4)]
    first = [trial.suggest_int("x", 0, 3) for trial in asked]
    pairs = {(x, trial.suggest_int("y", 0, 3)) for x, trial in zip(first, asked, strict=True)}
    assert len(pairs) == 4 and not pairs & known


def test_threads_work() -> None:
    study = study_of(OvenbirdSampler(seed=0))
    study.optimize(lambda trial: (trial.suggest_int("x", 0, 40) - 17) ** 2, n_trials=10, n_jobs=2)
    assert len({t.params["x"] for t in study.trials}) == 10


def test_failures_are_avoided() -> None:
    def half(trial: Trial) -> float:
        x = trial.suggest_float("x", 0, 1, step=0.02)
        if x > 0.5:
            raise ArithmeticError
        return -x

    study = study_of(OvenbirdSampler(seed=0, n_startup_trials=4))
    study.optimize(half, n_trials=12, catch=(ArithmeticError,))
    # Values rise towards what fails: who learns nothing from failures makes all of them there.
    assert sum(t.state is TrialState.FAIL for t in study.trials[4:]) <= 4
    assert study.best_params["x"] > 0.4


def test_pruned_trials_and_values_that_are_not_finite_do_no_harm() -> None:
    def odd(trial: Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        if trial.number % 4 == 1:
            trial.report(x, 0)
            raise optuna.TrialPruned
        return math.inf if trial.number % 4 == 2 else (x - 0.3) ** 2

    study = study_of(OvenbirdSampler(seed=0))
    study.optimize(odd, n_trials=9)
    assert len(study.trials) == 9
    assert study.best_value < 0.1


@pytest.mark.parametrize("how", ["constraints_func", "set_constraint"])
def test_constraints_hold(how: str) -> None:
    def objective(trial: Trial) -> float:
        x = trial.suggest_float("x", 0, 1, step=0.02)
        if how == "set_constraint":
            trial.set_constraint("upper", x - 0.6)
        return x

    given = (lambda trial: [trial.params["x"] - 0.6]) if how == "constraints_func" else None
    study = study_of(OvenbirdSampler(seed=0, constraints_func=given), direction="maximize")
    study.optimize(objective, n_trials=10)
    best = study.best_trial
    assert 0.5 < best.params["x"] <= 0.6
    assert len(best.constraints) == 1
    # Without constraints all later trials would lie at 1.
    assert sum(t.params["x"] <= 0.65 for t in study.trials[6:]) >= 3


@pytest.mark.slow
def test_several_directions_give_a_front() -> None:
    study = study_of(OvenbirdSampler(seed=0), directions=["minimize", "maximize"])

    def two(trial: Trial) -> tuple[float, float]:
        x, y = (trial.suggest_float(name, 0, 1, step=0.1) for name in "xy")
        return x + (y - 0.5) ** 2, x - (y - 0.5) ** 2

    study.optimize(two, n_trials=11)
    # The front is y = 0.5, for every x.
    front = [t for t in study.best_trials if abs(t.params["y"] - 0.5) < 0.15]
    assert len(front) >= 3
    assert max(t.params["x"] for t in front) - min(t.params["x"] for t in front) > 0.4


def test_too_many_directions_are_refused_in_a_sentence() -> None:
    space = ParameterSpace((NumericParameter(name="x", low=0, high=1),))
    with pytest.raises(InputError, match="at most 4 objectives"):
        problem_of(space, [optuna.study.StudyDirection.MINIMIZE] * 5, [])


def test_what_a_failed_trial_did_not_ask_for_is_not_suggested_again() -> None:
    def fails_early(trial: Trial) -> float:
        if trial.suggest_categorical("kind", ["good", "bad"]) == "bad":
            raise ArithmeticError
        return float(trial.suggest_int("x", 0, 5))

    study = study_of(OvenbirdSampler(seed=0))
    study.optimize(fails_early, n_trials=7, catch=(ArithmeticError,))
    assert sum(t.state is TrialState.FAIL for t in study.trials) <= 3
    good = [t.params["x"] for t in study.trials if t.state is TrialState.COMPLETE]
    assert len(set(good)) >= 4


def test_enqueued_values_are_obeyed() -> None:
    study = study_of(OvenbirdSampler(seed=0))
    study.optimize(branches, n_trials=4)
    study.enqueue_trial({"branch": "b", "x": 3})
    study.optimize(branches, n_trials=1)
    assert study.trials[-1].params == {"branch": "b", "x": 3}


def test_a_small_space_may_be_used_up() -> None:
    study = study_of(OvenbirdSampler(seed=0))
    study.optimize(lambda trial: float(trial.suggest_int("x", 0, 6)), n_trials=9)
    assert {t.params["x"] for t in study.trials} == set(range(7))


def test_what_comes_and_goes_for_no_reason_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    def hidden(trial: Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        return trial.suggest_float("above", 0, 1) if x > 0.5 else x

    optuna.logging.enable_propagation()
    try:
        study_of(OvenbirdSampler(seed=0)).optimize(hidden, n_trials=8)
    finally:
        optuna.logging.disable_propagation()
    said = [r.message for r in caplog.records if "comes and goes" in r.message]
    assert len(said) == 1 and "'above'" in said[0]


@pytest.mark.parametrize("words", [{"seed": -1}, {"seed": "a"}, {"n_startup_trials": 1.5}])
def test_settings_are_checked(words: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        OvenbirdSampler(**words)


def test_a_constraints_function_must_give_numbers() -> None:
    study = study_of(OvenbirdSampler(seed=0, constraints_func=lambda trial: [float("nan")]))
    with pytest.raises(InputError, match="constraints_func must return"):
        study.optimize(branches, n_trials=1)


def test_copies_suggest_the_same() -> None:
    sampler = OvenbirdSampler(seed=5)
    studies = [study_of(s) for s in (sampler, copy.deepcopy(sampler), pickle.loads(pickle.dumps(sampler)))]
    for study in studies:
        study.optimize(branches, n_trials=3)
    first, *others = [[t.params for t in study.trials] for study in studies]
    assert all(other == first for other in others)
