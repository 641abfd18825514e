"""The campaign as a Python user meets it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.datasets import InputError, NotFound
from ovenbird.models.encoding import codes_of_all
from ovenbird.models.evidence import PROCESS_WORKS

Conditions = dict[str, Any]
MILLED: Conditions = {"route": "dry", "temperature": 160.0, "milling": "planetary", "milling_speed": 450.0}
UNMILLED: Conditions = {"route": "wet", "temperature": 180.0, "milling": "none", "milling_speed": None}


@pytest.fixture
def campaign(glass: Path) -> Campaign:
    return Campaign.open(glass)


@pytest.fixture
def in_memory(glass_keys: dict[str, Any]) -> Campaign:
    return Campaign.create(**glass_keys)


def conditions(suggestions: Any) -> list[Conditions]:
    return [dict(s.parameters) for s in suggestions]


def planned(campaign: Campaign) -> str:
    """Id of the next suggestion, which was accepted."""
    (saved,) = campaign.accept(campaign.suggest(1))
    assert saved.id is not None
    return saved.id


def test_reading_and_suggesting_write_nothing(
    campaign: Campaign, contents: Callable[[], dict[str, bytes | None]]
) -> None:
    before = contents()
    campaign.suggest(2)
    campaign.results()
    campaign.forecast(pd.DataFrame([MILLED]))
    assert contents() == before


def test_without_data_the_first_batch_is_spread_and_obeys_rules_and_conditions(in_memory: Campaign) -> None:
    suggestions = in_memory.suggest(6, seed=3)
    assert len(suggestions) == 6
    assert any("spread over the search space" in message for message in suggestions.messages)
    for s in suggestions:
        assert (s.parameters["milling_speed"] is None) == (s.parameters["milling"] == "none")
        assert not (s.parameters["route"] == "wet" and s.parameters["milling"] == "planetary")
        assert s.improvement == {"probability": None, "expected": None}
    assert len({tuple(c.values()) for c in conditions(suggestions)}) == 6


def test_a_suggestion_says_everything_the_design_promises(campaign: Campaign) -> None:
    (suggestion,) = campaign.suggest(1)
    assert set(suggestion.parameters) == {"route", "temperature", "milling", "milling_speed"}
    assert set(suggestion.forecast) == {"pure", "area", "strength"}
    assert set(suggestion.forecast["pure"]) == {"probability"}
    strength = suggestion.forecast["strength"]
    assert 0 <= strength["low"] < strength["median"] < strength["high"] <= 500
    assert suggestion.limits["pure"] >= 0.7
    assert suggestion.nearest and set(suggestion.nearest) <= {"P-1", "P-2", "P-3", "P-4"}
    assert suggestion.reasons and not suggestion.id and suggestion.candidate is None


def test_same_seed_same_suggestions(glass: Path) -> None:
    first, second = (Campaign.open(glass).suggest(3, seed=5) for _ in range(2))
    assert first == second
    again = Campaign.open(glass)
    again.suggest(1, seed=1)
    assert again.suggest(3, seed=5) == first, "what was asked before must not matter"


def test_same_suggestions_in_another_process(campaign: Campaign, glass: Path) -> None:
    program = (
        "import json, sys; from ovenbird.campaigns import Campaign; "
        "print(json.dumps([s.as_json() for s in Campaign.open(sys.argv[1]).suggest(2, seed=7)]))"
    )
    there = subprocess.run(
        [sys.executable, "-c", program, str(glass)],
        capture_output=True,
        text=True,
        check=True,
        cwd=glass.parent,
        env={"PYTHONHASHSEED": "123", "OMP_NUM_THREADS": "1"},
    )
    assert json.loads(there.stdout) == [s.as_json() for s in campaign.suggest(2, seed=7)]


@pytest.mark.parametrize(("n", "seed"), [(0, 0), (-1, 0), (1, -1)])
def test_counts_and_seeds_that_make_no_sense_are_refused(campaign: Campaign, n: int, seed: int) -> None:
    with pytest.raises(InputError, match="must be at least"):
        campaign.suggest(n, seed=seed)


def test_accepted_suggestions_become_planned_experiments_with_their_forecast(
    campaign: Campaign, glass: Path
) -> None:
    suggestions = campaign.suggest(2)
    saved = campaign.accept(suggestions)
    assert [s.id for s in saved] == ["GLASS-001", "GLASS-002"]
    assert conditions(saved) == conditions(suggestions)
    reopened = Campaign.open(glass).experiment("glass-002")
    assert reopened.status.value == "planned"
    assert dict(reopened.planned) == dict(reopened.executed) == dict(saved[1].parameters)
    assert reopened.forecast is not None and reopened.forecast["forecast"] == saved[1].forecast


def test_what_is_pending_is_not_proposed_again(campaign: Campaign) -> None:
    saved = campaign.accept(campaign.suggest(3))
    again = campaign.suggest(3)
    assert all(c not in conditions(saved) for c in conditions(again))


def test_a_process_failure_moves_suggestions_away(campaign: Campaign) -> None:
    id_ = planned(campaign)
    campaign.fail(id_, reason="process", note="melted")
    failed = campaign.experiment(id_).executed
    others = [campaign.experiment(i).executed for i in ("P-1", "P-2", "P-3")]
    made = [failed, *(conditions for conditions in others if conditions != failed)]
    codes = codes_of_all(campaign.space, made)
    works = campaign.beliefs().probability_of_yes(PROCESS_WORKS, codes)
    assert works[0] < works[1:].min()
    (moved,) = campaign.suggest(1)
    assert dict(moved.parameters) != dict(made[0])


def test_an_equipment_failure_teaches_nothing(campaign: Campaign) -> None:
    before = campaign.suggest(1)
    id_ = planned(campaign)
    campaign.fail(id_, reason="equipment")
    assert conditions(campaign.suggest(1)) == conditions(before)
    with pytest.raises(InputError, match="process or equipment"):
        campaign.fail(id_, reason="bad luck")  # pyright: ignore[reportArgumentType]


def test_an_impure_powder_changes_suggestions(campaign: Campaign) -> None:
    id_ = planned(campaign)
    there = pd.DataFrame([campaign.experiment(id_).executed])
    before = campaign.forecast(there)["limit.pure"].iloc[0]
    campaign.log(id_, pure=False)
    assert campaign.experiment(id_).status.value == "measured", "nothing more is awaited of it"
    assert campaign.forecast(there)["limit.pure"].iloc[0] < before
    (moved,) = campaign.suggest(1)
    assert dict(moved.parameters) != dict(campaign.experiment(id_).executed)


def test_results_are_logged_as_they_come(campaign: Campaign) -> None:
    id_ = planned(campaign)
    campaign.log(id_, pure=True, area="~20", note="first powder")
    assert campaign.experiment(id_).status.value == "running"
    campaign.log(id_, strength=[251, 248])
    campaign.log(id_, {"area": 22})
    known = campaign.experiment(id_)
    assert known.status.value == "measured"
    assert [str(v) for v in known.values("strength")] == ["251", "248"]
    assert [str(v) for v in known.values("area")] == ["~20", "22"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"strenth": 3}, "unknown response 'strenth'"),
        ({"strength": 501}, "plausible are 0 to 500 MPa"),
        ({"strength": ">"}, "stands without a number"),
        ({"strength": float("nan")}, "not a finite number"),
        ({"strength": True}, "allowed is a number"),
        ({"strength": []}, "no value"),
        ({"pure": 1}, "allowed is yes or no"),
        ({"pure": "perhaps"}, "neither yes nor no"),
        ({"area": 10, "strength": "strong"}, "is not a number"),
    ],
)
def test_wrong_results_change_nothing(campaign: Campaign, values: dict[str, Any], said: str) -> None:
    id_ = planned(campaign)
    before = campaign.dataset().fingerprint
    with pytest.raises(InputError, match=said):
        campaign.log(id_, values)
    assert campaign.dataset().fingerprint == before and not campaign.experiment(id_).history


def test_literature_is_read_only(campaign: Campaign) -> None:
    with pytest.raises(InputError, match=r"P-1 comes from literature\.csv, which is read-only"):
        campaign.log("p-1", strength=3)
    with pytest.raises(InputError, match="read-only"):
        campaign.void("P-1", reason="doubtful")
    with pytest.raises(NotFound, match="no experiment 'GLASS-001'"):
        campaign.drop("GLASS-001")
    assert campaign.results()["id"].tolist() == ["P-1", "P-2", "P-3", "P-4"]
    assert len(campaign.own_dataset()) == 0


def test_a_data_frame_without_ids_always_adds(campaign: Campaign) -> None:
    frame = pd.DataFrame([MILLED | {"strength": 240.0, "pure": True}, UNMILLED])
    assert campaign.add(frame) == ["GLASS-001", "GLASS-002"]
    assert campaign.add(frame) == ["GLASS-003", "GLASS-004"]
    results = campaign.results().set_index("id")
    assert results["strength"].to_dict()["GLASS-001"] == 240
    assert results["status"].to_dict()["GLASS-002"] == "planned"
    assert results["milling_speed"].isna().to_dict()["GLASS-002"]


def test_a_file_fills_in_and_adds_nothing_the_second_time(campaign: Campaign, tmp_path: Path) -> None:
    (first,) = campaign.add(pd.DataFrame([MILLED]))
    table = tmp_path / "results.csv"
    table.write_text(f"id,strength [GPa]\n{first},0.24\n")
    assert campaign.add(table) == [first]
    assert campaign.add(table) == []
    assert [str(v) for v in campaign.experiment(first).values("strength")] == ["240"]


def test_candidates_keep_their_labels(campaign: Campaign) -> None:
    frame = pd.DataFrame([MILLED, UNMILLED, MILLED | {"milling_speed": 300.0}], index=["a", "b", "c"])
    suggestions = campaign.suggest(2, candidates=frame)
    assert len(suggestions) == 2
    for s in suggestions:
        row = {"a": MILLED, "b": UNMILLED, "c": MILLED | {"milling_speed": 300.0}}[str(s.candidate)]
        assert dict(s.parameters) == row
    everything = campaign.suggest(5, candidates=frame)
    assert sorted(str(s.candidate) for s in everything) == ["a", "b", "c"]
    assert any("Only 3 of 5" in message for message in everything.messages)


def test_candidates_that_break_a_rule_or_a_range(campaign: Campaign) -> None:
    forbidden = pd.DataFrame([MILLED | {"route": "wet"}])
    assert len(campaign.suggest(1, candidates=forbidden)) == 0
    faulty = pd.DataFrame([MILLED | {"temperature": 300.0}, UNMILLED | {"milling_speed": 300.0}])
    with pytest.raises(InputError) as raised:
        campaign.suggest(1, candidates=faulty)
    assert len(raised.value.faults) == 2
    assert "candidates row 0: temperature is 300 degC" in raised.value.faults[0]
    assert "candidates row 1: milling_speed is 300, but it does not apply" in raised.value.faults[1]


def test_forecasts_have_the_columns_and_the_index_of_the_question(campaign: Campaign) -> None:
    frame = pd.DataFrame([MILLED, UNMILLED], index=["x", "y"])
    forecast = campaign.forecast(frame)
    assert list(forecast.index) == ["x", "y"]
    assert list(forecast.columns) == [
        "pure.probability",
        *[f"{name}.{part}" for name in ("area", "strength") for part in ("median", "low", "high")],
        "limit.pure",
    ]
    assert forecast["pure.probability"].between(0, 1).all()
    assert list(campaign.suggest(1).to_frame().columns)[4:] == list(forecast.columns)


def test_comparisons_teach(campaign: Campaign) -> None:
    ids = campaign.add(pd.DataFrame([MILLED, UNMILLED]))
    before = campaign.forecast(pd.DataFrame([MILLED, UNMILLED]))["strength.median"]
    assert campaign.compare(better=ids[1], worse=ids[0], response="strength")
    assert not campaign.compare(better=ids[1].lower(), worse=ids[0], response="strength")
    after = campaign.forecast(pd.DataFrame([MILLED, UNMILLED]))["strength.median"]
    assert after[1] - after[0] > before[1] - before[0]
    with pytest.raises(InputError, match="unknown response 'colour', allowed are pure, area or strength"):
        campaign.compare(better=ids[0], worse="P-1", response="colour")


def test_corrections_leave_a_history(campaign: Campaign) -> None:
    (made,) = campaign.add(pd.DataFrame([MILLED | {"strength": 240.0}]))
    campaign.amend(made, strength=245, temperature="170", reason="read again")
    campaign.amend(made, milling="none", reason="the mill was broken")
    known = campaign.experiment(made)
    assert known.planned["temperature"] == 160 and known.executed["temperature"] == 170
    assert known.executed["milling_speed"] is None, "what no longer applies goes by itself"
    assert [(str(m.value), m.counts) for m in known.history] == [("240", False), ("245", True)]
    campaign.void(made, response="strength", reason="cracked before the test")
    assert campaign.experiment(made).values("strength") == ()
    assert [e.action for e in campaign.events(made)] == ["import DataFrame", "amend", "amend", "void"]
    with pytest.raises(InputError, match="does not apply when milling is none"):
        campaign.amend(made, milling_speed=300, reason="guess")


def test_a_campaign_defined_in_python_can_be_kept(glass_keys: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    Campaign.create(path=path, **glass_keys | {"name": "mine"}).add(pd.DataFrame([MILLED]))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mine.db", "mine.yaml"]
    assert len(Campaign.open(path).results()) == 1
    elsewhere = Campaign.open(path, dataset=f"sqlite:///{tmp_path / 'other.db'}")
    assert len(elsewhere.results()) == 0


def test_nothing_but_zeros_and_one_odd_value_gets_an_answer() -> None:
    parameters = {"a": {"from": 0, "to": 10, "step": 1}, "b": ["x", "y", "z"]}
    campaign = Campaign.create(name="t", parameters=parameters, responses={"y": {}}, goal={"maximise": "y"})
    table = pd.DataFrame({"a": [0.0, 3, 5, 7, 9, 10], "b": list("xyzxyz"), "y": [0, 0, 0, 0, 0, 0.07]})
    campaign.add(table)
    suggested = campaign.suggest(2)
    assert len(suggested) == 2
    assert all(np.isfinite(list(s.forecast["y"].values())).all() for s in suggested)
