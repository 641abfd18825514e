"""What define-by-run trials show of their search space."""

from collections.abc import Callable
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.samplers import RandomSampler
from optuna.trial import Trial, TrialState

from ovenbird.campaigns.optuna_bridge.inferred_space import InferredSpace, infer_space
from ovenbird.campaigns.optuna_bridge.trial_records import conditions_of, dataset_of
from ovenbird.datasets import NOT_STATED, CategoricalParameter, InputError, NumericParameter

Objective = Callable[[Trial], float]


@pytest.fixture(autouse=True)
def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def inferred(objective: Objective, n: int = 60, seed: int = 0) -> tuple[InferredSpace, optuna.Study]:
    study = optuna.create_study(sampler=RandomSampler(seed=seed))
    study.optimize(objective, n_trials=n, catch=(ArithmeticError,))
    return infer_space(study.trials), study


def conditions(space: InferredSpace) -> dict[str, dict[str, list[Any]]]:
    """Parents and their values in Optuna's words."""
    return {
        name: {
            parent: [space.to_outer(parent, f"c{position}") for position in positions]
            for parent, positions in parents.items()
        }
        for name, parents in space.when.items()
    }


def machine(trial: Trial) -> float:
    total = trial.suggest_float("noise", 0, 1)
    if trial.suggest_categorical("model", ["svm", "forest", "none"]) == "svm":
        total += trial.suggest_float("C", 1e-3, 1e3, log=True)
        if trial.suggest_categorical("kernel", ["rbf", "poly"]) == "poly":
            total += trial.suggest_int("degree", 2, 5)
    return total


def test_nested_conditions_are_found() -> None:
    space, _ = inferred(machine)
    assert conditions(space) == {
        "C": {"model": ["svm"]},
        "kernel": {"model": ["svm"]},
        "degree": {"kernel": ["poly"]},
    }
    assert space.unexplained == ()


def test_two_conditions_at_once_are_found() -> None:
    def both(trial: Trial) -> float:
        a, b = trial.suggest_categorical("a", [1, 2]), trial.suggest_categorical("b", [True, False])
        return trial.suggest_float("x", 0, 1) if a == 2 and b else 0.0

    assert conditions(inferred(both)[0]) == {"x": {"a": [2], "b": [True]}}


def test_a_whole_number_may_say_what_exists() -> None:
    def layers(trial: Trial) -> float:
        n = trial.suggest_int("n_layers", 1, 3)
        return sum(trial.suggest_int(f"units_{i}", 8, 64, step=8) for i in range(n))

    space, study = inferred(layers)
    assert conditions(space) == {"units_1": {"n_layers": [2, 3]}, "units_2": {"n_layers": [3]}}
    assert space.space is not None
    number = space.space.by_name[space.names["n_layers"]]
    # It stays a number for the surrogates: 1 is nearer to 2 than to 3.
    assert isinstance(number, CategoricalParameter)
    assert [number.descriptors[v]["number"] for v in number.values] == [1.0, 2.0, 3.0]
    assert {space.to_outer("n_layers", space.to_inner("n_layers", n)) for n in (1, 2, 3)} == {1, 2, 3}
    data = dataset_of(space, study.trials, {})
    assert len(data) == len(study.trials)
    assert not any(value is NOT_STATED for e in data.experiments for value in e.executed.values())


def test_what_nothing_explains_is_named_and_left_out() -> None:
    def hidden(trial: Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        return trial.suggest_float("above", 0, 1) if x > 0.5 else x

    space, _ = inferred(hidden)
    assert space.unexplained == ("above",)
    assert set(space.names) == {"x"}


def test_what_depends_on_the_unexplained_is_left_out_however_deep() -> None:
    def hidden(trial: Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        goes_on = x > 0.3 and trial.suggest_categorical("a", ["0", "1"]) == "1"
        if goes_on and trial.suggest_categorical("b", ["u", "v"]) == "u":
            return trial.suggest_float("c", 0, 1)
        return x

    space, study = inferred(hidden)
    assert {"c", "b", "a"} == {name for trial in study.trials for name in trial.params} - {"x"}
    assert set(space.unexplained) == {"a", "b", "c"}
    assert space.when == {}
    assert space.space is not None and space.space.names == (space.names["x"],)


def test_a_failed_trial_does_not_show_that_a_parameter_is_absent() -> None:
    def fails(trial: Trial) -> float:
        if trial.suggest_float("x", 0, 1) < 0.3:
            raise ArithmeticError
        return trial.suggest_float("y", 0, 1)

    space, study = inferred(fails)
    assert {t.state for t in study.trials} == {TrialState.COMPLETE, TrialState.FAIL}
    assert space.when == {} and space.unexplained == ()
    data = dataset_of(space, study.trials, {})
    failed = [e for e in data.experiments if e.failure == "process"]
    assert len(failed) == sum(t.state is TrialState.FAIL for t in study.trials)
    # It should have had a value, which nobody knows: not the same as having none.
    assert all(e.executed[space.names["y"]] is NOT_STATED for e in failed)


def test_changing_ranges_are_joined() -> None:
    def moving(trial: Trial) -> float:
        high = 4 + 2 * (trial.number % 3)
        return trial.suggest_int("n", 2, high, step=2) + trial.suggest_float("x", -trial.number, 1)

    space, _ = inferred(moving, n=5)
    assert space.distributions["n"] == optuna.distributions.IntDistribution(2, 8, step=2)
    assert space.distributions["x"] == optuna.distributions.FloatDistribution(-4, 1)


def test_whole_numbers_on_a_log_scale_come_at_equal_ratios() -> None:
    space, _ = inferred(lambda trial: trial.suggest_int("n", 1, 100_000, log=True), n=2)
    assert space.space is not None
    (parameter,) = space.space
    assert isinstance(parameter, NumericParameter) and parameter.scale == "log"
    assert (parameter.low, parameter.high) == (1, 100_000)
    assert sum(level <= 316 for level in parameter.levels) >= 0.4 * len(parameter.levels)
    assert all(level.is_integer() for level in parameter.levels)


def test_whole_numbers_that_floats_cannot_tell_apart_are_refused() -> None:
    study = optuna.create_study(sampler=RandomSampler(seed=0))
    study.optimize(lambda trial: float(trial.suggest_int("id", 0, 2**60) % 7), n_trials=1)
    with pytest.raises(InputError, match="parameter 'id' reaches from 0 to"):
        infer_space(study.trials)


@settings(max_examples=40)
@given(data=st.data())
def test_values_come_back_as_optuna_gave_them(data: st.DataObject) -> None:
    choices = data.draw(st.lists(st.sampled_from([None, True, 2.5, "a b", "c0", 7]), min_size=2, unique=True))
    low, step = data.draw(st.integers(-50, 50)), data.draw(st.integers(1, 7))
    n = data.draw(st.integers(2, 40))
    seed = data.draw(st.integers(0, 2**16))

    def objective(trial: Trial) -> float:
        if trial.suggest_categorical("odd [name]", choices) == choices[0]:
            trial.suggest_int("i", low, low + n * step, step=step)
        trial.suggest_float("f", low / 10, round(low / 10 + n * 0.1, 9), step=0.1)
        return trial.suggest_float("g", 1e-6, 10, log=True)

    space, study = inferred(objective, n=12, seed=seed)
    for trial in study.trials:
        inner = conditions_of(space, trial.params)
        outer = {
            name: space.to_outer(name, value)
            for name, own in space.names.items()
            if isinstance(value := inner[own], float | str)
        }
        expected = {name: value for name, value in trial.params.items() if name in space.names}
        assert outer.keys() == expected.keys()
        for name, value in expected.items():
            assert outer[name] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value)
