"""Every figure of the report: legible, apart, the same each time, whatever there is to be shown."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle

import pytest
from matplotlib import rcParams
from matplotlib.figure import Figure

from ovenbird.campaigns.report import figures
from ovenbird.campaigns.report.week_summary import (
    BelievedCurve,
    BelievedMap,
    Named,
    Outcome,
    ResponseTrust,
    Standing,
    WeekSummary,
)

from .conftest import HOSTILE
from .figure_checks import SMALLEST, assert_apart, boxes, every_figure, with_points, words_of
from .ltvo_week import SUMMARY

NAMES = list(every_figure(SUMMARY))
WITHOUT_GANTT = [name for name in NAMES if name not in ("gantt", "map2")]


def figure_of(summary: WeekSummary, name: str) -> Figure:
    return every_figure(summary)[name]()


@pytest.mark.parametrize("name", NAMES)
def test_no_text_touches_another_and_all_can_be_read(summary: WeekSummary, name: str) -> None:
    figure = figure_of(summary, name)
    assert_apart(figure)
    assert min(float(text.get_fontsize()) for text, _ in boxes(figure)) >= SMALLEST
    assert figure.get_figwidth() <= 6.4 or name == "gantt"


@pytest.mark.parametrize("name", NAMES)
def test_the_same_data_give_the_same_picture(summary: WeekSummary, name: str) -> None:
    before = {key: value for key, value in rcParams.items() if key != "backend"}
    first, second = (figures.svg_of(figure_of(summary, name), title=name) for _ in range(2))
    assert first == second
    assert before == {key: value for key, value in rcParams.items() if key != "backend"}


@pytest.mark.parametrize("n", [0, 1, 5, 50, 500])
@pytest.mark.parametrize("name", WITHOUT_GANTT)
def test_any_number_of_points_can_be_shown(summary: WeekSummary, name: str, n: int) -> None:
    figure = figure_of(with_points(summary, n), name)
    assert_apart(figure)
    assert words_of(figure)
    assert figure.get_figheight() < 12


def test_what_is_not_there_yet_is_said(empty_summary: WeekSummary) -> None:
    said = {name: " ".join(words_of(make())) for name, make in every_figure(empty_summary).items()}
    assert said == {
        "outcomes": "No result has come in of which anything had been forecast.",
        "progress": "Nothing has been measured yet of what the goal asks for.",
        "hours": "Nothing has been measured yet of what the goal asks for.",
        "front": "There is one goal only, so there is no front to draw.",
        "effects": "No parameter is believed to matter to any response yet.",
        "chain": "No response is forecast from another one yet.",
        "record": "No forecast that was stored has been held against a result yet.",
    }


class _Renamer:
    """Gives every response, parameter, sample and route the next of some names."""

    def __init__(self, names: Sequence[str]) -> None:
        self.following = cycle(names)
        self.known: dict[str, str] = {}

    def next(self) -> str:
        return next(self.following)

    def named(self, named: Named) -> Named:
        return replace(named, name=self.known.setdefault(named.name, self.next()))

    def points(self, given: Sequence[tuple[float, float, str]]) -> tuple[tuple[float, float, str], ...]:
        return tuple((x, y, self.next()) for x, y, _ in given)

    def curve(self, one: BelievedCurve) -> BelievedCurve:
        response, over = self.named(one.response), self.named(one.over)
        return replace(one, response=response, over=over, label=self.next(), points=self.points(one.points))

    def outcomes(self, given: Sequence[Outcome]) -> tuple[Outcome, ...]:
        return tuple(replace(one, experiment=self.next(), response=self.named(one.response)) for one in given)

    def map(self, one: BelievedMap) -> BelievedMap:
        names = {"response": self.named(one.response), "x": self.named(one.x), "y": self.named(one.y)}
        return replace(one, **names, fixed=self.next(), suggested=self.points(one.suggested))

    def trust(self, one: ResponseTrust) -> ResponseTrust:
        return replace(
            one,
            response=self.named(one.response),
            left_out=tuple(replace(item, experiment=self.next()) for item in one.left_out),
            importance={f"{self.next()}{' ' * i}": i / 10 for i in range(8)},
        )

    def standing(self, one: Standing) -> Standing:
        goal, beside = self.named(one.objectives[0][0]), self.named(one.beside[0])
        history = tuple(
            replace(
                made,
                experiment=self.next(),
                values={goal.name: made.values["discharge_capacity"], beside.name: 250.0},
            )
            for made in one.history
        )
        return replace(
            one,
            objectives=((goal, "maximise"), (beside, "minimise")),
            beside=(beside,),
            history=history,
            best=(replace(one.best[0], experiment=history[-2].experiment),),
        )


def _renamed(summary: WeekSummary, names: Sequence[str]) -> WeekSummary:
    new, beliefs, last = _Renamer(names), summary.beliefs, summary.last_week
    return replace(
        summary,
        last_week=replace(last, outcomes=new.outcomes(last.outcomes)),
        standing=new.standing(summary.standing),
        beliefs=replace(
            beliefs,
            maps=tuple(map(new.map, beliefs.maps)),
            effects=tuple(map(new.curve, beliefs.effects)),
            chains=tuple(map(new.curve, beliefs.chains)),
            trust=tuple(map(new.trust, beliefs.trust)),
            record=new.outcomes(beliefs.record),
        ),
    )


@pytest.mark.parametrize("first", [0, 4])
@pytest.mark.parametrize("name", WITHOUT_GANTT)
def test_a_name_is_text_whatever_it_is(summary: WeekSummary, name: str, first: int) -> None:
    figure = figure_of(_renamed(summary, [*HOSTILE[first:], *HOSTILE[:first]]), name)
    assert_apart(figure)
    assert not [text for text, _ in boxes(figure) if "$" in text.get_text() and text.get_parse_math()]


def test_names_may_be_empty_and_alike(summary: WeekSummary) -> None:
    for make in every_figure(replace(_renamed(summary, [""]), plan=None)).values():
        assert_apart(make())


def test_matplotlib_is_loaded_only_when_a_figure_is_made() -> None:
    code = "import sys, ovenbird.campaigns.report.figures; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
