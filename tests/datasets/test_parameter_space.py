import math

import pytest

from ovenbird.datasets import NOT_STATED, CategoricalParameter, InputError, NumericParameter, ParameterSpace


def test_the_three_empties_of_conditions_stay_distinct(space: ParameterSpace) -> None:
    conditions = space.complete({"route": "solution", "hold_time": 0, "milling": "none"}, "here")
    assert conditions["milling_speed"] is None
    assert conditions["calcination_temperature"] is NOT_STATED
    assert conditions["hold_time"] == 0
    assert list(conditions) == list(space.names)


def test_conditions_nest(space: ParameterSpace) -> None:
    milled = {"milling": "planetary", "additive": "none"}
    assert space.complete(milled, "here")["carbon content (%)"] is None
    assert space.complete(milled | {"additive": "carbon"}, "here")["carbon content (%)"] is NOT_STATED
    assert space.complete({"milling": "none"}, "here")["carbon content (%)"] is None
    assert space.complete({}, "here")["carbon content (%)"] is NOT_STATED


def test_all_faults_of_a_row_are_told_together(space: ParameterSpace) -> None:
    stated = {
        "route": "melt",
        "calcination_temperature": 1250.0,
        "hold_time": "long",
        "milling": "none",
        "milling_speed": 450.0,
        "colour": "red",
    }
    with pytest.raises(InputError) as caught:
        space.complete(stated, "results.csv row 4")
    faults = caught.value.faults
    assert len(faults) == 5
    assert all(fault.startswith("results.csv row 4: ") for fault in faults)
    text = str(caught.value)
    assert "unknown parameter 'colour'" in text
    assert "route is 'melt', allowed are solid_state or solution" in text
    assert "calcination_temperature is 1250 degC, allowed are 600 to 900 degC" in text
    assert "hold_time is 'long', which is no number" in text
    assert "milling_speed is 450, but it does not apply when milling is none; leave it empty" in text


def test_literature_may_lie_beyond_the_range(space: ParameterSpace) -> None:
    conditions = space.complete({"calcination_temperature": 1250.0}, "here", in_range=False)
    assert conditions["calcination_temperature"] == 1250.0


def test_an_empty_cell_can_be_refused(space: ParameterSpace) -> None:
    with pytest.raises(InputError, match="hold_time is missing"):
        space.complete({"route": "solution", "milling": "none"}, "here", all_stated=True)


@pytest.mark.parametrize("given", [True, math.inf, "x"])
def test_what_is_no_number_is_refused(space: ParameterSpace, given: object) -> None:
    with pytest.raises(InputError, match="hold_time is"):
        space.complete({"hold_time": given}, "here")


def test_nan_is_an_empty_cell(space: ParameterSpace) -> None:
    assert space.complete({"hold_time": math.nan}, "here")["hold_time"] is NOT_STATED


def test_a_circle_of_conditions_is_refused() -> None:
    first = CategoricalParameter(name="a", values=("x",), when={"b": ("x",)})
    second = CategoricalParameter(name="b", values=("x",), when={"a": ("x",)})
    with pytest.raises(InputError, match="circle"):
        ParameterSpace((first, second))


def test_parents_must_exist_and_be_categories() -> None:
    number = NumericParameter(name="n", low=0, high=1)
    with pytest.raises(InputError, match="which is a number"):
        ParameterSpace((number, CategoricalParameter(name="a", values=("x",), when={"n": ("1",)})))
    with pytest.raises(InputError, match="names 'zz'"):
        ParameterSpace((CategoricalParameter(name="a", values=("x",), when={"zz": ("1",)}),))
    with pytest.raises(InputError, match="stands twice"):
        ParameterSpace((number, number))
