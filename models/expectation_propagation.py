"""Approximate inference for a Gaussian latent seen through values, bounds, comparisons and yes/no.

Every piece of evidence is about one number g_i, a linear functional of the latent process: its value
at some conditions, or a difference of two. A Gaussian term says what g_i is, a probit term on which
side of a threshold it lies: Phi(s_i (g_i - b_i) / sigma_i). The latter covers bounds (b the bound),
comparisons (b = 0, g a difference) and yes/no (b = 0, sigma = 1). All are log-concave. Expectation
propagation (Minka 2001; Rasmussen & Williams 2006, section 3.6) replaces each probit term by a
Gaussian site; with Gaussian terms only the result is exact.

Everything may have leading batch dimensions (...): problems with the same terms that are solved in
parallel, each as it would be alone.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from .fixed_point import fixed_points
from .site_density import log_density_of_sites

_TINY_PRECISION = 1e-10
_MAX_SWEEPS = 200
_TOLERANCE = 1e-6
_ALL = slice(None)


@dataclass(frozen=True)
class Terms:
    """Likelihood terms, one entry for each g_i.

    Attributes
    ----------
    is_gaussian : Tensor of bool, shape (n_terms,)
        True for a value, False for a probit term.
    target : Tensor, shape (n_terms,)
        Observed value, or threshold b of a probit term.
    sd : Tensor, shape (..., n_terms)
        Noise standard deviation, or sigma of a probit term.
    sign : Tensor, shape (n_terms,)
        +1 or -1: the side of the threshold; unused for values.
    scatter : Tensor, shape (...)
        Log density of how replicates scatter around their means: it says nothing of g, but something of
        the noise.
    """

    is_gaussian: Tensor
    target: Tensor
    sd: Tensor
    sign: Tensor
    scatter: Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.float64))


@dataclass(frozen=True)
class Sites:
    """Gaussian sites exp(-precision g^2 / 2 + shift g), shape (..., n_terms) each."""

    precision: Tensor
    shift: Tensor

    def __getitem__(self, element: int | Tensor) -> "Sites":
        """Those of one or some elements of the batch."""
        return Sites(self.precision[element], self.shift[element])


@dataclass(frozen=True)
class GaussianPosterior:
    """What a Gaussian prior and Gaussian sites imply.

    Attributes
    ----------
    factor : Tensor, shape (..., n_terms, n_terms)
        Lower Cholesky factor of I + T^(1/2) K T^(1/2), T the site precisions.
    root_precision : Tensor, shape (..., n_terms)
        T^(1/2).
    weights : Tensor, shape (..., n_terms)
        (K + 1/T)^-1 (target - mean): a prediction adds cross-covariance times these.
    """

    factor: Tensor
    root_precision: Tensor
    weights: Tensor

    def __getitem__(self, element: int | Tensor) -> "GaussianPosterior":
        """That of one or some elements of the batch."""
        return GaussianPosterior(self.factor[element], self.root_precision[element], self.weights[element])

    def whiten(self, cross: Tensor) -> Tensor:
        """Solve so that the squared columns are the variance explained.

        Parameters
        ----------
        cross : Tensor, shape (..., n_terms, n)
            Prior covariance of the terms with n other quantities.
        """
        scaled = self.root_precision.unsqueeze(-1) * cross
        return torch.linalg.solve_triangular(self.factor, scaled, upper=False)


def condition(mean: Tensor, covariance: Tensor, sites: Sites) -> GaussianPosterior:
    """Condition N(mean, covariance), shapes (..., n_terms) and (..., n_terms, n_terms), on Gaussian sites."""
    posterior, _, failed = _conditioned(mean, covariance, sites)
    if failed.any():
        raise torch.linalg.LinAlgError(  # pyright: ignore[reportPrivateImportUsage]
            "the covariance of the evidence is not positive definite"
        )
    return posterior


def _conditioned(mean: Tensor, covariance: Tensor, sites: Sites) -> tuple[GaussianPosterior, Tensor, Tensor]:
    """Posterior, residual (..., n_terms), and where there is no Cholesky factor, shape (...)."""
    root, factor, residual, failed = _factorised(mean, covariance, sites)
    weights = root * torch.cholesky_solve(residual.unsqueeze(-1), factor).squeeze(-1)
    return GaussianPosterior(factor, root, weights), residual, failed


def _factorised(mean: Tensor, covariance: Tensor, sites: Sites) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """T^(1/2), the factor of I + T^(1/2) K T^(1/2), T^(-1/2) shift - T^(1/2) mean, and failures."""
    root = sites.precision.sqrt()
    scaled = root.unsqueeze(-1) * covariance * root.unsqueeze(-2)
    scaled.diagonal(dim1=-2, dim2=-1).add_(1.0)
    factor, info = torch.linalg.cholesky_ex(scaled)
    failed = info > 0
    if failed.any():
        # Whatever else is computed there must not stop the others.
        eye = torch.eye(mean.shape[-1], dtype=mean.dtype)
        factor = torch.where(failed[..., None, None], eye, factor)
    return root, factor, sites.shift / root - root * mean, failed


def infer(
    mean: Tensor,
    covariance: Tensor,
    terms: Terms,
    start: Sites | None = None,
    tolerance: float = _TOLERANCE,
) -> tuple[Sites, Tensor]:
    """Find the sites, and the log evidence with gradients.

    Parameters
    ----------
    mean : Tensor, shape (..., n_terms)
        Prior mean of g.
    covariance : Tensor, shape (..., n_terms, n_terms)
        Prior covariance of g.
    terms
        The likelihood.
    start
        Sites to start from, e.g. those of nearby hyperparameters.
    tolerance
        Relative change of the sites at which they are taken to have settled.

    Returns
    -------
    sites
        At the fixed point of expectation propagation.
    log_evidence : Tensor, shape (...)
        log Z and the scatter, differentiable in `mean`, `covariance`, `terms.sd` and `terms.scatter`. At
        the fixed point log Z does not change with the sites to first order, so they count as constants
        (Seeger 2005). Minus infinity where the covariance has no Cholesky factor.
    """
    probit = ~terms.is_gaussian
    target = terms.target.expand_as(mean)
    precision = torch.where(probit, torch.full_like(target, _TINY_PRECISION), terms.sd**-2)
    sites = Sites(precision, torch.where(probit, torch.zeros_like(target), target * precision))
    cavity = None
    if probit.any():
        rows = probit.nonzero()[:, 0]
        with torch.no_grad():
            prior = _given_values(mean.detach(), covariance.detach(), terms, sites)
            begin = sites if start is None else start
            begin = Sites(begin.precision.detach()[..., rows], begin.shift.detach()[..., rows])
            found, cavity = _iterate(*prior, _sides(terms), begin, tolerance)
        sites = Sites(
            precision.index_copy(-1, rows, found.precision), sites.shift.index_copy(-1, rows, found.shift)
        )
    log_evidence = _log_evidence(mean, covariance, terms, sites, cavity) + terms.scatter
    return Sites(sites.precision.detach(), sites.shift.detach()), log_evidence


def _sides(terms: Terms) -> Terms:
    """The probit terms alone."""
    rows = (~terms.is_gaussian).nonzero()[:, 0]
    return Terms(terms.is_gaussian[rows], terms.target[rows], terms.sd[..., rows], terms.sign[rows])


def _given_values(mean: Tensor, covariance: Tensor, terms: Terms, sites: Sites) -> tuple[Tensor, Tensor]:
    """Mean and covariance of the probit terms once all values are known."""
    sides, values = (~terms.is_gaussian).nonzero()[:, 0], terms.is_gaussian.nonzero()[:, 0]
    if not len(values):
        return mean, covariance
    at_values = Sites(sites.precision[..., values], sites.shift[..., values])
    across = covariance[..., values, :]
    given, _, _ = _conditioned(mean[..., values], across[..., values], at_values)
    shared = across[..., sides]
    whitened = given.whiten(shared)
    after = mean[..., sides] + (given.weights.unsqueeze(-2) @ shared).squeeze(-2)
    return after, covariance[..., sides, :][..., sides] - whitened.mT @ whitened


def _iterate(
    mean: Tensor, covariance: Tensor, sides: Terms, start: Sites, tolerance: float
) -> tuple[Sites, tuple[Tensor, Tensor]]:
    """Sites at which the moments match, and their cavities; where there are none, whatever was reached."""
    n = mean.shape[-1]
    cavity, failed = (start.precision, start.shift), torch.zeros((), dtype=torch.bool)

    def updated(both: Tensor) -> Tensor:
        nonlocal cavity, failed
        cavity, failed = _cavities(mean, covariance, Sites(both[..., :n], both[..., n:]))
        variance = cavity[0].clamp_min(1e-12).reciprocal()
        new = torch.cat(_matched(cavity[1] * variance, variance, sides, _ALL), dim=-1)
        return torch.where(failed, both, new)  # where nothing can be said they stay as they are

    least = torch.cat([torch.full((n,), _TINY_PRECISION), torch.full((n,), -math.inf)]).to(mean.dtype)
    begin = torch.cat(torch.broadcast_tensors(start.precision, start.shift), dim=-1)
    begin = begin.expand(*mean.shape[:-1], 2 * n)
    both = fixed_points(updated, begin, least, tolerance, _MAX_SWEEPS)
    return Sites(both[..., :n], both[..., n:]), cavity


def _cavities(mean: Tensor, covariance: Tensor, sites: Sites) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """Precision and shift of each g without its own site, and where there is no Cholesky factor, (..., 1)."""
    root, factor, residual, failed = _factorised(mean, covariance, sites)
    both = torch.cat([root.unsqueeze(-1) * covariance, residual.unsqueeze(-1)], dim=-1)
    solved = torch.linalg.solve_triangular(factor, both, upper=False)
    explained, residual = solved[..., :-1], solved[..., -1:]
    prior = covariance.diagonal(dim1=-2, dim2=-1)
    variance = (prior - (explained * explained).sum(-2)).clamp_min(1e-12)
    marginal_mean = mean + (explained.mT @ residual).squeeze(-1)
    cavity = variance.reciprocal() - sites.precision, marginal_mean / variance - sites.shift
    return cavity, failed.unsqueeze(-1)


def _matched(
    cavity_mean: Tensor, cavity_variance: Tensor, terms: Terms, probit: Tensor | slice
) -> tuple[Tensor, Tensor]:
    """Site whose product with the cavity has the moments of the probit term times the cavity."""
    z, scale, ratio = _probit_ratio(cavity_mean, cavity_variance, terms, probit)
    mean = cavity_mean + terms.sign[probit] * cavity_variance * ratio / scale
    shrink = (ratio * (z + ratio) / scale**2 * cavity_variance).clamp(1e-12, 1 - 1e-9)
    variance = cavity_variance * (1 - shrink)
    precision = (shrink / variance).clamp_min(_TINY_PRECISION)
    return precision, mean / variance - cavity_mean / cavity_variance


def _probit_ratio(
    cavity_mean: Tensor, cavity_variance: Tensor, terms: Terms, probit: Tensor | slice
) -> tuple[Tensor, Tensor, Tensor]:
    scale = (terms.sd[..., probit] ** 2 + cavity_variance).sqrt()
    z = terms.sign[probit] * (cavity_mean - terms.target[probit]) / scale
    log_density = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    return z, scale, (log_density - torch.special.log_ndtr(z)).exp()


def _log_evidence(
    mean: Tensor, covariance: Tensor, terms: Terms, sites: Sites, cavity: tuple[Tensor, Tensor] | None
) -> Tensor:
    known = sites.precision.detach().reciprocal()
    variance = torch.where(terms.is_gaussian, terms.sd**2, known)
    centre = sites.shift.detach() * known
    total = log_density_of_sites(mean, covariance, variance, centre)
    total = total - (0.5 * math.log(2 * math.pi) + terms.sd[..., terms.is_gaussian].log()).sum(-1)
    if cavity is not None:
        total = total + _log_moments(terms, sites, cavity)
    lost = ~torch.isfinite(total)
    return torch.where(lost, torch.full_like(total, -torch.inf), total) if lost.any() else total


def _log_moments(terms: Terms, sites: Sites, cavity: tuple[Tensor, Tensor]) -> Tensor:
    """What the probit terms add to the log evidence beyond their sites, shape (...)."""
    rows = (~terms.is_gaussian).nonzero()[:, 0]
    precision, shift = cavity[0].clamp_min(1e-12), cavity[1]
    z, _, _ = _probit_ratio(shift / precision, precision.reciprocal(), _sides(terms), _ALL)
    site_precision, site_shift = sites.precision[..., rows].detach(), sites.shift[..., rows].detach()
    added = torch.special.log_ndtr(z) + _log_normaliser(precision, shift)
    added = added - _log_normaliser(precision + site_precision, shift + site_shift)
    return (added + 0.5 * site_shift**2 / site_precision).sum(-1)


def _log_normaliser(precision: Tensor, shift: Tensor) -> Tensor:
    return 0.5 * shift**2 / precision - 0.5 * precision.log()
