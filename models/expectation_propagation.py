"""Approximate inference for a Gaussian latent seen through values, bounds, comparisons and yes/no.

Every piece of evidence is about one number g_i, a linear functional of the latent process: its value
at some conditions, or a difference of two. A Gaussian term says what g_i is, a probit term on which
side of a threshold it lies: Phi(s_i (g_i - b_i) / sigma_i). The latter covers bounds (b the bound),
comparisons (b = 0, g a difference) and yes/no (b = 0, sigma = 1). All are log-concave. Expectation
propagation (Minka 2001; Rasmussen & Williams 2006, section 3.6) replaces each probit term by a
Gaussian site; with Gaussian terms only the result is exact.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_TINY_PRECISION = 1e-10
_MAX_SWEEPS = 200
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Terms:
    """Likelihood terms, one entry for each g_i; shape (n_terms,) throughout.

    Attributes
    ----------
    is_gaussian
        True for a value, False for a probit term.
    target
        Observed value, or threshold b of a probit term.
    sd
        Noise standard deviation, or sigma of a probit term.
    sign
        +1 or -1: the side of the threshold; unused for values.
    """

    is_gaussian: Tensor
    target: Tensor
    sd: Tensor
    sign: Tensor


@dataclass(frozen=True)
class Sites:
    """Gaussian sites exp(-precision g^2 / 2 + shift g), shape (n_terms,) each."""

    precision: Tensor
    shift: Tensor


@dataclass(frozen=True)
class GaussianPosterior:
    """What a Gaussian prior and Gaussian sites imply.

    Attributes
    ----------
    factor : Tensor, shape (n_terms, n_terms)
        Lower Cholesky factor of I + T^(1/2) K T^(1/2), T the site precisions.
    root_precision : Tensor, shape (n_terms,)
        T^(1/2).
    weights : Tensor, shape (n_terms,)
        (K + 1/T)^-1 (target - mean): a prediction adds cross-covariance times these.
    """

    factor: Tensor
    root_precision: Tensor
    weights: Tensor

    def whiten(self, cross: Tensor) -> Tensor:
        """Solve so that the squared columns are the variance explained.

        Parameters
        ----------
        cross : Tensor, shape (n_terms, n)
            Prior covariance of the terms with n other quantities.
        """
        return torch.linalg.solve_triangular(self.factor, self.root_precision[:, None] * cross, upper=False)


def condition(mean: Tensor, covariance: Tensor, sites: Sites) -> GaussianPosterior:
    """Condition N(mean, covariance) on Gaussian sites."""
    root = sites.precision.sqrt()
    eye = torch.eye(len(mean), dtype=mean.dtype)
    factor = torch.linalg.cholesky(eye + root[:, None] * covariance * root[None, :])
    residual = sites.shift / root - root * mean
    weights = root * torch.cholesky_solve(residual[:, None], factor)[:, 0]
    return GaussianPosterior(factor, root, weights)


def infer(mean: Tensor, covariance: Tensor, terms: Terms, start: Sites | None = None) -> tuple[Sites, Tensor]:
    """Find the sites, and the log evidence with gradients.

    Parameters
    ----------
    mean : Tensor, shape (n_terms,)
        Prior mean of g.
    covariance : Tensor, shape (n_terms, n_terms)
        Prior covariance of g.
    terms
        The likelihood.
    start
        Sites to start from, e.g. those of nearby hyperparameters.

    Returns
    -------
    sites
        At the fixed point of expectation propagation.
    log_evidence : Tensor, scalar
        log Z, differentiable in `mean`, `covariance` and `terms.sd`. At the fixed point log Z does
        not change with the sites to first order, so they count as constants (Seeger 2005).
    """
    probit = ~terms.is_gaussian
    precision = torch.where(probit, torch.full_like(terms.target, _TINY_PRECISION), terms.sd**-2)
    sites = Sites(precision, torch.where(probit, torch.zeros_like(terms.target), terms.target * precision))
    cavity = None
    if probit.any():
        with torch.no_grad():
            found, cavity = _iterate(mean.detach(), covariance.detach(), terms, sites, start)
        sites = Sites(
            torch.where(probit, found.precision, precision), torch.where(probit, found.shift, sites.shift)
        )
    return Sites(sites.precision.detach(), sites.shift.detach()), _log_evidence(
        mean, covariance, terms, sites, cavity
    )


def _iterate(
    mean: Tensor, covariance: Tensor, terms: Terms, sites: Sites, start: Sites | None
) -> tuple[Sites, tuple[Tensor, Tensor]]:
    """Parallel updates of the probit sites until they stop changing; also returns the cavities."""
    probit = ~terms.is_gaussian
    precision, shift = sites.precision.detach().clone(), sites.shift.detach().clone()
    if start is not None:
        precision[probit], shift[probit] = start.precision[probit], start.shift[probit]
    damping = 0.9
    last_change = math.inf
    for _ in range(_MAX_SWEEPS):
        cavity_precision, cavity_shift = _cavities(mean, covariance, Sites(precision, shift))
        cavity_variance = cavity_precision[probit].clamp_min(1e-12).reciprocal()
        cavity_mean = cavity_shift[probit] * cavity_variance
        new_precision, new_shift = _matched(cavity_mean, cavity_variance, terms, probit)
        step_precision = new_precision - precision[probit]
        step_shift = new_shift - shift[probit]
        change = max(_relative(step_precision, precision[probit]), _relative(step_shift, shift[probit]))
        if change < _TOLERANCE:
            break
        damping = max(0.5 * damping, 0.2) if change > last_change else min(1.2 * damping, 1.0)
        last_change = change
        precision[probit] += damping * step_precision
        shift[probit] += damping * step_shift
    return Sites(precision, shift), _cavities(mean, covariance, Sites(precision, shift))


def _relative(step: Tensor, value: Tensor) -> float:
    return float((step.abs() / (1 + value.abs())).max())


def _cavities(mean: Tensor, covariance: Tensor, sites: Sites) -> tuple[Tensor, Tensor]:
    posterior = condition(mean, covariance, sites)
    explained = posterior.whiten(covariance)
    variance = (covariance.diagonal() - (explained**2).sum(0)).clamp_min(1e-12)
    marginal_mean = mean + covariance @ posterior.weights
    return variance.reciprocal() - sites.precision, marginal_mean / variance - sites.shift


def _matched(
    cavity_mean: Tensor, cavity_variance: Tensor, terms: Terms, probit: Tensor
) -> tuple[Tensor, Tensor]:
    """Site whose product with the cavity has the moments of the probit term times the cavity."""
    z, scale, ratio = _probit_ratio(cavity_mean, cavity_variance, terms, probit)
    mean = cavity_mean + terms.sign[probit] * cavity_variance * ratio / scale
    shrink = (ratio * (z + ratio) / scale**2 * cavity_variance).clamp(1e-12, 1 - 1e-9)
    variance = cavity_variance * (1 - shrink)
    precision = (shrink / variance).clamp_min(_TINY_PRECISION)
    return precision, mean / variance - cavity_mean / cavity_variance


def _probit_ratio(
    cavity_mean: Tensor, cavity_variance: Tensor, terms: Terms, probit: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    scale = (terms.sd[probit] ** 2 + cavity_variance).sqrt()
    z = terms.sign[probit] * (cavity_mean - terms.target[probit]) / scale
    log_density = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    return z, scale, (log_density - torch.special.log_ndtr(z)).exp()


def _log_evidence(
    mean: Tensor, covariance: Tensor, terms: Terms, sites: Sites, cavity: tuple[Tensor, Tensor] | None
) -> Tensor:
    posterior = condition(mean, covariance, sites)
    residual = sites.shift / posterior.root_precision - posterior.root_precision * mean
    quadratic = residual @ torch.cholesky_solve(residual[:, None], posterior.factor)[:, 0]
    total = -posterior.factor.diagonal().log().sum() - 0.5 * quadratic
    total = total - (0.5 * math.log(2 * math.pi) + terms.sd[terms.is_gaussian].log()).sum()
    if cavity is None:
        return total
    probit = ~terms.is_gaussian
    precision, shift = cavity[0][probit].clamp_min(1e-12), cavity[1][probit]
    z, _, _ = _probit_ratio(shift / precision, precision.reciprocal(), terms, probit)
    site_precision, site_shift = sites.precision[probit].detach(), sites.shift[probit].detach()
    total = total + torch.special.log_ndtr(z).sum()
    total = total + (_log_normaliser(precision, shift)).sum()
    total = total - (_log_normaliser(precision + site_precision, shift + site_shift)).sum()
    return total + (0.5 * site_shift**2 / site_precision).sum()


def _log_normaliser(precision: Tensor, shift: Tensor) -> Tensor:
    return 0.5 * shift**2 / precision - 0.5 * precision.log()
