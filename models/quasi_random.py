"""Low-discrepancy standard normal draws."""

import torch
from botorch.utils.sampling import draw_sobol_normal_samples
from torch import Tensor


def normal_draws(n: int, dimension: int, seed: int) -> Tensor:
    """Draw n scrambled Sobol points mapped to independent standard normals, shape (n, dimension)."""
    return draw_sobol_normal_samples(d=dimension, n=n, dtype=torch.float64, seed=seed)
