"""The best so far is a step line through the samples that made it, and the front goes around the others."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ovenbird.campaigns.report.figures import front_figure, progress_figure
from ovenbird.campaigns.report.week_summary import BestSample, MadeSample, Standing, WeekSummary

from .figure_checks import HOURS, words_of


@pytest.fixture(scope="module")
def standing(summary: WeekSummary) -> Standing:
    return summary.standing


@pytest.fixture(scope="module")
def two_goals(standing: Standing) -> Standing:
    """Less hours against more capacity; A, B and D are the front, C is bettered by B, E breaks a limit."""
    places = {"A": (90, 220), "B": (100, 250), "C": (105, 245), "D": (120, 280), "E": (95, 300)}
    history = tuple(
        MadeSample(
            experiment=name,
            values={HOURS.name: hours, "discharge_capacity": capacity},
            keeps_limits=name != "E",
            best=hours,
        )
        for name, (hours, capacity) in places.items()
    )
    best = tuple(BestSample(experiment=name, conditions={}) for name in "DAB")
    capacity = standing.objectives[0][0]
    return replace(
        standing, history=history, best=best, objectives=((HOURS, "minimise"), (capacity, "maximise"))
    )


def line_of(axes: Axes, label: str) -> Line2D:
    return next(line for line in axes.lines if line.get_label() == label)


def places_of(lines: Sequence[Line2D]) -> list[tuple[float, float]]:
    return sorted((float(x), float(y)) for line in lines for x, y in np.asarray(line.get_xydata()))


def samples_of(figure: Figure) -> dict[str, list[tuple[float, float]]]:
    """Own and other samples by marker and filling: which sort, and where."""
    sorts: dict[str, list[Line2D]] = {}
    for line in figure.axes[0].lines:
        if line.get_zorder() == 4 and line.get_marker() in ("o", "X"):
            filled = line.get_markerfacecolor() != "white"
            sorts.setdefault(f"{line.get_marker()}{'' if filled else ' open'}", []).append(line)
    return {sort: places_of(lines) for sort, lines in sorts.items()}


def test_the_line_is_the_best_so_far(standing: Standing) -> None:
    axes = progress_figure(standing).axes[0]
    line = line_of(axes, "best so far")
    assert line.get_drawstyle() == "steps-post"
    heights = np.asarray(line.get_ydata(), float)
    assert heights.tolist() == [*(one.best for one in standing.history), 283]
    assert axes.get_ylabel() == "discharge capacity [mAh/g]"
    assert [text.get_text() for text in axes.texts] == ["LTVO-013"]


def test_every_sample_has_its_sort_and_place(standing: Standing) -> None:
    found = samples_of(progress_figure(standing))
    own = [one for one in standing.history if not one.source]
    for sort, keeps in (("o", True), ("X", False), ("o open", None)):
        expected = [
            (float(x), one.values["discharge_capacity"])
            for x, one in enumerate(own, 1)
            if one.keeps_limits is keeps
        ]
        assert [place for place in found[sort] if place[0] > 0] == expected
    literature = [y for places in found.values() for x, y in places if x < 0]
    assert sorted(literature) == [100, 220, 255, 280, 310]


def test_hours_instead_of_experiments(standing: Standing) -> None:
    figure = progress_figure(standing, over="hours")
    shown = sorted(x for places in samples_of(figure).values() for x, _ in places if x > 0)
    assert shown == [one.hours for one in standing.history if one.hours is not None]
    assert figure.axes[0].get_xlabel() == "process hours of own samples [h]"
    without = replace(standing, history=tuple(replace(one, hours=None) for one in standing.history))
    assert words_of(progress_figure(without, over="hours")) == [
        "No process hours are known: they follow from a lab section and own samples."
    ]


def test_numbers_beside_the_goal_are_where_there_are_values(standing: Standing) -> None:
    axes = progress_figure(standing).axes[0]
    for named in standing.beside:
        label = named.name.replace("_", " ")
        heights = sorted(y for _, y in places_of([line_of(axes, label)]))
        assert heights == sorted(o.values[named.name] for o in standing.history if named.name in o.values)


def test_what_has_another_unit_is_not_beside(standing: Standing) -> None:
    area = replace(standing.beside[0], name="bet_surface_area", unit="m2/g")
    labels = [line.get_label() for line in progress_figure(replace(standing, beside=(area,))).axes[0].lines]
    assert "bet surface area" not in labels


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (
            ["LTVO-013"],
            "LTVO-013 is the best so far with 283\N{NO-BREAK SPACE}mAh/g (discharge capacity), after 12",
        ),
        ([], "Nothing that was measured keeps all limits, after 12 own samples"),
        (
            ["A", "B"],
            "2 samples are the best there is, each in its way, after 12 own samples with a value: A and B",
        ),
    ],
)
def test_the_title_says_where_it_stands(standing: Standing, ids: list[str], said: str) -> None:
    best = tuple(BestSample(experiment=name, conditions={}) for name in ids)
    title = progress_figure(replace(standing, best=best)).get_suptitle()
    assert title.replace("\n", " ").startswith(said)


def test_each_of_several_goals_has_its_best_so_far(two_goals: Standing) -> None:
    hours, capacity = progress_figure(two_goals).axes
    assert np.asarray(line_of(hours, "best so far").get_ydata()).tolist() == [90, 90, 90, 90, 90, 90]
    assert np.asarray(line_of(capacity, "best so far").get_ydata()).tolist() == [220, 250, 250, 280, 280, 280]
    assert hours.get_ylabel() == "process hours [h]"


@pytest.mark.parametrize(
    ("x_how", "y_how", "corners"),
    [
        ("minimise", "maximise", [(90, 220), (100, 220), (100, 250), (120, 250), (120, 280)]),
        ("maximise", "minimise", [(90, 220), (90, 250), (100, 250), (100, 280), (120, 280)]),
        ("minimise", "as near as possible to 250:", [(90, 220), (100, 250), (120, 280)]),
    ],
)
def test_the_front_goes_around_what_is_no_better(
    two_goals: Standing, x_how: str, y_how: str, corners: list[tuple[float, float]]
) -> None:
    (x, _), (y, _) = two_goals.objectives
    figure = front_figure(replace(two_goals, objectives=((x, x_how), (y, y_how))))
    axes = figure.axes[0]
    steps = next(line for line in axes.lines if line.get_marker() == "None" and line.get_linewidth() > 1)
    assert np.asarray(steps.get_xydata()).tolist() == [list(corner) for corner in corners]
    assert places_of([line_of(axes, "front")]) == [(90, 220), (100, 250), (120, 280)]
    assert {text.get_text() for text in axes.texts} == {"A", "B", "D"}
    assert samples_of(figure) == {"o": [(90, 220), (100, 250), (105, 245), (120, 280)], "X": [(95, 300)]}


def test_the_axes_of_a_front_say_which_way_is_better(two_goals: Standing) -> None:
    figure = front_figure(two_goals)
    axes = figure.axes[0]
    assert axes.get_xlabel() == "process hours [h]: less is better"
    assert axes.get_ylabel() == "discharge capacity [mAh/g]: more is better"
    assert figure.get_suptitle().replace("\n", " ") == (
        "3 of 5 samples are bettered by no other: process hours and discharge capacity"
    )


def test_a_front_without_values_says_so(two_goals: Standing) -> None:
    assert words_of(front_figure(replace(two_goals, history=()))) == [
        "No sample has values of both process hours and discharge capacity yet."
    ]
    none = front_figure(replace(two_goals, best=())).get_suptitle().replace("\n", " ")
    assert none == "None of 5 samples keeps all limits yet: process hours and discharge capacity"
