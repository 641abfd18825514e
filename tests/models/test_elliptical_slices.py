"""Chains side by side explore what they should, and forget where they began."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from ovenbird.datasets import ParameterSpace, Response
from ovenbird.models.elliptical_slices import parallel_chains
from ovenbird.models.expectation_propagation import infer
from ovenbird.models.fitted_latent_surrogate import FittedLatentSurrogate
from ovenbird.models.hyperparameter_ensemble import sample_hyperparameters

Fitted = Callable[..., FittedLatentSurrogate]
Made = Callable[..., dict[str, Any]]

CENTRE = np.array([1.5, -0.5, 0.0])
PRECISION = np.array([[4.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])


def quadratic(points: np.ndarray) -> np.ndarray:
    """A normal likelihood, which says nothing of the third dimension."""
    return -0.5 * np.einsum("ni,ij,nj->n", points - CENTRE, PRECISION, points - CENTRE)


@pytest.mark.parametrize("width", [1, 16, 64])
def test_ends_of_chains_are_draws_of_the_posterior(width: int) -> None:
    """However many proposals are tried at once. Chains that share angles are many only over many seeds."""

    def ends(seed: int) -> np.ndarray:
        generator = np.random.default_rng(seed)
        return parallel_chains(np.ones((8, 3)), quadratic, 200, generator, width, forgotten=0.01)

    found = np.concatenate([ends(seed) for seed in range(300)])
    covariance = np.linalg.inv(PRECISION + np.eye(3))
    assert_allclose(found.mean(axis=0), covariance @ PRECISION @ CENTRE, atol=0.05)
    assert_allclose(np.cov(found.T), covariance, atol=0.08)


def test_eight_chains_that_share_draws_are_worth_more_than_eight_others() -> None:
    def nothing(points: np.ndarray) -> np.ndarray:
        return np.zeros(len(points))

    means = [
        parallel_chains(np.zeros((8, 2)), nothing, 30, np.random.default_rng(seed)).mean(axis=0)
        for seed in range(100)
    ]
    assert np.std(means) < 0.5 / np.sqrt(8)


def test_what_is_impossible_is_never_entered() -> None:
    def positive(points: np.ndarray) -> np.ndarray:
        return np.where(points[:, 0] > 0, 0.0, -np.inf)

    ends = np.concatenate(
        [
            parallel_chains(np.ones((8, 2)), positive, 40, np.random.default_rng(s), forgotten=0.05)
            for s in range(150)
        ]
    )
    assert (ends[:, 0] > 0).all()
    assert ends[:, 0].mean() == pytest.approx(np.sqrt(2 / np.pi), abs=0.1)


def problems(made: Made) -> dict[str, tuple[tuple[Response, ...], list[dict[str, Any]]]]:
    generator = np.random.default_rng(0)
    places = generator.uniform(0, 10, size=(9, 2)).round(1).tolist()
    numbers = [made({"x": x, "z": z}, y=3 * np.sin(x / 2) + 0.1 * generator.normal()) for x, z in places]
    answers = [made({"x": x, "z": z}, pure=bool(x + z > 9)) for x, z in places]
    area, y = Response(name="area", plausible=(0, 300)), Response(name="y", through=("area",))
    chain = [made({"x": x, "z": z}, area=20 + 8 * x, y=90 + 10 * x) for x, z in places[:4]]
    chain += [made({"x": x, "z": z}, area=">90") for x, z in places[4:6]]
    return {
        "number": ((Response(name="y"),), numbers),
        "yes or no": ((Response(name="pure", kind="yes_no"),), answers),
        "chain": ((area, y), chain),
    }


@pytest.mark.parametrize("name", ["number", "yes or no", "chain"])
def test_hyperparameters_and_forecasts_are_those_of_a_long_chain(
    name: str, fitted: Fitted, plane: ParameterSpace, made: Made
) -> None:
    """Chains as short as they are used, against one that goes on and on by textbook."""
    model = fitted(plane, *problems(made)[name]).model
    prior, free = model.prior, model.prior.prior_sd > 0
    generator = np.random.default_rng(5)

    def log_evidence(theta: np.ndarray) -> float:
        with torch.no_grad():
            return float(infer(*model.evidence.moments(prior, torch.as_tensor(theta)))[1])

    def slow_step(here: np.ndarray, value: float) -> tuple[np.ndarray, float]:
        other, threshold = generator.standard_normal(len(here)), value + np.log(generator.uniform())
        angle = generator.uniform(0, 2 * np.pi)
        low, high = angle - 2 * np.pi, angle
        while True:
            proposal = here * np.cos(angle) + other * np.sin(angle)
            found = log_evidence(prior.prior_mean + prior.prior_sd * proposal)
            if found > threshold:
                return proposal, found
            low, high = (angle, high) if angle < 0 else (low, angle)
            angle = generator.uniform(low, high)

    here = (model.theta.numpy() - prior.prior_mean) / np.where(free, prior.prior_sd, 1.0)
    value, visited = log_evidence(model.theta.numpy()), []
    for _ in range(600):
        here, value = slow_step(here, value)
        visited.append(here)
    long = np.array(visited[50:])[:, free]
    short = np.concatenate([sample_hyperparameters(model, 8, seed) for seed in range(40)])
    ours = ((short - prior.prior_mean) / np.where(free, prior.prior_sd, 1.0))[:, free]
    assert_allclose(ours.mean(axis=0) / long.std(axis=0), long.mean(axis=0) / long.std(axis=0), atol=0.45)
    assert_allclose(ours.std(axis=0) / long.std(axis=0), 1.0, atol=0.25)
    assert np.mean(ours.std(axis=0) / long.std(axis=0)) == pytest.approx(1.0, abs=0.1)


def test_the_same_seed_gives_the_same_hyperparameters(
    fitted: Fitted, plane: ParameterSpace, made: Made
) -> None:
    model = fitted(plane, *problems(made)["number"]).model
    one, again, other = (sample_hyperparameters(model, 8, seed) for seed in (3, 3, 4))
    assert np.array_equal(one, again) and not np.allclose(one, other)
    assert one.shape == (8, len(model.theta)) and len(np.unique(one[:, 0])) == 8
