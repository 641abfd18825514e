"""Tree ensembles and other estimators of scikit-learn as surrogates, honest about what they do not know."""

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..datasets import InputError, ParameterSpace, Response
from .bootstrap_rows import Inputs, Known, declared_variance, prior_rows
from .encoding import Encoding
from .ensemble_samples import EnsembleModel, EnsembleSamples
from .evidence import Evidence
from .features import Feature
from .listing import Listing
from .out_of_bag import (
    Bag,
    Calibration,
    OutOfBag,
    Rows,
    VarianceModel,
    bagged,
    fit_calibration,
    fit_variances,
    gives_probabilities,
    latent_of_members,
    takes_weights,
)
from .output_scale import OutputScale
from .physics import usable_features
from .scoring import log_densities
from .surrogate import LeftOut
from .tuning import ENOUGH_TO_TUNE, KINDS, N_MEMBERS, Estimator, built, tuned

_N_MEMBERS = 100
_PRIOR_VALUES = 2.0  # values at the spread of the scale that the variance of the values is drawn towards
_LEAST_VARIANCE = 1e-6  # of the truth, where all members agree


@dataclass(frozen=True)
class SklearnSurrogate:
    """Bootstrap ensemble of estimators, one for each response by itself.

    What a response rises or falls with, its chain and comparisons are not used. A bound counts as a value
    equal to it only where the ensemble of the values alone expects something that breaks it; elsewhere it
    tells nothing new. Rows of another lab are drawn half as often as the own.

    Attributes
    ----------
    space
        The parameters.
    responses
        Responses to learn.
    features
        Physics that may be used, at the mean of the beliefs in its constants.
    estimator
        One of ``extra_trees``, ``random_forest`` and ``gradient_boosting``, or an object with the
        ``fit`` and ``predict`` of scikit-learn (of a classifier: ``predict_proba``), which is cloned.
    tuning_seconds
        Time that tuning a named estimator may take for each response; it takes place from
        `ENOUGH_TO_TUNE` values on. 0: the defaults.
    logarithmic
        Responses whose values are told apart by ratio instead of by difference.
    listing
        Conditions to choose from, if somebody listed them.
    """

    space: ParameterSpace
    responses: tuple[Response, ...]
    features: Mapping[str, Feature] = field(default_factory=dict)
    estimator: str | Estimator = "extra_trees"
    tuning_seconds: float = 0.0
    logarithmic: frozenset[str] = frozenset()
    listing: Listing | None = None

    def __post_init__(self) -> None:
        if isinstance(self.estimator, str):
            if self.estimator not in KINDS:
                raise InputError(f"estimator '{self.estimator}' is unknown, allowed are {', '.join(KINDS)}")
            return
        numbers = [r.name for r in self.responses if not r.is_yes_no]
        if numbers and gives_probabilities(self.estimator):
            raise InputError(f"{numbers[0]}: a classifier learns yes or no, this is a number")

    def fit(self, evidence: Evidence, seed: int = 0) -> "FittedSklearnSurrogate":
        """Learn every response."""
        mine = evidence.about([r.name for r in self.responses])
        learned = tuple(self._learned(response, mine, seed) for response in self.responses)
        return FittedSklearnSurrogate(self.responses, mine, learned)

    def _learned(self, response: Response, evidence: Evidence, seed: int) -> "Learned":
        generator = np.random.default_rng([seed, zlib.crc32(response.name.encode())])
        names = self.space.names if response.depends_on is None else response.depends_on
        features = usable_features(self.features, response.depends_on)
        listing = None if response.depends_on is not None else self.listing
        inputs = Inputs(self.space, Encoding(self.space, tuple(names)), features, listing)
        told = [o for o in evidence.observations if o.response == response.name and o.kind != "beats"]
        logarithmic = response.name in self.logarithmic
        known = Known(response, told, inputs, spread=self._takes_weights, logarithmic=logarithmic)
        prior = partial(prior_rows, inputs, response.is_yes_no)
        factory, n_members = self._factory(known.rows(known.is_exact), seed), self._n_members
        bag = bagged(known.rows(known.is_exact), factory, prior, n_members, generator)
        if response.is_yes_no:
            return _learn_yes_no(known, bag)
        broken = known.broken_bounds(known.left_out(bag).mean)
        if broken.any():
            bag = bagged(known.rows(known.is_exact | broken), factory, prior, n_members, generator)
        return _learn_number(known, bag)

    @property
    def _takes_weights(self) -> bool:
        return isinstance(self.estimator, str) or takes_weights(self.estimator)

    @property
    def _n_members(self) -> int:
        return N_MEMBERS[self.estimator] if isinstance(self.estimator, str) else _N_MEMBERS

    def _factory(self, rows: Rows, seed: int) -> Callable[[int], Estimator]:
        if not isinstance(self.estimator, str):
            return partial(_cloned, self.estimator)
        settings: Mapping[str, float] = {}
        if self.tuning_seconds > 0 and len(np.unique(rows.experiments)) >= ENOUGH_TO_TUNE:
            weights = rows.shares * rows.trust[rows.experiments]
            settings = tuned(
                self.estimator,
                rows.inputs,
                rows.outcomes,
                self.tuning_seconds,
                seed,
                rows.experiments,
                weights,
            )
        return partial(built, self.estimator, settings)


def _cloned(estimator: Any, seed: int) -> Estimator:
    from sklearn.base import clone

    new: Any = clone(estimator)
    seeds = {name: seed for name in new.get_params() if name.split("__")[-1] == "random_state"}
    return new.set_params(**seeds)


@dataclass(frozen=True)
class LearnedNumber:
    """What an ensemble believes about one number.

    Attributes
    ----------
    response, scale, inputs
        What was learned, on which scale, from which columns.
    bag
        The members.
    variances
        Scatter of the truth and of a measurement.
    mean, variance : ndarray, shape (n_observations,)
        Out-of-bag forecasts of what would be measured, comparisons left aside.
    """

    response: Response
    scale: OutputScale
    inputs: Inputs
    bag: Bag
    variances: VarianceModel
    mean: np.ndarray
    variance: np.ndarray

    def functions(self, codes: Tensor) -> Tensor:
        """Equally likely latent functions at codes, shape (n_members, n)."""
        each = self.bag.outcomes(self.inputs(codes))
        mean = each.mean(axis=0)
        return torch.as_tensor(mean + math.sqrt(self.variances.between_factor) * (each - mean))

    def noise_variance(self, latent_mean: Tensor) -> Tensor:
        """Variance of a measurement around the truth: the learned one, and no less than is declared."""
        return declared_variance(self.response, self.scale, latent_mean).clamp_min(self.variances.noise)


@dataclass(frozen=True)
class LearnedYesNo:
    """What an ensemble believes about a yes or no.

    Attributes
    ----------
    inputs
        Columns from which it was learned.
    bag
        The members; their outcomes are probabilities of yes.
    calibration
        From their mean to a probability that can be believed.
    mean, variance : ndarray, shape (n_observations,)
        Out-of-bag forecasts, comparisons left aside: Phi(mean / sqrt(variance)) is the probability of yes.
    """

    inputs: Inputs
    bag: Bag
    calibration: Calibration
    mean: np.ndarray
    variance: np.ndarray
    scale: None = None

    def functions(self, codes: Tensor) -> Tensor:
        """Equally likely latent functions at codes, shape (n_members, n).

        With their mean and variance v, Phi(mean / sqrt(1 + v)) is the calibrated probability.
        """
        probabilities = self.bag.outcomes(self.inputs(codes)).clip(0.0, 1.0)
        latent = latent_of_members(probabilities)
        probits = self.calibration.probits(probabilities.mean(axis=0))
        middle = probits * np.sqrt(1 + latent.var(axis=0).clip(_LEAST_VARIANCE))
        return torch.as_tensor(middle + latent - latent.mean(axis=0))

    def noise_variance(self, latent_mean: Tensor) -> Tensor:
        """One: the width of the probit."""
        return torch.ones_like(latent_mean)


Learned = LearnedNumber | LearnedYesNo


def _learn_number(known: Known, bag: Bag) -> LearnedNumber:
    assert known.scale is not None
    left_out = known.left_out(bag)
    scored = known.is_exact & ~np.isnan(left_out.mean)
    declared, extra = known.declared_variance(left_out.mean), known.extra_variance()
    shares = np.array([o.noise_share for o in known.told])
    variances = fit_variances(
        known.outcomes[scored] - left_out.mean[scored],
        OutOfBag(left_out.mean[scored], left_out.between[scored], left_out.spread[scored]),
        _variance(known.outcomes[known.is_exact], known.weights[known.is_exact]),
        declared[scored],
        shares[scored],
        extra[scored],
        known.weights[scored],
    )
    truth = variances.between_factor * left_out.between + left_out.spread
    noise = np.maximum(declared, variances.noise) * shares + extra
    variance = truth.clip(_LEAST_VARIANCE) + noise
    return LearnedNumber(known.response, known.scale, known.inputs, bag, variances, left_out.mean, variance)


def _variance(values: np.ndarray, weights: np.ndarray) -> float:
    """Variance of latent values, drawn towards the 1 that their scale was made for."""
    total = float(weights.sum())
    squares = float(weights @ (values - np.average(values, weights=weights)) ** 2) if total else 0.0
    return (squares + _PRIOR_VALUES) / (max(total - 1, 0.0) + _PRIOR_VALUES)


def _learn_yes_no(known: Known, bag: Bag) -> LearnedYesNo:
    probabilities = known.left_out(bag, _as_probabilities).mean
    scored = ~np.isnan(probabilities)
    calibration = fit_calibration(probabilities[scored], known.outcomes[scored], known.weights[scored])
    between = known.left_out(bag, lambda outcomes: latent_of_members(_as_probabilities(outcomes))).between
    variance = 1 + between.clip(_LEAST_VARIANCE)
    mean = calibration.probits(probabilities) * np.sqrt(variance)
    return LearnedYesNo(known.inputs, bag, calibration, mean, variance)


def _as_probabilities(outcomes: np.ndarray) -> np.ndarray:
    return outcomes.clip(0.0, 1.0)


@dataclass(frozen=True)
class FittedSklearnSurrogate:
    """An ensemble after learning.

    Attributes
    ----------
    described
        The responses.
    evidence
        What it learned from.
    learned
        What it believes about each response.
    contradictions
        None: nothing declared is used that data could contradict.
    """

    described: tuple[Response, ...]
    evidence: Evidence
    learned: tuple[Learned, ...]
    contradictions: tuple[str, ...] = ()

    @property
    def responses(self) -> tuple[str, ...]:
        """Names of the responses."""
        return tuple(r.name for r in self.described)

    @property
    def scales(self) -> Mapping[str, OutputScale | None]:
        """Output scale of each response, None for yes/no."""
        return {name: one.scale for name, one in zip(self.responses, self.learned, strict=True)}

    @property
    def model(self) -> EnsembleModel:
        """The member functions as a BoTorch model."""
        return EnsembleModel([one.functions for one in self.learned])

    @property
    def components(self) -> "tuple[tuple[float, FittedSklearnSurrogate], ...]":
        """Itself: its members are samples of one belief, no mixture of several."""
        return ((1.0, self),)

    @property
    def lead(self) -> "FittedSklearnSurrogate":
        """Itself."""
        return self

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Latent means and variances at codes, shape (n, n_responses) each: moments of the samples."""
        each = torch.stack([one.functions(codes) for one in self.learned], dim=-1)
        mean = each.mean(dim=0)
        return mean, ((each - mean) ** 2).mean(dim=0).clamp_min(_LEAST_VARIANCE)

    def component_marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Latent means and variances at codes, shape (1, n, n_responses) each."""
        mean, variance = self.marginals(codes)
        return mean.unsqueeze(0), variance.unsqueeze(0)

    def component_left_out(self) -> LeftOut:
        """What is left out, shape (1, n_observations) each."""
        return LeftOut.of_several([self.left_out()])

    def noise_variance(self, response: str, latent_mean: Tensor) -> Tensor:
        """Variance of a measurement around the truth, on the latent scale, shape of `latent_mean`."""
        return self.learned[self.responses.index(response)].noise_variance(latent_mean)

    def left_out(self) -> LeftOut:
        """Forecast every observation by the members that did not see its experiment; no comparison."""
        observations = self.evidence.observations
        mean, variance = (torch.full((len(observations),), torch.nan, dtype=torch.float64) for _ in range(2))
        for name, one in zip(self.responses, self.learned, strict=True):
            places = [i for i, o in enumerate(observations) if o.response == name and o.kind != "beats"]
            mean[places] = torch.as_tensor(one.mean)
            variance[places] = torch.as_tensor(one.variance)
        return LeftOut(mean, variance, log_densities(observations, self.scales, mean, variance))

    def n_draws(self, n_responses: int, n_base: int) -> int:
        """One for each response: a draw picks a function, wherever it is asked for."""
        return n_responses

    def samples(self, responses: Sequence[str], base: Tensor, draws: Tensor) -> EnsembleSamples:
        """Samples of some of the responses, each a member function of its own."""
        chosen = [self.learned[self.responses.index(name)].functions for name in responses]
        return EnsembleSamples(chosen, base, draws)
