"""Forecasts against what came: each interval, value and answer in its place, surprises by shape and size."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ovenbird.campaigns.report.figures import outcomes_figure, record_figure
from ovenbird.campaigns.report.week_summary import Outcome, WeekSummary

from .figure_checks import words_of

SURPRISE, CAME, MEDIAN = "D", "o", "|"


@pytest.fixture(scope="module")
def outcomes(summary: WeekSummary) -> Sequence[Outcome]:
    return summary.last_week.outcomes


@pytest.fixture(scope="module")
def figure(outcomes: Sequence[Outcome]) -> Figure:
    return outcomes_figure(outcomes)


def panel_of(figure: Figure, outcomes: Sequence[Outcome], response: str) -> tuple[Axes, list[Outcome]]:
    """Axes of a response, and what belongs into it."""
    mine = [one for one in outcomes if one.response.name == response]
    for axes in figure.axes:
        names = [label.get_text() for label in axes.get_yticklabels()]
        low, high = axes.get_xlim()
        values = [100 * o.median if o.response.is_yes_no else o.measured for o in mine]
        if names == [one.experiment for one in mine] and all(low <= v <= high for v in values):
            is_answers = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
            if bool(is_answers) == mine[0].response.is_yes_no:
                return axes, mine
    raise AssertionError(f"no panel of {response}")


def marked(axes: Axes, marker: str) -> list[tuple[float, float]]:
    found = [one for one in axes.lines if one.get_marker() == marker]
    return [(float(x), float(y)) for one in found for x, y in np.asarray(one.get_xydata())]


def test_numbers_have_interval_median_and_what_came(figure: Figure, outcomes: Sequence[Outcome]) -> None:
    axes, mine = panel_of(figure, outcomes, "charge_capacity")
    bars = [one for one in axes.lines if one.get_linewidth() > 5]
    ends = [sorted(map(float, np.asarray(one.get_xdata()))) for one in bars]
    assert ends == [[one.low, one.high] for one in mine]
    assert marked(axes, MEDIAN) == [(one.median, row) for row, one in enumerate(mine)]
    assert marked(axes, SURPRISE) == [(262, 0)]
    assert marked(axes, CAME) == [(one.measured, row) for row, one in enumerate(mine) if row > 0]
    assert [text.get_text() for text in axes.texts] == ["\N{MINUS SIGN}2.2 sd"]


def test_answers_have_the_probability_as_a_bar(figure: Figure, outcomes: Sequence[Outcome]) -> None:
    axes, mine = panel_of(figure, outcomes, "oxidised")
    bars = [patch.get_width() for patch in axes.patches if isinstance(patch, Rectangle)]
    assert bars == pytest.approx([100 * one.median for one in mine])
    assert marked(axes, SURPRISE) == [(100, 0)] and marked(axes, CAME) == [(0, 1), (0, 2)]
    assert [text.get_text() for text in axes.texts] == ["yes (9\N{NO-BREAK SPACE}%)", "no", "no"]


def test_every_response_has_a_panel_with_its_unit(figure: Figure, outcomes: Sequence[Outcome]) -> None:
    words = words_of(figure)
    for header in (
        "probability of phase pure [%]",
        "bet surface area [m²/g]",
        "discharge capacity [mAh/g]",
        "charge capacity [mAh/g]",
        "probability of oxidised [%]",
    ):
        assert header in words
    assert sum(len(axes.get_yticks()) for axes in figure.axes) == len(outcomes)
    assert figure.get_suptitle().replace("\n", " ") == (
        "2 of 16 results are surprises: LTVO-012 oxidised (yes, which had 9\N{NO-BREAK SPACE}%) and LTVO-012 "
        "charge capacity (2.2 standard deviations below its forecast)"
    )


def test_of_very_many_the_most_surprising_are_shown(outcomes: Sequence[Outcome]) -> None:
    ordinary = [replace(outcomes[1], experiment=f"LTVO-{number:03d}") for number in range(300)]
    strange = replace(outcomes[1], experiment="LTVO-999", measured=99, surprise=9.5, is_surprise=True)
    figure = outcomes_figure([*ordinary[:150], strange, *ordinary[150:]])
    (axes,) = figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert len(names) == 20 and "LTVO-999" in names
    assert "bet surface area [m²/g] the 20 most surprising of 301" in words_of(figure)
    assert figure.get_suptitle().startswith("1 of 301 results is a surprise: LTVO-999 bet surface area")


@pytest.mark.parametrize(
    ("is_surprise", "said"),
    [(False, "The one result came as forecast"), (True, "The one result is a surprise: LTVO-012 bet")],
)
def test_a_single_result_is_told_as_one(outcomes: Sequence[Outcome], is_surprise: bool, said: str) -> None:
    figure = outcomes_figure([replace(outcomes[1], is_surprise=is_surprise)])
    assert figure.get_suptitle().replace("\n", " ").startswith(said)


def test_the_record_has_every_forecast_in_order(summary: WeekSummary) -> None:
    record = summary.beliefs.record
    figure = record_figure(record)
    numbers, answers = figure.axes
    expected = {
        (x, one.surprise): SURPRISE if one.is_surprise else CAME
        for x, one in enumerate(record, 1)
        if not one.response.is_yes_no
    }
    found = {place: marker for marker in (SURPRISE, CAME) for place in marked(numbers, marker)}
    assert found == expected
    shown = sorted(marked(answers, CAME) + marked(answers, SURPRISE))
    chances = [
        (x, 100 * (one.median if one.measured else 1 - one.median))
        for x, one in enumerate(record, 1)
        if one.response.is_yes_no
    ]
    assert np.array(shown) == pytest.approx(np.array(chances))
    assert figure.get_suptitle().replace("\n", " ") == (
        "26 of 28 numbers came inside their 90 % interval (honest forecasts: 22 to 28); 17 of 18 answers had "
        "at least one chance in ten"
    )
    texts = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert texts == {"LTVO-009 discharge capacity", "LTVO-012 charge capacity", "LTVO-012 oxidised"}


def test_numbers_far_off_stand_at_the_edge(summary: WeekSummary) -> None:
    far = replace(summary.last_week.outcomes[1], surprise=40.0, is_surprise=True)
    (axes,) = record_figure([far]).axes
    (place,) = marked(axes, SURPRISE)
    assert place == (1, 6.0) and axes.get_ylim()[1] > 6
