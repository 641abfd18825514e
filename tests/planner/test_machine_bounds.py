"""What a machine cannot do is never proposed."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovenbird.datasets import NOT_STATED, Conditions, Dataset, InputError, NumericParameter, ParameterSpace
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.encoding import conditions_of_codes, frame_of_codes
from ovenbird.planner.lab import Bound, Lab, Resource, Step
from ovenbird.planner.machine_bounds import MachineBound, machine_bounds
from ovenbird.planner.problem import Problem
from ovenbird.planner.search_space import SearchSpace
from ovenbird.planner.suggest import suggest

MILLED = {"milling": ("planetary",)}
FRAME = pd.DataFrame(
    {"milling": ["none", "planetary", "planetary"], "speed": [np.nan, 400.0, 450.0], "hold": [0.0, 3.0, 12.0]}
)
SLOW = MachineBound(resource="mill", parameter="speed", bound=Bound(at_most=400), when=MILLED)


def lab_of(bounds: Mapping[str, Mapping[str, Bound]], *steps: Step) -> Lab:
    resources = {name: Resource(name=name, bounds=of) for name, of in bounds.items()}
    return Lab(resources=resources, steps=steps)


def test_what_lies_beyond_a_bound_breaks_it_and_what_does_not_apply_breaks_nothing() -> None:
    assert SLOW.holds(FRAME).tolist() == [True, True, False]
    assert replace(SLOW, bound=Bound(at_least=420)).holds(FRAME).tolist() == [True, False, True]
    empty = pd.DataFrame({"milling": ["planetary"], "speed": pd.Series([None], dtype=object)})
    assert SLOW.holds(empty).tolist() == [True]
    assert SLOW.holds(FRAME.head(0)).tolist() == []


def test_a_bound_counts_only_where_the_step_applies() -> None:
    hold = MachineBound(resource="oven", parameter="hold", bound=Bound(at_least=1, at_most=6), when=MILLED)
    assert hold.holds(FRAME).tolist() == [True, True, False]
    assert replace(hold, when={}).holds(FRAME).tolist() == [False, True, False]


def test_one_sample_is_judged_like_a_row_of_a_table() -> None:
    rows: list[Conditions] = [
        {"milling": "none", "speed": None},
        {"milling": "planetary", "speed": 400.0},
        {"milling": "planetary", "speed": 450.0},
    ]
    assert [SLOW.allows(row) for row in rows] == SLOW.holds(FRAME).tolist()
    assert SLOW.allows({"milling": "planetary", "speed": NOT_STATED})
    assert SLOW.allows({"milling": NOT_STATED, "speed": 450.0})


def test_there_is_one_for_every_step_on_the_machine_and_every_parameter() -> None:
    lab = lab_of(
        {
            "oven": {"hold": Bound(at_most=9), "temperature": Bound(at_most=850)},
            "spare": {"hold": Bound(at_most=1)},
        },
        Step(name="mix"),
        Step(name="dry", on="oven", when=MILLED),
        Step(name="fire", on="oven"),
    )
    assert [(b.resource, b.parameter, b.when) for b in machine_bounds(lab)] == [
        ("oven", "hold", MILLED),
        ("oven", "temperature", MILLED),
        ("oven", "hold", {}),
        ("oven", "temperature", {}),
    ]
    assert machine_bounds(Lab()) == ()


def test_a_bound_reads_as_it_is_meant() -> None:
    assert str(SLOW) == "speed at most 400 on mill when milling is planetary"
    assert (
        str(replace(SLOW, when={}, bound=Bound(at_least=3, at_most=4)))
        == "speed at least 3 and at most 4 on mill"
    )
    assert SLOW.reason == "what mill can do safely" and SLOW.parameters == ("speed", "milling")
    assert replace(SLOW, parameter="milling").parameters == ("milling",)


@settings(max_examples=25)
@given(data=st.data())
def test_a_draw_keeps_every_bound_of_the_lab(mill: ParameterSpace, data: st.DataObject) -> None:
    """Also where bounds leave one setting in a thousand, and differ from step to step."""
    bounds = {}
    for parameter in mill:
        if isinstance(parameter, NumericParameter):
            at = parameter.low + parameter.grid_step * data.draw(st.integers(0, parameter.n_settings - 1))
            width = parameter.grid_step * data.draw(st.integers(0, 2))
            bounds[parameter.name] = Bound(at_least=at, at_most=at + width)
    other = {"temperature": Bound(at_most=620), "hold": Bound(at_least=11)}
    lab = lab_of(
        {"oven": bounds, "other": other},
        Step(name="fire", on="oven", when=MILLED),
        Step(name="dry", on="other", when={"milling": ("none",)}),
    )
    rules = machine_bounds(lab)
    search = SearchSpace(mill, rules)
    rows = conditions_of_codes(mill, search.sample(32, np.random.default_rng(data.draw(st.integers(0, 99)))))
    assert {row["milling"] for row in rows} == {"none", "planetary"}
    for row in rows:
        for rule in rules:
            assert rule.allows(row)
        within = bounds if row["milling"] == "planetary" else other
        for name, bound in within.items():
            value = row[name]
            if isinstance(value, float):
                low, high = bound.ends
                assert low - 1e-6 <= value <= high + 1e-6


@settings(max_examples=6)
@given(
    speed=st.sampled_from([200, 300, 450]),
    temperature=st.sampled_from([(None, 690), (720, None), (None, 900)]),
    hold=st.sampled_from([0.0, 2.5]),
    seed=st.integers(0, 3),
)
def test_no_suggestion_ever_breaks_one(
    firing: Problem,
    fired: Dataset,
    fired_beliefs: Beliefs,
    speed: int,
    temperature: tuple[float | None, float | None],
    hold: float,
    seed: int,
) -> None:
    low, high = temperature
    lab = lab_of(
        {
            "mill": {"speed": Bound(at_most=speed)},
            "oven": {"temperature": Bound(at_least=low, at_most=high), "hold": Bound(at_least=hold)},
        },
        Step(name="fire", on="oven"),
        Step(name="grind", on="mill", when=MILLED),
    )
    problem = replace(firing, rules=(*firing.rules, *machine_bounds(lab)))
    items, _ = suggest(problem, fired, fired_beliefs, 3, seed)
    assert len(items) == 3
    made = pd.DataFrame([dict(item.parameters) for item in items])
    assert (made["speed"].fillna(0).to_numpy(float) <= speed).all()
    assert (made["temperature"] >= (low or 0)).all() and (made["temperature"] <= (high or 900)).all()
    assert (made["hold"] >= hold).all()


def test_bounds_that_leave_nothing_are_named(mill: ParameterSpace) -> None:
    lab = lab_of(
        {"oven": {"hold": Bound(at_most=3)}, "kiln": {"hold": Bound(at_least=4)}},
        Step(name="fire", on="oven"),
        Step(name="bake", on="kiln"),
    )
    with pytest.raises(InputError, match="hold at most 3 on oven; hold at least 4 on kiln"):
        SearchSpace(mill, machine_bounds(lab)).sample(4, np.random.default_rng(0))


def test_bounds_and_sums_are_kept_together(mill: ParameterSpace, firing: Problem) -> None:
    lab = lab_of({"oven": {"hold": Bound(at_least=10)}}, Step(name="fire", on="oven"))
    search = SearchSpace(mill, (*firing.rules, *machine_bounds(lab)))
    frame = frame_of_codes(mill, search.sample(64, np.random.default_rng(1)))
    assert len(frame) == 64 and (frame["hold"] >= 10).all()
    assert (frame["hold"] + frame["time"].fillna(0) <= 15).all()
