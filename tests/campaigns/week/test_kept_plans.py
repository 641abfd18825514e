"""Plans come back from the events of a dataset as they were kept, the later one on top."""

from ovenbird.campaigns.kept_plans import KeptPlans, outages_as_json, read_plans
from ovenbird.planner.lab import Outage

from .glass_week import NEXT_WEEK, WEEK, at
from .plans import event, kept, plan_of, run_of, task

MIX = task("A", "mix", "mon 09:00", "mon 10:00")
FIRE = task("A", "fire", "mon 10:00", "tue 09:00", run="FU1", ready="mon 18:00")
BEND = task("A", "bend", "tue 09:00", "wed 09:00", run="CY1")


def test_without_plans_nothing_is_planned() -> None:
    assert read_plans([]) == KeptPlans()
    others = [event({"values": {}}, action="log"), event({"note": "no plan in it"})]
    assert read_plans(others) == KeptPlans()


def test_a_plan_survives_the_round_trip() -> None:
    plan = plan_of(MIX, FIRE, BEND, runs=[run_of([FIRE]), run_of([BEND], 3, 1, 2)], control="A")
    found = read_plans(kept(plan))
    assert found.timetable.tasks == plan.timetable.tasks
    assert found.week_of == found.first_week_of == {"A": WEEK}
    assert found.controls == {WEEK}
    assert found.machines_of == {
        ("FU1", FIRE.start.isoformat()): (1,),
        ("CY1", BEND.start.isoformat()): (3, 1, 2),
    }


def test_a_later_plan_overrides() -> None:
    later = task("A", "bend", "wed 09:00", "thu 09:00", run="CY1")
    found = read_plans(
        kept(
            plan_of(MIX, FIRE, BEND, runs=[run_of([BEND])]),
            plan_of(FIRE, later, start="mon 14:00", runs=[run_of([later], 2)]),
        )
    )
    assert found.timetable.of("A") == (MIX, FIRE, later)
    # The run that was to be is no more, and the one that is begins at another time.
    assert found.machines_of["CY1", later.start.isoformat()] == (2,)


def test_what_a_later_plan_leaves_out_is_not_to_be_done() -> None:
    first = plan_of(MIX, FIRE, BEND, task("B", "mix", "tue 09:00", "tue 10:00"))
    without_bending = read_plans(kept(first, plan_of(FIRE, start="mon 14:00"))).timetable
    # MIX was over by then.
    assert without_bending.tasks == (MIX, FIRE)


def test_a_sample_without_room_is_not_made() -> None:
    first = plan_of(MIX, FIRE, BEND, task("B", "mix", "tue 09:00", "tue 10:00"))
    without_anything = plan_of(start="mon 14:00")
    assert read_plans(kept(first, without_anything)).timetable.tasks == (MIX,)
    # Its week is still known: it takes one of that week's places.
    assert read_plans(kept(first, without_anything)).first_week_of == {"A": WEEK, "B": WEEK}


def test_a_plan_says_nothing_of_what_comes_before_it_and_of_later_weeks() -> None:
    next_week = task("B", "mix", "MON 09:00", "MON 10:00")
    found = read_plans(
        kept(
            plan_of(MIX, FIRE, BEND),
            plan_of(next_week, week=NEXT_WEEK, start="MON 09:00"),
            plan_of(BEND, start="tue 09:00"),
        )
    )
    assert set(found.timetable.tasks) == {MIX, FIRE, BEND, next_week}
    assert found.week_of == {"A": WEEK, "B": NEXT_WEEK}
    assert found.until(WEEK).tasks == (MIX, FIRE, BEND)
    assert found.until(NEXT_WEEK).tasks == found.timetable.tasks


def test_a_sample_that_is_carried_over_belongs_to_the_later_week() -> None:
    found = read_plans(kept(plan_of(MIX, FIRE, BEND), plan_of(BEND, week=NEXT_WEEK, start="mon 14:00")))
    assert (found.week_of, found.first_week_of) == ({"A": NEXT_WEEK}, {"A": WEEK})


def test_outages_are_those_of_the_last_plan() -> None:
    bearing = Outage(start=at("tue 14:00"), end=at("thu 12:00"), count=1, reason="bearing")
    fan, again = (Outage(start=at(f"{day} 08:00"), end=at(f"{day} 12:00"), count=2) for day in ("wed", "fri"))
    down = {"mill": (bearing,), "cycler": (fan, again)}
    assert read_plans(kept(plan_of(outages=outages_as_json(down)))).outages == down
    repaired = {"cycler": (again,)}
    both = kept(plan_of(outages=outages_as_json(down)), plan_of(outages=outages_as_json(repaired)))
    assert read_plans(both).outages == repaired
    assert outages_as_json({}) == ()


def test_plans_of_an_earlier_version_are_read_too() -> None:
    (old,) = kept(plan_of(FIRE, runs=[run_of([FIRE])]))
    for given in old.detail["plan"]["tasks"]:
        del given["ready"], given["under_way"]
    for given in old.detail["plan"]["runs"]:
        del given["machine"]
    for key in ("samples", "outages", "decisions", "one_more"):
        del old.detail["plan"][key]
    found = read_plans([old])
    assert found.timetable.tasks[0].ready == FIRE.end
    assert found.machines_of == {("FU1", FIRE.start.isoformat()): (1,)}
    assert (found.week_of, found.outages) == ({}, {})
