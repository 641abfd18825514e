"""What the keys of a campaign file mean, and how it is said that they mean nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.campaigns.definition import Definition, definition_from, read_definition
from ovenbird.campaigns.yaml_document import read_yaml
from ovenbird.datasets import CategoricalParameter, InputError, NumericParameter, OvenbirdError
from ovenbird.models.features import Arrhenius, Belief, PowerLaw
from ovenbird.planner.goal import Goal
from ovenbird.planner.limits import NumberLimit, YesNoLimit
from ovenbird.planner.rules import ExcludeRule, LinearRule


@pytest.fixture
def ltvo(tmp_path: Path, design_example: str) -> Definition:
    file = tmp_path / "ltvo.yaml"
    file.write_text(design_example, encoding="utf-8")
    return read_definition(file)


def test_the_design_example_is_understood(ltvo: Definition) -> None:
    assert ltvo.name == "ltvo" and ltvo.id_prefix == "LTVO"
    assert ltvo.learn_from == ("bundled:ltvo",)
    speed = ltvo.space.by_name["milling_speed"]
    assert speed == NumericParameter(
        name="milling_speed", unit="rpm", low=200, high=600, step=10, when={"milling": ("planetary",)}
    )
    assert ltvo.space.by_name["milling"] == CategoricalParameter(name="milling", values=("none", "planetary"))
    assert ltvo.rules[0] == LinearRule(coefficients={"milling_time": 1, "hold_time": 1}, at_most=20)
    assert ltvo.rules[1] == ExcludeRule(
        settings={"route": ("solution",), "milling": ("planetary",)}, reason="not needed for this precursor"
    )
    assert ltvo.features["milling_dose"] == PowerLaw(
        name="milling_dose", exponents={"milling_speed": Belief(3, 0.6), "milling_time": Belief(1, 0.3)}
    )
    assert ltvo.features["thermal_dose"] == Arrhenius(
        name="thermal_dose", temperature="calcination_temperature", time="hold_time"
    )
    assert ltvo.responses["discharge_capacity"].relative_noise == 0.04
    assert ltvo.responses["usable_capacity"].sources == ("discharge_capacity", "charge_capacity")
    assert ltvo.goal == Goal.single("discharge_capacity", "maximise")
    assert ltvo.limits == (
        YesNoLimit(response="phase_pure", side="at_least", probability=0.9),
        YesNoLimit(response="oxidised", side="at_most", probability=0.2),
    )
    assert ltvo.lab is not None


def test_python_and_file_say_the_same(ltvo: Definition) -> None:
    assert ltvo.path is not None
    from_python = definition_from(read_yaml(ltvo.path).keys)
    assert replace(from_python, text=ltvo.text, path=ltvo.path) == ltvo


def test_a_definition_from_python_can_be_written_and_read_back(ltvo: Definition, tmp_path: Path) -> None:
    assert ltvo.path is not None
    from_python = definition_from(read_yaml(ltvo.path).keys)
    copy = tmp_path / "copy.yaml"
    copy.write_text(from_python.text, encoding="utf-8")
    assert replace(read_definition(copy), text="", path=None) == replace(from_python, text="")


@pytest.mark.parametrize(
    ("given", "inside"),
    [
        (None, "sqlite:///{folder}/ltvo.db"),
        ("sqlite:///other.db", "sqlite:///{folder}/other.db"),
        ("sqlite:////data/other.db", "sqlite:////data/other.db"),
        ("sqlite:///data/other.db?timeout=5", "sqlite:///{folder}/data/other.db?timeout=5"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://lab/results", "postgresql://lab/results"),
    ],
)
def test_a_relative_dataset_lies_beside_the_file(ltvo: Definition, given: str | None, inside: str) -> None:
    assert ltvo.path is not None
    assert replace(ltvo, dataset=given).dataset_url == inside.format(folder=ltvo.path.parent)


def test_without_a_file_the_dataset_is_in_memory(minimal: Callable[..., dict[str, Any]]) -> None:
    assert definition_from(minimal()).dataset_url == "sqlite://"


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("ltvo", "LTVO"), ("direct-arylation", "DIRECT-A"), ("alloy-2-b-c", "ALLOY-2"), ("7", "7")],
)
def test_ids_fit_on_a_vial(minimal: Callable[..., dict[str, Any]], name: str, prefix: str) -> None:
    assert definition_from(minimal(name=name)).id_prefix == prefix


def test_numpy_numbers_and_names_with_spaces_are_welcome(minimal: Callable[..., dict[str, Any]]) -> None:
    definition = definition_from(
        minimal(
            parameters={
                "P3HT content (%)": {"from": np.float64(15), "to": np.int64(96), "step": np.float32(0.5)},
                "D1 content (%)": np.array([0.0, 5.0, 2.5]),
                "solvent": ("a", "b"),
                "ligand": {
                    "values": ["L1", "L2"],
                    "descriptors": {"L1": {"size": np.float64(1)}, "L2": {"size": 2}},
                },
            },
            rules=[{"linear": {"P3HT content (%)": 1, "D1 content (%)": 1}, "equals": 100}],
        )
    )
    assert definition.space.names == ("P3HT content (%)", "D1 content (%)", "solvent", "ligand")
    levels = definition.space.by_name["D1 content (%)"]
    assert isinstance(levels, NumericParameter) and levels.levels == (0, 2.5, 5)
    rule = definition.rules[0]
    assert isinstance(rule, LinearRule) and rule.is_equality and rule.at_most == 100


def test_goals_and_limits_of_all_forms(minimal: Callable[..., dict[str, Any]]) -> None:
    goals = {
        "maximise": Goal.single("y", "maximise"),
        "maximize": Goal.single("y", "maximise"),
        "minimise": Goal.single("y", "minimise"),
        "minimize": Goal.single("y", "minimise"),
    }
    for key, goal in goals.items():
        assert definition_from(minimal(goal={key: "y"})).goal == goal
    assert definition_from(minimal(goal={"target": {"y": 5}})).goal == Goal.single("y", "target", 5)
    limits = definition_from(minimal(limits={"y": {"at_least": 1, "at_most": 2}})).limits
    assert limits == (
        NumberLimit(response="y", side="at_least", bound=1),
        NumberLimit(response="y", side="at_most", bound=2),
    )
    assert definition_from(minimal(limits={"y": {"at_most": 2, "with_probability": 0.5}})).limits == (
        NumberLimit(response="y", side="at_most", bound=2, with_probability=0.5),
    )


def test_all_faults_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "alloy.yaml"
    file.write_text(
        "name: alloy\n"
        "parameters:\n"
        "  anneal: {unit: degC, frm: 200, to: 500}\n"
        "  time: {unit: hours_of_work, from: 0, to: 1}\n"
        "  speed: {from: 9, to: 1}\n"
        "rules:\n"
        "  - {linear: {tme: 1}, at_most: 2}\n"
        "responses:\n"
        "  hardness: {kind: numeric}\n"
        "goal: {maximise: hardnes}\n"
        "limit: {}\n"
    )
    with pytest.raises(InputError) as raised:
        read_definition(file)
    lines = [3, 4, 5, 7, 9, 10, 11]
    assert [fault.partition(": ")[0] for fault in raised.value.faults] == [
        f"alloy.yaml line {n}" for n in lines
    ]


KEYS = st.sampled_from(
    [
        "name",
        "title",
        "parameters",
        "responses",
        "goal",
        "rules",
        "limits",
        "features",
        "lab",
        "from",
        "to",
        "step",
        "unit",
        "values",
        "when",
        "kind",
        "y",
        "x",
        "linear",
        "exclude",
        "at_most",
        "maximise",
        "target",
        "noise",
        "through",
        "smallest_of",
        "control",
        "steps",
        "hours",
        "days",
        "1",
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | KEYS
    | st.text(max_size=8)
    | st.binary(max_size=3)
    | st.dates()
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.integers(), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.dictionaries(
        st.sampled_from(["parameters", "responses", "goal", "rules", "limits", "features", "lab", "name"]),
        ANYTHING,
    )
)
def test_nonsense_never_ends_in_anything_but_a_sentence(
    minimal: Callable[..., dict[str, Any]], keys: dict[str, Any]
) -> None:
    sentence = "none"
    try:
        definition_from(minimal(**keys))
    except OvenbirdError as error:
        sentence = str(error)
    assert sentence


NAMES = st.from_regex(r"[A-Za-z][\w %()-]{0,10}[\w)]", fullmatch=True).filter(
    lambda name: (
        name.casefold() not in {"id", "status", "source", "note", "failure", "y"} and name.isprintable()
    )
)
NUMBERS = st.floats(-1e6, 1e6).map(lambda x: round(x, 6))


@st.composite
def ranges(draw: st.DrawFn) -> dict[str, float]:
    low, span = draw(NUMBERS), draw(st.floats(0.01, 1e6))
    keys = {"from": low, "to": low + span}
    if draw(st.booleans()):
        keys["step"] = span / draw(st.integers(1, 50))
    return keys


CHOICES = st.lists(
    st.text(min_size=1, max_size=8).map(str.strip).filter(bool), min_size=1, max_size=4, unique=True
)
LEVELS = st.lists(NUMBERS, min_size=1, max_size=5, unique=True)


@given(parameters=st.dictionaries(NAMES, ranges() | CHOICES | LEVELS, min_size=1, max_size=5))
def test_every_sound_campaign_survives_writing_and_reading(
    minimal: Callable[..., dict[str, Any]],
    parameters: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    definition = definition_from(minimal(parameters=parameters))
    assert definition.space.names == tuple(parameters)
    file = tmp_path_factory.mktemp("campaign") / "alloy.yaml"
    file.write_text(definition.text, encoding="utf-8", newline="\n")
    assert read_definition(file).space == definition.space
