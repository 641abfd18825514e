from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.campaigns import Campaign
from ovenbird.models import beliefs
from ovenbird.models.html_pieces import plain

from ..html_checks import text_of

LTVO = Path(__file__).parents[2] / "campaigns" / "library" / "ltvo.yaml"
LAB = {
    "calendar": {"days": ["mon", "tue"], "hours": "09:00-18:00"},
    "resources": {"furnace": {"unattended": True}},
    "steps": [{"name": "fire", "on": "furnace", "hours": 10, "gives": ["y"]}],
}
Keys = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _nothing_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    def learn(*_arguments: object, **_named: object) -> None:
        raise AssertionError("showing a campaign learns nothing")

    monkeypatch.setattr(beliefs, "learn", learn)


def shown(campaign: Campaign) -> str:
    return text_of(campaign._repr_html_())


def test_a_new_campaign_says_how_to_begin(minimal: Keys) -> None:
    campaign = Campaign.create(**minimal(title="Hard alloys"))
    assert repr(campaign) == "<Campaign alloy: maximise y>"
    assert shown(campaign) == (
        "alloy: Hard alloys goal maximise y made here nothing yet best so far no value of y is known yet "
        "within the limits next Nothing is known yet. Add what was made before: campaign.add(table) Ask what "
        "to make: campaign.suggest(4) , and keep it: campaign.accept(suggestions)"
    )


def test_it_shows_counts_the_best_and_what_waits(minimal: Keys) -> None:
    keys = minimal(
        parameters={"x": {"unit": "degC", "from": 0, "to": 100}},
        responses={"y": {"unit": "m2/g"}, "pure": {"kind": "yes_no"}},
        limits={"pure": {"probability_at_least": 0.9}, "y": {"at_least": 1, "with_probability": 0.8}},
        budget={"experiments": 20},
    )
    campaign = Campaign.create(**keys)
    table = {
        "x": [10, 20, 30, 40, 50],
        "y": ["3.456", "5", "~2", "9", ""],
        "pure": ["yes", "yes", "", "no", ""],
        "status": ["", "", "", "", "planned"],
        "source": ["", "", "a paper", "", ""],
    }
    campaign.add(pd.DataFrame(table))
    campaign.fail(campaign.own_dataset().experiments[0].id, reason="equipment")
    seen = shown(campaign)
    for fact in (
        "goal maximise y [m²/g]",
        "limits pure: chance of yes at least 90 %; y at least 1 m²/g with 80 %",
        "made here 1 planned, 2 measured, 1 failed",
        "from elsewhere 1 of a paper",
        "budget 16 of the 20 experiments of the budget are left.",
        "best so far 5 m²/g , ALLOY-002 : x 20 °C",
        '1 sample waits for results: ALLOY-005 . Enter what is known: campaign.log("ALLOY-005", y=...)',
    ):
        assert fact in seen


def test_with_a_lab_it_says_how_to_plan(minimal: Keys) -> None:
    campaign = Campaign.create(**minimal(lab=LAB))
    assert "Plan a week: campaign.plan() , and keep it: campaign.adopt(plan)" in shown(campaign)
    campaign.add(pd.DataFrame({"x": [0.5], "y": [""], "status": ["running"]}))
    assert "Plan the week again with it: campaign.plan()" in shown(campaign)


def test_a_used_up_budget_is_the_end(minimal: Keys) -> None:
    campaign = Campaign.create(**minimal(budget={"experiments": 1}))
    campaign.add(pd.DataFrame({"x": [0.5], "y": [2]}))
    seen = shown(campaign)
    assert "next The budget is used up." in seen and "campaign.suggest" not in seen


def test_a_front_shows_a_few_of_its_powders(minimal: Keys) -> None:
    keys = minimal(responses={"y": {}, "z": {"unit": "h"}}, goal={"maximise": "y", "minimise": "z"})
    campaign = Campaign.create(**keys)
    campaign.add(pd.DataFrame({"x": [i / 8 for i in range(8)], "y": range(8), "z": range(8)}))
    seen = shown(campaign)
    assert "goal maximise y, minimise z [h]" in seen
    assert "y 7, z 7 h , ALLOY-008" in seen and "and 3 more on the front" in seen


def test_a_target_is_named(minimal: Keys) -> None:
    campaign = Campaign.create(**minimal(goal={"target": {"y": 2.5}}))
    assert "goal y as near as possible to 2.5" in shown(campaign)


def test_the_best_of_a_paper_names_it() -> None:
    seen = shown(Campaign.open(LTVO, dataset="sqlite://"))
    assert "16 of 10.1039/d5ta07405c" in seen
    assert "SOL-700C-3h (10.1039/d5ta07405c): route solution, calcination temperature 700 °C" in seen


def test_data_that_no_longer_fit_are_told_instead_of_raised(minimal: Keys, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'a.db'}"
    wide = Campaign.create(dataset=store, **minimal(parameters={"x": {"from": 0, "to": 9}}))
    wide.add(pd.DataFrame({"x": [8], "y": [1]}))
    named = Campaign.create(dataset=store, **minimal(parameters={"x": ["a", "b"]}))
    assert "What is known cannot be read:" in shown(named)


@given(st.text(max_size=200), st.text(min_size=1, max_size=60))
def test_text_of_people_stays_text(title: str, source: str) -> None:
    keys = {"parameters": {"x": ["<b>a</b>", "b"]}, "responses": {"y": {}}, "goal": {"maximise": "y"}}
    campaign = Campaign.create(name="alloy", title="<u>t", **keys)
    object.__setattr__(campaign.definition, "title", title)
    frame = pd.DataFrame({"x": ["<b>a</b>"], "y": [1], "source": [f"s {source}"]})
    campaign.add(frame.map(lambda cell: cell.replace("\x00", "") if isinstance(cell, str) else cell))
    seen = shown(campaign)
    assert " ".join(plain(title).split()) in seen
    assert "x <b>a</b>" in seen
