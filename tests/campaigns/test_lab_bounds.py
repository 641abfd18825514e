"""What the machines of a campaign can do safely holds for everything that it suggests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.datasets import InputError

LAB: dict[str, Any] = {
    "resources": {
        "mill": {"bounds": {"milling_speed": {"at_most": 300}}},
        "oven": {"bounds": {"temperature": {"at_least": 130, "at_most": 170}}},
    },
    "steps": [
        {"name": "mill", "on": "mill", "hours": 2, "when": {"milling": "planetary"}},
        {"name": "fire", "on": "oven", "hours": 5, "when": {"route": "dry"}},
    ],
}
# The best ones were made beyond what the machines can do.
MADE = [
    ("dry", 200, "planetary", 600, "yes", 300),
    ("dry", 150, "planetary", 400, "yes", 260),
    ("dry", 200, "none", None, "yes", 220),
    ("dry", 140, "none", None, "yes", 190),
    ("wet", 200, "none", None, "yes", 180),
    ("dry", 100, "none", None, "no", None),
]
COLUMNS = ["route", "temperature", "milling", "milling_speed", "pure", "strength"]


@pytest.fixture
def bounded(glass_keys: dict[str, Any]) -> Campaign:
    """A campaign whose machines can do less than its parameters allow."""
    campaign = Campaign.create(**glass_keys, lab=LAB)
    campaign.add(pd.DataFrame(MADE, columns=COLUMNS))
    return campaign


def within(conditions: pd.DataFrame) -> pd.Series:
    fired = conditions["temperature"].between(130, 170) | (conditions["route"] == "wet")
    return fired & (conditions["milling_speed"].fillna(0).astype(float) <= 300)


@pytest.mark.parametrize("seed", range(3))
def test_no_suggestion_goes_beyond_a_machine(bounded: Campaign, seed: int) -> None:
    made = pd.DataFrame([dict(item.parameters) for item in bounded.suggest(4, seed=seed)])
    assert len(made) == 4 and within(made).all(), made


def test_a_campaign_without_results_begins_within_them(glass_keys: dict[str, Any]) -> None:
    campaign = Campaign.create(**glass_keys, lab=LAB)
    made = pd.DataFrame([dict(item.parameters) for item in campaign.suggest(6)])
    assert len(made) == 6 and within(made).all(), made


def test_candidates_beyond_them_are_not_chosen(bounded: Campaign) -> None:
    table = pd.DataFrame(
        [("dry", 180, "none", None), ("dry", 170, "planetary", 300), ("wet", 190, "none", None)],
        columns=COLUMNS[:4],
    )
    assert {item.candidate for item in bounded.suggest(3, candidates=table)} == {1, 2}


def test_bounds_that_leave_nothing_are_named(glass_keys: dict[str, Any]) -> None:
    second = {"name": "dry", "on": "kiln", "hours": 1}
    kiln = {"bounds": {"temperature": {"at_least": 180}}}
    lab = {
        "resources": LAB["resources"] | {"kiln": kiln},
        "steps": [{"name": "fire", "on": "oven", "hours": 5}, second],
    }
    with pytest.raises(InputError, match="temperature at least 180 on kiln"):
        Campaign.create(**glass_keys, lab=lab).suggest(2)


def test_check_tells_them_among_the_rules(
    glass_keys: dict[str, Any], tmp_path: Path, ovenbird: Callable[..., Any]
) -> None:
    file = tmp_path / "glass.yaml"
    lab = {**LAB, "calendar": {"days": ["mon", "fri"], "hours": "08:00-24:00"}, "budget": {"samples": 3}}
    Campaign.create(**glass_keys, lab=lab, path=file).add(pd.DataFrame(MADE, columns=COLUMNS))
    page = " ".join(ovenbird("check", file).out.split())
    assert (
        "milling_speed at most 300 on mill when milling is planetary (what mill can do safely) "
        "temperature at least 130 and at most 170 on oven when route is dry (what oven can do safely)"
    ) in page
    assert "open mon, fri 08:00-24:00; 3 samples a week." in page
