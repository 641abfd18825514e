"""What is believed about one or several linked responses before any measurement.

Each response o has a latent process f_o over conditions. Its own part is a Gaussian process: an unknown
constant, a rise or fall with what it is declared to rise or fall with, and a Matern-5/2 process with one
length scale a parameter or feature. A response that acts `through` others adds their processes, times a
factor to be learned (an autoregressive chain: Kennedy & O'Hagan, Biometrika 87 (2000) 1).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..datasets import NumericParameter, ParameterSpace
from .encoding import Encoding, activity, unit_share
from .features import Feature
from .physics import column, constants, prior_of_constants

_SQRT5 = math.sqrt(5.0)


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
    constant=0.5, amplitude=1.0, slope_mean=2.5, slope_sd=1.0, source_sd=0.25, source_noise=0.1
)
# Where it is declared what drives a response, that is expected to explain most of it.
DRIVEN_NUMBER = replace(NUMBER, amplitude=0.6)
YES_NO = Strengths(constant=2.0, amplitude=5.0, slope_mean=8.0, slope_sd=5.0, source_sd=0.7, rough_share=0.5)
_AMPLITUDE_LOG_SD = 0.4
_LENGTH_LOG_SD = 0.8
_LENGTH_PER_ROOT_DIMENSION = 0.45
_COVERED_BY_FEATURE = 2.0  # a parameter that acts through a feature is expected to matter less by itself
_NOISE_LOG_MEAN, _NOISE_LOG_SD = math.log(0.15), 0.7
_CHAIN_MEAN, _CHAIN_SD = 0.5, 0.5


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
    """

    name: str
    encoding: Encoding
    features: Mapping[str, Feature] = field(default_factory=dict)
    trends: Mapping[str, int] = field(default_factory=dict)
    strengths: Strengths = NUMBER
    parents: tuple[int, ...] = ()
    learns_noise: bool = False

    @property
    def n_groups(self) -> int:
        """Number of length scales."""
        return len(self.encoding.group_sizes) + len(self.features)


@dataclass(frozen=True)
class Points:
    """Places where latent processes are asked for: conditions and which response.

    Attributes
    ----------
    codes : Tensor, shape (n, n_parameters)
    output, source : Tensor of int, shape (n,)
        Which response, and which lab or paper: 0 is the campaign's own lab.
    active, columns
        Everything about `codes` that does not change with hyperparameters, by parameter and by response.
    """

    codes: Tensor
    output: Tensor
    source: Tensor
    active: dict[str, Tensor]
    columns: tuple[Tensor, ...]


@dataclass(frozen=True)
class _OutputDesign:
    """Scaled inputs of the Matern part, and the trend of one response at some points.

    Trend inputs run from -1/2 to 1/2, so a declared rise says nothing about the middle of the range.
    """

    inputs: Tensor
    trend: Tensor
    trend_mean: Tensor


class LatentPrior:
    """Joint prior of linked responses, as a function of a flat hyperparameter vector.

    Every hyperparameter has an independent normal prior (`prior_mean`, `prior_sd`) on its own scale: the
    logarithm of lengths, amplitudes and noises; exponents and chain factors as they are.
    """

    def __init__(self, space: ParameterSpace, outputs: Sequence[OutputPrior]) -> None:
        self.space = space
        self.outputs = tuple(outputs)
        means, sds, slices = [], [], []
        for output in self.outputs:
            mean, sd = _prior_of(output)
            start = sum(map(len, means))
            slices.append(slice(start, start + len(mean)))
            means.append(mean)
            sds.append(sd)
        self._slices = slices
        self.prior_mean = np.concatenate(means)
        self.prior_sd = np.concatenate(sds)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Responses in order."""
        return tuple(output.name for output in self.outputs)

    def points(self, codes: Tensor, output: Tensor, source: Tensor | None = None) -> Points:
        """Prepare points for repeated use; without sources they are in the campaign's own lab."""
        source = torch.zeros_like(output) if source is None else source
        active = activity(self.space, codes)
        columns = tuple(o.encoding.columns(codes, active) for o in self.outputs)
        return Points(codes, output, source, active, columns)

    def learned_constants(self, theta: Tensor, position: int) -> dict[str, list[float]]:
        """Constants of the features of a response as learned, in the order of `physics.constants`."""
        output, values = self.outputs[position], self._split(theta, position)["constants"].tolist()
        learned: dict[str, list[float]] = {}
        for name, feature in output.features.items():
            n = len(constants(feature))
            learned[name], values = values[:n], values[n:]
        return learned

    def noise_sd(self, theta: Tensor, position: int) -> Tensor:
        """Learned noise standard deviation of a response on its latent scale (0 if not learned)."""
        if not self.outputs[position].learns_noise:
            return torch.zeros((), dtype=theta.dtype)
        return self._split(theta, position)["noise"][0].exp()

    def chain(self, theta: Tensor) -> Tensor:
        """Matrix L, shape (n_outputs, n_outputs), with f = L delta of the responses' own parts delta."""
        rows: list[Tensor] = []
        for position, output in enumerate(self.outputs):
            row = torch.zeros(len(self.outputs), dtype=theta.dtype)
            row[position] = 1.0
            for parent, factor in zip(output.parents, self._split(theta, position)["chain"], strict=True):
                row = row + factor * rows[parent]
            rows.append(row)
        return torch.stack(rows)

    def mean(self, theta: Tensor, points: Points) -> Tensor:
        """Prior mean of f at points, shape (n,)."""
        chain = self.chain(theta)
        total = torch.zeros(len(points.codes), dtype=theta.dtype)
        for position in range(len(self.outputs)):
            total = total + chain[points.output, position] * self._design(theta, points, position).trend_mean
        return total

    def covariance(self, theta: Tensor, a: Points, b: Points) -> Tensor:
        """Prior covariance of f between points, shape (n_a, n_b)."""
        chain = self.chain(theta)
        total = torch.zeros(len(a.codes), len(b.codes), dtype=theta.dtype)
        for position in range(len(self.outputs)):
            factor_a, factor_b = chain[a.output, position], chain[b.output, position]
            if not (factor_a.any() and factor_b.any()):
                continue
            kernel = self._own_covariance(theta, a, b, position)
            total = total + factor_a[:, None] * kernel * factor_b[None, :]
        if not (a.source.any() and b.source.any()):
            return total
        same = (a.source[:, None] == b.source[None, :]) & (a.source > 0)[:, None]
        same = same & (a.output[:, None] == b.output[None, :])
        return total + same * self._source_variance(a)[:, None]

    def _source_variance(self, points: Points) -> Tensor:
        """Variance of the offset of the lab or paper at points, shape (n,); 0 in the own lab."""
        sds = torch.tensor([output.strengths.source_sd for output in self.outputs], dtype=torch.float64)
        return torch.where(points.source > 0, sds[points.output] ** 2, torch.zeros(1, dtype=sds.dtype))

    def slope_mean(self, position: int) -> float:
        """Prior mean of each slope of a response, positive in the declared direction."""
        return _slope_mean(self.outputs[position])

    def slope_covariance(self, theta: Tensor, points: Points, position: int, name: str) -> Tensor:
        """Prior covariance of one slope with f at points, shape (n,)."""
        output = self.outputs[position]
        column = list(output.trends).index(name)
        inputs = output.trends[name] * self._design(theta, points, position).trend[:, column]
        factor = self.chain(theta)[points.output, position]
        return _slope_sd(output) ** 2 * factor * inputs

    def variance(self, theta: Tensor, points: Points) -> Tensor:
        """Prior variance of f at points, shape (n,)."""
        chain = self.chain(theta)
        own = (chain[points.output] ** 2 * self._own_variances(theta, points)).sum(-1)
        return own + self._source_variance(points)

    def covariance_of_outputs(self, theta: Tensor, points: Points) -> Tensor:
        """Prior covariance of the responses with each other at each point, shape (n, n_out, n_out)."""
        chain = self.chain(theta)
        return torch.einsum("aj,nj,bj->nab", chain, self._own_variances(theta, points), chain)

    def _own_variances(self, theta: Tensor, points: Points) -> Tensor:
        columns = []
        for position, output in enumerate(self.outputs):
            trend = self._design(theta, points, position).trend
            slopes = (_slope_sd(output) ** 2 * trend**2).sum(-1)
            columns.append(self._amplitude(theta, position) ** 2 + output.strengths.constant**2 + slopes)
        return torch.stack(columns, dim=-1)

    def _own_covariance(self, theta: Tensor, a: Points, b: Points, position: int) -> Tensor:
        output = self.outputs[position]
        design_a = self._design(theta, a, position)
        design_b = design_a if a is b else self._design(theta, b, position)
        correlation = matern52(design_a.inputs, design_b.inputs)
        if rough := output.strengths.rough_share:
            correlation = (1 - rough) * correlation + rough * matern12(design_a.inputs, design_b.inputs)
        kernel = self._amplitude(theta, position) ** 2 * correlation
        trend = _slope_sd(output) ** 2 * (design_a.trend @ design_b.trend.T)
        return kernel + trend + output.strengths.constant**2

    def _amplitude(self, theta: Tensor, position: int) -> Tensor:
        return self._split(theta, position)["amplitude"][0].exp()

    def _design(self, theta: Tensor, points: Points, position: int) -> _OutputDesign:
        output, parts = self.outputs[position], self._split(theta, position)
        lengths = parts["lengths"].exp()
        sizes = torch.tensor(output.encoding.group_sizes, dtype=torch.long)
        n_parameters = len(sizes)
        inputs = [points.columns[position] / lengths[:n_parameters].repeat_interleave(sizes)]
        feature_columns: dict[str, Tensor] = {}
        start = 0
        for number, (name, feature) in enumerate(output.features.items()):
            n_constants = len(constants(feature))
            values = parts["constants"][start : start + n_constants]
            start += n_constants
            feature_columns[name] = column(feature, values, self.space, points.codes, points.active)
            inputs.append((feature_columns[name] / lengths[n_parameters + number]).unsqueeze(-1))
        trend = self._trend_inputs(output, points, feature_columns)
        signs = torch.tensor(list(output.trends.values()), dtype=theta.dtype)
        return _OutputDesign(torch.cat(inputs, dim=-1), trend, _slope_mean(output) * (trend @ signs))

    def _trend_inputs(
        self, output: OutputPrior, points: Points, feature_columns: Mapping[str, Tensor]
    ) -> Tensor:
        columns = []
        for name in output.trends:
            if name in feature_columns:
                columns.append(feature_columns[name] - 0.5)
                continue
            parameter = self.space.by_name[name]
            assert isinstance(parameter, NumericParameter), f"trend with '{name}', which is no number"
            share = unit_share(parameter, points.codes[:, self.space.names.index(name)])
            columns.append(torch.where(points.active[name], share, torch.zeros_like(share)) - 0.5)
        n = len(points.codes)
        return torch.stack(columns, dim=-1) if columns else torch.zeros(n, 0, dtype=points.codes.dtype)

    def _split(self, theta: Tensor, position: int) -> dict[str, Tensor]:
        output = self.outputs[position]
        constants, _ = prior_of_constants(output.features)
        sizes = {
            "amplitude": 1,
            "lengths": output.n_groups,
            "constants": len(constants),
            "noise": int(output.learns_noise),
            "chain": len(output.parents),
        }
        return dict(zip(sizes, theta[self._slices[position]].split(list(sizes.values())), strict=True))


def matern52(a: Tensor, b: Tensor) -> Tensor:
    """Matern-5/2 correlation of scaled inputs, shapes (n_a, d) and (n_b, d) to (n_a, n_b).

    (1 + r sqrt5 + 5/3 r^2) exp(-r sqrt5), Rasmussen & Williams 2006, equation 4.17.
    """
    distance = _distance(a, b)
    return (1 + _SQRT5 * distance + 5 / 3 * distance**2) * (-_SQRT5 * distance).exp()


def matern12(a: Tensor, b: Tensor) -> Tensor:
    """Matern-1/2 correlation exp(-r) of scaled inputs, shapes (n_a, d) and (n_b, d) to (n_a, n_b)."""
    return (-_distance(a, b)).exp()


def _distance(a: Tensor, b: Tensor) -> Tensor:
    squared = (a**2).sum(-1)[:, None] + (b**2).sum(-1)[None, :] - 2 * a @ b.T
    return squared.clamp_min(1e-15).sqrt()


def _slope_mean(output: OutputPrior) -> float:
    return output.strengths.slope_mean / math.sqrt(max(len(output.trends), 1))


def _slope_sd(output: OutputPrior) -> float:
    return output.strengths.slope_sd / math.sqrt(max(len(output.trends), 1))


def _prior_of(output: OutputPrior) -> tuple[np.ndarray, np.ndarray]:
    constants_mean, constants_sd = prior_of_constants(output.features)
    covered = {name for feature in output.features.values() for name in feature.parameters}
    n_groups = max(output.n_groups, 1)
    median = math.log(_LENGTH_PER_ROOT_DIMENSION * math.sqrt(n_groups))
    lengths = [
        median + (math.log(_COVERED_BY_FEATURE) if p.name in covered else 0.0)
        for p in output.encoding.parameters
    ] + [median] * len(output.features)
    n_noise, n_chain = int(output.learns_noise), len(output.parents)
    mean = [[math.log(output.strengths.amplitude)], lengths, constants_mean]
    mean += [[_NOISE_LOG_MEAN] * n_noise, [_CHAIN_MEAN] * n_chain]
    sd = [[_AMPLITUDE_LOG_SD], [_LENGTH_LOG_SD] * output.n_groups, constants_sd]
    sd += [[_NOISE_LOG_SD] * n_noise, [_CHAIN_SD] * n_chain]
    return np.concatenate(mean), np.concatenate(sd)
