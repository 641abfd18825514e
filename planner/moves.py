"""Moves from conditions to others near them, on the grid and in keeping with fixed sums."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..datasets import NumericParameter
from .grid import Grid
from .rules import Rule
from .sums import linear_parts

_STRIDES = (1, 2, 5, 13, 34, 89, 233)
_MOST_VALUES = 60  # of one category that are tried at once
_N_FILLINGS = 8  # random settings tried for what comes into being with a category


@dataclass(frozen=True)
class Moves:
    """Ways from one row of positions to others; what a move breaks is for the caller to find.

    Attributes
    ----------
    grid
        All settings.
    rules
        Those that bound or fix sums tell which numbers to exchange against each other.
    """

    grid: Grid
    rules: tuple[Rule, ...] = ()

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """For each parameter those that exist only with some of its values, at any depth."""
        parameters = self.grid.space.parameters
        direct = [[c for c, child in enumerate(parameters) if p.name in child.when] for p in parameters]

        def below(column: int) -> Iterator[int]:
            for child in direct[column]:
                yield child
                yield from below(child)

        return tuple(tuple(dict.fromkeys(below(column))) for column in range(len(parameters)))

    @cached_property
    def sums(self) -> tuple[tuple[tuple[int, ...], tuple[float, ...]], ...]:
        """Columns and weights of every sum that a rule speaks of."""
        found = []
        for rule in linear_parts(self.rules):
            weights = {name: weight for name, weight in rule.coefficients.items() if weight}
            if len(weights) > 1:
                found.append((tuple(map(self.grid.space.names.index, weights)), tuple(weights.values())))
        return tuple(found)

    def other_settings(self, row: np.ndarray, active: np.ndarray) -> list[np.ndarray]:
        """Every number that applies moved by growing strides, and to both ends of its range."""
        moved = []
        for column in np.flatnonzero(active & self.grid.is_numeric).tolist():
            here, last = int(row[column]), int(self.grid.counts[column]) - 1
            places = {here + sign * stride for stride in _STRIDES for sign in (-1, 1)} | {0, last}
            moved += [_with(row, column, place) for place in sorted(places - {here}) if 0 <= place <= last]
        return moved

    def other_values(
        self, row: np.ndarray, active: np.ndarray, generator: np.random.Generator
    ) -> list[np.ndarray]:
        """Every category that applies changed; what exists only with it takes a few random settings."""
        moved = []
        for column in np.flatnonzero(active & ~self.grid.is_numeric).tolist():
            values = np.delete(np.arange(self.grid.counts[column]), int(row[column]))
            if len(values) > _MOST_VALUES:
                values = generator.permutation(values)[:_MOST_VALUES]
            for value in values:
                other = _with(row, column, value)
                moved.append(other)
                below = list(self.children[column])
                for _ in range(_N_FILLINGS if below else 0):
                    filled = other.copy()
                    filled[below] = generator.integers(self.grid.counts[below])
                    moved.append(filled)
        return moved

    def exchanges(
        self, row: np.ndarray, active: np.ndarray, strides: Sequence[int] = _STRIDES
    ) -> list[np.ndarray]:
        """One number of a sum raised as another falls by as much; also one put wholly in another's place."""
        moved: list[np.ndarray] = []
        for columns, weights in self.sums:
            present = [(c, w) for c, w in zip(columns, weights, strict=True) if active[c]]
            for (a, weight_a), (b, weight_b) in itertools.permutations(present, 2):
                steps = np.array([sign * stride for stride in strides for sign in (-1, 1)])
                places = np.unique([*np.clip(row[a] + steps, 0, self.grid.counts[a] - 1), 0])
                places = places[places != row[a]]
                rows = np.repeat(row[None], len(places), axis=0)
                partners, exact = self._partners(rows, a, places, b, weight_a / weight_b)
                rows[:, a], rows[:, b] = places, partners
                moved += list(rows[exact])
        return moved

    def _partners(
        self, rows: np.ndarray, a: int, places: np.ndarray, b: int, ratio: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Positions of b that make up for moves of a to other places, and whether they do so exactly."""
        first, second = self.grid.space.parameters[a], self.grid.space.parameters[b]
        assert isinstance(first, NumericParameter) and isinstance(second, NumericParameter)
        gained = first.setting(places) - first.setting(rows[:, a])
        wanted = second.setting(rows[:, b]) - ratio * gained
        positions = second.index(wanted)
        short = np.abs(second.setting(positions) - wanted)
        return positions, short <= 1e-9 * np.maximum(1.0, np.abs(wanted))

    def random(self, rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Each row after one random move, shapes (n, n_parameters).

        A number moves by a stride drawn evenly on a logarithmic scale, another of its sum against it; a
        category takes another value, and what exists only with it any setting.
        """
        moved, every = rows.copy(), np.arange(len(rows))
        able = self.grid.active(rows) & (self.grid.counts > 1)
        columns = (generator.random(rows.shape) * able).argmax(axis=1)
        counts, here = self.grid.counts[columns], rows[every, columns]
        strides = np.maximum(1, np.rint((counts / 2) ** generator.random(len(rows)))).astype(int)
        signs = generator.choice([-1, 1], size=len(rows))
        others = (here + generator.integers(1, np.maximum(counts, 2))) % counts
        stepped = np.clip(here + signs * strides, 0, counts - 1)
        moved[every, columns] = np.where(self.grid.is_numeric[columns], stepped, others)
        for column in np.unique(columns):
            mine = np.flatnonzero(columns == column)
            below = np.array(self.children[column], dtype=int)
            moved[np.ix_(mine, below)] = generator.integers(
                self.grid.counts[below], size=(len(mine), len(below))
            )
            self._exchange(rows, moved, mine, int(column), able, generator)
        return self.grid.tidy(moved)

    def _exchange(
        self,
        rows: np.ndarray,
        moved: np.ndarray,
        mine: np.ndarray,
        column: int,
        able: np.ndarray,
        generator: np.random.Generator,
    ) -> None:
        """Where a number of a sum has moved, move another of its sum the other way."""
        for columns, weights in self.sums:
            if column not in columns:
                continue
            chance = generator.random((len(mine), len(columns))) * able[np.ix_(mine, np.array(columns))]
            chance[:, columns.index(column)] = 0.0
            partners, can = np.array(columns)[chance.argmax(axis=1)], chance.max(axis=1) > 0
            for other in np.unique(partners[can]):
                some = mine[can & (partners == other)]
                ratio = weights[columns.index(column)] / weights[columns.index(int(other))]
                places, exact = self._partners(rows[some], column, moved[some, column], int(other), ratio)
                moved[some[exact], other] = places[exact]


def _with(row: np.ndarray, column: int, place: int) -> np.ndarray:
    moved = row.copy()
    moved[column] = place
    return moved
