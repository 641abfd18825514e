"""Forecasts and limit probabilities of conditions, in plain numbers."""

from collections.abc import Mapping

from torch import Tensor

from ..models.beliefs import Beliefs, NumberForecast
from .feasibility import limit_name, probability_met, shown_probability
from .problem import Problem


def forecasts(problem: Problem, beliefs: Beliefs, codes: Tensor) -> list[dict[str, dict[str, float]]]:
    """For each row of codes the forecast of every response."""
    rows: list[dict[str, dict[str, float]]] = [{} for _ in range(len(codes))]
    for name in problem.responses:
        forecast = beliefs.forecast(name, codes)
        for position, row in enumerate(rows):
            if isinstance(forecast, NumberForecast):
                parts = {"median": forecast.median, "low": forecast.low, "high": forecast.high}
            else:
                parts = {"probability": forecast.probability}
            row[name] = {part: float(values[position]) for part, values in parts.items()}
    return rows


def limit_probabilities(problem: Problem, beliefs: Beliefs, codes: Tensor) -> list[Mapping[str, float]]:
    """For each row of codes the probability that each limit speaks of; of a bound on a cost, 1 or 0."""
    rows: list[dict[str, float]] = [{} for _ in range(len(codes))]
    for limit in problem.limits:
        met = probability_met(limit, beliefs, codes)
        for position, row in enumerate(rows):
            row[limit_name(limit, problem.limits)] = shown_probability(limit, float(met[position]))
    for limit in problem.cost_limits:
        kept = limit.meets(limit.cost.values(problem.space, codes).numpy())
        for position, row in enumerate(rows):
            row[limit_name(limit, problem.cost_limits)] = float(kept[position])
    return list(rows)


def known_costs(problem: Problem, codes: Tensor) -> list[Mapping[str, float]]:
    """For each row of codes what it costs, by name of the cost."""
    rows: list[dict[str, float]] = [{} for _ in range(len(codes))]
    for name, cost in problem.costs.items():
        for row, value in zip(rows, cost.values(problem.space, codes).tolist(), strict=True):
            # Sums of decimal hours are decimal too.
            row[name] = round(value, 9)
    return list(rows)
