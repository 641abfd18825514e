"""Choosing the next experiments: which conditions, why in outline, and what to tell the user."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..datasets import Dataset
from ..models.beliefs import Beliefs
from ..models.encoding import distinct
from .acquisition import Improvement, NoisyImprovement
from .feasibility import (
    PROCESS_MUST_WORK,
    limit_name,
    log_gap,
    probability_met,
    required_probability,
    shortfall,
    shown_probability,
    with_working_process,
)
from .known import Known, keys_of, known_experiments
from .limits import YesNoLimit
from .maximise import in_chunks, maximise
from .problem import Problem
from .resolve import LimitResolution
from .search_space import SearchSpace
from .space_filling import space_filling
from .wording import outlier_in_words, percent

Purpose = Literal["improve", "explore", "feasibility"]

_OUT_OF_REACH = 1e3  # puts every candidate that misses a limit below every one that meets all
_MEETS = 1e-9
_N_DESIGN_CANDIDATES = 2000


@dataclass(frozen=True)
class Choice:
    """One chosen experiment.

    Attributes
    ----------
    codes : Tensor, shape (n_parameters,)
    row
        Its position among given candidates, or None.
    purpose
        ``improve`` on the best known, ``explore`` (space-filling without data) or ``feasibility`` (find
        out what meets the limits).
    improvement
        What it promises, given what was known or pending when it was chosen.
    """

    codes: Tensor
    row: int | None
    purpose: Purpose
    improvement: Improvement


@dataclass(frozen=True)
class Proposal:
    """Chosen experiments, in order of choice, and messages for the user."""

    choices: tuple[Choice, ...]
    known: Known
    messages: tuple[str, ...]


def propose(
    problem: Problem, dataset: Dataset, beliefs: Beliefs, n: int, seed: int, candidates: Tensor | None = None
) -> Proposal:
    """Choose up to n experiments jointly, aware of those pending.

    Parameters
    ----------
    problem
        What may be made and what is wanted.
    dataset, beliefs
        What is known, and the surrogates fitted to it.
    n
        How many experiments.
    seed
        Same data and seed, same choice.
    candidates : Tensor, shape (n_candidates, n_parameters), optional
        Codes to choose from instead of the whole space.
    """
    known = known_experiments(problem, dataset)
    chooser = _Chooser(problem, beliefs, known, np.random.default_rng(seed), seed, candidates)
    has_goal_evidence = any(beliefs.evidence.size.get(name) for name in problem.goal_sources)
    choices = chooser.by_acquisition(n) if has_goal_evidence else chooser.by_design(n)
    return Proposal(tuple(choices), known, tuple(chooser.messages(choices, n)))


class _Chooser:
    """State of one proposal: what was chosen so far, and the tools to choose the next."""

    def __init__(
        self,
        problem: Problem,
        beliefs: Beliefs,
        known: Known,
        generator: np.random.Generator,
        seed: int,
        candidates: Tensor | None,
    ) -> None:
        self.problem, self.beliefs, self.known = problem, beliefs, known
        self.generator, self.seed = generator, seed
        self.search = SearchSpace(problem.space, problem.rules)
        self.taken = set(known.keys)
        self.candidates = None if candidates is None else distinct(candidates, problem.space)
        if self.candidates is not None:
            self.allowed_rows = self.search.valid(self.candidates)

    def by_acquisition(self, n: int) -> list[Choice]:
        """Choose one after another, each counted as pending for the next."""
        base = self.known.incumbents(self.problem, self.beliefs)
        limits = with_working_process(self.problem.limits, self.beliefs)
        choices: list[Choice] = []
        for number in range(n):
            acquisition = NoisyImprovement(
                self.beliefs, self.problem.goal, self.problem.limits, base, self.seed + number
            )
            recent = torch.cat([self.known.pending_codes, *(c.codes[None] for c in choices)])
            resolution = LimitResolution(self.beliefs, limits, recent, self.seed + number)
            found = self._best(acquisition, resolution, base)
            if found is None:
                break
            codes, row = found
            missing = float(shortfall(self.problem.limits, self.beliefs, codes[None])[0])
            purpose: Purpose = "improve" if missing <= _MEETS else "feasibility"
            choices.append(Choice(codes, row, purpose, acquisition.improvement(codes[None])))
            self.taken.update(keys_of(codes[None]))
            base = torch.cat([base, codes[None]])
        return choices

    def _best(
        self, acquisition: NoisyImprovement, resolution: LimitResolution, starts: Tensor
    ) -> tuple[Tensor, int | None] | None:
        def score(codes: Tensor) -> Tensor:
            gaps = resolution.gaps(codes)
            misses = gaps.sum(dim=1) > _MEETS
            value = torch.empty(len(codes), dtype=torch.float64)
            # Sampling costs most, and what misses a limit is ranked by how it misses.
            if not misses.all():
                value[~misses] = acquisition(codes[~misses])
            if misses.any():
                value[misses] = resolution.score(codes[misses], gaps[misses]) - _OUT_OF_REACH
            value[self._repeats(codes)] = -torch.inf
            return value

        if self.candidates is not None:
            if not len(self.candidates):
                return None
            scores = in_chunks(score, self.candidates)
            scores[~self.allowed_rows] = -torch.inf
            row = int(scores.argmax())
            return None if torch.isinf(scores[row]) else (self.candidates[row], row)
        found = maximise(score, self.search, starts, self.generator)
        return None if np.isinf(found.score) else (found.codes, None)

    def _repeats(self, codes: Tensor) -> Tensor:
        return torch.tensor([key in self.taken for key in keys_of(codes)], dtype=torch.bool)

    def by_design(self, n: int) -> list[Choice]:
        """Space-filling choice while nothing is known of the goal; likely feasible conditions first."""
        pool, rows = self._design_pool()
        known = self.known.codes
        chosen = space_filling(self.problem.space, pool, n, known, self.generator, self._preference)
        unknown = torch.full((1,), torch.nan, dtype=torch.float64)
        return [
            Choice(pool[i], None if rows is None else int(rows[i]), "explore", Improvement(unknown, unknown))
            for i in chosen
        ]

    def _design_pool(self) -> tuple[Tensor, Tensor | None]:
        if self.candidates is not None:
            new = self.allowed_rows & ~self._repeats(self.candidates)
            # A table may list the same conditions twice; its first row stands for them.
            keys = keys_of(self.candidates)
            first = {keys[row]: row for row in reversed(new.nonzero()[:, 0].tolist())}
            rows = torch.tensor(sorted(first.values()), dtype=torch.long)
            if len(rows) > _N_DESIGN_CANDIDATES:
                kept = self.generator.permutation(len(rows))[:_N_DESIGN_CANDIDATES]
                rows = rows[torch.as_tensor(np.sort(kept))]
            return self.candidates[rows], rows
        pool = self.search.sample(_N_DESIGN_CANDIDATES, self.generator)
        return pool[~self._repeats(pool)], None

    def _preference(self, codes: Tensor) -> Tensor:
        return torch.exp(-shortfall(self.problem.limits, self.beliefs, codes))

    def messages(self, choices: Sequence[Choice], n: int) -> list[str]:
        """What the user should know about the proposal as a whole."""
        said = list(self.beliefs.contradictions)
        units = {name: response.unit for name, response in self.problem.responses.items()}
        said += [outlier_in_words(outlier, units[outlier.response]) for outlier in self.beliefs.outliers]
        if len(choices) < n:
            left = "the given candidates hold" if self.candidates is not None else "the search space holds"
            said.append(
                f"Only {len(choices)} of {n} experiments: {left} hold no other conditions that are new."
            )
        if choices and choices[0].purpose == "explore":
            said.append(
                f"No value of {' or '.join(self.problem.goal_sources)} is known yet: "
                "these experiments are spread over the search space."
            )
        missing = [choice for choice in choices if choice.purpose == "feasibility"]
        if missing and len(missing) == len(choices):
            said.append(self._binding_limit(choices))
        elif missing:
            met = len(choices) - len(missing)
            said.append(
                f"Only {met} of these {len(choices)} experiments can be expected to meet all limits with the "
                "stated probabilities; no other new conditions do, and the rest come closest."
            )
        return said

    def _binding_limit(self, choices: Sequence[Choice]) -> str:
        codes = torch.stack([choice.codes for choice in choices])
        limits = self.problem.limits
        wanted = with_working_process(limits, self.beliefs)
        worst = max(wanted, key=lambda limit: float(log_gap(limit, self.beliefs, codes).min()))
        met = float(probability_met(worst, self.beliefs, codes).max())
        name = "that the synthesis works" if worst is PROCESS_MUST_WORK else limit_name(worst, limits)
        side = "at most" if isinstance(worst, YesNoLimit) and worst.side == "at_most" else "at least"
        stated = shown_probability(worst, required_probability(worst))
        reached = shown_probability(worst, met)
        return (
            f"No conditions meet all limits with the stated probabilities. {name} binds: "
            f"the probability must be {side} {100 * stated:g} %, the best found is {percent(reached)}. "
            "These experiments come closest, and their results will show where the limit runs."
        )
