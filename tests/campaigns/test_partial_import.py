"""Results that come in bit by bit in tables leave an experiment where `ovenbird log` would leave it."""

from pathlib import Path

import pandas as pd
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.datasets import InputError, Status

MILLED = {"route": "dry", "temperature": 160.0, "milling": "planetary", "milling_speed": 450.0}


@pytest.fixture
def campaign(glass: Path) -> Campaign:
    opened = Campaign.open(glass)
    opened.add(pd.DataFrame([MILLED]))
    return opened


def fill_in(campaign: Campaign, **cells: object) -> Status:
    campaign.add(pd.DataFrame([{"id": "GLASS-001", **cells}]))
    return campaign.experiment("GLASS-001").status


def test_running_until_the_goal_is_known(campaign: Campaign) -> None:
    assert fill_in(campaign, note="weighed") is Status.PLANNED
    assert fill_in(campaign, pure=True) is Status.RUNNING
    assert fill_in(campaign, pure=True, area="~20") is Status.RUNNING
    assert fill_in(campaign, pure=True, area="~20", strength=">80") is Status.MEASURED


def test_a_broken_limit_ends_it(campaign: Campaign) -> None:
    assert fill_in(campaign, pure=False) is Status.MEASURED


def test_a_table_may_say_it_is_done(campaign: Campaign) -> None:
    assert fill_in(campaign, pure=True, status="measured") is Status.MEASURED


def test_a_failure_with_its_reason(campaign: Campaign) -> None:
    assert fill_in(campaign, pure=True, failure="process", note="foamed") is Status.FAILED
    found = campaign.experiment("GLASS-001")
    assert (found.failure, found.note) == ("process", "foamed")


def test_what_others_made_is_measured(campaign: Campaign) -> None:
    theirs = {"id": "P-9", **MILLED, "source": "10.1/other", "status": "running"}
    campaign.add(pd.DataFrame([theirs]))
    campaign.add(pd.DataFrame([{"id": "P-9", "pure": "yes"}]))
    assert campaign.experiment("P-9").status is Status.MEASURED


def test_executed_conditions_and_results_in_one_row(campaign: Campaign) -> None:
    assert fill_in(campaign, pure=True, **{"executed milling": "none"}) is Status.RUNNING
    found = campaign.experiment("GLASS-001")
    assert (found.executed["milling"], found.executed["milling_speed"]) == ("none", None)
    assert found.planned == MILLED
    with pytest.raises(InputError, match="executed milling_speed of GLASS-001 is empty, the table says 400"):
        fill_in(campaign, **{"executed milling_speed": 400})
    with pytest.raises(
        InputError, match=r"executed milling of GLASS-001 is none, the table says planetary; to"
    ):
        fill_in(campaign, **{"executed milling": "planetary"})


def test_what_the_file_does_not_know_any_more_stays(campaign: Campaign, glass: Path) -> None:
    glass.write_text(glass.read_text().replace("milling_speed: {unit", "mill_speed: {unit"))
    reopened = Campaign.open(glass)
    fill_in(reopened, area=20, **{"executed temperature [K]": 443.15})
    stored = reopened.store.experiment("GLASS-001").executed
    assert (stored["milling_speed"], stored["temperature"]) == (450.0, 170.0)
    assert reopened.experiment("GLASS-001").status is Status.RUNNING
