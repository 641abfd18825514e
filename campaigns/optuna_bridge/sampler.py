"""Ovenbird as the sampler of an Optuna study, at its best where parameters exist only with others."""

import secrets
import threading
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna import logging
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from ...datasets import CategoricalParameter, Conditions, Dataset, InputError, ParameterSpace
from ..typed_arguments import whole_number
from .inferred_space import InferredSpace, infer_space
from .trial_records import dataset_of, problem_of

if TYPE_CHECKING:
    from torch import Tensor

_SUGGESTED = "ovenbird:"  # system attributes of a trial that hold what was suggested to it
_CONSTRAINTS = "constraints"  # where Optuna's own samplers keep what a constraints_func returned
_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
_N_DESIGN_CANDIDATES = 2000
_SEEDS = 2**32

_log = logging.get_logger(__name__)


class OvenbirdSampler(BaseSampler):
    """Suggest with Ovenbird's surrogates and planner in any define-by-run objective.

    Which parameters exist when is learned from the trials (`infer_space`); what no trial has shown yet is
    drawn at random when the objective asks for it. Failed and pruned trials teach where conditions do not
    work, running ones are pending, constraints are limits, several directions a front.

    Parameters
    ----------
    seed
        Same seed and same trials, same suggestions; None: another one each time.
    n_startup_trials
        Finished trials before surrogates decide; until then suggestions fill the space seen so far.
    constraints_func
        Values of a finished trial that must not be above 0, as for Optuna's samplers; or call
        `trial.set_constraint` in the objective.

    Raises
    ------
    InputError
        If seed or n_startup_trials is no whole number, or negative.

    Examples
    --------
    >>> import optuna
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> study = optuna.create_study(sampler=OvenbirdSampler(seed=0))
    >>> def objective(trial):
    ...     kind = trial.suggest_categorical("kind", ["flat", "bowl"])
    ...     return 1.0 if kind == "flat" else trial.suggest_float("x", -2, 2) ** 2
    >>> study.optimize(objective, n_trials=8)
    >>> study.best_value < 0.5
    True
    """

    def __init__(
        self,
        *,
        seed: int | None = None,
        n_startup_trials: int = 5,
        constraints_func: Callable[[FrozenTrial], Sequence[float]] | None = None,
    ) -> None:
        self._seed = secrets.randbits(32) if seed is None else whole_number(seed, "seed", least=0)
        self._n_startup_trials = whole_number(n_startup_trials, "n_startup_trials", least=0)
        self._constraints_func = constraints_func
        self._told: set[str] = set()
        self._one_at_a_time = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """What a copy in another process needs, which has a lock of its own."""
        return {name: value for name, value in self.__dict__.items() if name != "_one_at_a_time"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take up what another process had."""
        vars(self).update(state)
        self._one_at_a_time = threading.Lock()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Parameters that are understood from earlier trials, with their distributions."""
        space = infer_space(_others(study, trial))
        self._tell_unexplained(space)
        return {name: space.distributions[name] for name in space.names}

    def _tell_unexplained(self, space: InferredSpace) -> None:
        for name in space.unexplained:
            if name not in self._told:
                self._told.add(name)
                _log.warning(
                    f"parameter '{name}' comes and goes for no category or small whole number that would "
                    "explain it: it is drawn at random"
                )

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Suggest values of all parameters that exist together; Optuna asks once a trial.

        Raises
        ------
        InputError
            If a range or the number of objectives is beyond what can be searched.
        """
        # One after another, so that what is suggested here is pending for the next thread.
        with self._one_at_a_time:
            trials = _others(study, trial)
            space = infer_space(trials)
            if space.space is None or not search_space:
                return {}
            cut = {t.number: _suggested(space, t) for t in trials if t.state is not TrialState.COMPLETE}
            data = dataset_of(space, trials, cut)
            n_finished = sum(t.state in _FINISHED for t in trials)
            seed = self._number(trial.number)
            if n_finished < self._n_startup_trials:
                conditions = _space_filling(space, data, seed)
            else:
                conditions = _planned(space, data, study, trials, seed)
            params = {
                name: space.to_outer(name, value)
                for name, inner in space.names.items()
                if name in search_space and isinstance(value := conditions.get(inner), float | str)
            }
            for name, value in params.items():
                stored = space.distributions[name].to_internal_repr(value)
                study._storage.set_trial_system_attr(trial._trial_id, f"{_SUGGESTED}{name}", stored)
            return params

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw a value at random, for what no earlier trial had under these conditions."""
        random = RandomSampler(seed=self._number(trial.number, zlib.crc32(param_name.encode())))
        return random.sample_independent(study, trial, param_name, param_distribution)

    def _number(self, *of: int) -> int:
        """A seed for one purpose: trials may be asked for in any order and by several processes."""
        return int(np.random.SeedSequence([self._seed, *of]).generate_state(1)[0])

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Keep what the constraints function says of the trial.

        Raises
        ------
        InputError
            If it says something else than numbers.
        """
        if self._constraints_func is None or state not in (TrialState.COMPLETE, TrialState.PRUNED):
            return
        given = self._constraints_func(trial)
        try:
            constraints = [float(value) for value in given]
        except (TypeError, ValueError):
            constraints = [float("nan")]
        if any(value != value for value in constraints):
            raise InputError(f"constraints_func must return a sequence of numbers, got {given!r}")
        study._storage.set_trial_system_attr(trial._trial_id, _CONSTRAINTS, constraints)


def _others(study: Study, trial: FrozenTrial) -> list[FrozenTrial]:
    found = study.get_trials(deepcopy=False)
    return [t for t in found if t.number != trial.number and t.state is not TrialState.WAITING]


def _suggested(space: InferredSpace, trial: FrozenTrial) -> dict[str, object]:
    """What was suggested to a trial that runs or was cut short, whether it asked for it or not."""
    stored = {name: trial.system_attrs.get(f"{_SUGGESTED}{name}") for name in space.names}
    return {
        name: space.distributions[name].to_external_repr(value)
        for name, value in stored.items()
        if value is not None
    }


def _space_filling(space: InferredSpace, data: Dataset, seed: int) -> Conditions:
    from ...models.encoding import codes_of_all, conditions_of_codes, distinct
    from ...planner.search_space import SearchSpace
    from ...planner.space_filling import space_filling

    assert space.space is not None
    generator = np.random.default_rng(seed)
    known = distinct(codes_of_all(space.space, [e.executed for e in data.experiments]), space.space)
    pool = SearchSpace(space.space).sample(_N_DESIGN_CANDIDATES, generator)
    # Branches that no trial has been in come first: what exists in them is still to be seen.
    n_new = _n_new_categories(space.space, pool, [e.executed for e in data.experiments])
    pool = pool[n_new == n_new.max()]
    (row,) = space_filling(space.space, pool, 1, known, generator)
    return conditions_of_codes(space.space, pool[row : row + 1])[0]


def _n_new_categories(space: ParameterSpace, pool: "Tensor", known: Sequence[Conditions]) -> "Tensor":
    """How many categories of each row of codes no known conditions have, shape (n,)."""
    import torch

    from ...models.encoding import activity

    active = activity(space, pool)
    new = torch.zeros(len(pool), dtype=torch.long)
    for column, parameter in enumerate(space):
        if isinstance(parameter, CategoricalParameter):
            tried = {conditions.get(parameter.name) for conditions in known}
            is_new = torch.tensor([value not in tried for value in parameter.values])
            new += is_new[pool[:, column].long()] & active[parameter.name]
    return new


def _planned(
    space: InferredSpace, data: Dataset, study: Study, trials: Sequence[FrozenTrial], seed: int
) -> Conditions:
    from ...models.beliefs import learn
    from ...models.threads import one_thread
    from ...planner.suggest import suggest

    assert space.space is not None
    problem = problem_of(space.space, study.directions, trials)
    with one_thread():
        beliefs = learn(data, problem.space, problem.responses, problem.features)
        suggestions, _ = suggest(problem, data, beliefs, 1, seed)
    # A small space may hold nothing new: then chance decides.
    return suggestions[0].parameters if suggestions else {}
