"""What is collected from a campaign: numbers against what was logged, computed by hand."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.report.summarise import summarise
from ovenbird.campaigns.report.week_summary import Outcome, WeekSummary
from ovenbird.datasets import InputError

NOW = datetime.now().replace(second=0, microsecond=0)
LAB = """\
lab:
  resources:
    oven: {count: 1, slots: 2, shares: [temperature], unattended: true}
    press: {count: 2}
  steps:
    - {name: fire, on: oven, hours: 8}
    - {name: look, on: press, hours: 1, gives: [pure], gate: pure}
    - {name: test, on: press, hours: 2, gives: [area, strength]}
  budget: {samples: 3}
"""


def next_monday() -> datetime:
    return NOW + timedelta(days=7 - NOW.weekday())


def week_of(moment: datetime) -> str:
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02d}"


@pytest.fixture
def with_lab(glass: Path) -> Campaign:
    glass.write_text(glass.read_text(encoding="utf-8") + LAB, encoding="utf-8")
    return Campaign.open(glass)


def outcome(summary: WeekSummary, experiment: str, response: str) -> Outcome:
    (found,) = [
        o for o in summary.last_week.outcomes if (o.experiment, o.response.name) == (experiment, response)
    ]
    return found


def test_an_empty_campaign_without_a_lab_says_what_would_be_next(glass: Path) -> None:
    campaign = Campaign.open(glass)
    summary = summarise(campaign, now=NOW)
    assert summary.plan is None and summary.lab is None
    assert 1 <= len(summary.suggestions) <= 4
    assert summary.last_week.outcomes == () and summary.beliefs.record == ()
    assert [m.source for m in summary.standing.history] == ["10.1/glass"] * 3
    assert summary.standing.best[0].experiment == "P-2"
    assert summary.provenance.fingerprint == campaign.dataset().fingerprint
    assert (summary.provenance.n_own, summary.provenance.n_literature) == (0, 4)


def test_forecasts_are_held_against_what_came(glass: Path) -> None:
    campaign = Campaign.open(glass)
    (first, second) = campaign.accept(campaign.suggest(2))
    forecast = first.forecast["strength"]
    far = forecast["high"] + 20
    campaign.log(first.id, pure=True, strength=far)
    campaign.log(second.id, pure=False)
    summary = summarise(campaign, now=NOW)
    numbers = outcome(summary, first.id, "strength")
    sd = (forecast["high"] - forecast["median"]) / 1.6448536269514722
    assert numbers.is_surprise and numbers.measured == pytest.approx(far)
    assert numbers.surprise == pytest.approx((far - forecast["median"]) / sd)
    answer = outcome(summary, second.id, "pure")
    chance = 1 - second.forecast["pure"]["probability"]
    assert answer.surprise == pytest.approx(math.log2(max(chance, 1e-3)))
    assert summary.beliefs.record == summary.last_week.outcomes
    assert summary.standing.counts == {"measured": 2}
    assert summary.standing.history[-1].keeps_limits is True


def test_results_of_long_ago_are_no_news(glass: Path) -> None:
    campaign = Campaign.open(glass)
    (saved,) = campaign.accept(campaign.suggest(1))
    campaign.log(saved.id, pure=True, strength=200)
    summary = summarise(campaign, now=NOW + timedelta(days=30))
    assert summary.last_week.outcomes == () and len(summary.beliefs.record) == 2


def test_the_state_of_the_data_is_told(glass: Path) -> None:
    campaign = Campaign.open(glass)
    first, second, third = (s.id for s in campaign.accept(campaign.suggest(3)))
    campaign.log(first, pure=True, strength=[200, 320])
    campaign.log(second, pure=True, strength=150)
    campaign.amend(second, strength=155, reason="wrong scale")
    campaign.void(first, response="pure", reason="wrong powder")
    health = summarise(campaign, now=NOW).health
    assert len(health.disagreeing) == 1 and first in health.disagreeing[0] and "120" in health.disagreeing[0]
    assert health.corrected == (f"{second}: strength 150 was corrected to 155 (wrong scale).",)
    assert health.voided == (f"{first}: pure yes was withdrawn (wrong powder).",)
    assert f"{second} is measured, but has no area." in health.missing
    waiting = {w.experiment: [n.name for n in w.missing] for w in health.waiting}
    assert waiting[third] == ["pure", "area", "strength"]


def test_a_kept_plan_is_shown_as_it_was_kept(with_lab: Campaign) -> None:
    week = week_of(next_monday())
    kept = with_lab.adopt(with_lab.plan(week, now=NOW))
    summary = summarise(with_lab, week, now=NOW)
    assert summary.plan is not None
    assert summary.plan.timetable.tasks == kept.timetable.tasks
    assert summary.plan.timetable.runs == kept.timetable.runs
    assert [s.id for s in summary.suggestions] == [s.id for s in kept.suggestions]
    assert [s.reasons for s in summary.suggestions] == [s.reasons for s in kept.suggestions]
    assert f"{len(kept.suggestions)} new sample" in summary.decision.plan
    assert {m.response.name for m in summary.beliefs.maps} <= {"pure", "strength"}


def test_a_proposal_writes_nothing_and_says_what_it_is(
    with_lab: Campaign, contents: Callable[[], dict[str, Any]]
) -> None:
    before = contents()
    summary = summarise(with_lab, week_of(next_monday()), now=NOW)
    assert contents() == before
    assert summary.plan is not None and "proposal" in summary.messages[0]
    assert all(sample.experiment.startswith("NEW-") for sample in summary.plan.samples)


def test_a_week_that_is_over_is_refused(glass: Path) -> None:
    with pytest.raises(InputError, match="is over"):
        summarise(Campaign.open(glass), "2020-W10", now=NOW)
