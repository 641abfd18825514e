"""The weekly report: a finished summary of a week, its figures, and its pages."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .reported import Reported

if TYPE_CHECKING:
    from .week_summary import WeekSummary

__all__ = ["report_of"]


def report_of(
    campaign: Reported,
    path: str | Path | None,
    *,
    week: str | None = None,
    seed: int = 0,
    now: datetime | None = None,
) -> "WeekSummary":
    """Summarise a week of a campaign, and write it if a path is given; arguments as of `Campaign.report`."""
    from .files import checked_ending, write_report
    from .summarise import summarise

    if path is not None:
        checked_ending(Path(path))
    summary = summarise(campaign, week, seed=seed, now=now)
    if path is not None:
        write_report(summary, Path(path))
    return summary
