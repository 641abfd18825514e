"""The sheet ``Week``: day by day and machine by machine what people do, to be ticked off."""

from typing import TYPE_CHECKING

from ...planner.lab import Lab
from ...planner.week_plan import WeekPlan
from ..definition import Definition
from ..plan_words import day, headline, one_line
from .cells import fit_height, put, put_across, set_height, set_up_page, set_width
from .choices import offer
from .to_do import ToDo, to_dos

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_COLUMNS = (
    ("time", 17),
    ("what", 44),
    ("machine", 18),
    ("settings", 32),
    ("samples", 27),
    ("done", 6),
    ("initials / remark", 26),
)
_OPEN, _DONE = "☐", "☑"
_BOX = 6
_ROOM_TO_WRITE = 19.0


def fill_week_sheet(workbook: "Workbook", sheet: "Worksheet", plan: WeekPlan, definition: Definition) -> None:
    """Write the sheet.

    Parameters
    ----------
    workbook, sheet
        Where to.
    plan, definition
        What is done, and for which campaign.
    """
    for column, (_, width) in enumerate(_COLUMNS, start=1):
        set_width(sheet, column, width)
    last = len(_COLUMNS)
    put_across(sheet, 1, 1, last, f"{definition.title or definition.name}", bold=True, size=16)
    put_across(sheet, 2, 1, last, " ".join(map(one_line, headline(plan))), size=11)
    header = 4
    for column, (name, _) in enumerate(_COLUMNS, start=1):
        put(sheet, header, column, name, bold=True, grey="heading", centred=column == _BOX)
    lab = definition.lab or Lab()
    units = {parameter.name: parameter.unit for parameter in definition.space}
    row, boxes = header + 1, []
    for today, things in to_dos(plan, lab, units).items():
        for column in range(1, last + 1):
            put(sheet, row, column, day(today) if column == 1 else None, bold=True, size=12, grey="filled")
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=last)
        set_height(sheet, row, 20)
        row += 1
        for thing in things:
            _put_thing(sheet, row, thing)
            boxes.append(row)
            row += 1
        if not things:
            put_across(sheet, row, 1, last, "nothing to be done by hand")
            row += 1
    offer(workbook, sheet, _BOX, boxes, (_OPEN, _DONE))
    _put_remarks(sheet, row + 1, plan)
    set_up_page(sheet, header, 1, f"{definition.name}, week {plan.week}")


def _put_thing(sheet: "Worksheet", row: int, thing: ToDo) -> None:
    cells = (thing.time, thing.what, thing.machine, thing.settings, thing.samples)
    for column, text in enumerate(cells, start=1):
        put(sheet, row, column, text)
    put(sheet, row, _BOX, _OPEN, size=13, centred=True)
    put(sheet, row, _BOX + 1, as_text=True)
    fit_height(sheet, row, _ROOM_TO_WRITE)


def _put_remarks(sheet: "Worksheet", row: int, plan: WeekPlan) -> None:
    """What else there is to know, below the days."""
    decisions = [
        f"{'go on' if decision.goes_on else 'stop'}: {decision.sentence}" for decision in plan.decisions
    ]
    blocks = (
        ("To decide", decisions),
        ("Changes against the plan before", plan.changes),
        ("Also", plan.messages),
    )
    for heading, sentences in blocks:
        if not sentences:
            continue
        put_across(sheet, row, 1, len(_COLUMNS), heading, bold=True, size=11)
        for number, sentence in enumerate(sentences, start=1):
            put_across(sheet, row + number, 1, len(_COLUMNS), f"- {one_line(sentence)}")
        row += len(sentences) + 1
        set_height(sheet, row, 8)
        row += 1
