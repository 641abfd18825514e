"""What is believed about one or several linked responses before any measurement.

Each response o has a latent process f_o over conditions. Its own part is a Gaussian process: an unknown
constant, a rise or fall with what it is declared to rise or fall with, and a Matern-5/2 process with one
length scale a parameter or feature. A response that acts `through` others adds their processes, times
factors to be learned (an autoregressive chain: Kennedy & O'Hagan, Biometrika 87 (2000) 1):

    f_o(x) = delta_o(x) + sum over parents p of a_op(x) f_p(x),

where the factor a_op(x) may differ between categories: a surface made by milling is not worth what one of a
solution powder is.

Hyperparameters may have leading batch dimensions, shape (..., n_hyperparameters). Every result then has the
same leading dimensions; points have none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..datasets import CategoricalParameter, NumericParameter, ParameterSpace
from .encoding import activity, unit_share
from .evidence import WITHIN_SHARE
from .kernels import matern
from .output_prior import OutputPrior
from .physics import column, constants

_ONE = torch.ones((), dtype=torch.float64)  # a factor that need not be multiplied with


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
    copies
        Responses, for each of which all conditions are repeated in turn; then `active` and `columns` are
        those of the first copy alone. Empty where the points are any others.
    """

    codes: Tensor
    output: Tensor
    source: Tensor
    active: dict[str, Tensor]
    columns: tuple[Tensor, ...]
    copies: tuple[int, ...] = ()

    def at(self, rows: Tensor) -> "Points":
        """Some of the points, by position."""
        assert not self.copies, "points repeated for several responses are taken all together"
        return Points(
            self.codes[rows],
            self.output[rows],
            self.source[rows],
            {name: applies[rows] for name, applies in self.active.items()},
            tuple(columns[rows] for columns in self.columns),
        )

    @property
    def n_places(self) -> int:
        """Number of points that are not copies of others."""
        return len(self.codes) // max(len(self.copies), 1)


@dataclass(frozen=True)
class _OutputDesign:
    """Scaled inputs of the Matern part, and the trend of one response at some points.

    Trend inputs run from -1/2 to 1/2, so a declared rise says nothing about the middle of the range.

    Attributes
    ----------
    inputs : Tensor, shape (..., n_places, n_columns)
    trend : Tensor, shape (..., n_places, n_trends)
    trend_mean : Tensor, shape (..., n_places)
    """

    inputs: Tensor
    trend: Tensor
    trend_mean: Tensor


@dataclass(frozen=True)
class SeenPoints(Points):
    """Points at certain hyperparameters: saves work where they are asked for several times.

    Attributes
    ----------
    theta
        The hyperparameters.
    designs
        Of every response.
    chain : Tensor, shape (..., n_places, n_outputs, n_outputs)
        See `LatentPrior.chain`.
    loadings
        How much of each own part is in the response asked for, shape (..., n_places, n_outputs): once for
        all points, or once a copy.
    """

    theta: Tensor = field(kw_only=True)
    designs: tuple[_OutputDesign, ...] = field(kw_only=True)
    chain: Tensor = field(kw_only=True)
    loadings: tuple[Tensor, ...] = field(kw_only=True)


class LatentPrior:
    """Joint prior of linked responses, as a function of a flat hyperparameter vector.

    Every hyperparameter has an independent normal prior (`prior_mean`, `prior_sd`) on its own scale; see
    `OutputPrior.hyperparameters`. Points may be given as `seen` made them.
    """

    def __init__(self, space: ParameterSpace, outputs: Sequence[OutputPrior]) -> None:
        self.space = space
        self.outputs = tuple(outputs)
        parts = [part for output in self.outputs for part in output.hyperparameters.values()]
        self.prior_mean, self.prior_sd = (np.concatenate(x) for x in zip(*parts, strict=True))

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

    def points_of_outputs(self, codes: Tensor, outputs: Sequence[int]) -> Points:
        """All conditions for the first of some responses, then all for the second..., in the own lab."""
        n = len(codes)
        one = self.points(codes, torch.full((n,), outputs[0]))
        if len(outputs) == 1:
            return replace(one, copies=tuple(outputs))
        output = torch.tensor(outputs).repeat_interleave(n)
        copies = codes.repeat(len(outputs), 1), output, torch.zeros_like(output)
        return Points(*copies, one.active, one.columns, tuple(outputs))

    def seen(self, theta: Tensor, points: Points) -> SeenPoints:
        """Points at hyperparameters, to be given to the other methods in place of the points."""
        if isinstance(points, SeenPoints) and points.theta is theta:
            return points
        designs = tuple(self._design(theta, points, i) for i in range(len(self.outputs)))
        chain = self.chain(theta, points)
        if points.copies:
            loadings = tuple(chain[..., output, :] for output in points.copies)
        else:
            loadings = (chain[..., torch.arange(points.n_places), points.output, :],)
        return SeenPoints(
            points.codes,
            points.output,
            points.source,
            points.active,
            points.columns,
            points.copies,
            theta=theta,
            designs=designs,
            chain=chain,
            loadings=loadings,
        )

    def learned_constants(self, theta: Tensor, position: int) -> dict[str, list[float]]:
        """Constants of the features of a response as learned, in the order of `physics.constants`."""
        output, values = self.outputs[position], self._split(theta, position)["constants"].tolist()
        learned: dict[str, list[float]] = {}
        for name, feature in output.features.items():
            n = len(constants(feature))
            learned[name], values = values[:n], values[n:]
        return learned

    def noise_sd(self, theta: Tensor, position: int) -> Tensor:
        """Learned noise standard deviation of a response on its latent scale, or 0, shape (...)."""
        if not self.outputs[position].learns_noise:
            return torch.zeros(theta.shape[:-1], dtype=theta.dtype)
        return self._split(theta, position)["noise"][..., 0].exp()

    def within_share(self, theta: Tensor, position: int) -> Tensor:
        """Share of the noise variance of a response that lies within experiments, between their cells."""
        if not self.outputs[position].learns_share:
            return torch.full(theta.shape[:-1], WITHIN_SHARE, dtype=theta.dtype)
        return torch.sigmoid(self._split(theta, position)["share"][..., 0])

    def factors(self, theta: Tensor, position: int, points: Points) -> Tensor:
        """Factors by which a response follows its parents, shape (..., n_places, n_parents)."""
        output, parts = self.outputs[position], self._split(theta, position)
        factors = parts["chain"].unsqueeze(-2)
        factors = factors.expand(*theta.shape[:-1], points.n_places, -1)
        deviations = parts["deviations"]
        for branch in output.branches:
            n_own, n_others = len(branch.categories), deviations.shape[-1] - len(branch.categories)
            own, deviations = deviations.split([n_own, n_others], dim=-1)
            parameter = self.space.by_name[branch.parameter]
            assert isinstance(parameter, CategoricalParameter)
            table = torch.zeros(*theta.shape[:-1], len(parameter.values), dtype=theta.dtype)
            table = table.index_copy(-1, torch.tensor(branch.categories), own)
            column = points.codes[: points.n_places, self.space.names.index(branch.parameter)]
            there = table[..., column.detach().round().long()] * points.active[branch.parameter]
            link = torch.nn.functional.one_hot(torch.tensor(branch.parent), len(output.parents))
            factors = factors + there.unsqueeze(-1) * link
        return factors

    def chain(self, theta: Tensor, points: Points) -> Tensor:
        """Matrices L with f = L delta of the own parts, shape (..., n_places, n_outputs, n_outputs)."""
        shape = (*theta.shape[:-1], points.n_places, len(self.outputs))
        rows: list[Tensor] = []
        for row, output in zip(torch.eye(len(self.outputs), dtype=theta.dtype), self.outputs, strict=True):
            if output.parents:
                factors = self.factors(theta, len(rows), points)
                for link, parent in enumerate(output.parents):
                    row = row + factors[..., link, None] * rows[parent]
            rows.append(row.expand(shape))
        return torch.stack(rows, dim=-2)

    def mean(self, theta: Tensor, points: Points) -> Tensor:
        """Prior mean of f at points, shape (..., n)."""
        seen = self.seen(theta, points)
        trends = torch.stack(torch.broadcast_tensors(*(d.trend_mean for d in seen.designs)), dim=-1)
        return torch.cat([(loadings * trends).sum(-1) for loadings in seen.loadings], dim=-1)

    def covariance(self, theta: Tensor, a: Points, b: Points) -> Tensor:
        """Prior covariance of f between points, shape (..., n_a, n_b)."""
        seen_a = self.seen(theta, a)
        seen_b = seen_a if a is b else self.seen(theta, b)
        total = self._covariance_of_parts(seen_a, seen_b)
        if not (a.source.any() and b.source.any()):
            return total
        same = (a.source[:, None] == b.source[None, :]) & (a.source > 0)[:, None]
        same = same & (a.output[:, None] == b.output[None, :])
        return total + same * self._source_variance(a)[:, None]

    def _covariance_of_parts(self, a: SeenPoints, b: SeenPoints) -> Tensor:
        """Covariance apart from offsets of labs: own parts by places, put together for every copy."""
        blocks: list[list[Tensor | None]] = [[None] * len(b.loadings) for _ in a.loadings]
        for position in range(len(self.outputs)):
            factors_a = [self._factor(a, copy, position) for copy in range(len(a.loadings))]
            factors_b = [self._factor(b, copy, position) for copy in range(len(b.loadings))]
            if all(f is None for f in factors_a) or all(f is None for f in factors_b):
                continue
            rows = None if a.copies else _partly(factors_a[0])
            kernel = self._own_covariance(a, b, position, rows)
            for row, factor_a in zip(blocks, factors_a, strict=True):
                if factor_a is None:
                    continue
                factor_a = factor_a if rows is None else factor_a[..., rows]
                scaled = kernel if factor_a is _ONE else factor_a.unsqueeze(-1) * kernel
                for copy, factor_b in enumerate(factors_b):
                    if factor_b is not None:
                        part = scaled if factor_b is _ONE else scaled * factor_b.unsqueeze(-2)
                        row[copy] = _added(row[copy], part, rows, a.n_places)
        nothing = torch.zeros(*a.theta.shape[:-1], a.n_places, b.n_places, dtype=a.theta.dtype)
        rows_of_copies = [_cat([nothing if x is None else x for x in row], dim=-1) for row in blocks]
        return _cat(rows_of_copies, dim=-2)

    def _factor(self, points: SeenPoints, copy: int, position: int) -> Tensor | None:
        """How much of an own part is in the points of a copy, shape (..., n_places); None: nothing."""
        if len(self.outputs) == 1 or (points.copies and points.copies[copy] == position):
            return _ONE
        loadings = points.loadings[copy][..., position]
        return loadings if loadings.any() else None

    def _source_variance(self, points: Points) -> Tensor:
        """Variance of the offset of the lab or paper at points, shape (n,); 0 in the own lab."""
        sds = torch.tensor([output.strengths.source_sd for output in self.outputs], dtype=torch.float64)
        return torch.where(points.source > 0, sds[points.output] ** 2, torch.zeros(1, dtype=sds.dtype))

    def slope_mean(self, position: int) -> float:
        """Prior mean of each slope of a response, positive in the declared direction."""
        return self.outputs[position].slope_mean

    def slope_covariance(self, theta: Tensor, points: Points, position: int, name: str) -> Tensor:
        """Prior covariance of one slope with f at points, shape (..., n)."""
        output, seen = self.outputs[position], self.seen(theta, points)
        column = list(output.trends).index(name)
        inputs = output.trends[name] * seen.designs[position].trend[..., column]
        loadings = torch.cat([part[..., position] * inputs for part in seen.loadings], dim=-1)
        return output.slope_sd**2 * loadings

    def variance(self, theta: Tensor, points: Points) -> Tensor:
        """Prior variance of f at points, shape (..., n)."""
        seen = self.seen(theta, points)
        variances = self._own_variances(seen)
        own = torch.cat([(loadings**2 * variances).sum(-1) for loadings in seen.loadings], dim=-1)
        return own + self._source_variance(points)

    def covariance_of_outputs(self, theta: Tensor, points: Points) -> Tensor:
        """Prior covariance of the responses with each other, shape (..., n_places, n_outputs, n_outputs)."""
        seen = self.seen(theta, points)
        return (seen.chain * self._own_variances(seen).unsqueeze(-2)) @ seen.chain.mT

    def _own_variances(self, points: SeenPoints) -> Tensor:
        """Prior variances of the own parts, shape (..., n_places, n_outputs)."""
        columns = []
        for position, (output, design) in enumerate(zip(self.outputs, points.designs, strict=True)):
            slopes = (output.slope_sd**2 * design.trend**2).sum(-1)
            amplitude = self._amplitude(points.theta, position).unsqueeze(-1)
            columns.append(amplitude**2 + output.strengths.constant**2 + slopes)
        return torch.stack(columns, dim=-1)

    def _own_covariance(self, a: SeenPoints, b: SeenPoints, position: int, rows: Tensor | None) -> Tensor:
        """Covariance of one own part between (some) places, shape (..., n_places_a or n_rows, n_places_b)."""
        output, design_a, design_b = self.outputs[position], a.designs[position], b.designs[position]
        inputs_a, trend_a = design_a.inputs, design_a.trend
        if rows is not None:
            inputs_a, trend_a = inputs_a[..., rows, :], trend_a[..., rows, :]
        correlation = matern(inputs_a, design_b.inputs, output.strengths.rough_share)
        kernel = self._amplitude(a.theta, position)[..., None, None] ** 2 * correlation
        if output.trends:
            kernel = kernel.add_(output.slope_sd**2 * trend_a @ design_b.trend.mT)
        return kernel.add_(output.strengths.constant**2)

    def _amplitude(self, theta: Tensor, position: int) -> Tensor:
        return self._split(theta, position)["amplitude"][..., 0].exp()

    def _design(self, theta: Tensor, points: Points, position: int) -> _OutputDesign:
        output, parts = self.outputs[position], self._split(theta, position)
        lengths = parts["lengths"].exp().unsqueeze(-2)
        n_parameters = len(output.encoding.group_sizes)
        inputs = [points.columns[position] / lengths[..., self._groups[position]]]
        feature_columns: dict[str, Tensor] = {}
        codes, start = points.codes[: points.n_places], 0
        for number, (name, feature) in enumerate(output.features.items()):
            n_constants = len(constants(feature))
            values = parts["constants"][..., start : start + n_constants]
            start += n_constants
            feature_columns[name] = column(feature, values, self.space, codes, points.active)
            inputs.append(feature_columns[name].unsqueeze(-1) / lengths[..., n_parameters + number, None])
        trend = self._trend_inputs(output, points, feature_columns)
        signs = torch.tensor(list(output.trends.values()), dtype=theta.dtype)
        return _OutputDesign(torch.cat(inputs, dim=-1), trend, output.slope_mean * (trend @ signs))

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
            share = unit_share(parameter, points.codes[: points.n_places, self.space.names.index(name)])
            columns.append(torch.where(points.active[name], share, torch.zeros_like(share)) - 0.5)
        if not columns:
            return torch.zeros(points.n_places, 0, dtype=points.codes.dtype)
        return torch.stack(torch.broadcast_tensors(*columns), dim=-1)

    def _split(self, theta: Tensor, position: int) -> dict[str, Tensor]:
        output = self.outputs[position]
        sizes = {name: len(mean) for name, (mean, _) in output.hyperparameters.items()}
        own = theta[..., self._slices[position]]
        return dict(zip(sizes, own.split(list(sizes.values()), dim=-1), strict=True))

    @cached_property
    def _groups(self) -> list[Tensor]:
        """For each response the parameter to which each of its columns belongs."""
        return [
            torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes, dtype=torch.long))
            for sizes in (output.encoding.group_sizes for output in self.outputs)
        ]

    @cached_property
    def _slices(self) -> list[slice]:
        sizes = [sum(len(mean) for mean, _ in o.hyperparameters.values()) for o in self.outputs]
        ends = np.cumsum([0, *sizes]).tolist()
        return [slice(*ends[i : i + 2]) for i in range(len(sizes))]


def _cat(parts: Sequence[Tensor], dim: int) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), dim=dim)


def _partly(factor: Tensor | None) -> Tensor | None:
    """Places where a factor is not 0 if these are but some."""
    if factor is None or factor is _ONE:
        return None
    there = (factor != 0).flatten(0, -2).any(0) if factor.ndim > 1 else factor != 0
    return None if there.all() else there.nonzero()[:, 0]


def _added(total: Tensor | None, part: Tensor, rows: Tensor | None, n: int) -> Tensor:
    """A sum with one more part, which may have only some of the n rows."""
    if rows is None:
        return part if total is None else total + part
    if total is None:
        total = torch.zeros(*part.shape[:-2], n, part.shape[-1], dtype=part.dtype)
    return total.index_add(-2, rows, part)
