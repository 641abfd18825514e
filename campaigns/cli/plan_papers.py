"""What goes with a plan: the run sheet, the calendar and the Gantt chart."""

from pathlib import Path

from ...planner.week_plan import WeekPlan
from ..calendar_file import calendar_file
from ..campaign import Campaign
from ..gantt import gantt_figure, picture_file
from ..plan_units import units_of_parameters
from ..run_sheet import write_run_sheet


def write_papers(campaign: Campaign, made: WeekPlan, folder: Path) -> list[Path]:
    """Write them into a folder; nothing that is there is overwritten."""
    lab = campaign.definition.lab
    assert lab is not None
    units = units_of_parameters(campaign.space)
    stem = _free_stem(folder, f"{campaign.name}-{made.week}")
    sheet, calendar, chart = (folder / f"{stem}{ending}" for ending in (".xlsx", ".ics", ".svg"))
    write_run_sheet(made, campaign.definition, sheet)
    calendar.write_bytes(calendar_file(made, campaign.name, lab, units))
    chart.write_bytes(picture_file(gantt_figure(made, lab, units)))
    return [sheet, calendar, chart]


def _free_stem(folder: Path, stem: str) -> str:
    """A name that no run sheet has yet: one that is there may hold results."""
    number, free = 1, stem
    while any((folder / f"{free}{ending}").exists() for ending in (".xlsx", ".ics", ".svg")):
        number += 1
        free = f"{stem}-{number}"
    return free
