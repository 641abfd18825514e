"""From measured values to the scale on which a Gaussian process is at home, and back."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import chi2
from torch import Tensor

from ..datasets import Response

_MARGIN = 0.02  # share of the plausible range added on both sides, so that its ends stay finite
_PRIOR_SD_LOGIT = 1.5  # spread that makes every share of the plausible range about equally likely
_SPREAD_TAIL = 0.2  # probability that the true spread of a linear scale is larger than assumed
_LEAST_SHARE = 0.1  # of their size, over n - 1: the least spread assumed of n values without plausible range
_PRIOR_WEIGHT = 2.0  # observations that the prior centre and spread are worth


@dataclass(frozen=True)
class OutputScale:
    """A monotone map from response units to a latent value of about zero mean and unit spread.

    With a plausible range the map is the logit of the position in that range: forecasts cannot leave
    it, and values near zero are told apart by ratio rather than by difference. Without, it is linear.

    Attributes
    ----------
    low, high
        Ends of the logit, or None for a linear map.
    centre, spread
        Mean and standard deviation on the (logit or linear) scale that become 0 and 1.
    """

    low: float | None
    high: float | None
    centre: float
    spread: float

    def to_latent(self, values: np.ndarray) -> np.ndarray:
        """Latent values of measured ones, any shape."""
        return (self._warped(np.asarray(values, float)) - self.centre) / self.spread

    def latent_sd(self, values: np.ndarray, sd: np.ndarray) -> np.ndarray:
        """Standard deviations on the latent scale, to first order, around `values`."""
        values = np.asarray(values, float)
        if self.low is None or self.high is None:
            return sd / self.spread
        inside = np.clip(values, *self._inner_ends)
        slope = (self.high - self.low) / ((inside - self.low) * (self.high - inside))
        return sd * slope / self.spread

    def to_values(self, latent: Tensor) -> Tensor:
        """Values in response units, any shape; differentiable."""
        warped = latent * self.spread + self.centre
        if self.low is None or self.high is None:
            return warped
        return self.low + (self.high - self.low) * torch.sigmoid(warped)

    @property
    def _inner_ends(self) -> tuple[float, float]:
        assert self.low is not None and self.high is not None
        edge = _MARGIN / 2 / (1 + 2 * _MARGIN) * (self.high - self.low)
        return self.low + edge, self.high - edge

    def _warped(self, values: np.ndarray) -> np.ndarray:
        if self.low is None or self.high is None:
            return values
        inside = np.clip(values, *self._inner_ends)
        return np.log((inside - self.low) / (self.high - inside))


def output_scale(response: Response, values: np.ndarray) -> OutputScale:
    """Choose the scale of a numeric response from its plausible range and its measured values.

    Centre and spread are those of the data, drawn towards what the plausible range alone suggests
    while there are few values.
    """
    if response.plausible is None:
        return _linear_scale(np.asarray(values, float))
    low, high = response.plausible
    margin = _MARGIN * (high - low)
    raw = OutputScale(low - margin, high + margin, 0.0, 1.0)
    warped = raw.to_latent(np.asarray(values, float))
    n = len(warped)
    centre = float(warped.sum() / (n + _PRIOR_WEIGHT))
    variance = ((warped - centre) ** 2).sum() + _PRIOR_WEIGHT * _PRIOR_SD_LOGIT**2
    return OutputScale(raw.low, raw.high, centre, float(np.sqrt(variance / (n + _PRIOR_WEIGHT))))


def _linear_scale(values: np.ndarray) -> OutputScale:
    if len(values) == 0:
        return OutputScale(None, None, 0.0, 1.0)
    n, centre = len(values), float(values.mean())
    size = abs(centre) if centre else 1.0
    if n == 1 or np.ptp(values) <= 1e-9 * size:
        # Nothing says how far others may lie, so allow for their own size.
        return OutputScale(None, None, centre, size)
    # Few values that happen to lie close together say little: take the spread at the upper end of what
    # they allow (chi-squared interval of a variance), and not below a share of their size.
    upper = float(np.sqrt((n - 1) / chi2.ppf(_SPREAD_TAIL, n - 1)))
    spread = max(float(values.std(ddof=1)) * upper, _LEAST_SHARE * size / (n - 1))
    return OutputScale(None, None, centre, spread)
