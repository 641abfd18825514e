"""What a sample takes of the machines, reckoned by hand."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest

from ovenbird.datasets import Conditions
from ovenbird.planner.lab import Calendar, Lab, Resource, Step
from ovenbird.planner.lab_sample import Horizon
from ovenbird.planner.machine_time import MachineTime, OpenPlaces

from .small_week import CALCINE, CELLS, FURNACE, LOOK, MIX, NINE_TO_SIX, lab_of, until

WEEK = until("MON 09:00")  # seven days, of which hands are there for 5 x 9 h
ALL_H, OPEN_H = 168.0, 45.0
HOT = {"temperature": 800.0, "hold": 3.0}


def shares(lab: Lab, *rows: Mapping[str, object], places: list[OpenPlaces] | None = None) -> list[float]:
    """What rows add above a sample that goes through no step."""
    frame = pd.DataFrame(list(rows))
    nothing = MachineTime(replace(lab, steps=()), WEEK).added(frame)
    return (MachineTime(lab, WEEK).added(frame, places or []) - nothing).tolist()


def place(settings: Conditions, step: Step = CALCINE) -> OpenPlaces:
    return OpenPlaces(step=step, resource=FURNACE, settings=settings, room=1, example=settings)


def test_around_the_clock_a_run_takes_its_hours() -> None:
    lab = lab_of(CALCINE, calendar=None)
    assert shares(lab, HOT, {**HOT, "hold": 12.0}) == pytest.approx([12 / ALL_H, 21 / ALL_H])


def test_with_hands_by_day_a_run_takes_the_furnace_until_it_is_emptied() -> None:
    # Begun at nine: 9 h end at six, 9.25 h and 12 h only the next morning, 36 h the morning after.
    rows = [{"temperature": 700.0, "hold": hold} for hold in (0.0, 0.25, 3.0, 27.0)]
    assert shares(lab_of(CALCINE), *rows) == pytest.approx([h / ALL_H for h in (9, 24, 24, 48)])


def test_a_weekend_in_between_is_no_reason_to_call_a_run_dear() -> None:
    thursday = until("WED 09:00", "thu 09:00")
    time_ = MachineTime(lab_of(CALCINE), thursday)
    (added,) = time_.added(pd.DataFrame([HOT])) - time_.added(pd.DataFrame([{**HOT, "hold": -9.0}]))
    assert added == pytest.approx(24 / (6 * 24))


def test_the_end_of_the_time_there_is_makes_no_run_cheap() -> None:
    """On the last Monday a run of 12 h would not end any more: what it takes is known from other days."""
    real = until("MON 18:00", last_start="MON 00:00")
    time_ = MachineTime(lab_of(CALCINE, CELLS), real)
    without = MachineTime(lab_of(), real).added(pd.DataFrame([HOT]))
    (added,) = time_.added(pd.DataFrame([HOT])) - without
    assert added == pytest.approx((24 + 72 / 8) / (7 * 24 + 9))


def test_attended_work_is_a_share_of_the_opening_hours() -> None:
    assert shares(lab_of(LOOK), HOT) == pytest.approx([1 / OPEN_H])
    two = Resource(name="xrd", count=2)
    assert shares(lab_of(LOOK, machines=[two]), HOT) == pytest.approx([1 / OPEN_H / 2])


def test_work_by_hand_counts_where_hands_are_few() -> None:
    assert shares(lab_of(MIX), HOT) == pytest.approx([0.0])
    few = lab_of(MIX, calendar=replace(NINE_TO_SIX, people=2))
    assert shares(few, HOT) == pytest.approx([1 / OPEN_H / 2])
    waits = Step(name="dry", hours={"constant": 12.0}, unattended=True)
    assert shares(lab_of(waits, calendar=few.calendar), HOT) == pytest.approx([0.0])


def test_channels_count_as_often_as_they_are_used() -> None:
    # 60 h from nine end at 21:00, and are taken off the next morning: 72 h.
    assert shares(lab_of(CELLS), HOT) == pytest.approx([72 / ALL_H / 8])
    assert shares(lab_of(replace(CELLS, uses=3)), HOT) == pytest.approx([3 * 72 / ALL_H / 8])
    crucibles = replace(CALCINE, uses=3)
    assert shares(lab_of(crucibles), HOT) == pytest.approx([24 / ALL_H]), "three places of one furnace run"


def test_steps_add_up() -> None:
    one_by_one = [shares(lab_of(step), HOT)[0] for step in (CALCINE, LOOK, CELLS)]
    assert shares(lab_of(CALCINE, LOOK, CELLS), HOT) == pytest.approx([sum(one_by_one)])


def test_a_step_that_does_not_apply_takes_nothing() -> None:
    ground = Step(name="grind", on="mill", hours={"time": 1.3}, when={"milling": ("planetary",)})
    rows = [{"milling": "none", "time": None}, {"milling": "planetary", "time": 6.0}]
    assert shares(lab_of(ground), *rows) == pytest.approx([0.0, 8 / ALL_H]), "7.8 h are 32 quarter hours"


def test_filling_a_planned_run_adds_nothing_and_a_second_run_its_share() -> None:
    lab = lab_of(CALCINE, LOOK)
    look = 1 / OPEN_H
    rows = (HOT, {**HOT, "hold": 3.0 + 1e-13}, {**HOT, "temperature": 700.0}, {**HOT, "hold": 6.0})
    added = shares(lab, *rows, places=[place(HOT)])
    assert added == pytest.approx([look, look, 24 / ALL_H + look, 24 / ALL_H + look])


def test_a_place_is_for_its_step_only() -> None:
    again = replace(CALCINE, name="anneal")
    assert shares(lab_of(CALCINE, again), HOT, places=[place(HOT)]) == pytest.approx([24 / ALL_H])
    both = [place(HOT), place({"temperature": 700.0, "hold": 3.0}, again), place(HOT, again)]
    assert shares(lab_of(CALCINE, again), HOT, places=both) == pytest.approx([0.0])


def test_a_setting_that_does_not_apply_fits_where_it_does_not_apply() -> None:
    oven = replace(FURNACE, shares=("milling", "speed"))
    lab = lab_of(CALCINE, machines=[oven])
    rows = [
        {"milling": "none", "speed": None, "hold": 3.0},
        {"milling": "planetary", "speed": 300.0, "hold": 3.0},
    ]
    unmilled = OpenPlaces(CALCINE, oven, {"milling": "none", "speed": None}, 1, {})
    assert shares(lab, *rows, places=[unmilled]) == pytest.approx([0.0, 24 / ALL_H])


def test_nothing_is_for_nothing() -> None:
    time_ = MachineTime(lab_of(MIX), WEEK)
    assert time_.added(pd.DataFrame([HOT])).min() > 0, "what is ranked per machine time is divided by it"
    assert (
        MachineTime(Lab(), Horizon(start=WEEK.start, last_start=WEEK.start, end=WEEK.start))
        .added(pd.DataFrame([HOT]))
        .min()
        > 0
    )


def test_steps_of_one_sample_are_reckoned_like_a_row() -> None:
    lab = lab_of(MIX, CALCINE, LOOK, CELLS, calendar=replace(NINE_TO_SIX, people=1))
    time_ = MachineTime(lab, WEEK)
    assert time_.of_steps(lab.steps, HOT) == pytest.approx(time_.added(pd.DataFrame([HOT]))[0])
    assert time_.of_steps(lab.steps[2:], HOT) < time_.of_steps(lab.steps[1:], HOT)
    assert time_.hours_of_steps(lab.steps, HOT) == 1 + 12 + 1 + 60
    assert time_.hours_of_steps([CALCINE], {"hold": 0.1}) == 9.25, "in quarter hours"


def test_whole_hours_may_be_written_as_whole_numbers() -> None:
    whole = replace(CALCINE, hours={"constant": 9, "hold": 1})
    assert shares(lab_of(whole), {"temperature": 700, "hold": 3}) == shares(lab_of(CALCINE), {**HOT})


def test_where_hands_never_come_a_run_takes_all_the_time() -> None:
    never = Calendar(days=())
    assert shares(lab_of(CALCINE, calendar=never), HOT) == pytest.approx([1.0])
