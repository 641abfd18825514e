"""Correlation functions of scaled inputs."""

import math

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
    # From differences: through products of inputs equal ones would be some 1e-8 apart.
    distance = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
    if distance.requires_grad:
        scaled = _SQRT5 * distance
        smooth = (scaled**2 / 3 + scaled + 1) * (-scaled).exp()
        return (1 - rough) * smooth + rough * (-distance).exp() if rough else smooth
    # The same in place: on large arrays memory is what takes time.
    decay = distance.neg().exp_().mul_(rough) if rough else None
    scaled = distance.mul_(_SQRT5)
    smooth = (scaled * scaled).div_(3).add_(scaled).add_(1.0).mul_(scaled.neg_().exp_())
    return smooth if decay is None else smooth.mul_(1 - rough).add_(decay)
