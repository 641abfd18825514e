"""Settings and headlines in words that cannot be taken for others."""

from dataclasses import replace

import pytest

from ovenbird.campaigns.plan_words import headline, numbers_alone, setting_list
from ovenbird.datasets import NOT_STATED, Conditions
from ovenbird.planner.timetable import Timetable
from ovenbird.planner.week_plan import WeekPlan


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"milling_speed": 450.0, "milling_time": 1.5}, ["450 rpm", "1.5 h"]),
        ({"milling_speed": None, "hold_time": 0.0}, ["0 h"]),
        ({"milling": "none"}, ["milling none"]),
        ({"route": "solid_state", "hold_time": NOT_STATED}, ["solid_state", "hold time ?"]),
        ({"balls": 20.0}, ["balls 20"]),
        ({"hold_time": 3.0, "milling_time": 6.0}, ["hold 3 h", "milling 6 h"]),
    ],
)
def test_settings_have_units_and_a_name_where_the_unit_is_not_enough(
    settings: Conditions, said: list[str], units: dict[str, str | None]
) -> None:
    assert setting_list(settings, units) == said


def test_names_that_would_be_shortened_to_the_same_stay_whole() -> None:
    settings = {"cell_time": 1.0, "cell_duration": 2.0}
    assert setting_list(settings, dict.fromkeys(settings, "h")) == ["cell time 1 h", "cell duration 2 h"]


def test_numbers_stand_alone_only_where_all_samples_are_of_one_series(plan: WeekPlan) -> None:
    assert numbers_alone(("LTVO-004", "LTVO-003"), plan) == "003/004"
    mixed = plan.renamed({"LTVO-005": "NEW-1"})
    assert numbers_alone(("LTVO-004", "NEW-1"), mixed) == "LTVO-004, NEW-1"


def test_the_headline_says_how_much_until_when_and_how_good(plan: WeekPlan) -> None:
    assert headline(plan) == [
        "Week 2026-W48: 6 samples, 4 of them new; all is done by Mon 30 Nov, 10:00.",
        "No better timetable is known; an ideal one could be at most 4 % better.",
        "planetary_mill holds the week up: with one more, all would be done 15.5 h earlier, or 2 more "
        "samples would fit.",
    ]


@pytest.mark.parametrize(
    ("status", "gap", "sentence"),
    [
        ("optimal", 0.0, "It is proven that no timetable of these samples is better."),
        ("feasible", 0.0004, "No better timetable is known; an ideal one could be less than 1 % better."),
        ("feasible", 1.0, "No better timetable is known, nor how much better an ideal one could be."),
    ],
)
def test_the_headline_claims_no_more_than_was_proven(
    plan: WeekPlan, status: str, gap: float, sentence: str
) -> None:
    timetable = replace(plan.timetable, status=status, gap=gap)
    assert headline(replace(plan, timetable=timetable, bottleneck=None))[1:] == [sentence]


def test_an_empty_week_says_so(plan: WeekPlan) -> None:
    assert headline(replace(plan, timetable=Timetable())) == ["Week 2026-W48: nothing is to be done."]
    one = replace(plan, samples=plan.samples[:1])
    assert "1 sample, none of them new;" in headline(one)[0]
    assert "4 samples, all new;" in headline(replace(plan, samples=plan.samples[2:]))[0]
