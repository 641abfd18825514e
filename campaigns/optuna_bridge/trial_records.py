"""Trials of a study as experiments, and what the study is after as a problem of the planner."""

import math
from collections.abc import Mapping, Sequence

from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from ...datasets import (
    NOT_STATED,
    Conditions,
    ConditionValue,
    Dataset,
    Experiment,
    Measurement,
    ParameterSpace,
    QualifiedValue,
    Response,
    Status,
)
from ...planner.goal import Goal, Objective
from ...planner.limits import NumberLimit
from ...planner.problem import Problem
from .inferred_space import InferredSpace

# Optuna states no probability with which a constraint must hold: more likely than not.
_MORE_LIKELY_THAN_NOT = 0.5
_STATUS = {
    TrialState.COMPLETE: Status.MEASURED,
    TrialState.PRUNED: Status.FAILED,
    TrialState.FAIL: Status.FAILED,
    TrialState.RUNNING: Status.RUNNING,
    TrialState.WAITING: Status.PLANNED,
}


def problem_of(
    space: ParameterSpace, directions: Sequence[StudyDirection], trials: Sequence[FrozenTrial]
) -> Problem:
    """The study as a problem: objectives y0, y1..., constraints g0, g1... that must not be above 0.

    Raises
    ------
    InputError
        If there are more objectives than can be traded against each other.
    """
    objectives = tuple(
        Objective(response=_objective(i), sense="maximise" if d is StudyDirection.MAXIMIZE else "minimise")
        for i, d in enumerate(directions)
    )
    constraints = constraint_names(trials)
    names = [*(o.response for o in objectives), *constraints.values()]
    limits = tuple(
        NumberLimit(response=name, side="at_most", bound=0.0, with_probability=_MORE_LIKELY_THAN_NOT)
        for name in constraints.values()
    )
    return Problem(
        space=space,
        responses={name: Response(name=name) for name in names},
        goal=Goal(objectives),
        limits=limits,
    )


def constraint_names(trials: Sequence[FrozenTrial]) -> dict[str, str]:
    """Response by key of each constraint, in the order in which they appeared."""
    keys = dict.fromkeys(key for trial in trials for key in trial.constraints)
    return {key: f"g{number}" for number, key in enumerate(keys)}


def dataset_of(
    space: InferredSpace, trials: Sequence[FrozenTrial], suggested: Mapping[int, Mapping[str, object]]
) -> Dataset:
    """Trials as experiments.

    Failed and pruned trials are failures of their conditions, and so is a value that is not finite.

    Parameters
    ----------
    space
        What was inferred from them.
    trials
        In order.
    suggested
        By number of a trial that runs or was cut short: values that it would have asked for.
    """
    constraints = constraint_names(trials)
    experiments = []
    for trial in trials:
        conditions = conditions_of(space, {**suggested.get(trial.number, {}), **trial.params})
        # Of a trial that has not asked for anything yet, nothing is known.
        if not any(isinstance(value, float | str) for value in conditions.values()):
            continue
        results = {_objective(i): value for i, value in enumerate(trial.values or [])}
        results = results if trial.state is TrialState.COMPLETE else {}
        results |= {constraints[key]: value for key, value in trial.constraints.items()}
        has_failed = _STATUS[trial.state] is Status.FAILED or not all(map(math.isfinite, results.values()))
        experiments.append(
            Experiment(
                id=str(trial.number),
                status=Status.FAILED if has_failed else _STATUS[trial.state],
                planned=conditions,
                executed=conditions,
                failure="process" if has_failed else None,
                history=tuple(
                    Measurement(response=name, value=QualifiedValue(float(value)))
                    for name, value in results.items()
                    if math.isfinite(value)
                ),
            )
        )
    return Dataset(tuple(experiments))


def conditions_of(space: InferredSpace, params: Mapping[str, object]) -> Conditions:
    """Values of a trial in the inferred space; not stated where one should exist but was not asked for."""
    assert space.space is not None
    found: dict[str, ConditionValue] = {}
    outer = {inner: name for name, inner in space.names.items()}
    for parameter in space.space.parents_first:
        name = outer[parameter.name]
        applies = space.space.applies(parameter, found)
        if applies is False:
            found[parameter.name] = None
        elif name in params:
            found[parameter.name] = space.to_inner(name, params[name])
        else:
            found[parameter.name] = NOT_STATED
    return {name: found[name] for name in space.space.names}


def _objective(number: int) -> str:
    return f"y{number}"
