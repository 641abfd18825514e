"""One experiment after another: the tools to choose the next, and what was chosen so far."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..models.beliefs import Beliefs
from ..models.encoding import distinct
from .acquisition import Improvement
from .anchors import anchor
from .choice import Choice, Purpose, Worth
from .feasibility import shortfall, with_working_process
from .goal_acquisition import Acquisition, goal_acquisition
from .known import Known, keys_of
from .maximise import Score, in_chunks, maximise
from .problem import Problem
from .recommendation import RecommendationValue
from .replicates import Replicate, replicates, room_for_replicates, worth_of_doubt
from .resolve import LimitResolution
from .scatter import scatter
from .search_space import SearchSpace
from .space_filling import space_filling
from .stopping import Stopping, stopping

OUT_OF_REACH = 1e3  # puts every candidate that misses a limit below every one that meets all
_MEETS = 1e-9
_N_DESIGN_CANDIDATES = 2000
_N_PROMISING = 1024  # drawn to see where the best there is may lie
_MOST_OPTIONS = 12  # of each kind that could be recommended
_N_LAST = 24  # promising new conditions of which the last experiments are chosen
_CLEARLY = 2.0  # times as much as a new condition is a replicate worth that comes first
# What gains less than these shares is no reason to repeat an experiment.
_OF_SCATTER = 0.1  # of what one measurement scatters by
_OF_SPREAD = 0.01  # of how far the goal usually varies


class Chooser:
    """State of one proposal.

    Parameters
    ----------
    problem, beliefs, known
        What is wanted, believed and made.
    generator, seed
        Of the search, and of samples.
    candidates
        Codes to choose from, or None.
    """

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
        self.search = SearchSpace(problem.space, problem.hard_rules)
        self.taken = set(known.keys)
        self.limits = with_working_process(problem.limits, beliefs)
        self.candidates = None if candidates is None else distinct(candidates, problem.space)
        self.first_row: dict[tuple[float, ...], int] = {}
        if self.candidates is not None:
            self.allowed_rows = self.search.valid(self.candidates)
            keys = keys_of(self.candidates)
            self.first_row = {keys[row]: row for row in reversed(self.allowed_rows.nonzero()[:, 0].tolist())}
        self.chose_the_last = False
        self._promising: Tensor | None = None
        self._best_new: tuple[Tensor, float] | None = None

    def by_acquisition(self, n: int, begun: Sequence[Choice] = ()) -> list[Choice]:
        """Choose one after another, each counted as pending for the next, as are those begun with."""
        choices = list(begun) or self._anchor()
        self._extend(choices, n, 0 if begun else room_for_replicates(self.known, n))
        return choices

    def _extend(self, choices: list[Choice], n: int, room: int) -> None:
        """Add the best one after another until there are n, with repeats as far as there is room for them."""
        base = self.known.incumbents(self.problem, self.beliefs)
        repeatable = self._repeatable()
        while len(choices) < n:
            choice = self._next(choices, base, repeatable if room > 0 else [])
            if choice is None:
                break
            if choice.repeats is not None:
                room -= 1
                repeatable = [one for one in repeatable if one.row != choice.repeats]
            choices.append(choice)
            self.taken.update(keys_of(choice.codes[None]))

    def _next(
        self, choices: Sequence[Choice], base: Tensor, repeatable: Sequence[Replicate]
    ) -> Choice | None:
        """The best experiment after those chosen, new or one that can be repeated; None if there is none."""
        number = len(choices)
        chosen = torch.stack([c.codes for c in choices]) if choices else base[:0]
        pending = torch.cat([self.known.pending_codes, chosen])
        everything = torch.cat([base, chosen])
        acquisition = goal_acquisition(self.problem, self.beliefs, self.known, everything, self.seed + number)
        resolution = LimitResolution(self.beliefs, self.limits, pending, self.seed + number)
        new = self._new(acquisition, resolution, everything)
        if self._promising is None:
            self._look_around(acquisition, new)
        again = self._replicate(repeatable, new, pending, first=number == 0) if repeatable else None
        return again or new

    def as_the_last(self, n: int) -> list[Choice]:
        """Choose those that add most to what can be recommended once they are made."""
        base = self.known.incumbents(self.problem, self.beliefs)
        acquisition = goal_acquisition(self.problem, self.beliefs, self.known, base, self.seed)
        resolution = LimitResolution(self.beliefs, self.limits, self.known.pending_codes, self.seed)
        new = self._new(acquisition, resolution, base)
        self._look_around(acquisition, new)
        if new is None or new.purpose == "feasibility":
            # Nothing can be recommended yet: what comes closest to the limits is all there is to try.
            return self.by_acquisition(n)
        assert self._promising is not None
        most = max(_N_LAST, n)
        near = self._promising[: 4 * most]
        near = near[(shortfall(self.problem.limits, self.beliefs, near) <= _MEETS) & ~self._repeats(near)]
        asked = torch.cat([new.codes[None], near[[k not in keys_of(new.codes[None]) for k in keys_of(near)]]])
        repeatable = self._repeatable()
        asked = torch.cat([asked[:most], *(one.codes[None] for one in repeatable)])
        n_new = len(asked) - len(repeatable)
        choices: list[Choice] = []
        while len(choices) < n:
            chosen = torch.stack([c.codes for c in choices]) if choices else asked[:0]
            awaited = torch.cat([self.known.pending_codes, chosen])
            value = RecommendationValue(
                self.problem,
                self.beliefs,
                made=self._recommendable(),
                later=asked[:0],
                awaited=awaited,
                asked=asked,
                seed=self.seed + len(choices),
            ).of_asked()
            taken = set(keys_of(chosen))
            value[torch.tensor([key in taken for key in keys_of(asked)], dtype=torch.bool)] = -torch.inf
            value[n_new:] /= _CLEARLY
            best = int(value.argmax())
            if not torch.isfinite(value[best]):
                break
            choices.append(self._last(asked, n_new, repeatable, best, value, torch.cat([base, chosen])))
            self.taken.update(keys_of(choices[-1].codes[None]))
        self.chose_the_last = True
        # What adds nothing to the recommendation is still new, and was asked for.
        return choices if len(choices) == n else self.by_acquisition(n, choices)

    def _last(
        self,
        asked: Tensor,
        n_new: int,
        repeatable: Sequence[Replicate],
        best: int,
        value: Tensor,
        base: Tensor,
    ) -> Choice:
        codes = asked[best]
        if best >= n_new:
            instead = float(value[:n_new].max())
            worth = Worth(_CLEARLY * float(value[best]), instead) if math.isfinite(instead) else None
            return self._again(repeatable[best - n_new], worth)
        improvement = goal_acquisition(self.problem, self.beliefs, self.known, base, self.seed).improvement(
            codes[None]
        )
        return Choice(codes, self._row(codes), "improve", improvement)

    def _new(self, acquisition: Acquisition, resolution: LimitResolution, starts: Tensor) -> Choice | None:
        """The best new conditions."""
        found = self._best(acquisition, resolution, starts)
        if found is None:
            return None
        codes, row = found
        missing = float(shortfall(self.problem.limits, self.beliefs, codes[None])[0])
        purpose: Purpose = "improve" if missing <= _MEETS else "feasibility"
        improvement = acquisition.improvement(codes[None])
        if self._best_new is None and purpose == "improve":
            self._best_new = (codes, float(improvement.expected[0]))
        return Choice(codes, row, purpose, improvement)

    def _score(self, acquisition: Acquisition, resolution: LimitResolution) -> Score:
        """What candidates are worth; whatever misses a limit is below all that meets every one."""

        def score(codes: Tensor) -> Tensor:
            gaps = resolution.gaps(codes)
            misses = gaps.sum(dim=1) > _MEETS
            value = torch.empty(len(codes), dtype=torch.float64)
            # Sampling costs most, and what misses a limit is ranked by how it misses.
            if not misses.all():
                value[~misses] = acquisition(codes[~misses])
            if misses.any():
                value[misses] = resolution.score(codes[misses], gaps[misses]) - OUT_OF_REACH
            value[self._repeats(codes)] = -torch.inf
            return value

        return score

    def _best(
        self, acquisition: Acquisition, resolution: LimitResolution, starts: Tensor
    ) -> tuple[Tensor, int | None] | None:
        score = self._score(acquisition, resolution)
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

    def _row(self, codes: Tensor) -> int | None:
        return self.first_row.get(keys_of(codes[None])[0])

    def _listed(self, codes: Tensor) -> bool:
        return self.candidates is None or self._row(codes) is not None

    def _anchor(self) -> list[Choice]:
        """What another lab has made, to be made again before anything new; empty if that is not wanted."""
        found = anchor(self.problem, self.beliefs, self.known, self.search)
        if found is None or not self._listed(found.codes):
            return []
        self.taken.update(keys_of(found.codes[None]))
        return [Choice(found.codes, self._row(found.codes), "anchor", _unknown(), repeats=found.row)]

    def _repeatable(self) -> list[Replicate]:
        if not self.known.is_measured.any() or not self.problem.goal_sources:
            return []
        if self.candidates is not None and not any(key in self.first_row for key in self.known.keys):
            return []
        found = replicates(self.problem, self.beliefs, self.known, self.search)
        return [one for one in found if self._listed(one.codes)]

    def _again(self, one: Replicate, worth: Worth | None) -> Choice:
        return Choice(one.codes, self._row(one.codes), one.ground, _unknown(), repeats=one.row, worth=worth)

    def _replicate(
        self, repeatable: Sequence[Replicate], new: Choice | None, pending: Tensor, *, first: bool
    ) -> Choice | None:
        """The replicate that is worth more than the best new conditions, if any is."""
        chosen = set(keys_of(pending))
        left = [one for one in repeatable if keys_of(one.codes[None])[0] not in chosen]
        if not left or new is None:
            return None
        made = self._recommendable()
        if not len(made):
            # With nothing to recommend there is no decision that a repeat could change.
            return None
        asked = torch.stack([new.codes, *(one.codes for one in left)])
        assert self._promising is not None
        value = RecommendationValue(
            self.problem,
            self.beliefs,
            made=made,
            later=torch.cat([self._promising[:_MOST_OPTIONS], new.codes[None]]),
            awaited=pending[-_MOST_OPTIONS:],
            asked=asked,
            seed=self.seed,
        )
        worths = value.of_asked()
        self._add_doubt(worths, left, value, made)
        best = int(worths[1:].argmax())
        here, instead = float(worths[1 + best]), float(worths[0])
        least = self._worth_making(made[int(value.usual.argmax())], value)
        needed = max((_CLEARLY if first else 1.0) * instead, least)
        return self._again(left[best], Worth(here, instead)) if here > needed else None

    def _worth_making(self, codes: Tensor, value: RecommendationValue) -> float:
        """The least gain that is a reason to repeat an experiment, in the unit in which they are valued."""
        objectives = self.problem.goal.objectives
        sds = [scatter(self.problem, self.beliefs, o, codes) for o in objectives]
        share = min(sd / spread for sd, spread in zip(sds, value.spreads, strict=True))
        return max(_OF_SCATTER * share, _OF_SPREAD) * value.unit_of_worth

    def _add_doubt(
        self, worths: Tensor, left: Sequence[Replicate], value: RecommendationValue, made: Tensor
    ) -> None:
        """Values that are not obeyed may be right after all, which no posterior sample knows."""
        usual, keys = value.usual, keys_of(made)
        by_id = {outlier.experiment: outlier for outlier in self.beliefs.outliers}
        for position, one in enumerate(left):
            experiment = self.known.experiments[one.row]
            outlier = by_id.get(experiment.id)
            here = keys_of(one.codes[None])[0]
            if outlier is None or here not in keys:
                continue
            others = [i for i, key in enumerate(keys) if key != here]
            other = float(usual[others].max()) if others else 0.0
            itself = float(usual[keys.index(here)])
            worths[1 + position] += worth_of_doubt(outlier, experiment, self.problem, itself, other)

    def _recommendable(self) -> Tensor:
        """Measured conditions that could be recommended, the most promising, shape (n, n_parameters)."""
        codes = self.known.rivals(self.problem, self.beliefs, _MOST_OPTIONS)
        outliers = {outlier.experiment for outlier in self.beliefs.outliers}
        doubted = [
            row
            for row, e in enumerate(self.known.experiments)
            if e.id in outliers and bool(self.known.is_rival[row])
        ]
        return torch.unique(torch.cat([codes, self.known.codes[doubted]]), dim=0)

    def _look_around(self, acquisition: Acquisition, new: Choice | None) -> None:
        """Rank conditions all over the space, measured ones included, by what they promise."""
        generator = np.random.default_rng([self.seed, 1])
        if self.candidates is not None:
            rows = np.sort(generator.permutation(len(self.candidates))[:_N_PROMISING])
            codes = self.candidates[rows][self.allowed_rows[rows]]
        else:
            codes = self.search.sample(_N_PROMISING, generator)
        if new is not None and self.candidates is None:
            codes = torch.cat([codes, self.search.neighbours(new.codes, generator), new.codes[None]])
        codes = torch.unique(codes, dim=0)
        scores = in_chunks(acquisition, codes) if len(codes) else torch.zeros(0)
        self._promising = codes[scores.argsort(descending=True, stable=True)]

    def stopping(self) -> Stopping | None:
        """Advice on stopping; None while nothing new can be expected to keep the limits."""
        if self._best_new is None or self._promising is None:
            return None
        codes, gain = self._best_new
        costs = {
            name: float(cost.values(self.problem.space, codes[None])[0])
            for name, cost in self.problem.costs.items()
        }
        return stopping(self.problem, self.beliefs, self.known, self._promising, gain, costs, self.seed)

    def by_design(self, n: int) -> list[Choice]:
        """Space-filling choice while nothing is known of the goal; likely feasible conditions first."""
        pool, rows = self._design_pool()
        known = self.known.codes
        chosen = space_filling(self.problem.space, pool, n, known, self.generator, self._preference)
        return [
            Choice(pool[i], None if rows is None else int(rows[i]), "explore", _unknown()) for i in chosen
        ]

    def _design_pool(self) -> tuple[Tensor, Tensor | None]:
        if self.candidates is not None:
            # A table may list the same conditions twice; its first row stands for them.
            rows = torch.tensor(
                sorted(row for key, row in self.first_row.items() if key not in self.taken), dtype=torch.long
            )
            if len(rows) > _N_DESIGN_CANDIDATES:
                kept = self.generator.permutation(len(rows))[:_N_DESIGN_CANDIDATES]
                rows = rows[torch.as_tensor(np.sort(kept))]
            return self.candidates[rows], rows
        pool = self.search.sample(_N_DESIGN_CANDIDATES, self.generator)
        return pool[~self._repeats(pool)], None

    def _preference(self, codes: Tensor) -> Tensor:
        return torch.exp(-shortfall(self.problem.limits, self.beliefs, codes))


def _unknown() -> Improvement:
    nothing = torch.full((1,), math.nan, dtype=torch.float64)
    return Improvement(nothing, nothing)
