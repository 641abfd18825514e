"""Choosing the samples of a week together with their places on the machines."""

from collections.abc import Callable, Iterable, Sequence
from itertools import product

import numpy as np
import torch
from torch import Tensor

from ..datasets import Conditions
from ..models.beliefs import Beliefs
from ..models.encoding import codes_of_all, conditions_of_codes, distinct, frame_of_codes
from .acquisition import Improvement, NoisyImprovement
from .anchors import anchor
from .choice import Choice, Worth
from .chooser import OUT_OF_REACH, Chooser
from .goal_acquisition import Acquisition, goal_acquisition
from .known import Known, keys_of
from .lab_work import settings_key
from .machine_time import OpenPlaces
from .maximise import Score, in_chunks
from .problem import Problem
from .recommendation import RecommendationValue
from .replicates import Replicate, room_for_replicates
from .resolve import LimitResolution
from .scatter import scatter
from .space_filling import space_filling
from .week_room import Footprint, WeekRoom

# What gains less than these shares at once is chosen for what it tells.
_LITTLE_OF_SCATTER = 0.1  # of what one measurement scatters by
_LITTLE_OF_FRONT = 0.01  # of the volume that the front dominates
_HARDLY_MORE = 1.25  # times the machine time of what promises most
_N_TELLING = 24  # of the best, and as many of the others, among which it is chosen
_N_OPTIONS = 12  # that could be recommended later, and that are awaited
_N_DRAWN = 384  # conditions drawn for each way to fill runs that are planned
_N_CLIMBED = 2  # of the best of them, from which neighbours are looked at
_N_ROUNDS = 2
_MOST_WAYS = 40
_MOST_TRIED = 15  # conditions for which a timetable is looked for before the search is given up
_MOST_SOLVED = 1  # of these by the solver, where rules of thumb find no timetable


class WeekChooser(Chooser):
    """A chooser that proposes nothing that does not find room in the week.

    Candidates are looked for everywhere and, separately, among those that would fill a run that is planned
    already: what they share with it is fixed, the rest is searched. Each is worth what it is worth to any
    chooser; they are ranked by that worth per added machine time (the cost-benefit rule for choosing under
    a budget; Leskovec et al., KDD 2007), so that filling a furnace run is nearly free and a second run must
    earn its place. What is ranked first and has a timetable together with all others is chosen.

    Parameters
    ----------
    problem, beliefs, known, generator, seed
        As for a `Chooser`.
    room
        The lab, what stands in it, and the time there is.
    by_machine_time
        Rank by worth per machine time, or by worth alone.
    """

    def __init__(
        self,
        problem: Problem,
        beliefs: Beliefs,
        known: Known,
        generator: np.random.Generator,
        seed: int,
        room: WeekRoom,
        *,
        by_machine_time: bool = True,
    ) -> None:
        super().__init__(problem, beliefs, known, generator, seed, None)
        self.room, self.by_machine_time = room, by_machine_time
        self.chosen: list[Choice] = []
        self._searched = False
        self._ranked = self.known.codes[:0]  # what was looked at last, the best first

    def control(self, conditions: Conditions) -> list[Choice]:
        """The week's control sample, if it finds room."""
        codes = distinct(codes_of_all(self.problem.space, [conditions]), self.problem.space)[0]
        if not self.room.has_room([conditions], thorough=True):
            return []
        keys = keys_of(self.known.codes)
        made = [
            row
            for row, key in enumerate(keys)
            if key == keys_of(codes[None])[0] and not self.known.is_pending[row]
        ]
        return [Choice(codes, None, "control", _unknown(), repeats=made[-1] if made else None)]

    def by_week(self, n: int, begun: Sequence[Choice] = ()) -> list[Choice]:
        """Choose up to n samples besides those begun with, as long as there is room."""
        choices = self.chosen = list(begun)
        self.taken.update(key for choice in begun for key in keys_of(choice.codes[None]))
        n_wanted = len(choices) + n
        if len(choices) < n_wanted:
            choices += self._anchor()
        self._extend(choices, n_wanted, room_for_replicates(self.known, n))
        return choices

    def by_spread(self, n: int, begun: Sequence[Choice] = ()) -> list[Choice]:
        """Choose without data: fill what is planned, then spread over the space, as long as there is room."""
        choices = self.chosen = list(begun)
        self.taken.update(key for choice in begun for key in keys_of(choice.codes[None]))
        pool = self.search.sample(1000, self.generator)
        n_wanted = len(choices) + n
        while len(choices) < n_wanted:
            codes = self._most_spread([*self._to_fill(pool), pool])
            if codes is None:
                break
            choices.append(Choice(codes, None, "explore", _unknown()))
            self.taken.update(keys_of(codes[None]))
        return choices

    def value(self, choices: Sequence[Choice]) -> float:
        """What a batch is worth, in the unit of the goal: the sum of what each adds to those before it."""
        base, total = self.known.incumbents(self.problem, self.beliefs), 0.0
        for number, choice in enumerate(choices):
            if choice.purpose in ("improve", "fill", "anchor", "control", "replicate_best"):
                before = torch.stack([c.codes for c in choices[:number]]) if number else base[:0]
                everything = torch.cat([base, before])
                acquisition = goal_acquisition(
                    self.problem, self.beliefs, self.known, everything, self.seed + number
                )
                # Improvements are told in spreads of what they are held against, which grows with the batch.
                unit = acquisition.spread if isinstance(acquisition, NoisyImprovement) else 1.0
                total += unit * float(acquisition(choice.codes[None]).exp()[0])
        return total

    def _most_spread(self, pools: Iterable[Tensor]) -> Tensor | None:
        """Of the first pool that holds something with room, the most remote."""
        known = torch.cat([self.known.codes, *(choice.codes[None] for choice in self.chosen)])
        for codes in pools:
            left = codes[~self._repeats(codes)]
            for _ in range(_MOST_TRIED):
                rows = space_filling(self.problem.space, left, 1, known, self.generator, self._preference)
                if not rows:
                    break
                if self._has_room(left[rows[0]]):
                    return left[rows[0]]
                left = self._quicker(left, left[rows[0]])
        return None

    def _quicker(self, codes: Tensor, failed: Tensor) -> Tensor:
        """Those that add less machine time than what found no room."""
        places = self.room.open_places(self._conditions())
        added = self._added(torch.cat([codes, failed[None]]), places)
        return codes[added[:-1] < added[-1] - 1e-9]

    def _has_room(self, codes: Tensor, *, thorough: bool = False) -> bool:
        (conditions,) = conditions_of_codes(self.problem.space, codes[None])
        return self.room.has_room([*self._conditions(), conditions], thorough=thorough)

    def _conditions(self) -> list[Conditions]:
        if not self.chosen:
            return []
        codes = torch.stack([choice.codes for choice in self.chosen])
        return list(conditions_of_codes(self.problem.space, codes))

    def _added(self, codes: Tensor, places: Sequence[OpenPlaces]) -> np.ndarray:
        return self.room.machine_time.added(frame_of_codes(self.problem.space, codes), places)

    def _new(self, acquisition: Acquisition, resolution: LimitResolution, starts: Tensor) -> Choice | None:
        """The best new conditions; where they promise little at once, those whose result tells most."""
        new = super()._new(acquisition, resolution, starts)
        if new is None or new.purpose != "improve" or not self._promises_little(new):
            return new
        return self._most_telling(new) or new

    def _promises_little(self, new: Choice) -> bool:
        expected = float(new.improvement.expected[0])
        first, *more = self.problem.goal.objectives
        if more:
            return expected < _LITTLE_OF_FRONT
        return expected < _LITTLE_OF_SCATTER * scatter(self.problem, self.beliefs, first, new.codes)

    def _most_telling(self, new: Choice) -> Choice | None:
        """What is worth most to the recommendation, among what adds hardly more machine time and has room."""
        made, places = self._recommendable(), self.room.open_places(self._conditions())
        if not len(made) or self._promising is None:
            return None
        added = self._added(torch.cat([self._ranked, new.codes[None]]), places)
        codes = self._ranked[added[:-1] <= _HARDLY_MORE * added[-1]]
        some = np.sort(self.generator.permutation(len(codes))[:_N_TELLING])
        codes = torch.unique(torch.cat([codes[:_N_TELLING], codes[some]]), dim=0)
        chosen = torch.stack([c.codes for c in self.chosen]) if self.chosen else codes[:0]
        value = RecommendationValue(
            self.problem,
            self.beliefs,
            made=made,
            later=self._promising[:_N_OPTIONS],
            awaited=torch.cat([self.known.pending_codes, chosen])[-_N_OPTIONS:],
            asked=codes,
            seed=self.seed,
        ).of_asked()
        order = value.argsort(descending=True, stable=True)
        found = self._first_with_room(codes[order[value[order] > 0]], places)
        if found is None:
            return None
        row = keys_of(codes).index(keys_of(found[None])[0])
        return Choice(found, None, "fill", _unknown(), worth=Worth(float(value[row]), 0.0))

    def _anchor(self) -> list[Choice]:
        found = anchor(self.problem, self.beliefs, self.known, self.search)
        if found is None or keys_of(found.codes[None])[0] in {
            key for choice in self.chosen for key in keys_of(choice.codes[None])
        }:
            return []
        return super()._anchor() if self._has_room(found.codes, thorough=True) else []

    def _replicate(
        self, repeatable: Sequence[Replicate], new: Choice | None, pending: Tensor, *, first: bool
    ) -> Choice | None:
        left = list(repeatable)
        while left:
            choice = super()._replicate(left, new, pending, first=first)
            if choice is None or self._has_room(choice.codes):
                return choice
            left = [one for one in left if one.row != choice.repeats]
        return None

    def _best(
        self, acquisition: Acquisition, resolution: LimitResolution, starts: Tensor
    ) -> tuple[Tensor, int | None] | None:
        score = self._score(acquisition, resolution)
        places = self.room.open_places(self._conditions())
        drawn = self.search.sample(_N_DRAWN, self.generator)
        pools = [drawn, *self._climbed(score, drawn, lambda row, near: near)]
        if not self._searched:
            # The best of all is worth a thorough search once; what follows it is near it, or in its runs.
            self._searched = True
            found = super()._best(acquisition, resolution, starts)
            pools += [] if found is None else [found[0][None], self._around(found[0])]
        for fixed in self._to_fill(drawn, places):
            pools += [
                fixed,
                *self._climbed(score, fixed, lambda row, near, fixed=fixed: _like(near, row, fixed)),
            ]
        codes = torch.unique(torch.cat(pools), dim=0)
        codes = codes[self.search.valid(codes)]
        if not len(codes):
            return None
        worth = in_chunks(score, codes)
        rank = worth.clone()
        if self.by_machine_time:
            # Per machine time, but nothing that misses a limit comes before what keeps them all.
            added = torch.as_tensor(self._added(codes, places)).log()
            reachable = worth > -OUT_OF_REACH / 2
            rank = torch.where(reachable, worth - added, worth - 1e-3 * added)
        if any(choice.purpose == "improve" for choice in self.chosen):
            # A place that is left is no reason to make what is not expected to keep the limits.
            rank[worth < -OUT_OF_REACH / 2] = -torch.inf
        rank[torch.isinf(worth)] = -torch.inf
        order = rank.argsort(descending=True, stable=True)[: int((~torch.isinf(rank)).sum())]
        self._ranked = codes[order]
        chosen = self._first_with_room(codes[order], places)
        return None if chosen is None else (chosen, None)

    def _first_with_room(self, ranked: Tensor, places: Sequence[OpenPlaces]) -> Tensor | None:
        """The first that has room; nothing is asked that takes longer than what found none."""
        if not len(ranked):
            return None
        # What adds least may have to wait for another sample of its run; what takes least hours does not, but
        # may need a run of its own where there is time for none.
        added, alone = self._added(ranked, places), self._added(ranked, [])
        easy = (alone, alone + added, added + 1e-6 * alone)
        easiest = [ranked[row] for row in dict.fromkeys(int(hours.argmin()) for hours in easy)]
        if not any(self._has_room(codes, thorough=True) for codes in easiest):
            return None
        failed: list[Footprint] = []
        without: list[Tensor] = []
        for codes, conditions in zip(ranked, conditions_of_codes(self.problem.space, ranked), strict=True):
            footprint = self._pattern(self.room.footprint(conditions), places)
            if any(_at_least_as_long(footprint, other) for other in failed):
                continue
            if self._has_room(codes):
                return codes
            failed.append(footprint)
            without.append(codes)
            if len(failed) == _MOST_TRIED:
                break
        some = [*without[:_MOST_SOLVED], *easiest]
        return next((codes for codes in some if self._has_room(codes, thorough=True)), None)

    def _pattern(self, footprint: Footprint, places: Sequence[OpenPlaces]) -> Footprint:
        """A footprint that tells planned runs with room from all others, which are alike."""
        open_keys = {(place.step.name, settings_key(place.settings, place.resource)) for place in places}
        return tuple(
            (step, shared if shared is not None and (step, shared) in open_keys else None, duration)
            for step, shared, duration in footprint
        )

    def _around(self, row: Tensor) -> Tensor:
        return self.search.neighbours(row, self.generator)

    def _to_fill(self, drawn: Tensor, places: Sequence[OpenPlaces] | None = None) -> list[Tensor]:
        """For every way to fill planned runs, conditions that share what those runs share."""
        if places is None:
            places = self.room.open_places(self._conditions())
        by_step: dict[str, list[OpenPlaces | None]] = {}
        for place in places:
            by_step.setdefault(place.step.name, [None]).append(place)
        pools = []
        # What fills most runs at once comes first.
        ways = sorted(product(*by_step.values()), key=lambda way: sum(p is None for p in way))
        for way in ways[:_MOST_WAYS]:
            fixed = [place for place in way if place is not None]
            if not fixed:
                continue
            codes = self._with_settings(drawn, fixed)
            if len(codes):
                pools.append(codes)
        return pools

    def _with_settings(self, codes: Tensor, places: Sequence[OpenPlaces]) -> Tensor:
        """Conditions that are changed so that they fit into some runs, those that then obey all rules."""
        space = self.problem.space
        changed = codes.clone()
        for place in places:
            example = codes_of_all(space, [place.example])[0]
            columns = [space.names.index(name) for name in self._fixed_names(place)]
            changed[:, columns] = example[columns]
        changed = torch.unique(distinct(changed, space), dim=0)
        kept = self.search.valid(changed)
        frame = frame_of_codes(space, changed)
        for place in places:
            agrees = self.room.machine_time.added(frame, [place]) <= self.room.machine_time.added(frame)
            kept &= torch.as_tensor(agrees)
        return changed[kept]

    def _fixed_names(self, place: OpenPlaces) -> list[str]:
        """Parameters that a run fixes: what it shares, and the choices by which its step and those apply."""
        names = [*place.resource.shares, *place.step.when]
        for name in names:
            names += [parent for parent in self.problem.space.by_name[name].when if parent not in names]
        return list(dict.fromkeys(names))

    def _climbed(self, score: Score, codes: Tensor, kept: Callable[[Tensor, Tensor], Tensor]) -> list[Tensor]:
        """What lies around the best of some codes, and around the best of that, as far as it is `kept`."""
        pools = []
        for _ in range(_N_ROUNDS):
            best = codes[in_chunks(score, codes).argsort(descending=True, stable=True)[:_N_CLIMBED]]
            near = [kept(row, self._around(row)) for row in best]
            codes = torch.cat([best, *near])
            pools.append(codes)
        return pools


def _like(near: Tensor, row: Tensor, others: Tensor) -> Tensor:
    """Those near a row that keep every setting in which all of the others agree."""
    same = (others == others[0]).all(dim=0)
    return near[(near[:, same] == row[same]).all(dim=1)]


def _at_least_as_long(one: Footprint, other: Footprint) -> bool:
    """Whether a footprint has the same steps and planned runs as another, and no step is shorter."""
    return len(one) == len(other) and all(
        a[:2] == b[:2] and a[2] >= b[2] for a, b in zip(one, other, strict=True)
    )


def _unknown() -> Improvement:
    nothing = torch.full((1,), torch.nan, dtype=torch.float64)
    return Improvement(nothing, nothing)
