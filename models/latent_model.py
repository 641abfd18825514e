"""A latent prior conditioned on evidence: fitted hyperparameters and a posterior, as a BoTorch model."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from botorch.models.model import Model
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.posteriors.posterior import Posterior
from gpytorch.distributions import MultitaskMultivariateNormal, MultivariateNormal
from scipy.optimize import minimize
from torch import Tensor

from .expectation_propagation import GaussianPosterior, Sites, Terms, condition, infer
from .latent_prior import LatentPrior, Points

_MOST_TERMS_FOR_HYPERPARAMETERS = 300
_FURTHEST_SD = 4.0
_JITTER = 1e-8


@dataclass(frozen=True)
class EvidenceTerms:
    """Evidence about a latent prior, term by term, in tensors.

    Attributes
    ----------
    points
        Places that any term speaks of.
    functional : Tensor, shape (n_terms, n_points)
        g = functional @ f(points). A row of several weights that sum to one averages over what an
        unstated condition may have been; +1 and -1 compare two experiments.
    is_gaussian, target, sign : Tensor, shape (n_terms,)
        As in `Terms`.
    fixed_variance : Tensor, shape (n_terms,)
        Noise variance that is known.
    noise_share : Tensor, shape (n_terms, n_outputs)
        How many times the learned noise variance of each response adds to it.
    is_spread : Tensor of bool, shape (n_terms,)
        Whether the term averages over unstated conditions.
    """

    points: Points
    functional: Tensor
    is_gaussian: Tensor
    target: Tensor
    sign: Tensor
    fixed_variance: Tensor
    noise_share: Tensor
    is_spread: Tensor

    def __len__(self) -> int:
        return len(self.target)

    @cached_property
    def _sparse_functional(self) -> Tensor:
        return self.functional.to_sparse()

    def of(self, values: Tensor) -> Tensor:
        """Apply the functional to values at the points, shape (n_points, n) to (n_terms, n)."""
        return torch.sparse.mm(self._sparse_functional, values)

    def subset(self, prior: LatentPrior, chosen: Tensor) -> "EvidenceTerms":
        """Only the chosen terms and the points that they speak of."""
        used = self.functional[chosen].abs().sum(0) > 0
        return EvidenceTerms(
            prior.points(*(x[used] for x in (self.points.codes, self.points.output, self.points.source))),
            self.functional[chosen][:, used],
            *(
                getattr(self, name)[chosen]
                for name in ("is_gaussian", "target", "sign", "fixed_variance", "noise_share", "is_spread")
            ),
        )

    def moments(self, prior: LatentPrior, theta: Tensor) -> tuple[Tensor, Tensor, Terms]:
        """Prior mean and covariance of g, and its likelihood."""
        mean_f = prior.mean(theta, self.points)
        covariance_f = prior.covariance(theta, self.points, self.points)
        mean = self.of(mean_f[:, None])[:, 0]
        covariance = self.of(self.of(covariance_f).T)
        noises = torch.stack([prior.noise_sd(theta, o) ** 2 for o in range(len(prior.outputs))])
        variance = self.fixed_variance + self.noise_share @ noises
        if self.is_spread.any():
            # Moments of the response at conditions drawn from those it may have had: what the average
            # does not explain is noise.
            second = self.of((covariance_f.diagonal() + mean_f**2)[:, None])[:, 0]
            spread = (second - mean**2 - covariance.diagonal()).clamp_min(0.0)
            variance = variance + torch.where(self.is_spread, spread, torch.zeros_like(spread))
        eye = torch.eye(len(mean), dtype=mean.dtype)
        return (
            mean,
            covariance + _JITTER * eye,
            Terms(self.is_gaussian, self.target, variance.sqrt(), self.sign),
        )


def fit_hyperparameters(prior: LatentPrior, evidence: EvidenceTerms, seed: int = 0) -> np.ndarray:
    """Most probable hyperparameters: log evidence plus log prior, by L-BFGS with exact gradients.

    Large evidence is thinned to `_MOST_TERMS_FOR_HYPERPARAMETERS` random terms first: they settle the
    hyperparameters, while the posterior still uses all of them.
    """
    free = prior.prior_sd > 0
    if len(evidence) == 0 or not free.any():
        return prior.prior_mean.copy()
    if len(evidence) > _MOST_TERMS_FOR_HYPERPARAMETERS:
        order = np.random.default_rng(seed).permutation(len(evidence))
        kept = np.sort(order[:_MOST_TERMS_FOR_HYPERPARAMETERS])
        evidence = evidence.subset(prior, torch.as_tensor(kept))
    start_sites: list[Sites | None] = [None]

    def loss(deviation: np.ndarray) -> tuple[float, np.ndarray]:
        z = torch.tensor(deviation, dtype=torch.float64, requires_grad=True)
        theta = torch.as_tensor(prior.prior_mean).clone()
        theta[torch.as_tensor(free)] += torch.as_tensor(prior.prior_sd[free]) * z
        try:
            mean, covariance, terms = evidence.moments(prior, theta)
            sites, log_evidence = infer(mean, covariance, terms, start_sites[0])
        except torch.linalg.LinAlgError:  # pyright: ignore[reportPrivateImportUsage]
            return 1e10, np.zeros_like(deviation)
        start_sites[0] = sites
        value = 0.5 * (z**2).sum() - log_evidence
        (gradient,) = torch.autograd.grad(value, z)
        return float(value.detach()), gradient.numpy().copy()

    n_free = int(free.sum())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = minimize(
            loss,
            np.zeros(n_free),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_FURTHEST_SD, _FURTHEST_SD)] * n_free,
            options={"maxiter": 75, "ftol": 1e-7, "gtol": 1e-4},
        )
    theta = prior.prior_mean.copy()
    theta[free] += prior.prior_sd[free] * found.x
    return theta


class LatentModel(Model):
    """Posterior of linked latent processes given evidence, at fixed hyperparameters.

    Parameters
    ----------
    prior, theta
        Prior and its hyperparameters, shape (n_hyperparameters,).
    evidence
        What was observed.
    outputs
        Positions of the responses that `posterior` returns; None: all.
    """

    def __init__(
        self,
        prior: LatentPrior,
        theta: np.ndarray,
        evidence: EvidenceTerms,
        outputs: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.prior = prior
        self.theta = torch.as_tensor(theta)
        self.evidence = evidence
        self.outputs = tuple(range(len(prior.outputs)) if outputs is None else outputs)
        with torch.no_grad():
            mean, covariance, terms = evidence.moments(prior, self.theta)
            sites, log_evidence = infer(mean, covariance, terms)
            self.sites: Sites = sites
            self.terms: Terms = terms
            self.log_evidence = float(log_evidence)
            self.given: GaussianPosterior = condition(mean, covariance, sites)

    @property
    def num_outputs(self) -> int:
        """Number of responses that `posterior` returns."""
        return len(self.outputs)

    @property
    def batch_shape(self) -> torch.Size:
        """One model, no batch of them."""
        return torch.Size()

    def for_outputs(self, outputs: Sequence[int]) -> "LatentModel":
        """The same posterior, returning other responses."""
        other = LatentModel.__new__(LatentModel)
        Model.__init__(other)
        for name in ("prior", "theta", "evidence", "sites", "terms", "log_evidence", "given"):
            setattr(other, name, getattr(self, name))
        other.outputs = tuple(outputs)
        return other

    def subset_output(self, idcs: list[int]) -> "LatentModel":
        """Part of the outputs, by position among those that `posterior` returns."""
        return self.for_outputs([self.outputs[i] for i in idcs])

    def points(self, codes: Tensor) -> Points:
        """Points at codes of shape (n, p): the first response everywhere, then the second..."""
        n = len(codes)
        output = torch.tensor(self.outputs).repeat_interleave(n)
        return self.prior.points(codes.repeat(len(self.outputs), 1), output)

    def explain(self, points: Points) -> tuple[Tensor, Tensor]:
        """What the evidence says of points.

        Returns
        -------
        mean : Tensor, shape (n,)
            Posterior mean.
        whitened : Tensor, shape (n_terms, n)
            Posterior covariance is the prior's less the inner products of these columns.
        """
        cross = self.evidence.of(self.prior.covariance(self.theta, self.evidence.points, points))
        return self.prior.mean(self.theta, points) + self.given.weights @ cross, self.given.whiten(cross)

    @property
    def log_probability(self) -> float:
        """Log evidence plus log prior of the hyperparameters, up to a constant."""
        free = torch.as_tensor(self.prior.prior_sd > 0)
        sd = torch.as_tensor(self.prior.prior_sd)[free]
        z = (self.theta - torch.as_tensor(self.prior.prior_mean))[free] / sd
        return self.log_evidence - 0.5 * float((z**2).sum())

    def slope(self, position: int, name: str) -> float:
        """Posterior mean of a trend, positive in the direction that was declared."""
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
        mean, variance : Tensor, shape (n_terms,)
            Of the measurement, noise included: exact for values, and with the other sites held where they
            are for everything else (Rasmussen & Williams 2006, sections 5.4.2 and 3.6).
        """
        mean, covariance, _ = self.evidence.moments(self.prior, self.theta)
        explained = self.given.whiten(covariance)
        posterior_mean = mean + covariance @ self.given.weights
        posterior = covariance - explained.T @ explained
        means, variances = torch.empty_like(mean), torch.empty_like(mean)
        for term, block in enumerate(blocks):
            rows = torch.tensor(block)
            inverse = torch.linalg.inv(_regular(posterior[rows][:, rows]))
            precision = inverse - self.sites.precision[rows].diag()
            cavity = torch.linalg.inv(_regular(precision))
            centre = cavity @ (inverse @ posterior_mean[rows] - self.sites.shift[rows])
            place = list(block).index(term)
            means[term] = centre[place]
            variances[term] = cavity[place, place].clamp_min(1e-10) + self.terms.sd[term] ** 2
        return means, variances

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior means and variances at codes, shape (n, n_outputs) each."""
        points = self.points(codes)
        mean, whitened = self.explain(points)
        variance = (self.prior.variance(self.theta, points) - (whitened**2).sum(0)).clamp_min(1e-10)
        shape = (len(self.outputs), len(codes))
        return mean.reshape(shape).T, variance.reshape(shape).T

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: Callable[[Posterior], Posterior] | None = None,
    ) -> Posterior:
        """Joint posterior of the latent processes at codes.

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
    return matrix + _JITTER * matrix.diagonal().abs().max() * torch.eye(len(matrix), dtype=matrix.dtype)
