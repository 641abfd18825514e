"""Evidence in tensors: what each piece of it says of the latent processes, and how noisily.

Hyperparameters may have leading batch dimensions (...), which every result then has as well.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from .expectation_propagation import Terms
from .latent_prior import LatentPrior
from .points import Points

_JITTER = 1e-8
_FEW_PLACES = 256  # up to which products with all of them cost less than picking what is needed


@dataclass(frozen=True)
class EvidenceTerms:
    """Evidence about a latent prior, term by term, in tensors.

    The variance of the mean of k values of one experiment around the truth is between + within / k, where
    the two parts are shares of the noise variance of a single value. How the k values scatter around
    their mean is independent of the mean (exactly, in a normal sample) and says what `within` is.

    Attributes
    ----------
    points
        Places that any term speaks of.
    functional : Tensor, shape (n_terms, n_points), sparse
        g = functional @ f(points). A row of several weights that sum to one averages over what an
        unstated condition may have been; +1 and -1 compare two experiments.
    is_gaussian, target, sign : Tensor, shape (n_terms,)
        As in `Terms`.
    fixed_variance : Tensor, shape (n_terms,)
        Variance that is known and comes on top of the noise of the response.
    declared_variance : Tensor, shape (n_terms,)
        Noise variance of a single value where it is declared, else 0: then it is learned.
    noise_factor : Tensor, shape (n_terms,)
        How many times the noise of the response applies; 0 for comparisons and yes/no.
    response : Tensor of int, shape (n_terms,)
        Whose noise applies.
    n_values : Tensor, shape (n_terms,)
        Number k of values of which the target is the mean.
    squares : Tensor, shape (n_terms,)
        Summed squares of their deviations from the mean.
    outlier_variance : Tensor, shape (n_terms,)
        Variance that values found to be outliers have of their own, 0 for all others.
    is_spread : Tensor of bool, shape (n_terms,)
        Whether the term averages over unstated conditions.
    """

    points: Points
    functional: Tensor
    is_gaussian: Tensor
    target: Tensor
    sign: Tensor
    fixed_variance: Tensor
    declared_variance: Tensor
    noise_factor: Tensor
    response: Tensor
    n_values: Tensor
    squares: Tensor
    outlier_variance: Tensor
    is_spread: Tensor

    def __len__(self) -> int:
        return len(self.target)

    @cached_property
    def _is_identity(self) -> bool:
        n, entries = len(self), self.functional.coalesce()
        rows, columns = entries.indices()
        same = self.functional.shape == (n, n) and len(rows) == n and torch.equal(rows, columns)
        return same and bool((entries.values() == 1).all())

    @cached_property
    def _any_spread(self) -> bool:
        return bool(self.is_spread.any())

    @cached_property
    def _any_several(self) -> bool:
        return bool((self.n_values > 1).any())

    @cached_property
    def _jitter(self) -> Tensor:
        return _JITTER * torch.eye(len(self), dtype=torch.float64)

    @cached_property
    def _on_places(self) -> Tensor | None:
        """Weights of places in each term, shape (n_terms, n_places); None: each term is one place."""
        if self._is_identity and self.points.place is None:
            return None
        dense, place = self.functional.to_dense(), self.points.place
        if place is None:
            return dense
        weights = torch.zeros(len(self), self.points.n_places, dtype=torch.float64)
        return weights.index_add(1, place, dense)

    def _offsets(self, prior: LatentPrior) -> Tensor | None:
        """Covariance of the offsets of labs in the terms, which no hyperparameter changes."""
        if prior not in self._known_offsets:
            offsets = prior.covariance_of_sources(self.points, self.points)
            self._known_offsets[prior] = None if offsets is None else self.of(self.of(offsets).mT)
        return self._known_offsets[prior]

    @cached_property
    def _known_offsets(self) -> dict[LatentPrior, Tensor | None]:
        return {}

    def of(self, values: Tensor) -> Tensor:
        """Apply the functional to values at the points, shape (..., n_points, n) to (..., n_terms, n)."""
        if self._is_identity:
            return values
        if values.ndim == 2:
            return torch.sparse.mm(self.functional, values)
        flat = values.movedim(-2, 0)
        found = torch.sparse.mm(self.functional, flat.flatten(1))
        return found.reshape(len(self), *flat.shape[1:]).movedim(0, -2)

    def subset(self, chosen: Tensor) -> "EvidenceTerms":
        """Only the chosen terms and the points that they speak of."""
        kept = self.functional.index_select(0, chosen).coalesce()
        rows, columns = kept.indices()
        used, places = torch.unique(columns, return_inverse=True)
        of_terms = (
            "is_gaussian target sign fixed_variance declared_variance noise_factor response n_values squares"
            " outlier_variance is_spread"
        )
        return EvidenceTerms(
            self.points.at(used),
            functional_of(rows, places, kept.values(), (len(chosen), len(used))),
            *(getattr(self, name)[chosen] for name in of_terms.split()),
        )

    def moments(self, prior: LatentPrior, theta: Tensor) -> tuple[Tensor, Tensor, Terms]:
        """Prior mean (..., n_terms) and covariance (..., n_terms, n_terms) of g, and its likelihood."""
        points = prior.seen(theta, self.points)
        if self.points.n_places > _FEW_PLACES:
            mean = self.of(prior.mean(theta, points).unsqueeze(-1)).squeeze(-1)
            covariance = self.of(self.of(prior.covariance(theta, points, points)).mT)
        else:
            mean, covariance = prior.moments_through_places(theta, points, self._on_places, self.response)
            offsets = self._offsets(prior)
            covariance = covariance if offsets is None else covariance + offsets
        variance = self.noise_variance(prior, theta)
        if self._any_spread:
            # Moments of the response at conditions drawn from those it may have had: what the average
            # does not explain is noise.
            second = prior.variance(theta, points) + prior.mean(theta, points) ** 2
            second = self.of(second.unsqueeze(-1)).squeeze(-1)
            spread = (second - mean**2 - _diagonal(covariance)).clamp_min(0.0)
            variance = variance + torch.where(self.is_spread, spread, torch.zeros_like(spread))
        return mean, covariance + self._jitter, self.terms(prior, theta, variance)

    def terms(self, prior: LatentPrior, theta: Tensor, variance: Tensor) -> Terms:
        """The likelihood, given the noise variance of every term, shape (..., n_terms)."""
        scatter = self._log_density_of_scatter(prior, theta)
        return Terms(self.is_gaussian, self.target, variance.sqrt(), self.sign, scatter)

    def noise_variance(self, prior: LatentPrior, theta: Tensor) -> Tensor:
        """Variance of each term around g, apart from what unstated conditions add, shape (..., n_terms)."""
        single, share = self._single_variance(prior, theta)
        of_mean = self.noise_factor * single * (1 - share + share / self.n_values)
        return self.fixed_variance + self.outlier_variance + of_mean

    def _single_variance(self, prior: LatentPrior, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Noise variance of one value, and the share of it within experiments, for each term."""
        n_outputs = range(len(prior.outputs))
        learned = torch.stack([prior.noise_sd(theta, o) ** 2 for o in n_outputs], dim=-1)
        share = torch.stack([prior.within_share(theta, o) for o in n_outputs], dim=-1)
        return learned[..., self.response] + self.declared_variance, share[..., self.response]

    def _log_density_of_scatter(self, prior: LatentPrior, theta: Tensor) -> Tensor:
        """Log density of k values given their mean, summed over all experiments with several.

        The joint density of k normal values with a common truth is that of their mean times
        k^(-1/2) (2 pi within)^(-(k-1)/2) exp(-squares / (2 within)).
        """
        if not self._any_several:
            return torch.zeros(theta.shape[:-1], dtype=theta.dtype)
        several = self.n_values > 1
        single, share = self._single_variance(prior, theta)
        within, k = (single * share)[..., several], self.n_values[several]
        density = -0.5 * (k - 1) * (2 * math.pi * within).log() - 0.5 * k.log()
        return (density - 0.5 * self.squares[several] / within).sum(-1)


def _diagonal(matrix: Tensor) -> Tensor:
    return matrix.diagonal(dim1=-2, dim2=-1)


def functional_of(rows: Tensor, columns: Tensor, weights: Tensor, shape: tuple[int, int]) -> Tensor:
    """Sparse functional of `EvidenceTerms` from the places and weights of its entries."""
    places = torch.stack([rows, columns])
    return torch.sparse_coo_tensor(places, weights, shape, check_invariants=True).coalesce()
