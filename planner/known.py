"""What has been made or is on its way, as the planner needs it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..datasets import NOT_STATED, Dataset, Experiment
from ..models.beliefs import Beliefs, NumberForecast
from ..models.encoding import codes_of_all, distinct
from .feasibility import probability_met, required_probability
from .problem import Problem
from .search_space import SearchSpace

_MOST_INCUMBENTS = 30
_MOST_PENDING = 200


@dataclass(frozen=True)
class Known:
    """Conditions of experiments that state all of them.

    Attributes
    ----------
    experiments
        Made, failed by their conditions or pending; those of which nothing is known are left out.
    codes : Tensor, shape (n_experiments, n_parameters)
    is_pending : Tensor of bool, shape (n_experiments,)
        Whether the goal value is still awaited.
    is_measured : Tensor of bool, shape (n_experiments,)
        Whether there is a goal value.
    is_rival : Tensor of bool, shape (n_experiments,)
        Whether it is measured under conditions that could be proposed: what the rules exclude, or lies
        beyond a range, teaches the surrogates but is nothing to be beaten.
    """

    experiments: tuple[Experiment, ...]
    codes: Tensor
    is_pending: Tensor
    is_measured: Tensor
    is_rival: Tensor

    def incumbents(self, problem: Problem, beliefs: Beliefs) -> Tensor:
        """Codes that may hold the best so far, and all pending ones, shape (n, n_parameters)."""
        measured = torch.unique(self.codes[self.is_rival], dim=0)
        if len(measured) > _MOST_INCUMBENTS:
            merit = _merit(problem, beliefs, measured)
            measured = measured[merit.argsort(descending=True, stable=True)[:_MOST_INCUMBENTS]]
        return torch.unique(torch.cat([measured, self.pending_codes]), dim=0)

    @property
    def pending_codes(self) -> Tensor:
        """Codes of what is pending; of very many the latest, which are most likely still under way."""
        return self.codes[self.is_pending][-_MOST_PENDING:]

    def best(self, problem: Problem, beliefs: Beliefs) -> int | None:
        """Row of the best measured experiment that meets all limits as probably as required, or None."""
        rows = self.is_rival.nonzero()[:, 0]
        if not len(rows):
            return None
        codes = self.codes[rows]
        meets = torch.ones(len(rows), dtype=torch.bool)
        for limit in problem.limits:
            meets &= probability_met(limit, beliefs, codes) >= required_probability(limit)
        meets &= torch.tensor([not problem.broke_a_limit(self.experiments[int(r)]) for r in rows])
        if not meets.any():
            return None
        merit = goal_merit(problem, beliefs, codes)
        merit[~meets] = -torch.inf
        return int(rows[int(merit.argmax())])

    @property
    def keys(self) -> frozenset[tuple[float, ...]]:
        """Conditions that need not be proposed again."""
        return frozenset(keys_of(self.codes))


def keys_of(codes: Tensor) -> list[tuple[float, ...]]:
    """Conditions to the seven digits that anybody sets, without the tails of unit conversion."""
    tidy = torch.where(codes.abs() < 1e-12, torch.zeros_like(codes), codes)
    return [tuple(row) for row in tidy.to(torch.float32).tolist()]


def known_experiments(problem: Problem, dataset: Dataset) -> Known:
    """Collect the experiments of a dataset for the planner."""
    awaited = {e.id for e in problem.awaited(dataset)}
    kept = [
        e
        for e in dataset.experiments
        if e.failure != "equipment"
        and (e.is_pending or e.failure == "process" or e.measurements)
        and not any(value is NOT_STATED for value in e.executed.values())
    ]
    codes = distinct(codes_of_all(problem.space, [e.executed for e in kept]), problem.space)
    measured = torch.tensor([e.failure is None and problem.has_goal_value(e) for e in kept], dtype=torch.bool)
    search = SearchSpace(problem.space, problem.rules)
    return Known(
        experiments=tuple(kept),
        codes=codes,
        is_pending=torch.tensor([e.id in awaited for e in kept], dtype=torch.bool),
        is_measured=measured,
        is_rival=measured & search.valid(codes) & search.in_range(codes),
    )


def goal_merit(problem: Problem, beliefs: Beliefs, codes: Tensor) -> Tensor:
    """Median of the goal, the larger the better whatever its sense, shape (n,)."""
    forecast = beliefs.forecast(problem.goal.response, codes)
    assert isinstance(forecast, NumberForecast)
    if problem.goal.sense == "minimise":
        return -forecast.median
    if problem.goal.sense == "target":
        assert problem.goal.target is not None
        return -(forecast.median - problem.goal.target).abs()
    return forecast.median.clone()


def _merit(problem: Problem, beliefs: Beliefs, codes: Tensor) -> Tensor:
    merit = goal_merit(problem, beliefs, codes)
    spread = merit.std().clamp_min(1e-12)
    for limit in problem.limits:
        merit = merit + spread * probability_met(limit, beliefs, codes).clamp_min(1e-6).log()
    return merit
