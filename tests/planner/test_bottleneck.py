"""What holds a week up: weeks in which it is plain to see."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from ovenbird.datasets import Conditions
from ovenbird.planner.bottleneck import bottleneck
from ovenbird.planner.lab import Lab, Resource, Step
from ovenbird.planner.lab_sample import Horizon, LabSample
from ovenbird.planner.schedule import schedule
from ovenbird.planner.timetable import Bottleneck, Timetable

from .small_week import CALCINE, CELLS, FURNACE, LOOK, MIX, NINE_TO_SIX, lab_of, sample, timetable_of, until

HOT: Conditions = {"temperature": 800.0, "hold": 3.0}
COOL: Conditions = {"temperature": 700.0, "hold": 3.0}
MILD: Conditions = {"temperature": 750.0, "hold": 3.0}
LAB = lab_of(MIX, CALCINE, LOOK, replace(CELLS, hours={"constant": 48.0}))
WEEK = until("fri 18:00")


def held_up(
    lab: Lab, samples: Sequence[LabSample], waiting: Sequence[Conditions] = (), horizon: Horizon = WEEK
) -> Bottleneck | None:
    return bottleneck(lab, samples, horizon, timetable_of(lab, samples, horizon), waiting, 0)


def more_of(lab: Lab, name: str) -> Lab:
    resource = lab.resources[name]
    return replace(lab, resources={**lab.resources, name: replace(resource, count=resource.count + 1)})


def test_the_furnace_holds_a_week_up_whose_settings_differ() -> None:
    """Each setting needs a night: with two days of cycling there is time for two by Friday."""
    some = [sample("A", 700), sample("B", 800)]
    assert schedule(LAB, [*some, LabSample(id="W", conditions=MILD)], WEEK, effort=0.3) is None
    found = held_up(LAB, some, [MILD])
    assert found is not None and (found.resource, found.more_samples) == ("furnace", 1)
    assert found.sentence.startswith(
        "furnace holds the week up: one more furnace would bring room for 1 more sample"
    )
    more = more_of(LAB, "furnace")
    assert schedule(more, [*some, LabSample(id="W", conditions=MILD)], WEEK, effort=0.3) is not None


def test_channels_hold_a_week_up_that_is_long_in_them() -> None:
    lab = lab_of(LOOK, CELLS, machines=[Resource(name="cycler", count=2, unattended=True)])
    found = held_up(lab, [sample("A"), sample("B")], [HOT, HOT])
    assert found is not None and (found.resource, found.more_samples) == ("cycler", 1)
    assert "one more cycler would bring room for 1 more sample" in found.sentence


def test_people_hold_a_week_up_whose_hands_are_busy() -> None:
    press = Step(name="press", hours={"constant": 9.0})
    lab = lab_of(press, calendar=replace(NINE_TO_SIX, people=1))
    found = held_up(lab, [sample(i) for i in "ABCDE"], [HOT] * 4)
    assert found is not None and (found.resource, found.more_samples) == ("people", 4)
    assert found.hours_earlier == 48, "on Wednesday instead of Friday at six"
    assert found.sentence == (
        "people holds the week up: one more person would bring room for 4 more samples and the end 48 h earlier."
    )


def test_without_more_samples_an_earlier_end_counts() -> None:
    lab = lab_of(CALCINE, machines=[FURNACE])
    found = held_up(lab, [sample("A", 700), sample("B", 800)])
    assert found is not None and (found.resource, found.more_samples) == ("furnace", 0)
    assert found.hours_earlier == 24, "both nights at once"
    assert found.sentence == "furnace holds the week up: one more furnace would bring the end 24 h earlier."
    again = timetable_of(more_of(lab, "furnace"), [sample("A", 700), sample("B", 800)], WEEK)
    assert again.end is not None
    assert (
        again.end + timedelta(hours=24) == timetable_of(lab, [sample("A", 700), sample("B", 800)], WEEK).end
    )


def test_room_for_more_samples_counts_more_than_an_earlier_end() -> None:
    """One more press would end the week two hours earlier, one more oven lets another sample in."""
    press = Step(name="press", on="press", hours={"constant": 8.0}, when={"route": ("pressed",)})
    bake = Step(name="bake", on="oven", hours={"constant": 30.0}, when={"route": ("baked",)})
    machines = [Resource(name="press"), Resource(name="oven", unattended=True)]
    lab = lab_of(press, bake, machines=machines)
    some = [
        LabSample(id=i, conditions={"route": r})
        for i, r in (("A", "pressed"), ("B", "pressed"), ("C", "baked"))
    ]
    found = held_up(lab, some, [{"route": "baked"}], until("tue 18:00"))
    assert found is not None
    assert (found.resource, found.more_samples, found.hours_earlier) == ("oven", 1, 0)
    without = held_up(lab, some, [], until("tue 18:00"))
    assert without is not None and (without.resource, without.hours_earlier) == ("press", 2)


@pytest.mark.parametrize("waiting", [[], [HOT]])
def test_where_the_steps_themselves_take_long_nothing_is_named(waiting: list[Conditions]) -> None:
    """One sample goes from step to step without a wait; another as hot would share its run but find no week."""
    long = replace(CELLS, hours={"constant": 72.0})
    lab = lab_of(MIX, CALCINE, LOOK, long)
    horizon = until("fri 12:00")
    slower: list[Conditions] = [{**one, "hold": 24.0} for one in waiting]
    assert held_up(lab, [sample("A")], slower, horizon) is None


def test_room_that_is_there_anyway_is_not_brought_by_a_machine() -> None:
    """Three more samples find room as it is; the week holds one since no more were wanted."""
    assert held_up(LAB, [sample("A")], [{"temperature": 700.0, "hold": 3.0}] * 3) is None


def test_an_empty_week_is_held_up_by_nothing() -> None:
    assert bottleneck(LAB, [], WEEK, Timetable(), [HOT], 0) is None


def test_machines_that_no_step_uses_are_not_asked_for() -> None:
    lab = replace(
        lab_of(MIX, calendar=replace(NINE_TO_SIX, people=None)), resources={"spare": Resource(name="spare")}
    )
    assert held_up(lab, [sample("A"), sample("B")]) is None
