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

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..datasets import ParameterSpace
from .designs import Designs
from .evidence import WITHIN_SHARE
from .kernels import matern
from .output_prior import OutputPrior
from .physics import constants
from .points import Points, SeenPoints
from .sum_covariance import covariance_of_sums

_ONE = torch.ones((), dtype=torch.float64)  # a factor that need not be multiplied with


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
        return self._designs.points(codes, output, source)

    def points_of_evidence(self, codes: Tensor, output: Tensor, source: Tensor) -> Points:
        """Points of which many share their conditions: these are looked at once."""
        places, place = torch.unique(codes, dim=0, return_inverse=True)
        if len(places) == len(codes):
            return self.points(codes, output, source)
        once = self.points(places, output.new_zeros(len(places)))
        return replace(once, codes=codes, output=output, source=source, place=place)

    def points_of_outputs(self, codes: Tensor, outputs: Sequence[int]) -> Points:
        """All conditions for the first of some responses, then all for the second..., in the own lab."""
        n = len(codes)
        one = self.points(codes, torch.full((n,), outputs[0]))
        if len(outputs) == 1:
            return replace(one, copies=tuple(outputs))
        output = torch.tensor(outputs).repeat_interleave(n)
        copies = codes.repeat(len(outputs), 1), output, torch.zeros_like(output)
        return Points(*copies, codes, one.active, one.columns, one.trends, one.branches, tuple(outputs))

    def seen(self, theta: Tensor, points: Points) -> SeenPoints:
        """Points at hyperparameters, to be given to the other methods in place of the points."""
        if isinstance(points, SeenPoints) and points.theta is theta:
            return points
        designs = self._designs.at(theta, points)
        chain = self.chain(theta, points)
        return SeenPoints(
            points.codes,
            points.output,
            points.source,
            points.places,
            points.active,
            points.columns,
            points.trends,
            points.branches,
            points.copies,
            points.place,
            theta=theta,
            designs=designs,
            chain=chain,
        )

    def learned_constants(self, theta: Tensor, position: int) -> dict[str, list[float]]:
        """Constants of the features of a response as learned, in the order of `physics.constants`."""
        output, values = self.outputs[position], self._part(theta, position, "constants").tolist()
        learned: dict[str, list[float]] = {}
        for name, feature in output.features.items():
            n = len(constants(feature))
            learned[name], values = values[:n], values[n:]
        return learned

    def noise_sd(self, theta: Tensor, position: int) -> Tensor:
        """Learned noise standard deviation of a response on its latent scale, or 0, shape (...)."""
        if not self.outputs[position].learns_noise:
            return torch.zeros(theta.shape[:-1], dtype=theta.dtype)
        return self._part(theta, position, "noise")[..., 0].exp()

    def within_share(self, theta: Tensor, position: int) -> Tensor:
        """Share of the noise variance of a response that lies within experiments, between their cells."""
        if not self.outputs[position].learns_share:
            return torch.full(theta.shape[:-1], WITHIN_SHARE, dtype=theta.dtype)
        return torch.sigmoid(self._part(theta, position, "share")[..., 0])

    def factors(self, theta: Tensor, position: int, points: Points) -> Tensor:
        """Factors by which a response follows its parents, shape (..., n_places, n_parents)."""
        common = self._part(theta, position, "chain").unsqueeze(-2)
        branches = points.branches[position]
        if not branches.shape[-1]:
            return common.expand(*theta.shape[:-1], points.n_places, -1)
        deviations = self._part(theta, position, "deviations")
        return common + (branches @ deviations[..., None, :, None]).squeeze(-1)

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
        trends = points.of_each(trends, -2)
        return torch.cat([(loadings * trends).sum(-1) for loadings in seen.loadings], dim=-1)

    def covariance(self, theta: Tensor, a: Points, b: Points) -> Tensor:
        """Prior covariance of f between points, shape (..., n_a, n_b)."""
        seen_a = self.seen(theta, a)
        seen_b = seen_a if a is b else self.seen(theta, b)
        total = self._covariance_of_parts(seen_a, seen_b)
        offsets = self.covariance_of_sources(a, b)
        return total if offsets is None else total + offsets

    def moments_through_places(
        self, theta: Tensor, points: Points, weights: Tensor | None, output: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Prior mean and covariance of sums over places, each sum of one response, in the own lab.

        Where many points share few places this takes far fewer numbers than the points do.

        Parameters
        ----------
        theta, points
            Hyperparameters, and points whose places are summed over.
        weights : Tensor, shape (n_sums, n_places)
            Of the places in each sum; None: each place by itself.
        output : Tensor of int, shape (n_sums,)
            The response of each sum.
        """
        seen = self.seen(theta, points)
        mean = covariance = torch.zeros((), dtype=theta.dtype)
        for position, (own, design) in enumerate(zip(self.outputs, seen.designs, strict=True)):
            loads = weights
            if len(self.outputs) > 1:
                shares = seen.chain[..., position].mT.index_select(-2, output)
                whole = torch.eye(points.n_places, dtype=theta.dtype) if weights is None else weights
                loads = whole * shares
            covariance = covariance + covariance_of_sums(
                self._amplitude(theta, position),
                design.inputs,
                design.trend,
                loads,
                own.slope_sd,
                own.strengths.constant,
                own.strengths.rough_share,
            )
            if own.trends:
                trends = design.trend_mean.unsqueeze(-1)
                mean = mean + (trends if loads is None else loads @ trends).squeeze(-1)
        return mean.expand(covariance.shape[:-1]), covariance

    def covariance_of_sources(self, a: Points, b: Points) -> Tensor | None:
        """Covariance of the offsets of labs, shape (n_a, n_b); None: all points are in the own lab."""
        if not (a.has_sources and b.has_sources):
            return None
        same = (a.source[:, None] == b.source[None, :]) & (a.source > 0)[:, None]
        same = same & (a.output[:, None] == b.output[None, :])
        return same * self._source_variance(a)[:, None]

    def _covariance_of_parts(self, a: SeenPoints, b: SeenPoints) -> Tensor:
        """Covariance apart from offsets of labs: own parts by places, put together for every copy."""
        blocks: list[list[Tensor | None]] = [[None] * len(b.loadings) for _ in a.loadings]
        n_a, n_b = (part.loadings[0].shape[-2] for part in (a, b))
        for position in range(len(self.outputs)):
            factors_a = [self._factor(a, copy, position) for copy in range(len(a.loadings))]
            factors_b = [self._factor(b, copy, position) for copy in range(len(b.loadings))]
            if all(f is None for f in factors_a) or all(f is None for f in factors_b):
                continue
            rows = None if a.copies else _partly(factors_a[0])
            kernel = self._kernel_of_points(a, b, position, rows)
            for row, factor_a in zip(blocks, factors_a, strict=True):
                if factor_a is None:
                    continue
                factor_a = factor_a if rows is None else factor_a[..., rows]
                scaled = kernel if factor_a is _ONE else factor_a.unsqueeze(-1) * kernel
                for copy, factor_b in enumerate(factors_b):
                    if factor_b is not None:
                        part = scaled if factor_b is _ONE else scaled * factor_b.unsqueeze(-2)
                        row[copy] = _added(row[copy], part, rows, n_a)
        nothing = torch.zeros(*a.theta.shape[:-1], n_a, n_b, dtype=a.theta.dtype)
        rows_of_copies = [_cat([nothing if x is None else x for x in row], dim=-1) for row in blocks]
        return _cat(rows_of_copies, dim=-2)

    def _kernel_of_points(self, a: SeenPoints, b: SeenPoints, position: int, rows: Tensor | None) -> Tensor:
        """Covariance of one own part between (some) points, computed between places."""
        if a.place is None:
            kernel = self._own_covariance(a, b, position, rows)
        else:
            kernel = self._own_covariance(a, b, position, None)
            kernel = kernel.index_select(-2, a.place if rows is None else a.place[rows])
        return b.of_each(kernel)

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
        inputs = points.of_each(output.trends[name] * seen.designs[position].trend[..., column])
        loadings = torch.cat([part[..., position] * inputs for part in seen.loadings], dim=-1)
        return output.slope_sd**2 * loadings

    def variance(self, theta: Tensor, points: Points) -> Tensor:
        """Prior variance of f at points, shape (..., n)."""
        seen = self.seen(theta, points)
        variances = points.of_each(self._own_variances(seen), -2)
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
        if output.signs:
            kernel = kernel.add_(output.slope_sd**2 * trend_a @ design_b.trend.mT)
        return kernel.add_(output.strengths.constant**2)

    def _amplitude(self, theta: Tensor, position: int) -> Tensor:
        return self._part(theta, position, "amplitude")[..., 0].exp()

    def _part(self, theta: Tensor, position: int, name: str) -> Tensor:
        """One part of the hyperparameters of a response, shape (..., n)."""
        return theta[..., self._slices[position][name]]

    @cached_property
    def _designs(self) -> Designs:
        return Designs(self.space, self.outputs, self._slices)

    @cached_property
    def _slices(self) -> list[dict[str, slice]]:
        """For each response where its parts are."""
        end, found = 0, []
        for output in self.outputs:
            sizes = {name: len(mean) for name, (mean, _) in output.hyperparameters.items()}
            ends = (end + np.cumsum([0, *sizes.values()])).tolist()
            found.append({name: slice(*ends[i : i + 2]) for i, name in enumerate(sizes)})
            end = ends[-1]
        return found


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
