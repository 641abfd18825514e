"""Chains with one curve a category: an area made by milling is not worth what one of a solution powder is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ovenbird.datasets import CategoricalParameter, NumericParameter, ParameterSpace, Response
from ovenbird.models.encoding import Encoding
from ovenbird.models.latent_prior import LatentPrior
from ovenbird.models.latent_samples import LatentSamples
from ovenbird.models.latent_surrogate import FittedLatentSurrogate
from ovenbird.models.output_prior import Branch, OutputPrior

Fitted = Callable[..., FittedLatentSurrogate]
Made = Callable[..., dict[str, Any]]

SPACE = ParameterSpace(
    (
        CategoricalParameter(name="route", values=("solid", "solution", "melt")),
        NumericParameter(name="x", low=0, high=10, step=0.5),
    )
)
AREA = Response(name="area", absolute_noise=1.0)
CHILD = Response(name="y", absolute_noise=1.0, through=("area",))


def codes(route: int, *x: float) -> Tensor:
    return torch.tensor([[route, value] for value in x], dtype=torch.float64)


def prior_of(branches: tuple[Branch, ...], n_outputs: int = 2) -> LatentPrior:
    encoding = Encoding(SPACE, SPACE.names)
    chain = [OutputPrior(name="area", encoding=encoding)]
    for i in range(1, n_outputs):
        chain.append(
            OutputPrior(
                name=f"y{i}", encoding=encoding, parents=(i - 1,), branches=branches if i == 1 else ()
            )
        )
    return LatentPrior(SPACE, chain)


def test_the_factor_depends_on_the_category_of_each_point() -> None:
    """f_child = (common + deviation of the category) f_parent + own part, in covariances and means."""
    branched, plain = prior_of((Branch(0, "route", (0, 2)),)), prior_of(())
    theta = torch.as_tensor(plain.prior_mean + 0.3 * plain.prior_sd)
    common = float(theta[-1])
    theta_branched = torch.cat([theta, torch.tensor([0.4, -0.7], dtype=torch.float64)])
    places = torch.cat([codes(route, 1.0, 6.0) for route in range(3)])
    factor = torch.tensor([common + 0.4, common, common - 0.7]).double().repeat_interleave(2)
    first = torch.zeros(len(places), dtype=torch.long)
    parent, child = (plain.points(places, first + i) for i in (0, 1))
    of_parent = plain.covariance(theta, parent, parent)
    of_own = plain.covariance(theta, child, child) - common**2 * of_parent
    child, parent = branched.points(places, first + 1), branched.points(places, first)
    torch.testing.assert_close(branched.factors(theta_branched, 1, child)[:, 0], factor)
    torch.testing.assert_close(
        branched.covariance(theta_branched, parent, child), of_parent * factor[None, :]
    )
    expected = factor[:, None] * of_parent * factor[None, :] + of_own
    torch.testing.assert_close(branched.covariance(theta_branched, child, child), expected)
    torch.testing.assert_close(branched.variance(theta_branched, child), expected.diagonal())


def test_covariances_of_outputs_agree_with_those_of_points() -> None:
    prior = prior_of((Branch(0, "route", (1,)),), n_outputs=3)
    theta = torch.as_tensor(prior.prior_mean + 0.5 * prior.prior_sd)
    places = torch.cat([codes(0, 2.0), codes(1, 7.0)])
    small = prior.covariance_of_outputs(theta, prior.points(places, torch.zeros(2, dtype=torch.long)))
    for i in range(2):
        same = prior.points(places[i : i + 1].repeat(3, 1), torch.arange(3))
        torch.testing.assert_close(small[i], prior.covariance(theta, same, same), atol=1e-6, rtol=1e-6)


def simulated(made: Made, factors: dict[str, float], n: int = 14) -> list[dict[str, Any]]:
    generator = np.random.default_rng(3)
    rows = []
    for route, factor in factors.items():
        for x in np.linspace(0, 10, n):
            area = 40 + 15 * np.sin(x / 2 + (route == "solution"))
            y = 100 + factor * (area - 40)
            rows.append(
                made(
                    {"route": route, "x": float(x)},
                    area=area + generator.standard_normal(),
                    y=y + generator.standard_normal(),
                )
            )
    return rows


def test_the_factor_of_each_category_is_recovered(fitted: Fitted, made: Made) -> None:
    surrogate = fitted(SPACE, (AREA, CHILD), simulated(made, {"solid": 1.0, "solution": 0.25}))
    model, scales = surrogate.model, surrogate.scales
    assert model.prior.outputs[1].branches == (Branch(0, "route", (1,)),)
    at = torch.cat([codes(0, 5.0), codes(1, 5.0), codes(2, 5.0)])
    points = model.prior.points(at, torch.ones(3, dtype=torch.long))
    area, child = scales["area"], scales["y"]
    assert area is not None and child is not None
    found = model.prior.factors(model.theta, 1, points)[:, 0] * child.spread / area.spread
    assert float(found[0]) == pytest.approx(1.0, abs=0.2)
    assert float(found[1]) == pytest.approx(0.25, abs=0.2)
    assert float(found[2]) == float(found[0]), "nothing is known of a route that was never measured"


def test_a_category_needs_its_own_factor_only_where_it_was_measured(fitted: Fitted, made: Made) -> None:
    rows = [*simulated(made, {"solid": 1.0}, n=5), made({"route": "solution", "x": 3}, area=90)]
    assert fitted(SPACE, (AREA, CHILD), rows).model.prior.outputs[1].branches == ()
    blind = Response(name="y", absolute_noise=1.0, through=("area",), depends_on=("x",))
    both = simulated(made, {"solid": 1.0, "solution": 0.5}, n=4)
    assert fitted(SPACE, (AREA, blind), both).model.prior.outputs[1].branches == ()


def test_one_powder_of_another_route_does_not_spoil_the_curve(fitted: Fitted, made: Made) -> None:
    """A solution powder with by far the largest area and a middling capacity."""
    milled = [
        made({"route": "solid", "x": x}, area=a, y=y)
        for x, a, y in ((0, 2, 100), (4, 10, 180), (7, 15, 230), (9, 20, 280))
    ]
    area, y = (
        Response(name="area", absolute_noise=1.0),
        Response(name="y", absolute_noise=5.0, through=("area",)),
    )
    at = codes(0, 0.0, 4.0, 7.0, 9.0)

    def believed(rows: list[dict[str, Any]]) -> np.ndarray:
        surrogate = fitted(SPACE, (area, y), rows)
        scale = surrogate.scales["y"]
        assert scale is not None
        return scale.to_values(surrogate.marginals(at)[0][:, 1]).numpy()

    alone = believed(milled)
    beside = believed([*milled, made({"route": "solution", "x": 2}, area=92, y=250)])
    np.testing.assert_allclose(beside, alone, atol=8)


def test_samples_follow_the_marginals_in_every_category(fitted: Fitted, made: Made) -> None:
    surrogate = fitted(SPACE, (AREA, CHILD), simulated(made, {"solid": 1.0, "solution": 0.25}, n=4))
    base, at = codes(0, 1.0, 8.0), torch.cat([codes(0, 5.5), codes(1, 5.5)])
    generator = torch.Generator().manual_seed(0)
    draws = torch.randn(4000, surrogate.n_draws(2, len(base)), generator=generator, dtype=torch.float64)
    samples = LatentSamples(surrogate.model, base, draws).at(at)
    mean, variance = surrogate.marginals(at)
    torch.testing.assert_close(samples.mean(0), mean, atol=0.05, rtol=0)
    torch.testing.assert_close(samples.var(0), variance, atol=0.02, rtol=0.1)
