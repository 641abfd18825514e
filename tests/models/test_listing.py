"""Density of listed conditions: what it is in formulas, and what surrogates make of it."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ovenbird.datasets import Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, learn
from ovenbird.models.encoding import Encoding
from ovenbird.models.latent_prior import LatentPrior
from ovenbird.models.listing import Listing
from ovenbird.models.output_prior import NUMBER, OutputPrior

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Medians = Callable[[Beliefs, str, Tensor], Tensor]
Y = Response(name="y")


def column(values: object) -> Tensor:
    return torch.as_tensor(np.asarray(values, float)[:, None])


@pytest.fixture(scope="module")
def nothing(dataset_of: DatasetOf, line: ParameterSpace) -> Dataset:
    return dataset_of(line, [])


@pytest.fixture(scope="module")
def clustered() -> np.ndarray:
    """Six dense clusters of eight and as many lonely conditions, all over the plane; dense ones first."""
    generator = np.random.default_rng(3)
    centres = np.array([[1.5, 2], [8, 1.5], [5, 5], [1.5, 8.5], [8.5, 8.5], [5, 1]])
    dense = np.concatenate([centre + generator.uniform(-0.15, 0.15, (8, 2)) for centre in centres])
    lonely = generator.uniform(0, 10, (400, 2))
    kept: list[np.ndarray] = []
    for one in lonely:
        others = np.array([*dense, *kept])
        if np.linalg.norm(others - one, axis=1).min() > 1.1:
            kept.append(one)
    return np.concatenate([dense, kept])


def test_density_is_in_the_distance_to_the_fifth_neighbour(nothing: Dataset, line: ParameterSpace) -> None:
    # Inside evenly spaced conditions the fifth nearest other one is three steps away.
    narrow, wide = np.linspace(0, 1, 21), np.linspace(4, 10, 21)
    listing = Listing.of(line, column([*narrow, *wide]), nothing)
    assert listing is not None
    found = listing.log_density(column([narrow[10], wide[10], narrow[0]])).numpy()
    assert found[0] - found[1] == pytest.approx(math.log(6))
    assert found[0] - found[2] == pytest.approx(math.log(5 / 3))  # at an end all five are on one side
    distances = np.abs(np.subtract.outer([*narrow, *wide], [*narrow, *wide]))
    fifth = np.sort(distances, axis=1)[:, 5]
    assert found[0] == pytest.approx(np.log(np.sort(fifth)[len(fifth) // 2 - 1]) - math.log(0.15))


def test_nobody_is_far_beyond_what_is_usual(nothing: Dataset, line: ParameterSpace) -> None:
    listing = Listing.of(line, column([*np.linspace(0, 0.02, 21), 10.0]), nothing)
    assert listing is not None
    assert float(listing.log_density(column([10.0]))) == -2.5


def test_a_grid_tells_nothing_but_at_its_corners(dataset_of: DatasetOf, plane: ParameterSpace) -> None:
    levels = np.linspace(0, 10, 9)
    grid = np.stack(np.meshgrid(levels, levels), axis=-1).reshape(-1, 2)
    listing = Listing.of(plane, torch.as_tensor(grid), dataset_of(plane, []))
    assert listing is not None
    density = listing.log_density(torch.as_tensor(grid)).numpy()
    at_corner = ((grid == 0) | (grid == 10)).all(axis=1)
    np.testing.assert_allclose(density[~at_corner], 0, atol=1e-12)
    np.testing.assert_allclose(density[at_corner], -math.log(2) / 2)  # two steps away, not a diagonal


@pytest.mark.parametrize(("n", "is_told"), [(19, False), (20, True)])
def test_few_conditions_have_no_density(
    nothing: Dataset, line: ParameterSpace, n: int, is_told: bool
) -> None:
    listed = column(np.repeat(np.linspace(0, 10, n), 3))  # copies do not count
    assert (Listing.of(line, listed, nothing) is not None) == is_told


def test_what_was_made_belongs_to_the_list(dataset_of: DatasetOf, made: Made, line: ParameterSpace) -> None:
    values = np.arange(0, 10.5, 0.5)
    dataset = dataset_of(line, [made({"x": float(x)}, y=1) for x in values[:6]])
    rest = Listing.of(line, column(values[6:]), dataset)
    assert rest is not None
    whole = Listing.of(line, column(values), dataset_of(line, []))
    assert whole is not None
    assert rest.key == whole.key


def test_order_and_copies_do_not_matter(nothing: Dataset, line: ParameterSpace) -> None:
    generator = np.random.default_rng(0)
    values = generator.uniform(0, 10, 40)
    one = Listing.of(line, column(values), nothing)
    other = Listing.of(line, column(generator.permutation([*values, *values[:15]])), nothing)
    assert one is not None
    assert other is not None
    asked = column(generator.uniform(0, 10, 30))
    assert one.key == other.key
    assert torch.equal(one.log_density(asked), other.log_density(asked))
    # Nor does what was asked before.
    assert torch.equal(other.log_density(asked.flip(0)).flip(0), one.log_density(asked))


def test_a_long_list_is_sampled_in_the_same_way(nothing: Dataset, line: ParameterSpace) -> None:
    values = column(np.random.default_rng(1).uniform(0, 10, 6000))
    one, other = Listing.of(line, values, nothing), Listing.of(line, values.flip(0), nothing)
    assert one is not None
    assert other is not None
    assert len(one.codes) == 5000
    assert one.key == other.key


def test_it_adds_one_slope_without_a_sign(
    dataset_of: DatasetOf, plane: ParameterSpace, clustered: np.ndarray
) -> None:
    codes = torch.as_tensor(clustered)
    listing = Listing.of(plane, codes, dataset_of(plane, []))
    assert listing is not None
    encoding = Encoding(plane, plane.names)
    priors = [
        LatentPrior(plane, [OutputPrior(name="y", encoding=encoding, listing=one)]) for one in (None, listing)
    ]
    theta = torch.as_tensor(priors[0].prior_mean)
    points = [prior.points(codes, torch.zeros(len(codes), dtype=torch.long)) for prior in priors]
    without, with_it = (
        prior.covariance(theta, place, place) for prior, place in zip(priors, points, strict=True)
    )
    density = listing.log_density(codes)
    torch.testing.assert_close(with_it - without, NUMBER.slope_sd**2 * torch.outer(density, density))
    assert not priors[1].mean(theta, points[1]).any()


def experiments(made: Made, places: np.ndarray, numbers: np.ndarray) -> list[dict[str, Any]]:
    return [
        made({"x": float(x), "z": float(z)}, y=round(float(y), 6))
        for (x, z), y in zip(places, numbers, strict=True)
    ]


@pytest.mark.parametrize("direction", [1, -1])
def test_the_data_decide_which_way_it_goes(
    dataset_of: DatasetOf,
    made: Made,
    medians: Medians,
    plane: ParameterSpace,
    clustered: np.ndarray,
    direction: int,
) -> None:
    is_dense = np.arange(len(clustered)) < 48
    shown = np.arange(len(clustered)) % 3 == 0
    noise = 0.1 * np.random.default_rng(0).standard_normal(len(clustered))
    numbers = 5 + direction * np.where(is_dense, 2.0, 0.0) + noise
    dataset = dataset_of(plane, experiments(made, clustered[shown], numbers[shown]))
    listing = Listing.of(plane, torch.as_tensor(clustered[~shown]), dataset)
    told = learn(dataset, plane, {"y": Y}, {}, listing=listing)
    asked = torch.as_tensor(clustered[~shown])
    found = medians(told, "y", asked).numpy()
    dense, lonely = found[is_dense[~shown]], found[~is_dense[~shown]]
    assert direction * (dense.mean() - lonely.mean()) > 1.2
    plain = medians(learn(dataset, plane, {"y": Y}, {}), "y", asked).numpy()
    truth = numbers[~shown]
    assert np.square(found - truth).mean() < np.square(plain - truth).mean()


def test_who_says_what_matters_is_not_told_of_it(
    dataset_of: DatasetOf, made: Made, medians: Medians, plane: ParameterSpace, clustered: np.ndarray
) -> None:
    dataset = dataset_of(plane, experiments(made, clustered[::4], np.sin(clustered[::4, 0])))
    listing = Listing.of(plane, torch.as_tensor(clustered), dataset)
    asked = torch.as_tensor(clustered[1::4])
    restricted = Response(name="y", depends_on=("x",))
    for response, is_equal in ((restricted, True), (Y, False)):
        one, other = (
            medians(learn(dataset, plane, {"y": response}, {}, listing=told), "y", asked)
            for told in (None, listing)
        )
        assert torch.equal(one, other) == is_equal


def test_forecasts_do_not_depend_on_order_nor_on_what_was_learned_before(
    dataset_of: DatasetOf, made: Made, medians: Medians, plane: ParameterSpace, clustered: np.ndarray
) -> None:
    dataset = dataset_of(plane, experiments(made, clustered[::4], clustered[::4].sum(axis=1)))
    asked = torch.as_tensor(clustered[1::4])
    codes = torch.as_tensor(clustered)

    def forecast(candidates: Tensor | None) -> Tensor:
        listing = None if candidates is None else Listing.of(plane, candidates, dataset)
        return medians(learn(dataset, plane, {"y": Y}, {}, listing=listing), "y", asked)

    before = forecast(None)
    one = forecast(codes)
    assert torch.equal(one, forecast(torch.cat([codes.flip(0), codes[:9]])))
    assert torch.equal(before, forecast(None))
    assert not torch.equal(before, one)
