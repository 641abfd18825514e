"""The posterior as a BoTorch model, against an exact Gaussian process and against itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.sampling.normal import SobolQMCNormalSampler
from scipy.optimize import approx_fprime
from torch import Tensor

from ovenbird.datasets import ParameterSpace, Response
from ovenbird.models.latent_model import LatentModel, fit_hyperparameters
from ovenbird.models.latent_surrogate import FittedLatentSurrogate

Fitted = Callable[..., FittedLatentSurrogate]
Made = Callable[..., dict[str, Any]]

AREA = Response(name="area", plausible=(0, 300))
CAPACITY = Response(name="capacity", absolute_noise=2.0, through=("area",))
PURE = Response(name="pure", kind="yes_no")
EXACT = Response(name="y", absolute_noise=0.3)


@pytest.fixture(scope="module")
def chain(fitted: Fitted, plane: ParameterSpace, made: Made) -> LatentModel:
    rows = [
        made({"x": 1, "z": 2}, area=50, capacity=100),
        made({"x": 4, "z": 9}, area="~120"),
        made({"x": 8, "z": 5}, area=">200", capacity=[240, 250]),
        made({"x": 9, "z": 1}, capacity="<150"),
    ]
    return fitted(plane, (AREA, CAPACITY), rows).model


def posterior(model: LatentModel, codes: Tensor) -> GPyTorchPosterior:
    found = model.posterior(codes)
    assert isinstance(found, GPyTorchPosterior)
    return found


def some_codes(*shape: int, seed: int = 0) -> Tensor:
    return 10 * torch.rand(*shape, 2, generator=torch.Generator().manual_seed(seed)).double()


def wavy(x: float, z: float) -> float:
    return float(np.sin(x / 2) * 3 + 0.4 * z)


@pytest.fixture(scope="module")
def exact(fitted: Fitted, plane: ParameterSpace, made: Made) -> FittedLatentSurrogate:
    places = some_codes(9, seed=3).round().tolist()
    return fitted(plane, (EXACT,), [made({"x": x, "z": z}, y=wavy(x, z)) for x, z in places])


@pytest.mark.parametrize("batch", [(), (5,), (2, 3)])
@pytest.mark.parametrize("q", [1, 4])
def test_posterior_has_the_shapes_that_botorch_expects(
    chain: LatentModel, batch: tuple[int, ...], q: int
) -> None:
    found = posterior(chain, some_codes(*batch, q))
    assert found.mean.shape == found.variance.shape == (*batch, q, 2)
    assert found.rsample(torch.Size([7])).shape == (7, *batch, q, 2)
    assert chain.num_outputs == 2


@pytest.mark.parametrize("batch", [(), (3,)])
def test_posterior_agrees_with_the_marginals(chain: LatentModel, batch: tuple[int, ...]) -> None:
    codes = some_codes(*batch, 4)
    found = posterior(chain, codes)
    mean, variance = chain.marginals(codes.reshape(-1, 2))
    torch.testing.assert_close(found.mean.reshape(-1, 2), mean)
    torch.testing.assert_close(found.variance.reshape(-1, 2), variance, atol=1e-6, rtol=1e-6)


def test_joint_samples_of_the_posterior_have_its_covariance(chain: LatentModel) -> None:
    """Outputs and places must not be mixed up in the joint covariance."""
    codes = some_codes(2)
    samples = chain.posterior(codes).rsample(torch.Size([20_000])).reshape(-1, 4)
    points = chain.points(codes)
    _, whitened = chain.explain(points)
    expected = chain.prior.covariance(chain.theta, points, points) - whitened.T @ whitened
    order = [0, 2, 1, 3]  # output by output, against place by place
    expected = expected[order][:, order]
    scale = expected.diagonal().sqrt()
    correlation = torch.cov(samples.T) / scale / scale[:, None]
    torch.testing.assert_close(correlation, expected / scale / scale[:, None], atol=0.05, rtol=0)


def test_it_works_inside_the_acquisition_function_of_botorch(chain: LatentModel) -> None:
    model = chain.subset_output([1])
    baseline = some_codes(4, seed=2)
    acquisition = qLogNoisyExpectedImprovement(
        model,
        baseline,
        sampler=SobolQMCNormalSampler(torch.Size([64]), seed=0),
        prune_baseline=False,
        cache_root=False,
    )
    candidates = some_codes(6, 2).requires_grad_()
    values = acquisition(candidates)
    (gradient,) = torch.autograd.grad(values.sum(), candidates)
    assert values.shape == (6,) and torch.isfinite(values).all()
    assert torch.isfinite(gradient).all() and gradient.abs().sum() > 0


def test_a_subset_of_the_outputs_is_that_part_of_the_posterior(chain: LatentModel) -> None:
    codes = some_codes(3)
    full, part = posterior(chain, codes), posterior(chain.subset_output([1]), codes)
    assert part.mean.shape == (3, 1)
    torch.testing.assert_close(part.mean[:, 0], full.mean[:, 1])
    torch.testing.assert_close(part.variance[:, 0], full.variance[:, 1])
    same = chain.posterior(codes, output_indices=[1])
    assert isinstance(same, GPyTorchPosterior)
    torch.testing.assert_close(same.mean, part.mean)
    swapped = posterior(chain.for_outputs([1, 0]).subset_output([1]), codes)
    torch.testing.assert_close(swapped.mean[:, 0], full.mean[:, 0])


def test_exact_values_alone_are_an_exact_gaussian_process(exact: FittedLatentSurrogate) -> None:
    model = exact.model
    scale = exact.scales["y"]
    assert scale is not None
    observations = exact.evidence.observations
    train = torch.cat([o.codes for o in observations])
    new = some_codes(6, seed=8)
    place = model.prior.points(torch.cat([train, new]), torch.zeros(len(train) + 6, dtype=torch.long))
    prior = model.prior.covariance(model.theta, place, place).numpy()
    mean = model.prior.mean(model.theta, place).numpy()
    n = len(train)
    noisy = prior[:n, :n] + (0.3 / scale.spread) ** 2 * np.eye(n)
    latent = scale.to_latent(torch.tensor([o.number for o in observations], dtype=torch.float64)).numpy()
    solved = np.linalg.solve(noisy, np.column_stack([latent - mean[:n], prior[:n, n:]]))
    ours_mean, ours_variance = model.marginals(new)
    np.testing.assert_allclose(ours_mean[:, 0], mean[n:] + prior[n:, :n] @ solved[:, 0], atol=1e-5)
    expected = np.diag(prior[n:, n:]) - np.einsum("in,ni->i", prior[n:, :n], solved[:, 1:])
    np.testing.assert_allclose(ours_variance[:, 0], expected, atol=1e-5)


def test_more_values_never_widen_the_posterior(exact: FittedLatentSurrogate) -> None:
    codes, model = some_codes(20, seed=5), exact.model
    before = None
    for n in range(len(model.evidence) + 1):
        fewer = model.evidence.subset(torch.arange(n))
        _, variance = LatentModel(model.prior, model.theta.numpy(), fewer).marginals(codes)
        assert before is None or torch.all(variance <= before + 1e-6)
        before = variance


def test_a_value_pulls_the_posterior_to_itself(exact: FittedLatentSurrogate) -> None:
    scale = exact.scales["y"]
    assert scale is not None
    for observation in exact.evidence.observations:
        mean, variance = exact.marginals(observation.codes)
        assert float(scale.to_values(mean)) == pytest.approx(observation.number, abs=0.9)
        assert float(variance) < 0.1


def test_hyperparameters_are_a_mode_of_evidence_times_prior(exact: FittedLatentSurrogate) -> None:
    prior, evidence = exact.model.prior, exact.model.evidence

    def loss(z: np.ndarray) -> float:
        theta = prior.prior_mean + prior.prior_sd * z
        return 0.5 * float(z @ z) - LatentModel(prior, theta, evidence).log_evidence

    found = (fit_hyperparameters(prior, evidence) - prior.prior_mean) / prior.prior_sd
    assert loss(found) <= loss(np.zeros_like(found))
    assert np.abs(approx_fprime(found, loss, 1e-5)).max() < 0.02
    for seed in range(20):
        assert loss(found + 0.3 * np.random.default_rng(seed).normal(size=len(found))) > loss(found) - 1e-3


def test_unstated_conditions_teach_less_than_stated_ones(
    fitted: Fitted, plane: ParameterSpace, made: Made
) -> None:
    stated = fitted(plane, (EXACT,), [made({"x": 5, "z": 5}, y=4), made({"x": 1, "z": 1}, y=0)])
    unstated = fitted(plane, (EXACT,), [made({"x": 5}, y=4), made({"x": 1, "z": 1}, y=0)])
    theta = stated.model.theta.numpy()
    codes = torch.tensor([[5.0, 5.0]], dtype=torch.float64)
    _, sure = stated.marginals(codes)
    _, unsure = LatentModel(unstated.model.prior, theta, unstated.model.evidence).marginals(codes)
    _, nothing = LatentModel(
        unstated.model.prior,
        theta,
        unstated.model.evidence.subset(torch.zeros(0, dtype=torch.long)),
    ).marginals(codes)
    assert float(sure) < float(unsure) < float(nothing)


def test_a_search_for_what_is_out_of_reach_ends_early(exact: FittedLatentSurrogate) -> None:
    model = exact.model
    start = model.prior.prior_mean + 0.3 * model.prior.prior_sd
    begun = LatentModel(model.prior, start, model.evidence)
    early = fit_hyperparameters(model.prior, model.evidence, start=start, needed=1e6)
    assert LatentModel(model.prior, early, model.evidence).log_probability < model.log_probability - 1e-4
    within = 0.5 * (model.log_probability - begun.log_probability)
    theta = fit_hyperparameters(model.prior, model.evidence, start=start, needed=within)
    found = LatentModel(model.prior, theta, model.evidence)
    assert found.log_probability == pytest.approx(model.log_probability, abs=0.01)
