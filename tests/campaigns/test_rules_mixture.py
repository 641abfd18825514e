"""Mixtures in a campaign file, and what is said of those that cannot be."""

from collections.abc import Callable
from typing import Any

import pytest

from ovenbird.campaigns.definition import definition_from
from ovenbird.planner.rules import MixtureRule

Minimal = Callable[..., dict[str, Any]]


def shares(**changes: dict[str, Any]) -> dict[str, Any]:
    usual = {name: {"from": 0, "to": 1, "step": 0.05} for name in "abc"}
    return {**usual, **changes, "route": ["dry", "wet"]}


def test_a_mixture_is_read(minimal: Minimal) -> None:
    rule = {"mixture": ["a", "b", "c"], "total": 1, "at_most_components": 2, "reason": "three do not mix"}
    definition = definition_from(minimal(parameters=shares(), rules=[rule]))
    assert definition.rules == (
        MixtureRule(components=("a", "b", "c"), total=1, at_most_components=2, reason="three do not mix"),
    )
    assert str(definition.rules[0]) == "a + b + c = 1, at most 2 of them above 0"


def test_a_mixture_may_lack_a_component_that_does_not_apply(minimal: Minimal) -> None:
    needed = {"from": 0.2, "to": 0.4, "step": 0.05, "when": {"route": "wet"}}
    parameters = shares(c=needed, a={"from": 0.6, "to": 1, "step": 0.1})
    definition = definition_from(
        minimal(parameters=parameters, rules=[{"mixture": ["a", "b", "c"], "total": 1}])
    )
    assert len(definition.rules) == 1


@pytest.mark.parametrize(
    ("parameters", "rule", "sentence"),
    [
        ({}, {"mixture": ["a", "b"]}, "mixture needs a total"),
        ({}, {"mixture": ["a"], "total": 1}, "at least two different parameters"),
        ({}, {"mixture": ["a", "a"], "total": 1}, "at least two different parameters"),
        ({}, {"mixture": ["a", "b"], "total": 0}, "total must be above 0, got 0"),
        ({}, {"mixture": ["a", "z"], "total": 1}, "unknown parameter 'z'"),
        ({}, {"mixture": ["a", "route"], "total": 1}, "'route' is a choice of names"),
        ({}, {"mixture": ["a", "b"], "total": 1, "at_most_components": 3}, "lie between 1 and 2, got 3"),
        ({}, {"mixture": ["a", "b"], "total": 1, "at_most_components": 1.5}, "must be a whole number"),
        ({}, {"mixture": ["a", "b"], "total": 1, "equals": 1}, "equals belong to linear, not to mixture"),
        ({}, {"linear": {"a": 1}, "equals": 1, "total": 1}, "belong to mixture, not to linear"),
        ({}, {"mixture": ["a", "b"], "linear": {"a": 1}, "total": 1}, "either linear, exclude or mixture"),
        ({}, {"mixture": ["a", "b"], "total": 3}, "a and b add up to 0 to 2, never to 3"),
        (
            {},
            {"mixture": ["a", "b", "c"], "total": 1.5, "at_most_components": 1},
            "at most 1 of a, b and c add up to 0 to 1, never to 1.5",
        ),
        ({}, {"mixture": ["a", "b"], "total": 0.99}, "no settings of a and b add up to 0.99"),
        (
            {"a": {"from": -0.1, "to": 1, "step": 0.1}},
            {"mixture": ["a", "b"], "total": 1},
            "'a' begins at -0.1, but a share cannot be below 0",
        ),
        (
            {"a": [0.6, 0.8], "b": [0.1, 0.3]},
            {"mixture": ["a", "b"], "total": 1},
            "no settings of a and b add up to 1; change their steps or ranges, or the total",
        ),
    ],
)
def test_a_mixture_that_cannot_be_is_refused(
    parameters: dict[str, Any],
    rule: dict[str, Any],
    sentence: str,
    faults_in: Callable[..., tuple[str, ...]],
) -> None:
    (fault,) = faults_in(parameters=shares(**parameters), rules=[rule])
    assert fault.startswith("rules entry 1") and sentence in fault


def test_the_line_of_an_impossible_mixture_is_named(faults_of: Callable[[str, str], tuple[str, ...]]) -> None:
    (fault,) = faults_of(
        "{linear: {milling_time: 1, hold_time: 1}, at_most: 20}",
        "{mixture: [milling_time, hold_time], total: 30}",
    )
    assert fault == (
        "ltvo.yaml line 13: rules entry 1: milling_time and hold_time add up to 0.5 to 24, never to 30; "
        "change their ranges or the total"
    )
