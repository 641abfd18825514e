"""First experiments without data: spread evenly over what may be made, counting what is there already."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..datasets import CategoricalParameter, ParameterSpace
from ..models.encoding import Encoding, activity
from .evenness import Evenness

_MOST_KNOWN = 1000
_MOST_SWEEPS = 20
_DISTANCE_POWER = 10.0
_DISTANCE_WEIGHT = 0.5
_PREFERENCE_WEIGHT = 2.0
_CLOSEST = 1e-3
_LEAST_PREFERENCE = 1e-9


def space_filling(
    space: ParameterSpace,
    candidates: Tensor,
    n: int,
    known: Tensor,
    generator: np.random.Generator,
    preference: Callable[[Tensor], Tensor] | None = None,
) -> list[int]:
    """Choose candidates that together with what is known represent all candidates, in an order to make them.

    Three things are weighed against each other: the discrepancy between the design and the candidates (the
    centred L2 discrepancy, carried over to categories, conditions and rules: `Evenness`), closeness of its
    points (the mean of an inverse power of their distances; Pronzato & Müller, Statistics and Computing
    22 (2012) 681) and the preference. Values of a category are used equally often, within one. A greedy
    design is improved by exchanging one experiment at a time until no exchange helps, and then ordered so
    that its first experiments are spread by themselves.

    Parameters
    ----------
    space
        The parameters.
    candidates : Tensor, shape (n_candidates, n_parameters)
        Codes to choose from; they also stand for all that may be made.
    n
        How many.
    known : Tensor, shape (n_known, n_parameters)
        Codes of experiments that are there or pending; of very many the latest count.
    generator
        Breaks ties.
    preference
        Weight between 0 and 1 of each candidate, e.g. the probability that it meets all limits.

    Returns
    -------
    list of int
        Rows of `candidates`.
    """
    if not len(candidates) or n < 1:
        return []
    weight = np.ones(len(candidates)) if preference is None else preference(candidates).numpy()
    # The order in which equal candidates stand says nothing.
    order = generator.permutation(len(candidates))
    shuffled = candidates[torch.as_tensor(order)]
    design = _Design(space, shuffled, known[-_MOST_KNOWN:], weight[order])
    n = min(n, len(candidates))
    chosen = design.extended([], n, np.arange(len(candidates)))
    chosen = design.exchanged(chosen)
    return [int(order[row]) for row in design.extended([], n, np.array(chosen))]


class _Design:
    """Candidates, and what each would do for a design: smaller is better."""

    def __init__(self, space: ParameterSpace, candidates: Tensor, known: Tensor, weight: np.ndarray) -> None:
        self.size, self.n_known = len(candidates), len(known)
        self.evenness = Evenness(space, candidates, known, weight)
        self._dislike = -np.log(np.clip(weight, _LEAST_PREFERENCE, 1.0))
        encoding = Encoding(space, space.names)
        self._inputs = encoding.columns(candidates, activity(space, candidates))
        there = encoding.columns(known, activity(space, known))
        self._closeness: dict[int, np.ndarray] = {}
        self._to_known = _closeness(self._inputs, there).sum(axis=1)
        self._values, self._known_counts = _category_values(space, candidates, known, weight)

    def extended(self, chosen: list[int], n: int, allowed: np.ndarray) -> list[int]:
        """A design with candidates of the allowed rows added one by one, until there are n."""
        chosen = list(chosen)
        while len(chosen) < n:
            value = self._value_of_adding(chosen)[allowed]
            chosen.append(int(allowed[int(value.argmin())]))
        return chosen

    def exchanged(self, chosen: list[int]) -> list[int]:
        """A design in which no exchange of one experiment is better."""
        chosen = list(chosen)
        for _ in range(_MOST_SWEEPS):
            before = list(chosen)
            for place in range(len(chosen)):
                others = chosen[:place] + chosen[place + 1 :]
                value = self._value_of_adding(others)
                best = int(value.argmin())
                if value[best] < value[chosen[place]] - 1e-9:
                    chosen[place] = best
            if chosen == before:
                break
        return chosen

    def _value_of_adding(self, chosen: list[int]) -> np.ndarray:
        """Criterion of the design with each candidate added; infinite for those it holds."""
        n = len(chosen) + 1
        value = np.log(self.evenness.with_each(chosen))
        pairs = n * (n - 1) / 2 + n * self.n_known
        if pairs:
            close = self._to_known.copy()
            if chosen:
                to_chosen = np.stack([self._closeness_to(row) for row in chosen])
                close += to_chosen.sum(axis=0)
                close += to_chosen[:, chosen].sum() / 2 + self._to_known[chosen].sum()
            value += _DISTANCE_WEIGHT * 2 / _DISTANCE_POWER * np.log(np.maximum(close / pairs, 1e-12))
        value += _PREFERENCE_WEIGHT * (self._dislike + self._dislike[chosen].sum()) / n
        for values, known_counts in zip(self._values, self._known_counts, strict=True):
            value += _unevenness(values, known_counts, values[chosen])
        value[chosen] = np.inf
        return value

    def _closeness_to(self, row: int) -> np.ndarray:
        if row not in self._closeness:
            self._closeness[row] = _closeness(self._inputs, self._inputs[row : row + 1])[:, 0]
            self._closeness[row][row] = 0.0
        return self._closeness[row]


def _closeness(rows: Tensor, others: Tensor) -> np.ndarray:
    return (torch.cdist(rows, others).clamp_min(_CLOSEST) ** -_DISTANCE_POWER).numpy()


def _category_values(
    space: ParameterSpace, candidates: Tensor, known: Tensor, weight: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """For each category its value in every candidate (-1: does not apply) and how often it is known.

    Values are renumbered to those that candidates of some preference have.
    """
    values, counts = [], []
    active, known_active = activity(space, candidates), activity(space, known)
    likely = weight > 0.1 * weight.max()
    for column, parameter in enumerate(space):
        if not isinstance(parameter, CategoricalParameter):
            continue
        here = np.where(active[parameter.name].numpy(), candidates[:, column].numpy().astype(int), -1)
        there = known[known_active[parameter.name], column].numpy().astype(int)
        possible = np.unique(here[likely & (here >= 0)])
        if len(possible) < 2:
            continue
        number = {int(value): position for position, value in enumerate(possible)}
        values.append(np.array([number.get(int(value), -1) for value in here]))
        counts.append(np.array([(there == value).sum() for value in possible]))
    return values, counts


def _unevenness(values: np.ndarray, known_counts: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """By how much more than one the most and the least used value differ after adding each candidate."""
    counts = known_counts + np.bincount(chosen[chosen >= 0], minlength=len(known_counts))
    after = counts + np.eye(len(counts))
    gap = np.append(np.ptp(after, axis=1), np.ptp(counts))
    return np.maximum(gap - 1, 0.0)[values]
