"""Probabilities of limits against closed forms of the normal distribution."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ovenbird.datasets import Dataset, InputError, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.planner.feasibility import (
    limit_name,
    probability_met,
    required_probability,
    sampled_log_feasibility,
    sampled_responses,
    shortfall,
    shown_probability,
    values_of,
)
from ovenbird.planner.goal import Goal
from ovenbird.planner.limits import NumberLimit, YesNoLimit
from ovenbird.planner.problem import Problem

Told = Callable[..., Beliefs]
Cdf = Callable[[float], float]
Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]

PURE = Response(name="pure", kind="yes_no")
Y = Response(name="y")
AT_LEAST = NumberLimit(response="y", side="at_least", bound=2.0, with_probability=0.8)
AT_MOST = NumberLimit(response="y", side="at_most", bound=2.0, with_probability=0.7)
YES = YesNoLimit(response="pure", side="at_least", probability=0.9)
NO = YesNoLimit(response="pure", side="at_most", probability=0.2)


def first(codes: Tensor) -> Tensor:
    return codes[:, 0]


@given(mean=st.floats(-4, 4), variance=st.floats(0.01, 30))
def test_a_yes_has_the_probability_of_the_probit(
    mean: float, variance: float, told: Told, line: ParameterSpace, normal_cdf: Cdf
) -> None:
    beliefs = told(line, [PURE], {"pure": first}, variance)
    yes = normal_cdf(mean / math.sqrt(1 + variance))
    codes = torch.tensor([[mean]], dtype=torch.float64)
    assert float(probability_met(YES, beliefs, codes)) == pytest.approx(yes, abs=1e-12)
    assert float(probability_met(NO, beliefs, codes)) == pytest.approx(1 - yes, abs=1e-12)


@given(mean=st.floats(-5, 9), variance=st.floats(0.01, 30))
def test_a_number_keeps_its_bound_with_the_probability_of_the_truth(
    mean: float, variance: float, told: Told, line: ParameterSpace, normal_cdf: Cdf
) -> None:
    beliefs = told(line, [Y], {"y": first}, variance, noise=100.0)
    codes = torch.tensor([[mean]], dtype=torch.float64)
    above = normal_cdf((mean - 2.0) / math.sqrt(variance))
    assert float(probability_met(AT_LEAST, beliefs, codes)) == pytest.approx(above, abs=1e-12)
    assert float(probability_met(AT_MOST, beliefs, codes)) == pytest.approx(1 - above, abs=1e-12)


def test_a_limit_on_the_smallest_of_two_is_on_both(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    """Two responses that nothing links are independent: the smaller one is above if both are."""
    z, least = Response(name="z"), Response(name="least", smallest_of=("y", "z"))
    goal = Goal.single("least", "maximise")
    problem = Problem(space=line, responses={"y": Y, "z": z, "least": least}, goal=goal)
    rows = [made({"x": x}, y=x, z=6 - x) for x in (0.0, 2.0, 5.0, 8.0)]
    beliefs = learned(problem, dataset_of(line, rows))
    codes = torch.linspace(0, 10, 9, dtype=torch.float64)[:, None]
    limits = [NumberLimit(response=name, side="at_least", bound=2.0) for name in ("least", "y", "z")]
    met, y_met, z_met = (probability_met(limit, beliefs, codes) for limit in limits)
    assert float(met.max()) > 0.1
    torch.testing.assert_close(met, y_met * z_met, atol=0.03, rtol=0)


def test_what_is_required_and_shown_is_what_the_file_says() -> None:
    assert required_probability(AT_LEAST) == 0.8 and required_probability(YES) == 0.9
    assert required_probability(NO) == pytest.approx(0.8)
    assert shown_probability(NO, 0.85) == pytest.approx(0.15)
    assert shown_probability(YES, 0.85) == 0.85 and shown_probability(AT_MOST, 0.85) == 0.85


def test_the_shortfall_is_nothing_where_all_limits_hold_and_adds_up_where_not(
    told: Told, line: ParameterSpace
) -> None:
    beliefs = told(line, [PURE, Y], {"pure": first, "y": lambda c: c[:, 0]})
    codes = torch.tensor([[8.0], [0.0], [-3.0]], dtype=torch.float64)
    limits = (YES, AT_LEAST)
    missing = shortfall(limits, beliefs, codes)
    met = torch.stack([probability_met(limit, beliefs, codes) for limit in limits])
    assert missing[0] == 0
    expected = math.log(0.9 / float(met[0, 1])) + math.log(0.8 / float(met[1, 1]))
    assert float(missing[1]) == pytest.approx(expected)
    assert missing[2] > missing[1]
    assert torch.all(shortfall((), beliefs, codes) == 0)


def test_samples_are_feasible_by_a_smooth_indicator(told: Told, line: ParameterSpace) -> None:
    beliefs = told(line, [PURE, Y], {"pure": first, "y": first})
    samples = {
        "pure": torch.tensor([[0.0, 3.0, -3.0]], dtype=torch.float64),
        "y": torch.tensor([[2.0, 5.0, 5.0]], dtype=torch.float64),
    }
    feasible = sampled_log_feasibility((YES, AT_LEAST), beliefs, samples).exp()[0]
    assert float(feasible[0]) == pytest.approx(0.5 * 0.5)
    assert float(feasible[1]) == pytest.approx(0.99865, abs=1e-4)
    assert float(feasible[2]) == pytest.approx(0.00135, abs=1e-4)
    both_sides = sampled_log_feasibility((AT_LEAST, AT_MOST), beliefs, samples).exp()[0]
    assert both_sides[1] < 1e-10, "5 is above the highest allowed 2"
    assert torch.all(sampled_log_feasibility((), beliefs, samples) == 0)


def test_samples_of_a_derived_response_are_computed_from_its_sources(
    told: Told, line: ParameterSpace
) -> None:
    least = Response(name="least", smallest_of=("y", "z"))
    beliefs = told(line, [Y, Response(name="z"), PURE, least], {"y": first, "z": first, "pure": first})
    samples = {"y": torch.tensor([[1.0, 5.0]]).double(), "z": torch.tensor([[2.0, 3.0]]).double()}
    assert values_of("least", beliefs, samples).tolist() == [[1.0, 3.0]]
    assert sampled_responses(["least", "pure", "y"], beliefs) == ["y", "z", "pure"]


def test_two_limits_on_one_response_are_told_apart_by_side() -> None:
    assert limit_name(YES, (YES, AT_LEAST)) == "pure"
    assert [limit_name(limit, (AT_LEAST, AT_MOST)) for limit in (AT_LEAST, AT_MOST)] == [
        "y at_least",
        "y at_most",
    ]


@pytest.mark.parametrize("probability", [0.0, 1.0, 1.5, float("nan")])
def test_a_probability_that_none_can_keep_is_refused(probability: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        YesNoLimit(response="pure", side="at_least", probability=probability)
    with pytest.raises(InputError, match="between 0 and 1"):
        NumberLimit(response="y", side="at_least", bound=1, with_probability=probability)
