"""What is known beforehand to be impossible or unwanted; rules hold exactly, for every suggestion."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..datasets import InputError
from .cost import CostLimit
from .machine_bounds import MachineBound

_TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class LinearRule:
    """A bound on a weighted sum of numeric parameters; one that does not apply counts as nothing.

    Attributes
    ----------
    coefficients
        Weight of each parameter, per its unit.
    at_least, at_most
        Bounds of the sum; equal bounds fix it (fractions that sum to one).
    reason
        Why, for people.
    """

    coefficients: Mapping[str, float]
    at_least: float = -math.inf
    at_most: float = math.inf
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.coefficients or not all(map(math.isfinite, self.coefficients.values())):
            raise InputError("rules: linear needs a finite factor for at least one parameter")
        if not self.at_least <= self.at_most:
            raise InputError(
                f"rules: at_least must not be above at_most, got {self.at_least:g} and {self.at_most:g}"
            )
        if math.isinf(self.at_least) and math.isinf(self.at_most):
            raise InputError("rules: linear needs at_least, at_most or equals")

    @property
    def is_equality(self) -> bool:
        """Whether the rule fixes the sum."""
        return self.at_least == self.at_most

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters that the rule speaks of."""
        return tuple(self.coefficients)

    def holds(self, conditions: pd.DataFrame) -> np.ndarray:
        """Whether each row obeys the rule, shape (n_rows,)."""
        total = np.zeros(len(conditions))
        for name, weight in self.coefficients.items():
            total += weight * np.nan_to_num(conditions[name].to_numpy(float))
        size = sum(abs(w) for w in self.coefficients.values())
        slack = _TOLERANCE * max(
            1.0, size, *(abs(b) for b in (self.at_least, self.at_most) if math.isfinite(b))
        )
        return (total >= self.at_least - slack) & (total <= self.at_most + slack)

    def __str__(self) -> str:
        terms = " + ".join(name if w == 1 else f"{w:g} {name}" for name, w in self.coefficients.items())
        if self.is_equality:
            return f"{terms} = {self.at_most:g}"
        lower = "" if math.isinf(self.at_least) else f"{self.at_least:g} <= "
        upper = "" if math.isinf(self.at_most) else f" <= {self.at_most:g}"
        return f"{lower}{terms}{upper}"


@dataclass(frozen=True, kw_only=True)
class ExcludeRule:
    """A combination of settings that is never made.

    Attributes
    ----------
    settings
        For each parameter the values that together are excluded; a number excludes that number.
    reason
        Why, for people.
    """

    settings: Mapping[str, tuple[float | str, ...]]
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.settings:
            raise InputError("rules: exclude needs at least one parameter")

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters that the rule speaks of."""
        return tuple(self.settings)

    def holds(self, conditions: pd.DataFrame) -> np.ndarray:
        """Whether each row obeys the rule, shape (n_rows,)."""
        excluded = np.ones(len(conditions), bool)
        for name, values in self.settings.items():
            excluded &= conditions[name].isin(list(values)).to_numpy()
        return ~excluded

    def __str__(self) -> str:
        settings = ", ".join(
            f"{name}: {' or '.join(str(v) for v in values)}" for name, values in self.settings.items()
        )
        return f"never {settings}"


@dataclass(frozen=True, kw_only=True)
class MixtureRule:
    """Shares that add up to a total; one that does not apply counts as nothing.

    Attributes
    ----------
    components
        Parameters that are shares, none of which can be below 0.
    total
        What they add up to: 1, 100 %, any amount above 0.
    at_most_components
        How many of them may be above 0 at once, or None for all.
    reason
        Why, for people.
    """

    components: tuple[str, ...]
    total: float
    at_most_components: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if len(set(self.components)) < len(self.components) or len(self.components) < 2:
            raise InputError("rules: mixture needs at least two different parameters")
        if not (math.isfinite(self.total) and self.total > 0):
            raise InputError(f"rules: total must be above 0, got {self.total:g}")
        if self.at_most_components is not None and not 1 <= self.at_most_components <= len(self.components):
            raise InputError(
                f"rules: at_most_components must lie between 1 and {len(self.components)}, "
                f"got {self.at_most_components}"
            )

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters that the rule speaks of."""
        return self.components

    def holds(self, conditions: pd.DataFrame) -> np.ndarray:
        """Whether each row obeys the rule, shape (n_rows,)."""
        shares = np.nan_to_num(conditions[list(self.components)].to_numpy(float))
        slack = _TOLERANCE * max(1.0, self.total, len(self.components))
        holds = np.abs(shares.sum(axis=1) - self.total) <= slack
        if self.at_most_components is not None:
            holds &= (np.abs(shares) > slack).sum(axis=1) <= self.at_most_components
        return holds

    def __str__(self) -> str:
        few = (
            "" if self.at_most_components is None else f", at most {self.at_most_components} of them above 0"
        )
        return f"{' + '.join(self.components)} = {self.total:g}{few}"


# A bound on a cost, or of a machine, is as exact as a rule.
Rule = LinearRule | ExcludeRule | MixtureRule | CostLimit | MachineBound
