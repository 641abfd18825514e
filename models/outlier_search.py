"""Finding values that do not fit the others, by asking whether all else is better explained without them.

Relevance pursuit (Ament, Santorella, Eriksson, Letham, Balandat & Bakshy, Robust Gaussian processes via
relevance pursuit, NeurIPS 2024): a few values get a noise variance of their own, one after the other, as
long as the posterior probability of the whole rises. The best variance of a value with residual r is about
r^2, so that it counts for nothing beside the others and costs about log |r| of log density.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch

from .evidence import Evidence
from .fitted_latent_surrogate import FittedLatentSurrogate
from .neighbourhood import is_contradicted
from .outliers import WRONG_VALUES, Outlier

_FEWEST = 6  # values of a response from which on one may be found wrong
_MOST = 0.15  # share of the values of a response that may be
_LOG_ODDS = math.log(10)  # at which a value is called an outlier
# The scale of an error is about uniform in its logarithm over three decades, and found to sqrt(1/2).
_LOG_OCCAM = math.log(math.sqrt(math.pi) / math.log(1000))
_SUSPICIOUS = 3.0  # robust standard deviations
_FAR = 8.0  # median absolute deviations from the median
_FAR_REPLICATE = 5.0
_MOST_TRIES = 2
_MOST_SEARCHED = 400  # observations: with more, trying each suspicious value would take minutes
_WILD = 4.0  # times suspicious


@dataclass(frozen=True)
class Excused:
    """What is not obeyed: whole observations, by position, and replicates (observation, replicate)."""

    whole: frozenset[int] = frozenset()
    replicates: frozenset[tuple[int, int]] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.whole or self.replicates)

    def __or__(self, other: "Excused") -> "Excused":
        return Excused(self.whole | other.whole, self.replicates | other.replicates)

    def __sub__(self, other: "Excused") -> "Excused":
        return Excused(self.whole - other.whole, self.replicates - other.replicates)

    def apply(self, evidence: Evidence) -> Evidence:
        """Evidence without the excused replicates; whole observations stay in their places."""
        observations = list(evidence.observations)
        for position, replicate in sorted(self.replicates, reverse=True):
            observations[position] = observations[position].without_replicate(replicate)
        return replace(evidence, observations=tuple(observations))


class Refit(Protocol):
    """Learns anew without some values, beginning at hyperparameters.

    With `hoped` it may stop where the log joint will not be as large.
    """

    def __call__(
        self, excused: Excused, start: np.ndarray, hoped: float | None = None
    ) -> FittedLatentSurrogate:
        """Learn from all but what is excused."""
        ...


def find_outliers(
    first: FittedLatentSurrogate, evidence: Evidence, refit: Refit, excused: Excused = Excused()
) -> tuple[FittedLatentSurrogate, Excused]:
    """Excuse values as long as that makes everything together more probable.

    Of very many values only wild ones are excused, all at once.

    Parameters
    ----------
    first
        What obeys all values but those in `excused`.
    evidence
        All values.
    refit
        Learns anew without some values, beginning at hyperparameters.
    """
    if len(evidence.observations) > _MOST_SEARCHED:
        wild = _wild(first)
        return (refit(wild, first.model.theta.numpy()), wild) if wild else (first, excused)
    current = first
    while True:
        for candidate in _candidates(current, evidence, excused):
            least = _LOG_ODDS * len(_experiments(candidate, evidence))
            hoped = log_joint(current, evidence, excused) + least
            other = refit(excused | candidate, current.model.theta.numpy(), hoped)
            if log_joint(other, evidence, excused | candidate) <= hoped:
                continue
            # Better hyperparameters alone must not count against a value.
            again = refit(excused, other.model.theta.numpy())
            current = max(current, again, key=lambda one: one.model.log_probability)
            if log_joint(other, evidence, excused | candidate) - least > log_joint(
                current, evidence, excused
            ):
                current, excused = _readmit(other, evidence, excused | candidate, refit)
                break
        else:
            return current, excused


def _wild(fitted: FittedLatentSurrogate) -> Excused:
    """Values so far off that no search is needed, the furthest first where there are too many."""
    scores = _scores(fitted)
    chosen: list[int] = []
    for name in fitted.responses:
        rows = [i for i in _rows(fitted, name) if scores.get(i, 0.0) > _WILD]
        chosen += sorted(rows, key=lambda i: -scores[i])[: _room(fitted, name, Excused())]
    return Excused(frozenset(chosen))


def _readmit(
    fitted: FittedLatentSurrogate, evidence: Evidence, excused: Excused, refit: Refit
) -> tuple[FittedLatentSurrogate, Excused]:
    """Obey again what fits the others after all."""
    z = _z_scores(fitted)
    fine = Excused(frozenset(i for i in excused.whole if abs(float(z[i])) < _SUSPICIOUS))
    if not fine:
        return fitted, excused
    other = refit(excused - fine, fitted.model.theta.numpy())
    if log_joint(other, evidence, excused - fine) > log_joint(fitted, evidence, excused):
        return other, excused - fine
    return fitted, excused


def _experiments(excused: Excused, evidence: Evidence) -> set[str]:
    positions = [*excused.whole, *(i for i, _ in excused.replicates)]
    return {evidence.observations[i].experiment for i in positions}


def log_joint(fitted: FittedLatentSurrogate, evidence: Evidence, excused: Excused) -> float:
    """Log probability of values in response units, hyperparameters, and of which values are wrong."""
    total = fitted.model.log_probability
    for name, scale in fitted.scales.items():
        rows = [fitted.evidence.observations[i] for i in _rows(fitted, name)]
        if rows and scale is not None:
            numbers, counts = (
                torch.tensor(x, dtype=torch.float64)
                for x in zip(*((o.number, o.n_values) for o in rows), strict=True)
            )
            total += float(counts @ scale.slope(numbers).log())
    for position, replicate in excused.replicates:
        residual = evidence.observations[position].replicates[replicate]
        residual -= fitted.evidence.observations[position].number
        total -= math.log(abs(residual)) + 0.5 * math.log(2 * math.pi * math.e)
    n_wrong = len(excused.whole) + len(excused.replicates)
    odds = math.log(WRONG_VALUES / (1 - WRONG_VALUES))
    return total + odds * len(_experiments(excused, evidence)) + _LOG_OCCAM * n_wrong


def _candidates(fitted: FittedLatentSurrogate, evidence: Evidence, excused: Excused) -> list[Excused]:
    """What may be wrong: replicates, the most suspicious experiments, then more and more of them together.

    Several errors hide each other by widening the noise that is learned; only together do they stand out.
    """
    scores = _scores(fitted)
    for position in excused.whole:
        scores.pop(position, None)
    room = {r.name: _room(fitted, r.name, excused) for r in fitted.linked}
    by_experiment: dict[str, list[int]] = {}
    for position in scores:
        by_experiment.setdefault(evidence.observations[position].experiment, []).append(position)
    groups = sorted(by_experiment.values(), key=lambda group: -max(scores[i] for i in group))

    def is_possible(group: list[int]) -> bool:
        others = excused.whole | frozenset(group)
        return all(is_contradicted(fitted, i, others) for i in group) and _fits(group, room, evidence)

    possible = [group for group in groups if is_possible(group)]
    single = [Excused(replicates=frozenset([one])) for one in _replicates(fitted, excused)[:_MOST_TRIES]]
    single += [Excused(frozenset(group)) for group in possible[:_MOST_TRIES]]
    several: list[Excused] = []
    together: list[int] = []
    n_together = 0
    for group in possible:
        if is_possible([*together, *group]):
            together += group
            n_together += 1
            if n_together > 1 and n_together & (n_together - 1) == 0:
                several.append(Excused(frozenset(together)))
    if n_together > 2:
        several.append(Excused(frozenset(together)))
    return single + list(dict.fromkeys(several))


def _fits(group: Iterable[int], room: dict[str, int], evidence: Evidence) -> bool:
    """Whether not too many values of any response would be excused."""
    names = [evidence.observations[i].response for i in group]
    return all(names.count(name) <= room[name] for name in set(names))


def _room(fitted: FittedLatentSurrogate, response: str, excused: Excused) -> int:
    """How many more values of a response may be found wrong."""
    n = len(fitted.evidence.values(response))
    if n < _FEWEST:
        return 0
    spent = sum(fitted.evidence.observations[i].response == response for i in excused.whole)
    return max(1, int(_MOST * n)) - spent


def _z_scores(fitted: FittedLatentSurrogate) -> torch.Tensor:
    left_out, terms = fitted.left_out(), fitted.model.evidence
    return (terms.target - left_out.mean) / left_out.variance.sqrt()


def _scores(fitted: FittedLatentSurrogate) -> dict[int, float]:
    """Suspicious values and how suspicious they are.

    One wild value widens the noise that is learned and so hides itself: distances are held against the
    usual ones, too. Where it squeezes all others together on the scale, its distance from their median
    shows it.
    """
    z = _z_scores(fitted).abs()
    target = fitted.model.evidence.target
    scores: dict[int, float] = {}
    for name in fitted.responses:
        rows = _rows(fitted, name)
        if len(rows) < _FEWEST:
            continue
        usual = float(np.clip(1.4826 * float(z[rows].median()), 0.3, 1.0))
        centre = target[rows].median()
        deviation = float((target[rows] - centre).abs().median())
        for row in rows:
            distance = float((target[row] - centre).abs()) / max(deviation, 1e-9)
            score = max(float(z[row]) / usual / _SUSPICIOUS, distance / _FAR)
            if score > 1:
                scores[row] = score
    return scores


def _rows(fitted: FittedLatentSurrogate, response: str) -> list[int]:
    observations = fitted.evidence.observations
    return [i for i, o in enumerate(observations) if o.kind == "value" and o.response == response]


def _replicates(fitted: FittedLatentSurrogate, excused: Excused) -> list[tuple[int, int]]:
    """Replicates far from the others of their experiment, furthest first; at most one of an experiment."""
    touched = {i for i, _ in excused.replicates}
    found: list[tuple[float, int, int]] = []
    for name in fitted.responses:
        rows = [i for i in _rows(fitted, name) if len(fitted.evidence.observations[i].replicates) > 2]
        n_values = sum(fitted.evidence.observations[i].n_values for i in _rows(fitted, name))
        spent = sum(fitted.evidence.observations[i].response == name for i in touched)
        if n_values < _FEWEST or spent >= max(1, int(_MOST * n_values)) or not rows:
            continue
        parts = [_most_deviant(fitted.evidence.observations[i].replicates) for i in rows]
        freedom = sum(len(fitted.evidence.observations[i].replicates) - 2 for i in rows)
        usual = math.sqrt(sum(squares for _, _, squares in parts) / freedom)
        for row, (replicate, distance, _) in zip(rows, parts, strict=True):
            if row not in touched and distance > _FAR_REPLICATE * usual:
                found.append((distance, row, replicate))
    return [(row, replicate) for _, row, replicate in sorted(found, reverse=True)]


def _most_deviant(values: tuple[float, ...]) -> tuple[int, float, float]:
    """The replicate furthest from the mean of the others, how far, and their summed squares without it."""
    numbers = np.array(values)
    others = [np.delete(numbers, i) for i in range(len(numbers))]
    distances = [abs(value - rest.mean()) for value, rest in zip(numbers, others, strict=True)]
    worst = int(np.argmax(distances))
    return worst, float(distances[worst]), float(((others[worst] - others[worst].mean()) ** 2).sum())


def describe_outliers(
    fitted: FittedLatentSurrogate, evidence: Evidence, excused: Excused
) -> tuple[Outlier, ...]:
    """The excused values in lab units, with what all else makes of them."""
    if not excused:
        return ()
    left_out = fitted.left_out()
    found: list[tuple[int, Outlier]] = []
    for position in excused.whole:
        observation = evidence.observations[position]
        scale = fitted.scales[observation.response]
        assert scale is not None
        expected = scale.to_values(left_out.mean[position])
        sd = float(left_out.variance[position].sqrt() / scale.slope(expected))
        outlier = Outlier(
            observation.experiment, observation.response, observation.number, float(expected), sd
        )
        found.append((position, outlier))
    for position, replicate in excused.replicates:
        observation, kept = evidence.observations[position], fitted.evidence.observations[position]
        scale = fitted.scales[kept.response]
        assert scale is not None
        expected = torch.tensor(kept.number, dtype=torch.float64)
        share = float(
            fitted.model.prior.within_share(fitted.model.theta, fitted.responses.index(kept.response))
        )
        within = float(fitted.noise_variance(kept.response, scale.to_latent(expected))) * share
        sd = math.sqrt(within * (1 + 1 / kept.n_values)) / float(scale.slope(expected))
        value = observation.replicates[replicate]
        found.append(
            (position, Outlier(observation.experiment, observation.response, value, float(expected), sd))
        )
    return tuple(outlier for _, outlier in sorted(found, key=lambda item: item[0]))
