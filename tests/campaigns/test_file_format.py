"""Shapes of the file's sections."""

import pytest
from pydantic import BaseModel

from ovenbird.campaigns.faults import Faults, unknown
from ovenbird.campaigns.file_format import (
    ArrheniusKeys,
    CampaignKeys,
    FeatureKeys,
    LimitKeys,
    ParameterKeys,
    ResponseKeys,
    RuleKeys,
    allowed_keys,
    validated,
)
from ovenbird.datasets import InputError


@pytest.mark.parametrize(
    "keys", [CampaignKeys, ParameterKeys, RuleKeys, FeatureKeys, ArrheniusKeys, ResponseKeys, LimitKeys]
)
def test_every_section_refuses_unknown_keys(keys: type[BaseModel]) -> None:
    assert keys.model_config.get("extra") == "forbid"


@pytest.mark.parametrize(
    ("keys", "given", "sentence"),
    [
        (ParameterKeys, {"form": 0}, "here.form: unknown key 'form'; did you mean 'from'? Allowed are unit, from"),
        (ParameterKeys, {"when": "always"}, "here.when: must be a mapping ({name: ..., name: ...}), got 'always'"),
        (ParameterKeys, {"values": "a"}, "here.values: must be a list, got 'a'"),
        (ParameterKeys, {"unit": True}, "here.unit: true is a truth value, not text; put it in quotes: 'true'"),
        (ParameterKeys, {"unit": " "}, "here.unit: must be text, got ' '"),
        (ParameterKeys, {"step": 10**400}, "here.step: must be a finite number"),
        (ParameterKeys, {"step": float("nan")}, "here.step: must be a finite number"),
        (RuleKeys, "never", "here: must be a mapping with keys such as linear, at_least, at_most, got 'never'"),
        (RuleKeys, {"linear": {"a": "one"}}, "here.linear.a: must be a number, got 'one'"),
        (ArrheniusKeys, {"time": "t"}, "here.temperature: this key is missing"),
        (ResponseKeys, {"depends_on": ["a", None]}, "here.depends_on entry 2: must be text, got nothing"),
        (ResponseKeys, {"plausible": [0, "x"]}, "here.plausible entry 2: must be a number, got 'x'"),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_one_sentence(keys: type[CampaignKeys], given: object, sentence: str) -> None:
    faults = Faults()
    assert validated(keys, given, ("here",), faults) is None
    with pytest.raises(InputError) as raised:
        faults.raise_all()
    assert len(raised.value.faults) == 1 and raised.value.faults[0].startswith(sentence)


def test_keys_are_named_as_they_are_written() -> None:
    assert allowed_keys(ParameterKeys)[:4] == ["unit", "from", "to", "step"]


def test_a_long_list_of_what_is_allowed_is_cut() -> None:
    sentence = unknown("parameter", "zzz", [f"p{n}" for n in range(200)])
    assert sentence.endswith("p11 or 188 more") and len(sentence) < 150


def test_faults_are_told_once_and_in_the_order_of_the_file() -> None:
    lines = {("a",): 2, ("b",): 1}
    faults = Faults("alloy.yaml", lambda path: lines[path])  # pyright: ignore[reportArgumentType]
    for key in ("a", "b", "a"):
        faults.add((key,), "is wrong")
    with pytest.raises(InputError) as raised:
        faults.raise_all()
    assert raised.value.faults == ("alloy.yaml line 1: b: is wrong", "alloy.yaml line 2: a: is wrong")
