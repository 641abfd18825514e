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
    numbers = torch.tensor([o.number for o in observations], dtype=mean.dtype)
    sides = torch.tensor([1.0 if o.kind in _UPWARD else -1.0 for o in observations], dtype=mean.dtype)
    rows: dict[tuple[str, str], list[int]] = {}
    for i, observation in enumerate(observations):
        rows.setdefault((observation.response, _how(observation)), []).append(i)
    for (response, how), chosen in rows.items():
        scale, at, spread = scales[response], mean[..., chosen], sd[..., chosen]
        threshold = torch.zeros(len(chosen), dtype=mean.dtype)
        if how != "side":
            assert scale is not None
            threshold = scale.to_latent(numbers[chosen])
        if how == "value":
            assert scale is not None
            scores[..., chosen] = log_normal(threshold, at, spread) + scale.slope(numbers[chosen]).log()
        else:
            scores[..., chosen] = torch.special.log_ndtr(sides[chosen] * (at - threshold) / spread)
    return scores


def _how(observation: Observation) -> str:
    if observation.kind == "value":
        return "value"
    return "bound" if observation.kind in ("above", "below") else "side"


def log_normal(x: Tensor, mean: Tensor, sd: Tensor) -> Tensor:
    """Log density of a normal distribution."""
    return -0.5 * ((x - mean) / sd) ** 2 - sd.log() - 0.5 * math.log(2 * math.pi)
