"""Bootstrap of whole experiments, and what its members foretell of experiments that they never saw."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr, ndtri

from .tuning import Estimator

_PRIOR_COUNT = 1.0  # experiments of the campaign's own lab that the prior is worth
_MANY_ROWS = 200
_LEAST_NOISE = 1e-4  # variance on the latent scale, so that a density exists where all values are equal
_LOG_BETWEEN_SD = 1.0
_LOG_NOISE_MEAN, _LOG_NOISE_SD = math.log(0.13), 1.4
_LOG_SLOPE_SD, _OFFSET_SD = 0.7, 0.7

Member = Callable[[np.ndarray], np.ndarray]
"""Outcomes (n,) at inputs (n, n_columns)."""


@dataclass(frozen=True)
class Rows:
    """What members learn from.

    Attributes
    ----------
    inputs : ndarray, shape (n_rows, n_columns)
        Encoded conditions.
    outcomes : ndarray, shape (n_rows,)
        Latent values, or 0 and 1.
    shares : ndarray, shape (n_rows,)
        Weight in its observation: below 1 for one of several imputations.
    experiments : ndarray of int, shape (n_rows,)
        Position of the experiment in `trust`.
    trust : ndarray, shape (n_experiments,)
        Weight of each experiment; 0 for one that is not to be drawn.
    """

    inputs: np.ndarray
    outcomes: np.ndarray
    shares: np.ndarray
    experiments: np.ndarray
    trust: np.ndarray


@dataclass(frozen=True)
class TreeMember:
    """A fitted tree, which reads inputs in single precision."""

    tree: Any

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Values of the leaves."""
        return self.tree.predict(np.asarray(inputs, dtype=np.float32))[:, 0]


@dataclass(frozen=True)
class Bag:
    """Members that each learned a bootstrap sample of the experiments.

    Attributes
    ----------
    members
        Fitted functions.
    counts : ndarray of int, shape (n_members, n_experiments)
        How often each experiment was drawn for each member.
    """

    members: tuple[Member, ...]
    counts: np.ndarray

    def outcomes(self, inputs: np.ndarray) -> np.ndarray:
        """Outcomes of every member, shape (n_members, n)."""
        if not len(inputs):
            return np.zeros((len(self.members), 0))
        if all(isinstance(member, TreeMember) for member in self.members):
            inputs = np.asarray(inputs, dtype=np.float32)  # once for all of them
        return np.stack([member(inputs) for member in self.members])


def bagged(
    rows: Rows,
    estimator_of: Callable[[int], Estimator],
    prior_rows: Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]],
    n_members: int,
    generator: np.random.Generator,
) -> Bag:
    """Fit members to bootstrap samples of experiments and of the prior.

    The proper Bayesian bootstrap (Muliere & Secchi 1996; for ensembles of trees Galvani et al., Algorithms
    14 (2021) 11): each draw is an experiment or, as often as one of `_PRIOR_COUNT` would be, an invented
    row of the prior. It keeps members apart where nothing was measured, and where hardly anything was.

    Parameters
    ----------
    rows
        All that may be learned.
    estimator_of
        An estimator, not yet fitted, from a seed.
    prior_rows
        Inputs and outcomes of a number of rows drawn from the prior.
    n_members
        Number of members.
    generator
        Source of all randomness.
    """
    n = int(np.count_nonzero(rows.trust))
    chances = np.append(rows.trust, _PRIOR_COUNT)
    drawn = generator.multinomial(n + round(_PRIOR_COUNT), chances / chances.sum(), size=n_members)
    counts, n_prior = drawn[:, :-1], drawn[:, -1]
    prior_inputs, prior_outcomes = prior_rows(generator, int(n_prior.sum()))
    ends = np.cumsum(n_prior)
    learn = _learner(estimator_of(0))
    members = []
    for number, seed in enumerate(generator.integers(2**31 - 1, size=n_members)):
        invented = slice(ends[number] - n_prior[number], ends[number])
        repeats = counts[number][rows.experiments]
        used = repeats > 0
        sample = (
            np.concatenate([rows.inputs[used], prior_inputs[invented]]),
            np.concatenate([rows.outcomes[used], prior_outcomes[invented]]),
            np.concatenate([(repeats * rows.shares)[used], np.ones(n_prior[number])]),
        )
        try:
            member = learn(int(seed), estimator_of(int(seed)), *sample)
            member(sample[0][:1])
        except ValueError:
            # Some estimators refuse few rows, each in words of its own and some only when asked. What is
            # told many times over they take; who refuses that too has other reasons.
            times = -(-_MANY_ROWS // len(sample[0]))
            inputs, outcomes, weights = (np.concatenate([part] * times) for part in sample)
            member = learn(int(seed), estimator_of(int(seed)), inputs, outcomes, weights)
        members.append(member)
    return Bag(tuple(members), counts)


def takes_weights(estimator: Estimator) -> bool:
    """Whether an estimator can learn from weighted rows."""
    from sklearn.utils.validation import has_fit_parameter

    return bool(has_fit_parameter(estimator, "sample_weight"))


def gives_probabilities(estimator: Estimator) -> bool:
    """Whether an estimator is a classifier that can say how sure it is."""
    return hasattr(estimator, "predict_proba")


def _learner(example: Estimator) -> Callable[[int, Any, np.ndarray, np.ndarray, np.ndarray], Member]:
    """How estimators like one are fitted to inputs, outcomes and weights; each has a seed as well."""
    from sklearn.tree import DecisionTreeRegressor

    if isinstance(example, DecisionTreeRegressor):
        return partial(_learned_tree, np.random.RandomState(0))
    is_weighted, is_classifier = takes_weights(example), gives_probabilities(example)

    def learn(_: int, estimator: Any, *sample: np.ndarray) -> Member:
        return _learned(estimator, *sample, is_weighted=is_weighted, is_classifier=is_classifier)

    return learn


def _learned_tree(
    state: np.random.RandomState,
    seed: int,
    tree: Any,
    inputs: np.ndarray,
    outcomes: np.ndarray,
    weights: np.ndarray,
) -> Member:
    """What a tree learns, without checks and without a random state of its own.

    They take longer than a small tree itself.
    """
    from sklearn import config_context

    state.seed(seed)
    tree.random_state = state
    single = np.ascontiguousarray(inputs, dtype=np.float32)
    with config_context(skip_parameter_validation=True, assume_finite=True):
        tree.fit(single, outcomes[:, None], sample_weight=weights, check_input=False)
    return TreeMember(tree.tree_)


def _learned(
    estimator: Any,
    inputs: np.ndarray,
    outcomes: np.ndarray,
    weights: np.ndarray,
    *,
    is_weighted: bool,
    is_classifier: bool,
) -> Member:
    if np.ptp(outcomes) == 0:
        return partial(_constant, float(outcomes[0]))  # most classifiers refuse a single class
    if is_classifier:
        outcomes = outcomes.astype(int)
    if is_weighted:
        estimator.fit(inputs, outcomes, sample_weight=weights)
    else:
        repeats = weights.round().astype(int)
        estimator.fit(np.repeat(inputs, repeats, axis=0), np.repeat(outcomes, repeats))
    return partial(_probability_of_yes if is_classifier else _predictions, estimator)


def _constant(value: float, inputs: np.ndarray) -> np.ndarray:
    return np.full(len(inputs), value)


def _predictions(estimator: Any, inputs: np.ndarray) -> np.ndarray:
    return np.asarray(estimator.predict(inputs), dtype=float).reshape(len(inputs))


def _probability_of_yes(estimator: Any, inputs: np.ndarray) -> np.ndarray:
    return np.asarray(estimator.predict_proba(inputs)) @ estimator.classes_


@dataclass(frozen=True)
class OutOfBag:
    """What observations were expected to be by members that never saw their experiments.

    Shape (n_observations,) each; NaN where every member saw the experiment.

    Attributes
    ----------
    mean, between
        Mean of the members and variance between them.
    spread
        Variance over the imputations of an observation.
    """

    mean: np.ndarray
    between: np.ndarray
    spread: np.ndarray


def out_of_bag(outcomes: np.ndarray, observations: np.ndarray, absent: np.ndarray) -> OutOfBag:
    """Average members over the rows of each observation, and over those members that never saw it.

    Parameters
    ----------
    outcomes : ndarray, shape (n_members, n_rows)
        At all imputations of all observations.
    observations : ndarray of int, shape (n_rows,)
        Position of the observation of each row.
    absent : ndarray of bool, shape (n_members, n_observations)
        Whether the experiment of the observation was kept from the member.
    """
    n = absent.shape[1]
    average = np.zeros((len(observations), n))
    average[np.arange(len(observations)), observations] = 1.0
    average /= np.maximum(average.sum(axis=0), 1.0)
    known = np.where(absent, 1.0, 0.0)
    n_absent = known.sum(axis=0)
    shares = known / np.where(n_absent > 0, n_absent, np.nan)
    each = outcomes @ average
    mean = (shares * each).sum(axis=0)
    between = (shares * (each - mean) ** 2).sum(axis=0)
    rows = (shares[:, observations] * outcomes).sum(axis=0)
    apart = np.nan_to_num((rows - mean[observations]) ** 2)  # what is not known of one is 0 to the others
    return OutOfBag(mean, between, np.where(n_absent > 0, apart @ average, np.nan))


@dataclass(frozen=True)
class VarianceModel:
    """How the scatter of members becomes that of truths, and what a measurement adds.

    Attributes
    ----------
    between_factor
        Variance of the truth over the variance between members.
    noise
        Variance of a measurement around the truth, where none larger is declared.
    """

    between_factor: float
    noise: float


def fit_variances(
    residuals: np.ndarray,
    left_out: OutOfBag,
    values_variance: float,
    declared: np.ndarray,
    noise_shares: np.ndarray,
    extra: np.ndarray,
    weights: np.ndarray,
) -> VarianceModel:
    """Explain out-of-bag residuals by two factors, a of the members' scatter and b of that of the values.

    Variance of a measurement = exp(a) between members + exp(b) (variance of the values), by penalised
    maximum likelihood. Members that each follow one bootstrap sample scatter about as the truth does:
    a is normal around 0. The prior of b, around 0.13, is wide.

    Parameters
    ----------
    residuals : ndarray, shape (n,)
        Of values; of latent scale, as everything here.
    left_out
        Their out-of-bag forecasts, shape (n,) each.
    values_variance
        Variance of the values.
    declared, noise_shares, extra : ndarray, shape (n,)
        Least noise variance, share of the noise that applies, and what approximate values add.
    weights : ndarray, shape (n,)
        Of each residual.
    """
    squares = residuals**2

    def loss(logs: np.ndarray) -> float:
        noise = np.maximum(np.exp(logs[1]) * values_variance, declared).clip(_LEAST_NOISE)
        variance = np.exp(logs[0]) * left_out.between + noise * noise_shares + extra + left_out.spread
        misfit = 0.5 * float(weights @ (np.log(variance) + squares / variance))
        deviations = logs[0] / _LOG_BETWEEN_SD, (logs[1] - _LOG_NOISE_MEAN) / _LOG_NOISE_SD
        return misfit + 0.5 * (deviations[0] ** 2 + deviations[1] ** 2)

    # The floors have kinks, which derivative-free steps do not mind.
    found = minimize(
        loss, [0.0, _LOG_NOISE_MEAN], method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-4}
    )
    log_between, log_noise = found.x
    return VarianceModel(math.exp(log_between), max(math.exp(log_noise) * values_variance, _LEAST_NOISE))


@dataclass(frozen=True)
class Calibration:
    """From the mean of the members' probabilities of yes to one that can be believed.

    Attributes
    ----------
    n
        Answers learned from, by weight.
    slope, offset
        Of the recalibrating line on the probit scale.
    """

    n: float
    slope: float = 1.0
    offset: float = 0.0

    def probits(self, probabilities: np.ndarray) -> np.ndarray:
        """Probits of the calibrated probabilities."""
        return self.offset + self.slope * self._shrunk(probabilities)

    def _shrunk(self, probabilities: np.ndarray) -> np.ndarray:
        """Probits after half a yes and half a no more (Jeffreys): no share of n answers is certain.

        Towards a half, not the share of yes: after 2 yes in 100, nobody knows a 0 better than 1 in 200.
        """
        return ndtri((self.n * probabilities + 0.5) / (self.n + 1))


def fit_calibration(probabilities: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> Calibration:
    """Recalibrate out-of-bag probabilities (n,) to answers of 0 and 1 (n,) by a weighted Platt map.

    Penalised maximum likelihood of Phi(offset + slope probit), the logarithm of the slope normal around 0
    and so is the offset. With one class there is nothing to calibrate by: it would only add certainty.
    """
    plain = Calibration(float(weights.sum()))
    if len(answers) == 0 or np.ptp(answers) == 0:
        return plain
    probits, sides = plain.probits(probabilities), np.where(answers > 0.5, 1.0, -1.0)

    def loss(parameters: np.ndarray) -> float:
        log_slope, offset = parameters
        fit = float(weights @ log_ndtr(sides * (offset + math.exp(log_slope) * probits)))
        return 0.5 * ((log_slope / _LOG_SLOPE_SD) ** 2 + (offset / _OFFSET_SD) ** 2) - fit

    found = minimize(loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-4})
    return Calibration(plain.n, math.exp(found.x[0]), float(found.x[1]))


def latent_of_members(probabilities: np.ndarray) -> np.ndarray:
    """Latent values of members' probabilities of yes, between -1 and 1.

    A member without doubt stands one away from 0: normal of variance 1, latents make every probability
    equally likely, and more doubt than that there is not.
    """
    least = ndtr(-1.0)
    return ndtri(least + (1 - 2 * least) * probabilities)
