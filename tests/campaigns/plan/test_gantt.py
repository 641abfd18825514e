"""The Gantt chart shows every hour of the plan in its place, and no text touches another."""

import subprocess
import sys
from dataclasses import replace
from datetime import datetime, time, timedelta

import numpy as np
import pytest
from matplotlib import colors, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from ovenbird.campaigns.gantt import gantt_figure, picture_file
from ovenbird.planner.lab import Calendar, Lab
from ovenbird.planner.timetable import Timetable
from ovenbird.planner.week_plan import WeekPlan

Units = dict[str, str | None]
Span = tuple[datetime, datetime]
A4 = pytest.approx((11.69, 8.27))


@pytest.fixture(scope="module")
def figure(plan: WeekPlan, lab: Lab, units: Units) -> Figure:
    return gantt_figure(plan, lab, units)


@pytest.fixture(scope="module")
def crowded_figure(crowded: WeekPlan, lab: Lab, units: Units) -> Figure:
    return gantt_figure(crowded, lab, units)


def rows_of(axes: Axes) -> dict[str, int]:
    """Numbers of the rows by what stands at their left."""
    return {
        text.get_text(): int(text.get_position()[1])
        for text in axes.texts
        if text.get_horizontalalignment() == "right"
    }


def spans(axes: Axes, plan: WeekPlan, label: str, *, hatch: str | None = None) -> list[Span]:
    """From when to when the outlines of bars in a row reach, or what is hatched."""
    row, origin = rows_of(axes)[label], plan.start - timedelta(hours=2)
    found = []
    for patch in axes.patches:
        if not isinstance(patch, Rectangle) or int(patch.get_y()) != row or patch.get_height() > 1:
            continue
        outline = colors.to_rgba(patch.get_facecolor())[3] == 0 and patch.get_hatch() is None
        if (outline and hatch is None) or (hatch is not None and patch.get_hatch() == hatch):
            start = origin + timedelta(hours=round(patch.get_x(), 6))
            found.append((start, start + timedelta(hours=round(patch.get_width(), 6))))
    return sorted(set(found))


def in_bars(axes: Axes) -> list[Text]:
    """Texts in and beside bars."""
    return [
        text
        for text in axes.texts
        if text.get_horizontalalignment() == "left" and text.get_fontstyle() == "normal"
    ]


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text of the picture, and the space that it takes."""
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_visible()]
    found = [(text.get_text(), text.get_window_extent(renderer)) for text in texts]
    return [(text, box) for text, box in found if text.strip() and box.width > 1]


def assert_apart(figure: Figure) -> None:
    found = boxes(figure)
    # Letters of lines that follow each other may have the same height to a hair.
    corners = np.array([[box.x0 + 0.5, box.y0 + 0.5, box.x1 - 0.5, box.y1 - 0.5] for _, box in found])
    low, high = corners[:, :2], corners[:, 2:]
    page = figure.bbox
    beyond = np.flatnonzero((low < page.min).any(axis=1) | (high > page.max).any(axis=1))
    assert not len(beyond), [found[i][0] for i in beyond]
    over = ((low[:, None] < high[None]) & (low[None] < high[:, None])).all(axis=2)
    pairs = np.argwhere(np.triu(over, k=1))
    assert not len(pairs), [(found[i][0], found[j][0]) for i, j in pairs]


def test_bars_reach_from_the_start_to_the_end_of_every_run(figure: Figure, plan: WeekPlan) -> None:
    axes = figure.axes[0]
    assert list(rows_of(axes)) == [
        "by hand",
        "tube furnace",
        "planetary mill",
        "diffractometer",
        "sorption station 1",
        "sorption station 2",
        "cycler 1-2",
        "cycler 3-4",
        "cycler 5-6",
        "cycler 7",
        "cycler 8",
    ]
    runs = plan.timetable.by_run
    for label, names in (
        ("tube furnace", ["TF1", "TF2"]),
        ("planetary mill", ["PM1", "PM2"]),
        ("sorption station 2", ["SS2", "SS4"]),
        ("cycler 8", ["CY4"]),
    ):
        expected = {(runs[name].start, runs[name].end) for name in names}
        waiting = {(runs[name].ready, runs[name].end) for name in names if runs[name].ready < runs[name].end}
        assert set(spans(axes, plan, label)) == expected | waiting
        assert set(spans(axes, plan, label, hatch="////")) == waiting
    assert spans(axes, plan, "by hand") == [(datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 10))]
    (reason,) = [text for text in axes.texts if text.get_text() == "fan"]
    assert int(reason.get_position()[1]) == rows_of(axes)["cycler 8"]
    assert spans(axes, plan, "cycler 8", hatch="xxxx") == [
        (datetime(2026, 11, 24, 9), datetime(2026, 11, 26, 9))
    ]


def test_what_began_before_the_plan_is_cut_off_and_dashed(figure: Figure, plan: WeekPlan) -> None:
    axes = figure.axes[0]
    first = min(spans(axes, plan, "cycler 1-2"))
    assert first == (plan.start - timedelta(hours=2), datetime(2026, 11, 23, 14, 30))
    dashed = [p for p in axes.patches if isinstance(p, Rectangle) and p.get_linestyle() not in ("-", "solid")]
    assert [round(patch.get_width(), 6) for patch in dashed] == [7.5]


def test_each_sample_has_its_steps_in_a_row(figure: Figure, plan: WeekPlan) -> None:
    axes = figure.axes[1]
    assert list(rows_of(axes)) == [
        "LTVO-001",
        "LTVO-002",
        "LTVO-003 control",
        "LTVO-004 improve",
        "LTVO-005 improve",
        "LTVO-006 repeat at a limit",
    ]
    tasks = plan.timetable.of("LTVO-005")
    found = spans(axes, plan, "LTVO-005 improve")
    assert {(task.start, task.end) for task in tasks} <= set(found)
    (remark,) = [text for text in axes.texts if text.get_fontstyle() == "italic"]
    assert (remark.get_text(), int(remark.get_position()[1])) == ("stops here", 1)


def test_gates_are_marked_where_they_may_stop_a_sample(figure: Figure, plan: WeekPlan) -> None:
    for axes in figure.axes:
        posts = [line for one in axes.collections for line in one.get_segments() if line[0][0] == line[1][0]]  # pyright: ignore[reportAttributeAccessIssue]
        ends = sorted(plan.start + timedelta(hours=float(line[0][0]) - 2) for line in posts)
        assert ends == sorted(task.end for task in plan.timetable.tasks if task.step == "xrd")


def test_nights_and_the_weekend_are_shaded(figure: Figure, plan: WeekPlan) -> None:
    for axes in figure.axes:
        tall = [
            p for p in axes.patches if isinstance(p, Rectangle) and p.get_y() == 0 and p.get_height() == 1
        ]
        origin = plan.start - timedelta(hours=2)
        ends = [origin + timedelta(hours=p.get_x() + p.get_width()) for p in tall]
        assert ends == [datetime(2026, 11, day, 9) for day in (23, 24, 25, 26, 27, 30)]
        assert tall[-1].get_width() == 15 + 48


def test_runs_are_named_with_settings_and_samples_where_they_fit(figure: Figure) -> None:
    machines = {text.get_text() for text in in_bars(figure.axes[0])}
    assert {"TF1 700 °C, 3 h\n003/004/005", "TF2 800 °C, 1 h\n006", "PM1 450 rpm, 6 h\n003/004"} <= machines
    assert {"mix 003..006", "003, 004, 005", "xrd 006", "SS3 · 005", "CY4 · 006"} <= machines
    assert {"calcine TF1", "calcine TF2", "mill PM1", "bet", "cells"} <= {
        t.get_text() for t in in_bars(figure.axes[1])
    }
    legend = {text.get_text() for text in figure.legends[0].get_texts()}
    assert legend == {
        "by hand",
        "tube furnace",
        "planetary mill",
        "diffractometer",
        "sorption station",
        "cycler",
        "ready, waits to be emptied",
        "begun before this plan",
        "gate: only with phase pure further",
        "nobody there",
        "out of use",
    }
    assert figure.texts[0].get_text().startswith("Week 2026-W48: 6 samples, 4 of them new")


def test_no_text_touches_another_or_leaves_the_paper(
    figure: Figure, crowded_figure: Figure, plan: WeekPlan, lab: Lab, hostile_ids: dict[str, str]
) -> None:
    assert figure.get_size_inches() == A4
    assert_apart(figure)
    width, height = crowded_figure.get_size_inches()
    assert width == pytest.approx(16.54) and height > 11.69
    assert_apart(crowded_figure)
    hostile = gantt_figure(plan.renamed(hostile_ids), lab)
    assert_apart(hostile)
    dollars = [text for text in hostile.findobj(Text) if isinstance(text, Text) and "$" in text.get_text()]
    assert len(dollars) > 1 and not any(text.get_parse_math() for text in dollars)


def test_names_end_before_the_next_bar_begins(figure: Figure, crowded_figure: Figure) -> None:
    for shown in (figure, crowded_figure):
        shown.draw_without_rendering()
        renderer = FigureCanvasAgg(shown).get_renderer()
        for axes in shown.axes:
            bars = [p for p in axes.patches if isinstance(p, Rectangle) and 0 < p.get_height() < 1]
            assert in_bars(axes)
            for text in in_bars(axes):
                box = text.get_window_extent(renderer)
                x, y = text.get_position()
                later = [b.get_x() for b in bars if int(b.get_y()) == int(y) and b.get_x() > x]
                busy = [
                    b for b in bars if int(b.get_y()) == int(y) and b.get_x() <= x < b.get_x() + b.get_width()
                ]
                # What begins within the same bar is its own hatched part.
                own_end = max((b.get_x() + b.get_width() for b in busy), default=-np.inf)
                next_bar = min((start for start in later if start >= own_end), default=axes.get_xlim()[1])
                assert box.x1 <= axes.transData.transform((next_bar, 0))[0] + 1, text.get_text()


def test_machines_of_each_kind_differ_even_where_printed_grey(figure: Figure) -> None:
    greys = []
    for name in ("tube furnace", "planetary mill", "diffractometer", "sorption station 1", "cycler 8"):
        row = rows_of(figure.axes[0])[name]
        (colour, *_) = (
            p.get_facecolor()
            for p in figure.axes[0].patches
            if isinstance(p, Rectangle)
            and int(p.get_y()) == row
            and p.get_hatch() is None
            and p.get_height() < 1
        )
        r, g, b, _ = colors.to_rgba(colour)
        greys.append(0.299 * r + 0.587 * g + 0.114 * b)
    assert min(np.diff(sorted(greys))) > 0.07 and min(greys) > 0.5  # black letters are read on all of them


def test_the_same_plan_is_the_same_file(plan: WeekPlan, lab: Lab, units: Units) -> None:
    salt = rcParams["svg.hashsalt"]
    for kind, begins in (("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")):
        once, again = (picture_file(gantt_figure(plan, lab, units), kind, dpi=50) for _ in range(2))  # pyright: ignore[reportArgumentType]
        assert once == again and once.startswith(begins)
    assert rcParams["svg.hashsalt"] == salt


def test_a_plan_in_which_nothing_is_done_is_a_page_that_says_so(plan: WeekPlan, lab: Lab) -> None:
    nothing = replace(plan, timetable=Timetable(), samples=(), suggestions=(), outages=())
    figure = gantt_figure(nothing, lab)
    assert [text for text, _ in boxes(figure)] == ["Week 2026-W48: nothing is to be done."]
    only_samples = replace(plan, timetable=Timetable(), outages=())
    assert_apart(gantt_figure(only_samples, lab))


def test_months_and_labs_that_never_close_can_be_drawn(plan: WeekPlan, lab: Lab) -> None:
    (cells,) = [run for run in plan.timetable.runs if run.id == "CY4"]
    late = replace(cells, ready=cells.ready + timedelta(days=70), end=cells.end + timedelta(days=70))
    long = replace(plan, timetable=Timetable(runs=(late,), tasks=plan.timetable.tasks[-1:]))
    long = replace(
        long, timetable=replace(long.timetable, tasks=(replace(long.timetable.tasks[0], end=late.end),))
    )
    figure = gantt_figure(long, replace(lab, calendar=None))
    assert_apart(figure)
    names = [
        text.get_text()
        for text in figure.axes[0].texts
        if text.get_verticalalignment() == "bottom" and text.get_text()
    ]
    assert names[:2] == ["Mon 23 Nov", "Mon 30 Nov"] and len(names) < 14


@pytest.mark.parametrize(
    ("opens", "closes", "hours"),
    [
        (time(9), time(18), {"09", "18"}),
        (time(8, 30), time.max, {"08:30"}),
        (time(9), time(10), {"09"}),
        (time(0, 30), time(23, 30), {"00:30"}),
    ],
)
def test_hours_are_named_where_there_is_room(
    opens: time, closes: time, hours: set[str], plan: WeekPlan, lab: Lab
) -> None:
    figure = gantt_figure(plan, replace(lab, calendar=Calendar(opens=opens, closes=closes)))
    assert {label.get_text() for label in figure.axes[0].get_xticklabels()} == hours
    assert_apart(figure)


def test_nothing_is_loaded_before_it_is_drawn() -> None:
    said = "import sys, ovenbird.campaigns.gantt, ovenbird.campaigns.calendar_file, ovenbird.campaigns.cli.plan_page;"
    said += "print(sorted({'matplotlib', 'icalendar', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
