"""What a lab says of a sample: its steps, their order, their hours."""

import math
from datetime import date, time

import numpy as np
import pytest

from ovenbird.datasets import NOT_STATED
from ovenbird.planner.lab import Bound, Calendar, Closure, Lab, Precursor, Resource, Step

MILLED = {"milling": ("planetary",)}


def lab_of(*steps: Step) -> Lab:
    return Lab(steps=steps, resources={"mill": Resource(name="mill", unattended=True)})


# mix -> calcine -> (mill ->) bet; cells need bet and xrd, which needs only what was calcined.
LAB = lab_of(
    Step(name="mix"),
    Step(name="calcine"),
    Step(name="mill", on="mill", when=MILLED),
    Step(name="bet"),
    Step(name="xrd", after=("calcine",)),
    Step(name="cells", after=("bet", "xrd")),
    Step(name="photo", after=()),
)
MIX, CALCINE, MILL, BET, XRD, CELLS, PHOTO = LAB.steps
NOT_MILLED = {"milling": "none"}
MILLS = {"milling": "planetary"}


def names(steps: tuple[Step, ...]) -> list[str]:
    return [step.name for step in steps]


def test_a_sample_goes_through_the_steps_that_apply() -> None:
    assert names(LAB.steps_of(MILLS)) == ["mix", "calcine", "mill", "bet", "xrd", "cells", "photo"]
    assert names(LAB.steps_of(NOT_MILLED)) == ["mix", "calcine", "bet", "xrd", "cells", "photo"]
    assert names(LAB.steps_of({"milling": NOT_STATED})) == names(LAB.steps_of(NOT_MILLED))


def test_a_step_follows_the_one_before_it_or_those_it_names() -> None:
    assert names(LAB.before(BET, MILLS)) == ["mill"]
    assert names(LAB.before(XRD, MILLS)) == ["calcine"]
    assert names(LAB.before(CELLS, MILLS)) == ["bet", "xrd"]
    assert LAB.before(MIX, MILLS) == () and LAB.before(PHOTO, MILLS) == ()


def test_where_a_step_does_not_apply_those_before_it_count() -> None:
    assert names(LAB.before(BET, NOT_MILLED)) == ["calcine"]
    several = lab_of(
        Step(name="a"),
        Step(name="b", after=()),
        Step(name="c", when=MILLED, after=("a", "b")),
        Step(name="d", when=MILLED),
        Step(name="e", after=("d", "a")),
    )
    last = several.steps[-1]
    assert names(several.before(last, NOT_MILLED)) == ["a", "b"], "each once"
    assert names(several.before(last, MILLS)) == ["d", "a"]
    skipped = lab_of(Step(name="a", when=MILLED), Step(name="b"))
    assert skipped.before(skipped.steps[1], NOT_MILLED) == ()


def test_behind_a_step_is_all_that_needs_it() -> None:
    assert LAB.behind(CALCINE, MILLS) == {"mill", "bet", "xrd", "cells"}
    assert LAB.behind(XRD, MILLS) == {"cells"}
    assert LAB.behind(MILL, MILLS) == {"bet", "cells"}
    assert LAB.behind(CALCINE, NOT_MILLED) == {"bet", "xrd", "cells"}
    assert LAB.behind(CELLS, MILLS) == LAB.behind(PHOTO, MILLS) == frozenset()


def test_hours_count_what_applies_and_is_stated() -> None:
    step = Step(name="mill", hours={"constant": 0.5, "time": 1.5, "pauses": 0.25})
    assert step.hours_of({"time": 4.0, "pauses": 2.0}) == 7.0
    assert step.hours_of({"time": 4.0, "pauses": None}) == 6.5
    assert step.hours_of({"time": NOT_STATED}) == 0.5
    assert Step(name="rest").hours_of({}) == 0.0
    assert Step(name="cool", hours={"temperature": 0.1}).hours_of({"temperature": -20.0}) == 0.0


def test_a_step_is_unattended_if_it_or_its_machine_is() -> None:
    assert LAB.is_unattended(MILL) and not LAB.is_unattended(MIX)
    assert LAB.is_unattended(Step(name="gel", unattended=True))


@pytest.mark.parametrize(
    ("grams", "sample_g", "uses", "slots"),
    [
        (None, 2, 1, 4),
        (5, None, 1, 4),
        (5, 2, 1, 2),
        (0.6, 0.2, 1, 3),
        (100, 2, 1, 4),
        (5, 2, 2, 4),
        (2, 2, 2, 2),
    ],
)
def test_a_run_takes_no_more_than_its_grams(
    grams: float | None, sample_g: float | None, uses: int, slots: int
) -> None:
    mill = Resource(name="mill", slots=4, grams=grams)
    assert Lab(resources={"mill": mill}, sample_g=sample_g).runs_take(mill, uses) == slots


def test_machines_take_batches_where_samples_share_a_run() -> None:
    assert Resource(name="mill", slots=2).takes_batches
    assert Resource(name="oven", shares=("temperature",)).takes_batches
    assert not Resource(name="cycler", count=8).takes_batches


def test_precursors_are_weighed_in_where_they_are_used() -> None:
    salt = Precursor(name="Li2CO3", per_gram=0.5, when={"route": ("solid_state",)})
    assert salt.grams_of({"route": "solid_state"}, 2) == 1.0
    assert salt.grams_of({"route": "solution"}, 2) == 0.0


def test_a_bound_allows_its_ends_despite_rounding() -> None:
    bound = Bound(at_least=0.3, at_most=600)
    assert bound.allows(np.array([0.1 * 3, 0.29, 600, 601, np.nan])).tolist() == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert bound.ends == (0.3, 600) and Bound().ends == (-math.inf, math.inf)
    assert str(bound) == "at least 0.3 and at most 600" and str(Bound(at_most=3)) == "at most 3"


def test_hands_are_there_on_working_days_that_are_no_holidays() -> None:
    holiday = Closure(first=date(2026, 12, 28), last=date(2027, 1, 1))
    calendar = Calendar(days=(0, 1, 2, 3, 4), opens=time(9), closes=time(18), closures=(holiday,))
    days = [date(2026, 12, day) for day in (25, 26, 28, 31)] + [date(2027, 1, 1), date(2027, 1, 4)]
    assert [calendar.is_working_day(day) for day in days] == [True, False, False, False, False, True]


@pytest.mark.parametrize(
    ("opens", "closes", "hours"),
    [
        (time(9), time(18), 9),
        (time(8, 30), time(12, 15), 3.75),
        (time.min, time.max, 24),
        (time(6), time.max, 18),
    ],
)
def test_a_working_day_has_so_many_hours(opens: time, closes: time, hours: float) -> None:
    assert Calendar(opens=opens, closes=closes).hours_a_day == hours
