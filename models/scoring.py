"""How well a forecast foretold an observation: log density of a value, log probability of anything else."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from .evidence import Observation
from .output_scale import OutputScale

_UPWARD = ("above", "yes", "beats")


def log_densities(
    observations: Sequence[Observation],
    scales: Mapping[str, OutputScale | None],
    mean: Tensor,
    variance: Tensor,
) -> Tensor:
    """Score latent forecasts of what would be measured.

    Parameters
    ----------
    observations
        What was measured.
    scales
        Output scale of each response, None for yes/no.
    mean, variance : Tensor, shape (..., n_observations)
        Latent forecasts, noise included; of the difference for a comparison.

    Returns
    -------
    Tensor, shape (..., n_observations)
        Log density of values in response units; log probability of bounds, answers and orderings.
    """
    sd = variance.sqrt()
    scores = torch.empty_like(mean)
    for i, observation in enumerate(observations):
        scale = scales[observation.response]
        if observation.kind == "value":
            assert scale is not None
            number = torch.tensor(observation.number, dtype=mean.dtype)
            density = log_normal(scale.to_latent(number), mean[..., i], sd[..., i])
            scores[..., i] = density + scale.slope(number).log()
            continue
        side = 1.0 if observation.kind in _UPWARD else -1.0
        threshold = 0.0
        if observation.kind in ("above", "below"):
            assert scale is not None
            threshold = scale.to_latent(torch.tensor(observation.number, dtype=mean.dtype))
        scores[..., i] = torch.special.log_ndtr(side * (mean[..., i] - threshold) / sd[..., i])
    return scores


def log_normal(x: Tensor, mean: Tensor, sd: Tensor) -> Tensor:
    """Log density of a normal distribution."""
    return -0.5 * ((x - mean) / sd) ** 2 - sd.log() - 0.5 * math.log(2 * math.pi)
