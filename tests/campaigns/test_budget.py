"""A budget of experiments: its key, what counts, what is said, and what it changes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.definition import definition_from
from ovenbird.datasets import InputError

Command = Callable[..., Any]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"experiments": 0}, "budget.experiments: must be a whole number from 1 on, got 0"),
        ({"experiments": 2.5}, "budget.experiments: must be a whole number from 1 on, got 2.5"),
        ({}, "budget.experiments: this key is missing"),
        (20, "budget: must be a mapping ({name: ..., name: ...}), got 20"),
        ({"experiments": 5, "weeks": 3}, "budget.weeks"),
    ],
)
def test_a_faulty_budget_is_one_sentence(glass_keys: dict[str, Any], given: object, sentence: str) -> None:
    with pytest.raises(InputError) as raised:
        definition_from(glass_keys | {"budget": given})
    assert len(raised.value.faults) == 1 and sentence in raised.value.faults[0]


def test_made_failed_and_pending_count_and_dropped_ones_do_not(glass_keys: dict[str, Any]) -> None:
    campaign = Campaign.create(**glass_keys, budget={"experiments": 5})
    assert campaign.budget is not None and campaign.budget.left == 5
    saved = campaign.accept(campaign.suggest(4))
    assert campaign.budget.left == 1
    campaign.log(saved[0].id, pure=True, area=30, strength=200)
    campaign.fail(saved[1].id, reason="equipment")
    assert campaign.budget.left == 1
    campaign.drop(saved[2].id)
    assert campaign.budget.left == 2
    assert Campaign.create(**glass_keys).budget is None


def test_how_many_are_left_is_said_and_a_spent_budget_still_gets_an_answer(
    glass_keys: dict[str, Any],
) -> None:
    campaign = Campaign.create(**glass_keys, budget={"experiments": 3})
    assert campaign.suggest(1).messages[0] == "3 of the 3 experiments of the budget are left."
    first = campaign.suggest(4).messages
    assert not any("the last ones" in message for message in first), "a first design is chosen to explore"
    saved = campaign.accept(campaign.suggest(2))
    for number, one in enumerate(saved):
        campaign.log(one.id, pure=True, area=30, strength=200 + number)
    last = campaign.suggest(1)
    assert "1 of the 3 experiments of the budget is left." in last.messages
    assert any(message.startswith("These are chosen as the last ones") for message in last.messages)
    more = campaign.suggest(2)
    assert "The first 1 would fill it." in " ".join(more.messages) and len(more) == 2
    campaign.accept(last)
    spent = campaign.suggest(2)
    assert len(spent) == 2
    assert any(
        message.startswith("The budget of 3 experiments is used up (3 made or pending).")
        for message in spent.messages
    )


def test_the_commands_tell_the_budget_and_whether_to_go_on(
    run_command: Command, ovenbird: Command, glass: Path
) -> None:
    text = glass.read_text(encoding="utf-8")
    glass.write_text(text + "\nbudget: {experiments: 4}\n", encoding="utf-8")
    assert "4 of the 4 experiments of the budget are left." in ovenbird("status", glass).out
    content = json.loads(
        run_command("suggest-next-experiment", glass, "-n", "1", "--format", "json", "--save").out
    )
    (one,) = content["suggestions"]
    assert content["messages"][0].startswith("4 of the 4")
    assert one["purpose"]
    ovenbird("log", glass, one["id"], "pure=yes", "area=40", "strength=240")
    again = json.loads(run_command("suggest-next-experiment", glass, "-n", "1", "--format", "json").out)
    stopping = again["stopping"]
    assert stopping["unit"] == "MPa" and 0 <= stopping["probability_within"]["probability"] <= 1
    assert stopping["expected_gain"] >= 0 and stopping["probability_within"]["x"] > 0
    page = ovenbird("status", glass).out
    assert "3 of the 4 experiments of the budget are left." in page
    assert f"Stop or go on? {stopping['advice']}" in " ".join(page.split("\n"))
