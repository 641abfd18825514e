"""Several hyperparameters instead of the best one: where data are few, one point claims too much."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from .evidence import Evidence
from .expectation_propagation import Sites, infer
from .latent_model import LatentModel
from .latent_surrogate import LatentSurrogate
from .mixture import FittedMixture
from .surrogate import FittedSurrogate

_MOST_TERMS = 120  # beyond, the data leave little doubt about hyperparameters
_N_MEMBERS = 8
_N_BURN_IN = 16
_N_BETWEEN = 6
_MOST_SHRINKS = 40


@dataclass(frozen=True)
class HyperparameterEnsemble:
    """A Gaussian process averaged over the posterior of its hyperparameters.

    Attributes
    ----------
    recipe
        The process.
    """

    recipe: LatentSurrogate

    def fit(self, evidence: Evidence, seed: int = 0) -> FittedSurrogate:
        """Learn; with much evidence the best hyperparameters stand for all."""
        best = self.recipe.fit(evidence, seed)
        if len(best.model.evidence) > _MOST_TERMS or not (best.model.prior.prior_sd > 0).any():
            return best
        members = [best.at(theta) for theta in sample_hyperparameters(best.model, _N_MEMBERS, seed)]
        return FittedMixture((1 / len(members),) * len(members), tuple(members), best, best.contradictions)


def sample_hyperparameters(model: LatentModel, n: int, seed: int) -> list[np.ndarray]:
    """Draw hyperparameters from their posterior by elliptical slice sampling.

    Murray, Adams & MacKay, AISTATS 2010: needs no step size, since the prior is normal. The chain starts
    at the hyperparameters of `model`.

    Returns
    -------
    list of ndarray, shape (n_hyperparameters,)
    """
    prior, generator = model.prior, np.random.default_rng(seed)
    free = prior.prior_sd > 0
    sites: list[Sites] = [model.sites]

    def log_evidence(deviation: np.ndarray) -> float:
        theta = prior.prior_mean.copy()
        theta[free] += prior.prior_sd[free] * deviation
        with torch.no_grad():
            try:
                mean, covariance, terms = model.evidence.moments(prior, torch.as_tensor(theta))
                sites[0], value = infer(mean, covariance, terms, sites[0])
            except torch.linalg.LinAlgError:  # pyright: ignore[reportPrivateImportUsage]
                return -np.inf
        return float(value)

    here = (model.theta.numpy()[free] - prior.prior_mean[free]) / prior.prior_sd[free]
    value = log_evidence(here)
    kept: list[np.ndarray] = []
    for step in range(_N_BURN_IN + n * _N_BETWEEN):
        here, value = _elliptical_slice(here, value, log_evidence, generator)
        if step >= _N_BURN_IN and (step - _N_BURN_IN) % _N_BETWEEN == _N_BETWEEN - 1:
            theta = prior.prior_mean.copy()
            theta[free] += prior.prior_sd[free] * here
            kept.append(theta)
    return kept


def _elliptical_slice(
    here: np.ndarray,
    value: float,
    log_evidence: Callable[[np.ndarray], float],
    generator: np.random.Generator,
) -> tuple[np.ndarray, float]:
    """One step of the chain: a point on the ellipse through `here` and a draw of the prior."""
    other = generator.standard_normal(len(here))
    threshold = value + np.log(generator.uniform())
    angle = generator.uniform(0, 2 * np.pi)
    low, high = angle - 2 * np.pi, angle
    for _ in range(_MOST_SHRINKS):
        proposal = here * np.cos(angle) + other * np.sin(angle)
        if (found := log_evidence(proposal)) > threshold:
            return proposal, found
        low, high = (angle, high) if angle < 0 else (low, angle)
        angle = generator.uniform(low, high)
    return here, value
