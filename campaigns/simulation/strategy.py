"""What chooses experiments in a simulation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ...datasets import Dataset, Experiment
from ...models.encoding import Encoding, activity, codes_of_frame, frame_of_codes
from ...planner.problem import Problem
from ...planner.search_space import SearchSpace
from .replayed import Replayed


class Strategy(Protocol):
    """Chooses the next experiments of a campaign from what is in its dataset."""

    def propose(self, n: int, candidates: pd.DataFrame | None) -> pd.DataFrame:
        """Choose up to n experiments.

        Parameters
        ----------
        n
            How many.
        candidates
            The only conditions that can be made, without those made already; None: the whole space.

        Returns
        -------
        DataFrame
            Conditions, one row each, of candidates with their index labels.
        """
        ...


StrategyMaker = Callable[[Replayed, int], Strategy]


@dataclass(frozen=True)
class Setting:
    """A campaign with what strategies ask of it.

    Attributes
    ----------
    campaign
        In memory; its dataset holds what is known.
    """

    campaign: Replayed

    @property
    def problem(self) -> Problem:
        """The campaign as the planner sees it."""
        return self.campaign.problem

    @property
    def search(self) -> SearchSpace:
        """What may be made."""
        return SearchSpace(self.problem.space, self.problem.hard_rules)

    def frame(self, codes: Tensor) -> pd.DataFrame:
        """Conditions of codes."""
        return frame_of_codes(self.problem.space, codes)

    def nearest(self, codes: Tensor, candidates: pd.DataFrame) -> pd.DataFrame:
        """For each row of codes the candidate most like it, each at most once."""
        space = self.problem.space
        encoding, known = Encoding(space, space.names), codes_of_frame(space, candidates)
        there = encoding.columns(known, activity(space, known))
        distances = torch.cdist(encoding.columns(codes, activity(space, codes)), there)
        rows: list[int] = []
        for distance in distances[: len(candidates)]:
            distance[rows] = torch.inf
            rows.append(int(distance.argmin()))
        return candidates.iloc[rows]

    def merit(self, experiment: Experiment) -> float | None:
        """What was measured of the goal, the larger the better; None if that is not known."""
        objective = self.problem.goal.objectives[0]
        value = self.problem.value_of(objective.response, experiment)
        if value is None or experiment.failure is not None:
            return None
        return float(objective.merit(value))

    def violation(self, experiment: Experiment) -> list[float]:
        """For each limit, and for working at all, by how much results break it: above 0 if they do."""
        broken = set(self.problem.broken_limits(experiment))
        limits = [
            (1.0 if limit in broken else 0.0 if not experiment.values(limit.response) else -1.0)
            for limit in self.problem.limits
        ]
        return [*limits, 1.0 if experiment.failure == "process" else -1.0]

    def keeps_limits(self, experiment: Experiment) -> bool:
        """Whether no result breaks a limit."""
        return max(self.violation(experiment)) <= 0

    def made(self) -> Dataset:
        """Everything known."""
        return self.campaign.dataset()


class Ovenbird:
    """The product itself, through its public interface."""

    def __init__(self, campaign: Replayed, seed: int) -> None:
        self._campaign, self._seeds = campaign, np.random.default_rng(seed)

    def propose(self, n: int, candidates: pd.DataFrame | None) -> pd.DataFrame:
        """Ask the campaign."""
        seed = int(self._seeds.integers(2**31))
        suggestions = self._campaign.suggest(n, seed=seed, candidates=candidates)
        names = list(self._campaign.space.names)
        if candidates is not None:
            return candidates.loc[[s.candidate for s in suggestions], names]
        return pd.DataFrame([dict(s.parameters) for s in suggestions], columns=names)


class Random:
    """Conditions at random, each setting as likely as any other."""

    def __init__(self, campaign: Replayed, seed: int) -> None:
        self._setting, self._generator = Setting(campaign), np.random.default_rng(seed)

    def propose(self, n: int, candidates: pd.DataFrame | None) -> pd.DataFrame:
        """Draw."""
        if candidates is not None:
            rows = self._generator.permutation(len(candidates))[:n]
            return candidates.iloc[np.sort(rows)]
        # A single draw of many would favour no row, but sorts; draws one by one keep their order.
        drawn = [self._setting.search.sample(1, self._generator) for _ in range(n)]
        return self._setting.frame(torch.cat(drawn))


class SpaceFilling:
    """Each experiment as far as possible from all before."""

    _N_POOL = 1000

    def __init__(self, campaign: Replayed, seed: int) -> None:
        self._setting, self._generator = Setting(campaign), np.random.default_rng(seed)

    def propose(self, n: int, candidates: pd.DataFrame | None) -> pd.DataFrame:
        """Choose among a thousand conditions, or the candidates."""
        from ...planner.known import known_experiments
        from ...planner.space_filling import space_filling

        problem = self._setting.problem
        pool = (
            self._setting.search.sample(self._N_POOL, self._generator)
            if candidates is None
            else codes_of_frame(problem.space, candidates)
        )
        known = known_experiments(problem, self._setting.made()).codes
        rows = space_filling(problem.space, pool, n, known, self._generator)
        return self._setting.frame(pool[rows]) if candidates is None else candidates.iloc[rows]
