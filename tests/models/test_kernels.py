"""Gradients in closed form are those of finite differences."""

import pytest
import torch
from torch import Tensor

from ovenbird.models.kernels import matern
from ovenbird.models.site_density import log_density_of_sites


def uniform(*shape: int, seed: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("rough", [0.0, 0.3])
def test_the_gradient_of_the_kernel(batch: tuple[int, ...], rough: float) -> None:
    a, b = uniform(*batch, 5, 2, seed=0).requires_grad_(), uniform(*batch, 4, 2, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: matern(a, b, rough), (a, b))


@pytest.mark.parametrize("rough", [0.0, 0.3])
def test_the_kernel_is_the_same_with_and_without_gradients(rough: float) -> None:
    a, b = uniform(6, 3, seed=2), uniform(5, 3, seed=3)
    torch.testing.assert_close(matern(a.clone().requires_grad_(), b, rough).detach(), matern(a, b, rough))


def test_equal_inputs_have_a_correlation_of_one_and_a_finite_gradient() -> None:
    a = uniform(4, 2, seed=4).repeat(2, 1).requires_grad_()
    kernel = matern(a, a, 0.5)
    (gradient,) = torch.autograd.grad((kernel * uniform(8, 8, seed=5)).sum(), a)
    torch.testing.assert_close(kernel[:4, 4:].diagonal(), torch.ones(4).double())
    assert gradient.isfinite().all()


def test_the_density_of_sites_is_that_of_a_normal_distribution() -> None:
    root, mean, centre = uniform(5, 5, seed=6), uniform(5, seed=7), uniform(5, seed=8)
    variance = 0.1 + uniform(5, seed=9)
    covariance = root @ root.T
    normal = torch.distributions.MultivariateNormal(mean, covariance + torch.diag(variance))
    expected = normal.log_prob(centre) + 0.5 * (2 * torch.pi * variance).log().sum()
    torch.testing.assert_close(log_density_of_sites(mean, covariance, variance, centre), expected)


def test_the_gradient_of_the_density_of_sites() -> None:
    root, mean, centre = uniform(2, 4, 4, seed=10), uniform(2, 4, seed=11), uniform(2, 4, seed=12)
    variance = 0.1 + uniform(2, 4, seed=13)

    def density(mean: Tensor, root: Tensor, variance: Tensor) -> Tensor:
        return log_density_of_sites(mean, root @ root.mT, variance, centre)

    assert torch.autograd.gradcheck(density, [x.requires_grad_() for x in (mean, root, variance)])


def test_what_has_no_factor_has_no_density_and_stops_no_other() -> None:
    covariance = torch.stack([-5 * torch.eye(3), torch.eye(3)]).double()
    zeros, ones = torch.zeros(2, 3).double(), torch.ones(2, 3).double()
    found = log_density_of_sites(zeros, covariance, ones, zeros)
    assert found[0] == -torch.inf
    assert float(found[1]) == pytest.approx(-1.5 * float(torch.tensor(2.0).log()))
