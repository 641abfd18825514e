"""Predictive distribution of a number: a mixture of normals, each on a scale of its own."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import torch
from torch import Tensor

from .output_scale import OutputScale
from .scoring import log_normal

_ROOT_TWO_PI = math.sqrt(2 * math.pi)
_MOST_STEPS = 50
_PRECISION = 1e-9  # of the width of the bracket, at which a step counts for nothing


@dataclass(frozen=True)
class Component:
    """One normal part of a mixture.

    Attributes
    ----------
    weight
        Its share.
    scale
        From response units to its latent scale.
    mean, sd : Tensor, shape (n,)
        On the latent scale.
    """

    weight: float
    scale: OutputScale
    mean: Tensor
    sd: Tensor


@dataclass(frozen=True)
class NumberPredictive:
    """What is believed about a number at n conditions.

    Attributes
    ----------
    components
        Weighted parts; their weights sum to one.
    plausible
        Ends of the range that quantiles keep to, or None.
    """

    components: tuple[Component, ...]
    plausible: tuple[float, float] | None = None

    def log_density(self, values: Tensor) -> Tensor:
        """Log density at one value for each condition, in response units, shape (n,)."""
        parts = []
        for scale, mean, sd in self._groups:
            parts.append(log_normal(scale.to_latent(values), mean, sd) + scale.slope(values).log())
        return self._mixed(parts)

    def log_probability_beyond(self, bound: Tensor, side: float) -> Tensor:
        """Log probability of lying above (side 1) or below (side -1) a bound, shape (n,)."""
        return self._mixed(
            [
                torch.special.log_ndtr(side * (mean - scale.to_latent(bound)) / sd)
                for scale, mean, sd in self._groups
            ]
        )

    def quantile(self, share: float) -> Tensor:
        """Value below which a share of the probability lies, shape (n,)."""
        z = float(torch.special.ndtri(torch.tensor(share, dtype=torch.float64)))
        each = torch.cat([scale.to_values(mean + z * sd) for scale, mean, sd in self._groups])
        low, high = each.min(dim=0).values, each.max(dim=0).values
        values = (low + high) / 2
        if len(self.components) > 1:
            values = self._solved(share, low, high)
        return values if self.plausible is None else values.clamp(*self.plausible)

    def _solved(self, share: float, low: Tensor, high: Tensor) -> Tensor:
        """The quantile between two bounds, by Newton steps, or a bisection where one would leave them."""
        values, precise = (low + high) / 2, _PRECISION * (high - low)
        for _ in range(_MOST_STEPS):
            below, density = self._distribution(values)
            low, high = torch.where(below < share, values, low), torch.where(below < share, high, values)
            following = values - (below - share) / density
            is_inside = (following >= low) & (following <= high)
            following = torch.where(is_inside, following, (low + high) / 2)
            moved, values = (following - values).abs(), following
            if (moved <= precise).all():
                break
        return values

    def _distribution(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Probability below, and density at, one value for each condition, shape (n,)."""
        weights = torch.tensor([part.weight for part in self.components], dtype=torch.float64)
        below, densities = [], []
        for scale, mean, sd in self._groups:
            z = (scale.to_latent(values) - mean) / sd
            below.append(torch.special.ndtr(z))
            densities.append((-0.5 * z * z).exp() / sd * (scale.slope(values) / _ROOT_TWO_PI))
        return weights @ torch.cat(below), weights @ torch.cat(densities)

    @cached_property
    def _groups(self) -> list[tuple[OutputScale, Tensor, Tensor]]:
        """Means and sds of components that follow each other on one scale, shape (k, n) each."""
        groups = []
        for scale, parts in groupby(self.components, key=lambda part: part.scale):
            means, sds = zip(*((part.mean, part.sd) for part in parts), strict=True)
            groups.append((scale, torch.stack(means), torch.stack(sds)))
        return groups

    def _mixed(self, parts: list[Tensor]) -> Tensor:
        weights = torch.tensor([part.weight for part in self.components], dtype=torch.float64)
        return torch.logsumexp(torch.cat(parts) + weights.log()[:, None], dim=0)
