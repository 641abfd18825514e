"""Parameters in all their forms, and what is wrong with others."""

from collections.abc import Callable
from typing import Any

import pytest

from ovenbird.campaigns.definition import definition_from
from ovenbird.datasets import CategoricalParameter, NumericParameter


def test_values_of_all_forms(minimal: Callable[..., dict[str, Any]]) -> None:
    parameters = definition_from(
        minimal(
            parameters={
                "mixed": [1, "two", 3.5],
                "time": {"values": [8, 1, 4], "unit": "h", "scale": "log"},
                "fixed": {"from": 2, "to": 2},
                "dose": {"from": 1, "to": 5, "when": {"mixed": ["two", 1]}},
            }
        )
    ).space.by_name
    assert parameters["mixed"] == CategoricalParameter(name="mixed", values=("1", "two", "3.5"))
    assert parameters["time"] == NumericParameter(
        name="time", unit="h", low=1, high=8, levels=(1, 4, 8), scale="log"
    )
    assert parameters["fixed"].n_settings == 1
    assert parameters["dose"].when == {"mixed": ("two", "1")}


PARAMETER_FAULTS = [
    (
        {"x": {"frm": 1, "to": 2}},
        "parameters.x.frm: unknown key 'frm'; did you mean 'from'? Allowed are unit, from",
    ),
    ({"x": {"from": 2, "to": 1}}, "parameters.x: from must not be above to, got 2 and 1"),
    ({"x": {"from": 1}}, "parameters.x: 'to' is missing"),
    ({"x": {"from": "a", "to": 1}}, "parameters.x.from: must be a number, got 'a'"),
    ({"x": {"from": True, "to": 1}}, "parameters.x.from: must be a number, got true"),
    ({"x": {"from": 0, "to": float("inf")}}, "parameters.x.to: must be a finite number"),
    ({"x": {"from": 0, "to": 1, "step": 0}}, "parameters.x: step must be above 0"),
    ({"x": {"from": 0, "to": 1, "step": 2}}, "parameters.x: step 2 is larger than the range"),
    ({"x": {"from": 0, "to": 1, "scale": "ln"}}, "parameters.x.scale: must be linear or log, got 'ln'"),
    ({"x": {"from": 0, "to": 1, "scale": "log"}}, "parameters.x: a log scale needs from above 0"),
    ({"x": {"from": 0, "to": 1, "unit": "parsnips"}}, "parameters.x: the unit 'parsnips' is unknown"),
    ({"x": {"from": 0, "to": 1, "values": [1]}}, "parameters.x: give either values or a range"),
    ({"x": 5}, "parameters.x: must be a list of values, or a mapping such as {unit: h, from: 0"),
    ({"x": []}, "parameters.x: needs at least one value"),
    ({"x": ["a", "a"]}, "parameters.x: the value 'a' stands twice"),
    ({"x": [1, 1]}, "parameters.x: values must be distinct"),
    ({"x": ["a", True]}, "parameters.x entry 2: true is a truth value, not text; put it in quotes"),
    ({"x": ["a", None]}, "parameters.x entry 2: an empty value is no name; write a word such as none"),
    ({"x": ["a", ["b"]]}, "parameters.x entry 2: must be text, got a list"),
    ({"x": {"values": ["a"], "unit": "h"}}, "parameters.x: a choice of names has no unit"),
    ({"x": {"values": [1, 2], "descriptors": {}}}, "parameters.x: descriptors are for names"),
    (
        {"x": {"values": ["a", "b"], "descriptors": {"a": {"s": 1}}}},
        "parameters.x: descriptors must be given for a or b",
    ),
    (
        {"a": ["p", "q"], "x": {"from": 0, "to": 1, "when": {"b": "p"}}},
        "parameters.x.when: unknown parameter 'b'",
    ),
    (
        {"a": ["p", "q"], "x": {"from": 0, "to": 1, "when": {"a": "r"}}},
        "parameters.x.when: a is 'r', allowed are p or q",
    ),
    (
        {"a": [1, 2], "x": {"from": 0, "to": 1, "when": {"a": 1}}},
        "parameters.x.when: names 'a', which is a number; no other parameter is a choice",
    ),
    ({"a": ["p"], "x": {"from": 0, "to": 1, "when": {"a": []}}}, "parameters.x: when a has no value"),
    (
        {"a": {"values": ["p"], "when": {"b": "q"}}, "b": {"values": ["q"], "when": {"a": "p"}}},
        "parameters: the when of a or b depend on each other in a circle",
    ),
    ({"note": ["a"]}, "parameters.note: 'note' is a column of every table; choose another name"),
    ({"y": ["a"]}, "responses.y: 'y' is declared twice"),
    ({"a[h]": ["a"]}, "parameters.a[h]: a name must not be empty or contain brackets"),
    ({}, "parameters: needs at least one parameter"),
    (["x"], "parameters: must be a mapping ({name: ..., name: ...}), got a list"),
]


@pytest.mark.parametrize(("parameters", "sentence"), PARAMETER_FAULTS)
def test_faults_of_parameters(
    faults_in: Callable[..., tuple[str, ...]], parameters: object, sentence: str
) -> None:
    faults = faults_in(parameters=parameters)
    assert len(faults) == 1 and faults[0].startswith(sentence), faults
