"""Samplers of Optuna as strategies: conditional parameters by define-by-run, limits as constraints."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import numpy as np
import optuna
import pandas as pd
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from ...datasets import CategoricalParameter, Conditions, Experiment, Parameter
from ...models.encoding import codes_of_all, conditions_of_codes
from ...models.threads import one_thread
from .replayed import Replayed
from .strategy import Setting

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

_CONSTRAINTS = "constraints"
_MOST_TRIES = 10
_N_STARTUP = 5  # of ten, which is the samplers' own default, nothing would be left of a small budget


class OptunaStrategy:
    """A study that is told every experiment with all conditions stated, and asked for the next.

    Settings are whole positions on a parameter's grid. An answer that breaks a rule costs no experiment: the
    study is told so by a constraint and asked again; after ten such answers conditions are drawn at random.

    Parameters
    ----------
    campaign
        In memory.
    seed
        Of the sampler.
    kind
        ``tpe`` or ``gp``.
    """

    def __init__(self, campaign: Replayed, seed: int, kind: Literal["tpe", "gp"]) -> None:
        self._setting, self._generator = Setting(campaign), np.random.default_rng(seed)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with _quiet():
            self._study = optuna.create_study(direction="maximize", sampler=_sampler(kind, seed))
        self._told: set[str] = set()

    def propose(self, n: int, candidates: pd.DataFrame | None) -> pd.DataFrame:
        """Ask the study; of a table the rows most like its answers."""
        with _quiet(), one_thread():
            worst = self._tell()
            asked = [self._ask(worst) for _ in range(n)]
        codes = codes_of_all(self._setting.problem.space, asked)
        return self._setting.frame(codes) if candidates is None else self._setting.nearest(codes, candidates)

    def _ask(self, worst: float) -> Conditions:
        space = self._setting.problem.space
        for _ in range(_MOST_TRIES):
            trial = self._study.ask()
            conditions = _define_by_run(trial, tuple(space))
            if bool(self._setting.search.valid(codes_of_all(space, [conditions]))[0]):
                # The results come as a trial of their own: what was executed may differ from what was asked.
                self._study.tell(trial, state=TrialState.FAIL)
                return conditions
            trial.set_user_attr(_CONSTRAINTS, [*[0.0] * (len(self._setting.problem.limits) + 1), 1.0])
            self._study.tell(trial, worst)
        drawn = self._setting.search.sample(1, self._generator)
        return conditions_of_codes(space, drawn)[0]

    def _tell(self) -> float:
        """Tell the study what is new; the worst value measured, 0 if there is none."""
        known = self._setting.made().experiments
        merits = [merit for e in known if (merit := self._setting.merit(e)) is not None]
        worst = min(merits, default=0.0)
        for experiment in known:
            if experiment.id in self._told:
                continue
            self._told.add(experiment.id)
            trial = self._trial(experiment, worst)
            if trial is not None:
                self._study.add_trial(trial)
        return worst

    def _trial(self, experiment: Experiment, worst: float) -> FrozenTrial | None:
        """A finished trial, or None of an experiment that says nothing that Optuna could use."""
        merit, violation = self._setting.merit(experiment), self._setting.violation(experiment)
        if merit is None and max(violation) <= 0:
            return None
        positions: dict[str, int | str] = {}
        distributions: dict[str, BaseDistribution] = {}
        for parameter in self._setting.problem.space:
            value = experiment.executed[parameter.name]
            if value is None:
                continue
            if not isinstance(value, float | str):
                return None  # nobody stated it
            position = value if isinstance(value, str) else _position(parameter, value)
            if position is None:
                return None
            positions[parameter.name] = position
            distributions[parameter.name] = _distribution(parameter)
        return create_trial(
            params=positions,
            distributions=distributions,
            # What gave no value to learn from is no better than the worst; its constraints say why.
            value=worst if merit is None else merit,
            # Where samplers look; of trials that are added, the function of constraints is never asked.
            system_attrs={_CONSTRAINTS: [*violation, -1.0]},
        )


def tpe(campaign: Replayed, seed: int) -> OptunaStrategy:
    """Tree-structured Parzen estimator."""
    return OptunaStrategy(campaign, seed, "tpe")


def gp(campaign: Replayed, seed: int) -> OptunaStrategy:
    """Optuna's Gaussian process; what does not always exist, it draws at random."""
    return OptunaStrategy(campaign, seed, "gp")


def _sampler(kind: Literal["tpe", "gp"], seed: int) -> "BaseSampler":
    if kind == "gp":
        return optuna.samplers.GPSampler(
            seed=seed,
            n_startup_trials=_N_STARTUP,
            constraints_func=_constraints,
            warn_independent_sampling=False,
        )
    return optuna.samplers.TPESampler(
        seed=seed,
        n_startup_trials=_N_STARTUP,
        multivariate=True,
        group=True,
        constraints_func=_constraints,
        warn_independent_sampling=False,
    )


def _constraints(trial: FrozenTrial) -> list[float]:
    return trial.user_attrs[_CONSTRAINTS]


def _define_by_run(trial: Trial, parameters: tuple[Parameter, ...]) -> Conditions:
    """Ask for each parameter that exists, parents before children."""
    conditions: dict[str, float | str | None] = {}
    waiting = list(parameters)
    while waiting:
        for parameter in [p for p in waiting if all(parent in conditions for parent in p.when)]:
            waiting.remove(parameter)
            exists = all(conditions[parent] in values for parent, values in parameter.when.items())
            conditions[parameter.name] = _suggested(trial, parameter) if exists else None
    return {parameter.name: conditions[parameter.name] for parameter in parameters}


def _suggested(trial: Trial, parameter: Parameter) -> float | str:
    if isinstance(parameter, CategoricalParameter):
        return trial.suggest_categorical(parameter.name, parameter.values)
    position = trial.suggest_int(parameter.name, 0, parameter.n_settings - 1)
    return float(parameter.setting(np.asarray(position)))


def _distribution(parameter: Parameter) -> "BaseDistribution":
    if isinstance(parameter, CategoricalParameter):
        return optuna.distributions.CategoricalDistribution(parameter.values)
    return optuna.distributions.IntDistribution(0, parameter.n_settings - 1)


def _position(parameter: Parameter, value: float) -> int | None:
    """Nearest position on the grid, None beyond the range."""
    if isinstance(parameter, CategoricalParameter) or not parameter.low <= value <= parameter.high:
        return None
    return int(parameter.index(np.asarray(value)))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the remarks that parts of Optuna are experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
