"""The posterior of linked latent processes given very much evidence, through inducing points."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from .evidence_terms import EvidenceTerms
from .inducing_points import choose_inducing_points, low_rank_prior
from .latent_model import LatentModel
from .latent_prior import LatentPrior
from .low_rank_inference import infer_low_rank, left_out_low_rank
from .points import Points

MOST_EXACT = 1500  # terms: beyond, inducing points are faster and lose nothing (benchmarks/large_data.py)
_MOST_INDUCING = 1000
_CHUNK = 2048  # codes whose marginals are worked out at once


class InducingModel(LatentModel):
    """What `LatentModel` is, in O(n m^2) time and O(n m) memory for n terms and m inducing points.

    With an inducing point for every point of the evidence it equals `LatentModel`. Elsewhere every
    variance that the inducing points do not explain counts as noise of its own for each term, so forecasts
    are wider than exact ones rather than too sure.

    Parameters
    ----------
    prior, theta, evidence, outputs
        As of `LatentModel`.
    most
        Largest number of inducing points.
    """

    def __init__(
        self,
        prior: LatentPrior,
        theta: np.ndarray,
        evidence: EvidenceTerms,
        outputs: Sequence[int] | None = None,
        most: int = _MOST_INDUCING,
    ) -> None:
        super(LatentModel, self).__init__()
        self.prior = prior
        self.theta = torch.as_tensor(theta)
        self.evidence = evidence
        self.outputs = tuple(range(len(prior.outputs)) if outputs is None else outputs)
        with torch.no_grad():
            self.inducing = choose_inducing_points(prior, self.theta, evidence.points, most)
            of_terms, self.terms = low_rank_prior(prior, self.theta, evidence, self.inducing)
            self.sites, self.summary, self.log_evidence = infer_low_rank(of_terms, self.terms)
            self.weights, self.whitening = self._solved()

    def _solved(self) -> tuple[Tensor, Tensor]:
        """What turns prior covariances with the inducing points into posterior means and covariances.

        Posterior covariance is prior covariance less k^T L^-T (I - M^-1) L^-1 k, where M is the posterior
        precision of the white variables; its eigenvectors U give a root of I - M^-1 = U (1 - 1/e) U^T
        that exists since all eigenvalues e are at least 1.
        """
        factor = self.inducing.factor
        precision = self.summary.factor @ self.summary.factor.T
        values, vectors = torch.linalg.eigh(precision)
        root = (1 - 1 / values.clamp_min(1.0)).sqrt()[:, None] * vectors.T
        both = torch.cat([root, self.summary.centre[None]])
        solved = torch.linalg.solve_triangular(factor.T, both.T, upper=True).T
        return solved[-1], solved[:-1]

    def for_outputs(self, outputs: Sequence[int]) -> "InducingModel":
        """The same posterior, returning other responses."""
        other = copy.copy(self)
        other.outputs = tuple(outputs)
        return other

    def explain(self, points: Points) -> tuple[Tensor, Tensor]:
        """What the evidence says of points: posterior mean (n,), and m rows as those of `LatentModel`."""
        cross = self.prior.covariance(self.theta, self.inducing.points, points)
        return self.prior.mean(self.theta, points) + self.weights @ cross, self.whitening @ cross

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior means and variances at codes, shape (n, n_outputs) each."""
        parts = [super(InducingModel, self).marginals(part) for part in codes.split(_CHUNK)]
        mean, variance = zip(*parts, strict=True)
        return torch.cat(mean), torch.cat(variance)

    def slope(self, position: int, name: str) -> float:
        """Posterior mean of a trend, positive in the direction that was declared."""
        shared = self.prior.slope_covariance(self.theta, self.inducing.points, position, name)
        return self.prior.slope_mean(position) + float(shared @ self.weights)

    def left_out(self, blocks: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """What each term was to show without a block of terms around it, at the same hyperparameters.

        As `LatentModel.left_out`; the inducing points stay where they are.
        """
        of_terms, _ = low_rank_prior(self.prior, self.theta, self.evidence, self.inducing)
        mean, variance = left_out_low_rank(of_terms, self.summary, self.sites, blocks)
        return mean, variance.clamp_min(1e-10) + self.terms.sd**2


def condition_model(
    prior: LatentPrior, theta: np.ndarray, evidence: EvidenceTerms, like: LatentModel | None = None
) -> LatentModel:
    """Posterior given evidence: exact while that takes no longer, through inducing points beyond.

    A model of `like` evidence, of the same terms, spares some of the way to its sites.
    """
    if len(evidence) <= MOST_EXACT:
        return LatentModel(prior, theta, evidence, start=None if like is None else like.sites)
    return InducingModel(prior, theta, evidence)
