"""The value of an experiment to the final recommendation, against closed forms."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ovenbird.datasets import ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.planner.goal import Goal
from ovenbird.planner.limits import YesNoLimit
from ovenbird.planner.problem import Problem
from ovenbird.planner.recommendation import RecommendationValue

Told = Callable[..., Beliefs]
Y = Response(name="y")
NONE = torch.zeros(0, 1, dtype=torch.float64)
PURE = Response(name="pure", kind="yes_no")
VARIANCE, NOISE = 1.0, 0.5


def density(z: float) -> float:
    return math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def mean_of_larger(first: float, second: float, sd: float) -> float:
    """Mean of the larger of a number and a normal with that mean and standard deviation."""
    z = (second - first) / sd
    below = 0.5 * math.erfc(z / math.sqrt(2))
    return first * below + second * (1 - below) + sd * density(z)


def moved(n_results: int) -> float:
    """How far the mean of a place moves once it was measured that often."""
    return math.sqrt(VARIANCE**2 / (VARIANCE + NOISE / n_results))


def at(*places: float) -> Tensor:
    return torch.tensor(places, dtype=torch.float64).reshape(-1, 1)


@pytest.fixture(scope="module")
def value(line: ParameterSpace, told: Told) -> Callable[..., list[float]]:
    """What experiments are worth where y = x is expected, every place independent of all others."""
    problem = Problem(space=line, responses={"y": Y}, goal=Goal.single("y", "maximise"))
    beliefs = told(line, [Y], {"y": lambda codes: codes[:, 0]}, variance=VARIANCE, noise=NOISE)

    def run(made: Tensor, asked: Tensor, awaited: Tensor = NONE, later: Tensor = NONE) -> list[float]:
        found = [
            RecommendationValue(
                problem, beliefs, made=made, later=later, awaited=awaited, asked=asked, seed=seed
            ).of_asked()
            for seed in range(8)
        ]
        return torch.stack(found).mean(dim=0).tolist()

    return run


def test_a_new_place_is_worth_what_it_may_turn_out_better(value: Callable[..., list[float]]) -> None:
    (found,) = value(at(1.0), at(1.5))
    assert found == pytest.approx(mean_of_larger(1.0, 1.5, moved(1)) - 1.0, rel=0.05)


def test_repeating_the_best_is_worth_what_its_rival_may_turn_out_better(
    value: Callable[..., list[float]],
) -> None:
    best, rival, hopeless = value(at(1.5, 1.0, -8.0), at(1.5, 1.0, -8.0))
    assert best == pytest.approx(mean_of_larger(1.0, 1.5, moved(1)) - 1.5, rel=0.1)
    assert rival == pytest.approx(mean_of_larger(1.5, 1.0, moved(1)) - 1.5, rel=0.1)
    assert hopeless == pytest.approx(0.0, abs=0.01)


def test_what_a_pending_result_will_tell_anyway_is_worth_nothing(value: Callable[..., list[float]]) -> None:
    (alone,) = value(at(1.0, 1.0), at(1.0))
    assert alone == pytest.approx(0.0, abs=1e-9), "the same conditions are one place"
    (first,) = value(at(1.5, 1.0), at(1.0))
    (second,) = value(at(1.5, 1.0), at(1.0), awaited=at(1.0))
    once, twice = (mean_of_larger(1.5, 1.0, moved(n)) for n in (1, 2))
    assert first == pytest.approx(once - 1.5, rel=0.1)
    assert second == pytest.approx(twice - once, abs=0.02) and second < first / 2


def test_what_can_be_made_later_counts_half(value: Callable[..., list[float]]) -> None:
    (found,) = value(at(1.0), at(1.0), later=at(1.5))
    # If nothing is made later there is nothing else to recommend; if so, 1.0 may prove better than 1.5.
    assert found == pytest.approx((mean_of_larger(1.5, 1.0, moved(1)) - 1.5) / 2, rel=0.1)


def test_a_repeat_at_the_boundary_is_worth_more_than_one_where_the_answer_is_sure(
    line: ParameterSpace, told: Told
) -> None:
    problem = Problem(
        space=line,
        responses={"y": Y, "pure": PURE},
        goal=Goal.single("y", "maximise"),
        limits=(YesNoLimit(response="pure", side="at_least", probability=0.5),),
    )
    curves = {"y": lambda codes: 3 + 0.16 * codes[:, 0], "pure": lambda codes: 4 - codes[:, 0]}
    beliefs = told(line, [Y, PURE], curves, variance=1.0, noise=1e4)
    places = at(0.0, 3.5, 9.0)
    value = RecommendationValue(problem, beliefs, made=places, later=NONE, awaited=NONE, asked=places, seed=0)
    sure, boundary, impure = value.of_asked().tolist()
    assert boundary > 3 * max(sure, impure, 0.0) and boundary > 0.02
