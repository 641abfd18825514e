"""What define-by-run trials show of their search space: ranges, and which parameter exists when."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState

from ...datasets import CategoricalParameter, InputError, NumericParameter, Parameter, ParameterSpace
from ...datasets.parameters import When

_WHOLE = 2**53  # beyond it a float cannot tell neighbouring whole numbers apart
_MOST_LEVELS = 200
_MOST_AS_CATEGORY = 20  # whole numbers that decide what exists are few: of layers, of steps
_NUMBER = "number"


@dataclass(frozen=True)
class InferredSpace:
    """The search space as far as it has been seen.

    Inside, parameters are called p0, p1... and categories c0, c1..., since Optuna allows any name and any
    choice.

    Attributes
    ----------
    distributions
        By Optuna's name; ranges that changed from trial to trial are joined.
    when
        By name: parents, and positions of the values with which the parameter has been seen.
    unexplained
        Parameters that come and go for no category or small whole number; they are not in `space`.
    """

    distributions: Mapping[str, BaseDistribution]
    when: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    unexplained: tuple[str, ...] = ()

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Inner name by Optuna's name, of what is in `space`."""
        kept = [name for name in self.distributions if name not in self.unexplained]
        return {name: f"p{number}" for number, name in enumerate(kept)}

    @cached_property
    def _parents(self) -> frozenset[str]:
        return frozenset(parent for parents in self.when.values() for parent in parents)

    @cached_property
    def space(self) -> ParameterSpace | None:
        """The parameters, None if none have been seen.

        Raises
        ------
        InputError
            If a range is wider than can be computed with.
        """
        return ParameterSpace(tuple(self._parameter(name) for name in self.names)) if self.names else None

    def _parameter(self, name: str) -> Parameter:
        distribution, inner = self.distributions[name], self.names[name]
        when = {
            self.names[parent]: tuple(_category(position) for position in positions)
            for parent, positions in self.when.get(name, {}).items()
        }
        if name in self._parents and isinstance(distribution, IntDistribution):
            numbers = range(distribution.low, distribution.high + 1, distribution.step)
            descriptors = {_category(i): {_NUMBER: float(x)} for i, x in enumerate(numbers)}
            return CategoricalParameter(
                name=inner, values=tuple(descriptors), descriptors=descriptors, when=when
            )
        try:
            return _parameter(inner, distribution, when)
        except InputError as error:
            raise InputError(f"parameter '{name}' cannot be searched: {error}") from error

    def to_inner(self, name: str, value: object) -> float | str:
        """A value of a trial as `space` has it."""
        distribution = self.distributions[name]
        position = _position(distribution, value)
        if isinstance(distribution, CategoricalDistribution) or name in self._parents:
            return _category(position)
        return float(value)  # pyright: ignore[reportArgumentType]

    def to_outer(self, name: str, value: float | str) -> object:
        """A value of `space` as Optuna has it."""
        distribution = self.distributions[name]
        if isinstance(distribution, CategoricalDistribution):
            return distribution.choices[int(str(value)[1:])]
        if isinstance(distribution, IntDistribution):
            if isinstance(value, str):
                return distribution.low + int(value[1:]) * distribution.step
            return round(value)
        assert isinstance(distribution, FloatDistribution)
        return min(max(float(value), distribution.low), distribution.high)


def infer_space(trials: Iterable[FrozenTrial]) -> InferredSpace:
    """Infer ranges and conditions from what trials have suggested.

    A parameter that some complete trials lack is conditional. Its parents are categories (or whole numbers
    with few values) that were never without it at the values they had with it; where several would
    explain the gaps, the fewest that do are taken. With a value that no trial has had yet, it is held not
    to exist until a trial shows it.

    Parameters
    ----------
    trials
        Of any state; only complete ones show that a parameter does not exist.

    Raises
    ------
    InputError
        If a range holds whole numbers too large to be told apart.
    """
    seen = [trial for trial in trials if trial.distributions]
    joined: dict[str, BaseDistribution] = {}
    for trial in seen:
        for name, distribution in trial.distributions.items():
            joined[name] = _joined(joined[name], distribution) if name in joined else distribution
    for name, distribution in joined.items():
        _check(name, distribution)
    # What has one value only is no choice; Optuna fills it in by itself.
    open_ones = {name: d for name, d in joined.items() if not d.single()}
    complete = [trial for trial in seen if trial.state is TrialState.COMPLETE]
    when: dict[str, Mapping[str, tuple[int, ...]]] = {}
    unexplained = []
    for name in open_ones:
        parents = _parents_of(name, open_ones, complete, seen)
        if parents is None:
            unexplained.append(name)
        elif parents:
            when[name] = parents
    # A parent that is itself not understood explains nothing, nor does what depends on it.
    while more := [
        n for n, parents in when.items() if n not in unexplained and set(parents) & set(unexplained)
    ]:
        unexplained += more
    kept = {name: parents for name, parents in when.items() if name not in unexplained}
    return InferredSpace(open_ones, kept, tuple(unexplained))


def _parents_of(
    name: str,
    distributions: Mapping[str, BaseDistribution],
    complete: Sequence[FrozenTrial],
    seen: Sequence[FrozenTrial],
) -> dict[str, tuple[int, ...]] | None:
    """Parents and the positions of their values; empty if it always exists, None if nothing explains it."""
    having = [trial for trial in seen if name in trial.params]
    gaps = [trial for trial in complete if name not in trial.params]
    explained: dict[str, tuple[frozenset[int], tuple[int, ...]]] = {}
    for parent, distribution in distributions.items():
        if parent == name or not _may_be_parent(distribution):
            continue
        if not all(parent in trial.params for trial in having):
            continue
        # What comes and goes together with it cannot say when it comes.
        if not any(parent in trial.params for trial in gaps):
            continue
        position = _positions_in(parent, distribution)
        values = {position(trial) for trial in having}
        excluded = frozenset(
            i for i, t in enumerate(gaps) if parent not in t.params or position(t) not in values
        )
        if excluded:
            explained[parent] = (excluded, tuple(sorted(values)))
    return _fewest(explained, len(gaps))


def _fewest(
    explained: Mapping[str, tuple[Collection[int], tuple[int, ...]]], n_gaps: int
) -> dict[str, tuple[int, ...]] | None:
    """Greedy cover of all gaps by parents, the earlier in the trial first among equals."""
    left, chosen = set(range(n_gaps)), dict[str, tuple[int, ...]]()
    while left:
        best = max(explained, key=lambda parent: len(left & set(explained[parent][0])), default=None)
        if best is None or not left & set(explained[best][0]):
            return None
        left -= set(explained[best][0])
        chosen[best] = explained[best][1]
    return chosen


def _may_be_parent(distribution: BaseDistribution) -> bool:
    if isinstance(distribution, CategoricalDistribution):
        return True
    return isinstance(distribution, IntDistribution) and _n_values(distribution) <= _MOST_AS_CATEGORY


def _positions_in(name: str, distribution: BaseDistribution) -> Callable[[FrozenTrial], int]:
    return lambda trial: _position(distribution, trial.params[name])


def _position(distribution: BaseDistribution, value: object) -> int:
    if isinstance(distribution, CategoricalDistribution):
        return int(distribution.to_internal_repr(value))  # pyright: ignore[reportArgumentType]
    if isinstance(distribution, IntDistribution):
        return (int(value) - distribution.low) // distribution.step  # pyright: ignore[reportArgumentType]
    return 0


def _category(position: int) -> str:
    return f"c{position}"


def _n_values(distribution: IntDistribution) -> int:
    return (distribution.high - distribution.low) // distribution.step + 1


def _joined(one: BaseDistribution, other: BaseDistribution) -> BaseDistribution:
    """A range that holds both; Optuna sees to it that they are of one kind."""
    if one == other or isinstance(one, CategoricalDistribution):
        return one
    if isinstance(one, IntDistribution) and isinstance(other, IntDistribution):
        low, high = min(one.low, other.low), max(one.high, other.high)
        step = math.gcd(one.step, other.step, abs(one.low - other.low))
        return IntDistribution(low, high, log=one.log, step=step)
    assert isinstance(one, FloatDistribution) and isinstance(other, FloatDistribution)
    # Two grids seldom have a common one; without steps both have their values.
    return FloatDistribution(min(one.low, other.low), max(one.high, other.high), log=one.log)


def _check(name: str, distribution: BaseDistribution) -> None:
    if (
        isinstance(distribution, IntDistribution)
        and max(abs(distribution.low), abs(distribution.high)) > _WHOLE
    ):
        raise InputError(
            f"parameter '{name}' reaches from {distribution.low} to {distribution.high}; whole numbers "
            f"are told apart up to {_WHOLE}"
        )


def _parameter(inner: str, distribution: BaseDistribution, when: When) -> Parameter:
    if isinstance(distribution, CategoricalDistribution):
        values = tuple(_category(i) for i in range(len(distribution.choices)))
        return CategoricalParameter(name=inner, values=values, when=when)
    if isinstance(distribution, IntDistribution) and distribution.log:
        levels = _log_levels(distribution.low, distribution.high)
        return NumericParameter(
            name=inner, low=levels[0], high=levels[-1], levels=levels, scale="log", when=when
        )
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    return NumericParameter(
        name=inner,
        low=distribution.low,
        high=distribution.high,
        step=distribution.step,
        scale="log" if distribution.log else "linear",
        when=when,
    )


def _log_levels(low: int, high: int) -> tuple[float, ...]:
    """Whole numbers at about equal ratios, all of them where they are few."""
    if high - low < _MOST_LEVELS:
        return tuple(float(x) for x in range(low, high + 1))
    spaced = np.unique(np.rint(np.geomspace(low, high, _MOST_LEVELS)))
    return tuple(float(min(max(x, low), high)) for x in spaced)
