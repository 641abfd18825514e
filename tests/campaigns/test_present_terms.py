"""A campaign file that changes while experiments are there."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.datasets import NOT_STATED, InputError

MILLED = {"route": "dry", "temperature": 160.0, "milling": "planetary", "milling_speed": 450.0}


@pytest.fixture
def reopened(glass: Path) -> Callable[[str, str], Campaign]:
    """A campaign with one experiment, whose file was changed after that."""
    Campaign.open(glass).add(pd.DataFrame([MILLED | {"strength": 240.0}]))

    def change(piece: str, replacement: str) -> Campaign:
        text = glass.read_text().replace("learn_from: [literature.csv]\n", "")
        assert text.count(piece) == 1
        glass.write_text(text.replace(piece, replacement))
        return Campaign.open(glass)

    return change


def test_a_narrower_range_keeps_what_was_made(reopened: Callable[[str, str], Campaign]) -> None:
    campaign = reopened("to: 200", "to: 150")
    assert campaign.experiment("GLASS-001").executed["temperature"] == 160
    assert all(float(s.parameters["temperature"]) <= 150 for s in campaign.suggest(3))  # pyright: ignore
    campaign.amend("GLASS-001", milling_speed=400, reason="read again")
    with pytest.raises(InputError, match="temperature is 155 degC, allowed are 100 to 150 degC"):
        campaign.amend("GLASS-001", temperature=155, reason="read again")


def test_a_new_parameter_is_not_stated(reopened: Callable[[str, str], Campaign]) -> None:
    campaign = reopened("rules:", "  pressure: {unit: bar, from: 1, to: 5}\nrules:")
    assert campaign.experiment("GLASS-001").executed["pressure"] is NOT_STATED
    assert len(campaign.suggest(1)) == 1


def test_a_parameter_that_is_gone_is_left_aside(reopened: Callable[[str, str], Campaign]) -> None:
    campaign = reopened(
        "  milling_speed: {unit: rpm, from: 200, to: 600, step: 50, when: {milling: planetary}}\n", ""
    )
    assert set(campaign.experiment("GLASS-001").executed) == {"route", "temperature", "milling"}
    (message,) = campaign.dataset_messages
    assert message == (
        "glass.db states milling_speed of 1 experiment, which the campaign file does not know: it is left "
        "aside; if it was renamed, name it as before."
    )
    suggestions = campaign.suggest(1)
    assert len(suggestions) == 1 and message in suggestions.messages
    candidates = pd.DataFrame([{"route": "dry", "temperature": 150.0, "milling": "none"}])
    assert message in campaign.suggest(1, candidates=candidates).messages


def test_a_correction_keeps_what_is_left_aside(reopened: Callable[[str, str], Campaign]) -> None:
    campaign = reopened("milling_speed: {unit", "mill_speed: {unit")
    campaign.amend("GLASS-001", temperature=170, reason="read again")
    stored = campaign.store.experiment("GLASS-001").executed
    assert stored["milling_speed"] == 450 and stored["temperature"] == 170


def test_results_of_a_response_that_is_gone_are_told(reopened: Callable[[str, str], Campaign]) -> None:
    campaign = reopened(
        "strength: {unit: MPa, plausible: [0, 500], noise: 4 %}\ngoal: {maximise: strength}",
        "force: {unit: MPa}\ngoal: {maximise: force}",
    )
    (message,) = campaign.dataset_messages
    assert message.startswith("glass.db holds results for strength of 1 experiment, which the campaign file")


def test_nothing_is_left_aside_as_long_as_the_file_stays(glass: Path) -> None:
    campaign = Campaign.open(glass)
    campaign.add(pd.DataFrame([MILLED | {"strength": 240.0}]))
    assert campaign.dataset_messages == ()


def test_a_choice_that_was_made_must_stay(reopened: Callable[[str, str], Campaign]) -> None:
    campaign = reopened("[none, planetary]", "[none, planetary, jet]")
    assert len(campaign.suggest(1)) == 1
    campaign = reopened("[dry, wet]", "[moist, wet]")
    with pytest.raises(InputError, match=r"^glass\.db GLASS-001: route is 'dry', allowed are moist or wet;"):
        campaign.suggest(1)


def test_results_that_are_no_longer_plausible_are_told_and_can_be_corrected(
    reopened: Callable[[str, str], Campaign],
) -> None:
    campaign = reopened("[0, 500]", "[0, 200]")
    with pytest.raises(
        InputError, match=r"^glass\.db GLASS-001: strength is 240 MPa, plausible are 0 to 200"
    ):
        campaign.suggest(1)
    campaign.amend("GLASS-001", strength=140, reason="typing error")
    assert len(campaign.suggest(1)) == 1


def test_a_response_of_another_kind_is_told(reopened: Callable[[str, str], Campaign]) -> None:
    campaign = reopened(
        "strength: {unit: MPa, plausible: [0, 500], noise: 4 %}\ngoal: {maximise: strength}",
        "strength: {kind: yes_no}\ngoal: {maximise: area}",
    )
    with pytest.raises(InputError, match="strength is 240, allowed is yes or no"):
        campaign.dataset()
