"""Mixtures of normals on scales of their own, against numerical integration and sampling."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ovenbird.datasets import Response
from ovenbird.models.output_scale import OutputScale, output_scale
from ovenbird.models.predictive import Component, NumberPredictive

LINEAR = OutputScale(None, None, 10.0, 4.0)
LOGARITHM = OutputScale(-0.5, None, 2.0, 0.7)
LOGIT = output_scale(Response(name="y", plausible=(0, 40)), np.array([5.0, 12.0, 20.0]))
SCALES = [LINEAR, LOGARITHM, LOGIT]


def tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def mixture(*parts: tuple[float, OutputScale, float, float]) -> NumberPredictive:
    return NumberPredictive(tuple(Component(w, scale, tensor(m), tensor(s)) for w, scale, m, s in parts))


@st.composite
def mixtures(draw: st.DrawFn) -> NumberPredictive:
    n = draw(st.integers(1, 4))
    weights = np.array([draw(st.floats(0.05, 1)) for _ in range(n)])
    parts = [
        (w, draw(st.sampled_from(SCALES)), draw(st.floats(-1.5, 1.5)), draw(st.floats(0.1, 1.5)))
        for w in (weights / weights.sum()).tolist()
    ]
    return mixture(*parts)


@given(predictive=mixtures(), share=st.floats(0.02, 0.98))
def test_a_quantile_has_its_share_below_it(predictive: NumberPredictive, share: float) -> None:
    found = predictive.quantile(share)
    below = float(predictive.log_probability_beyond(found, -1.0).exp())
    above = float(predictive.log_probability_beyond(found, 1.0).exp())
    assert below == pytest.approx(share, abs=1e-6)
    assert above == pytest.approx(1 - share, abs=1e-6)


@given(predictive=mixtures())
def test_quantiles_rise(predictive: NumberPredictive) -> None:
    low, median, high = (float(predictive.quantile(share)) for share in (0.05, 0.5, 0.95))
    assert low < median < high


@given(predictive=mixtures(), at=st.floats(1, 38))
def test_the_density_is_the_derivative_of_the_probability(predictive: NumberPredictive, at: float) -> None:
    step = 1e-4
    ends = [float(predictive.log_probability_beyond(tensor(at + s), -1.0).exp()) for s in (-step, step)]
    density = float(predictive.log_density(tensor(at)).exp())
    assert density == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-3, abs=1e-9)


def test_one_linear_part_is_the_normal_distribution() -> None:
    predictive = mixture((1.0, LINEAR, 0.5, 0.25))
    centre, sd = 10 + 0.5 * 4, 0.25 * 4
    assert float(predictive.quantile(0.9)) == pytest.approx(stats.norm.ppf(0.9, centre, sd), rel=1e-9)
    assert float(predictive.log_density(tensor(11.0))) == pytest.approx(
        stats.norm.logpdf(11, centre, sd), rel=1e-9
    )


def test_two_parts_apart_keep_both_humps() -> None:
    """A tenth of the probability far away moves the upper end of the interval, hardly the median."""
    alone, with_doubt = (
        mixture((1.0, LINEAR, 0.0, 0.1)),
        mixture((0.9, LINEAR, 0, 0.1), (0.1, LINEAR, 5, 0.1)),
    )
    assert float(with_doubt.quantile(0.5)) == pytest.approx(float(alone.quantile(0.5)), abs=0.1)
    assert float(with_doubt.quantile(0.95)) == pytest.approx(30, abs=1)


def test_quantiles_keep_to_what_is_plausible() -> None:
    wide = (Component(1.0, LINEAR, tensor(0.0), tensor(10.0)),)
    assert [float(NumberPredictive(wide, (0.0, 40.0)).quantile(q)) for q in (0.05, 0.95)] == [0.0, 40.0]
