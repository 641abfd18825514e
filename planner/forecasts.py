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
    """For each row of codes the probability that each limit speaks of."""
    rows: list[dict[str, float]] = [{} for _ in range(len(codes))]
    for limit in problem.limits:
        met = probability_met(limit, beliefs, codes)
        for position, row in enumerate(rows):
            row[limit_name(limit, problem.limits)] = shown_probability(limit, float(met[position]))
    return list(rows)
