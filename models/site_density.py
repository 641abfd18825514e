"""Log density of Gaussian sites under a Gaussian prior, with its gradient in closed form."""

from typing import Any

import torch
from torch import Tensor


def log_density_of_sites(mean: Tensor, covariance: Tensor, variance: Tensor, centre: Tensor) -> Tensor:
    """Log N(centre; mean, covariance + variance) + sum(log(2 pi variance)) / 2.

    That is -log|I + K/v| / 2 - (c - m)^T (K + v)^-1 (c - m) / 2, which stays finite for sites that say next
    to nothing.

    Parameters
    ----------
    mean, centre, variance : Tensor, shape (..., n)
        Of the prior, and of the sites; `centre` counts as a constant.
    covariance : Tensor, shape (..., n, n)
        Of the prior.

    Returns
    -------
    Tensor, shape (...)
        Minus infinity where there is no Cholesky factor.
    """
    return _LogDensityOfSites.apply(mean, covariance, variance, centre)


class _LogDensityOfSites(torch.autograd.Function):
    """Rasmussen & Williams 2006, equations 2.30 and 5.9: one inverse, no way back through Cholesky."""

    @staticmethod
    def forward(ctx: Any, mean: Tensor, covariance: Tensor, variance: Tensor, centre: Tensor) -> Tensor:
        root = variance.rsqrt()
        scaled = root.unsqueeze(-1) * covariance * root.unsqueeze(-2)
        scaled.diagonal(dim1=-2, dim2=-1).add_(1.0)
        factor, info = torch.linalg.cholesky_ex(scaled)
        failed = info > 0
        if failed.any():
            eye = torch.eye(mean.shape[-1], dtype=mean.dtype)
            factor = torch.where(failed[..., None, None], eye, factor)
        residual = (root * (centre - mean)).unsqueeze(-1)
        white = torch.linalg.solve_triangular(factor, residual, upper=False)
        ctx.save_for_backward(root, factor, white)
        value = -factor.diagonal(dim1=-2, dim2=-1).log().sum(-1) - 0.5 * (white * white).sum((-2, -1))
        return torch.where(failed, torch.full_like(value, -torch.inf), value)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        root, factor, white = ctx.saved_tensors
        weights = root * torch.linalg.solve_triangular(factor.mT, white, upper=True).squeeze(-1)
        inverse = root.unsqueeze(-1) * torch.cholesky_inverse(factor) * root.unsqueeze(-2)
        outer = weights.unsqueeze(-1) * weights.unsqueeze(-2)
        by_covariance = (outer - inverse).mul_((0.5 * gradients[0])[..., None, None])
        by_variance = by_covariance.diagonal(dim1=-2, dim2=-1) + 0.5 * gradients[0].unsqueeze(-1) * root**2
        return gradients[0].unsqueeze(-1) * weights, by_covariance, by_variance, None
