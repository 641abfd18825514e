"""Places where latent processes are asked for, prepared for repeated use."""

from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Points:
    """Conditions, and which response is asked for there.

    Attributes
    ----------
    codes : Tensor, shape (n, n_parameters)
    output, source : Tensor of int, shape (n,)
        Which response, and which lab or paper: 0 is the campaign's own lab.
    places : Tensor, shape (n_places, n_parameters)
        Codes of the places where the points lie.
    active, columns, trends, branches
        Everything about `places` that does not change with hyperparameters: whether each parameter applies,
        and for each response encoded parameters, trend inputs (0 in those of features), and by how much
        each deviation of a branch counts in each factor, shape (n_places, n_parents, n_deviations).
    copies
        Responses, for each of which all places are repeated in turn. Empty where the points are any others.
    place : Tensor of int, shape (n,)
        Where several points share a place (several responses of one experiment): the place of each point.
        None: every point has its own, in the same order, or the points are `copies`.
    """

    codes: Tensor
    output: Tensor
    source: Tensor
    places: Tensor
    active: dict[str, Tensor]
    columns: tuple[Tensor, ...]
    trends: tuple[Tensor, ...]
    branches: tuple[Tensor, ...]
    copies: tuple[int, ...] = ()
    place: Tensor | None = None

    def at(self, rows: Tensor) -> "Points":
        """Some of the points, by position."""
        assert not self.copies, "points repeated for several responses are taken all together"
        used, place = rows, None
        if self.place is not None:
            used, place = torch.unique(self.place[rows], return_inverse=True)
        return Points(
            self.codes[rows],
            self.output[rows],
            self.source[rows],
            self.places[used],
            {name: applies[used] for name, applies in self.active.items()},
            tuple(columns[used] for columns in self.columns),
            tuple(trends[used] for trends in self.trends),
            tuple(branches[used] for branches in self.branches),
            place=place,
        )

    @property
    def n_places(self) -> int:
        """Number of places."""
        return len(self.places)

    @cached_property
    def has_sources(self) -> bool:
        """Whether any point is in another lab."""
        return bool(self.source.any())

    def of_each(self, values: Tensor, dim: int = -1) -> Tensor:
        """From one value a place to one a point (of one copy), along a dimension."""
        return values if self.place is None else values.index_select(dim, self.place)


@dataclass(frozen=True)
class OutputDesign:
    """Scaled inputs of the Matern part, and the trend of one response at some places.

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
    """

    theta: Tensor = field(kw_only=True)
    designs: tuple[OutputDesign, ...] = field(kw_only=True)
    chain: Tensor = field(kw_only=True)

    @cached_property
    def loadings(self) -> tuple[Tensor, ...]:
        """How much of each own part is in the response asked for, shape (..., n_points, n_outputs).

        Once for all points, or once a copy.
        """
        if self.copies:
            return tuple(self.chain[..., output, :] for output in self.copies)
        place = torch.arange(self.n_places) if self.place is None else self.place
        return (self.chain[..., place, self.output, :],)
