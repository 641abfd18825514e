"""The best so far, and the way to it."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from ...datasets import Dataset, Experiment
from ...datasets.qualified_value import join_replicates
from ...models.beliefs import Beliefs
from ...models.encoding import codes_of_all
from ...planner.cost import Cost
from ...planner.feasibility import limit_name
from ...planner.forecasts import limit_probabilities
from ...planner.goal import Objective
from ...planner.limits import Limit, YesNoLimit
from ...planner.problem import Problem
from ...planner.wording import percent, with_unit
from ..best_so_far import best_so_far
from ..lab_costs import HOURS
from .week_summary import BestSample, LimitMargin, MadeSample, Named, Standing

_EARLIEST = datetime.min.replace(tzinfo=UTC)


def standing(
    problem: Problem, beliefs: Beliefs, named: Mapping[str, Named], data: Dataset, own: Dataset
) -> Standing:
    """Put together where a campaign stands."""
    objectives = tuple((named[o.response], _wanted(o)) for o in problem.goal.objectives)
    return Standing(
        goal="; ".join(f"{wanted} {_with_unit(name)}" for name, wanted in objectives),
        objectives=objectives,
        beside=tuple(named[name] for name in _beside(problem)),
        history=tuple(_history(problem, data, own)),
        best=tuple(_best(problem, beliefs, one.experiment) for one in best_so_far(problem, data)),
        counts=dict(Counter(str(e.status) for e in own.experiments)),
    )


def _wanted(objective: Objective) -> str:
    if objective.target is not None:
        return f"as near as possible to {objective.target:g}:"
    return objective.sense


def _with_unit(named: Named) -> str:
    return f"{named.name} [{named.unit}]" if named.unit else named.name


def _beside(problem: Problem) -> list[str]:
    """Derived numbers that share a source with the goal, and their sources."""
    sources = set(problem.goal_sources)
    derived = [r for r in problem.responses.values() if r.is_derived and sources & {*r.sources}]
    names = [name for r in derived for name in (r.name, *r.sources)]
    return [name for name in dict.fromkeys(names) if name not in problem.goal.names]


def _history(problem: Problem, data: Dataset, own: Dataset) -> list[MadeSample]:
    literature = [e for e in data.experiments if e.id not in own.by_id]
    mine = sorted(
        own.experiments, key=lambda e: min((m.at or _EARLIEST for m in e.measurements), default=_EARLIEST)
    )
    made: list[MadeSample] = []
    best: float | None = None
    hours, cost = 0.0, problem.costs.get(HOURS)
    objective = problem.goal.objectives[0]
    for experiment in [*literature, *mine]:
        if experiment.measurements and experiment.id in own.by_id:
            hours += _hours(cost, experiment)
        value = problem.value_of(objective.response, experiment)
        if value is None or experiment.failure is not None or not experiment.measurements:
            continue
        keeps = _keeps(problem, experiment)
        if keeps is not False and not _sets_aside(problem, experiment):
            better = best is None or objective.merit(value) > objective.merit(best)
            best = value if better else best
        made.append(
            MadeSample(
                experiment=experiment.id,
                source="" if experiment.is_own else experiment.source,
                values=_values(problem, experiment),
                hours=hours if cost is not None else None,
                keeps_limits=keeps,
                best=best,
            )
        )
    return made


def _hours(cost: Cost | None, experiment: Experiment) -> float:
    return 0.0 if cost is None else cost.of(experiment.executed) or 0.0


def _values(problem: Problem, experiment: Experiment) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, response in problem.responses.items():
        if response.is_yes_no:
            answers = [bool(v.value) for v in experiment.values(name)]
            if answers:
                found[name] = sum(answers) / len(answers)
        elif (value := problem.value_of(name, experiment)) is not None:
            found[name] = value
    return found | {
        name: value for name in problem.costs if (value := problem.value_of(name, experiment)) is not None
    }


def _keeps(problem: Problem, experiment: Experiment) -> bool | None:
    """Whether what was measured keeps the limits; None if not every limit was measured."""
    if problem.broken_limits(experiment) or not problem.keeps_cost_limits(experiment):
        return False
    known = (
        experiment.values(limit.response)
        if isinstance(limit, YesNoLimit)
        else problem.value_of(limit.response, experiment) is not None
        for limit in problem.limits
    )
    return True if all(known) else None


def _sets_aside(problem: Problem, experiment: Experiment) -> bool:
    from ...models.evidence import other_sample

    return any(other_sample(experiment, problem.responses[name]) for name in problem.goal_sources)


def _best(problem: Problem, beliefs: Beliefs, experiment: Experiment) -> BestSample:
    (probabilities,) = limit_probabilities(
        problem, beliefs, codes_of_all(problem.space, [experiment.executed])[:1]
    )
    values = {
        name: join_replicates(experiment.values(name))
        for name, response in problem.responses.items()
        if not response.is_derived and experiment.values(name)
    }
    values |= {
        name: with_unit(value, None)
        for name, response in problem.responses.items()
        if response.is_derived and (value := problem.value_of(name, experiment)) is not None
    }
    return BestSample(
        experiment=experiment.id,
        source="" if experiment.is_own else experiment.source,
        conditions=experiment.executed,
        values=values,
        margins=tuple(
            _margin(problem, experiment, limit, probabilities[limit_name(limit, problem.limits)])
            for limit in problem.limits
        ),
    )


def _margin(problem: Problem, experiment: Experiment, limit: Limit, probability: float) -> LimitMargin:
    name = limit_name(limit, problem.limits)
    values = join_replicates(experiment.values(limit.response))
    if isinstance(limit, YesNoLimit):
        side = "at least" if limit.side == "at_least" else "at most"
        stated = limit.probability
        forecast = f"probability {percent(probability)}, {side} {100 * stated:g} % is wanted"
        return LimitMargin(limit=name, measured=values or "not measured", forecast=forecast)
    value, unit = problem.value_of(limit.response, experiment), problem.unit_of(limit.response)
    side = 1 if limit.side == "at_least" else -1
    shown = "not measured"
    if value is not None:
        away = side * (value - limit.bound)
        word = "inside" if away >= 0 else "beyond"
        shown = f"{with_unit(value, unit)}, {with_unit(abs(away), unit)} {word} the limit of {limit.bound:g}"
    return LimitMargin(
        limit=name, measured=shown, forecast=f"kept with {percent(probability)} where it was made"
    )
