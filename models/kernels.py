"""Correlation functions of scaled inputs."""

import math
from typing import Any

import torch
from torch import Tensor

_SQRT5 = math.sqrt(5.0)


def matern(a: Tensor, b: Tensor, rough: float = 0.0) -> Tensor:
    """Matern-5/2 correlation of scaled inputs, mixed with Matern-1/2.

    (1 + r sqrt5 + 5/3 r^2) exp(-r sqrt5) and exp(-r), Rasmussen & Williams 2006, equation 4.17.

    Parameters
    ----------
    a, b : Tensor, shapes (..., n_a, d) and (..., n_b, d)
        Inputs over their length scales.
    rough
        Share of Matern-1/2.

    Returns
    -------
    Tensor, shape (..., n_a, n_b)
    """
    if torch.is_grad_enabled() and (a.requires_grad or b.requires_grad) and a.shape[:-2] == b.shape[:-2]:
        return _Matern.apply(a, b, rough)
    return _correlation(_distances(a, b), rough)


def _distances(a: Tensor, b: Tensor) -> Tensor:
    # From differences: through products of inputs equal ones would be some 1e-8 apart.
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def _correlation(distance: Tensor, rough: float) -> Tensor:
    if distance.requires_grad:
        scaled = _SQRT5 * distance
        smooth = (scaled**2 / 3 + scaled + 1) * (-scaled).exp()
        return (1 - rough) * smooth + rough * (-distance).exp() if rough else smooth
    # The same in place: on large arrays memory is what takes time.
    decay = distance.neg().exp_().mul_(rough) if rough else None
    scaled = distance.mul_(_SQRT5)
    smooth = (scaled * scaled).div_(3).add_(scaled).add_(1.0).mul_(scaled.neg_().exp_())
    return smooth if decay is None else smooth.mul_(1 - rough).add_(decay)


def matern_and_slope(
    a: Tensor, b: Tensor, rough: float = 0.0, *, with_slope: bool = True
) -> tuple[Tensor, Tensor | None]:
    """The correlation k of `matern` and (dk/dr) / r by the distance r, shape (..., n_a, n_b) each."""
    distance = _distances(a, b)
    if not with_slope:
        return _correlation(distance, rough), None
    scaled = _SQRT5 * distance
    decay = scaled.neg().exp_()
    linear = scaled + 1
    slope = (linear * decay).mul_(-5 / 3)
    kernel = (scaled * scaled).div_(3).add_(linear).mul_(decay)
    if rough:
        steep = distance.neg().exp_().mul_(rough)
        kernel.mul_(1 - rough).add_(steep)
        # Where inputs are equal it has no slope by them.
        slope.mul_(1 - rough).sub_(steep.div_(distance.masked_fill_(distance == 0, math.inf)))
    return kernel, slope


class _Matern(torch.autograd.Function):
    """The same with its gradient in closed form: far fewer passes over n_a x n_b numbers.

    With f = (dk/dr) / r, the gradient by a_i is the sum over j of f_ij (a_i - b_j) times what comes in.
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, rough: float) -> Tensor:
        kernel, slope = matern_and_slope(a, b, rough)
        ctx.save_for_backward(a, b, slope)
        return kernel

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        a, b, slope = ctx.saved_tensors
        weighted = gradients[0] * slope
        by_a = a * weighted.sum(-1, keepdim=True) - weighted @ b if ctx.needs_input_grad[0] else None
        by_b = None
        if ctx.needs_input_grad[1]:
            by_b = b * weighted.sum(-2).unsqueeze(-1) - weighted.mT @ a
        return by_a, by_b, None
