"""The page of a week: nothing of the plan is missing, decisions come first, and no text is markup."""

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from ovenbird.campaigns.cli.plan_page import print_plan
from ovenbird.planner.lab import Lab
from ovenbird.planner.timetable import Timetable
from ovenbird.planner.week_plan import WeekPlan

Printed = Callable[..., str]


@pytest.fixture
def printed(plan: WeekPlan, lab: Lab, units: dict[str, str | None]) -> Printed:
    """The page of the hand-written plan, or of another one."""

    def write(width: int = 200, shown: WeekPlan = plan) -> str:
        out = io.StringIO()
        print_plan(Console(file=out, width=width, highlight=False), shown, lab, units)
        return out.getvalue()

    return write


def section(page: str, title: str) -> list[str]:
    """Lines under a title, their words one space apart."""
    text = page.split(f"\n{title}\n")[1].split("\n\n")[0]
    return [" ".join(line.split()) for line in text.splitlines()]


def test_what_is_to_be_decided_stands_right_below_the_headline(printed: Printed, plan: WeekPlan) -> None:
    page = printed()
    titles = [
        "To decide",
        "Day by day",
        "Samples",
        "Why these",
        "Machines",
        "Changes against the plan before",
        "Also",
    ]
    places = [page.index(f"\n{title}\n") for title in titles]
    assert places == sorted(places)
    assert page.startswith("Week 2026-W48: 6 samples, 4 of them new; all is done by Mon 30 Nov, 10:00.\n")
    assert section(page, "To decide") == [f"stop {plan.decisions[0].sentence}"]


def test_a_sample_that_is_worth_it_goes_on(printed: Printed, plan: WeekPlan) -> None:
    (decision,) = plan.decisions
    anonymous = replace(decision, goes_on=True, sentence="What remains adds 3 mAh/g.")
    page = printed(shown=replace(plan, decisions=(anonymous,)))
    assert section(page, "To decide") == ["go on LTVO-002: What remains adds 3 mAh/g."]


def test_runs_stand_under_their_days_with_everything_one_needs_at_the_machine(printed: Printed) -> None:
    lines = section(printed(), "Day by day")
    for line in (
        "day start ready emptied run machine what samples",
        "Fri 20 14:00 Mon 14:00 Mon 14:30 CY9 cycler 1-2 cells; under way LTVO-001",
        "Mon 23 09:00 10:00 by hand mix LTVO-003..006",
        "10:00 22:00 Tue 09:00 TF1 tube furnace calcine, solid_state, 700 degC, 3 h LTVO-003/004/005",
        "Tue 24 09:00 10:00 DI1 diffractometer xrd; gate: phase_pure LTVO-003",
        "11:00 19:30 Wed 09:00 PM1 planetary mill mill, 450 rpm, 6 h LTVO-003/004",
        "10:00 17:00 17:00 PM2 planetary mill mill, 400 rpm, 5 h LTVO-005/006",
        "09:00 Sun 09:00 Mon 30 09:30 CY1 cycler 3-4 cells LTVO-003",
    ):
        assert line in lines, line
    days = [line[:6] for line in lines if re.match(r"(Mon|Tue|Wed|Thu|Fri) \d\d ", line)]
    assert days == ["Fri 20", "Mon 23", "Tue 24", "Wed 25", "Thu 26", "Fri 27"]


def test_samples_show_their_chances_and_their_way(printed: Printed) -> None:
    wide = section(printed(250), "Samples")
    assert wide[0] == "sample role chance to improve limits conditions way"
    made = "solid_state, 700 degC, hold 3 h, planetary, 400 rpm, milling 5 h"
    way = "mix Mon → calcine TF1 Mon → xrd Tue → mill PM2 Wed → bet Thu → cells Fri-Mon 30"
    assert f"LTVO-005 improve 41 % P(phase_pure) 96 % {made} {way}" in wide
    assert "P(oxidised) 8 % weigh Li2CO3 1.234 g, V2O3 2.5 g" in wide
    (boundary,) = [line for line in wide if line.startswith("LTVO-006")]
    assert boundary.startswith("LTVO-006 repeat at a limit 18 % P(phase_pure) > 99 % ")
    (control,) = [line for line in wide if line.startswith("LTVO-003")]
    assert control.startswith("LTVO-003 control P(phase_pure) 97 % ")
    assert (
        "LTVO-001 under way solid_state, 700 degC, hold 6 h, planetary, 450 rpm, milling 3 h cells until Mon"
        in wide
    )
    assert "LTVO-002 stopped solid_state, 650 degC, 0 h, milling none stops here" in wide


def test_a_sample_without_steps_says_why(printed: Printed, plan: WeekPlan) -> None:
    undecided = replace(plan, decisions=())
    page = printed(250, undecided)
    assert "LTVO-002 planned before solid_state, 650 degC, 0 h, milling none no step in this plan" in section(
        page, "Samples"
    )
    assert "To decide" not in page


def test_of_the_reasons_only_the_first_is_repeated(printed: Printed, plan: WeekPlan) -> None:
    page = printed()
    assert section(page, "Why these") == [f"{one.id} {one.reasons[0]}" for one in plan.suggestions]
    assert "A second reason" not in page
    assert section(page, "Changes against the plan before") == [f"- {change}" for change in plan.changes]
    assert section(page, "Also") == [f"- {message}" for message in plan.messages]


@pytest.mark.parametrize("width", [60, 80, 110, 200])
def test_every_width_holds_everything(printed: Printed, plan: WeekPlan, width: int) -> None:
    page = printed(width)
    # The sentences above the tables are wrapped by the terminal, where there is one.
    assert all(cell_len(line) <= width for line in page[page.index("Day by day") :].splitlines())
    before_the_chart = page[: page.index("\nMachines\n")]
    assert "…" not in before_the_chart
    words = " ".join(page.split())
    for piece in (
        "700 degC,",
        "41 %",
        "P(phase_pure)",
        "calcine TF1 Mon",
        "phase_pure",
        "Li2CO3 1.234",
        "stops here",
    ):
        assert piece in words, piece
    for run in plan.timetable.runs:
        assert re.search(rf"\b{run.id}\b", before_the_chart), run.id
    # 10:00 to 22:00, emptied 09:00
    assert re.search(r"10:00.*22:00.*(\n.*)?Tue 09:00", before_the_chart)


def test_without_units_settings_have_names(plan: WeekPlan, lab: Lab) -> None:
    out = io.StringIO()
    print_plan(Console(file=out, width=250, highlight=False), plan, lab)
    assert "calcine, solid_state, calcination temperature 700, hold time 3" in out.getvalue()


def test_an_empty_week_still_says_what_there_is_to_know(printed: Printed, plan: WeekPlan) -> None:
    empty = WeekPlan(
        week="2026-W52",
        start=plan.start,
        end=plan.end,
        timetable=Timetable(),
        messages=("The lab is closed all week.",),
    )
    assert printed(80, empty) == (
        "Week 2026-W52: nothing is to be done.\n\nAlso\n- The lab is closed all week.\n"
    )


def test_texts_of_people_are_printed_as_they_are(
    printed: Printed, plan: WeekPlan, hostile_ids: dict[str, str]
) -> None:
    noted = replace(plan, messages=("See [/red] note [link=x]here[/link] :fire:",), bottleneck=None)
    page = printed(200, noted.renamed(hostile_ids))
    assert "See [/red] note [link=x]here[/link] :fire:" in page
    assert "in doubt [see note]" in page
    assert any(line.endswith("cells; under way [bold]x[/bold]") for line in section(page, "Day by day"))
    lines = section(page, "Samples")
    assert any(line.startswith("[bold]x[/bold] under way ") for line in lines)
    assert any(line.startswith("\N{FIRE} vial, 2;3 ") for line in lines)


def test_where_arrows_cannot_be_written_signs_stand_for_them(plan: WeekPlan, lab: Lab) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", newline="\n")
    print_plan(Console(file=out, width=250, highlight=False), plan, lab)
    out.seek(0)
    assert "mix Mon -> calcine TF1 Mon -> xrd Tue" in out.read()
