"""One experiment as an Optuna trial: conditions, goal values, limits kept or broken, all that was seen."""

from collections.abc import Mapping
from datetime import datetime

from optuna.distributions import BaseDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from ...datasets import NOT_STATED, Experiment, Status, listed
from ...datasets.qualified_value import join_replicates
from ...models.evidence import other_sample
from ...planner.cost import CostLimit
from ...planner.feasibility import limit_name
from ...planner.goal import Objective
from ...planner.limits import NumberLimit, YesNoLimit
from ...planner.problem import Problem, measured

ID = "id"  # user attribute by which a trial is known again
CONSTRAINTS = "constraints"  # system attribute of Optuna
_AS_WRITTEN = "as written"


def exported_trial(
    problem: Problem,
    experiment: Experiment,
    distributions: Mapping[str, BaseDistribution],
    begun: datetime | None = None,
) -> FrozenTrial:
    """Turn an experiment into a trial.

    Measured is complete, failed is failed (whatever the reason, which stands in an attribute), running is
    running and planned is waiting. What was made but gave no value of the goal that counts, as a powder
    that was not pure and got no cells, is pruned. Limits are constraints, in the order of the campaign
    file: the share of wrong answers, or how far the mean lies beyond the bound, in the unit of the
    response; 0 as long as nothing was measured. Attributes name those that were kept or broken.

    Parameters
    ----------
    problem
        The campaign as the planner sees it.
    experiment
        What was made, is under way or is planned.
    distributions
        As of `exported_distributions`.
    begun
        When it was entered, or None if nobody knows.
    """
    params = {}
    for name, distribution in distributions.items():
        value = experiment.executed.get(name)
        if value is not None and value is not NOT_STATED:
            params[name] = int(float(value)) if isinstance(distribution, IntDistribution) else value
    known_limits = _constraints(problem, experiment)
    values, missing = _goal_values(problem, experiment)
    state = _state(experiment, has_values=not missing)
    attributes = _attributes(problem, experiment)
    attributes |= {
        f"limit {name}": "broken" if beyond > 0 else "kept" for name, beyond in known_limits.items()
    }
    if state is TrialState.PRUNED:
        attributes["no goal value"] = missing
    trial = create_trial(
        state=state,
        values=values if state is TrialState.COMPLETE else None,
        params=params,
        distributions={name: distributions[name] for name in params},
        user_attrs=attributes,
        system_attrs=_constraint_list(problem, known_limits),
    )
    return _dated(trial, experiment, begun)


def goal_label(objective: Objective) -> str:
    """What the values of an objective are, for axes."""
    if objective.target is None:
        return objective.response
    return f"distance of {objective.response} from {objective.target:g}"


def _state(experiment: Experiment, *, has_values: bool) -> TrialState:
    if experiment.status is Status.FAILED or experiment.failure is not None:
        return TrialState.FAIL
    if experiment.is_pending:
        return TrialState.RUNNING if experiment.status is Status.RUNNING else TrialState.WAITING
    return TrialState.COMPLETE if has_values else TrialState.PRUNED


def _goal_values(problem: Problem, experiment: Experiment) -> tuple[list[float], str]:
    """Values of the objectives, and in words what is missing of them (empty if nothing is)."""
    values, missing = [], []
    for objective in problem.goal.objectives:
        value = problem.value_of(objective.response, experiment)
        if why := _does_not_count(problem, experiment, objective.response):
            missing.append(f"{objective.response} does not count, because {why}")
        elif value is None:
            missing.append(f"{objective.response} is not known")
        else:
            values.append(value if objective.target is None else abs(value - objective.target))
    return values, listed(missing, "and")


def _does_not_count(problem: Problem, experiment: Experiment, name: str) -> str:
    response = problem.responses.get(name)
    if response is None:
        return ""
    sources = response.sources if response.is_derived else (name,)
    return next((why for s in sources if (why := other_sample(experiment, problem.responses[s]))), "")


def _constraints(problem: Problem, experiment: Experiment) -> dict[str, float]:
    """For each limit of which something is known: above 0 where it is broken."""
    found: dict[str, float] = {}
    for limit in problem.limits:
        name = limit_name(limit, problem.limits)
        if isinstance(limit, YesNoLimit):
            answers = [bool(value.value) for value in experiment.values(limit.response)]
            wrong = answers.count(limit.side == "at_most")
            if answers:
                found[name] = wrong / len(answers)
            continue
        found |= _beyond(limit, name, problem.value_of(limit.response, experiment))
    for limit in problem.cost_limits:
        name = limit_name(limit, problem.cost_limits)
        found |= _beyond(limit, name, limit.cost.of(experiment.executed))
    return found


def _constraint_list(problem: Problem, known: Mapping[str, float]) -> dict[str, object]:
    """Constraints in the form that optuna-dashboard (0.21) reads too: a list, without names."""
    names = [limit_name(limit, problem.limits) for limit in problem.limits]
    names += [limit_name(limit, problem.cost_limits) for limit in problem.cost_limits]
    return {CONSTRAINTS: [known.get(name, 0.0) for name in names]} if names else {}


def _beyond(limit: NumberLimit | CostLimit, name: str, value: float | None) -> dict[str, float]:
    if value is None:
        return {}
    return {name: limit.bound - value if limit.side == "at_least" else value - limit.bound}


def _attributes(problem: Problem, experiment: Experiment) -> dict[str, object]:
    attributes: dict[str, object] = {ID: experiment.id, "status": experiment.status.value}
    if experiment.source:
        attributes["source"] = experiment.source
    if experiment.failure is not None:
        attributes["failure"] = experiment.failure
    if experiment.note:
        attributes["note"] = experiment.note
    unstated = [name for name, value in experiment.executed.items() if value is NOT_STATED]
    if unstated:
        attributes["not stated"] = ", ".join(unstated)
    for name, response in problem.responses.items():
        label = f"{name} [{response.unit}]" if response.unit else name
        values = experiment.values(name)
        mean = None if response.is_yes_no else measured(experiment, response)
        if response.is_yes_no and values:
            answers = {bool(value.value) for value in values}
            attributes[label] = answers.pop() if len(answers) == 1 else join_replicates(values)
        elif mean is not None:
            attributes[label] = mean
        # A number alone hides what is rough, a bound, or the mean of several.
        if not response.is_yes_no and (len(values) > 1 or any(v.qualifier != "=" for v in values)):
            attributes[f"{label} {_AS_WRITTEN}"] = join_replicates(values)
    for name, cost in problem.costs.items():
        if (spent := cost.of(experiment.executed)) is not None:
            attributes[f"{name} [{cost.unit}]"] = spent
    return attributes


def _dated(trial: FrozenTrial, experiment: Experiment, begun: datetime | None) -> FrozenTrial:
    """The trial with the dates that are known; Optuna asks for some, and the others are those of export."""
    ended = max((m.at for m in experiment.measurements if m.at is not None), default=None)
    if trial.state is TrialState.WAITING:
        return trial
    start = begun or ended
    if start is not None:
        trial.datetime_start = _local(start)
    if trial.state.is_finished() and (end := ended or begun) is not None:
        trial.datetime_complete = _local(end)
    return trial


def _local(moment: datetime) -> datetime:
    """Optuna keeps dates in local time, without saying so."""
    return moment.astimezone().replace(tzinfo=None) if moment.tzinfo is not None else moment
