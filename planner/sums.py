"""Sums that rules fix: which numbers share a total, and how their settings fill it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..datasets import NumericParameter, ParameterSpace
from .compositions import Compositions
from .rules import LinearRule, MixtureRule, Rule


@dataclass(frozen=True)
class FixedSum:
    """Numbers whose settings add up to a total wherever they apply.

    Attributes
    ----------
    space
        All parameters.
    columns
        Positions of the numbers among the parameters.
    total, at_most
        What they add up to, and how many of them may differ from 0.
    """

    space: ParameterSpace
    columns: tuple[int, ...]
    total: float
    at_most: int | None
    _known: dict[tuple[bool, ...], Compositions] = field(default_factory=dict, compare=False, repr=False)

    def compositions(self, active: np.ndarray) -> Compositions | None:
        """Ways to fill the total with those that apply, shape (n_columns,); None if there is none to list."""
        pattern = tuple(bool(x) for x in active)
        if not any(pattern):
            return None
        if pattern not in self._known:
            settings = []
            for column, applies in zip(self.columns, pattern, strict=True):
                parameter = self.space.parameters[column]
                assert isinstance(parameter, NumericParameter)
                if applies:
                    settings.append(parameter.setting(np.arange(parameter.n_settings)))
            self._known[pattern] = Compositions(settings, self.total, self.at_most)
        found = self._known[pattern]
        return found if found.is_countable and found.count >= 1 else None

    def refill(self, positions: np.ndarray, active: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Replace the numbers of the sum by evenly drawn ones, shapes (n, n_parameters)."""
        columns = np.array(self.columns)
        filled = positions.copy()
        patterns, which = np.unique(active[:, columns], axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            ways = self.compositions(pattern)
            rows = np.flatnonzero(which.reshape(-1) == number)
            if ways is not None:
                filled[np.ix_(rows, columns[pattern])] = ways.draw(len(rows), generator)
        return filled


def fixed_sums(space: ParameterSpace, rules: Sequence[Rule]) -> tuple[FixedSum, ...]:
    """Sums without a common number, mixtures first; what else rules fix is left to trying."""
    found: list[FixedSum] = []
    taken: set[int] = set()
    for rule in sorted(rules, key=lambda rule: not isinstance(rule, MixtureRule)):
        fixed = _fixed_sum(space, rule)
        if fixed is not None and not taken & set(fixed.columns):
            found.append(fixed)
            taken |= set(fixed.columns)
    return tuple(found)


def linear_parts(rules: Sequence[Rule]) -> tuple[LinearRule, ...]:
    """What rules say of weighted sums, mixtures among them."""
    found = []
    for rule in rules:
        if isinstance(rule, LinearRule):
            found.append(rule)
        elif isinstance(rule, MixtureRule):
            shares = dict.fromkeys(rule.components, 1.0)
            found.append(LinearRule(coefficients=shares, at_least=rule.total, at_most=rule.total))
    return tuple(found)


def _fixed_sum(space: ParameterSpace, rule: Rule) -> FixedSum | None:
    if isinstance(rule, MixtureRule):
        columns = tuple(space.names.index(name) for name in rule.components)
        return FixedSum(space, columns, rule.total, rule.at_most_components)
    if isinstance(rule, LinearRule) and rule.is_equality:
        weights = set(rule.coefficients.values())
        if len(weights) == 1 and 0 not in weights:
            columns = tuple(space.names.index(name) for name in rule.coefficients)
            return FixedSum(space, columns, rule.at_most / weights.pop(), None)
    return None
