"""Costs against sums done by hand, and as bounds that every suggestion keeps."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ovenbird.datasets import NOT_STATED, Dataset, InputError, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.encoding import conditions_of_codes
from ovenbird.planner.cost import Cost, CostLimit, CostTerm
from ovenbird.planner.goal import Goal
from ovenbird.planner.limits import NumberLimit, YesNoLimit
from ovenbird.planner.problem import Problem
from ovenbird.planner.search_space import SearchSpace
from ovenbird.planner.suggest import suggest

Made = Callable[..., dict[str, Any]]

HOURS = Cost(
    name="process_hours",
    unit="h",
    terms=(
        CostTerm(constant=9, per_unit={"hold": 1}),
        CostTerm(constant=0.5, per_unit={"time": 1.3}, when={"milling": ("planetary",)}),
    ),
)


def by_hand(conditions: Mapping[str, Any]) -> float:
    milled = 0.5 + 1.3 * conditions["time"] if conditions["milling"] == "planetary" else 0.0
    return 9 + conditions["hold"] + milled


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_a_cost_is_the_sum_of_the_steps_that_apply(mill: ParameterSpace, seed: int) -> None:
    codes = SearchSpace(mill).sample(40, np.random.default_rng(seed))
    rows = conditions_of_codes(mill, codes)
    expected = [by_hand(row) for row in rows]
    assert HOURS.values(mill, codes).tolist() == pytest.approx(expected, rel=1e-12)
    assert [HOURS.of(row) for row in rows] == pytest.approx(expected, rel=1e-12)
    low, high = HOURS.ends(mill)
    assert low <= min(expected) and max(expected) <= high


def test_its_ends_are_reached(mill: ParameterSpace) -> None:
    codes = torch.tensor([[700, 0, 0, 200, 0.5], [700, 12, 1, 600, 12]], dtype=torch.float64)
    assert HOURS.values(mill, codes).tolist() == pytest.approx(HOURS.ends(mill))


def test_a_cost_of_what_was_not_stated_is_unknown() -> None:
    unmilled = {"temperature": 700.0, "hold": 3.0, "milling": "none", "speed": None, "time": None}
    assert HOURS.of(unmilled) == 12
    assert HOURS.of(unmilled | {"temperature": NOT_STATED}) == 12, "temperature costs nothing"
    assert HOURS.of(unmilled | {"hold": NOT_STATED}) is None
    assert HOURS.of(unmilled | {"milling": NOT_STATED}) is None


def test_a_bound_must_be_a_number() -> None:
    with pytest.raises(InputError, match="the bound of process_hours must be a finite number"):
        CostLimit(cost=HOURS, side="at_most", bound=float("nan"))


@pytest.fixture(scope="module")
def cheap(firing: Problem) -> Problem:
    """The least hours for 150 mAh/g from a pure powder."""
    limits = (*firing.limits, NumberLimit(response="capacity", side="at_least", bound=150))
    goal = Goal.single("process_hours", "minimise")
    return replace(firing, goal=goal, limits=limits, costs={"process_hours": HOURS})


def test_a_bound_on_a_cost_is_kept_by_every_suggestion(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    free = replace(firing, costs={"process_hours": HOURS})
    (before,) = suggest(free, fired, fired_beliefs, 1, 0)[0]
    limit = CostLimit(cost=HOURS, side="at_most", bound=before.costs["process_hours"] - 2)
    for item in suggest(replace(free, cost_limits=(limit,)), fired, fired_beliefs, 3, 0)[0]:
        assert item.costs["process_hours"] == pytest.approx(by_hand(item.parameters))
        assert item.costs["process_hours"] <= limit.bound and item.limits["process_hours"] == 1.0
    least = CostLimit(cost=HOURS, side="at_least", bound=25.0)
    for item in suggest(replace(free, cost_limits=(least,)), fired, fired_beliefs, 2, 0)[0]:
        assert item.costs["process_hours"] >= 25.0


def test_what_costs_too_much_is_nothing_to_be_beaten(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    # E4 (~250 mAh/g) took 9 + 6 + 0.5 + 7.8 h, E3 (183) 9 + 3 + 0.5 + 5.2 h.
    limit = CostLimit(cost=HOURS, side="at_most", bound=20)
    dear = replace(firing, costs={"process_hours": HOURS}, cost_limits=(limit,))
    (item,) = suggest(dear, fired, fired_beliefs, 1, 0)[0]
    assert "of E3" in item.reasons[0]
    assert not dear.keeps_cost_limits(fired.by_id["E4"]) and dear.keeps_cost_limits(fired.by_id["E3"])


def test_the_cheapest_that_keeps_the_limits_is_looked_for(
    cheap: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    assert cheap.goal_sources == ("capacity",)
    (item,) = suggest(cheap, fired, fired_beliefs, 1, 0)[0]
    made = HOURS.of(fired.by_id["E3"].executed)
    assert made is not None and item.costs["process_hours"] < made, "E3 is the cheapest made that keeps them"
    assert f"against {made:g} h of E3" in item.reasons[0] and "capacity" in item.reasons[0]
    assert item.limits["pure"] >= 0.8 and item.limits["capacity"] >= 0.8
    gain, chance = item.improvement["expected"], item.improvement["probability"]
    assert gain is not None and chance is not None
    # Where it keeps the limits it saves just the difference, known beforehand, or less if E3 fails them.
    saved = made - item.costs["process_hours"]
    assert 0 < gain <= max(saved, 1.0) * 1.5 and 0.5 < chance <= 1


def test_while_nothing_keeps_the_limits_feasibility_leads(
    line: ParameterSpace, told: Callable[..., Beliefs]
) -> None:
    """Ten hours cheaper does not outweigh that one of two places works and the other one does not."""
    hours = Cost(name="process_hours", unit="h", terms=(CostTerm(per_unit={"x": 1}),))
    from ovenbird.planner.acquisition import NoisyImprovement

    responses = [Response(name="y"), Response(name="pure", kind="yes_no")]
    beliefs = told(line, responses, {"y": lambda c: c[:, 0], "pure": lambda c: c[:, 0] - 5}, variance=0.04)
    limits = (YesNoLimit(response="pure", side="at_least", probability=0.8),)
    nothing = torch.zeros(0, 1, dtype=torch.float64)
    goal = Goal.single("process_hours", "minimise")
    value = NoisyImprovement(beliefs, goal, limits, nothing, 0, {"process_hours": hours})
    places = torch.linspace(0, 10, 21, dtype=torch.float64)[:, None]
    best = float(places[int(value(places).argmax()), 0])
    feasible = beliefs.probability_of_yes("pure", torch.tensor([[best]], dtype=torch.float64))
    assert float(feasible) > 0.5 and best < 10
    found = value.improvement(places)
    assert torch.isnan(found.expected).all(), "there is nothing to gain against"
    expected = beliefs.probability_of_yes("pure", places)
    assert found.probability.tolist() == pytest.approx(expected.tolist(), abs=0.03)
