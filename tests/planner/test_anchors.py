"""The first experiment of a lab that knows only what others made."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from ovenbird.datasets import OWN_LAB, Dataset, ParameterSpace
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.encoding import codes_of_conditions
from ovenbird.planner.problem import Problem
from ovenbird.planner.rules import ExcludeRule
from ovenbird.planner.suggest import suggest
from ovenbird.planner.suggestion import Suggestion

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]
PAPER = "10.1000/paper"
POOR = {"temperature": 700, "hold": 3, "milling": "none"}
GOOD = {"temperature": 700, "hold": 3, "milling": "planetary", "speed": 450, "time": 6}
UNKNOWN = {"temperature": 800, "hold": 3, "milling": "planetary", "speed": 600, "time": 6}
IMPURE = {"temperature": 620, "hold": 0, "milling": "planetary", "speed": 600, "time": 10}


@pytest.fixture(scope="module")
def first(firing: Problem, mill: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned) -> Any:
    """Suggest two after rows of a paper and own rows."""

    def run(
        paper: list[dict[str, Any]],
        own: Sequence[dict[str, Any]] = (),
        problem: Problem = firing,
        **given: Any,
    ) -> tuple[Suggestion, ...]:
        data = dataset_of(mill, [*paper, *own])
        sources = [PAPER] * len(paper) + [OWN_LAB] * len(own)
        data = Dataset(
            tuple(replace(e, source=s) for e, s in zip(data.experiments, sources, strict=True)), ()
        )
        return suggest(problem, data, learned(problem, data), 2, 0, **given)[0].items

    return run


@pytest.fixture(scope="module")
def paper(made: Made) -> list[dict[str, Any]]:
    return [
        made(POOR, pure=True, capacity=100),
        made(GOOD, pure=True, capacity=250),
        made(UNKNOWN, capacity=290),
        made(IMPURE, pure=False, capacity=300),
    ]


def test_the_best_that_was_measured_to_keep_all_limits_is_made_again_first(
    first: Any, paper: list[dict[str, Any]]
) -> None:
    anchor, other = first(paper)
    assert dict(anchor.parameters) == GOOD
    assert (anchor.purpose, anchor.replicates) == ("anchor", "E2")
    assert anchor.as_json()["replicates"] == "E2"
    assert anchor.improvement == {"probability": None, "expected": None}
    assert f"Repeats E2 of {PAPER} (capacity 250, pure yes) before anything new" in anchor.reasons[0]
    numbers = anchor.forecast["capacity"]
    assert f"capacity outside {numbers['low']:.3g} to {numbers['high']:.3g} mAh/g" in anchor.reasons[-1]
    assert other.purpose != "anchor" and dict(other.parameters) != GOOD


def test_what_the_rules_exclude_is_no_anchor(
    first: Any, paper: list[dict[str, Any]], firing: Problem
) -> None:
    rules = (*firing.rules, ExcludeRule(settings={"milling": ("planetary",)}))
    anchor, _ = first(paper, problem=replace(firing, rules=rules))
    assert anchor.replicates == "E1"


def test_what_was_made_between_steps_is_made_again_on_them(
    first: Any, made: Made, mill: ParameterSpace
) -> None:
    anchor, _ = first([made(GOOD | {"temperature": 703.2, "time": 6.1}, pure=True, capacity=250)])
    assert (dict(anchor.parameters), anchor.replicates) == (GOOD, "E1")


def test_where_all_broke_a_limit_the_anchor_comes_closest_to_it(first: Any, made: Made) -> None:
    cold = {"temperature": 600, "hold": 0, "milling": "none"}
    warm = {"temperature": 680, "hold": 3, "milling": "none"}
    rows = [made(cold, pure=False, capacity=120), made(warm, pure=False, capacity=90)]
    anchor, _ = first(rows)
    assert anchor.replicates == "E2"


@pytest.mark.parametrize("status", ["planned", "running"])
def test_no_second_anchor_while_one_is_pending(
    first: Any, paper: list[dict[str, Any]], made: Made, status: str
) -> None:
    assert all(s.purpose != "anchor" for s in first(paper, [made(GOOD, status=status)]))


def test_no_anchor_once_the_own_lab_has_a_value_or_without_literature(
    first: Any, paper: list[dict[str, Any]], made: Made
) -> None:
    own = [made(POOR | {"hold": 6}, pure=True, capacity=110)]
    assert all(s.purpose != "anchor" for s in first(paper, own))
    assert all(s.purpose != "anchor" for s in first([], own))


def test_an_anchor_that_came_out_impure_is_not_tried_again(
    first: Any, paper: list[dict[str, Any]], made: Made
) -> None:
    anchor, _ = first(paper, [made(GOOD, pure=False)])
    assert (anchor.purpose, anchor.replicates) == ("anchor", "E1")


def test_of_listed_candidates_only_those_are_anchors(
    first: Any, paper: list[dict[str, Any]], mill: ParameterSpace
) -> None:
    new = {"temperature": 750, "hold": 3, "milling": "planetary", "speed": 450, "time": 6}
    listed = torch.cat([codes_of_conditions(mill, c) for c in (new, GOOD)])
    unlisted = torch.cat([codes_of_conditions(mill, c) for c in (new, new | {"hold": 4.0})])
    assert first(paper, candidates=listed)[0].purpose == "anchor"
    assert all(s.purpose != "anchor" for s in first(paper, candidates=unlisted))


def test_the_last_experiment_is_no_anchor(first: Any, paper: list[dict[str, Any]]) -> None:
    assert all(s.purpose != "anchor" for s in first(paper, left=2))
    assert first(paper, left=3)[0].purpose == "anchor"
