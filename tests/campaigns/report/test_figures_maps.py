"""Maps: the forecast as colours that print in grey, its limit, its doubt, what was made and what is planned."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.path import Path

from ovenbird.campaigns.report.figures import map_figure
from ovenbird.campaigns.report.week_summary import BelievedMap, WeekSummary
from ovenbird.models.response_map import Place, ResponseMap

from .figure_checks import words_of


@pytest.fixture(scope="module")
def purity(summary: WeekSummary) -> BelievedMap:
    return summary.beliefs.maps[0]


@pytest.fixture(scope="module")
def capacity(summary: WeekSummary) -> BelievedMap:
    return summary.beliefs.maps[1]


def contours(axes: Axes) -> list[ContourSet]:
    return [one for one in axes.collections if isinstance(one, ContourSet)]


def ground(axes: Axes) -> ContourSet:
    """The colours."""
    return next(one for one in contours(axes) if one.filled and not any(one.hatches or ()))


def marked(axes: Axes, label: str) -> list[tuple[float, float]]:
    line = next(line for line in axes.lines if line.get_label() == label)
    return [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]


def labels(axes: Axes) -> set[str]:
    return {str(line.get_label()) for line in axes.lines if not str(line.get_label()).startswith("_")}


def thick_lines(axes: Axes) -> list[ContourSet]:
    return [one for one in contours(axes) if not one.filled and float(np.max(one.get_linewidth())) > 2]


def test_colours_are_the_forecast_and_print_in_grey(capacity: BelievedMap) -> None:
    figure = map_figure(capacity)
    drawn = ground(figure.axes[0])
    least, most = capacity.found.value.min(), capacity.found.value.max()
    assert (vars(drawn)["zmin"], vars(drawn)["zmax"]) == (least, most)
    levels = np.asarray(drawn.levels)
    assert levels[0] <= least and most <= levels[-1] and len(set(np.diff(levels).round(6))) == 1
    shades = drawn.get_cmap()(np.linspace(0, 1, 20))[:, :3] @ [0.299, 0.587, 0.114]
    assert (np.diff(shades) < 0).all() and shades.min() > 0.45  # black letters are read on all of it
    assert figure.axes[1].get_ylabel() == "discharge capacity, median [mAh/g]"


def test_the_limit_is_a_thick_line_where_the_forecast_has_it(purity: BelievedMap) -> None:
    axes = map_figure(purity).axes[0]
    (limit,) = thick_lines(axes)
    assert np.asarray(limit.levels).tolist() == [0.9]
    assert "limit 90\N{NO-BREAK SPACE}%" in labels(axes)
    x, y = purity.found.x, purity.found.y
    for path in limit.get_paths():
        for place in np.asarray(path.vertices)[::5]:
            row, column = np.abs(y - place[1]).argmin(), np.abs(x - place[0]).argmin()
            around = purity.found.value[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            assert around.min() <= 0.9 <= around.max()


def test_a_limit_beyond_the_map_is_said_not_to_be_there(capacity: BelievedMap) -> None:
    axes = map_figure(replace(capacity, limit=365.0)).axes[0]
    assert not thick_lines(axes)
    assert "limit 365\N{NO-BREAK SPACE}mAh/g, not on this map" in labels(axes)


def hatched(figure: Figure) -> ContourSet | None:
    found = [one for one in contours(figure.axes[0]) if one.filled and any(one.hatches or ())]
    return found[0] if found else None


def test_what_is_undecided_is_hatched(purity: BelievedMap) -> None:
    figure = map_figure(purity)
    drawn = hatched(figure)
    assert drawn is not None and np.asarray(drawn.levels).tolist() == [0.2, 0.8]
    assert "probability between 20 and 80 %" in words_of(figure)
    (path,) = drawn.get_paths()
    assert isinstance(path, Path) and path.contains_point((660, 6)) and not path.contains_point((850, 6))


def test_wide_intervals_are_hatched(capacity: BelievedMap) -> None:
    figure = map_figure(capacity)
    drawn, found = hatched(figure), capacity.found
    assert drawn is not None and found.low is not None and found.high is not None
    half = (found.high - found.low) / 2
    assert half.min() < np.asarray(drawn.levels)[0] == 42 < half.max()
    assert "interval wider than ± 42\N{NO-BREAK SPACE}mAh/g" in words_of(figure)
    assert "90\N{NO-BREAK SPACE}%\N{NO-BREAK SPACE}interval\N{NO-BREAK SPACE}±" in figure.axes[0].get_title(
        "left"
    )
    even = ResponseMap(found.x, found.y, found.value, found.value - 20, found.value + 20)
    assert hatched(map_figure(replace(capacity, found=even))) is None


def test_samples_stand_where_they_were_made_with_their_answers(purity: BelievedMap) -> None:
    axes = map_figure(purity).axes[0]
    assert marked(axes, "yes") == [(900, 6), (700, 3), (720, 3), (740, 2), (720, 2.5), (760, 1.5)]
    assert marked(axes, "no") == [(600, 6), (650, 6), (700, 0), (680, 6), (690, 1.5), (680, 2)]
    looks = {line.get_label(): line.get_marker() for line in axes.lines}
    assert looks["yes"] != looks["no"]
    bars = [line for line in axes.lines if line.get_linewidth() == 3.5]
    assert [np.asarray(bar.get_xydata()).tolist() for bar in bars] == [
        [[x, 0.0], [x, 12.0]] for x in (600, 650, 900)
    ]
    assert [bar.get_label() for bar in bars[:1]] == ["hold time not stated"]


def test_both_conditions_may_be_unknown(purity: BelievedMap) -> None:
    nowhere = Place((600, 900), (0, 12), ("A",), ("yes",))
    axes = map_figure(replace(purity, places=(nowhere,))).axes[0]
    bars = [np.asarray(line.get_xydata()).tolist() for line in axes.lines if line.get_linewidth() == 3.5]
    assert bars == [[[600, 6], [900, 6]], [[750, 0], [750, 12]]]


def test_values_are_written_at_their_places(capacity: BelievedMap) -> None:
    axes = map_figure(capacity).axes[0]
    texts = {text.get_text() for text in axes.texts}
    assert {"220", "310", "285, 281", "288, 284", "228 to 255 (n = 6)"} <= texts
    assert {"LTVO-018", "LTVO-017, LTVO-020", "limit 250"} <= texts


def test_what_is_planned_is_a_star_with_its_ids(purity: BelievedMap) -> None:
    axes = map_figure(purity).axes[0]
    stars = next(line for line in axes.lines if line.get_label() == "planned next")
    assert isinstance(stars, Line2D) and stars.get_marker() == "*"
    assert marked(axes, "planned next") == [(700, 3), (740, 1.5)]
    texts = {text.get_text() for text in axes.texts}
    assert {"LTVO-017, LTVO-018, LTVO-020", "LTVO-019"} <= texts
    many = tuple((700.0, 3.0, f"LTVO-{number:03d}") for number in range(9))
    crowded = map_figure(replace(purity, suggested=many)).axes[0]
    assert "LTVO-000, LTVO-001, LTVO-002 +6" in {text.get_text() for text in crowded.texts}


def test_axes_have_units_and_conditions_are_as_chemists_write_them(capacity: BelievedMap) -> None:
    fixed = "route solid_state, calcination_temperature 700 degC, hold_time 3 h"
    axes = map_figure(replace(capacity, fixed=fixed)).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("milling speed [rpm]", "milling time [h]")
    assert (
        axes.get_title("left")
        .replace("\n", " ")
        .startswith(
            "at route solid state, calcination temperature 700\N{NO-BREAK SPACE}°C, hold time 3\N{NO-BREAK SPACE}h; 90"
        )
    )


@pytest.mark.parametrize(
    ("settings", "scale"), [([1, 2, 3, 4], "linear"), ([1, 10, 100, 1000], "log"), ([0, 10, 100], "linear")]
)
def test_settings_spaced_by_factors_are_shown_so(
    capacity: BelievedMap, settings: list[float], scale: str
) -> None:
    n = len(settings)
    value = np.arange(n * 3, dtype=float).reshape(3, n)
    found = ResponseMap(np.array(settings, float), np.arange(3.0), value, value - 1, value + 1)
    axes = map_figure(replace(capacity, found=found, places=(), suggested=(), limit=None)).axes[0]
    assert axes.get_xscale() == scale and axes.get_yscale() == "linear"


def test_a_forecast_that_is_the_same_everywhere_is_called_so(capacity: BelievedMap) -> None:
    found = capacity.found
    flat = np.full_like(found.value, 200.0)
    figure = map_figure(replace(capacity, found=ResponseMap(found.x, found.y, flat, flat - 9, flat + 9)))
    assert figure.get_suptitle() == (
        "The forecast of discharge capacity is the same everywhere: 200\N{NO-BREAK SPACE}mAh/g"
    )


@pytest.mark.parametrize("value", [np.zeros((0, 0)), np.ones((1, 5)), np.full((3, 3), np.nan)])
def test_without_a_forecast_there_is_a_sentence(capacity: BelievedMap, value: np.ndarray) -> None:
    x, y = np.arange(float(value.shape[1])), np.arange(float(value.shape[0]))
    figure = map_figure(replace(capacity, found=ResponseMap(x, y, value)))
    assert words_of(figure) == ["There is no forecast of discharge capacity to draw a map of yet."]
