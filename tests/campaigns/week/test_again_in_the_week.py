"""A week that is planned again: what has begun stays, what has to move says why."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.kept_plans import read_plans
from ovenbird.datasets import Status
from ovenbird.planner.lab import Lab, Outage
from ovenbird.planner.plan_changes import Happened, plan_changes
from ovenbird.planner.timetable import TimedTask, Timetable
from ovenbird.planner.week_plan import WeekPlan

from .glass_week import AS_FIRED, FRIDAY_BEFORE, HOT, MILLED, NEXT_WEEK, WEEK, at, places, times
from .plans import plan_of, task

Planned = Callable[..., Campaign]
ALL_PURE = ("GLASS-001", "GLASS-002", "GLASS-003")


def again(campaign: Campaign, now: str, **arguments: Any) -> WeekPlan:
    """Plan the rest of the week, and keep it."""
    everything: dict[str, Any] = {"n": 0, "now": at(now), **arguments}
    return campaign.adopt(campaign.plan(WEEK, **everything))


def pure(campaign: Campaign, ids: Sequence[str] = ALL_PURE) -> None:
    for id_ in ids:
        campaign.log(id_, pure=True)


def kept_task(campaign: Campaign, sample: str, step: str) -> TimedTask:
    """Where the plan before put a step."""
    (found,) = (t for t in read_plans(campaign.events()).timetable.of(sample) if t.step == step)
    return found


def down(start: str, end: str, count: int = 1) -> list[Outage]:
    return [Outage(start=at(start), end=at(end), count=count, reason="bearing")]


def test_planned_twice_nothing_changes(lab_file: Any) -> None:
    campaign = Campaign.open(lab_file)
    first = campaign.adopt(campaign.plan(WEEK, now=FRIDAY_BEFORE))
    second = campaign.adopt(campaign.plan(WEEK, now=FRIDAY_BEFORE))
    assert second.changes == ()
    assert [s.experiment for s in second.samples] == [s.experiment for s in first.samples]
    assert places(second.as_json()) == places(first.as_json())
    assert second.timetable.by_run.keys() == first.timetable.by_run.keys()
    assert len(campaign.own_dataset()) == 3


def test_what_is_over_leaves_the_plan_and_what_runs_stays(planned: Planned) -> None:
    campaign = planned(MILLED, MILLED, AS_FIRED)
    pure(campaign)
    grind = {id_: kept_task(campaign, id_, "grind") for id_ in ("GLASS-001", "GLASS-002")}
    made = again(campaign, "tue 10:00")
    assert made.changes == () and made.messages == ()
    assert made.start == at("tue 10:00")
    assert {task.step for task in made.timetable.tasks} == {"grind", "bend"}
    for id_, before in grind.items():
        (now,) = (task for task in made.timetable.of(id_) if task.step == "grind")
        assert (now.run, now.start, now.end, now.under_way) == (before.run, before.start, before.end, True)
    assert {run.id: run.under_way for run in made.timetable.runs if run.step == "grind"} == {"MI1": True}


def test_a_gate_that_failed_frees_what_lay_behind(planned: Planned) -> None:
    campaign = planned(MILLED, MILLED, AS_FIRED)
    pure(campaign, ["GLASS-002", "GLASS-003"])
    campaign.log("GLASS-001", pure=False)
    made = again(campaign, "tue 09:30")
    assert [sample.experiment for sample in made.samples] == ["GLASS-002", "GLASS-003"]
    assert made.changes[0] == (
        "GLASS-001 goes no further: pure is no; freed are its grind Tue 09:30, bend Tue 12:30."
    )
    assert campaign.experiment("GLASS-001").status is Status.MEASURED
    # It is told of once.
    assert not any("GLASS-001" in said for said in again(campaign, "tue 09:30").changes)


def test_a_new_sample_takes_a_place_that_was_freed(planned: Planned) -> None:
    campaign = planned(MILLED, AS_FIRED)
    campaign.fail("GLASS-002", reason="equipment", note="crucible broke")
    pure(campaign, ["GLASS-001"])
    made = again(campaign, "tue 09:30", n=1)
    assert [(sample.experiment, sample.is_new) for sample in made.samples] == [
        ("GLASS-001", False),
        ("GLASS-003", True),
    ]
    assert made.changes[0].startswith(
        "GLASS-002 goes no further: it failed (equipment: crucible broke); freed are"
    )
    assert made.changes[-1] == "GLASS-003 is new: there is room for it."


def test_a_machine_that_breaks_down(planned: Planned) -> None:
    campaign = planned(MILLED, MILLED, AS_FIRED)
    pure(campaign)
    bend = kept_task(campaign, "GLASS-003", "bend")
    made = again(campaign, "tue 11:00", down={"mill": down("tue 11:00", "wed 12:00")})
    # What runs on other machines is left alone.
    assert times(made.timetable.of("GLASS-003")) == {"bend": (bend.start, bend.end)}
    for id_ in ("GLASS-001", "GLASS-002"):
        assert times(made.timetable.of(id_))["grind"] == (at("wed 12:00"), at("wed 15:00"))
        assert (
            f"{id_}: grind was interrupted and is done again: mill is down until Wed 12:00 (bearing)."
            in made.changes
        )
        assert (
            f"{id_}: grind Tue 09:30 → Wed 12:00, bend Tue 12:30 → Wed 15:00: mill is down until Wed 12:00 (bearing)."
            in made.changes
        )
    assert not any(said.startswith("GLASS-003") for said in made.changes)


def test_an_outage_is_remembered_until_it_is_over_or_the_machine_works_again(planned: Planned) -> None:
    campaign = planned(MILLED, AS_FIRED)
    pure(campaign, ALL_PURE[:2])
    mill = {"mill": down("tue 11:00", "thu 12:00")}
    again(campaign, "tue 11:00", down=mill)
    once_more = again(campaign, "tue 12:00", down=mill)
    assert len(once_more.outages) == 1 and once_more.changes == ()
    assert times(again(campaign, "tue 13:00").timetable.of("GLASS-001"))["grind"][0] == at("thu 12:00")
    repaired = again(campaign, "wed 09:00", up=["mill"])
    assert times(repaired.timetable.of("GLASS-001"))["grind"] == (at("wed 09:00"), at("wed 12:00"))
    assert repaired.changes == (
        "GLASS-001: grind Thu 12:00 → Wed 09:00, bend Thu 15:00 → Wed 12:00: earlier, since there is room.",
    )
    assert again(campaign, "wed 10:00").outages == ()


@pytest.mark.parametrize(("count", "moves"), [(1, False), (2, True), (3, True)])
def test_as_many_machines_as_are_left_go_on(planned: Planned, count: int, moves: bool) -> None:
    campaign = planned(AS_FIRED, AS_FIRED)
    pure(campaign, ALL_PURE[:2])
    made = again(campaign, "tue 12:00", down={"cycler": down("tue 12:00", "thu 12:00", count)})
    assert bool(made.changes) == moves
    assert any("done again" in said for said in made.changes) == moves


def test_a_sample_without_room_is_not_taken_for_made(planned: Planned) -> None:
    campaign = planned(MILLED, HOT)
    furnace = {"furnace": down("mon 09:00", "fri 12:00")}
    made = again(campaign, "mon 09:00", down=furnace)
    assert made.status == "empty"
    assert made.messages == tuple(
        f"{id_} finds no room and stays planned: it is for a later week." for id_ in ALL_PURE[:2]
    )
    later = campaign.adopt(campaign.plan(NEXT_WEEK, n=0, now=at("fri 15:00")))
    assert {s.experiment: len(later.timetable.of(s.experiment)) for s in later.samples} == {
        "GLASS-001": 5,
        "GLASS-002": 4,
    }
    assert later.messages == ()


def test_results_before_their_time_bring_things_forward(planned: Planned) -> None:
    campaign = planned(AS_FIRED, HOT)
    campaign.log("GLASS-001", pure=True)
    made = again(campaign, "mon 15:00")
    assert times(made.timetable.of("GLASS-001"))["bend"] == (at("mon 15:00"), at("tue 15:00"))
    assert made.changes[0] == "GLASS-001: bend Tue 17:30 → Mon 15:00: earlier, since look is known already."


def test_all_results_before_their_time_end_a_sample(planned: Planned) -> None:
    campaign = planned(AS_FIRED)
    campaign.log("GLASS-001", pure=True, area="~30", strength=[251, 248])
    made = again(campaign, "tue 10:00")
    assert (made.status, made.samples) == ("empty", ())
    assert made.changes == ("GLASS-001 goes no further: its results are in; freed are its bend Tue 09:30.",)


@pytest.fixture
def over_the_weekend(planned: Planned, change: Callable[[str, str], Any]) -> Campaign:
    """Planned on Wednesday afternoon: bending takes three days, from Friday to Monday morning."""
    change("on: cycler, hours: 24", "on: cycler, hours: 72")
    campaign = planned(AS_FIRED, now=at("thu 10:00"))
    pure(campaign, ALL_PURE[:1])
    assert times(again(campaign, "fri 09:30").timetable.of("GLASS-001")) == {
        "bend": (at("fri 09:30"), at("MON 09:30"))
    }
    return campaign


def test_next_weeks_plan_takes_what_is_under_way_on_monday(over_the_weekend: Campaign) -> None:
    made = over_the_weekend.plan(now=at("fri 15:00"), n=1)
    assert (made.week, made.start) == (NEXT_WEEK, at("MON 09:00"))
    assert [(sample.experiment, sample.is_new) for sample in made.samples] == [
        ("GLASS-001", False),
        ("NEW-1", True),
    ]
    (task,) = made.timetable.of("GLASS-001")
    assert (task.step, task.run, task.under_way) == ("bend", "CY1", True)
    assert (task.start, task.end) == (at("fri 09:30"), at("MON 09:30"))
    assert made.changes == ()


def test_the_new_week_is_planned_again_on_monday(over_the_weekend: Campaign) -> None:
    over_the_weekend.adopt(over_the_weekend.plan(now=at("fri 15:00"), n=1))
    made = over_the_weekend.plan(NEXT_WEEK, now=at("MON 09:00"), n=0)
    assert made.changes == () and len(made.samples) == 2
    # On Monday at ten it has ended, and is told of as missing, not as without room.
    at_ten = over_the_weekend.plan(NEXT_WEEK, now=at("MON 10:00"), n=0)
    assert [sample.experiment for sample in at_ten.samples] == ["GLASS-002"]
    assert at_ten.changes == ()
    assert at_ten.messages == (
        "GLASS-001: by plan all is done, but results are missing; log them, or say with ovenbird fail or ovenbird "
        "drop what became of it.",
    )


def test_what_a_quarter_of_an_hour_ends_is_no_change(planned: Planned) -> None:
    campaign = planned(AS_FIRED)
    pure(campaign, ALL_PURE[:1])
    # It ends at 09:30; the plan begins then.
    made = campaign.plan(WEEK, n=0, now=at("wed 09:20"))
    assert (made.status, made.changes) == ("empty", ())


def test_samples_of_next_week_do_not_come_into_this_one(planned: Planned) -> None:
    campaign = planned(MILLED)
    campaign.adopt(campaign.plan(NEXT_WEEK, n=1, now=at("mon 09:00")))
    made = again(campaign, "mon 09:00")
    assert [sample.experiment for sample in made.samples] == ["GLASS-001"]
    assert made.changes == ()
    later = campaign.plan(NEXT_WEEK, n=0, now=at("mon 09:00"))
    assert "GLASS-002" in later.by_id and later.changes == ()


def test_new_samples_do_not_push_out_what_was_carried_over(planned: Planned) -> None:
    campaign = planned(AS_FIRED, AS_FIRED | {"route": "wet"}, AS_FIRED | {"temperature": 160})
    again(campaign, "mon 10:30", down={"furnace": down("mon 10:30", "fri 18:00")})
    # Three runs of the furnace are left next week, as many as the three old samples need.
    made = campaign.plan(NEXT_WEEK, now=at("fri 15:00"), down={"furnace": down("MON 00:00", "THU 09:00")})
    old = [sample.experiment for sample in made.samples if not sample.is_new]
    assert old == list(ALL_PURE)
    assert all(task.end <= made.end for id_ in old for task in made.timetable.of(id_))
    assert not any("cannot end" in said for said in made.messages)


def test_what_cannot_end_in_its_week_goes_on_after_it(planned: Planned) -> None:
    campaign = planned(MILLED)
    pure(campaign, ALL_PURE[:1])
    made = again(campaign, "tue 10:00", down={"mill": down("tue 10:00", "fri 18:00")})
    assert times(made.timetable.of("GLASS-001"))["bend"] == (at("MON 12:00"), at("TUE 12:00"))
    assert made.messages == ("GLASS-001 cannot end within this plan; what remains goes on after it.",)
    later = campaign.plan(NEXT_WEEK, n=0, now=at("fri 15:00"))
    assert times(later.timetable.of("GLASS-001"))["grind"] == (at("MON 09:00"), at("MON 12:00"))
    assert later.messages == ()


def test_what_was_interrupted_is_done_again_unless_it_ends(planned: Planned) -> None:
    campaign = planned(HOT)
    made = again(campaign, "mon 14:00", down={"furnace": down("mon 14:00", "fri 18:00")})
    assert times(made.timetable.of("GLASS-001"))["fire"] == (at("MON 09:00"), at("MON 18:00"))
    assert made.changes[0].startswith("GLASS-001: fire was interrupted and is done again")
    campaign.drop("GLASS-001")
    dropped = again(campaign, "mon 15:00")
    assert len(dropped.changes) == 1
    assert dropped.changes[0].startswith(
        "GLASS-001 goes no further: it was dropped; freed are its fire Mon 09:00"
    )


def test_a_sample_that_ends_is_not_said_to_be_done_again() -> None:
    before = plan_of(task("A", "fire", "mon 10:00", "mon 18:00", run="FU1")).timetable
    happened = Happened(ended={"A": "it is not worth it"}, interrupted={"A": "fire"})
    assert plan_changes(Lab(), before, Timetable(), happened, at("mon 12:00"), []) == (
        "A goes no further: it is not worth it; freed are its fire Mon 10:00.",
    )
