"""Several hyperparameters instead of the best one: where data are few, one point claims too much."""

import numpy as np
import torch

from .elliptical_slices import parallel_chains
from .expectation_propagation import infer
from .fitted_latent_ensemble import FittedLatentEnsemble
from .fitted_latent_surrogate import FittedLatentSurrogate
from .latent_model import LatentModel
from .surrogate import FittedSurrogate

_MOST_TERMS = 120  # beyond, the data leave little doubt about hyperparameters
_MOST_UNCERTAIN_TERMS = 60  # the same where bounds, answers or comparisons make each of them dear
_N_MEMBERS = 8
_MOST_STEPS = 20
_TOLERANCE = 3e-2  # of sites: the log evidence does not change with them to first order


def averaged(best: FittedLatentSurrogate, seed: int) -> FittedSurrogate:
    """Average a process over its hyperparameters; with much evidence the best stand for all."""
    model = best.model
    most = _MOST_TERMS if model.evidence.is_gaussian.all() else _MOST_UNCERTAIN_TERMS
    if len(model.evidence) > most or not (model.prior.prior_sd > 0).any():
        return best
    theta = sample_hyperparameters(model, _N_MEMBERS, seed)
    return FittedLatentEnsemble(best, LatentModel(model.prior, theta, model.evidence))


def sample_hyperparameters(
    model: LatentModel, n: int, seed: int, most_steps: int = _MOST_STEPS
) -> np.ndarray:
    """Draw hyperparameters from their posterior: the ends of as many chains, run side by side.

    All begin at the hyperparameters of `model` and go on until little of these is left.

    Returns
    -------
    ndarray, shape (n, n_hyperparameters)
    """
    prior = model.prior
    free = prior.prior_sd > 0

    def hyperparameters(deviations: np.ndarray) -> np.ndarray:
        theta = np.tile(prior.prior_mean, (len(deviations), 1))
        theta[:, free] += prior.prior_sd[free] * deviations
        return theta

    def log_evidence(deviations: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            theta = torch.as_tensor(hyperparameters(deviations))
            mean, covariance, terms = model.evidence.moments(prior, theta)
            _, value = infer(mean, covariance, terms, model.sites, _TOLERANCE)
        return np.where(np.isfinite(value.numpy()), value.numpy(), -np.inf)

    best = (model.theta.numpy() - prior.prior_mean)[free] / prior.prior_sd[free]
    generator = np.random.default_rng(seed)
    return hyperparameters(parallel_chains(np.tile(best, (n, 1)), log_evidence, most_steps, generator))
