import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.datasets import CategoricalParameter, InputError, NumericParameter


def test_settings_lie_on_the_steps_and_read_well() -> None:
    parameter = NumericParameter(name="x", low=0, high=1, step=0.1)
    assert parameter.n_settings == 11
    assert parameter.setting(np.arange(11)).tolist() == [
        0.0,
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.7,
        0.8,
        0.9,
        1.0,
    ]


def test_a_step_that_does_not_divide_the_range_stays_inside() -> None:
    parameter = NumericParameter(name="x", low=0, high=10, step=3)
    assert parameter.setting(np.arange(parameter.n_settings)).tolist() == [0, 3, 6, 9]


@given(st.integers(1, 40), st.floats(-100, 100), st.floats(0.01, 10))
def test_index_is_the_inverse_of_setting(n: int, low: float, step: float) -> None:
    parameter = NumericParameter(name="x", low=low, high=low + n * step, step=step)
    positions = np.arange(parameter.n_settings)
    assert (parameter.index(parameter.setting(positions)) == positions).all()


def test_a_log_scale_without_a_step_has_settings_in_every_decade() -> None:
    parameter = NumericParameter(name="dose", low=1e-6, high=1, scale="log")
    values = parameter.setting(np.arange(parameter.n_settings))
    assert (values[0], values[-1]) == (1e-6, 1.0)
    per_decade = np.histogram(np.log10(values), bins=6)[0]
    assert per_decade.min() >= 99 and per_decade.max() <= 101
    assert all(value == float(f"{value:.3g}") for value in values)
    assert parameter.setting(parameter.index(np.array([3.16e-4, 1.0, 5.0, 1e-9, 0.0]))).tolist() == [
        3.16e-4, 1.0, 1.0, 1e-6, 1e-6
    ]  # fmt: skip


@given(st.floats(1e-12, 1e6), st.floats(1, 1e9))
def test_settings_of_a_log_scale_are_their_own_nearest(low: float, ratio: float) -> None:
    high = low * ratio
    parameter = NumericParameter(name="x", low=low, high=high, scale="log")
    positions = np.arange(parameter.n_settings)
    values = parameter.setting(positions)
    assert (np.diff(values) > 0).all()
    assert (values[0], values[-1]) == (low, high)
    assert (parameter.index(values) == positions).all()


@pytest.mark.parametrize(
    "settings",
    [{"step": 0.5}, {"levels": (1.0, 2.0, 4.0, 8.0)}, {"scale": "log"}, {"scale": "log", "step": 0.5}, {}],
)
def test_the_nearest_setting_above_and_below(settings: dict[str, Any]) -> None:
    parameter = NumericParameter(name="x", low=1, high=8, **settings)
    values = parameter.setting(np.arange(parameter.n_settings))
    goals = np.array([0.5, 1.0, 1.234567, 3.9, 4.0, 8.0, 9.0])
    above, below = (parameter.setting(parameter.index(goals, past)) for past in (1, -1))
    assert above.tolist() == [min(values[values >= goal], default=values[-1]) for goal in goals]
    assert below.tolist() == [max(values[values <= goal], default=values[0]) for goal in goals]
    mixed = parameter.index(goals, np.array([1, -1, 0, 1, -1, 0, 1]))
    assert mixed[0] == 0 and mixed[-1] == parameter.n_settings - 1


def test_very_small_settings_stay_apart() -> None:
    parameter = NumericParameter(name="x", low=0, high=1e-13)
    values = parameter.setting(np.arange(parameter.n_settings))
    assert len(set(values.tolist())) == parameter.n_settings


def test_levels_are_the_only_settings() -> None:
    parameter = NumericParameter(name="x", unit="h", low=1, high=24, levels=(1, 6, 24))
    assert parameter.n_settings == 3
    assert parameter.index(np.array([0, 5, 100])).tolist() == [0, 1, 2]
    assert parameter.allowed == "1, 6 or 24 h"


@pytest.mark.parametrize(
    ("settings", "phrase"),
    [
        ({"low": 900, "high": 600}, "from must not be above to"),
        ({"low": 0, "high": 1, "step": 0}, "step must be above 0"),
        ({"low": 0, "high": math.inf}, "finite"),
        ({"low": -1e300, "high": 1e300}, "from and to are too far apart"),
        ({"low": -1.7e308, "high": 1.7e308}, "from and to are too far apart"),
        ({"low": 0, "high": 1, "scale": "log"}, "log scale"),
        ({"low": 0, "high": 1, "unit": "wobble"}, "'wobble' is unknown"),
        ({"low": 1, "high": 3, "levels": (3, 1)}, "smallest first"),
        ({"low": 0, "high": 3, "levels": (1, 3)}, "either values or a range"),
    ],
)
def test_a_number_that_cannot_be_set_is_refused(settings: dict[str, object], phrase: str) -> None:
    with pytest.raises(InputError, match=phrase) as caught:
        NumericParameter(name="x", **settings)  # pyright: ignore[reportArgumentType]
    assert "parameter 'x'" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "phrase"),
    [((), "at least one"), (("a", "a"), "stands twice"), (("",), "is empty"), ((" a",), "blank")],
)
def test_categories_are_distinct_names(values: tuple[str, ...], phrase: str) -> None:
    with pytest.raises(InputError, match=phrase):
        CategoricalParameter(name="x", values=values)


def test_every_category_needs_the_same_descriptors() -> None:
    with pytest.raises(InputError, match="same descriptors"):
        CategoricalParameter(name="x", values=("a", "b"), descriptors={"a": {"size": 1}, "b": {"mass": 2}})
    with pytest.raises(InputError, match="must be given for a or b"):
        CategoricalParameter(name="x", values=("a", "b"), descriptors={"a": {"size": 1}})


@pytest.mark.parametrize("name", ["", " x", "x [h]", "a=b", "a;b", "a\nb"])
def test_a_name_must_be_able_to_head_a_column(name: str) -> None:
    with pytest.raises(InputError, match="a name must not"):
        CategoricalParameter(name=name, values=("a",))
