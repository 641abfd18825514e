"""Rules hold exactly, also where a parameter does not apply."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.datasets import InputError
from ovenbird.planner.rules import ExcludeRule, LinearRule

FRAME = pd.DataFrame(
    {"milling": ["none", "planetary", "planetary"], "time": [np.nan, 8.0, 12.0], "hold": [12.0, 12.0, 12.5]}
)


def test_a_weighted_sum_is_bounded_on_both_sides() -> None:
    weights = {"time": 1.0, "hold": 2.0}
    assert LinearRule(coefficients=weights, at_most=32).holds(FRAME).tolist() == [True, True, False]
    assert LinearRule(coefficients=weights, at_least=32).holds(FRAME).tolist() == [False, True, True]


def test_what_does_not_apply_counts_as_nothing() -> None:
    assert LinearRule(coefficients={"time": 1}, at_most=0).holds(FRAME).tolist() == [True, False, False]


@given(parts=st.lists(st.integers(0, 20), min_size=2, max_size=2))
def test_shares_in_steps_sum_to_one_despite_binary_fractions(parts: list[int]) -> None:
    a, b = (round(part * 0.05, 12) for part in parts)
    frame = pd.DataFrame({"a": [a], "b": [b], "c": [round((20 - sum(parts)) * 0.05, 12)]})
    rule = LinearRule(coefficients={"a": 1, "b": 1, "c": 1}, at_least=1, at_most=1)
    assert rule.holds(frame).all()
    assert not rule.holds(frame.assign(c=frame["c"] + 0.05)).any()


@given(x=st.floats(-1e3, 1e3), y=st.floats(-1e3, 1e3), weight=st.floats(-5, 5), bound=st.floats(-1e4, 1e4))
def test_a_linear_rule_is_its_formula(x: float, y: float, weight: float, bound: float) -> None:
    total = x + weight * y
    holds = LinearRule(coefficients={"x": 1, "y": weight}, at_most=bound).holds(
        pd.DataFrame({"x": [x], "y": [y]})
    )
    if abs(total - bound) > 1e-4:
        assert bool(holds[0]) == (total <= bound)


def test_an_exclusion_needs_all_its_settings_at_once() -> None:
    rule = ExcludeRule(settings={"milling": ("planetary",), "time": (8, 9)})
    assert rule.holds(FRAME).tolist() == [True, False, True]


def test_an_exclusion_of_a_number_spares_what_does_not_apply() -> None:
    assert ExcludeRule(settings={"time": (12.0,)}).holds(FRAME).tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"coefficients": {}, "at_most": 1}, "at least one parameter"),
        ({"coefficients": {"x": 1.0}}, "needs at_least, at_most or equals"),
        ({"coefficients": {"x": 1.0}, "at_least": 2, "at_most": 1}, "got 2 and 1"),
        ({"coefficients": {"x": float("nan")}, "at_most": 1}, "finite"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(keys: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        LinearRule(**keys)  # pyright: ignore[reportArgumentType]


def test_an_exclusion_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="at least one parameter"):
        ExcludeRule(settings={})


def test_rules_read_as_they_are_meant() -> None:
    assert str(LinearRule(coefficients={"a": 1, "b": 2}, at_most=20)) == "a + 2 b <= 20"
    assert str(LinearRule(coefficients={"a": 1, "b": 1}, at_least=1, at_most=1)) == "a + b = 1"
    assert str(ExcludeRule(settings={"route": ("solution",)})) == "never route: solution"
