"""What has been made or is on its way, as the planner needs it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..datasets import NOT_STATED, Dataset, Experiment
from ..models.beliefs import Beliefs
from ..models.encoding import codes_of_all, distinct
from .feasibility import probability_met, required_probability
from .objectives import dominators, forecast_merits, non_dominated
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
        rivals = self.rivals(problem, beliefs, _MOST_INCUMBENTS)
        return torch.unique(torch.cat([rivals, self.pending_codes]), dim=0)

    def rivals(self, problem: Problem, beliefs: Beliefs, most: int) -> Tensor:
        """Distinct codes that may hold the best so far, the most promising if they are many."""
        measured = torch.unique(self.codes[self.is_rival], dim=0)
        if len(measured) > most:
            merit = _merit(problem, beliefs, measured)
            measured = measured[merit.argsort(descending=True, stable=True)[:most]]
        return measured

    @property
    def pending_codes(self) -> Tensor:
        """Codes of what is pending; of very many the latest, which are most likely still under way."""
        return self.codes[self.is_pending][-_MOST_PENDING:]

    def front(self, problem: Problem, beliefs: Beliefs) -> list[int]:
        """Rows of the measured experiments that none other betters, among those that meet all limits.

        Meeting a limit means as probably as required. With one objective it is the best experiment; with
        several, all that can be bettered in one of them only by losing in another, the best in the first
        one first. Empty if nothing meets the limits.
        """
        rows = self.is_rival.nonzero()[:, 0]
        if not len(rows):
            return []
        codes = self.codes[rows]
        meets = torch.ones(len(rows), dtype=torch.bool)
        for limit in problem.limits:
            meets &= probability_met(limit, beliefs, codes) >= required_probability(limit)
        meets &= torch.tensor([not problem.broke_a_limit(self.experiments[int(r)]) for r in rows])
        if not meets.any():
            return []
        merits = forecast_merits(problem, beliefs, codes)
        merits[~meets] = -torch.inf
        order = merits[:, 0].argsort(descending=True, stable=True)
        if merits.shape[1] == 1:
            return [int(rows[int(merits[:, 0].argmax())])]
        on_front = non_dominated(merits) & meets
        # Replicates stand on the same place of the front; the first stands for them.
        first = {key: i for i, key in reversed(list(enumerate(keys_of(codes)))) if on_front[i]}
        return [int(rows[i]) for i in order if on_front[i] and int(i) in first.values()]

    def best(self, problem: Problem, beliefs: Beliefs) -> int | None:
        """First row of the front: the best experiment in the first objective, or None."""
        return next(iter(self.front(problem, beliefs)), None)

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
    search = SearchSpace(problem.space, problem.hard_rules)
    return Known(
        experiments=tuple(kept),
        codes=codes,
        is_pending=torch.tensor([e.id in awaited for e in kept], dtype=torch.bool),
        is_measured=measured,
        is_rival=measured & search.valid(codes) & search.in_range(codes),
    )


def _merit(problem: Problem, beliefs: Beliefs, codes: Tensor) -> Tensor:
    """Rank of conditions as incumbents, the larger the more promising, shape (n,)."""
    merits = forecast_merits(problem, beliefs, codes)
    spread = merits.std(dim=0).clamp_min(1e-12)
    for limit in problem.limits:
        log_met = probability_met(limit, beliefs, codes).clamp_min(1e-6).log()
        merits = merits + spread * log_met[:, None]
    # Along a front nothing is better than anything else; behind it, what fewer dominate is.
    return merits[:, 0] if merits.shape[1] == 1 else -dominators(merits).to(merits)
