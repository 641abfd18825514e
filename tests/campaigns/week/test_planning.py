"""A week is planned without a trace, and kept as a whole or not at all."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.datasets import InputError, NotFound, Status, plan_keeping
from ovenbird.planner.timetable import Timetable
from ovenbird.planner.week_plan import GateDecision, WeekPlan

from .glass_week import AS_FIRED, FRIDAY_BEFORE, HOT, MILLED, NEXT_WEEK, WEEK, at

Contents = Callable[[], dict[str, bytes | None]]
Planned = Callable[..., Campaign]
Change = Callable[[str, str], Path]


def planned_now(campaign: Campaign, **arguments: Any) -> WeekPlan:
    everything: dict[str, Any] = {"now": FRIDAY_BEFORE, **arguments}
    return campaign.plan(WEEK, **everything)


def test_a_plan_leaves_no_trace_until_it_is_adopted(lab_file: Path, contents: Contents) -> None:
    campaign, before = Campaign.open(lab_file), contents()
    made = planned_now(campaign)
    assert [sample.experiment for sample in made.samples] == ["NEW-1", "NEW-2", "NEW-3"]
    assert [suggestion.id for suggestion in made.suggestions] == ["NEW-1", "NEW-2", "NEW-3"]
    assert (contents(), len(campaign.own_dataset())) == (before, 0)


def test_adopting_gives_ids_everywhere(lab_file: Path) -> None:
    campaign = Campaign.open(lab_file)
    made = planned_now(campaign)
    kept = campaign.adopt(made)
    ids = ["GLASS-001", "GLASS-002", "GLASS-003"]
    assert [sample.experiment for sample in kept.samples] == ids
    assert "NEW-" not in json.dumps(kept.as_json())
    assert len(kept.timetable.tasks) == len(made.timetable.tasks)
    own = campaign.own_dataset()
    assert [(e.id, e.status, e.is_own) for e in own.experiments] == [
        (id_, Status.PLANNED, True) for id_ in ids
    ]
    for sample in kept.samples:
        assert (
            own.by_id[sample.experiment].planned == own.by_id[sample.experiment].executed == sample.conditions
        )
    assert [event.action for event in campaign.events()] == ["accept", "accept", "accept", "plan"]


def test_the_forecast_is_kept_with_the_experiment(lab_file: Path) -> None:
    campaign = Campaign.open(lab_file)
    kept = campaign.adopt(planned_now(campaign))
    for suggestion in kept.suggestions:
        assert suggestion.id is not None
        forecast = campaign.experiment(suggestion.id).forecast
        expected: dict[str, Any] = {
            k: v for k, v in suggestion.as_json().items() if k not in ("id", "parameters")
        }
        assert forecast == json.loads(json.dumps(expected))
        assert set(expected["forecast"]) >= {"pure", "area", "strength"}


def test_adopting_is_all_or_nothing(lab_file: Path, planned: Planned) -> None:
    campaign = planned(MILLED)
    made = planned_now(campaign, n=1)
    before = campaign.own_dataset(), campaign.events()
    write_event = plan_keeping.write_event

    def no_space(*arguments: Any) -> None:
        if "plan" in arguments:
            raise OSError("no space left on device")
        write_event(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan_keeping, "write_event", no_space)
        with pytest.raises(OSError, match="no space"):
            campaign.adopt(made)
    assert (campaign.own_dataset(), campaign.events()) == before
    assert Campaign.open(lab_file).own_dataset() == before[0]
    assert campaign.adopt(made).samples[-1].experiment == "GLASS-002"


def test_a_plan_is_kept_once(planned: Planned) -> None:
    campaign = planned(MILLED)
    kept = campaign.adopt(planned_now(campaign, n=2))
    before = campaign.events()
    with pytest.raises(InputError, match=r"GLASS-002 and GLASS-003: the plan was kept before"):
        campaign.adopt(kept)
    assert campaign.events() == before


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_sample_that_is_not_worth_its_steps_is_over(planned: Planned, goes_on: bool) -> None:
    campaign = planned(MILLED, AS_FIRED)
    campaign.log("GLASS-001", pure=True)
    made = planned_now(campaign, n=0, now=at("tue 09:30"))
    decision = GateDecision(
        experiment="GLASS-001",
        goes_on=goes_on,
        value=0.1,
        cost=0.2,
        value_of_new=1.0,
        cost_of_new=0.2,
        unit="MPa",
        sentence="GLASS-001 stops before bend.",
    )
    others = tuple(task for task in made.timetable.tasks if task.experiment != "GLASS-001")
    made = replace(made, timetable=Timetable(tasks=others), decisions=(decision,))
    campaign.adopt(made)
    found = campaign.experiment("GLASS-001")
    assert found.status is (Status.RUNNING if goes_on else Status.MEASURED)
    assert [e.action for e in campaign.events("GLASS-001")][-1] == ("log" if goes_on else "stop")
    assert found.note == ("" if goes_on else f"stopped in {WEEK}, not worth its remaining steps")
    # What stopped is said once, and awaited no more.
    again = planned_now(campaign, n=0, now=at("tue 09:30"))
    assert ("GLASS-001" in again.by_id) == goes_on and not again.changes


def test_the_control_is_made_once_a_week(lab_file: Path) -> None:
    campaign = Campaign.open(lab_file)
    first = campaign.adopt(planned_now(campaign, n=1))
    assert [sample.role for sample in first.samples] == ["control"]
    second = campaign.adopt(planned_now(campaign))
    assert [sample.is_new for sample in second.samples] == [False, True, True]
    assert [s.role for s in second.samples if s.role == "control"] == []
    next_week = campaign.plan(NEXT_WEEK, n=1, now=FRIDAY_BEFORE)
    assert [sample.role for sample in next_week.samples if sample.is_new] == ["control"]


def test_a_sample_with_the_conditions_of_the_control_is_the_control(planned: Planned) -> None:
    campaign = planned(MILLED)
    for now in (FRIDAY_BEFORE, at("tue 10:00")):
        assert "control" not in roles(planned_now(campaign, n=1, now=now)).values()
    assert "control" in roles(campaign.plan(NEXT_WEEK, n=1, now=FRIDAY_BEFORE)).values()
    campaign.drop("GLASS-001")
    assert "control" in roles(planned_now(campaign, n=1)).values()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_no_more_new_samples_than_wanted(lab_file: Path, n: int) -> None:
    made = planned_now(Campaign.open(lab_file), n=n)
    assert len(made.samples) == n
    assert made.status == ("optimal" if n else "empty")


def test_no_more_than_the_lab_allows_in_a_week(lab_file: Path, planned: Planned) -> None:
    campaign = planned(MILLED, HOT)
    campaign.adopt(planned_now(campaign))
    assert len(campaign.own_dataset()) == 3
    assert len(planned_now(campaign).samples) == 3
    # What is dropped leaves its place; what was carried over takes none.
    campaign.drop("GLASS-002")
    again = planned_now(campaign)
    assert [(s.experiment, s.is_new) for s in again.samples] == [("GLASS-001", False), ("GLASS-003", False), ("NEW-1", True)]  # fmt: skip
    next_week = campaign.plan(NEXT_WEEK, now=at("wed 10:00"))
    assert sum(sample.is_new for sample in next_week.samples) == 3


def test_suggestions_that_were_saved_take_places_of_the_week(lab_file: Path) -> None:
    campaign = Campaign.open(lab_file)
    campaign.accept(campaign.suggest(2))
    made = planned_now(campaign)
    assert [sample.is_new for sample in made.samples] == [False, False, True]


def test_the_budget_of_the_campaign_is_kept(lab_file: Path, change: Change) -> None:
    change("goal: {maximise: strength}", "goal: {maximise: strength}\nbudget: {experiments: 4}")
    campaign = Campaign.open(lab_file)
    campaign.add(pd.DataFrame([MILLED | {"strength": 250}, MILLED, AS_FIRED]))
    made = planned_now(campaign)
    assert [s.is_new for s in made.samples] == [False, False, True]
    assert made.messages[0] == "1 of the 4 experiments of the budget is left."
    campaign.adopt(made)
    assert planned_now(campaign).messages[0] == "The budget of 4 experiments is used up (4 made or pending)."
    assert not any(sample.is_new for sample in planned_now(campaign, n=3).samples)


def test_no_more_than_can_be_weighed_in(lab_file: Path, change: Change) -> None:
    change(
        "  budget: {samples: 3}",
        "  grams_per_sample: 2\n  precursors: {silica: {grams_per_gram: 0.6, stock_grams: 2.5}}\n  budget: {samples: 3}",
    )
    made = planned_now(Campaign.open(lab_file))
    assert [dict(sample.grams) for sample in made.samples] == [{"silica": 1.2}, {"silica": 1.2}]
    assert "No further sample can be weighed in: 1.1 g of silica missing." in made.messages


def test_a_campaign_without_a_lab_plans_no_week(glass: Path) -> None:
    with pytest.raises(InputError) as caught:
        Campaign.open(glass).plan(WEEK, now=FRIDAY_BEFORE)
    assert caught.value.faults == (
        "glass: the campaign file has no lab with steps, so there is nothing to plan for; describe it under "
        "lab: {calendar: ..., resources: ..., steps: [...]}",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"weeks": 0}, "weeks must be at least 1, got 0"),
        ({"weeks": 9}, "weeks must be at most 8, got 9"),
        ({"n": -1}, "n must be at least 0, got -1"),
        ({"n": 1.5}, "n must be a whole number, got 1.5"),
        ({"seed": "x"}, "seed must be a whole number, got 'x'"),
        ({"down": {"kiln": []}}, "unknown resource 'kiln', allowed are furnace, mill or cycler"),
        ({"up": ["kiln"]}, "unknown resource 'kiln', allowed are furnace, mill or cycler"),
        ({"now": at("MON 09:00")}, "week 2026-W48 is over; it is Mon 30 Nov 2026 09:00 now"),
    ],
)
def test_wrong_arguments(lab_file: Path, contents: Contents, arguments: dict[str, Any], said: str) -> None:
    before = contents()
    with pytest.raises(InputError) as caught:
        planned_now(Campaign.open(lab_file), **arguments)
    assert caught.value.faults == (said,)
    assert contents() == before


def test_a_sample_to_be_kept_must_be_there(planned: Planned) -> None:
    campaign = planned(MILLED)
    with pytest.raises(NotFound, match="no experiment 'GLASS-009'"):
        planned_now(campaign, n=0, keep=["GLASS-001", "GLASS-009"])
    assert planned_now(campaign, n=0, keep=["glass-001"]).status == "optimal"


def test_an_experiment_that_is_called_like_a_new_sample_is_refused(lab_file: Path) -> None:
    campaign = Campaign.open(lab_file)
    campaign.add(pd.DataFrame([{"id": "NEW-1", **MILLED}]))
    with pytest.raises(InputError, match="NEW-1: the new samples of a plan are called NEW-1 and so on"):
        planned_now(campaign)
    campaign.drop("NEW-1")
    made = planned_now(campaign, n=1)
    assert made.samples[0].experiment == "NEW-1"
    assert campaign.adopt(made).samples[0].experiment == "GLASS-001"


def test_names_that_hold_each_other_are_told_apart(lab_file: Path, change: Change) -> None:
    change("name: glass", "name: new")
    campaign = Campaign.open(lab_file)
    made = replace(planned_now(campaign, n=1), messages=("NEW-1 and NEW-10, RENEW-1, NEW-1.",))
    assert made.renamed({"NEW-1": "NEW-010"}).messages == ("NEW-010 and NEW-10, RENEW-1, NEW-010.",)
    assert campaign.adopt(made).samples[0].experiment == "NEW-001"


SCRIPT = """
import json, sys
from datetime import datetime
from ovenbird.campaigns import Campaign
made = Campaign.open(sys.argv[1]).plan("2026-W48", now=datetime.fromisoformat(sys.argv[2]), seed=3)
print(json.dumps(made.as_json()))
"""


def test_same_data_seed_and_time_give_the_same_plan(lab_file: Path) -> None:
    first, second = (json.dumps(planned_now(Campaign.open(lab_file), seed=3).as_json()) for _ in range(2))
    assert first == second
    elsewhere = subprocess.run(
        [sys.executable, "-c", SCRIPT, lab_file, FRIDAY_BEFORE.isoformat()],
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.strip() == first


def roles(made: WeekPlan) -> Mapping[str, str]:
    return {sample.experiment: sample.role for sample in made.samples}


def test_several_weeks_hold_more(lab_file: Path) -> None:
    made = planned_now(Campaign.open(lab_file), weeks=2, n=5)
    assert len(made.samples) == 5
    assert (made.week, made.end) == (WEEK, at("MON 18:00").replace(day=7, month=12))
    assert list(roles(made).values()).count("control") == 1
