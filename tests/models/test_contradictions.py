"""Declared knowledge is used while the data agree, and reported when they do not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from ovenbird.datasets import ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, NumberForecast

Made = Callable[..., dict[str, Any]]
Learned = Callable[..., Beliefs]

RISING = Response(name="y", absolute_noise=0.5, rises_with=("x",))
PLACES = tuple(np.linspace(0, 10, 9))


def medians(beliefs: Beliefs, *x: float) -> list[float]:
    forecast = beliefs.forecast("y", torch.tensor(x, dtype=torch.float64)[:, None])
    assert isinstance(forecast, NumberForecast)
    return forecast.median.tolist()


def test_a_rise_that_the_data_show_is_kept(learned: Learned, line: ParameterSpace, made: Made) -> None:
    assert learned(line, [RISING], [made({"x": x}, y=10 + 3 * x) for x in PLACES]).contradictions == ()


def test_a_fall_where_a_rise_was_declared_is_said_and_believed(
    learned: Learned, line: ParameterSpace, made: Made
) -> None:
    beliefs = learned(line, [RISING], [made({"x": x}, y=40 - 3 * x) for x in PLACES])
    (sentence,) = beliefs.contradictions
    assert "y rises with x" in sentence and "not assumed" in sentence
    falling = medians(beliefs, 1, 5, 9)
    assert falling == sorted(falling, reverse=True)


def test_without_data_nothing_is_contradicted(learned: Learned, line: ParameterSpace, made: Made) -> None:
    assert learned(line, [RISING]).contradictions == ()
    one = learned(line, [RISING], [made({"x": 9}, y=1.0)])
    assert one.contradictions == ()


@pytest.mark.parametrize("threshold", [3.0, 7.0])
def test_yes_only_at_low_values_contradicts_a_yes_that_rises(
    learned: Learned, line: ParameterSpace, made: Made, threshold: float
) -> None:
    pure = Response(name="pure", kind="yes_no", rises_with=("x",))
    rows = [made({"x": x}, pure=bool(x < threshold)) for x in PLACES]
    beliefs = learned(line, [pure], rows)
    assert len(beliefs.contradictions) == 1 and "pure rises with x" in beliefs.contradictions[0]


def test_only_the_contradicted_expectation_goes(learned: Learned, plane: ParameterSpace, made: Made) -> None:
    both = Response(name="y", absolute_noise=0.5, rises_with=("x",), falls_with=("z",))
    rows = [made({"x": x, "z": z}, y=2 * x + 2 * z) for x in (0, 3, 7, 10) for z in (0, 4, 10)]
    (sentence,) = learned(plane, [both], rows).contradictions
    assert "y falls with z" in sentence
