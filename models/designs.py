"""Inputs and trends of all linked responses at places: what is fixed, and what hyperparameters make of it."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..datasets import CategoricalParameter, NumericParameter, ParameterSpace
from .encoding import activity, unit_share
from .features import Feature
from .output_prior import OutputPrior
from .physics import column, constants
from .points import OutputDesign, Points


class Designs:
    """Designs of the responses of one prior.

    Parameters
    ----------
    space, outputs
        Parameters, and the priors of the responses.
    slices
        For each response where its parts are in the hyperparameters.
    """

    def __init__(
        self, space: ParameterSpace, outputs: Sequence[OutputPrior], slices: Sequence[Mapping[str, slice]]
    ) -> None:
        self.space, self.outputs = space, tuple(outputs)
        self._lengths = [_length_of_columns(*pair) for pair in zip(outputs, slices, strict=True)]
        self._signs = [torch.tensor(output.signs, dtype=torch.float64) for output in outputs]
        self._trends = [list(output.trends) for output in outputs]
        self._shared = _shared_features(outputs, slices)

    def points(self, codes: Tensor, output: Tensor, source: Tensor) -> Points:
        """Points with everything that does not change with hyperparameters."""
        active = activity(self.space, codes)
        columns: dict[tuple[str, ...], Tensor] = {}
        for one in self.outputs:
            if one.encoding.names not in columns:
                columns[one.encoding.names] = one.encoding.columns(codes, active)
        return Points(
            codes,
            output,
            source,
            codes,
            active,
            tuple(columns[one.encoding.names] for one in self.outputs),
            tuple(self._fixed_trends(one, codes, active) for one in self.outputs),
            tuple(self._branches(one, codes, active) for one in self.outputs),
        )

    def at(self, theta: Tensor, points: Points) -> tuple[OutputDesign, ...]:
        """Designs at hyperparameters, shape (..., n_hyperparameters)."""
        features: list[dict[str, Tensor]] = [{} for _ in self.outputs]
        for name, feature, positions, places in self._shared:
            values = theta[..., places]
            found = column(feature, values, self.space, points.places, points.active)
            for position, one in zip(positions, found.unbind(-2), strict=True):
                features[position][name] = one
        return tuple(self._design(theta, points, i, features[i]) for i in range(len(self.outputs)))

    def _design(
        self, theta: Tensor, points: Points, position: int, features: Mapping[str, Tensor]
    ) -> OutputDesign:
        output, inputs = self.outputs[position], points.columns[position]
        if features:
            of_features = torch.stack([features[name] for name in output.features], dim=-1)
            inputs = torch.cat([inputs.expand(*of_features.shape[:-1], -1), of_features], dim=-1)
        lengths = theta.index_select(-1, self._lengths[position]).exp().unsqueeze(-2)
        trend = points.trends[position]
        if any(name in features for name in self._trends[position]):
            columns = list(trend.unbind(-1))
            for i, name in enumerate(self._trends[position]):
                if name in features:
                    columns[i] = features[name] - 0.5
            trend = torch.stack(torch.broadcast_tensors(*columns), dim=-1)
        return OutputDesign(inputs / lengths, trend, output.slope_mean * (trend @ self._signs[position]))

    def _fixed_trends(self, output: OutputPrior, codes: Tensor, active: Mapping[str, Tensor]) -> Tensor:
        """Trend inputs that no hyperparameter changes, and 0 for features, shape (n, n_trends)."""
        columns = []
        for name in output.trends:
            if name in output.features:
                columns.append(codes.new_zeros(len(codes)))
                continue
            parameter = self.space.by_name[name]
            assert isinstance(parameter, NumericParameter), f"trend with '{name}', which is no number"
            share = unit_share(parameter, codes[:, self.space.names.index(name)])
            columns.append(torch.where(active[name], share, torch.zeros_like(share)) - 0.5)
        if output.listing is not None:
            columns.append(output.listing.log_density(codes))
        return torch.stack(columns, dim=-1) if columns else codes.new_zeros(len(codes), 0)

    def _branches(self, output: OutputPrior, codes: Tensor, active: Mapping[str, Tensor]) -> Tensor:
        """By how much each deviation counts in each factor, shape (n, n_parents, n_deviations)."""
        columns = []
        for branch in output.branches:
            assert isinstance(self.space.by_name[branch.parameter], CategoricalParameter)
            here = codes[:, self.space.names.index(branch.parameter)].detach().round()
            for category in branch.categories:
                factor = codes.new_zeros(len(codes), len(output.parents))
                factor[:, branch.parent] = ((here == category) & active[branch.parameter]).to(codes)
                columns.append(factor)
        return (
            torch.stack(columns, dim=-1) if columns else codes.new_zeros(len(codes), len(output.parents), 0)
        )


def _length_of_columns(output: OutputPrior, slices: Mapping[str, slice]) -> Tensor:
    """Where the length scale of each column, those of features last, is in the hyperparameters."""
    sizes = [*output.encoding.group_sizes, *[1] * len(output.features)]
    return torch.as_tensor(np.repeat(np.arange(len(sizes)), sizes) + slices["lengths"].start).long()


def _shared_features(
    outputs: Sequence[OutputPrior], slices: Sequence[Mapping[str, slice]]
) -> list[tuple[str, Feature, list[int], Tensor]]:
    """Features, the responses that use each, and where its constants are (n_responses, n_constants)."""
    shared: list[tuple[str, Feature, list[int], list[list[int]]]] = []
    for position, (output, parts) in enumerate(zip(outputs, slices, strict=True)):
        start = parts["constants"].start
        for name, feature in output.features.items():
            places = list(range(start, start + len(constants(feature))))
            start += len(places)
            same = next((one for one in shared if one[:2] == (name, feature)), None)
            if same is None:
                same = (name, feature, [], [])
                shared.append(same)
            same[2].append(position)
            same[3].append(places)
    return [
        (name, feature, positions, torch.tensor(places, dtype=torch.long))
        for name, feature, positions, places in shared
    ]
