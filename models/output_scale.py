"""From measured values to the scale on which a Gaussian process is at home, and back."""

import math
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
_FURTHEST_BELOW = 6.0  # spreads below the centre at which a logarithm is cut off
_LARGEST_LOG = 300.0
_NEARLY_NOTHING = 0.1  # of the spread of values: closer to 0, a logarithm does not tell them apart
_PRIOR_WEIGHT = 2.0  # observations that the prior centre and spread are worth


@dataclass(frozen=True)
class OutputScale:
    """A monotone map from response units to a latent value of about zero mean and unit spread.

    With a plausible range the map is the logit of the position in that range: forecasts cannot leave
    it, and values near zero are told apart by ratio rather than by difference. With a lower end only it
    is the logarithm of the distance from there; without ends it is linear.

    Attributes
    ----------
    low, high
        Ends of the range, or None.
    centre, spread
        Mean and standard deviation on the (logit, logarithmic or linear) scale that become 0 and 1.
    """

    low: float | None
    high: float | None
    centre: float
    spread: float

    def to_latent(self, values: Tensor) -> Tensor:
        """Latent values of those in response units, any shape; differentiable inside the range."""
        if self.low is None:
            warped = values
        else:
            inside = self._inside(values)
            warped = (inside - self.low).log()
            warped = warped if self.high is None else warped - (self.high - inside).log()
        return (warped - self.centre) / self.spread

    def slope(self, values: Tensor) -> Tensor:
        """Derivative of the latent value by the value, any shape; above 0."""
        if self.low is None:
            return torch.full_like(values, 1 / self.spread)
        inside = self._inside(values)
        slope = 1 / (inside - self.low)
        return (slope if self.high is None else slope + 1 / (self.high - inside)) / self.spread

    def to_values(self, latent: Tensor) -> Tensor:
        """Values in response units, any shape; differentiable."""
        warped = latent * self.spread + self.centre
        if self.low is None:
            return warped
        if self.high is None:
            return self.low + warped.clamp_max(_LARGEST_LOG).exp()
        return self.low + (self.high - self.low) * torch.sigmoid(warped)

    def _inside(self, values: Tensor) -> Tensor:
        """Values moved into the open range, so that what lies at its ends stays finite."""
        assert self.low is not None
        if self.high is None:
            return values.clamp_min(self.low + math.exp(self.centre - _FURTHEST_BELOW * self.spread))
        edge = _MARGIN / 2 / (1 + 2 * _MARGIN) * (self.high - self.low)
        return values.clamp(self.low + edge, self.high - edge)


def output_scale(response: Response, values: np.ndarray, *, logarithmic: bool = False) -> OutputScale:
    """Choose the scale of a numeric response from its plausible range and its measured values.

    Centre and spread are those of the data, drawn towards what the plausible range alone suggests
    while there are few values.

    Parameters
    ----------
    response
        Whose values they are.
    values : ndarray, shape (n,)
        What was measured.
    logarithmic
        Whether a response without plausible range, none of whose values is below 0, is told apart by
        ratio instead of by difference.
    """
    if response.plausible is None:
        values = np.asarray(values, float)
        return _log_scale(values) if logarithmic and len(values) else _linear_scale(values)
    low, high = response.plausible
    margin = _MARGIN * (high - low)
    raw = OutputScale(low - margin, high + margin, 0.0, 1.0)
    warped = raw.to_latent(torch.as_tensor(values, dtype=torch.float64)).numpy()
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


def _log_scale(values: np.ndarray) -> OutputScale:
    """Logarithm of values from 0 on.

    Where some are nearly nothing, it is of their distance from slightly below 0: whether a yield is 0.1 or
    0.01 % makes no difference.
    """
    if not values.any():
        return _linear_scale(values)  # nothing but zeros have no ratio
    low = min(float(values.min()) - _NEARLY_NOTHING * float(values.std()), 0.0)
    linear = _linear_scale(np.log(values - low))
    return OutputScale(low, None, linear.centre, linear.spread)


def moved(latent: Tensor, own: OutputScale | None, other: OutputScale | None) -> Tensor:
    """Latent values of one scale on another; yes/no (None) has but one."""
    if own is None or other is None or own == other:
        return latent
    return other.to_latent(own.to_values(latent))
