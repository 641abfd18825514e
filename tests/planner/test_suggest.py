"""What a user gets, as a whole: forecasts, limits, nearest experiments, and nothing that breaks a promise."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ovenbird.datasets import Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, NumberForecast
from ovenbird.models.encoding import codes_of_conditions
from ovenbird.planner.feasibility import probability_met
from ovenbird.planner.goal import Goal, Objective, Sense
from ovenbird.planner.limits import NumberLimit, YesNoLimit
from ovenbird.planner.problem import Problem
from ovenbird.planner.rules import Rule
from ovenbird.planner.suggest import suggest
from ovenbird.planner.suggestion import Suggestions

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]
Obeys = Callable[..., bool]
Spaces = Callable[..., st.SearchStrategy[ParameterSpace]]
ConditionsIn = Callable[[ParameterSpace], st.SearchStrategy[dict[str, float | str | None]]]
RulesIn = Callable[..., st.SearchStrategy[tuple[Rule, ...]]]


@pytest.fixture(scope="module")
def suggestions(firing: Problem, fired: Dataset, fired_beliefs: Beliefs) -> Suggestions:
    return suggest(firing, fired, fired_beliefs, 2, 0)[0]


def test_every_suggestion_carries_the_forecasts_of_its_conditions(
    suggestions: Suggestions, firing: Problem, fired_beliefs: Beliefs
) -> None:
    for item in suggestions:
        codes = codes_of_conditions(firing.space, item.parameters)
        forecast = fired_beliefs.forecast("capacity", codes)
        assert isinstance(forecast, NumberForecast)
        expected = {"median": forecast.median, "low": forecast.low, "high": forecast.high}
        assert item.forecast["capacity"] == pytest.approx({k: float(v) for k, v in expected.items()})
        pure = float(fired_beliefs.probability_of_yes("pure", codes))
        assert item.forecast["pure"] == pytest.approx({"probability": pure})
        assert item.limits == pytest.approx(
            {"pure": float(probability_met(firing.limits[0], fired_beliefs, codes))}
        )


def test_improvements_are_probabilities_and_gains(suggestions: Suggestions) -> None:
    for item in suggestions:
        probability, expected = item.improvement["probability"], item.improvement["expected"]
        assert probability is not None and expected is not None
        assert 0 < probability < 1 and 0 < expected < 370
        assert len(item.nearest) == len(set(item.nearest)) == 3


def test_the_json_holds_plain_values_for_every_parameter(suggestions: Suggestions, firing: Problem) -> None:
    for item in suggestions:
        content = json.loads(json.dumps(item.as_json(), allow_nan=False))
        assert list(content["parameters"]) == list(firing.space.names)
        keys = {"parameters", "purpose", "forecast", "limits", "improvement", "nearest", "reasons"}
        assert set(content) == keys


def test_the_frame_has_a_row_a_suggestion(suggestions: Suggestions) -> None:
    frame = suggestions.to_frame()
    assert len(frame) == len(suggestions) == 2
    assert frame["capacity.median"].tolist() == [item.forecast["capacity"]["median"] for item in suggestions]
    assert frame["limit.pure"].tolist() == [item.limits["pure"] for item in suggestions]
    assert frame["temperature"].tolist() == [item.parameters["temperature"] for item in suggestions]


def test_rows_of_candidates_are_handed_back(firing: Problem, fired: Dataset, fired_beliefs: Beliefs) -> None:
    rows: list[dict[str, float | str | None]] = [
        {"temperature": t, "hold": 6.0, "milling": "planetary", "speed": 500.0, "time": 6.0}
        for t in (610.0, 800.0, 820.0)
    ]
    codes = torch.cat([codes_of_conditions(firing.space, row) for row in rows])
    items, places = suggest(firing, fired, fired_beliefs, 3, 0, codes)
    assert sorted(place for place in places if place is not None) == [0, 1, 2]
    assert [dict(item.parameters) for item in items] == [rows[place] for place in places if place is not None]


def test_nothing_left_gives_no_suggestions_but_a_message(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    made = torch.cat([codes_of_conditions(firing.space, e.executed) for e in fired.experiments])
    items, places = suggest(firing, fired, fired_beliefs, 2, 0, made)
    assert len(items) == 0 and places == [] and len(items.messages) == 1


RESPONSES = {
    "y": Response(name="y", plausible=(0, 100)),
    "z": Response(name="z"),
    "pure": Response(name="pure", kind="yes_no"),
    "least": Response(name="least", smallest_of=("y", "z")),
}


@st.composite
def small_campaigns(
    draw: st.DrawFn,
    spaces: Spaces,
    conditions_in: ConditionsIn,
    rules_in: RulesIn,
    made: Made,
    dataset_of: DatasetOf,
) -> tuple[Problem, Dataset]:
    space = draw(spaces(most_settings=8))
    rules = draw(rules_in(space, draw(conditions_in(space))))
    limits = draw(
        st.sets(
            st.sampled_from(
                [
                    YesNoLimit(response="pure", side="at_least", probability=0.7),
                    NumberLimit(response="z", side="at_most", bound=1.0, with_probability=0.6),
                    NumberLimit(response="least", side="at_least", bound=-1.0),
                ]
            )
        )
    )
    sense: Sense = draw(st.sampled_from(["maximise", "minimise", "target"]))
    target = 3.0 if sense == "target" else None
    names = draw(st.lists(st.sampled_from(["y", "z", "least"]), min_size=1, max_size=2, unique=True))
    goal = Goal(tuple(Objective(response=name, sense=sense, target=target) for name in names))
    results: st.SearchStrategy[Mapping[str, object]] = st.fixed_dictionaries(
        {},
        optional={
            "y": st.sampled_from([0, 20, "~50", ">60", 100]),
            "z": st.sampled_from([-3, 0, 0.5, "<2"]),
            "pure": st.booleans(),
        },
    )
    rows = [
        made(where, failure=failure, **({} if failure else result))
        for where, failure, result in draw(
            st.lists(
                st.tuples(
                    conditions_in(space), st.sampled_from([None, None, None, "process", "equipment"]), results
                ),
                max_size=5,
            )
        )
    ]
    rows += [made(where, status="planned") for where in draw(st.lists(conditions_in(space), max_size=2))]
    return Problem(
        space=space, responses=RESPONSES, goal=goal, limits=tuple(limits), rules=rules
    ), dataset_of(space, rows)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), seed=st.integers(0, 100))
def test_no_suggestion_of_any_campaign_breaks_a_promise(
    data: st.DataObject,
    seed: int,
    random_spaces: Spaces,
    random_conditions: ConditionsIn,
    random_rules: RulesIn,
    made: Made,
    dataset_of: DatasetOf,
    learned: Learned,
    obeys: Obeys,
) -> None:
    problem, dataset = data.draw(
        small_campaigns(random_spaces, random_conditions, random_rules, made, dataset_of)
    )
    items, _ = suggest(problem, dataset, learned(problem, dataset), 3, seed)
    taken = [
        dict(e.executed)
        for e in dataset.experiments
        if e.is_pending or e.measurements or e.failure == "process"
    ]
    found = [dict(item.parameters) for item in items]
    for row, item in zip(found, items, strict=True):
        assert obeys(problem.space, problem.rules, row)
        if item.replicates:
            again = dataset.by_id[item.replicates]
            assert row == dict(again.executed) and again.measurements
            assert not any(row == dict(e.executed) for e in dataset.experiments if e.is_pending)
        else:
            assert row not in taken
    assert sum(bool(item.replicates) for item in items) <= 1
    assert all(row not in found[:i] for i, row in enumerate(found))
    assert len(found) == 3 or any("Only" in message for message in items.messages)
    for item in items:
        json.dumps(item.as_json(), allow_nan=False)
        assert item.reasons and all(reason.endswith(".") and "nan" not in reason for reason in item.reasons)
