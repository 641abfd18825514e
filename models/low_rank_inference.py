"""Expectation propagation where the prior of g is of low rank plus a diagonal.

The same approximation as in `expectation_propagation`, for n pieces of evidence and m inducing points in
O(n m^2) a sweep (generalised FITC: Naish-Guzman & Holden, NeurIPS 2007). Given w, every g_i is V_i^T w plus
an independent rest of variance d_i, so a site of precision t_i and shift s_i acts on V_i^T w as one of
precision t_i / (1 + t_i d_i) and shift s_i / (1 + t_i d_i).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .expectation_propagation import Sites, Terms
from .expectation_propagation import _log_normaliser as log_normaliser
from .expectation_propagation import _matched as matched
from .expectation_propagation import _probit_ratio as probit_ratio
from .inducing_points import LowRankPrior

_TINY_PRECISION = 1e-10
_MAX_SWEEPS = 200
_TOLERANCE = 1e-5  # a hundred thousandth of a site is far less than what the inducing points leave out


@dataclass(frozen=True)
class LowRankPosterior:
    """Posterior N(centre, (R R^T)^-1) of the white variables w.

    Attributes
    ----------
    factor : Tensor, shape (m, m)
        Lower Cholesky factor R of the posterior precision I + V diag(t / (1 + t d)) V^T.
    centre : Tensor, shape (m,)
        Posterior mean.
    """

    factor: Tensor
    centre: Tensor

    def spread(self, loadings: Tensor) -> Tensor:
        """R^-1 V: inner products of these columns are posterior covariances of V^T w."""
        # One inverse of R and a product are twice as fast as substitution for every column.
        eye = torch.eye(len(self.factor), dtype=self.factor.dtype)
        return torch.linalg.solve_triangular(self.factor, eye, upper=False) @ loadings


def condition_low_rank(prior: LowRankPrior, sites: Sites) -> LowRankPosterior:
    """Condition w on Gaussian sites of g."""
    precision, shift = _on_loadings(prior, sites)
    return _posterior(*_gathered(prior.loadings, precision, shift))


def infer_low_rank(prior: LowRankPrior, terms: Terms) -> tuple[Sites, LowRankPosterior, float]:
    """Find the sites, the posterior of w and the log evidence; see `expectation_propagation.infer`."""
    probit = ~terms.is_gaussian
    precision = torch.where(probit, torch.full_like(terms.target, _TINY_PRECISION), terms.sd**-2)
    sites = Sites(precision, torch.where(probit, torch.zeros_like(terms.target), terms.target * precision))
    cavity = None
    if probit.any():
        sites, cavity = _iterate(prior, terms, sites)
    posterior = condition_low_rank(prior, sites)
    return sites, posterior, _log_evidence(prior, terms, sites, posterior, cavity)


def _iterate(prior: LowRankPrior, terms: Terms, sites: Sites) -> tuple[Sites, tuple[Tensor, Tensor]]:
    """Parallel updates of the probit sites until they stop changing; also returns their cavities."""
    probit = ~terms.is_gaussian
    sided = LowRankPrior(prior.mean[probit], prior.loadings[:, probit], prior.rest[probit])
    valued = LowRankPrior(prior.mean[~probit], prior.loadings[:, ~probit], prior.rest[~probit])
    at_values = Sites(sites.precision[~probit], sites.shift[~probit])
    known = _gathered(valued.loadings, *_on_loadings(valued, at_values))
    precision, shift = sites.precision[probit], sites.shift[probit]
    damping, last_change = 0.9, math.inf
    cavity_mean, cavity_variance = _cavities(sided, Sites(precision, shift), known)
    for _ in range(_MAX_SWEEPS):
        new_precision, new_shift = matched(cavity_mean, cavity_variance, terms, probit)
        steps = new_precision - precision, new_shift - shift
        change = max(_relative(steps[0], precision), _relative(steps[1], shift))
        if change < _TOLERANCE:
            break
        damping = max(0.5 * damping, 0.2) if change > last_change else min(1.2 * damping, 1.0)
        last_change = change
        precision, shift = precision + damping * steps[0], shift + damping * steps[1]
        cavity_mean, cavity_variance = _cavities(sided, Sites(precision, shift), known)
    all_precision, all_shift = sites.precision.clone(), sites.shift.clone()
    all_precision[probit], all_shift[probit] = precision, shift
    return Sites(all_precision, all_shift), (cavity_mean, cavity_variance)


def _relative(step: Tensor, value: Tensor) -> float:
    return float((step.abs() / (1 + value.abs())).max())


def _on_loadings(prior: LowRankPrior, sites: Sites) -> tuple[Tensor, Tensor]:
    """Precision and shift of the sites as they act on V^T w."""
    shrink = 1 + sites.precision * prior.rest
    return sites.precision / shrink, (sites.shift - sites.precision * prior.mean) / shrink


def _gathered(loadings: Tensor, precision: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    """What sites add to the precision of w, and to precision times mean."""
    return (loadings * precision) @ loadings.T, loadings @ shift


def _posterior(precision: Tensor, shift: Tensor) -> LowRankPosterior:
    eye = torch.eye(len(precision), dtype=precision.dtype)
    factor = torch.linalg.cholesky(precision + eye)
    return LowRankPosterior(factor, torch.cholesky_solve(shift[:, None], factor)[:, 0])


def _cavities(prior: LowRankPrior, sites: Sites, known: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Means and variances of each g without its own site."""
    precision, shift = _on_loadings(prior, sites)
    added = _gathered(prior.loadings, precision, shift)
    posterior = _posterior(known[0] + added[0], known[1] + added[1])
    variance = (posterior.spread(prior.loadings) ** 2).sum(0)
    mean = prior.loadings.T @ posterior.centre
    # As variances, not precisions: what the inducing points do not reach at all has none.
    kept = (1 - variance * precision).clamp_min(1e-12)
    return prior.mean + (mean - variance * shift) / kept, variance / kept + prior.rest


def left_out_low_rank(
    prior: LowRankPrior, posterior: LowRankPosterior, sites: Sites, blocks: Sequence[Sequence[int]]
) -> tuple[Tensor, Tensor]:
    """Mean and variance of each g without the sites of a block of terms around it.

    Parameters
    ----------
    blocks
        For each term the positions of the terms to leave out, itself among them.
    """
    precision, shift = _on_loadings(prior, sites)
    spread, centre = posterior.spread(prior.loadings), prior.loadings.T @ posterior.centre
    means, variances = torch.empty_like(prior.mean), torch.empty_like(prior.mean)
    by_size: dict[int, list[int]] = {}
    for term, block in enumerate(blocks):
        by_size.setdefault(len(block), []).append(term)
    for size, terms in by_size.items():
        for part in torch.tensor(terms).split(max(4096 // size, 1)):
            rows = torch.tensor([list(blocks[term]) for term in part.tolist()])
            columns = spread[:, rows]
            covariance = torch.einsum("mbi,mbj->bij", columns, columns)
            # (P^-1 - T)^-1 = (I - P T)^-1 P, which needs no inverse of the possibly singular P.
            remaining = torch.eye(size, dtype=spread.dtype) - covariance * precision[rows][:, None, :]
            moved = centre[rows][..., None] - covariance @ shift[rows][..., None]
            found = torch.linalg.solve(remaining, torch.cat([covariance, moved], dim=-1))
            place = (rows == part[:, None]).to(torch.long).argmax(1)
            here = torch.arange(len(part))
            means[part] = prior.mean[part] + found[here, place, -1]
            variances[part] = found[here, place, place].clamp_min(0.0) + prior.rest[part]
    return means, variances


def _log_evidence(
    prior: LowRankPrior,
    terms: Terms,
    sites: Sites,
    posterior: LowRankPosterior,
    cavity: tuple[Tensor, Tensor] | None,
) -> float:
    """Log Z as in `expectation_propagation`, with V^T V + diag(rest) as the prior covariance."""
    _, shift = _on_loadings(prior, sites)
    residual = (sites.shift - sites.precision * prior.mean) / sites.precision.sqrt()
    shrink = 1 + sites.precision * prior.rest
    # Matrix inversion and determinant lemmas: Rasmussen & Williams 2006, equations A.9 and A.10.
    quadratic = (residual**2 / shrink).sum() - (prior.loadings @ shift) @ posterior.centre
    total = -posterior.factor.diagonal().log().sum() - 0.5 * shrink.log().sum() - 0.5 * quadratic
    total = total + terms.scatter - (0.5 * math.log(2 * math.pi) + terms.sd[terms.is_gaussian].log()).sum()
    if cavity is None:
        return float(total)
    probit = ~terms.is_gaussian
    mean, variance = cavity
    z, _, _ = probit_ratio(mean, variance, terms, probit)
    site_precision, site_shift = sites.precision[probit], sites.shift[probit]
    around = variance.reciprocal(), mean / variance
    total = total + torch.special.log_ndtr(z).sum() + log_normaliser(*around).sum()
    total = total - log_normaliser(around[0] + site_precision, around[1] + site_shift).sum()
    return float(total + (0.5 * site_shift**2 / site_precision).sum())
