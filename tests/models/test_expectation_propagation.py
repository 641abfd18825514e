"""Inference against closed forms, an independent Gaussian process and importance sampling."""

import math

import numpy as np
import pytest
import torch
from botorch.models import SingleTaskGP
from gpytorch.kernels import MaternKernel, ScaleKernel
from gpytorch.means import ZeroMean
from gpytorch.mlls import ExactMarginalLogLikelihood
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_ndtr
from scipy.stats import multivariate_normal
from torch import Tensor

from ovenbird.models.expectation_propagation import Terms, condition, infer


def random_covariance(n: int, seed: int) -> Tensor:
    root = np.random.default_rng(seed).normal(size=(n, n))
    return torch.tensor(root @ root.T / n + 0.3 * np.eye(n))


def values_only(targets: Tensor, sd: Tensor) -> Terms:
    return Terms(torch.ones(len(targets), dtype=torch.bool), targets, sd, torch.ones_like(targets))


def sides_only(thresholds: Tensor, sd: Tensor, sign: Tensor) -> Terms:
    return Terms(torch.zeros(len(thresholds), dtype=torch.bool), thresholds, sd, sign)


def posterior_of(mean: Tensor, covariance: Tensor, terms: Terms) -> tuple[Tensor, Tensor, float]:
    """Posterior mean and covariance of the g, and the log evidence."""
    sites, log_evidence = infer(mean, covariance, terms)
    given_sites = condition(mean, covariance, sites)
    whitened = given_sites.whiten(covariance)
    after = mean + covariance @ given_sites.weights
    return after, covariance - whitened.T @ whitened, float(log_evidence)


def random_values(n: int, seed: int) -> tuple[Tensor, Tensor, Terms]:
    generator = torch.Generator().manual_seed(seed)
    mean, targets = torch.randn(2, n, generator=generator, dtype=torch.float64)
    sd = 0.1 + torch.rand(n, generator=generator, dtype=torch.float64)
    return mean, random_covariance(n, seed), values_only(targets, sd)


@pytest.mark.parametrize("seed", range(5))
def test_values_alone_give_the_exact_posterior_and_evidence(seed: int) -> None:
    mean, covariance, terms = random_values(7, seed)
    noisy = (covariance + torch.diag(terms.sd**2)).numpy()
    gain = covariance.numpy() @ np.linalg.inv(noisy)
    after, spread, log_evidence = posterior_of(mean, covariance, terms)
    np.testing.assert_allclose(after, mean.numpy() + gain @ (terms.target - mean).numpy(), atol=1e-10)
    np.testing.assert_allclose(spread, covariance.numpy() - gain @ covariance.numpy(), atol=1e-10)
    expected = multivariate_normal(mean.numpy(), noisy.tolist()).logpdf(terms.target.numpy())
    assert log_evidence == pytest.approx(expected, abs=1e-9)


def test_values_alone_agree_with_the_gaussian_process_of_botorch() -> None:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.rand(12, 2, generator=generator, dtype=torch.float64)
    inputs[0], inputs[1] = 0.0, 1.0
    outputs = torch.sin(6 * inputs[:, :1]) - inputs[:, 1:]
    outputs = (outputs - outputs.mean()) / outputs.std()
    noise = torch.full_like(outputs, 0.04)
    kernel = ScaleKernel(MaternKernel(2.5)).double()
    peer = SingleTaskGP(
        inputs, outputs, noise, covar_module=kernel, mean_module=ZeroMean(), outcome_transform=None
    )
    with torch.no_grad():
        covariance = kernel(inputs).to_dense() + 0.0
        new = torch.rand(5, 2, generator=generator, dtype=torch.float64)
        cross, prior = kernel(inputs, new).to_dense(), kernel(new).to_dense().diagonal()
        terms = values_only(outputs[:, 0], noise[:, 0].sqrt())
        sites, log_evidence = infer(torch.zeros(12).double(), covariance, terms)
        result = condition(torch.zeros(12).double(), covariance, sites)
        peer.train()
        marginal = torch.as_tensor(
            ExactMarginalLogLikelihood(peer.likelihood, peer)(peer(inputs), outputs[:, 0])
        )
        peer.eval()
        theirs = peer.posterior(new)
    torch.testing.assert_close(result.weights @ cross, theirs.mean[:, 0], atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(
        prior - (result.whiten(cross) ** 2).sum(0), theirs.variance[:, 0], atol=1e-6, rtol=1e-6
    )
    assert float(log_evidence) == pytest.approx(12 * float(marginal), abs=1e-5)


@given(
    mean=st.floats(-4, 4),
    variance=st.floats(0.01, 30),
    threshold=st.floats(-4, 4),
    sd=st.floats(0.01, 3),
    sign=st.sampled_from([-1.0, 1.0]),
)
def test_one_side_has_the_moments_of_the_closed_form(
    mean: float, variance: float, threshold: float, sd: float, sign: float
) -> None:
    """Rasmussen & Williams 2006, equations 3.82 to 3.85."""
    one = torch.ones(1, dtype=torch.float64)
    after, spread, log_evidence = posterior_of(
        mean * one, variance * one[None], sides_only(threshold * one, sd * one, sign * one)
    )
    scale = math.sqrt(variance + sd**2)
    z = sign * (mean - threshold) / scale
    ratio = math.exp(-0.5 * z**2 - 0.5 * math.log(2 * math.pi) - log_ndtr(z))
    sd_before = math.sqrt(variance)
    assert log_evidence == pytest.approx(float(log_ndtr(z)), abs=1e-6)
    assert float(after) == pytest.approx(mean + sign * variance * ratio / scale, abs=1e-4 * sd_before)
    expected = variance - variance**2 * ratio / scale**2 * (z + ratio)
    assert float(spread) == pytest.approx(expected, rel=1e-4, abs=1e-8)


def importance_sampled(
    mean: np.ndarray, covariance: np.ndarray, functional: np.ndarray, terms: Terms, n: int
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Posterior mean and variance of the g, log evidence, and the effective number of samples."""
    draws = np.random.default_rng(0).multivariate_normal(mean, covariance, size=n) @ functional.T
    target, sd, sign = terms.target.numpy(), terms.sd.numpy(), terms.sign.numpy()
    z = (draws - target) / sd
    value = -0.5 * z**2 - np.log(sd * math.sqrt(2 * math.pi))
    log_weights = np.where(terms.is_gaussian.numpy(), value, log_ndtr(sign * z)).sum(axis=1)
    largest = log_weights.max()
    weights = np.exp(log_weights - largest)
    share = weights / weights.sum()
    average = share @ draws
    variance = share @ (draws - average) ** 2
    return average, variance, float(largest + math.log(weights.mean())), 1 / float((share**2).sum())


@pytest.mark.parametrize("seed", range(4))
def test_all_kinds_of_evidence_together_agree_with_importance_sampling(seed: int) -> None:
    # Three conditions: a value of the first, a bound on the second, yes and no at the third,
    # the second beats the first, the third beats the second.
    covariance, generator = random_covariance(3, seed), np.random.default_rng(seed)
    functional = torch.tensor(
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [-1, 1, 0], [0, -1, 1]], dtype=torch.float64
    )
    target = torch.tensor([*(0.5 * generator.normal(size=2)), 0.0, 0.0, 0.0, 0.0])
    terms = Terms(
        torch.tensor([True, False, False, False, False, False]),
        target,
        torch.tensor([0.5, 0.3, 1.0, 1.0, 0.2, 0.2], dtype=torch.float64),
        torch.tensor([1.0, 1.0, 1.0, -1.0, 1.0, 1.0], dtype=torch.float64),
    )
    mean = torch.tensor(0.3 * generator.normal(size=3))
    n = 1_500_000
    average, variance, evidence, n_effective = importance_sampled(
        mean.numpy(), covariance.numpy(), functional.numpy(), terms, n
    )
    prior = functional @ covariance @ functional.T + 1e-8 * torch.eye(6, dtype=torch.float64)
    after, spread, log_evidence = posterior_of(functional @ mean, prior, terms)
    assert n_effective > 20_000, "the check itself would be too rough"
    sd = np.sqrt(variance)
    np.testing.assert_allclose(after.numpy() / sd, average / sd, atol=0.03 + 4 / math.sqrt(n_effective))
    np.testing.assert_allclose(spread.diagonal().numpy() / variance, 1.0, atol=0.06)
    assert log_evidence == pytest.approx(evidence, abs=0.03 + 4 / math.sqrt(n_effective))


def mixed_terms(n: int, seed: int, sd: Tensor) -> Terms:
    generator = np.random.default_rng(seed)
    sign = torch.tensor(generator.choice([-1.0, 1.0], size=n))
    return Terms(torch.arange(n) % 3 == 0, torch.tensor(generator.normal(size=n)), sd, sign)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_of_the_evidence_agrees_with_finite_differences(seed: int) -> None:
    n, step = 8, 1e-4
    generator = torch.Generator().manual_seed(seed)
    start = [torch.randn(n, generator=generator).double(), random_covariance(n, seed)]
    start.append(0.3 + torch.rand(n, generator=generator).double())
    directions = [torch.randn(x.shape, generator=generator).double() for x in start]
    directions[1] = directions[1] + directions[1].T

    def evidence(mean: Tensor, covariance: Tensor, sd: Tensor) -> Tensor:
        return infer(mean, covariance, mixed_terms(n, seed, sd))[1]

    at = [x.clone().requires_grad_() for x in start]
    gradients = torch.autograd.grad(evidence(*at), at)
    for which in range(3):
        ends = [
            evidence(
                *(
                    x + side * step * d if i == which else x
                    for i, (x, d) in enumerate(zip(start, directions, strict=True))
                )
            )
            for side in (1, -1)
        ]
        difference = float(ends[0] - ends[1]) / (2 * step)
        slope = float((gradients[which] * directions[which]).sum())
        assert slope == pytest.approx(difference, rel=2e-3, abs=2e-4)


def test_contradictory_comparisons_cancel_instead_of_diverging() -> None:
    functional = torch.tensor([[1.0, -1.0], [-1.0, 1.0]], dtype=torch.float64)
    prior = functional @ torch.eye(2).double() @ functional.T + 1e-8 * torch.eye(2).double()
    zeros, sd = torch.zeros(2).double(), torch.full((2,), 0.1).double()
    after, spread, log_evidence = posterior_of(zeros, prior, sides_only(zeros, sd, torch.ones(2).double()))
    assert math.isfinite(log_evidence)
    # By symmetry neither wins, and the two must be much closer than the prior says.
    assert after.abs().max() < 1e-4
    assert 0 < float(spread[0, 0]) < 0.1 * float(prior[0, 0])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scale", [1.0, 25.0])
def test_many_terms_on_a_stiff_latent_settle_where_the_moments_match(seed: int, scale: float) -> None:
    n = 40
    where = torch.tensor(np.random.default_rng(seed).uniform(size=n))
    covariance = scale * (-((where[:, None] - where) ** 2) / 2).exp() + 1e-6 * torch.eye(n).double()
    terms = mixed_terms(n, seed, torch.full((n,), 0.5).double())
    mean = torch.zeros(n).double()
    sites, log_evidence = infer(mean, covariance, terms)
    given_sites = condition(mean, covariance, sites)
    spread = covariance.diagonal() - (given_sites.whiten(covariance) ** 2).sum(0)
    after = mean + covariance @ given_sites.weights
    assert torch.isfinite(log_evidence)
    assert torch.isfinite(after).all() and (spread > 0).all()
    # A fixed point: without its own site, each term times the cavity has the posterior's moments.
    probit = ~terms.is_gaussian
    precision = 1 / spread - sites.precision
    cavity_mean, cavity = (after / spread - sites.shift) / precision, 1 / precision
    root = (terms.sd**2 + cavity).sqrt()
    z = terms.sign * (cavity_mean - terms.target) / root
    ratio = (-0.5 * z**2 - 0.5 * math.log(2 * math.pi) - torch.special.log_ndtr(z)).exp()
    matched = cavity_mean + terms.sign * cavity * ratio / root
    torch.testing.assert_close(matched[probit], after[probit], atol=1e-3, rtol=1e-3)


def test_a_start_from_elsewhere_ends_at_the_same_evidence() -> None:
    n = 9
    terms = mixed_terms(n, 4, torch.full((n,), 0.4).double())
    mean, covariance = torch.zeros(n).double(), random_covariance(n, 4)
    other, _ = infer(mean + 1, 3 * covariance, terms)
    cold, warm = infer(mean, covariance, terms)[1], infer(mean, covariance, terms, other)[1]
    assert float(warm) == pytest.approx(float(cold), abs=1e-6)
