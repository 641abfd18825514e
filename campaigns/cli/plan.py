"""`ovenbird plan`: the week's samples on machines and hours, and the papers that go with them."""

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...datasets.errors import InputError
from .arguments import CampaignFile
from .edge import NOTHING_TO_SUGGEST, working

if TYPE_CHECKING:
    from ...planner.week_plan import WeekPlan
    from ..campaign import Campaign

_WIDTH_OF_PIPES = 110


class Format(StrEnum):
    """How a plan is printed."""

    TABLE = "table"
    JSON = "json"


_Week = Annotated[
    str | None,
    typer.Option(
        metavar="WEEK", help="ISO week, such as 2026-W48; without: this one, from Friday on the next."
    ),
]
_Weeks = Annotated[int, typer.Option(min=1, max=8, help="How many weeks to plan at once.")]
_Number = Annotated[
    int | None,
    typer.Option("-n", "--number", min=0, max=100, help="New samples at most; without: what the lab allows."),
]
_Seed = Annotated[int, typer.Option(min=0, help="Same data, progress and seed, same plan.")]
_Format = Annotated[Format, typer.Option(help="table for people, json for programs.")]
_Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where the run sheet goes; without: beside the campaign file."),
]
_Down = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MACHINE=FROM/TO",
        help="A machine that is down, such as planetary_mill=2026-11-25T14:00/2026-11-27; MACHINE*2=... if "
        "two of them are. Later plans remember it.",
    ),
]
_Up = Annotated[list[str] | None, typer.Option(metavar="MACHINE", help="A machine that works again.")]
_Keep = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="A sample that goes on whatever it is worth.")
]
_Now = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Plan as of this time, such as 2026-11-25T14:00; without: now."),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only look: keep nothing, write nothing.")]


def plan(
    campaign: CampaignFile,
    week: _Week = None,
    weeks: _Weeks = 1,
    n: _Number = None,
    seed: _Seed = 0,
    format: _Format = Format.TABLE,
    out: _Out = None,
    down: _Down = None,
    up: _Up = None,
    keep: _Keep = None,
    now: _Now = None,
    dry_run: _DryRun = False,
) -> None:
    """Choose the samples of a week, put them on machines and hours, and write the run sheet.

    The new samples become planned experiments. Called again during the week, it starts from what has
    happened: results that were logged, gates that failed, machines that are down.

    Example: ovenbird plan ltvo.yaml --week 2026-W48
    """
    from ..campaign import Campaign
    from .plan_arguments import read_down, read_moment

    with working("Opening the campaign"):
        opened = Campaign.open(campaign)
        data = opened.dataset()
    folder = opened.definition.folder if out is None else out
    if not dry_run and not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder for the run sheet")
    if not dry_run and not os.access(folder, os.W_OK):
        raise InputError(f"{folder}: the run sheet cannot be written into this folder")
    outages = read_down(down or [], opened.definition.lab)
    moment = None if now is None else read_moment(now)
    with working(f"Learning from {len(data)} experiments"):
        opened.beliefs(data)
    with working("Planning the week"):
        made = opened.plan(
            week, weeks=weeks, n=n, seed=seed, now=moment, down=outages, up=up or (), keep=keep or ()
        )
    written: list[Path] = []
    is_kept = not dry_run and _is_news(made)
    if is_kept:
        with working("Writing the run sheet"):
            made = opened.adopt(made)
            written = _papers(opened, made, folder) if made.timetable.tasks else []
    _print(opened, made, format, written, dry_run=dry_run)
    if is_kept and not written and format is Format.TABLE:
        print("\nKept: later plans start from it.")
    if not made.timetable.tasks:
        raise typer.Exit(NOTHING_TO_SUGGEST)


def _is_news(made: "WeekPlan") -> bool:
    """Whether later plans must know of it: an empty one may say what is down, or what stops."""
    return bool(made.timetable.tasks or made.outages or made.changes or made.decisions)


def _papers(campaign: "Campaign", made: "WeekPlan", folder: Path) -> list[Path]:
    from .plan_papers import write_papers

    try:
        return write_papers(campaign, made, folder)
    except (InputError, OSError) as error:
        raise InputError(
            f"{error}; the plan is kept all the same: once that is mended, ovenbird plan writes it again"
        ) from error


def _print(
    campaign: "Campaign", made: "WeekPlan", style: Format, written: list[Path], *, dry_run: bool
) -> None:
    if style is Format.JSON:
        content = {"campaign": campaign.name, **made.as_json(), "files": [str(path) for path in written]}
        print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
        return
    from ..plan_units import units_of_parameters
    from .plan_page import print_plan
    from .terminal import console, say

    out, lab = console(width_of_pipes=_WIDTH_OF_PIPES), campaign.definition.lab
    assert lab is not None
    print_plan(out, made, lab, units_of_parameters(campaign.space))
    if written:
        say(out, f"\nWritten: {', '.join(path.name for path in written)} in {written[0].parent}.")
        say(out, f"Fill in the sheet Results, then: ovenbird add {campaign.definition.path} {written[0]}")
    elif dry_run:
        say(out, "\nOnly looked: nothing was kept or written.")
