"""What people do in a week, at which time."""

from dataclasses import replace
from datetime import date

from ovenbird.campaigns.run_sheet.to_do import to_dos
from ovenbird.planner.lab import Lab
from ovenbird.planner.timetable import Timetable
from ovenbird.planner.week_plan import WeekPlan

UNITS = {"temperature": "degC", "milling_speed": "rpm"}


def test_a_week_day_by_day(plan: WeekPlan, campaign_lab: Lab) -> None:
    days = to_dos(plan, campaign_lab, UNITS)
    # On Wednesday nothing is to be done; the weekend is no working time.
    assert [day.day for day in days] == [23, 24, 25, 26, 27, 30]
    said = {day.day: [(t.time, t.what, t.samples) for t in things] for day, things in days.items()}
    assert said[23] == [
        ("Mon 09:00", "empty tube furnace 2 TF1 (ready since Sat 21 02:00)", "GLASS-003"),
        ("Mon 09:00 - 10:00", "weigh", "GLASS-001, GLASS-002"),
        ("Mon 10:00", "start tube furnace 1 TF2: fire, dry, 160 degC", "GLASS-001"),
        ("Mon 10:00", "start tube furnace 2 TF3: fire, dry, 150 degC", "GLASS-002"),
        ("Mon 10:00 - 11:00", "xrd on diffractometer DI1", "GLASS-003"),
    ]
    assert said[24] == [
        ("Tue 09:00", "empty tube furnace 1 TF2 (ready since Mon 22:00)", "GLASS-001"),
        ("Tue 09:00", "empty tube furnace 2 TF3 (ready since Mon 22:00)", "GLASS-002"),
        ("Tue 09:00 - 10:00", "xrd on diffractometer DI2", "GLASS-001"),
        ("Tue 10:00", "start mill MI1: mill, 450 rpm", "GLASS-001"),
        ("Tue 10:00 - 11:00", "xrd on diffractometer DI3", "GLASS-002"),
        ("Tue 17:00", "empty mill MI1", "GLASS-001"),
    ]
    assert said[25] == []
    assert said[26] == [
        ("Thu 09:00 - 09:30", "start sorption 1-2 SO1, SO2: bet", "SO1: GLASS-001; SO2: GLASS-002")
    ]
    assert said[27] == [
        (
            "Fri 09:00",
            "empty sorption 1-2 SO1, SO2 (ready since Fri 01:00)",
            "SO1: GLASS-001; SO2: GLASS-002",
        ),
        ("Fri 09:00", "start dry", "GLASS-001"),
    ]
    assert said[30] == [("Mon 30 09:00", "end dry (ready since Fri 21:00)", "GLASS-001")]


def test_machines_and_settings_stand_apart(plan: WeekPlan, campaign_lab: Lab) -> None:
    things = [thing for several in to_dos(plan, campaign_lab, UNITS).values() for thing in several]
    by_what = {thing.what: (thing.machine, thing.settings) for thing in things}
    assert by_what["weigh"] == ("by hand", "")
    assert by_what["start tube furnace 1 TF2: fire, dry, 160 degC"] == (
        "tube furnace 1",
        "route dry, temperature 160 degC",
    )
    assert by_what["empty mill MI1"] == ("mill", "")


def test_nothing_to_do(plan: WeekPlan, campaign_lab: Lab) -> None:
    assert to_dos(replace(plan, timetable=Timetable()), campaign_lab, UNITS) == {}


def test_a_lab_that_is_not_known_any_more(plan: WeekPlan) -> None:
    days = to_dos(plan, Lab(), {})
    assert date(2026, 11, 25) in days
    assert any("start tube furnace" in thing.what for thing in days[date(2026, 11, 23)])
