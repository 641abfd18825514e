"""Lists from which a cell is filled by a click."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .cells import printable, put

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_LONGEST_LIST = 255  # characters that Excel takes in a list written into the cell's rule
_SHEET = "Lists"


def offer(
    workbook: "Workbook",
    sheet: "Worksheet",
    column: int,
    rows: Sequence[int],
    values: Sequence[str],
    *,
    strict: bool = True,
) -> None:
    """Offer values in some cells of a column.

    Parameters
    ----------
    workbook, sheet, column, rows
        Where.
    values
        What is offered.
    strict
        Refuse anything else; otherwise only ask.
    """
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    if not rows:
        return
    shown = [printable(value) for value in values]
    written = ",".join(shown)
    is_short = len(written) <= _LONGEST_LIST and not any(sign in v for v in shown for sign in ',"\n')
    formula = f'"{written}"' if is_short and not written.startswith("=") else _kept(workbook, shown)
    rule = DataValidation(type="list", formula1=formula, allow_blank=True)
    rule.showErrorMessage = True
    rule.errorStyle = "stop" if strict else "warning"
    rule.errorTitle, rule.error = "Not on the list", "Choose a value from the list, or leave the cell empty."
    letter = get_column_letter(column)
    for row in rows:
        rule.add(f"{letter}{row}")
    sheet.add_data_validation(rule)


def _kept(workbook: "Workbook", values: Sequence[str]) -> str:
    """Write a list into a hidden sheet and return its place, for what no rule can hold itself."""
    from openpyxl.utils import get_column_letter

    if _SHEET not in workbook.sheetnames:
        workbook.create_sheet(_SHEET).sheet_state = "hidden"
    sheet = workbook[_SHEET]
    column = sheet.max_column + (1 if sheet.cell(1, 1).value is not None else 0)
    for row, value in enumerate(values, start=1):
        put(sheet, row, column, value, border=False)
    letter = get_column_letter(column)
    return f"{_SHEET}!${letter}$1:${letter}${len(values)}"
