"""Posterior samples of one latent model at known conditions and, given those, at candidates."""

import torch
from torch import Tensor

from .latent_model import LatentModel

_JITTER = 1e-8


class LatentSamples:
    """Samples of the latent outputs of one model at base points, conditioned at candidates one by one.

    Parameters
    ----------
    model
        Whose outputs to sample.
    base : Tensor, shape (n_base, n_parameters)
        Codes at which samples are joint.
    draws : Tensor, shape (n_samples, n_outputs * (n_base + 1))
        Independent standard normal draws.

    Attributes
    ----------
    at_base : Tensor, shape (n_samples, n_base, n_outputs)
    """

    def __init__(self, model: LatentModel, base: Tensor, draws: Tensor) -> None:
        self.model = model
        n_outputs, n_base, n_samples = len(model.outputs), len(base), len(draws)
        self.base_draws, self.own_draws = draws[:, : n_outputs * n_base], draws[:, n_outputs * n_base :]
        self.base = model.points(base)
        mean, self.base_whitened = model.explain(self.base)
        covariance = model.prior.covariance(model.theta, self.base, self.base)
        covariance = covariance - self.base_whitened.T @ self.base_whitened
        self.factor = torch.linalg.cholesky(
            covariance + _JITTER * torch.eye(len(covariance), dtype=torch.float64)
        )
        samples = mean + self.base_draws @ self.factor.T
        self.at_base = samples.reshape(n_samples, n_outputs, n_base).transpose(1, 2)

    def at(self, codes: Tensor) -> Tensor:
        """Samples at candidates, shape (n_samples, n_candidates, n_outputs)."""
        model, n, n_outputs = self.model, len(codes), len(self.model.outputs)
        points = model.points(codes)
        mean, whitened = model.explain(points)
        cross = model.prior.covariance(model.theta, self.base, points) - self.base_whitened.T @ whitened
        pull = torch.linalg.solve_triangular(self.factor, cross, upper=False)
        shifted = (mean + self.base_draws @ pull).reshape(-1, n_outputs, n)
        explained = torch.cat([whitened, pull]).reshape(-1, n_outputs, n)
        outputs = torch.tensor(model.outputs)
        first = model.prior.points(codes, outputs[:1].expand(n))
        prior = model.prior.covariance_of_outputs(model.theta, first)[:, outputs][:, :, outputs]
        covariance = prior - torch.einsum("kan,kbn->nab", explained, explained)
        factor = _root(covariance)
        own = torch.einsum("nab,sb->san", factor, self.own_draws)
        return (shifted + own).transpose(1, 2)


def _root(covariance: Tensor) -> Tensor:
    """Lower factors of small covariances, shape (n, k, k), also of singular ones."""
    if covariance.shape[-1] == 1:
        return covariance.clamp_min(_JITTER).sqrt()
    values, vectors = torch.linalg.eigh(covariance)
    return vectors * values.clamp_min(_JITTER).sqrt().unsqueeze(-2)
