import math

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
