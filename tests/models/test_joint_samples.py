"""Joint samples have the moments of the posteriors they are drawn from, within and across surrogates."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from botorch.posteriors.gpytorch import GPyTorchPosterior
from torch import Tensor

from ovenbird.datasets import ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.joint_samples import JointSamples
from ovenbird.models.latent_model import LatentModel
from ovenbird.models.latent_samples import root_of

Made = Callable[..., dict[str, Any]]
Learned = Callable[..., Beliefs]

N = 4096
BASE = torch.tensor([[1.0], [4.0], [9.0]], dtype=torch.float64)
NEW = torch.tensor([[2.0], [4.0], [6.5]], dtype=torch.float64)


@pytest.fixture(scope="module")
def beliefs(learned: Learned, led: Callable[[Beliefs], Beliefs], made: Made, line: ParameterSpace) -> Beliefs:
    responses = [
        Response(name="area", plausible=(0, 300)),
        Response(name="y", plausible=(0, 300), through=("area",)),
        Response(name="pure", kind="yes_no"),
    ]
    rows = [
        made({"x": 1}, area=50, y=90, pure=True),
        made({"x": 4}, area=120, y=130),
        made({"x": 8}, pure=False),
    ]
    return led(learned(line, responses, rows))


def correlation(a: Tensor, b: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([a, b]))[0, 1])


def test_samples_have_the_moments_of_the_joint_posterior(beliefs: Beliefs) -> None:
    samples = JointSamples(beliefs.surrogates, ["area", "y"], BASE, N, 0)
    at_base, at_new = samples.at_base, samples.at(NEW)
    model = beliefs.surrogate_of("y").model
    assert isinstance(model, LatentModel)
    for i in range(len(NEW)):
        places = torch.cat([BASE, NEW[i : i + 1]])
        drawn = torch.cat(
            [torch.cat([at_base[name], at_new[name][:, i : i + 1]], dim=1) for name in ("area", "y")], dim=1
        )
        posterior = model.posterior(places)
        assert isinstance(posterior, GPyTorchPosterior)
        expected = posterior.distribution.covariance_matrix
        spread = expected.diagonal().sqrt()
        mean = posterior.mean.T.reshape(-1)
        torch.testing.assert_close(drawn.mean(dim=0) / spread, mean / spread, atol=0.02, rtol=0)
        found = torch.cov(drawn.T) / spread / spread[:, None]
        torch.testing.assert_close(found, expected / spread / spread[:, None], atol=0.05, rtol=0)


def test_a_candidate_that_is_already_there_repeats_its_samples(beliefs: Beliefs) -> None:
    samples = JointSamples(beliefs.surrogates, ["y", "pure"], BASE, 256, 0)
    again = samples.at(BASE)
    for name, drawn in samples.at_base.items():
        torch.testing.assert_close(again[name], drawn, atol=1e-2, rtol=0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "base", [BASE, BASE[:1], BASE[:0]], ids=["three known", "one known", "nothing known"]
)
def test_surrogates_are_sampled_independently_of_each_other(
    base: Tensor, seed: int, beliefs: Beliefs
) -> None:
    samples = JointSamples(beliefs.surrogates, ["y", "pure"], base, N, seed)
    at_new = samples.at(NEW)
    for i in range(len(NEW)):
        y, pure = at_new["y"][:, i], at_new["pure"][:, i]
        assert abs(correlation(y, pure)) < 0.06
        both = ((y > y.median()) & (pure > pure.median())).double().mean()
        assert float(both) == pytest.approx(0.25, abs=0.03), "quadrants must be equally full"


def test_linked_responses_keep_their_correlation(beliefs: Beliefs) -> None:
    at_new = JointSamples(beliefs.surrogates, ["area", "y"], BASE, N, 0).at(NEW)
    model = beliefs.surrogate_of("y").model
    assert isinstance(model, LatentModel)
    posterior = model.posterior(NEW[2:])
    assert isinstance(posterior, GPyTorchPosterior)
    covariance = posterior.distribution.covariance_matrix
    expected = float(covariance[0, 1] / (covariance[0, 0] * covariance[1, 1]).sqrt())
    assert expected > 0.1
    assert correlation(at_new["area"][:, 2], at_new["y"][:, 2]) == pytest.approx(expected, abs=0.05)


def test_one_of_several_linked_responses_can_be_sampled_alone(beliefs: Beliefs) -> None:
    drawn = JointSamples(beliefs.surrogates, ["y"], BASE, N, 0).at(NEW)["y"]
    mean, variance = beliefs.latent("y", NEW)
    torch.testing.assert_close(drawn.mean(dim=0), mean, atol=0.03, rtol=0)
    torch.testing.assert_close(drawn.var(dim=0) / variance, torch.ones(3).double(), atol=0.08, rtol=0)


def test_chunks_of_candidates_do_not_change_their_samples(beliefs: Beliefs) -> None:
    samples = JointSamples(beliefs.surrogates, ["y", "pure"], BASE, 64, 0)
    whole, parts = samples.at(NEW), [samples.at(NEW[i : i + 1]) for i in range(3)]
    for name in ("y", "pure"):
        torch.testing.assert_close(whole[name], torch.cat([p[name] for p in parts], dim=1), atol=1e-9, rtol=0)
    assert math.isfinite(float(whole["pure"].sum()))


@pytest.mark.parametrize("rounding", [0.0, 5e-8, 5e-6])
def test_rounding_does_not_keep_from_sampling(rounding: float) -> None:
    corner = torch.tensor([[1.0, 0.8, 0.0], [0.8, 1.0, 0.0], [0.0, 0.0, -rounding]], dtype=torch.float64)
    root = root_of(corner)
    assert torch.allclose(root @ root.mT, corner, atol=2e-4)


def test_what_is_no_covariance_is_not_sampled() -> None:
    with pytest.raises(RuntimeError, match="positive-definite"):
        root_of(torch.tensor([[1.0, 2.0], [2.0, 1.0]], dtype=torch.float64))
