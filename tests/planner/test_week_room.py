"""Whether there is room for samples in a week, and where."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from ovenbird.datasets import Conditions
from ovenbird.planner import week_room
from ovenbird.planner.lab import Lab, Precursor
from ovenbird.planner.lab_sample import LabSample, UnderWay
from ovenbird.planner.week_room import WeekRoom, new_sample

from .small_week import CALCINE, CELLS, CYCLER, FURNACE, LOOK, MIX, at, lab_of, sample, until

HOT: Conditions = {"temperature": 800.0, "hold": 3.0}
COOL: Conditions = {"temperature": 700.0, "hold": 3.0}
ONE_NIGHT = until("tue 09:15")
ONE_RUN = lab_of(CALCINE)


def room(lab: Lab = ONE_RUN, *standing: LabSample) -> WeekRoom:
    return WeekRoom(lab, standing, ONE_NIGHT)


def test_what_a_furnace_holds_in_a_night() -> None:
    assert room().has_room([]) and room().has_room([HOT] * 4)
    assert not room().has_room([HOT] * 5), "four slots"
    assert not room().has_room([HOT, COOL]), "one setting"


def test_samples_that_stand_take_their_room_first() -> None:
    stands = [sample("A", 800.0), sample("B", 800.0)]
    assert room(ONE_RUN, *stands).has_room([HOT] * 2)
    assert not room(ONE_RUN, *stands).has_room([HOT] * 3) and not room(ONE_RUN, *stands).has_room([COOL])
    more = room().with_standing(stands)
    assert more.has_room([HOT] * 2) and not more.has_room([HOT] * 3)


def test_what_was_asked_before_is_known_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    quick = week_room.quick_placement

    def counted(*args: object, **options: object) -> object:
        asked.append(1)
        return quick(*args, **options)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(week_room, "quick_placement", counted)
    here = room()
    answers = {
        here.has_room([{**one, "never named": n} for n, one in enumerate(some)])
        for some in permutations([HOT, HOT, COOL])
    }
    assert answers == {False} and len(asked) == 1


def test_the_solver_is_asked_where_rules_of_thumb_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(week_room, "quick_placement", lambda *_, **__: None)
    here = room()
    assert not here.has_room([HOT]) and here.has_room([HOT], thorough=True)
    assert not here.has_room([HOT, COOL], thorough=True)


def grams(of: Sequence[Conditions], *standing: LabSample, stock: float | None = 5.0) -> dict[str, float]:
    """What is missing of a salt of which 0.8 g are needed a sample at 800 degC, and none at 700."""
    salt = Precursor(name="Li2CO3", per_gram=0.4, stock_g=stock, when={"route": ("solid",)})
    oxide = Precursor(name="TiO2", per_gram=0.1)
    lab = replace(ONE_RUN, sample_g=2.0, precursors=(salt, oxide))
    return room(lab, *standing).missing_material(of)


def test_precursors_run_out() -> None:
    solid, other = {**HOT, "route": "solid"}, {**HOT, "route": "solution"}
    assert grams([solid] * 6) == {} and grams([solid] * 6 + [other] * 9) == {}
    assert grams([solid] * 7) == pytest.approx({"Li2CO3": 0.6})
    assert grams([solid] * 7, stock=None) == {}
    assert grams([solid], stock=0.8) == {}, "to the last grain"


def test_what_is_planned_will_be_weighed_in_and_what_was_begun_has_been() -> None:
    solid = {**HOT, "route": "solid"}
    planned = [LabSample(id=i, conditions=solid) for i in "AB"]
    begun = replace(planned[0], done=frozenset({"mix"}))
    assert grams([solid] * 5, *planned) == pytest.approx({"Li2CO3": 0.6})
    assert grams([solid] * 5, begun, planned[1]) == {}
    in_furnace = UnderWay(step="calcine", start=at("mon 08:00"), ready=at("mon 20:00"))
    assert grams([solid] * 5, replace(planned[0], under_way={"calcine": in_furnace}), planned[1]) == {}


def test_without_powder_there_is_no_room() -> None:
    salt = Precursor(name="Li2CO3", per_gram=0.4, stock_g=1.7)
    lab = replace(ONE_RUN, sample_g=2.0, precursors=(salt,))
    assert room(lab).has_room([HOT] * 2) and not room(lab).has_room([HOT] * 3)
    assert not room(lab).has_room([HOT] * 3, thorough=True)


def open_places(lab: Lab, new: Sequence[Conditions], *standing: LabSample) -> list[tuple[object, ...]]:
    found = WeekRoom(lab, standing, until("fri 18:00")).open_places(new)
    return [(one.step.name, *one.settings.values(), one.room) for one in found]


def test_a_run_that_is_not_full_has_places_for_its_settings() -> None:
    lab = lab_of(MIX, CALCINE, LOOK, CELLS)
    assert open_places(lab, [HOT]) == [("calcine", 800.0, 3.0, 3)]
    assert open_places(lab, [HOT] * 4) == [] and open_places(lab, []) == []
    assert open_places(lab, [HOT] * 5 + [COOL]) == [("calcine", 800.0, 3.0, 3), ("calcine", 700.0, 3.0, 3)]
    assert open_places(lab, [HOT], sample("A", 800.0)) == [("calcine", 800.0, 3.0, 2)]


def test_what_is_in_the_furnace_already_offers_no_place() -> None:
    begun = UnderWay(step="calcine", start=at("mon 08:00"), ready=at("mon 20:00"))
    held = replace(sample("A", 800.0), under_way={"calcine": begun})
    assert open_places(lab_of(CALCINE), [], held, sample("B", 800.0, done=["calcine"])) == []


def test_places_are_as_many_as_the_grams_and_the_crucibles_of_a_sample_allow() -> None:
    little = replace(lab_of(CALCINE, machines=[replace(FURNACE, grams=6.0)]), sample_g=2.0)
    assert open_places(little, [HOT]) == [("calcine", 800.0, 3.0, 2)]
    assert open_places(little, [HOT] * 3) == []
    twice = lab_of(replace(CALCINE, uses=2))
    assert open_places(twice, [HOT]) == [("calcine", 800.0, 3.0, 2)]
    three = lab_of(replace(CALCINE, uses=3))
    assert open_places(three, [HOT]) == [], "the one place that is left takes no second sample"


def test_channels_are_no_places_to_fill() -> None:
    assert open_places(lab_of(CELLS, machines=[CYCLER]), [HOT]) == []


def test_all_that_a_timetable_knows_of_conditions() -> None:
    lab = lab_of(MIX, CALCINE, CELLS)
    here = WeekRoom(lab, [], ONE_NIGHT)
    same = here.footprint({**HOT, "colour": "red"})
    assert same == here.footprint({**HOT, "colour": "blue"}) != here.footprint(COOL)
    assert same == (("mix", None, 4), ("calcine", (800.0, 3.0), 48), ("cells", None, 240))


def test_new_samples_are_named_by_number() -> None:
    assert [one.id for one in room(ONE_RUN, sample("A")).samples([HOT, COOL])] == ["A", "NEW-1", "NEW-2"]
    assert new_sample(3, HOT).conditions == HOT
