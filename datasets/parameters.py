"""Parameters: the synthesis conditions that someone sets, in the unit the lab writes down."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import numpy as np

from .errors import InputError, listed
from .names import check_name, check_named_unit
from .qualified_value import shortest

Scale = Literal["linear", "log"]
When = Mapping[str, tuple[str, ...]]

_FINEST_GRID = 1000
_PER_DECADE = 100
# What a suggestion computes from numbers further apart overflows.
_LARGEST_SPAN = 1e290
_WITHOUT_DECIMALS = 1e15


@dataclass(frozen=True, kw_only=True)
class NumericParameter:
    """A condition that is a number.

    Attributes
    ----------
    name
        As it stands in tables and files.
    unit
        Unit of every value, or None for a bare number.
    low, high
        Range that may be proposed, in `unit`.
    step
        Distance of neighbouring settings from `low` on, or None if any value may be set; the grid is then
        fine, and on a log scale it is geometric, with both ends on it.
    levels
        The only settings there are (ascending), instead of a step; empty if there is a range.
    scale
        ``log`` if equal ratios matter, not equal differences.
    when
        Parent parameters and the values for which this parameter exists; empty: always.
    """

    name: str
    unit: str | None = None
    low: float
    high: float
    step: float | None = None
    levels: tuple[float, ...] = ()
    scale: Scale = "linear"
    when: When = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"parameter '{self.name}'"
        check_name(self.name, where)
        if self.unit:
            check_named_unit(self.unit, where)
        if not all(map(math.isfinite, (self.low, self.high))):
            raise InputError(f"{where}: from and to must be finite numbers")
        if self.levels:
            if list(self.levels) != sorted(set(self.levels)) or not all(map(math.isfinite, self.levels)):
                raise InputError(f"{where}: values must be distinct finite numbers, smallest first")
            if (self.low, self.high) != (self.levels[0], self.levels[-1]) or self.step is not None:
                raise InputError(f"{where}: give either values or a range with a step")
        if not self.low <= self.high:
            raise InputError(
                f"{where}: from must not be above to, got {self.low:g} and {self.high:g}; swap the two"
            )
        if not self.high - self.low <= _LARGEST_SPAN:
            raise InputError(f"{where}: from and to are too far apart, got {self.low:g} and {self.high:g}")
        if self.step is not None and not (math.isfinite(self.step) and self.step > 0):
            raise InputError(f"{where}: step must be above 0, got {self.step:g}")
        if self.scale == "log" and self.low <= 0:
            raise InputError(f"{where}: a log scale needs from above 0, got {self.low:g}")
        object.__setattr__(self, "when", MappingProxyType(dict(self.when)))

    @property
    def allowed(self) -> str:
        """What may be set, in words."""
        unit = f" {self.unit}" if self.unit else ""
        if self.levels:
            return listed([shortest(level) for level in self.levels]) + unit
        return f"{self.low:g} to {self.high:g}{unit}"

    @cached_property
    def _listed_settings(self) -> np.ndarray | None:
        """All settings, ascending, unless they lie at equal distances."""
        if self.levels:
            return np.asarray(self.levels, dtype=float)
        if self.scale == "log" and self.step is None:
            return _geometric(self.low, self.high)
        return None

    @property
    def n_settings(self) -> int:
        """Number of distinct settings on the grid of `setting`."""
        if self._listed_settings is not None:
            return len(self._listed_settings)
        return math.floor((self.high - self.low) / self.grid_step + 1e-9) + 1 if self.high > self.low else 1

    @property
    def grid_step(self) -> float:
        """`step`, or a round number that divides the range finely where any value may be set.

        Settings lie at this distance, unless there are `levels` or a log scale without a step.
        """
        if self.step is not None:
            return self.step
        span = self.high - self.low
        return 10.0 ** math.floor(math.log10(span / _FINEST_GRID)) if span > 0 else 1.0

    def setting(self, index: np.ndarray) -> np.ndarray:
        """Values of grid positions 0 to `n_settings` - 1, any shape."""
        if self._listed_settings is not None:
            return self._listed_settings[index]
        # Rounding removes the tails of binary fractions, so that 0.1 * 3 reads 0.3 in a table.
        exact = self.low + np.asarray(index) * self.grid_step
        if max(abs(self.low), abs(self.high)) > _WITHOUT_DECIMALS:
            return exact
        return np.round(exact, max(12, 4 - math.floor(math.log10(self.grid_step))))

    def index(self, value: np.ndarray, past: np.ndarray | int = 0) -> np.ndarray:
        """Nearest grid position of each value, any shape; values beyond the range give the ends.

        Parameters
        ----------
        value
            The values.
        past
            Where above 0, the nearest position at or above the value; where below 0, at or below it.
        """
        goal = np.asarray(value, dtype=float)
        if self._listed_settings is not None:
            nearest, above, below = _positions(self._listed_settings, goal, self.scale)
        else:
            exact = (goal - self.low) / self.grid_step
            nearest, above, below = np.rint(exact), np.ceil(exact - 1e-9), np.floor(exact + 1e-9)
        position = np.where(np.asarray(past) > 0, above, np.where(np.asarray(past) < 0, below, nearest))
        return np.clip(position, 0, self.n_settings - 1).astype(int)


def _geometric(low: float, high: float) -> np.ndarray:
    """Rounded settings at about equal ratios, from `low` to `high`."""
    decades = math.log10(high) - math.log10(low)
    if decades <= 0:
        return np.unique(np.asarray([low, high], dtype=float))
    n = max(_PER_DECADE, round(_PER_DECADE * decades))
    digits = 3 + max(0, math.floor(-math.log10(decades)))
    exponents = np.linspace(math.log10(low), math.log10(high), n + 1)[1:-1]
    between = [float(f"{10.0**exponent:.{digits}g}") for exponent in exponents]
    return np.unique([low, *(x for x in between if low < x < high), high])


def _positions(
    settings: np.ndarray, goal: np.ndarray, scale: Scale
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of the nearest setting, the nearest at or above, and the nearest at or below each goal."""
    low, high = settings[:-1], settings[1:]
    middle = np.sqrt(low) * np.sqrt(high) if scale == "log" else low + (high - low) / 2
    # Rounding must not make a setting nearer to its neighbour than to itself.
    middle = np.clip(middle, low, np.nextafter(high, low))
    slack = 1e-9 * np.abs(goal)
    return (
        np.searchsorted(middle, goal, side="left"),
        np.searchsorted(settings, goal - slack, side="left"),
        np.searchsorted(settings, goal + slack, side="right") - 1,
    )


@dataclass(frozen=True, kw_only=True)
class CategoricalParameter:
    """A condition chosen from a list of names.

    Attributes
    ----------
    name
        As it stands in tables and files.
    values
        The names, at least one.
    descriptors
        For each value the same named numbers (size, polarity...), or empty. With descriptors,
        values that are alike in them teach each other.
    when
        Parent parameters and the values for which this parameter exists; empty: always.
    """

    name: str
    values: tuple[str, ...]
    descriptors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    when: When = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"parameter '{self.name}'"
        check_name(self.name, where)
        if not self.values:
            raise InputError(f"{where}: needs at least one value")
        repeated = sorted({value for value in self.values if self.values.count(value) > 1})
        if repeated:
            raise InputError(f"{where}: the value '{repeated[0]}' stands twice")
        if any(not value or value != value.strip() for value in self.values):
            raise InputError(f"{where}: a value is empty, or begins or ends with a blank")
        self._check_descriptors(where)
        object.__setattr__(self, "when", MappingProxyType(dict(self.when)))

    def _check_descriptors(self, where: str) -> None:
        if not self.descriptors:
            return
        if set(self.descriptors) != set(self.values):
            raise InputError(f"{where}: descriptors must be given for {listed(self.values)}, each once")
        names = [tuple(sorted(numbers)) for numbers in self.descriptors.values()]
        if len(set(names)) != 1 or not names[0]:
            raise InputError(f"{where}: every value needs the same descriptors")
        if not all(math.isfinite(x) for numbers in self.descriptors.values() for x in numbers.values()):
            raise InputError(f"{where}: descriptors must be finite numbers")

    @property
    def unit(self) -> None:
        """Names have no unit."""
        return None

    @property
    def allowed(self) -> str:
        """What may be set, in words."""
        return listed(self.values)

    @property
    def n_settings(self) -> int:
        """Number of values."""
        return len(self.values)


Parameter = NumericParameter | CategoricalParameter
