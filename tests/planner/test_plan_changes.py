"""What is said of a plan that differs from the one before: one sentence a sample, with the right reason."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ovenbird.planner.lab import Outage
from ovenbird.planner.plan_changes import Happened, plan_changes
from ovenbird.planner.timetable import TimedTask, Timetable

from .small_week import CALCINE, CELLS, FURNACE, GRIND, LOOK, MIX, at, lab_of, sample, timetable_of, until

LAB = lab_of(MIX, CALCINE, LOOK, GRIND, CELLS)
NOW = at("tue 12:00")
DOWN = Outage(start=at("tue 10:00"), end=at("wed 17:00"), count=1, reason="bearing")


def task(experiment: str, step: str, start: str, end: str) -> TimedTask:
    on = LAB.step_by_name[step].on
    return TimedTask(
        experiment=experiment,
        step=step,
        resource=on,
        run=None if on is None else on[:2].upper(),
        start=at(start),
        ready=at(end),
        end=at(end),
    )


def said(
    before: Sequence[TimedTask],
    after: Sequence[TimedTask],
    happened: Happened | None = None,
    new: Sequence[str] = (),
) -> tuple[str, ...]:
    tables = [Timetable(tasks=tuple(tasks)) for tasks in (before, after)]
    return plan_changes(LAB, tables[0], tables[1], happened or Happened(), NOW, new)


LOOKS = task("A", "look", "wed 09:00", "wed 10:00")
GRINDS = task("A", "grind", "wed 10:00", "wed 12:00")


def test_of_what_stays_nothing_is_said() -> None:
    assert said([LOOKS, GRINDS], [LOOKS, GRINDS]) == ()
    assert said([], [LOOKS]) == ()
    a_moment = replace(LOOKS, start=LOOKS.start.replace(second=30))
    assert said([LOOKS], [a_moment]) == ()


def test_what_is_over_is_no_change() -> None:
    over = task("A", "mix", "mon 09:00", "mon 10:00")
    assert said([over, LOOKS], [LOOKS]) == ()
    assert said([over], []) == ()


def test_a_sample_that_failed_its_gate_frees_its_places() -> None:
    cells = task("A", "cells", "wed 12:00", "sat 09:00")
    happened = Happened(ended={"A": "pure is no"})
    assert said([GRINDS, cells], [], happened) == (
        "A goes no further: pure is no; freed are its grind Wed 10:00, cells Wed 12:00.",
    )
    assert said([cells, GRINDS], [], happened) == said([GRINDS, cells], [], happened), "by time"


def test_a_sample_that_failed_with_nothing_planned_frees_nothing() -> None:
    assert said([], [], Happened(ended={"A": "pure is no"})) == ("A goes no further: pure is no.",)


def test_another_sample_moves_into_the_place_that_is_freed() -> None:
    waits, earlier = (
        task("B", "grind", "thu 10:00", "thu 12:00"),
        task("B", "grind", "wed 10:00", "wed 12:00"),
    )
    happened = Happened(ended={"A": "pure is no"})
    assert said([GRINDS, waits], [earlier], happened) == (
        "A goes no further: pure is no; freed are its grind Wed 10:00.",
        "B: grind Thu 10:00 → Wed 10:00: earlier, in the place of A.",
    )


def test_a_place_that_was_freed_elsewhere_is_not_the_reason() -> None:
    looks = task("B", "look", "thu 10:00", "thu 11:00")
    moved = task("B", "look", "wed 10:00", "wed 11:00")
    assert said([GRINDS, looks], [moved], Happened(ended={"A": "pure is no"}))[1] == (
        "B: look Thu 10:00 → Wed 10:00: earlier, since there is room."
    )


def test_an_outage_moves_what_it_hits_and_what_comes_behind() -> None:
    cells = task("A", "cells", "wed 12:00", "sat 09:00")
    after = [task("A", "grind", "wed 17:00", "thu 09:00"), task("A", "cells", "thu 09:00", "MON 09:00")]
    happened = Happened(outages={"mill": (DOWN,)})
    assert said([LOOKS, GRINDS, cells], [LOOKS, *after], happened) == (
        "A: grind Wed 10:00 → Wed 17:00, cells Wed 12:00 → Thu 09:00: "
        "mill is down until Wed 17:00 (bearing).",
    )


def test_an_outage_of_another_time_or_machine_is_not_what_moves_a_sample() -> None:
    moved = [task("A", "grind", "fri 10:00", "fri 12:00")]
    over = replace(DOWN, end=at("wed 10:00"))
    for name, outage in (("mill", over), ("cycler", DOWN)):
        (sentence,) = said([GRINDS], moved, Happened(outages={name: (outage,)}))
        assert sentence.endswith(f"later, behind what had to move because {name} is down.")


def test_what_was_interrupted_is_done_again() -> None:
    fires = task("A", "calcine", "tue 09:00", "wed 09:00")
    again = [task("A", "calcine", "wed 17:00", "thu 09:00"), task("A", "look", "thu 09:00", "thu 10:00")]
    happened = Happened(interrupted={"A": "calcine"}, outages={"furnace": (DOWN,)})
    first, *more = said([fires, LOOKS], again, happened)
    assert first == (
        "A: calcine was interrupted and is done again: furnace is down until Wed 17:00 (bearing)."
    )
    assert more == [
        "A: calcine Tue 09:00 → Wed 17:00, look Wed 09:00 → Thu 09:00: furnace is down until Wed 17:00 (bearing)."
    ]


def test_what_waits_for_what_was_interrupted_says_so() -> None:
    moved = [task("A", "calcine", "wed 09:00", "thu 09:00"), task("A", "look", "thu 09:00", "thu 10:00")]
    happened = Happened(interrupted={"A": "calcine"})
    assert said([LOOKS], moved, happened) == (
        "A: calcine was interrupted and is done again: furnace was down.",
        "A: look Wed 09:00 → Thu 09:00: it waits for calcine, which is done again.",
    )


def test_results_that_came_early_let_a_sample_move_up() -> None:
    moved = task("A", "grind", "tue 13:00", "tue 15:00")
    assert said([GRINDS], [moved], Happened(known_early={"A": ["look"]})) == (
        "A: grind Wed 10:00 → Tue 13:00: earlier, since look is known already.",
    )
    assert said([GRINDS], [moved]) == ("A: grind Wed 10:00 → Tue 13:00: earlier, since there is room.",)


def test_what_moves_back_for_no_reason_of_its_own_does_so_for_all() -> None:
    assert said([LOOKS], [task("A", "look", "wed 12:00", "wed 13:00")]) == (
        "A: look Wed 09:00 → Wed 12:00: later, to let the samples end earlier together.",
    )


def test_a_sample_without_room_is_missed_and_a_new_one_is_greeted() -> None:
    fresh = task("NEW-1", "mix", "wed 09:00", "wed 10:00")
    assert said([LOOKS, GRINDS], [fresh], new=["NEW-1"]) == (
        "A is no longer in the plan: no room is left for it before the end.",
        "NEW-1 is new: there is room for it.",
    )


def test_there_is_one_sentence_a_sample() -> None:
    before = [LOOKS, GRINDS, task("B", "look", "wed 10:00", "wed 11:00")]
    after = [replace(t, start=t.start.replace(hour=t.start.hour + 3)) for t in before]
    assert [sentence.split(":")[0] for sentence in said(before, after)] == ["A", "B"]


@pytest.mark.parametrize("kind", ["outage", "nothing"])
def test_what_two_real_timetables_differ_in_is_told(kind: str) -> None:
    """The furnace is down from Monday noon on: what was to be fired then waits until Wednesday."""
    lab, week = lab_of(MIX, CALCINE, LOOK), until("fri 18:00")
    some = [sample("A"), sample("B", 800)]
    before = timetable_of(lab, some, week)
    outage = Outage(start=at("tue 08:00"), end=at("wed 12:00"), count=1)
    broken = lab_of(MIX, CALCINE, LOOK, machines=[replace(FURNACE, outages=(outage,))])
    after = timetable_of(broken if kind == "outage" else lab, some, week, before)
    happened = Happened(outages={"furnace": (outage,)} if kind == "outage" else {})
    told = plan_changes(lab, before, after, happened, at("mon 09:00"), [])
    if kind == "nothing":
        assert told == ()
    else:
        assert told and all(": furnace is down until Wed 12:00." in sentence for sentence in told)
        assert {sentence.split(":")[0] for sentence in told} <= {"A", "B"}
