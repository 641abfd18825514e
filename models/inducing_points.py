"""Few points that stand for many: what a latent process does at all evidence, from what it does at some.

With inducing points u, the numbers g that n pieces of evidence speak of are V^T w + r, where w = L^-1 (u -
E[u]) is white, L L^T = cov(u), V = L^-1 cov(u, g), and r is what u does not explain. Taking the entries of
r as independent of each other keeps every prior mean and variance of g exact, and cuts the cost of a
posterior from n^3 to n m^2 (fully independent training conditional: Snelson & Ghahramani, NeurIPS 2005;
Quinonero-Candela & Rasmussen, JMLR 6 (2005) 1939, section 6).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .evidence_terms import EvidenceTerms
from .expectation_propagation import Terms
from .latent_prior import LatentPrior
from .points import Points

_MOST_CANDIDATES = 3000  # points among which inducing ones are chosen: their covariance is held at once
_EXPLAINED = 1e-7  # share of the largest prior variance below which a point adds nothing
_JITTER = 1e-8
_SINGLE_CHUNK, _SEVERAL_CHUNK = 2048, 64  # terms of one point, and of several points, handled at a time


@dataclass(frozen=True)
class InducingPoints:
    """Points whose latent values summarise the process.

    Attributes
    ----------
    points
        The m points.
    factor : Tensor, shape (m, m)
        Lower Cholesky factor L of their prior covariance.
    """

    points: Points
    factor: Tensor

    def __len__(self) -> int:
        return len(self.factor)

    def whiten(self, prior: LatentPrior, theta: Tensor, points: Points) -> Tensor:
        """Covariance of w with the process at points, shape (m, n)."""
        cross = prior.covariance(theta, self.points, points)
        return torch.linalg.solve_triangular(self.factor, cross, upper=False)


@dataclass(frozen=True)
class LowRankPrior:
    """Prior of g: N(mean, V^T V + diag(rest)).

    Attributes
    ----------
    mean : Tensor, shape (n_terms,)
    loadings : Tensor, shape (m, n_terms)
        V.
    rest : Tensor, shape (n_terms,)
        Variance that the inducing points do not explain.
    """

    mean: Tensor
    loadings: Tensor
    rest: Tensor


def choose_inducing_points(
    prior: LatentPrior, theta: Tensor, points: Points, most: int, seed: int = 0
) -> InducingPoints:
    """Choose points one by one, each where those before leave the largest variance.

    This is a pivoted Cholesky factorisation of the prior covariance. The variance that is left bounds how
    far the sparse posterior is from the exact one (Burt, Rasmussen & van der Wilk, JMLR 21 (2020) 131,
    section 4.2).

    Parameters
    ----------
    prior, theta
        Prior and hyperparameters.
    points
        Points of all evidence; of very many, a random `_MOST_CANDIDATES` are considered.
    most
        Number of points at which to stop, if everything is not explained before.
    seed
        Of the random choice.
    """
    if len(points.codes) > _MOST_CANDIDATES:
        order = np.random.default_rng(seed).permutation(len(points.codes))[:_MOST_CANDIDATES]
        points = points.at(torch.as_tensor(np.sort(order)))
    covariance = prior.covariance(theta, points, points)
    left = covariance.diagonal().clone()
    enough = _EXPLAINED * float(left.max()) if len(left) else 0.0
    rows = torch.zeros(min(most, len(left)), len(left), dtype=left.dtype)
    pivots: list[int] = []
    for number in range(len(rows)):
        pivot = int(left.argmax())
        if left[pivot] <= enough:
            break
        row = covariance[pivot] - rows[:number, pivot] @ rows[:number]
        rows[number] = row / left[pivot].sqrt()
        left = (left - rows[number] ** 2).clamp_min(0.0)
        left[pivot] = 0.0
        pivots.append(pivot)
    chosen = torch.tensor(pivots, dtype=torch.long)
    # In the order of the pivots, their columns are the triangular factor itself.
    return InducingPoints(points.at(chosen), rows[: len(chosen), chosen].T.tril())


def low_rank_prior(
    prior: LatentPrior, theta: Tensor, evidence: EvidenceTerms, inducing: InducingPoints
) -> tuple[LowRankPrior, Terms]:
    """Prior of g given inducing points, and its likelihood, without any n x n matrix."""
    n = len(evidence)
    mean, variance, second = (torch.zeros(n, dtype=torch.float64) for _ in range(3))
    loadings = torch.zeros(len(inducing), n, dtype=torch.float64)
    for terms, functional, points in _chunks(evidence):
        mean_f, variance_f = prior.mean(theta, points), prior.variance(theta, points)
        mean[terms] = functional @ mean_f
        second[terms] = functional @ (variance_f + mean_f**2)
        loadings[:, terms] = (functional @ inducing.whiten(prior, theta, points).T).T
        if functional.values().numel() > len(terms):
            dense = functional.to_dense()
            variance[terms] = ((dense @ prior.covariance(theta, points, points)) * dense).sum(1)
        else:
            variance[terms] = functional.pow(2) @ variance_f
    spread = (second - mean**2 - variance).clamp_min(0.0)
    noise = evidence.noise_variance(prior, theta)
    noise = noise + torch.where(evidence.is_spread, spread, torch.zeros_like(spread))
    rest = (variance - (loadings**2).sum(0)).clamp_min(0.0) + _JITTER
    return LowRankPrior(mean, loadings, rest), evidence.terms(prior, theta, noise)


def _chunks(evidence: EvidenceTerms) -> Iterator[tuple[Tensor, Tensor, Points]]:
    """Terms a few at a time: their positions, their part of the functional, and the points it acts on."""
    functional = evidence.functional.to_sparse().coalesce()
    rows, columns = functional.indices()
    counts = torch.bincount(rows, minlength=len(evidence))
    starts = counts.cumsum(0) - counts
    for is_single, size in ((True, _SINGLE_CHUNK), (False, _SEVERAL_CHUNK)):
        wanted = ((counts == 1) == is_single).nonzero()[:, 0]
        for terms in wanted.split(size):
            repeats = counts[terms]
            local = torch.arange(len(terms)).repeat_interleave(repeats)
            within = torch.arange(int(repeats.sum())) - (repeats.cumsum(0) - repeats)[local]
            entries = starts[terms][local] + within
            used, places = torch.unique(columns[entries], return_inverse=True)
            part = torch.sparse_coo_tensor(
                torch.stack([local, places]),
                functional.values()[entries],
                (len(terms), len(used)),
                check_invariants=True,
            )
            yield terms, part.coalesce(), evidence.points.at(used)
