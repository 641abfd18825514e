"""Suggestions on terminals of any width."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.cli.render import experiments_table, print_suggestions
from ovenbird.datasets import Experiment, ParameterSpace, Status
from ovenbird.datasets.parameters import CategoricalParameter
from ovenbird.planner.suggestion import Suggestion, Suggestions


@pytest.fixture
def printed(glass: Path) -> Callable[[int], str]:
    """Four suggestions printed on a terminal of some width."""
    campaign = Campaign.open(glass)
    suggestion = Suggestion(
        parameters={"route": "dry", "temperature": 150.0, "milling": "none", "milling_speed": None},
        forecast={
            "pure": {"probability": 0.999},
            "area": {"median": 12.34, "low": 1.0, "high": 123.4},
            "strength": {"median": 283.27, "low": 251.0, "high": 301.0},
        },
        limits={"pure": 0.999},
        improvement={"probability": None, "expected": None},
        nearest=("P-1", "P-2"),
        reasons=("Looks [promising].",),
    )

    def write(width: int) -> str:
        out = io.StringIO()
        print_suggestions(
            Console(file=out, width=width),
            Suggestions(items=(suggestion,) * 4),
            campaign.problem,
        )
        return out.getvalue()

    return write


@pytest.mark.parametrize(("width", "tables"), [(120, 1), (80, 2), (50, 4)])
def test_nothing_is_cut_off(printed: Callable[[int], str], width: int, tables: int) -> None:
    text = printed(width)
    assert "…" not in text and text.count("283 (251-301)") == 4
    assert text.count("temperature [degC]") == tables
    assert "> 99 %" in text and "Looks [promising]." in text and "Also alike: P-2" in text


def test_brackets_of_users_are_no_markup() -> None:
    space = ParameterSpace((CategoricalParameter(name="precursor", values=("Li[OAc]",)),))
    conditions = {"precursor": "Li[OAc]"}
    experiment = Experiment(id="A[1]", status=Status.PLANNED, planned=conditions, executed=conditions)
    out = io.StringIO()
    Console(file=out, width=80).print(experiments_table([experiment], space, {}))
    assert "A[1]" in out.getvalue() and "Li[OAc]" in out.getvalue()
