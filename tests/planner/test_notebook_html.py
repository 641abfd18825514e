from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.datasets import NOT_STATED, Conditions
from ovenbird.models.html_pieces import LONGEST_NAME, plain
from ovenbird.planner.plan_html import plan_html
from ovenbird.planner.stopping import Stopping
from ovenbird.planner.suggestion import Suggestion, Suggestions
from ovenbird.planner.suggestion_html import suggestions_html
from ovenbird.planner.timetable import Bottleneck, Run, SampleInPlan, TimedTask, Timetable
from ovenbird.planner.week_plan import GateDecision, WeekPlan

from ..html_checks import text_of

UNITS = {"hold_time": "h", "temperature": "degC", "capacity": "mAh/g", "process_hours": "h"}
STOPPING = Stopping(
    11.5, "mAh/g", 3.14, 0.2, "99 h", "Go on. X-1 is within 3.1 mAh/g of the best <there> is."
)


def at(day: int, clock: str) -> datetime:
    """A time in November 2026, of which the 23rd is a Monday."""
    hours, minutes = map(int, clock.split(":"))
    return datetime(2026, 11, day, hours, minutes)


def suggestion(id_: str = "", reasons: Sequence[str] = ("It is promising.",)) -> Suggestion:
    return Suggestion(
        id=id_,
        parameters={
            "temperature": 700.0,
            "hold_time": 0.5,
            "milling": "none",
            "speed": None,
            "gas": NOT_STATED,
        },
        forecast={
            "capacity": {"median": 283.27, "low": -1.5, "high": 301.9},
            "pure": {"probability": 0.9999},
            "width": {"median": 12.34, "low": 10.0, "high": 15.0},
        },
        limits={"pure": 0.9999, "capacity": 0.81},
        improvement={"probability": 0.42, "expected": 11.52},
        costs={"process_hours": 110.25},
        nearest=("X-1", "X-2"),
        reasons=tuple(reasons),
        purpose="replicate_best",
    )


def task(
    id_: str, step: str, start: datetime, end: datetime, run: str | None = None, on: str | None = None
) -> TimedTask:
    return TimedTask(experiment=id_, step=step, resource=on, run=run, start=start, ready=end, end=end)


def timetable(first: str, second: str) -> Timetable:
    """Two samples through one furnace run, the first measured; a third began before."""
    fired = Run(
        id="TF1",
        resource="tube_furnace",
        machine=1,
        step="fire",
        settings={"temperature": 700.0, "hold_time": 3.0},
        start=at(23, "10:00"),
        ready=at(23, "22:00"),
        end=at(24, "09:00"),
        samples=(first, second),
    )
    begun = replace(fired, id="CY1", resource="cycler", more_machines=(2,), step="cells", settings={})
    begun = replace(begun, start=at(20, "10:00"), ready=at(23, "12:00"), end=at(23, "12:00"))
    begun = replace(begun, samples=("X-001",), under_way=True)
    seen = replace(fired, id="XR1", resource="xrd", step="look", settings={}, samples=(first,))
    seen = replace(seen, start=at(24, "09:00"), ready=at(24, "10:00"), end=at(24, "10:00"))
    tasks = [task(one, "mix", at(23, "09:00"), at(23, "10:00")) for one in (first, second)]
    tasks += [
        replace(task(one, run.step, run.start, run.end, run.id, run.resource), ready=run.ready)
        for run in (fired, begun, seen)
        for one in run.samples
    ]
    return Timetable(tasks=tuple(tasks), runs=(fired, begun, seen))


def plan(first: str = "X-003", second: str = "X-004", conditions: Conditions | None = None) -> WeekPlan:
    """A week of three samples, one of them begun before; a fourth is stopped at its gate."""
    made: Conditions = conditions or {"temperature": 700.0, "hold_time": 3.0}
    control = SampleInPlan(
        experiment=first, conditions=made, is_new=True, role="control", grams={"Li2CO3": 1.2345}
    )
    stopped = GateDecision(
        experiment="X-002",
        goes_on=False,
        value=0.3,
        cost=0.1,
        value_of_new=2.0,
        cost_of_new=0.1,
        unit="mAh/g",
        sentence="X-002 is impure, its remaining hold_time is not worth it.",
    )
    sentence = "tube_furnace holds the week up."
    return WeekPlan(
        week="2026-W48",
        start=at(23, "09:00"),
        end=at(30, "18:00"),
        timetable=timetable(first, second),
        samples=(
            SampleInPlan(experiment="X-001", conditions={**made}, is_new=False),
            control,
            SampleInPlan(experiment=second, conditions=made, is_new=True, role="improve"),
        ),
        decisions=(stopped,),
        bottleneck=Bottleneck(resource="tube_furnace", hours_earlier=9.0, more_samples=1, sentence=sentence),
        changes=("X-004 moved to TF1.",),
        messages=("One suggestion was left out.",),
    )


def test_suggestions_stand_side_by_side_with_what_is_expected_of_them() -> None:
    both = Suggestions(
        items=(suggestion("X-017"), suggestion()), messages=("2 of 20 are left.",), stopping=STOPPING
    )
    seen = text_of(suggestions_html(both, UNITS))
    for fact in (
        "2 suggestions",
        "X-017 2",
        "temperature [°C] 700 700",
        "hold time [h] 0.5 0.5",
        "speed – –",
        "gas ? ?",
        "why repeat the best repeat the best",
        "capacity [mAh/g] 283 (-1.5 to 302)",
        "width 12.3 (10–15)",
        "pure: yes > 99 % > 99 %",
        "capacity 81 % 81 %",
        "process hours [h] 110.25",
        "chance to improve 42 %",
        "expected gain [mAh/g] 12",
        "It is promising.",
        "Most like it: X-1 , X-2",
        "2 of 20 are left.",
        "Stop or go on? Go on. X-1 is within 3.1 mAh/g of the best <there> is.",
    ):
        assert fact in seen


def test_a_gain_of_which_the_unit_is_not_known_is_not_shown() -> None:
    seen = text_of(suggestion("X-017")._repr_html_())
    assert "Suggestion X-017" in seen and "chance to improve 42 %" in seen
    assert "expected gain" not in seen


def test_a_limit_on_yes_or_no_is_said_once() -> None:
    assert text_of(suggestion()._repr_html_()).count("> 99 %") == 1


def test_what_only_costs_and_conditions_are_known_of_is_shown_too() -> None:
    bare = Suggestion(
        parameters={"x": 1.0}, forecast={}, limits={}, improvement={"probability": None, "expected": None}
    )
    seen = text_of(Suggestions(items=(bare,))._repr_html_())
    assert "1 suggestion" in seen and "x 1" in seen
    assert "gain" not in seen and "expected" not in seen


def test_no_suggestions_say_why() -> None:
    seen = text_of(Suggestions(items=(), messages=("The rules leave nothing.",))._repr_html_())
    assert seen == "No suggestions The rules leave nothing."


def test_of_very_many_suggestions_the_first_are_shown() -> None:
    many = Suggestions(items=(suggestion(),) * 30)
    assert "and 6 more: .to_frame() shows all." in text_of(many._repr_html_())


def test_reprs_are_short() -> None:
    one, week = suggestion("X-017", ["reason " * 50]), plan()
    assert repr(one) == "<Suggestion X-017: temperature=700, hold_time=0.5, milling=none, gas=?>"
    assert repr(Suggestions(items=(one,) * 4)) == "<4 suggestions>"
    assert repr(week) == "<WeekPlan 2026-W48: 3 samples, 2 new, until Tue 24 Nov 10:00>"
    assert repr(replace(week, timetable=Timetable(), samples=())) == (
        "<WeekPlan 2026-W48: 0 samples, 0 new, nothing is to be done>"
    )


def test_advice_has_its_numbers_below_it() -> None:
    seen = text_of(STOPPING._repr_html_())
    assert "gain of the best next experiment 12 mAh/g" in seen
    assert "chance that the best found is within 3.1 mAh/g of the best there is 20 %" in seen
    assert "cost of that experiment 99 h" in seen


def test_with_several_objectives_gain_is_a_share() -> None:
    seen = text_of(Stopping(0.021, "share of the front", 0.05, 0.7, "", "Go on.")._repr_html_())
    assert "of the front is still to gain 2 %" in seen
    assert "chance that all but 5 % of the front is found 70 %" in seen


def test_a_plan_shows_its_week() -> None:
    seen = text_of(plan_html(plan(), UNITS))
    for fact in (
        "Plan for the week 2026-W48",
        "3 samples, 2 of them new; all is done by Tue 24 Nov, 10:00.",
        "tube furnace holds the week up.",
        "Stop : X-002 is impure, its remaining hold time is not worth it.",
        "X-004 moved to TF1.",
        "One suggestion was left out.",
        "sample why temperature [°C] hold time [h] Li2CO3 [g]",
        "X-003 control 700 3 1.23",
        "X-004 improve 700 3 –",
        "X-001 planned before",
    ):
        assert fact in seen


def test_its_timetable_goes_by_day() -> None:
    seen = text_of(plan_html(plan(), UNITS))
    table = seen[seen.index("Timetable by day") :]
    expected = [
        "Mon 23 Nov",
        "09:00 mix by hand X-003 , X-004 10:00",
        "10:00 start fire tube furnace X-003 , X-004 temperature 700 °C, hold time 3 h ready 22:00",
        "12:00 end cells cycler 1, 2 X-001",
        "Tue 24 Nov",
        "09:00 end fire tube furnace X-003 , X-004",
        "09:00 look xrd X-003 10:00",
    ]
    positions = [table.index(row) for row in expected]
    assert positions == sorted(positions)


def test_its_bars_say_what_they_are() -> None:
    seen = text_of(plan_html(plan(), UNITS))
    assert "TF1: fire X-003, X-004, Mon 23 Nov 10:00 to Tue 09:00, ready 22:00" in seen
    assert "faded: ready, waits to be emptied; broken line: begun before this plan." in seen
    bars = seen[: seen.index("Bars name")]
    rows = [bars.rindex(name) for name in ("by hand", "tube furnace", "xrd", "cycler 1, 2")]
    assert rows == sorted(rows)


def test_an_empty_plan_says_so() -> None:
    nothing = replace(
        plan(),
        timetable=Timetable(),
        samples=(),
        decisions=(),
        bottleneck=None,
        changes=(),
        messages=("Nothing fits.",),
    )
    assert text_of(nothing._repr_html_()) == (
        "Plan for the week 2026-W48 Nothing is to be done. Nothing fits."
    )


def test_a_long_timetable_waits_to_be_opened() -> None:
    week = plan()
    more = [task(f"Y-{n}", "mix", at(24, f"{9 + n // 6}:{n % 6}0"), at(24, "18:00")) for n in range(50)]
    long = replace(week, timetable=replace(week.timetable, tasks=(*week.timetable.tasks, *more)))
    assert "<details style" in long._repr_html_() and " open>" not in long._repr_html_()
    assert " open>" in week._repr_html_()


def test_weeks_of_many_machines_stay_readable() -> None:
    week = plan()
    (run,) = (r for r in week.timetable.runs if r.id == "XR1")
    runs = [replace(run, id=f"XR{n}", machine=n, samples=(f"Y-{n}",)) for n in range(1, 71)]
    later = replace(
        runs[0], start=at(24, "11:00"), ready=at(30, "23:00"), end=at(30, "23:00") + timedelta(days=40)
    )
    tasks = [task(r.samples[0], r.step, r.start, r.end, r.id, r.resource) for r in (*runs, later)]
    crowded = replace(week, timetable=Timetable(tasks=tuple(tasks), runs=(*runs, later)))
    seen = text_of(crowded._repr_html_())
    assert "10 more rows stand in the timetable." in seen
    assert "7 Dec" in seen and "Mon 7 Dec" not in seen[: seen.index("Bars name")]


def test_what_ends_as_the_plan_begins_is_drawn_all_the_same() -> None:
    week = plan()
    only = tuple(t for t in week.timetable.tasks if t.step == "mix")
    late = replace(week, start=at(23, "10:00"), timetable=Timetable(tasks=only))
    assert "mix X-003, X-004" in text_of(late._repr_html_())


@given(st.text(min_size=1), st.text(), st.text(min_size=1, max_size=30))
def test_text_of_people_stays_text(vial: str, sentence: str, name: str) -> None:
    one = replace(
        suggestion(vial, [sentence]),
        parameters={name: sentence},
        nearest=(sentence,),
        purpose=sentence,
        costs={name: 1.0},
    )
    advice = replace(STOPPING, unit=sentence, cost=sentence, advice=sentence)
    both = Suggestions(items=(one,) * 2, messages=(sentence,), stopping=advice)
    shown = [
        one._repr_html_(),
        both._repr_html_(),
        suggestions_html(both, {name: sentence}),
        advice._repr_html_(),
    ]
    week = replace(
        plan(vial, f"{vial}'", {name: sentence}),
        week=sentence,
        changes=(sentence,),
        messages=(sentence,),
    )
    shown += [week._repr_html_(), plan_html(week, {name: sentence})]
    for markup in shown:
        text_of(markup)
    called = " ".join(plain(vial, LONGEST_NAME).split())
    assert called in text_of(one._repr_html_()) and called in text_of(week._repr_html_())


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</svg>", "&lt;b&gt;", "$x^2$"]
)
def test_markup_on_a_vial_is_shown_as_it_was_written(hostile: str) -> None:
    assert hostile in text_of(plan(hostile)._repr_html_())
    assert hostile in text_of(suggestion(hostile, [hostile])._repr_html_())
    assert "tex2jax_ignore" in plan(hostile)._repr_html_()
