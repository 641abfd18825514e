"""Calibration from what the report knows of a response: the same pictures as from beliefs."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer
from matplotlib.patches import Rectangle

from ovenbird.campaigns.report.figures import (
    coverage_figure,
    importance_figure,
    parity_figure,
    reliability_figure,
)
from ovenbird.campaigns.report.week_summary import ResponseTrust, WeekSummary

from .figure_checks import words_of


@pytest.fixture(scope="module")
def capacity(summary: WeekSummary) -> ResponseTrust:
    return summary.beliefs.trust[0]


@pytest.fixture(scope="module")
def oxidised(summary: WeekSummary) -> ResponseTrust:
    return summary.beliefs.trust[1]


def test_parity_shows_every_value(capacity: ResponseTrust) -> None:
    figure = parity_figure(capacity)
    axes = figure.axes[0]
    points = [
        (float(x), float(y))
        for container in axes.containers
        if isinstance(container, ErrorbarContainer)
        for x, y in np.asarray(container.lines[0].get_xydata())
    ]
    assert sorted(points) == sorted((item.measured, item.median) for item in capacity.left_out)
    assert axes.get_xlabel() == "discharge capacity, measured [mAh/g]"
    assert [text.get_text() for text in axes.texts] == ["LTVO-009"]


def test_coverage_is_that_of_the_summary(capacity: ResponseTrust) -> None:
    axes = coverage_figure(capacity).axes[0]
    (marks,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert capacity.coverage is not None
    expected = [(100 * level, 100 * share) for level, share in capacity.coverage.items()]
    assert np.asarray(marks.get_xydata()) == pytest.approx(np.array(expected))


def test_reliability_is_that_of_the_summary(oxidised: ResponseTrust) -> None:
    axes = reliability_figure(oxidised).axes[0]
    (marks,) = [line for line in axes.lines if line.get_marker() == "o"]
    expected = [(100 * one.forecast, 100 * one.observed) for one in oxidised.reliability]
    assert np.asarray(marks.get_xydata()) == pytest.approx(np.array(expected))
    assert [text.get_text() for text in axes.texts] == [f"n = {one.n}" for one in oxidised.reliability]


def test_importance_begins_with_what_matters_most(capacity: ResponseTrust) -> None:
    figure = importance_figure(capacity)
    axes = figure.axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    widths = [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)]
    expected = {name.replace("_", " "): 100 * share for name, share in capacity.importance.items()}
    assert dict(zip(names, widths, strict=True)) == pytest.approx(expected)
    assert figure.get_suptitle().startswith("The milling time matters most to discharge capacity")


def test_of_very_many_parameters_the_first_are_shown(capacity: ResponseTrust) -> None:
    shares = {f"x{number}": number / 300 for number in range(300)}
    axes = importance_figure(replace(capacity, importance=shares)).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()][-1] == "x299"
    assert len(axes.get_yticks()) == 20


def test_what_cannot_be_shown_is_said(capacity: ResponseTrust, oxidised: ResponseTrust) -> None:
    said = "oxidised is yes or no: another figure shows how well it is forecast."
    assert words_of(parity_figure(oxidised)) == words_of(coverage_figure(oxidised)) == [said]
    assert words_of(reliability_figure(capacity)) == [
        "discharge capacity is a number: another figure shows how well it is forecast."
    ]
    nothing = replace(capacity, left_out=(), importance={})
    assert (
        words_of(parity_figure(nothing))
        == words_of(coverage_figure(nothing))
        == ["No value of discharge capacity has been held against a forecast from the others yet."]
    )
    assert words_of(importance_figure(nothing)) == ["It is not known yet what matters to discharge capacity."]
