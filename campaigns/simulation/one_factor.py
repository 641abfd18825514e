"""One factor at a time, as most papers do it: vary one parameter around the best, keep what is better."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ...datasets import CategoricalParameter, NumericParameter
from ...models.encoding import codes_of_all, distinct
from ...planner.known import keys_of
from .replayed import Replayed
from .strategy import Random, Setting

_FIRST_SHARE = 0.25  # of a parameter's range, up and down; halved after each round without anything new
_MOST_ROUNDS = 8


class OneFactor:
    """Starts at the best that is known, else at random; varies the parameters in their order.

    Of a number a setting above and one below the best is tried, of a choice every other value; then the next
    parameter is varied around what is best by then. What comes into being with a choice starts in the
    middle of its range. Once a round brings nothing new the steps are halved.

    Parameters
    ----------
    campaign
        In memory.
    seed
        Of the first conditions where nothing is known, and of what is tried when nothing is left.
    """

    def __init__(self, campaign: Replayed, seed: int) -> None:
        self._setting, self._random = Setting(campaign), Random(campaign, seed)
        self._turn, self._share, self._without_news = 0, _FIRST_SHARE, 0

    def propose(self, n: int, candidates: pd.DataFrame | None) -> pd.DataFrame:
        """Vary the parameter whose turn it is, and the following ones if that gives fewer than n."""
        space, best = self._setting.problem.space, self._best()
        made = codes_of_all(
            space, [e.executed for e in self._setting.made().experiments if _is_stated(e.executed)]
        )
        tried = set(keys_of(distinct(made, space)))
        chosen: list[Tensor] = []
        rounds = 0
        while best is not None and len(chosen) < n and rounds < _MOST_ROUNDS * len(space):
            rounds += 1
            new = [
                row
                for row in self._around(best, space.names[self._turn])
                if keys_of(row[None])[0] not in tried
            ]
            if not new:
                self._next_turn()
                continue
            chosen.append(new[0])
            tried.add(keys_of(new[0][None])[0])
            self._without_news = 0
        if candidates is not None:
            found = self._setting.nearest(torch.stack(chosen), candidates) if chosen else candidates.iloc[:0]
        else:
            found = self._setting.frame(torch.stack(chosen)) if chosen else None
        missing = n - (0 if found is None else len(found))
        if missing <= 0:
            assert found is not None
            return found
        rest = None if candidates is None else candidates.drop(index=found.index if found is not None else [])
        more = self._random.propose(missing, rest)
        return (
            more
            if found is None or found.empty
            else pd.concat([found, more], ignore_index=candidates is None)
        )

    def _next_turn(self) -> None:
        n_parameters = len(self._setting.problem.space)
        self._turn = (self._turn + 1) % n_parameters
        self._without_news += 1
        if self._without_news >= n_parameters:
            self._share, self._without_news = self._share / 2, 0

    def _best(self) -> Tensor | None:
        """Codes of the best that breaks no limit, else of the best, else of nothing."""
        space = self._setting.problem.space
        known = [e for e in self._setting.made().experiments if _is_stated(e.executed)]
        known = [
            e for e in known if bool(self._setting.search.in_range(codes_of_all(space, [e.executed]))[0])
        ]
        merits = {e.id: m for e in known if (m := self._setting.merit(e)) is not None}
        kept = [e for e in known if e.id in merits and self._setting.keeps_limits(e)]
        pool = kept or [e for e in known if e.id in merits] or known
        if not pool:
            return None
        best = max(pool, key=lambda e: merits.get(e.id, -np.inf))
        return distinct(codes_of_all(space, [best.executed]), space)[0]

    def _around(self, best: Tensor, name: str) -> list[Tensor]:
        """Valid conditions that differ from the best in one parameter, and in what comes with it."""
        space = self._setting.problem.space
        column, parameter = space.names.index(name), space.by_name[name]
        here = float(best[column])
        if isinstance(parameter, CategoricalParameter):
            settings = [float(i) for i in range(parameter.n_settings) if i != int(here)]
        else:
            stride = max(1, round(self._share * (parameter.n_settings - 1)))
            position = int(parameter.index(np.asarray(here)))
            places = [position + side * stride for side in (1, -1)]
            settings = [
                float(parameter.setting(np.asarray(i))) for i in places if 0 <= i < parameter.n_settings
            ]
        rows = []
        for setting in settings:
            row = best.clone()
            row[column] = setting
            for child in space:
                if name in child.when:
                    row[space.names.index(child.name)] = _middle(child)
            rows.append(row)
        if not rows:
            return []
        codes = distinct(torch.stack(rows), space)
        changed = (codes != best).any(dim=1)
        return list(codes[changed & self._setting.search.valid(codes)])


def _middle(parameter: CategoricalParameter | NumericParameter) -> float:
    if isinstance(parameter, CategoricalParameter):
        return 0.0
    return float(parameter.setting(np.asarray((parameter.n_settings - 1) // 2)))


def _is_stated(conditions: object) -> bool:
    from ...datasets import NOT_STATED

    assert hasattr(conditions, "values")
    return not any(value is NOT_STATED for value in conditions.values())  # pyright: ignore[reportAttributeAccessIssue]
