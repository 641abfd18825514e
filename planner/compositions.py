"""All ways in which settings of several numbers add up to a total: counted, listed, drawn evenly."""

import math
from collections.abc import Sequence
from functools import reduce

import numpy as np

_MOST_UNITS = 20_000
_MOST_AT_ONCE = 1_000_000
_SLACK = 1e-9


class Compositions:
    """Positions of parts that add up to a total.

    The number of ways to complete the first parts is counted from the last part backwards, for every rest
    that may be left (dynamic programming over the grid). With these counts the ways can be numbered, and
    drawn with equal probability, without trying any that does not add up.

    Parameters
    ----------
    settings
        For each part its settings.
    total
        What they add up to.
    at_most
        How many parts may differ from 0, or None.
    """

    def __init__(self, settings: Sequence[np.ndarray], total: float, at_most: int | None = None) -> None:
        self.is_countable = False
        self._ways: list[np.ndarray] = []
        lows = sum(float(part.min()) for part in settings)
        offsets = [part - part.min() for part in settings]
        unit = _common_unit([*offsets, np.array([abs(total - lows)])], max(1.0, abs(total)))
        self._rest = round((total - lows) / unit)
        if self._rest > _MOST_UNITS:
            return
        self.is_countable = True
        self._parts = [np.rint(offset / unit).astype(int) for offset in offsets]
        self._present = [(np.abs(part) > _SLACK).astype(int) for part in settings]
        self._places = len(settings) if at_most is None else at_most
        if at_most is None:
            self._present = [np.zeros_like(present) for present in self._present]
        self._ways = self._counted()

    def _counted(self) -> list[np.ndarray]:
        """For every part, rest and number of places left: in how many ways the parts from it on fill them."""
        rest, places = max(self._rest, 0), self._places
        last = np.zeros((rest + 1, places + 1))
        last[0] = 1.0
        ways = [last]
        for parts, present in zip(reversed(self._parts), reversed(self._present), strict=True):
            here = np.zeros_like(last)
            for part, one in zip(parts.tolist(), present.tolist(), strict=True):
                if part <= rest and one <= places:
                    here[part:, one:] += ways[0][: rest + 1 - part, : places + 1 - one]
            ways.insert(0, here)
        return ways

    @property
    def may_exist(self) -> bool:
        """Whether there is a way, or whether that is too much to count."""
        return not self.is_countable or self.count >= 1

    @property
    def count(self) -> float:
        """Number of ways; exact up to 2**53."""
        return float(self._ways[0][self._rest, self._places]) if self._rest >= 0 else 0.0

    def at(self, ranks: np.ndarray) -> np.ndarray:
        """Positions of the ways with these numbers from 0 to `count` - 1, shape (n, n_parts)."""
        return self._in_chunks(np.asarray(ranks, dtype=float), None)

    def draw(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Positions of n ways, each as probable as any other, shape (n, n_parts)."""
        return self._in_chunks(np.zeros(n), generator)

    def _in_chunks(self, ranks: np.ndarray, generator: np.random.Generator | None) -> np.ndarray:
        size = max(1, _MOST_AT_ONCE // max(len(part) for part in self._parts))
        starts = range(0, max(len(ranks), 1), size)
        return np.concatenate([self._walk(ranks[start : start + size], generator) for start in starts])

    def _walk(self, ranks: np.ndarray, generator: np.random.Generator | None) -> np.ndarray:
        rest, places = np.full(len(ranks), self._rest), np.full(len(ranks), self._places)
        columns = []
        for number, (parts, present) in enumerate(zip(self._parts, self._present, strict=True)):
            if generator is not None:
                # Drawn anew for every part: one number has too few digits for all parts of a large mixture.
                ranks = generator.random(len(rest)) * self._ways[number][rest, places]
            left, free = rest[:, None] - parts, places[:, None] - present
            possible = (left >= 0) & (free >= 0)
            weights = np.where(
                possible, self._ways[number + 1][np.maximum(left, 0), np.maximum(free, 0)], 0.0
            )
            up_to = weights.cumsum(axis=1)
            # The last setting with any way stands in where rounding puts a rank at the very end.
            chosen = np.minimum((up_to <= ranks[:, None]).sum(axis=1), _last_positive(weights))
            rows = np.arange(len(rest))
            ranks = ranks - (up_to[rows, chosen] - weights[rows, chosen])
            rest, places = left[rows, chosen], free[rows, chosen]
            columns.append(chosen)
        return np.stack(columns, axis=1)


def _last_positive(weights: np.ndarray) -> np.ndarray:
    return weights.shape[1] - 1 - (weights[:, ::-1] > 0).argmax(axis=1)


def _common_unit(values: Sequence[np.ndarray], size: float) -> float:
    """Largest number of which all values are multiples, up to rounding."""
    smallest = _SLACK * size
    apart = np.unique(np.concatenate(values))
    unit = reduce(lambda a, b: _greatest_divisor(a, b, smallest), apart[apart > smallest].tolist(), 0.0)
    return unit or 1.0


def _greatest_divisor(a: float, b: float, smallest: float) -> float:
    while b > smallest:
        a, b = b, math.fmod(a, b)
        if b and a - b <= smallest:
            b = 0.0
    return a
