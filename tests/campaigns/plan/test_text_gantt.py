"""Bars of characters stand where the timetable has them, at any width, with or without Unicode."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.cells import cell_len
from rich.console import Console

from ovenbird.campaigns.cli.text_gantt import print_gantt
from ovenbird.planner.lab import Lab
from ovenbird.planner.timetable import Timetable
from ovenbird.planner.week_plan import WeekPlan

Drawn = Callable[..., list[str]]


@pytest.fixture
def drawn(plan: WeekPlan, lab: Lab) -> Drawn:
    """Lines of the chart, by default of the hand-written plan on 200 columns: one an hour."""

    def draw(width: int = 200, shown: WeekPlan = plan) -> list[str]:
        out = io.StringIO()
        print_gantt(Console(file=out, width=width), shown, lab)
        return out.getvalue().splitlines()

    return draw


def row(lines: list[str], label: str) -> str:
    """What stands behind a label; the axis begins at column 19, Monday 09:00."""
    (line,) = [line for line in lines if line.startswith(f"{label} ")]
    return line[19:]


def test_bars_begin_and_end_at_their_hours(drawn: Drawn) -> None:
    lines = drawn()
    furnace = row(lines, "tube furnace")
    # Mon 10:00 to 22:00, emptied Tue 09:00; then to 19:00, emptied Wed 09:00.
    assert furnace[1:24] == "TF1█████████" + "▒" * 11
    assert furnace[24:48] == "TF2███████" + "▒" * 14
    assert set(furnace[48:]) <= set(" ·┊")
    cells = row(lines, "cycler 3-4")
    assert cells[72:].startswith("CY1 LTVO-003") and cells.count("█") + len("CY1 LTVO-003") == 72
    assert cells.index("▒") == 72 + 72
    assert lines[-1].endswith("one column: 1 h")


def test_what_began_before_what_is_down_and_nights_are_marked(drawn: Drawn) -> None:
    lines = drawn()
    assert row(lines, "cycler 1-2").startswith("◀CY9█▒ ")
    broken = row(lines, "cycler 8")
    assert (broken.index("╳"), broken.count("╳")) == (24, 48)
    # From Mon 09:00: open for nine hours, then closed until Tue 09:00 but for the mark at midnight.
    assert row(lines, "planetary mill")[1:24] == " " * 8 + "·" * 6 + "┊" + "·" * 8


def test_days_stand_over_their_midnights(drawn: Drawn) -> None:
    days = drawn()[0]
    for number, name in enumerate(("Tue 24 Nov", "Wed 25 Nov", "Thu 26 Nov", "Fri 27 Nov", "Sat 28 Nov")):
        assert days.index(f"┊{name}") == 19 + 15 + 24 * number


def test_short_bars_are_named_beside_themselves_together(drawn: Drawn) -> None:
    lines = drawn()
    assert row(lines, "by hand").startswith("█ mix LTVO-003..006 ")
    measured = row(lines, "diffractometer")
    # With the word xrd it would run into the one of Wednesday.
    assert "███ LTVO-003/004/005 " in measured and "█ xrd LTVO-006 " in measured


@pytest.mark.parametrize(("width", "hours"), [(50, 6), (80, 3), (110, 2), (200, 1), (400, 1)])
def test_it_fits_and_keeps_every_machine(drawn: Drawn, width: int, hours: int) -> None:
    lines = drawn(width)
    assert max(map(cell_len, lines)) <= width
    assert f"one column: {hours} h" in "\n".join(lines)
    labels = [line[: 13 if width == 50 else 19].rstrip() for line in lines[1:12]]
    stations = ["sorption… 1", "sorption… 2"] if width == 50 else ["sorption station 1", "sorption station 2"]
    assert labels[4:] == [*stations, "cycler 1-2", "cycler 3-4", "cycler 5-6", "cycler 7", "cycler 8"]
    for run in ("TF1", "TF2", "PM1", "SS1", "SS4", "CY1", "CY2", "CY3", "CY4"):
        assert any(run in line for line in lines), run


def test_months_still_fit(drawn: Drawn, plan: WeekPlan) -> None:
    def later(moved: WeekPlan, days: int) -> WeekPlan:
        runs = tuple(
            replace(run, **{part: getattr(run, part) + timedelta(days=days) for part in ("ready", "end")})
            for run in moved.timetable.runs
            if run.id == "CY4"
        )
        tasks = tuple(
            replace(task, **{part: getattr(task, part) + timedelta(days=days) for part in ("ready", "end")})
            for task in moved.timetable.tasks
            if task.run == "CY4"
        )
        return replace(moved, timetable=Timetable(tasks=tasks, runs=runs))

    for days, hours in ((20, 12), (50, 24), (200, 72)):
        lines = drawn(80, later(plan, days))
        assert max(map(cell_len, lines)) <= 80 and f"one column: {hours} h" in "\n".join(lines)
        assert "30 Nov" in lines[0] or days == 200


def test_an_empty_plan_draws_nothing(drawn: Drawn, plan: WeekPlan) -> None:
    assert drawn(80, replace(plan, timetable=Timetable())) == []


def test_names_of_people_are_no_markup_and_shift_nothing(
    drawn: Drawn, plan: WeekPlan, hostile_ids: dict[str, str]
) -> None:
    lines = drawn(110, plan.renamed(hostile_ids))
    assert "[bold]x[/bold]" in row(lines, "cycler 1-2")
    assert list(map(cell_len, lines)) == list(map(cell_len, drawn(110)))
    assert row(lines, "cycler 3-4").rstrip()[-12:] == "▒" * 12


def test_where_blocks_cannot_be_written_plain_signs_stand_for_them(plan: WeekPlan, lab: Lab) -> None:
    pipe = io.BytesIO()
    out = io.TextIOWrapper(pipe, encoding="cp1252", newline="\n")
    print_gantt(Console(file=out, width=200), plan, lab)
    out.flush()
    text = pipe.getvalue().decode("ascii")
    assert row(text.splitlines(), "tube furnace")[1:24] == "TF1=========" + "~" * 11
    assert "<CY9=~" in text and "x out of use" in text


def test_colour_hides_nothing(drawn: Drawn, plan: WeekPlan, lab: Lab) -> None:
    out = io.StringIO()
    coloured = Console(file=out, width=110, force_terminal=True, color_system="standard")
    print_gantt(coloured, plan, lab)
    assert "\x1b[" in out.getvalue()
    bare = io.StringIO()
    print_gantt(Console(file=bare, width=110, no_color=True, force_terminal=False), plan, lab)
    assert bare.getvalue().splitlines() == drawn(110)
