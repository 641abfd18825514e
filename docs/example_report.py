"""The example of the weekly report: LTVO after four weeks in a virtual laboratory.

    python docs/example_report.py FOLDER

Every Friday the next week is planned and kept; samples are made as planned, and results are logged when the
timetable has them. Nothing of it was measured: `campaigns/library/ltvo.lab.yaml` says what the laboratory is.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.library import library_path
from ovenbird.campaigns.report.pdf_page import find_browser
from ovenbird.campaigns.virtual_lab import read_virtual_lab
from ovenbird.campaigns.virtual_lab.virtual_lab import VirtualLab
from ovenbird.datasets import writes
from ovenbird.planner.timetable import TimedTask

_FIRST_FRIDAY = datetime(2026, 10, 23, 15)
_N_WEEKS, _LAB = 4, 3


@contextmanager
def clock(moment: datetime) -> Iterator[None]:
    """Let the dataset believe that it is some other time."""

    class Then(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return moment.astimezone(tz)  # pyright: ignore[reportArgumentType]

    with patch.object(writes, "datetime", Then):
        yield


@dataclass
class Weeks:
    """A campaign in a virtual laboratory.

    Attributes
    ----------
    campaign, lab
        Which.
    scatter
        Of what is measured.
    results
        Of every sample made so far, known to nobody until the timetable has them.
    told, tasks
        Steps whose results were logged, and all that were planned.
    """

    campaign: Campaign
    lab: VirtualLab
    scatter: np.random.Generator
    results: dict[str, pd.Series]
    told: set[tuple[str, str]]
    tasks: dict[tuple[str, str], TimedTask]

    def plan(self, friday: datetime) -> None:
        """Plan the week after a Friday, and keep the plan."""
        monday = friday.date() + timedelta(days=3)
        year, week, _ = monday.isocalendar()
        plan = self.campaign.plan(f"{year}-W{week:02d}", now=friday)
        with clock(friday):
            plan = self.campaign.adopt(plan)
        new = [s for s in plan.samples if s.is_new]
        if new:
            names = list(self.campaign.space.names)
            frame = pd.DataFrame([dict(s.conditions) for s in new], columns=names)
            table = self.lab.measure(frame, self.scatter)
            self.results |= {s.experiment: row for s, (_, row) in zip(new, table.iterrows(), strict=True)}
        self.tasks |= {(task.experiment, task.step): task for task in plan.timetable.tasks}

    def live_until(self, moment: datetime) -> None:
        """Log what the timetable has by then, at the time at which it has it."""
        definition = self.campaign.definition
        assert definition.lab is not None
        for task in sorted(self.tasks.values(), key=lambda t: t.end):
            row = self.results.get(task.experiment)
            key = (task.experiment, task.step)
            if task.end > moment or row is None or key in self.told:
                continue
            self.told.add(key)
            step = definition.lab.step_by_name[task.step]
            values = {n: row[n] for n in step.gives if row.get(n) not in ("", None) and not pd.isna(row[n])}
            with clock(task.end):
                if task.step == "calcine" and row["failure"]:
                    self.campaign.fail(task.experiment, reason="process", note="fused to the crucible")
                elif values and self.campaign.experiment(task.experiment).is_pending:
                    self.campaign.log(task.experiment, values)


def four_weeks(folder: Path) -> tuple[Campaign, datetime]:
    """Live through four weeks; the campaign, and the Friday on which they end."""
    file = folder / "ltvo.yaml"
    shutil.copy(library_path("ltvo"), file)
    (folder / "ltvo.db").unlink(missing_ok=True)
    weeks = Weeks(
        campaign=Campaign.open(file),
        lab=read_virtual_lab("ltvo").draw(_LAB),
        scatter=np.random.default_rng(_LAB),
        results={},
        told=set(),
        tasks={},
    )
    friday = _FIRST_FRIDAY
    for _ in range(_N_WEEKS):
        weeks.plan(friday)
        friday += timedelta(days=7)
        weeks.live_until(friday)
    weeks.plan(friday)
    return weeks.campaign, friday


def main() -> None:
    """Write the report of the fifth week into a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as lab:
        campaign, friday = four_weeks(Path(lab))
        for ending in (".html", ".md"):
            campaign.report(folder / f"ltvo-report{ending}", now=friday)
    picture(folder / "ltvo-report.html", folder / "ltvo-report.png")


def picture(page: Path, file: Path) -> None:
    """A picture of the first screens of a page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 1100, "height": 1500})
        shown.goto(page.absolute().as_uri())
        shown.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    main()
