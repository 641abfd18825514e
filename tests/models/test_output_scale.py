"""Values to the latent scale and back."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.datasets import Response
from ovenbird.models.output_scale import OutputScale, moved, output_scale

CAPACITY = Response(name="capacity", plausible=(0, 370))
FREE = Response(name="shift")

values_in_range = st.lists(st.floats(0, 370).map(lambda x: round(x, 6)), max_size=8)
any_values = st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 6)), max_size=8)


def tensor(values: float | Sequence[float] | np.ndarray) -> torch.Tensor:
    return torch.as_tensor(values, dtype=torch.float64)


def scale_of(response: Response, values: Sequence[float] | np.ndarray) -> OutputScale:
    return output_scale(response, np.asarray(values, float))


@given(values=values_in_range, at=st.floats(0, 370))
def test_plausible_values_survive_the_way_to_the_latent_scale_and_back(
    values: list[float], at: float
) -> None:
    scale = scale_of(CAPACITY, values)
    there = scale.to_latent(tensor([at]))
    assert float(scale.to_values(there)[0]) == pytest.approx(at, abs=1e-9)


@given(values=any_values, at=st.floats(-1e6, 1e6))
def test_values_without_a_range_survive_too(values: list[float], at: float) -> None:
    scale = scale_of(FREE, values)
    there = scale.to_latent(tensor([at]))
    assert float(scale.to_values(there)[0]) == pytest.approx(at, rel=1e-6, abs=1e-6)


@given(values=values_in_range, latent=st.floats(-1e6, 1e6))
def test_no_latent_value_leaves_the_plausible_range_by_more_than_its_margin(
    values: list[float], latent: float
) -> None:
    value = float(scale_of(CAPACITY, values).to_values(torch.tensor([latent], dtype=torch.float64))[0])
    assert -0.05 * 370 <= value <= 1.05 * 370


@given(values=values_in_range, pair=st.tuples(st.floats(-4, 4), st.floats(1e-3, 4)))
def test_larger_latent_values_are_larger_values(values: list[float], pair: tuple[float, float]) -> None:
    low, high = scale_of(CAPACITY, values).to_values(
        torch.tensor([pair[0], pair[0] + pair[1]], dtype=torch.float64)
    )
    assert low < high


@pytest.mark.parametrize("response", [CAPACITY, FREE])
@given(values=values_in_range, at=st.floats(1, 369))
def test_the_slope_is_the_derivative(response: Response, values: list[float], at: float) -> None:
    scale = scale_of(response, values)
    step = 1e-4
    rise = scale.to_latent(tensor(at + step)) - scale.to_latent(tensor(at - step))
    slope = float(scale.slope(tensor(at)))
    assert slope == pytest.approx(float(rise) / (2 * step), rel=1e-4)


@pytest.mark.parametrize("values", [[], [250.0], [0.0], [0.0, 0.0], [250.0] * 5, [370.0, 370.0]])
@pytest.mark.parametrize("response", [CAPACITY, FREE])
def test_few_or_equal_values_still_give_a_usable_scale(response: Response, values: list[float]) -> None:
    scale = scale_of(response, values)
    assert np.isfinite([scale.centre, scale.spread]).all() and scale.spread > 0
    latent = scale.to_latent(tensor(values))
    assert torch.all(latent.abs() < 5)


def test_without_data_the_middle_of_the_range_is_expected_and_all_of_it_possible() -> None:
    low, middle, high = scale_of(CAPACITY, []).to_values(
        torch.tensor([-1.6449, 0.0, 1.6449], dtype=torch.float64)
    )
    assert float(middle) == pytest.approx(185)
    assert low < 0.15 * 370 and high > 0.85 * 370


def test_many_values_have_mean_zero_and_unit_spread() -> None:
    values = np.random.default_rng(0).uniform(100, 250, size=400)
    for response in (CAPACITY, FREE):
        latent = scale_of(response, values).to_latent(tensor(values))
        assert float(latent.mean()) == pytest.approx(0, abs=0.02)
        assert float(latent.std()) == pytest.approx(1, abs=0.05)


def test_a_value_far_beyond_the_range_stays_finite_and_weighs_little() -> None:
    scale = scale_of(CAPACITY, [200.0, 250_000.0])
    assert torch.isfinite(scale.to_latent(tensor([250_000.0, -1e9]))).all()
    assert scale.spread < 10


def test_few_values_close_together_do_not_promise_that_all_are() -> None:
    """Two capacities of 250 and 251 say nothing of a range of one."""
    assert scale_of(FREE, [250.0, 251.0]).spread > 10
    assert scale_of(FREE, [8.0, 8.0, 8.2]).spread > 0.2
    many = 1000 + np.random.default_rng(1).normal(size=200)
    assert scale_of(FREE, many).spread == pytest.approx(1, rel=0.15)


@given(values=st.lists(st.floats(1e-2, 1e4), min_size=1, max_size=8), at=st.floats(1e-1, 1e4))
def test_a_log_scale_goes_there_and_back_and_ends_just_below_zero(values: list[float], at: float) -> None:
    scale = output_scale(FREE, np.array(values), logarithmic=True)
    lowest = float(scale.to_values(tensor(-6.0)))
    assert float(scale.to_values(scale.to_latent(tensor(at)))) == pytest.approx(max(at, lowest), rel=1e-6)
    assert float(scale.to_values(tensor(-50.0))) >= -0.1 * float(np.std(values))
    step = 1e-4 * at
    if at - step > lowest:
        rise = float(scale.to_latent(tensor(at + step)) - scale.to_latent(tensor(at - step)))
        assert float(scale.slope(tensor(at))) == pytest.approx(rise / (2 * step), rel=1e-3)


@given(latent=st.floats(-3, 3))
def test_a_latent_value_moved_to_another_scale_is_the_same_value(latent: float) -> None:
    own, other = (
        output_scale(FREE, np.array([2.0, 5.0, 11.0]), logarithmic=True),
        scale_of(FREE, [2.0, 5.0, 11.0]),
    )
    there = moved(tensor(latent), own, other)
    assert float(other.to_values(there)) == pytest.approx(float(own.to_values(tensor(latent))), rel=1e-9)
    assert float(moved(tensor(latent), None, other)) == latent


@pytest.mark.parametrize("n", [1, 2, 6])
def test_nothing_but_zeros_has_a_usable_log_scale(n: int) -> None:
    scale = output_scale(Response(name="y"), np.zeros(n), logarithmic=True)
    latent = scale.to_latent(torch.tensor([0.0, 0.07, 90.0], dtype=torch.float64))
    assert latent.isfinite().all() and (latent.diff() > 0).all()
