"""Several objectives and costs, from the campaign file to what is suggested and said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.best_so_far import best_so_far
from ovenbird.campaigns.definition import definition_from
from ovenbird.campaigns.lab_costs import costs_of
from ovenbird.campaigns.library import library_path
from ovenbird.datasets import InputError
from ovenbird.planner.cost import CostLimit
from ovenbird.planner.goal import Objective

Minimal = Callable[..., dict[str, Any]]
FaultsIn = Callable[..., tuple[str, ...]]

LAB: dict[str, Any] = {
    "resources": {"oven": {"power_kw": 2}, "press": {"power_kw": 0.5}, "balance": None},
    "steps": [
        {"name": "weigh", "on": "balance", "hours": 0.5},
        {"name": "bake", "on": "oven", "hours": {"constant": 3, "x": 10}},
        {"name": "press", "on": "press", "hours": 4, "when": {"way": "hot"}},
        {"name": "test", "hours": 8},
    ],
}
WAYS = {"way": ["hot", "cold"], "x": {"from": 0, "to": 1, "step": 0.1}}


@pytest.mark.parametrize(
    ("goal", "objectives"),
    [
        ({"maximise": ["y", "z"]}, [("y", "maximise", None), ("z", "maximise", None)]),
        ({"minimize": "z", "maximise": "y"}, [("z", "minimise", None), ("y", "maximise", None)]),
        ({"target": {"z": 5}, "maximise": "y"}, [("z", "target", 5.0), ("y", "maximise", None)]),
    ],
)
def test_objectives_stand_in_the_order_of_the_file(
    minimal: Minimal, goal: dict[str, Any], objectives: list[tuple[str, Any, float | None]]
) -> None:
    found = definition_from(minimal(responses={"y": {}, "z": {}}, goal=goal)).goal
    assert found.objectives == tuple(Objective(response=n, sense=s, target=t) for n, s, t in objectives)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"goal": {"maximise": "y", "minimise": "y"}}, "goal: y contradicts itself: maximise and minimise"),
        ({"goal": {"maximise": "y", "target": {"y": 3}}}, "goal: y contradicts itself: maximise and target"),
        (
            {"responses": {n: {} for n in "abcde"}, "goal": {"maximise": list("abcde")}},
            "goal: at most 4 objectives can be traded against each other, got 5",
        ),
        ({"goal": {}}, "goal: the goal is missing; give one of maximise, minimise or target"),
        (
            {"goal": {"minimise": ["y", "process_hours"]}},
            "goal.minimise: 'process_hours' is computed from the steps of the lab, but there are none",
        ),
        (
            {"limits": {"process_energy": {"at_most": 3}}, "lab": {"steps": [{"name": "a", "hours": 1}]}},
            "limits.process_energy: 'process_energy' needs power_kw of a resource",
        ),
        (
            {
                "limits": {"oven_hours": {"at_most": 3}},
                "lab": {"resources": {"oven": None}, "steps": [{"name": "a", "hours": 1}]},
            },
            "limits.oven_hours: 'oven_hours' is computed from the steps on oven, but no step is on it",
        ),
        (
            {"goal": {"minimise": "process_hours"}, "lab": {"steps": [{"name": "a", "hours": {"x": 1}}]}},
            "goal: process_hours alone would be least for a worthless sample",
        ),
        (
            {"responses": {"y": {}, "process_hours": {}}, "lab": {"steps": [{"name": "a", "hours": 1}]}},
            "responses.process_hours: 'process_hours' is also what the lab's steps cost; choose another name",
        ),
        (
            {
                "parameters": {"oven_hours": {"from": 0, "to": 1}},
                "goal": {"maximise": "y", "minimise": "oven_hours"},
                "lab": {
                    "resources": {"oven": None},
                    "steps": [{"name": "a", "on": "oven", "hours": {"oven_hours": 1}}],
                },
            },
            "parameters.oven_hours: 'oven_hours' is also what the lab's steps cost",
        ),
        (
            {"lab": {"resources": {"oven": {"power_kw": -1}}}},
            "lab.resources.oven.power_kw: must not be below 0, got -1",
        ),
    ],
)
def test_a_goal_that_cannot_be_meant_is_one_sentence(
    faults_in: FaultsIn, changes: dict[str, Any], sentence: str
) -> None:
    faults = faults_in(**changes)
    assert any(fault.startswith(sentence) for fault in faults), faults
    assert len(faults) <= 2


def test_a_parameter_called_like_a_cost_that_nobody_uses_is_left_in_peace(minimal: Minimal) -> None:
    lab = {"resources": {"oven": None}, "steps": [{"name": "a", "on": "oven", "hours": {"oven_hours": 1}}]}
    keys = minimal(parameters={"oven_hours": {"from": 0, "to": 1}}, lab=lab)
    assert list(definition_from(keys).costs) == ["process_hours"]


def test_costs_are_sums_over_the_steps_that_apply(minimal: Minimal) -> None:
    definition = definition_from(minimal(parameters=WAYS, lab=LAB))
    assert definition.lab is not None
    costs = costs_of(definition.lab)
    assert set(costs) == {"process_hours", "oven_hours", "press_hours", "balance_hours", "process_energy"}
    hot, cold = {"way": "hot", "x": 0.5}, {"way": "cold", "x": 0.5}
    by_name = {name: (cost.of(hot), cost.of(cold), cost.unit) for name, cost in costs.items()}
    assert by_name == {
        "process_hours": (20.5, 16.5, "h"),
        "oven_hours": (8.0, 8.0, "h"),
        "press_hours": (4.0, 0.0, "h"),
        "balance_hours": (0.5, 0.5, "h"),
        "process_energy": (18.0, 16.0, "kWh"),
    }
    assert list(definition.costs) == ["process_hours"], "the others are shown once they are named"


TRADED: dict[str, Any] = {
    "name": "tile",
    "parameters": WAYS,
    "responses": {"strength": {"unit": "MPa", "noise": "3 %"}, "whole": {"kind": "yes_no"}},
    "goal": {"maximise": "strength", "minimise": "process_hours"},
    "limits": {
        "whole": {"probability_at_least": 0.5},
        "oven_hours": {"at_most": 11},
        "process_energy": {"at_most": 24},
    },
    "lab": LAB,
}


@pytest.fixture
def traded() -> Campaign:
    """A campaign that trades strength, which grows with x, against hours, and knows five samples."""
    campaign = Campaign.create(**TRADED)
    rows = [("hot", 0.0, 10, True), ("hot", 0.4, 60, True), ("cold", 0.4, 58, True), ("cold", 0.8, 90, True)]
    rows += [("cold", 1.0, 99, False)]
    columns = ["way", "x", "strength [MPa]", "whole"]
    campaign.add(pd.DataFrame([(w, x, y, "yes" if ok else "no") for w, x, y, ok in rows], columns=columns))
    return campaign


def test_suggestions_say_what_they_cost_and_keep_the_bounds(traded: Campaign) -> None:
    suggestions = traded.suggest(2, seed=3)
    frame = suggestions.to_frame()
    forecast = traded.forecast(frame[["way", "x"]])
    for item in suggestions:
        pressed = 4.0 if item.parameters["way"] == "hot" else 0.0
        x = float(item.parameters["x"])  # pyright: ignore[reportArgumentType]
        assert item.costs == pytest.approx(
            {
                "process_hours": 11.5 + 10 * x + pressed,
                "oven_hours": 3 + 10 * x,
                "process_energy": 6 + 20 * x + pressed / 2,
            }
        )
        assert item.costs["oven_hours"] <= 11 and item.limits["oven_hours"] == 1.0
        assert json.loads(json.dumps(item.as_json()))["costs"] == dict(item.costs)
        assert "process_hours" not in item.forecast
    for name in ("process_hours", "oven_hours", "process_energy"):
        assert forecast[f"cost.{name}"].tolist() == frame[f"cost.{name}"].tolist()
    assert list(traded.forecast(frame[["way", "x"]].head(0)).columns) == list(forecast.columns)


def test_a_table_of_ones_own_says_which_bound_is_broken(traded: Campaign) -> None:
    frame = traded.forecast(pd.DataFrame({"way": ["cold", "cold"], "x": [0.8, 0.9]}))
    assert frame["limit.oven_hours"].tolist() == [1.0, 0.0]
    assert frame["limit.process_energy"].tolist() == [1.0, 1.0]


def test_candidates_that_cost_too_much_are_not_chosen(traded: Campaign) -> None:
    table = pd.DataFrame({"way": ["cold", "cold", "hot"], "x": [0.9, 0.7, 1.0]})
    assert [item.candidate for item in traded.suggest(3, candidates=table)] == [1]


def test_the_measured_front_holds_what_nothing_betters(traded: Campaign) -> None:
    front = best_so_far(traded.problem, traded.dataset())
    # Hot 0.4 costs as much as cold 0.8 and is weaker, hot 0.0 as much as cold 0.4; cold 1.0 broke.
    found = [(one.values["strength"], one.values["process_hours"]) for one in front]
    assert found == [(90.0, 19.5), (58.0, 15.5)]


def test_reasons_name_gain_and_price_against_the_front(traded: Campaign) -> None:
    (item,) = traded.suggest(1, seed=3)
    front = {one.experiment.id: one.values for one in best_so_far(traded.problem, traded.dataset())}
    named = [name for name in front if f"against {name} " in item.reasons[0]]
    assert named, item.reasons[0]
    for name in named:
        hours = item.costs["process_hours"] - front[name]["process_hours"]
        if abs(hours) > 1e-9:
            more = "more" if hours > 0 else "less"
            there = f"({front[name]['process_hours']:g} h there)"
            assert f"{abs(round(hours, 9)):g} h {more} process_hours {there}" in item.reasons[0]


def test_only_costs_are_aimed_at_under_limits(minimal: Minimal) -> None:
    campaign = Campaign.create(
        name="tile",
        parameters=WAYS,
        responses={"strength": {"unit": "MPa", "noise": "3 %"}},
        goal={"minimise": "process_hours"},
        limits={"strength": {"at_least": 50, "with_probability": 0.7}},
        lab=LAB,
    )
    rows = [("hot", 0.2, 30), ("hot", 0.6, 72), ("cold", 0.2, 29), ("cold", 0.9, 97), ("cold", 0.0, "<10")]
    campaign.add(pd.DataFrame(rows, columns=["way", "x", "strength [MPa]"]))
    (best,) = best_so_far(campaign.problem, campaign.dataset())
    # Cold 0.0 is cheaper, but a bound does not show that it is strong enough.
    assert best.values == {"process_hours": 20.5}
    (item,) = campaign.suggest(1)
    assert item.costs["process_hours"] < 20.5 and item.limits["strength"] >= 0.7
    assert item.parameters["way"] == "cold"


def test_a_front_is_shown_where_the_campaign_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ovenbird: Callable[..., Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ovenbird("new", "front", "--from", "ltvo-front").code == 0
    status = ovenbird("status", "front.yaml").out
    assert "(maximise usable_capacity and minimise process_hours)" in status
    assert "SS-700C-3h-M450-6h: usable_capacity 255 mAh/g, process_hours 110.3 h" in status


def test_costs_stand_on_the_pages(
    tmp_path: Path, ovenbird: Callable[..., Any], run_command: Callable[..., Any]
) -> None:
    file = tmp_path / "tile.yaml"
    campaign = Campaign.create(**TRADED, path=file)
    (tmp_path / "made.csv").write_text("way,x,strength [MPa],whole\nhot,0.4,60,yes\ncold,0.8,90,yes\n")
    campaign.add(pd.read_csv(tmp_path / "made.csv"))
    page = run_command("suggest-next-experiment", file, "-n", 1).out
    (item,) = campaign.suggest(1)
    for name, unit in (("process_hours", "h"), ("oven_hours", "h"), ("process_energy", "kWh")):
        (line,) = [line for line in page.splitlines() if f"│ {name} [{unit}]" in line]
        assert line.split("│")[2].strip() == f"{item.costs[name]:.6g}"
    assert "growth of the front" in page and "expected gain" not in page
    checked = " ".join(ovenbird("check", file).out.split())
    assert "traded against each other: maximise strength and minimise process_hours." in checked
    assert "oven_hours at most 11 h: known from the steps of the lab, so it holds exactly." in checked
    assert "process_hours 11.5 to 25.5 h" in checked


@pytest.mark.parametrize(
    ("name", "goal", "costs"),
    [
        ("ltvo-front", ("usable_capacity", "process_hours"), ["process_hours"]),
        ("ltvo-efficient", ("process_hours", "process_energy"), ["process_hours", "process_energy"]),
    ],
)
def test_the_library_learns_from_the_same_data_for_other_goals(
    name: str, goal: tuple[str, ...], costs: list[str]
) -> None:
    ltvo, other = (Campaign.open(library_path(n)) for n in ("ltvo", name))
    assert other.definition.goal.names == goal and list(other.definition.costs) == costs
    assert other.dataset().fingerprint == ltvo.dataset().fingerprint
    same = ("space", "responses", "features", "rules", "learn_from")
    assert all(getattr(other.definition, key) == getattr(ltvo.definition, key) for key in same)
    assert set(ltvo.definition.limits) <= set(other.definition.limits)


def test_a_bound_on_a_cost_is_known_by_its_side(minimal: Minimal) -> None:
    keys = minimal(parameters=WAYS, lab=LAB, limits={"process_hours": {"at_least": 12, "at_most": 20}})
    found = definition_from(keys)
    assert [(limit.side, limit.bound) for limit in found.cost_limits] == [("at_least", 12), ("at_most", 20)]
    assert all(isinstance(limit, CostLimit) for limit in found.cost_limits) and found.limits == ()
    with pytest.raises(InputError, match="no conditions can keep at_least 30, they cost"):
        definition_from(minimal(parameters=WAYS, lab=LAB, limits={"process_hours": {"at_least": 30}}))
