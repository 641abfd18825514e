"""Features against formulas written independently of them."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ovenbird.datasets import NumericParameter, ParameterSpace
from ovenbird.models.encoding import activity
from ovenbird.models.features import Arrhenius, Belief, Feature, PowerLaw
from ovenbird.models.physics import column, constants, prior_of_constants, usable_features

CodesAt = Callable[..., Tensor]
R = 8.314462618e-3  # kJ/(mol K)

DOSE = PowerLaw(name="dose", exponents={"speed": Belief(3.0, 0.6), "time": Belief(1.0, 0.3)})
HEAT = Arrhenius(name="heat", temperature="temperature", time="hold")


def evaluated(feature: Feature, values: list[float], space: ParameterSpace, codes: Tensor) -> Tensor:
    return column(feature, torch.tensor(values, dtype=torch.float64), space, codes, activity(space, codes))


@pytest.fixture
def milled(mill: ParameterSpace, codes_at: CodesAt) -> Callable[..., Tensor]:
    def codes(speed: float, time: float) -> Tensor:
        return codes_at(mill, temperature=700, hold=3, milling="planetary", speed=speed, time=time)

    return codes


def test_a_dose_runs_from_near_zero_to_one_and_rises(mill: ParameterSpace, milled: CodesAt) -> None:
    grid = [(s, t) for s in (200, 300, 450, 600) for t in (0.5, 2, 12)]
    doses = evaluated(DOSE, [3.0, 1.0], mill, torch.cat([milled(s, t) for s, t in grid])).tolist()
    order = sorted(range(len(grid)), key=lambda i: grid[i][0] ** 3 * grid[i][1])
    assert [doses[i] for i in order] == sorted(doses)
    assert doses[-1] == pytest.approx(1.0) and 0 < min(doses) < 0.2


def test_a_dose_is_the_logarithm_of_the_power_law(mill: ParameterSpace, milled: CodesAt) -> None:
    """ln(1 + D/D0), D0 the smallest dose, scaled by its largest value."""

    def formula(speed: float, time: float) -> float:
        return math.log1p((speed / 200) ** 2.5 * (time / 0.5) ** 0.8)

    here = float(evaluated(DOSE, [2.5, 0.8], mill, milled(400, 3))[0])
    assert here == pytest.approx(formula(400, 3) / formula(600, 12))


def test_equal_doses_are_equal_whatever_made_them(mill: ParameterSpace, milled: CodesAt) -> None:
    both = evaluated(DOSE, [3.0, 1.0], mill, torch.cat([milled(200, 8), milled(400, 1)]))
    assert float(both[0]) == pytest.approx(float(both[1]))


def test_not_milled_is_no_dose(mill: ParameterSpace, codes_at: CodesAt, milled: CodesAt) -> None:
    unmilled = codes_at(mill, temperature=700, hold=3, milling="none")
    doses = evaluated(DOSE, [3.0, 1.0], mill, torch.cat([unmilled, milled(200, 0.5)]))
    assert doses[0] == 0.0 and doses[1] > 0


@given(
    exponents=st.tuples(st.floats(-3, 4), st.floats(-3, 4)),
    low=st.tuples(st.sampled_from([0.0, 0.5, 20.0]), st.sampled_from([0.0, 1.0])),
)
def test_a_dose_stays_between_zero_and_one_for_any_exponents(
    exponents: tuple[float, float], low: tuple[float, float]
) -> None:
    space = ParameterSpace(
        (
            NumericParameter(name="speed", low=low[0], high=low[0] + 40, step=0.5),
            NumericParameter(name="time", low=low[1], high=low[1] + 10, step=0.5),
        )
    )
    ends = itertools.product((low[0], low[0] + 0.5, low[0] + 40), (low[1], low[1] + 0.5, low[1] + 10))
    doses = evaluated(DOSE, list(exponents), space, torch.tensor(list(ends), dtype=torch.float64))
    assert doses.min() >= 0 and doses.max() <= 1 + 1e-9


@given(
    celsius=st.floats(600, 900), hours=st.floats(0, 12), energy=st.floats(50, 400), rate=st.floats(30, 3000)
)
def test_thermal_dose_agrees_with_the_formula(
    celsius: float, hours: float, energy: float, rate: float
) -> None:
    space = ParameterSpace(
        (
            NumericParameter(name="temperature", unit="degC", low=600, high=900),
            NumericParameter(name="hold", unit="h", low=0, high=12),
        )
    )

    def log_dose(temperature: float, time: float) -> float:
        kelvin = temperature + 273.15
        return math.log(time + R * kelvin**2 / (energy * rate)) - energy / (R * kelvin)

    feature = Arrhenius(name="heat", temperature="temperature", time="hold", heating_rate_k_h=rate)
    here = float(
        evaluated(feature, [energy], space, torch.tensor([[celsius, hours]], dtype=torch.float64))[0]
    )
    lowest, highest = log_dose(600, 0), log_dose(900, 12)
    assert here == pytest.approx((log_dose(celsius, hours) - lowest) / (highest - lowest), abs=1e-9)
    assert -1e-9 <= here <= 1 + 1e-9


def test_the_ramp_term_is_the_time_spent_near_the_top() -> None:
    """R T² / (Q beta) exp(-Q/RT) is what heating at a constant rate adds up to, to about 2 RT/Q."""
    energy, rate, top = 200.0, 300.0, 973.15
    kelvin = np.linspace(300, top, 200_001)
    ramp = float(np.trapezoid(np.exp(-energy / (R * kelvin)), kelvin / rate))
    space = ParameterSpace(
        (
            NumericParameter(name="temperature", unit="K", low=600, high=1200),
            NumericParameter(name="hold", unit="h", low=0, high=10),
        )
    )
    equal_hold = ramp / math.exp(-energy / (R * top))
    codes = torch.tensor([[top, 0.0], [top, equal_hold]], dtype=torch.float64)
    instant, ramped = evaluated(HEAT, [energy], space, codes).tolist()

    def held(hours: float) -> float:
        ends = [
            math.log(t + R * k**2 / (energy * rate)) - energy / (R * k) for k, t in ((600, 0), (1200, 10))
        ]
        return (math.log(hours) - energy / (R * top) - ends[0]) / (ends[1] - ends[0])

    assert instant == pytest.approx(held(equal_hold), abs=0.02)
    assert ramped == pytest.approx(held(2 * equal_hold), abs=0.02)


def test_units_do_not_matter() -> None:
    lab = ParameterSpace(
        (
            NumericParameter(name="temperature", unit="degC", low=600, high=900),
            NumericParameter(name="hold", unit="h", low=0, high=12),
        )
    )
    other = ParameterSpace(
        (
            NumericParameter(name="temperature", unit="K", low=873.15, high=1173.15),
            NumericParameter(name="hold", unit="min", low=0, high=720),
        )
    )
    codes = torch.tensor([[600.0, 0.0], [723.0, 4.5], [900.0, 12.0]], dtype=torch.float64)
    converted = codes * torch.tensor([1, 60]) + torch.tensor([273.15, 0.0], dtype=torch.float64)
    here, there = evaluated(HEAT, [180.0], lab, codes), evaluated(HEAT, [180.0], other, converted)
    torch.testing.assert_close(there, here, atol=1e-9, rtol=0)


@pytest.mark.parametrize(("feature", "values"), [(DOSE, [3.0, 1.0]), (HEAT, [200.0])])
def test_constants_have_the_gradient_of_finite_differences(
    feature: Feature, values: list[float], mill: ParameterSpace, milled: CodesAt
) -> None:
    codes = milled(420, 4)
    at = torch.tensor(values, dtype=torch.float64).requires_grad_()
    (gradient,) = torch.autograd.grad(column(feature, at, mill, codes, activity(mill, codes)).sum(), at)
    for i in range(len(values)):
        step = 1e-5 * values[i]
        up, down = (
            float(
                evaluated(feature, [v + side * step * (j == i) for j, v in enumerate(values)], mill, codes)[0]
            )
            for side in (1, -1)
        )
        assert float(gradient[i]) == pytest.approx((up - down) / (2 * step), rel=1e-5)
        assert float(gradient[i]) != 0


def test_constants_and_their_beliefs_stand_in_one_order() -> None:
    means, sds = prior_of_constants({"dose": DOSE, "heat": HEAT})
    assert means.tolist() == [3.0, 1.0, 200.0] and sds.tolist() == [0.6, 0.3, 80.0]
    assert [belief.mean for belief in constants(DOSE)] == [3.0, 1.0]


def test_a_feature_of_a_parameter_that_cannot_matter_is_not_used() -> None:
    features = {"dose": DOSE, "heat": HEAT}
    assert list(usable_features(features, None)) == ["dose", "heat"]
    assert list(usable_features(features, ("temperature", "hold", "speed"))) == ["heat"]
