"""A week of the LTVO campaign as a finished summary, one of a campaign that has just begun, and hostile names."""

from datetime import datetime

import pytest

from ovenbird.campaigns.report.week_summary import (
    Decision,
    LastWeek,
    Provenance,
    Standing,
    WeekSummary,
)

from .ltvo_week import SUMMARY


@pytest.fixture(scope="session")
def summary() -> WeekSummary:
    """The LTVO campaign on the Friday before the week 2026-W48, after four weeks in a lab."""
    return SUMMARY


@pytest.fixture(scope="session")
def empty_summary() -> WeekSummary:
    """A campaign without a result, a lab section, or anything that is believed."""
    return WeekSummary(
        campaign="ltvo",
        week="2026-W48",
        made_at=datetime(2026, 11, 20, 16, 40),
        parameters=SUMMARY.parameters,
        responses=SUMMARY.responses,
        decision=Decision(plan="Nothing is planned."),
        last_week=LastWeek(since=datetime(2026, 11, 13, 16, 40)),
        standing=Standing(goal=SUMMARY.standing.goal, objectives=SUMMARY.standing.objectives),
        provenance=Provenance(
            dataset="sqlite:///ltvo.db",
            fingerprint="e3b0c44298fc",
            n_own=0,
            n_literature=0,
            file="ltvo.yaml",
            file_digest="5b1f0c9e77aa",
            seed=0,
            command="ovenbird report ltvo.yaml --week 2026-W48",
        ),
    )


HOSTILE = (
    r"$\frac{a}{b}$",
    "a_b^c$x$",
    "<script>alert(1)</script>&amp;",
    "\u05e9\u05dc\u05d5\u05dd \u202e\u0645\u0631\u062d\u0628\u0627",
    "\N{FIRE}\N{TEST TUBE} vial",
    "word" * 60,
    "line one\nline two\ttab\x07",
    "]]> --> <!-- ' \"",
)


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request: pytest.FixtureRequest) -> str:
    """A name that someone may write."""
    return str(request.param)
