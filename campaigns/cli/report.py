"""`ovenbird report`: the weekly report as a page, as PDF and as Markdown."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...datasets.errors import InputError
from .arguments import CampaignFile
from .edge import working

if TYPE_CHECKING:
    from ..report.week_summary import WeekSummary


def report(
    campaign: CampaignFile,
    week: Annotated[
        str | None,
        typer.Option(
            metavar="WEEK", help="ISO week, such as 2026-W48; without: this one, from Friday on the next."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same data, file, seed and time, same report.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where it goes; without: beside the campaign file."),
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Report as of this time, such as 2026-11-27T14:00; without: now."),
    ] = None,
) -> None:
    """Write the weekly report: what was learned, what to decide, what to do next week, and why.

    It shows the plan that ovenbird plan kept for the week, or a proposal if there is none yet. Three files
    with the same facts: a page without any network (.html), the same on paper (.pdf, where a browser is
    installed), and text for mails and wikis (.md). A report of the same week is written anew.

    Example: ovenbird report ltvo.yaml --week 2026-W48
    """
    from ..campaign import Campaign
    from .plan_arguments import read_moment

    with working("Opening the campaign"):
        opened = Campaign.open(campaign)
    folder = opened.definition.folder if out is None else out
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder for the report")
    moment = None if now is None else read_moment(now)
    from ..report.summarise import summarise

    summary = summarise(opened, week, seed=seed, now=moment, progress=working)
    with working("Writing the report"):
        written, said = _write(summary, folder)
    names = ", ".join(path.name for path in written)
    print(f"Report of {opened.name}, week {summary.week}: {names} in {folder}.")
    for sentence in said:
        print(sentence)


def _write(summary: "WeekSummary", folder: Path) -> tuple[list[Path], list[str]]:
    """Write all kinds; what this machine cannot write is said."""
    from ..report.files import write_report

    stem = f"{summary.campaign}-{summary.week}-report"
    written, said = [], []
    for ending in (".html", ".md", ".pdf"):
        path = folder / f"{stem}{ending}"
        try:
            write_report(summary, path)
        except InputError as error:
            if ending != ".pdf":
                raise
            said += error.faults
            continue
        written.append(path)
    return written, said
