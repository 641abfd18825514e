"""What is believed about one response before any measurement, and how strongly."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from .encoding import Encoding
from .features import Feature
from .listing import Listing
from .physics import prior_of_constants


@dataclass(frozen=True)
class Strengths:
    """How far a latent process may move, as prior standard deviations on its scale.

    Numbers are scaled to unit spread, so theirs are near 1. The latent of a yes/no response is in units
    of the probit, whose own width stands for what repeating a synthesis may change. Phases and
    oxidation are mostly repeatable: with a latent spread s, one yes makes the next one at the same
    conditions yes with probability 1/2 + arcsin(s^2 / (1 + s^2)) / pi, about 0.91 for s = 5 (0.88 in the
    Gaussian approximation).

    `rough_share` is the share of the variance that follows a Matern-1/2 instead of a Matern-5/2
    process: phases appear and powders fail within a step or two, where a smooth process would let
    many good neighbours outvote one failure.

    Another lab or paper has an offset of its own (`source_sd`) and scatters more (`source_noise`): its
    furnace, mill and cells are others. What is forecast is the campaign's own lab.
    """

    constant: float
    amplitude: float
    slope_mean: float
    slope_sd: float
    source_sd: float = 0.0
    source_noise: float = 0.0
    rough_share: float = 0.0


NUMBER = Strengths(
    constant=0.8,
    amplitude=1.0,
    slope_mean=1.5,
    slope_sd=0.8,
    source_sd=0.25,
    source_noise=0.1,
    rough_share=0.2,
)
# Where it is declared what drives a response, that is expected to explain most of it.
DRIVEN_NUMBER = replace(NUMBER, amplitude=0.6)
YES_NO = Strengths(constant=2.0, amplitude=5.0, slope_mean=8.0, slope_sd=5.0, source_sd=0.7, rough_share=0.5)
DRIVEN_YES_NO = replace(YES_NO, amplitude=4.0)
# In the dose that drives it a change from no to yes is a threshold: sharp, and anyone's guess where.
DOSED_YES_NO = replace(YES_NO, constant=4.0, amplitude=2.5, slope_mean=25.0, slope_sd=12.0, rough_share=0.2)
_AMPLITUDE_LOG_SD = 0.6
_LENGTH_LOG_SD = 0.8
_LENGTH_PER_ROOT_DIMENSION = 0.45
_COVERED_BY_FEATURE = 2.0  # a parameter that acts through a feature is expected to matter less by itself
_NOISE_LOG_MEAN, _NOISE_LOG_SD = math.log(0.2), 0.7
_SHARE_LOGIT_MEAN, _SHARE_LOGIT_SD = 0.0, 1.5  # a share of 0.05 to 0.95 in 19 of 20 cases
_CHAIN_MEAN, _CHAIN_SD = 0.8, 0.4
_BRANCH_SD = 0.35  # how far the factor of one category may lie from the common one


@dataclass(frozen=True)
class Branch:
    """A chain whose factor may differ between categories: one curve a synthesis route.

    Attributes
    ----------
    parent
        Position of the link among the `parents` of the response.
    parameter
        Categorical parameter.
    categories
        Positions of the values that have a factor of their own, the common one plus what they deviate
        by; the others have the common one.
    """

    parent: int
    parameter: str
    categories: tuple[int, ...]


@dataclass(frozen=True)
class OutputPrior:
    """Prior of one response.

    Attributes
    ----------
    name
        The response.
    encoding
        Parameters that may matter.
    features
        Features that may be used.
    trends
        For parameters or features that the response rises (+1) or falls (-1) with.
    strengths
        Scale of its movements.
    parents
        Positions of the responses through which it acts.
    learns_noise
        Whether a noise standard deviation is to be learned.
    learns_share
        Whether it is to be learned how much of the noise lies within experiments.
    branches
        Where factors of the chain differ between categories.
    listing
        Conditions whose density may go with the response, in either direction.
    """

    name: str
    encoding: Encoding
    features: Mapping[str, Feature] = field(default_factory=dict)
    trends: Mapping[str, int] = field(default_factory=dict)
    strengths: Strengths = NUMBER
    parents: tuple[int, ...] = ()
    learns_noise: bool = False
    learns_share: bool = False
    branches: tuple[Branch, ...] = ()
    listing: Listing | None = None

    @property
    def n_groups(self) -> int:
        """Number of length scales."""
        return len(self.encoding.group_sizes) + len(self.features)

    @property
    def signs(self) -> tuple[int, ...]:
        """Direction of each slope, 0 where none is expected."""
        return (*self.trends.values(), *([] if self.listing is None else [0]))

    @property
    def slope_mean(self) -> float:
        """Prior mean of each slope, positive in the declared direction."""
        return self.strengths.slope_mean / math.sqrt(max(len(self.trends), 1))

    @property
    def slope_sd(self) -> float:
        """Prior standard deviation of each slope."""
        return self.strengths.slope_sd / math.sqrt(max(len(self.trends), 1))

    @cached_property
    def hyperparameters(self) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
        """Prior means and standard deviations of all hyperparameters, part by part in their order.

        Logarithms of amplitudes, lengths and noise, the logit of the share of the noise within experiments;
        constants of features, factors and deviations of the chain as they are.
        """
        deviating = sum(len(branch.categories) for branch in self.branches)
        return {
            "amplitude": _normal([math.log(self.strengths.amplitude)], _AMPLITUDE_LOG_SD),
            "lengths": _normal(self._length_logs(), _LENGTH_LOG_SD),
            "constants": prior_of_constants(self.features),
            "noise": _normal([_NOISE_LOG_MEAN] * self.learns_noise, _NOISE_LOG_SD),
            "share": _normal([_SHARE_LOGIT_MEAN] * self.learns_share, _SHARE_LOGIT_SD),
            "chain": _normal([_CHAIN_MEAN] * len(self.parents), _CHAIN_SD),
            "deviations": _normal([0.0] * deviating, _BRANCH_SD),
        }

    def _length_logs(self) -> list[float]:
        covered = {name for feature in self.features.values() for name in feature.parameters}
        median = math.log(_LENGTH_PER_ROOT_DIMENSION * math.sqrt(max(self.n_groups, 1)))
        more = math.log(_COVERED_BY_FEATURE)
        lengths = [median + more * (p.name in covered) for p in self.encoding.parameters]
        return lengths + [median] * len(self.features)


def _normal(means: Sequence[float], sd: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array(means, float), np.full(len(means), sd)
