"""The small campaign with a lab, and an eye on every timetable that is made of its weeks."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.planner import lab_week
from ovenbird.planner.lab import Lab
from ovenbird.planner.lab_sample import Horizon, LabSample
from ovenbird.planner.timetable import Timetable

from ...planner.timetable_checker import violations
from .glass_week import FRIDAY_BEFORE, LAB, WEEK


@pytest.fixture(autouse=True)
def timetables(monkeypatch: pytest.MonkeyPatch) -> list[Timetable]:
    """Every timetable of a test; one that cannot be followed fails it."""
    schedule, seen = lab_week.schedule, []

    def checked(lab: Lab, samples: Sequence[LabSample], horizon: Horizon, **how: Any) -> Timetable | None:
        timetable = schedule(lab, samples, horizon, **how)
        if timetable is not None:
            assert violations(lab, samples, horizon, timetable) == []
            seen.append(timetable)
        return timetable

    monkeypatch.setattr(lab_week, "schedule", checked)
    return seen


@pytest.fixture
def lab_file(glass: Path) -> Path:
    """The small campaign's file, with its lab."""
    glass.write_text(glass.read_text(encoding="utf-8") + LAB, encoding="utf-8")
    return glass


@pytest.fixture
def here(lab_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in the folder of the campaign."""
    monkeypatch.chdir(lab_file.parent)
    return lab_file.parent


@pytest.fixture
def change(lab_file: Path) -> Callable[[str, str], Path]:
    """Replaces a piece of the campaign file."""

    def run(piece: str, replacement: str) -> Path:
        text = lab_file.read_text(encoding="utf-8")
        assert text.count(piece) == 1, f"'{piece}' must stand once in the file"
        lab_file.write_text(text.replace(piece, replacement), encoding="utf-8")
        return lab_file

    return run


@pytest.fixture
def planned(lab_file: Path) -> Callable[..., Campaign]:
    """Campaign with samples of given conditions, GLASS-001 and so on, for which the week is planned."""

    def run(*samples: Mapping[str, object], now: Any = FRIDAY_BEFORE, week: str = WEEK) -> Campaign:
        campaign = Campaign.open(lab_file)
        campaign.add(pd.DataFrame(list(samples)))
        campaign.adopt(campaign.plan(week, n=0, now=now))
        return campaign

    return run
