"""Pictures show every number that was foretold, in its place, and say what and in which unit."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation
from scipy.stats import norm

from ovenbird.datasets import ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.diagnostics import LEVELS, LeftOut, summarise
from ovenbird.models.evidence import Evidence
from ovenbird.models.pictures import coverage_figure, importance_figure, parity_figure, reliability_figure

RESPONSES = {
    "area": Response(name="area", unit="m2/g", plausible=(0, 300)),
    "pure": Response(name="pure", kind="yes_no"),
}


@pytest.fixture(scope="module")
def beliefs(line: ParameterSpace) -> Beliefs:
    return Beliefs(line, RESPONSES, (), Evidence(line, ()))


@pytest.fixture(scope="module")
def left_out() -> list[LeftOut]:
    """Sixty numbers whose intervals are too narrow, and forty answers."""
    generator = np.random.default_rng(3)
    items = []
    for number in range(60):
        truth, sd = generator.uniform(60, 250), 12.0
        median = truth + 1.5 * sd * generator.normal()
        rank = float(norm.cdf((truth - median) / sd))
        ends = (median - 1.645 * sd, median + 1.645 * sd)
        items.append(LeftOut(f"LAB-{number:03d}", "area", truth, median, *ends, rank))
    for number in range(40):
        p = float(generator.uniform())
        items.append(LeftOut(f"LAB-{number:03d}", "pure", float(generator.random() < p), p, p, p))
    return items


def axes_of(figure: Figure) -> Axes:
    return figure.axes[0]


def intervals(figure: Figure) -> dict[str, list[tuple[float, float]]]:
    """Points with error bars, by the first word of their label."""
    found = {}
    for container in axes_of(figure).containers:
        if isinstance(container, ErrorbarContainer):
            points = np.asarray(container.lines[0].get_xydata())
            found[str(container.get_label()).split()[0]] = [(float(x), float(y)) for x, y in points]
    return found


def labels_of(figure: Figure) -> list[Annotation]:
    return [text for text in axes_of(figure).texts if isinstance(text, Annotation)]


def assert_apart(labels: Sequence[Annotation], figure: Figure) -> None:
    """No label covers another one, also in the size that is written to the file."""
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [label.get_window_extent(renderer) for label in labels]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_parity_shows_every_value_and_names_those_outside(left_out: list[LeftOut], beliefs: Beliefs) -> None:
    figure = parity_figure(left_out, beliefs, "area")
    mine = [item for item in left_out if item.response == "area"]
    outside = [item for item in mine if not item.is_covered()]
    assert 5 < len(outside) < 30
    points = intervals(figure)
    assert sorted(points["inside"] + points["outside"]) == sorted((i.measured, i.median) for i in mine)
    assert points["outside"] == [(i.measured, i.median) for i in outside]
    labels = labels_of(figure)
    assert {label.get_text() for label in labels} <= {i.experiment for i in outside}
    assert len(labels) == min(len(outside), 12)
    assert_apart(labels, figure)
    assert axes_of(figure).get_xlabel() == "area, measured [m²/g]"
    assert axes_of(figure).get_ylabel() == "area, forecast [m²/g]"
    assert f"{len(mine) - len(outside)} of {len(mine)} values" in figure.get_suptitle()


def test_error_bars_reach_from_low_to_high(beliefs: Beliefs) -> None:
    item = LeftOut("A", "area", 100.0, 90.0, 70.0, 140.0, 0.6)
    (container,) = axes_of(parity_figure([item], beliefs, "area")).containers
    assert isinstance(container, ErrorbarContainer)
    (bar,) = container.lines[2][0].get_segments()
    assert [tuple(end) for end in bar] == [(100.0, 70.0), (100.0, 140.0)]


def test_coverage_marks_what_the_summary_says(left_out: list[LeftOut], beliefs: Beliefs) -> None:
    figure = coverage_figure(left_out, beliefs, "area")
    coverage = summarise(left_out, beliefs)["area"].coverage
    assert coverage is not None
    (marks,) = [one for one in axes_of(figure).lines if one.get_marker() == "o"]
    expected = [(100 * level, 100 * coverage[level]) for level in LEVELS]
    assert np.asarray(marks.get_xydata()) == pytest.approx(np.array(expected))
    (curve,) = [one for one in axes_of(figure).lines if one.get_label() == "observed"]
    x, y = np.asarray(curve.get_xdata(), float), np.asarray(curve.get_ydata(), float)
    for level in LEVELS:
        assert y[np.searchsorted(x, 100 * level, side="right") - 1] == pytest.approx(100 * coverage[level])
    assert len(axes_of(figure).collections) == 1  # the band of honest intervals


def test_reliability_shows_the_bins_of_the_summary_with_counts(
    left_out: list[LeftOut], beliefs: Beliefs
) -> None:
    figure = reliability_figure(left_out, beliefs, "pure")
    bins = summarise(left_out, beliefs)["pure"].reliability
    (marks,) = [one for one in axes_of(figure).lines if one.get_marker() == "o"]
    expected = [(100 * one.forecast, 100 * one.observed) for one in bins]
    assert np.asarray(marks.get_xydata()) == pytest.approx(np.array(expected))
    assert [label.get_text() for label in labels_of(figure)] == [f"n = {one.n}" for one in bins]
    ticks = [one for one in axes_of(figure).lines if one.get_marker() == "|"]
    assert sum(len(np.asarray(one.get_xdata())) for one in ticks) == 40
    assert_apart(labels_of(figure), figure)


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_a_single_answer_can_be_shown(answer: float, beliefs: Beliefs) -> None:
    figure = reliability_figure([LeftOut("A", "pure", answer, 0.7, 0.7, 0.7)], beliefs, "pure")
    assert [label.get_text() for label in labels_of(figure)] == ["n = 1"]


def test_importance_names_what_matters_most() -> None:
    shares = {"hold_time": 0.6, "route": 0.5, "milling": 0.0}
    figure = importance_figure(shares, RESPONSES["area"])
    names = [label.get_text() for label in axes_of(figure).get_yticklabels()]
    widths = [bar.get_width() for bar in axes_of(figure).patches if isinstance(bar, Rectangle)]
    assert dict(zip(names, widths, strict=True)) == {"hold time": 60.0, "route": 50.0, "milling": 0.0}
    assert figure.get_suptitle().startswith("The hold time matters most to area")
    nothing = importance_figure(dict.fromkeys(shares, 0.0), RESPONSES["area"])
    assert "same everywhere" in nothing.get_suptitle()
