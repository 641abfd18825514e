"""What an experiment costs: hours and energy, known from its conditions and therefore not modelled."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..datasets import NOT_STATED, Conditions, InputError, NumericParameter, ParameterSpace
from .limits import Side

if TYPE_CHECKING:
    from torch import Tensor

_TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class CostTerm:
    """What one step adds, where it applies.

    Attributes
    ----------
    constant
        In the unit of the cost.
    per_unit
        Unit of the cost per unit of each named numeric parameter; one that does not apply adds nothing.
    when
        Categorical parameters and the values with which the step applies; empty: always.
    """

    constant: float = 0.0
    per_unit: Mapping[str, float] = field(default_factory=dict)
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, conditions: pd.DataFrame) -> np.ndarray:
        """What the step adds for each row, shape (n_rows,)."""
        total = np.full(len(conditions), float(self.constant))
        for name, weight in self.per_unit.items():
            total += weight * np.nan_to_num(conditions[name].to_numpy(float))
        for name, values in self.when.items():
            total *= conditions[name].isin(list(values)).to_numpy()
        return total

    def ends(self, space: ParameterSpace) -> tuple[float, float]:
        """Bounds of what it adds anywhere in a space."""
        low = high = self.constant
        for name, weight in self.per_unit.items():
            parameter = space.by_name[name]
            assert isinstance(parameter, NumericParameter)
            parts = [weight * parameter.low, weight * parameter.high, *([0.0] if parameter.when else [])]
            low, high = low + min(parts), high + max(parts)
        return (min(low, 0.0), max(high, 0.0)) if self.when else (low, high)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A sum over the steps of an experiment, all of which it is assumed to go through.

    Attributes
    ----------
    name
        As it stands in the goal, in limits and in tables.
    unit
        ``h`` or ``kWh``.
    terms
        What each step adds.
    """

    name: str
    unit: str
    terms: tuple[CostTerm, ...]

    def of_rows(self, conditions: pd.DataFrame) -> np.ndarray:
        """The cost of each row of conditions, NaN and None where a parameter does not apply."""
        return np.sum([term.of(conditions) for term in self.terms], axis=0)

    def values(self, space: ParameterSpace, codes: "Tensor") -> "Tensor":
        """The cost of each row of codes, shapes (n, n_parameters) to (n,)."""
        import torch

        from ..models.encoding import frame_of_codes

        return torch.as_tensor(self.of_rows(frame_of_codes(space, codes)), dtype=torch.float64)

    def of(self, conditions: Conditions) -> float | None:
        """The cost of one experiment; None where a condition that it depends on was not stated."""
        asked = {name for term in self.terms for name in (*term.per_unit, *term.when)}
        if any(conditions[name] is NOT_STATED for name in asked):
            return None
        # A column without its type would make a missing number an object.
        row = pd.DataFrame({name: [math.nan if v is None else v] for name, v in conditions.items()})
        return float(self.of_rows(row)[0])

    def ends(self, space: ParameterSpace) -> tuple[float, float]:
        """Bounds of the cost anywhere in a space; rules may keep it from reaching them."""
        lows, highs = zip(*(term.ends(space) for term in self.terms), strict=True)
        return sum(lows), sum(highs)

    def spread(self, space: ParameterSpace) -> float:
        """How far the cost usually varies: a quarter of its range, never nothing."""
        low, high = self.ends(space)
        return (high - low) / 4 if high > low else max(abs(high), 1.0)


@dataclass(frozen=True, kw_only=True)
class CostLimit:
    """A bound on a cost, ``process_hours: {at_most: 40}``: met or not, so it holds like a rule.

    Attributes
    ----------
    cost
        What is bounded.
    side, bound
        The cost must be at least or at most `bound`, in its unit.
    """

    cost: Cost
    side: Side
    bound: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.bound):
            raise InputError(f"limits: the bound of {self.cost.name} must be a finite number")

    @property
    def response(self) -> str:
        """Name of the cost, under which it stands among the limits."""
        return self.cost.name

    @property
    def reason(self) -> str:
        """Where it comes from, for people."""
        return "a limit of the campaign"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters that the cost depends on."""
        names = (name for term in self.cost.terms for name in (*term.per_unit, *term.when))
        return tuple(dict.fromkeys(names))

    def meets(self, cost: float | np.ndarray) -> np.ndarray:
        """Whether costs keep the bound, shape of `cost`."""
        slack = _TOLERANCE * max(1.0, abs(self.bound))
        value = np.asarray(cost)
        return value >= self.bound - slack if self.side == "at_least" else value <= self.bound + slack

    def holds(self, conditions: pd.DataFrame) -> np.ndarray:
        """Whether each row of conditions keeps the bound, shape (n_rows,)."""
        return self.meets(self.cost.of_rows(conditions))

    def __str__(self) -> str:
        return f"{self.cost.name} {self.side.replace('_', ' ')} {self.bound:g} {self.cost.unit}"
