"""Curves: every value of the forecast, its interval and what was measured, and no colour needed to tell them apart."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.lines import Line2D

from ovenbird.campaigns.report.figures import chain_figure, effects_figure
from ovenbird.campaigns.report.week_summary import BelievedCurve, WeekSummary

from .figure_checks import words_of


def lines(axes: Axes) -> list[Line2D]:
    return [line for line in axes.lines if line.get_linestyle() != "None"]


def dots(axes: Axes) -> list[Line2D]:
    return [line for line in axes.lines if line.get_linestyle() == "None"]


def bands(axes: Axes) -> list[FillBetweenPolyCollection]:
    return [one for one in axes.collections if isinstance(one, FillBetweenPolyCollection)]


def assert_shows(axes: Axes, number: int, curve: BelievedCurve) -> None:
    """Line, band and dots of a curve are where its numbers are."""
    times = 100 if curve.response.is_yes_no else 1
    line = lines(axes)[number]
    assert np.asarray(line.get_xdata()).tolist() == list(curve.x)
    assert np.asarray(line.get_ydata()) == pytest.approx(times * np.array(curve.median))
    shown = np.asarray(dots(axes)[number].get_xydata()).tolist()
    assert shown == [[x, times * y] for x, y, _ in curve.points]
    if not curve.response.is_yes_no:
        corners = np.asarray(bands(axes)[number].get_paths()[0].vertices)
        assert (corners[:, 1].min(), corners[:, 1].max()) == pytest.approx((min(curve.low), max(curve.high)))


def test_each_effect_has_a_panel(summary: WeekSummary) -> None:
    figure = effects_figure(summary.beliefs.effects)
    assert len(figure.axes) == len(summary.beliefs.effects)
    for axes, curve in zip(figure.axes, summary.beliefs.effects, strict=True):
        assert_shows(axes, 0, curve)
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "milling speed [rpm]",
        "milling time [h]",
        "calcination temperature [°C]",
        "hold time [h]",
        "milling speed [rpm]",
        "milling time [h]",
    ]
    assert [axes.get_ylabel().replace("\n", " ") for axes in figure.axes[::2]] == [
        "discharge capacity [mAh/g]",
        "probability of phase pure [%]",
        "probability of oxidised [%]",
    ]
    assert not bands(figure.axes[2])  # a probability has no interval


def test_panels_of_a_response_share_its_axis(summary: WeekSummary) -> None:
    speed, time, *_ = effects_figure(summary.beliefs.effects).axes
    assert speed.get_ylim() == time.get_ylim() and not time.get_ylabel()


def test_what_is_fixed_for_all_effects_stands_in_the_title(summary: WeekSummary) -> None:
    effects = [replace(one, label="LTVO-013") for one in summary.beliefs.effects]
    figure = effects_figure(effects)
    assert "at a time (LTVO-013)" in figure.get_suptitle().replace("\n", " ")
    assert "forecast" in words_of(figure)
    effects[0] = replace(effects[0], label="LTVO-004")
    assert {"LTVO-013", "LTVO-004"} <= set(words_of(effects_figure(effects)))


def test_a_chain_has_a_curve_for_each_route(summary: WeekSummary) -> None:
    (axes,) = chain_figure(summary.beliefs.chains).axes
    for number, curve in enumerate(summary.beliefs.chains):
        assert_shows(axes, number, curve)
    assert axes.get_xlabel() == "bet surface area [m²/g]"
    assert axes.get_ylabel() == "discharge capacity [mAh/g]"
    assert {text.get_text() for text in axes.texts} == {"solid state", "solution"}


def test_curves_are_told_apart_without_colour(summary: WeekSummary) -> None:
    solid = summary.beliefs.chains[0]
    (axes,) = chain_figure([replace(solid, label=f"route_{number}") for number in range(5)]).axes
    assert len({repr(line._dash_pattern) for line in lines(axes)}) == 5  # pyright: ignore[reportAttributeAccessIssue]
    assert len({str(dot.get_marker()) for dot in dots(axes)}) == 5
    assert len({band.get_hatch() for band in bands(axes)}) == 5


def test_samples_beyond_their_interval_are_named(summary: WeekSummary) -> None:
    solid = summary.beliefs.chains[0]
    strange = replace(solid, points=(*solid.points, (60.0, 120.0, "LTVO-099")))
    (axes,) = chain_figure([strange]).axes
    assert {text.get_text() for text in axes.texts} == {"LTVO-099"}


def test_curves_of_other_responses_have_panels_of_their_own(summary: WeekSummary) -> None:
    solid = summary.beliefs.chains[0]
    other = replace(solid, response=replace(solid.response, name="charge_capacity"))
    figure = chain_figure([solid, other])
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "discharge capacity [mAh/g]",
        "charge capacity [mAh/g]",
    ]
    assert figure.get_suptitle().replace("\n", " ") == (
        "Forecast of discharge capacity from bet surface area and charge capacity from bet surface area"
    )


def test_a_curve_may_be_a_single_point_or_nothing(summary: WeekSummary) -> None:
    speed = summary.beliefs.effects[0]
    one = replace(speed, x=(450.0,), median=(250.0,), low=(230.0,), high=(270.0,))
    none = replace(speed, x=(), median=(), low=(), high=(), points=())
    (axes,) = effects_figure([none, one]).axes
    assert np.asarray(lines(axes)[0].get_xydata()).tolist() == [[450, 250]]
    assert words_of(effects_figure([none])) == ["No parameter is believed to matter to any response yet."]
