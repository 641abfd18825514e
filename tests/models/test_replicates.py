"""Cells of one powder and powders of one recipe: how far each scatters is told apart."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from ovenbird.datasets import ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, NumberForecast
from ovenbird.models.evidence import WITHIN_SHARE
from ovenbird.models.latent_model import LatentModel
from ovenbird.models.latent_surrogate import FittedLatentSurrogate

Fitted = Callable[..., FittedLatentSurrogate]
Made = Callable[..., dict[str, Any]]

DECLARED = Response(name="y", absolute_noise=3.0)
LEARNED = Response(name="y")
AT = torch.tensor([[5.0]], dtype=torch.float64)


def rows_of(made: Made, between: float, within: float, cells: int, seed: int = 0) -> list[dict[str, Any]]:
    """Powders of a few recipes, two of each, with several cells."""
    generator = np.random.default_rng(seed)
    rows = []
    for x in np.repeat(np.arange(0, 10.5, 1.0), 2):
        powder = 100 + 4 * x + between * generator.standard_normal()
        rows.append(made({"x": x}, y=list(powder + within * generator.standard_normal(cells))))
    return rows


@pytest.mark.parametrize("response", [DECLARED, LEARNED])
@pytest.mark.parametrize("shift", [0.0, 1.3])
def test_the_evidence_is_that_of_all_single_values(
    response: Response, shift: float, fitted: Fitted, line: ParameterSpace, made: Made
) -> None:
    """Mean and scatter together, against the joint normal density of the values themselves."""
    values = {1.0: [4.0, 7.0, 5.5], 4.0: [12.0], 8.0: [9.0, 16.0], 4.5: [10.0, 11.0, 13.0, 10.0]}
    surrogate = fitted(line, (response,), [made({"x": x}, y=y) for x, y in values.items()])
    prior, evidence = surrogate.model.prior, surrogate.model.evidence
    theta = prior.prior_mean + shift * prior.prior_sd
    scale = surrogate.scales["y"]
    assert scale is not None and scale.low is None
    owner = np.repeat(np.arange(len(values)), [len(y) for y in values.values()])
    codes = torch.tensor(list(values), dtype=torch.float64)[:, None]
    points = prior.points(codes, torch.zeros(len(values), dtype=torch.long))
    at = torch.as_tensor(theta)
    kernel = prior.covariance(at, points, points).numpy()[owner][:, owner]
    total = (3.0 / scale.spread) ** 2 if response is DECLARED else float(prior.noise_sd(at, 0)) ** 2
    within = float(prior.within_share(at, 0)) * total
    assert shift == 0 or within > 0.6 * total
    covariance = kernel + (total - within) * (owner[:, None] == owner) + within * np.eye(len(owner))
    latent = scale.to_latent(torch.tensor(np.concatenate(list(values.values()))))
    mean = prior.mean(at, points).numpy()[owner]
    expected = multivariate_normal(mean, covariance).logpdf(latent.numpy())
    assert LatentModel(prior, theta, evidence).log_evidence == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("between", "within"), [(2.9, 0.7), (0.7, 2.9)])
def test_the_two_parts_are_recovered(
    between: float, within: float, fitted: Fitted, line: ParameterSpace, made: Made
) -> None:
    true_share = within**2 / (within**2 + between**2)
    shares, sds = [], []
    for seed in range(4):
        rows = rows_of(made, between, within, cells=4, seed=seed)
        surrogate = fitted(line, (LEARNED,), rows)
        scale, share = surrogate.scales["y"], surrogate.within_share("y")
        assert scale is not None and share is not None
        shares.append(share)
        sds.append(float(surrogate.model.prior.noise_sd(surrogate.model.theta, 0)) * scale.spread)
        declared = fitted(line, (DECLARED,), rows).within_share("y")
        assert declared == pytest.approx(true_share, abs=0.2)
    assert np.mean(shares) == pytest.approx(true_share, abs=0.12)
    assert np.mean(sds) == pytest.approx(np.hypot(between, within), rel=0.25)


def test_ten_cells_that_agree_say_that_the_scatter_is_between_syntheses(
    fitted: Fitted, line: ParameterSpace, made: Made
) -> None:
    response = Response(name="y", plausible=(0, 370), relative_noise=0.04)
    draw = np.random.default_rng(1).standard_normal(10)
    draw = (draw - draw.mean()) / draw.std(ddof=1)
    cells = 250 * (1 + draw * np.array([[0.01], [0.04]]))
    alike, apart = (fitted(line, (response,), [made({"x": 5}, y=list(y))]) for y in cells)
    shares = [s.within_share("y") for s in (alike, apart)]
    assert shares[0] == pytest.approx(1 / 16, abs=0.06) and shares[1] is not None and shares[1] > 0.6
    # Where cells scatter as much as is declared, ten of them tell nearly exactly what the recipe gives.
    unsure, sure = (float(s.marginals(AT)[1]) for s in (alike, apart))
    noise = float(alike.noise_variance("y", alike.marginals(AT)[0]))
    assert unsure == pytest.approx(noise, rel=0.3) and sure < 0.5 * unsure


def test_a_new_powder_scatters_as_declared_however_many_cells_were_measured(
    learned: Callable[..., Beliefs], line: ParameterSpace, made: Made
) -> None:
    rows = rows_of(made, between=2.9, within=0.7, cells=5)
    forecast = learned(line, [DECLARED], rows).forecast("y", AT)
    assert isinstance(forecast, NumberForecast)
    half_width = float(forecast.high - forecast.low) / 2
    assert 1.645 * 3.0 < half_width < 1.5 * 1.645 * 3.0


def test_single_values_leave_the_share_open(fitted: Fitted, line: ParameterSpace, made: Made) -> None:
    surrogate = fitted(line, (LEARNED,), [made({"x": x}, y=y) for x, y in ((1, 2), (5, 4), (9, 5))])
    assert surrogate.within_share("y") is None
    prior = surrogate.model.prior
    assert float(prior.within_share(surrogate.model.theta, 0)) == WITHIN_SHARE


@pytest.mark.parametrize(
    "response", [DECLARED, LEARNED, Response(name="y", plausible=(0, 9), relative_noise=0.1)]
)
@pytest.mark.parametrize("cells", [[0.0, 0.0, 0.0], [5.0, 5.0], [0.0, 5.0]])
def test_equal_cells_and_zeros_are_survived(
    response: Response, cells: list[float], fitted: Fitted, line: ParameterSpace, made: Made
) -> None:
    surrogate = fitted(line, (response,), [made({"x": x}, y=cells) for x in (2, 7)])
    mean, variance = surrogate.marginals(AT)
    assert (
        torch.isfinite(mean).all()
        and torch.isfinite(variance).all()
        and np.isfinite(surrogate.model.log_evidence)
    )


@pytest.mark.parametrize(("within", "is_said"), [(1.0, False), (3.0, False), (9.0, True)])
def test_cells_that_scatter_more_than_declared_are_said_and_believed(
    within: float, is_said: bool, learned: Callable[..., Beliefs], line: ParameterSpace, made: Made
) -> None:
    beliefs = learned(line, [DECLARED], rows_of(made, between=0.5, within=within, cells=4))
    assert bool(beliefs.contradictions) == is_said
    if is_said:
        assert "y scatter by no more than 3" in beliefs.contradictions[0]
        forecast = beliefs.forecast("y", AT)
        assert isinstance(forecast, NumberForecast)
        assert float(forecast.high - forecast.low) > 1.5 * 2 * 1.645 * 3.0
