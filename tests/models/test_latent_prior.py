"""The prior: a proper covariance, and what chains and declared trends mean in formulas."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from gpytorch.kernels import MaternKernel
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ovenbird.datasets import ParameterSpace
from ovenbird.models.encoding import Encoding
from ovenbird.models.features import Arrhenius, Belief, PowerLaw
from ovenbird.models.kernels import matern
from ovenbird.models.latent_prior import LatentPrior
from ovenbird.models.output_prior import NUMBER, YES_NO, OutputPrior

CodesAt = Callable[..., Tensor]
FEATURES = {
    "dose": PowerLaw(name="dose", exponents={"speed": Belief(3.0, 0.6), "time": Belief(1.0, 0.3)}),
    "heat": Arrhenius(name="heat", temperature="temperature", time="hold"),
}
deviations = st.lists(st.floats(-2, 2), min_size=60, max_size=60)


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def outputs(space: ParameterSpace, *, linked: bool = True) -> tuple[OutputPrior, OutputPrior]:
    area = OutputPrior(
        name="area",
        encoding=Encoding(space, space.names),
        features=FEATURES,
        trends={"dose": 1, "temperature": -1},
        learns_noise=True,
    )
    capacity = OutputPrior(
        name="capacity",
        encoding=Encoding(space, ("hold", "milling", "speed")),
        strengths=YES_NO,
        trends={"hold": 1},
        parents=(0,) if linked else (),
    )
    return area, capacity


def theta_of(prior: LatentPrior, deviation: Sequence[float]) -> Tensor:
    n = len(prior.prior_mean)
    return torch.as_tensor(prior.prior_mean + prior.prior_sd * np.resize(deviation, n))


@pytest.fixture(scope="session")
def places(mill: ParameterSpace, codes_at: CodesAt) -> Tensor:
    rows = []
    for temperature, hold, milling in (
        (600, 0, None),
        (700, 3, (200, 0.5)),
        (700, 3, (600, 12)),
        (900, 12, (430, 3)),
    ):
        milled = {} if milling is None else {"speed": milling[0], "time": milling[1]}
        name = "planetary" if milled else "none"
        rows.append(codes_at(mill, temperature=temperature, hold=hold, milling=name, **milled))
    return torch.cat([*rows, rows[1]])


@settings(deadline=None, max_examples=40)
@given(deviation=deviations)
def test_covariance_is_symmetric_and_never_negative(
    deviation: list[float], mill: ParameterSpace, places: Tensor
) -> None:
    prior = LatentPrior(mill, outputs(mill))
    theta = theta_of(prior, deviation)
    points = prior.points(places.repeat(2, 1), torch.tensor([0, 1]).repeat_interleave(len(places)))
    covariance = prior.covariance(theta, points, points)
    torch.testing.assert_close(covariance, covariance.T)
    assert torch.linalg.eigvalsh(covariance).min() > -1e-8 * covariance.diagonal().max()
    torch.testing.assert_close(prior.variance(theta, points), covariance.diagonal(), rtol=1e-7, atol=1e-7)


@settings(deadline=None, max_examples=25)
@given(deviation=deviations)
def test_covariance_of_the_outputs_at_a_place_is_that_between_the_outputs(
    deviation: list[float], mill: ParameterSpace, places: Tensor
) -> None:
    prior = LatentPrior(mill, outputs(mill))
    theta = theta_of(prior, deviation)
    n = len(places)
    points = prior.points(places.repeat(2, 1), torch.tensor([0, 1]).repeat_interleave(n))
    full = prior.covariance(theta, points, points).reshape(2, n, 2, n)
    small = prior.covariance_of_outputs(theta, prior.points(places, torch.zeros(n, dtype=torch.long)))
    for i in range(n):
        torch.testing.assert_close(small[i], full[:, i, :, i], rtol=1e-7, atol=1e-7)


@settings(deadline=None, max_examples=25)
@given(deviation=deviations)
def test_a_child_is_its_own_part_plus_rho_times_its_parent(
    deviation: list[float], mill: ParameterSpace, places: Tensor
) -> None:
    area, capacity = outputs(mill)
    both = LatentPrior(mill, (area, capacity))
    parent_alone, child_alone = (
        LatentPrior(mill, (area,)),
        LatentPrior(mill, (outputs(mill, linked=False)[1],)),
    )
    theta = theta_of(both, deviation)
    n_parent = len(parent_alone.prior_mean)
    rho = theta[-1]
    first = torch.zeros(len(places), dtype=torch.long)
    parent, child = both.points(places, first), both.points(places, first + 1)
    own = child_alone.points(places, first)
    of_parent = parent_alone.covariance(theta[:n_parent], parent, parent)
    of_own = child_alone.covariance(theta[n_parent:-1], own, own)
    close(both.covariance(theta, parent, parent), of_parent)
    close(both.covariance(theta, parent, child), rho * of_parent)
    close(both.covariance(theta, child, child), rho**2 * of_parent + of_own)
    expected = rho * parent_alone.mean(theta[:n_parent], parent) + child_alone.mean(theta[n_parent:-1], own)
    close(both.mean(theta, child), expected)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("strengths", [NUMBER, YES_NO])
@pytest.mark.parametrize("trend", ["temperature", "speed", "dose"])
def test_the_mean_moves_in_the_declared_direction(
    sign: int, strengths: object, trend: str, mill: ParameterSpace, codes_at: CodesAt
) -> None:
    output = OutputPrior(
        name="y",
        encoding=Encoding(mill, mill.names),
        features=FEATURES,
        trends={trend: sign},
        strengths=strengths,  # pyright: ignore[reportArgumentType]
    )
    prior = LatentPrior(mill, (output,))
    codes = torch.cat(
        [codes_at(mill, temperature=600 if trend == "temperature" else 700, hold=3, milling="none")]
        + [
            codes_at(mill, temperature=t, hold=3, milling="planetary", speed=s, time=2)
            for t, s in ((700, 250), (700, 400), (900, 600))
        ]
    )
    mean = prior.mean(theta_of(prior, [0.0]), prior.points(codes, torch.zeros(4, dtype=torch.long)))
    steps = mean.diff() * sign
    assert torch.all(steps >= 0) and steps.sum() > 0
    assert torch.all(steps[1:] > 0) or trend == "temperature"


def test_without_a_trend_nothing_is_expected_to_move(line: ParameterSpace) -> None:
    prior = LatentPrior(line, (OutputPrior(name="y", encoding=Encoding(line, line.names)),))
    codes = torch.linspace(0, 10, 5).double()[:, None]
    assert torch.all(prior.mean(theta_of(prior, [0.0]), prior.points(codes, torch.zeros(5).long())) == 0)


def test_the_kernel_is_the_matern_kernel_of_gpytorch() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(6, 3, generator=generator).double(), torch.randn(4, 3, generator=generator).double()
    theirs = MaternKernel(2.5).double()
    theirs.initialize(lengthscale=1.0)
    torch.testing.assert_close(matern(a, b), theirs(a, b).to_dense().detach(), atol=1e-6, rtol=1e-6)


def test_far_from_the_origin_neighbours_are_still_told_apart() -> None:
    a = torch.tensor([[40.0], [40.001]], dtype=torch.float64)
    assert float(matern(a, a)[0, 1]) == pytest.approx(1 - 5 / 6 * 1e-6, abs=1e-9)


def test_inactive_parameters_do_not_separate_conditions(mill: ParameterSpace, codes_at: CodesAt) -> None:
    prior = LatentPrior(mill, outputs(mill))
    codes = codes_at(mill, temperature=700, hold=3, milling="none")
    junk = codes.clone()
    junk[0, mill.names.index("speed")], junk[0, mill.names.index("time")] = 590.0, 11.0
    points = prior.points(torch.cat([codes, junk]), torch.zeros(2, dtype=torch.long))
    theta = theta_of(prior, [0.5])
    covariance = prior.covariance(theta, points, points)
    assert float(covariance[0, 1]) == pytest.approx(float(covariance[0, 0]))
    assert float(prior.mean(theta, points).diff()) == 0.0
