"""Advice on stopping, against closed forms."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from ovenbird.datasets import Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.planner.cost import Cost, CostTerm
from ovenbird.planner.goal import Goal, Objective
from ovenbird.planner.known import known_experiments
from ovenbird.planner.limits import YesNoLimit
from ovenbird.planner.problem import Problem
from ovenbird.planner.stopping import Stopping, stopping

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Told = Callable[..., Beliefs]
Y = Response(name="y", unit="GPa")
PURE = Response(name="pure", kind="yes_no")
VARIANCE, NOISE = 0.5, 0.25


@pytest.fixture(scope="module")
def problem(line: ParameterSpace) -> Problem:
    return Problem(space=line, responses={"y": Y}, goal=Goal.single("y", "maximise"))


@pytest.fixture(scope="module")
def advice(
    problem: Problem, line: ParameterSpace, told: Told, made: Made, dataset_of: DatasetOf
) -> Callable[..., Stopping | None]:
    """Advice where y is a told line, everything independent, and x = 0 was made."""

    def run(
        mean: Callable[[Any], Any], promising: list[float], gain: float = 0.1, **changes: Any
    ) -> Stopping | None:
        asked = replace(problem, **changes)
        responses = list(asked.responses.values())
        curves = {"y": mean, "pure": lambda codes: 0 * codes[:, 0] - 1.0}
        told_of = {r.name: curves[r.name] for r in responses}
        beliefs = told(line, responses, told_of, variance=VARIANCE, noise=NOISE)
        results: dict[str, object] = {"y": 1.0}
        data = dataset_of(line, [made({"x": 0.0}, **results)])
        places = torch.tensor(promising, dtype=torch.float64).reshape(-1, 1)
        costs = dict.fromkeys(asked.costs, 12.0)
        return stopping(asked, beliefs, known_experiments(asked, data), places, gain, costs, 0)

    return run


def test_the_probability_of_being_near_is_that_of_a_difference(advice: Callable[..., Any]) -> None:
    found = advice(lambda codes: 0.3 * codes[:, 0], [2.0])
    assert found.x == pytest.approx(math.sqrt(NOISE)) and found.unit == "GPa"
    z = (found.x - 0.6) / math.sqrt(2 * VARIANCE)
    assert found.probability == pytest.approx(0.5 * math.erfc(-z / math.sqrt(2)), abs=0.03)


def test_what_was_made_is_not_held_against_itself(advice: Callable[..., Any]) -> None:
    assert advice(lambda codes: codes[:, 0], [0.0]).probability == 1.0


def test_stopping_needs_little_to_gain_and_much_certainty(advice: Callable[..., Any]) -> None:
    sure = advice(lambda codes: -codes[:, 0], [9.0, 9.5, 10.0], gain=0.01)
    assert sure.enough and sure.advice.startswith("Stopping is reasonable") and "E1" in sure.advice
    much = advice(lambda codes: -codes[:, 0], [9.0], gain=5.0)
    assert not much.enough and much.advice.startswith("Go on. ") and "5 GPa" in much.advice
    unsure = advice(lambda codes: codes[:, 0], [1.0, 2.0], gain=0.01)
    assert not unsure.enough and unsure.advice.startswith("Go on")


def test_what_cannot_keep_the_limits_is_no_better(advice: Callable[..., Any]) -> None:
    both = {"y": Y, "pure": PURE}
    # Yes has about 16 % everywhere, in few samples more than 60 %; what was made is believed to keep it.
    loose = (YesNoLimit(response="pure", side="at_most", probability=0.9),)
    tight = (YesNoLimit(response="pure", side="at_most", probability=0.21),)
    open_ = advice(lambda codes: codes[:, 0], [5.0], responses=both, limits=loose)
    shut = advice(lambda codes: codes[:, 0], [5.0], responses=both, limits=tight)
    # In a sample the limit is kept where the latent value is below the quantile of 21 %.
    z = (-0.8064 + 1.0) / math.sqrt(VARIANCE)
    kept = 0.5 * math.erfc(-z / math.sqrt(2))
    assert open_.probability < 0.05
    assert shut.probability == pytest.approx(1 - kept, abs=0.05)


def test_nothing_to_advise_while_nothing_keeps_the_limits(advice: Callable[..., Any]) -> None:
    limits = (YesNoLimit(response="pure", side="at_least", probability=0.99),)
    assert advice(lambda codes: codes[:, 0], [5.0], responses={"y": Y, "pure": PURE}, limits=limits) is None


def test_a_front_is_judged_by_the_share_it_dominates(
    advice: Callable[..., Any], line: ParameterSpace
) -> None:
    hours = Cost(name="hours", unit="h", terms=(CostTerm(constant=1.0, per_unit={"x": 1.0}),))
    goal = Goal((Objective(response="y", sense="maximise"), Objective(response="hours", sense="minimise")))
    changes = {"goal": goal, "costs": {"hours": hours}}
    far = advice(lambda codes: 50 * codes[:, 0], [0.1, 0.2], gain=0.4, **changes)
    near = advice(lambda codes: -50 * codes[:, 0], [0.1, 0.2], gain=0.01, **changes)
    assert far.unit == near.unit == "share of the front"
    assert far.probability < 0.1 and near.probability > 0.9 and near.enough
    assert "for 12 h" in far.advice and "40 % larger" in far.advice


def test_the_json_holds_what_was_promised(advice: Callable[..., Any]) -> None:
    content = advice(lambda codes: codes[:, 0], [5.0], gain=0.25).as_json()
    assert content["expected_gain"] == 0.25 and content["unit"] == "GPa"
    assert set(content["probability_within"]) == {"x", "probability"}
    assert isinstance(content["advice"], str) and "cost" not in content
