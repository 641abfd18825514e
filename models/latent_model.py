"""A latent prior conditioned on evidence: fitted hyperparameters and a posterior, as a BoTorch model."""

import copy
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from botorch.models.model import Model
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.posteriors.posterior import Posterior
from gpytorch.distributions import MultitaskMultivariateNormal, MultivariateNormal
from scipy.optimize import OptimizeResult, minimize
from torch import Tensor

from .evidence_terms import EvidenceTerms
from .expectation_propagation import GaussianPosterior, Sites, Terms, condition, infer
from .latent_prior import LatentPrior
from .points import Points

_MOST_TERMS_FOR_HYPERPARAMETERS = 200
_FURTHEST_SD = 4.0
_MOST_STEPS = 75
_TOLERANCE = 1e-4  # of sites: the log evidence does not change with them to first order
# A search that is to gain something ends where that is many times what the last steps gained.
_FEWEST_STEPS, _RECENT_STEPS, _TIMES_RECENT, _SLACK = 3, 2, 10.0, 1.0
_JITTER = 1e-8


def fit_hyperparameters(
    prior: LatentPrior,
    evidence: EvidenceTerms,
    seed: int = 0,
    start: np.ndarray | None = None,
    needed: float | None = None,
) -> np.ndarray:
    """Most probable hyperparameters: log evidence plus log prior, by L-BFGS with exact gradients.

    Large evidence is thinned to `_MOST_TERMS_FOR_HYPERPARAMETERS` random terms first: they settle the
    hyperparameters, while the posterior still uses all of them. The search begins at `start`, or at the
    mean of the prior. Where only gaining `needed` of log probability would matter, it ends as soon as that is
    out of reach.
    """
    free = prior.prior_sd > 0
    if len(evidence) == 0 or not free.any():
        return prior.prior_mean.copy()
    n_all = len(evidence)
    if n_all > _MOST_TERMS_FOR_HYPERPARAMETERS:
        order = np.random.default_rng(seed).permutation(len(evidence))
        kept = np.sort(order[:_MOST_TERMS_FOR_HYPERPARAMETERS])
        evidence = evidence.subset(torch.as_tensor(kept))
    reached: list[float] = []

    def give_up(intermediate_result: OptimizeResult) -> None:
        reached.append(float(intermediate_result.fun))
        if needed is not None and _is_hopeless(reached, needed * len(evidence) / n_all):
            raise StopIteration

    n_free = int(free.sum())
    first = prior.prior_mean if start is None else start
    # From a good start only what changes much is worth finding.
    tolerance = 1e-6 if start is None else 1e-5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = minimize(
            _loss(prior, evidence),
            ((first - prior.prior_mean) / np.where(free, prior.prior_sd, 1.0))[free],
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_FURTHEST_SD, _FURTHEST_SD)] * n_free,
            options={"maxiter": _MOST_STEPS, "ftol": tolerance, "gtol": 1e-4},
            callback=give_up,
        )
    theta = prior.prior_mean.copy()
    theta[free] += prior.prior_sd[free] * found.x
    return theta


def _loss(prior: LatentPrior, evidence: EvidenceTerms) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """Negative log evidence and log prior, with gradient, by deviations of what is free in prior sds."""
    free = prior.prior_sd > 0
    start_sites: list[Sites | None] = [None]

    def loss(deviation: np.ndarray) -> tuple[float, np.ndarray]:
        z = torch.tensor(deviation, dtype=torch.float64, requires_grad=True)
        theta = torch.as_tensor(prior.prior_mean).clone()
        theta[torch.as_tensor(free)] += torch.as_tensor(prior.prior_sd[free]) * z
        mean, covariance, terms = evidence.moments(prior, theta)
        sites, log_evidence = infer(mean, covariance, terms, start_sites[0], _TOLERANCE)
        if not torch.isfinite(log_evidence):
            return 1e10, np.zeros_like(deviation)
        start_sites[0] = sites
        value = 0.5 * (z**2).sum() - log_evidence
        (gradient,) = torch.autograd.grad(value, z)
        return float(value.detach()), gradient.numpy().copy()

    return loss


def _is_hopeless(losses: Sequence[float], needed: float) -> bool:
    """Whether a search will not gain what is needed, going by the losses after each of its steps."""
    if len(losses) <= _FEWEST_STEPS:
        return False
    recent = losses[-1 - _RECENT_STEPS] - losses[-1]
    return needed - (losses[0] - losses[-1]) > _TIMES_RECENT * recent + _SLACK


class LatentModel(Model):
    """Posterior of linked latent processes given evidence, at fixed hyperparameters.

    With a batch of hyperparameters it is as many posteriors, and whatever it says has their dimensions in
    front; `element` is one of them.

    Parameters
    ----------
    prior, theta
        Prior and its hyperparameters, shape (..., n_hyperparameters).
    evidence
        What was observed.
    outputs
        Positions of the responses that `posterior` returns; None: all.
    start
        Sites of similar evidence, from which to begin.

    Attributes
    ----------
    log_evidence
        Log probability of the evidence; NaN of a batch.
    """

    def __init__(
        self,
        prior: LatentPrior,
        theta: np.ndarray,
        evidence: EvidenceTerms,
        outputs: Sequence[int] | None = None,
        start: Sites | None = None,
    ) -> None:
        super().__init__()
        self.prior = prior
        self.theta = torch.as_tensor(theta)
        self.evidence = evidence
        self.outputs = tuple(range(len(prior.outputs)) if outputs is None else outputs)
        with torch.no_grad():
            mean, covariance, terms = evidence.moments(prior, self.theta)
            self.sites, self._log_evidences = infer(mean, covariance, terms, start)
            self.terms: Terms = terms
            self.given: GaussianPosterior = condition(mean, covariance, self.sites)
            self.seen = prior.seen(self.theta, evidence.points)
        self.log_evidence = math.nan if self.batch_shape else float(self._log_evidences)

    @property
    def num_outputs(self) -> int:
        """Number of responses that `posterior` returns."""
        return len(self.outputs)

    @property
    def batch_shape(self) -> torch.Size:
        """Of the hyperparameters."""
        return self.theta.shape[:-1]

    def for_outputs(self, outputs: Sequence[int]) -> "LatentModel":
        """The same posterior, returning other responses."""
        other = copy.copy(self)
        other.outputs = tuple(outputs)
        return other

    def element(self, position: int) -> "LatentModel":
        """One posterior of a batch, without inferring it again."""
        other = copy.copy(self)
        other.theta, other.sites, other.given = (
            self.theta[position],
            self.sites[position],
            self.given[position],
        )
        other.terms = replace(self.terms, sd=self.terms.sd[position], scatter=self.terms.scatter[position])
        other._log_evidences = self._log_evidences[position]
        other.log_evidence = math.nan if other.batch_shape else float(other._log_evidences)
        other.seen = self.prior.seen(other.theta, self.evidence.points)
        return other

    def subset_output(self, idcs: list[int]) -> "LatentModel":
        """Part of the outputs, by position among those that `posterior` returns."""
        return self.for_outputs([self.outputs[i] for i in idcs])

    def points(self, codes: Tensor) -> Points:
        """Points at codes of shape (n, p): the first response everywhere, then the second..."""
        return self.prior.points_of_outputs(codes, self.outputs)

    def explain(self, points: Points) -> tuple[Tensor, Tensor]:
        """What the evidence says of points.

        Returns
        -------
        mean : Tensor, shape (..., n)
            Posterior mean.
        whitened : Tensor, shape (..., n_terms, n)
            Posterior covariance is the prior's less the inner products of these columns.
        """
        points = self.prior.seen(self.theta, points)
        cross = self.evidence.of(self.prior.covariance(self.theta, self.seen, points))
        learned = (self.given.weights.unsqueeze(-2) @ cross).squeeze(-2)
        return self.prior.mean(self.theta, points) + learned, self.given.whiten(cross)

    @property
    def log_probability(self) -> float:
        """Log evidence plus log prior of the hyperparameters, up to a constant; not of a batch."""
        free = torch.as_tensor(self.prior.prior_sd > 0)
        sd = torch.as_tensor(self.prior.prior_sd)[free]
        z = (self.theta - torch.as_tensor(self.prior.prior_mean))[free] / sd
        return self.log_evidence - 0.5 * float((z**2).sum())

    def slope(self, position: int, name: str) -> float:
        """Posterior mean of a trend, positive in the direction that was declared; not of a batch."""
        shared = self.prior.slope_covariance(self.theta, self.evidence.points, position, name)
        learned = self.evidence.of(shared[:, None])[:, 0] @ self.given.weights
        return self.prior.slope_mean(position) + float(learned)

    def left_out(self, blocks: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """What each term was to show without a block of terms around it, at the same hyperparameters.

        Parameters
        ----------
        blocks
            For each term the positions of the terms to leave out, itself among them.

        Returns
        -------
        mean, variance : Tensor, shape (..., n_terms)
            Of the measurement, noise included: exact for values, and with the other sites held where they
            are for everything else (Rasmussen & Williams 2006, sections 5.4.2 and 3.6).
        """
        mean, covariance, _ = self.evidence.moments(self.prior, self.theta)
        explained = self.given.whiten(covariance)
        posterior_mean = mean + (covariance @ self.given.weights.unsqueeze(-1)).squeeze(-1)
        posterior = covariance - explained.mT @ explained
        means, variances = torch.empty_like(mean), torch.empty_like(mean)
        by_size: dict[int, list[int]] = {}
        for term, block in enumerate(blocks):
            by_size.setdefault(len(block), []).append(term)
        for terms in by_size.values():
            # Blocks of one size are one batch, shape (..., n_blocks, size).
            rows = torch.tensor([list(blocks[term]) for term in terms])
            inverse = torch.linalg.inv(_regular(posterior[..., rows.unsqueeze(-1), rows.unsqueeze(-2)]))
            precision = inverse - torch.diag_embed(self.sites.precision[..., rows])
            cavity = torch.linalg.inv(_regular(precision))
            shift = (inverse @ posterior_mean[..., rows].unsqueeze(-1)).squeeze(-1) - self.sites.shift[
                ..., rows
            ]
            centre = (cavity @ shift.unsqueeze(-1)).squeeze(-1)
            own, place = torch.arange(len(terms)), (rows == torch.tensor(terms)[:, None]).long().argmax(1)
            means[..., terms] = centre[..., own, place]
            variances[..., terms] = cavity[..., own, place, place].clamp_min(1e-10)
        return means, variances + self.terms.sd**2

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior means and variances at codes, shape (..., n, n_outputs) each."""
        points = self.prior.seen(self.theta, self.points(codes))
        mean, whitened = self.explain(points)
        variance = (self.prior.variance(self.theta, points) - (whitened**2).sum(-2)).clamp_min(1e-10)
        shape = (*self.batch_shape, len(self.outputs), len(codes))
        return mean.reshape(shape).mT, variance.reshape(shape).mT

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: Callable[[Posterior], Posterior] | None = None,
    ) -> Posterior:
        """Joint posterior of the latent processes at codes; not of a batch.

        Parameters
        ----------
        X : Tensor, shape (..., q, n_parameters)
            Codes.

        Returns
        -------
        GPyTorchPosterior
            Of event shape (q, n_outputs).
        """
        model = self if output_indices is None else self.subset_output(output_indices)
        batch, q = X.shape[:-2], X.shape[-2]
        flat = X.reshape(-1, q, X.shape[-1])
        parts = [model._joint(codes) for codes in flat]
        mean = torch.stack([m for m, _ in parts]).reshape(*batch, -1)
        covariance = torch.stack([c for _, c in parts]).reshape(*batch, mean.shape[-1], mean.shape[-1])
        n_outputs = len(model.outputs)
        if n_outputs == 1:
            result = GPyTorchPosterior(MultivariateNormal(mean, covariance))
        else:
            joint = mean.reshape(*batch, n_outputs, q).transpose(-1, -2)
            result = GPyTorchPosterior(MultitaskMultivariateNormal(joint, covariance, interleaved=False))
        return result if posterior_transform is None else posterior_transform(result)

    def _joint(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        points = self.points(codes)
        mean, whitened = self.explain(points)
        covariance = self.prior.covariance(self.theta, points, points) - whitened.T @ whitened
        eye = torch.eye(len(covariance), dtype=covariance.dtype)
        return mean, covariance + _JITTER * eye


def _regular(matrix: Tensor) -> Tensor:
    scale = matrix.diagonal(dim1=-2, dim2=-1).abs().amax(-1)[..., None, None]
    return matrix + _JITTER * scale * torch.eye(matrix.shape[-1], dtype=matrix.dtype)
