"""What conditions are worth in each objective: on joint samples and as forecast, the more the better."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ..models.beliefs import Beliefs, NumberForecast
from .cost import Cost
from .feasibility import typical_spread, values_of
from .goal import Goal, Objective
from .problem import Problem


def sampled_objective(
    objective: Objective,
    beliefs: Beliefs,
    costs: Mapping[str, Cost],
    samples: Mapping[str, Tensor],
    codes: Tensor,
) -> Tensor:
    """Merit in each joint sample, shape (n_samples, n); a cost is the same in all of them.

    Parameters
    ----------
    objective, beliefs, costs
        What is wanted, and what is believed or known of it.
    samples
        Latent samples by response, shape (n_samples, n) each; at least one response.
    codes : Tensor, shape (n, n_parameters)
        Where they were drawn.
    """
    if objective.response in costs:
        cost = costs[objective.response].values(beliefs.space, codes)
        return objective.merit(cost).expand_as(next(iter(samples.values())))
    return objective.merit(values_of(objective.response, beliefs, samples))


def objective_spread(objective: Objective, beliefs: Beliefs, costs: Mapping[str, Cost]) -> float:
    """How far an objective usually varies, in its unit."""
    if objective.response in costs:
        return costs[objective.response].spread(beliefs.space)
    return typical_spread(objective.response, beliefs)


def measured_names(goal: Goal, costs: Mapping[str, Cost]) -> list[str]:
    """Responses among the objectives."""
    return [name for name in goal.names if name not in costs]


def forecast_merits(problem: Problem, beliefs: Beliefs, codes: Tensor) -> Tensor:
    """Merit of the forecast median in each objective, shape (n, n_objectives)."""
    columns = []
    for objective in problem.goal.objectives:
        if objective.response in problem.costs:
            median = problem.costs[objective.response].values(problem.space, codes)
        else:
            forecast = beliefs.forecast(objective.response, codes)
            assert isinstance(forecast, NumberForecast)
            median = forecast.median
        columns.append(objective.merit(median))
    return torch.stack(columns, dim=1)


def scaled_merit(problem: Problem, beliefs: Beliefs, codes: Tensor) -> Tensor:
    """Sum of the forecast merits, each by the usual spread of its objective, shape (n,)."""
    spreads = [objective_spread(o, beliefs, problem.costs) for o in problem.goal.objectives]
    return (forecast_merits(problem, beliefs, codes) / torch.tensor(spreads, dtype=torch.float64)).sum(dim=1)


def non_dominated(merits: Tensor) -> Tensor:
    """Whether no other row is at least as good in every column and better in one, shape (n,).

    Of several equal rows all are kept.

    Parameters
    ----------
    merits : Tensor, shape (n, n_objectives)
        The more, the better.
    """
    return dominators(merits) == 0


def dominators(merits: Tensor) -> Tensor:
    """How many other rows are at least as good in every column and better in one, shape (n,)."""
    counts = torch.zeros(len(merits), dtype=torch.long)
    for row in merits:
        counts += ((row >= merits).all(dim=1) & (row > merits).any(dim=1)).long()
    return counts
