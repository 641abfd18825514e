"""How long a weekly report takes, by the number of own experiments.

    python benchmarks/report_time.py 50 500

Experiments are made at random in a virtual LTVO laboratory. The seconds are those of `Campaign.report` with
all that it needs (learning, planning the week, figures), for the page and, besides, for printing it as PDF.
"""

import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.library import library_path
from ovenbird.campaigns.report.html_page import html_page
from ovenbird.campaigns.report.pdf_page import write_pdf
from ovenbird.campaigns.virtual_lab import read_virtual_lab
from ovenbird.models.encoding import frame_of_codes
from ovenbird.models.evidence import PROCESS_WORKS
from ovenbird.planner.search_space import SearchSpace


def measured(n: int) -> Campaign:
    """A campaign with n experiments of its own."""
    campaign = Campaign.open(library_path("ltvo"), dataset="sqlite://")
    generator = np.random.default_rng(n)
    search = SearchSpace(campaign.space, campaign.problem.hard_rules)
    frame = frame_of_codes(campaign.space, search.sample(n, generator))
    table = read_virtual_lab("ltvo").draw(0).measure(frame, generator)
    campaign.add(table[[column for column in table.columns if column != PROCESS_WORKS]])
    return campaign


def main() -> None:
    """Print a line for each size."""
    for n in map(int, sys.argv[1:] or ("50", "500")):
        campaign = measured(n)
        began = perf_counter()
        summary = campaign.report(now=datetime(2026, 11, 27, 14), week="2026-W49")
        page = html_page(summary)
        written = perf_counter()
        with TemporaryDirectory() as folder:
            write_pdf(page, Path(folder) / "report.pdf")
        printed = perf_counter()
        print(
            f"{n} experiments: page {written - began:.1f} s ({len(page) / 1e6:.2f} MB), "
            f"PDF {printed - written:.1f} s more",
            flush=True,
        )


if __name__ == "__main__":
    main()
