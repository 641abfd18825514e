"""What a Python user may hand over, and what is refused before anything is written."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.datasets import InputError
from ovenbird.planner.suggestion import Suggestion

MILLED: dict[str, Any] = {
    "route": "dry",
    "temperature": 160.0,
    "milling": "planetary",
    "milling_speed": 450.0,
}
LITERATURE_ROW = {"id": "P-1", "route": "dry", "temperature": 200, "milling": "none", "milling_speed": None}


@pytest.fixture
def campaign(glass: Path) -> Campaign:
    return Campaign.open(glass)


@pytest.fixture
def proposed() -> Callable[..., Suggestion]:
    """A suggestion of some conditions, as a program might make one."""

    def suggestion(**conditions: Any) -> Suggestion:
        return Suggestion(parameters=MILLED | conditions, forecast={}, limits={}, improvement={})

    return suggestion


@pytest.mark.parametrize("n", [2.5, "3", None, True, 0, np.float64(2)])
def test_n_is_a_whole_number(campaign: Campaign, n: Any) -> None:
    with pytest.raises(InputError, match=r"^n must be "):
        campaign.suggest(n)


@pytest.mark.parametrize("seed", [1.5, "a", None, -1, np.int64(-3)])
def test_a_seed_is_a_whole_number(campaign: Campaign, seed: Any) -> None:
    with pytest.raises(InputError, match=r"^seed must be "):
        campaign.suggest(1, seed=seed)


def test_whole_numbers_of_numpy_and_of_any_size_are_numbers(campaign: Campaign) -> None:
    plain = campaign.suggest(2, seed=3)
    assert campaign.suggest(np.int64(2), seed=np.uint8(3)) == plain  # pyright: ignore[reportArgumentType]
    assert len(campaign.suggest(1, seed=10**40)) == 1


@pytest.mark.parametrize("ask", ["suggest", "forecast"])
def test_a_column_that_stands_twice_is_refused(campaign: Campaign, ask: str) -> None:
    twice = pd.DataFrame([[*MILLED.values(), 150.0]], columns=pd.Index([*MILLED, "temperature"]))
    with pytest.raises(InputError, match="the column temperature stands twice"):
        campaign.forecast(twice) if ask == "forecast" else campaign.suggest(1, candidates=twice)


@pytest.mark.parametrize("table", [None, {"route": ["dry"]}, pd.Series([1.0]), 5])
def test_only_tables_are_imported(campaign: Campaign, table: Any) -> None:
    with pytest.raises(InputError, match=r"^expected a DataFrame or the path of a CSV or Excel file, got "):
        campaign.add(table)


@pytest.mark.parametrize("id_", [5, None, b"P-1", ["P-1"]])
def test_ids_are_text(campaign: Campaign, id_: Any) -> None:
    calls: list[Callable[[], object]] = [
        lambda: campaign.experiment(id_),
        lambda: campaign.log(id_, strength=3),
        lambda: campaign.fail(id_, reason="process"),
        lambda: campaign.drop(id_),
        lambda: campaign.void(id_, reason="why"),
        lambda: campaign.amend(id_, strength=3, reason="why"),
        lambda: campaign.compare(better=id_, worse="P-1", response="strength"),
        lambda: campaign.compare(better="P-1", worse=id_, response="strength"),
    ]
    for call in calls:
        with pytest.raises(InputError, match=r"^the id of an experiment is text such as"):
            call()


@pytest.mark.parametrize("path", [None, 5, b"glass.yaml"])
def test_a_campaign_file_has_a_path(path: Any) -> None:
    with pytest.raises(InputError, match=r"^expected the path of a campaign file, got "):
        Campaign.open(path)


@pytest.mark.parametrize("value", [b"3", bytearray(b"3"), [b"3"], {"a": 3}])
def test_bytes_are_no_result(campaign: Campaign, value: Any) -> None:
    (made,) = campaign.add(pd.DataFrame([MILLED]))
    with pytest.raises(InputError, match=r"^GLASS-001: strength is "):
        campaign.log(made, strength=value)
    with pytest.raises(InputError, match=r"^GLASS-001: values are given by response"):
        campaign.log(made, [3])  # pyright: ignore[reportArgumentType]
    assert not campaign.experiment(made).history


def test_no_conditions_have_no_forecasts_but_all_columns(campaign: Campaign) -> None:
    one = pd.DataFrame([MILLED])
    empty = campaign.forecast(one.iloc[:0])
    assert len(empty) == 0 and list(empty.columns) == list(campaign.forecast(one).columns)


def test_only_suggestions_that_fit_are_accepted(
    campaign: Campaign, proposed: Callable[..., Suggestion], glass: Path
) -> None:
    wrong = [
        proposed(),
        {"route": "dry"},
        proposed(temperature=999),
        proposed(colour="red"),
        proposed(milling_speed=None),
    ]
    with pytest.raises(InputError) as raised:
        campaign.accept(wrong)
    assert [fault.partition(",")[0] for fault in raised.value.faults] == [
        "suggestion 2: expected a Suggestion as suggest gives them",
        "suggestion 3: temperature is 999 degC",
        "suggestion 4: unknown parameter 'colour'",
        "suggestion 5: milling_speed is missing",
    ]
    for no_list in (None, proposed(), "GLASS-001", 3):
        with pytest.raises(InputError, match=r"^expected suggestions in a list"):
            campaign.accept(no_list)  # pyright: ignore[reportArgumentType]
    assert not (glass.parent / "glass.db").exists()


def test_accepted_conditions_are_completed(campaign: Campaign, proposed: Callable[..., Suggestion]) -> None:
    made = {"route": "wet", "temperature": 180, "milling": "none"}
    (saved,) = campaign.accept([replace(proposed(), parameters=made)])
    expected = made | {"milling_speed": None}
    assert dict(saved.parameters) == dict(campaign.experiment(saved.id).planned) == expected


def test_the_id_of_a_sample_from_the_literature_is_not_free(campaign: Campaign, tmp_path: Path) -> None:
    table = tmp_path / "results.csv"
    table.write_text("id,route,temperature,milling,milling_speed,strength\np-1,dry,200,none,,300\n")
    with pytest.raises(
        InputError,
        match=r"^results\.csv row 2: the id p-1 is that of a sample from literature\.csv; give your sample",
    ):
        campaign.add(table)
    table.write_text("id,strength\nP-1,300\n")
    with pytest.raises(InputError, match="give your sample another id"):
        campaign.add(table)
    other = LITERATURE_ROW | {"source": "10.1/glass", "temperature": 190}
    with pytest.raises(InputError, match=r"DataFrame\.iloc\[0\]: the id P-1 is that of a sample"):
        campaign.add(pd.DataFrame([other]))
    assert len(campaign.own_dataset()) == 0


def test_results_can_be_imported_again(campaign: Campaign) -> None:
    campaign.add(pd.DataFrame([MILLED | {"strength": 240.0}]))
    results = campaign.results()
    campaign.add(results.assign(id=results["id"].str.lower()))
    again = campaign.results()
    assert sorted(again["id"]) == sorted(results["id"]), "a sample must not be there twice"
    campaign.add(again)
    assert len(campaign.results()) == len(results)


def test_without_its_goal_value_an_experiment_is_awaited_again(campaign: Campaign) -> None:
    (made,) = campaign.add(pd.DataFrame([MILLED]))
    campaign.log(made, pure=True, strength=240)
    assert campaign.experiment(made).status == "measured"
    campaign.void(made, response="strength", reason="cracked")
    assert campaign.experiment(made).status == "running"
    campaign.void(made, reason="wrong vial")
    assert campaign.experiment(made).status == "planned"
    assert [e.id for e in campaign.problem.awaited(campaign.dataset())] == [made]


def test_what_broke_a_limit_is_not_awaited_for_want_of_its_goal(campaign: Campaign) -> None:
    (made,) = campaign.add(pd.DataFrame([MILLED]))
    campaign.log(made, pure=False, strength=240, area=20)
    campaign.void(made, response="strength", reason="cracked")
    assert campaign.experiment(made).status == "measured"
    campaign.void(made, response="pure", reason="wrong vial")
    assert campaign.experiment(made).status == "running"


def test_failures_stay_failures_when_values_go(campaign: Campaign) -> None:
    (made,) = campaign.add(pd.DataFrame([MILLED | {"strength": 240.0}]))
    campaign.fail(made, reason="process")
    campaign.void(made, reason="cracked")
    assert campaign.experiment(made).status == "failed"


def test_comparisons_need_to_be_clear(glass_keys: dict[str, Any]) -> None:
    keys = glass_keys | {
        "responses": glass_keys["responses"] | {"ratio": {"ratio_of": ["strength", "area"]}},
        "goal": {"target": {"strength": 250}},
    }
    campaign = Campaign.create(**keys)
    first, second = campaign.add(pd.DataFrame([MILLED, MILLED]))
    with pytest.raises(InputError, match="with a target it is not clear which of two is better"):
        campaign.compare(better=first, worse=second, response="strength")
    with pytest.raises(
        InputError, match=r"^ratio is computed from strength and area; compare strength or area"
    ):
        campaign.compare(better=first, worse=second, response="ratio")
    assert campaign.compare(better=first, worse=second, response="area")
