"""Cells of a run sheet: text that stays text, looks that survive a grey printer, pages that fit."""

import re
import textwrap
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Grey = Literal["heading", "filled", "not_expected"]

# Light enough to read what is printed on it, and to be told apart on a black and white printer.
_GREYS: dict[Grey, str] = {"heading": "BFBFBF", "filled": "D9D9D9", "not_expected": "EDEDED"}
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FORMULA_SIGNS = ("=", "+", "-", "@")
_A4 = 9
_POINTS_A_LINE = 13.0  # of a font of 10 points
_PADDING = 4.0
_HIGHEST_ROW = 409.0
_LOWEST_HEADER, _HIGHEST_HEADER = 80.0, 260.0
_LONGEST_TEXT = 32_000  # Excel cuts off cells a little beyond


def printable(text: str) -> str:
    """A text without signs that no workbook can hold."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub("", plain)[:_LONGEST_TEXT]


def put(
    sheet: "Worksheet",
    row: int,
    column: int,
    value: str | float | None = None,
    *,
    bold: bool = False,
    size: float = 10,
    grey: Grey | None = None,
    border: bool = True,
    wrap: bool = True,
    rotated: bool = False,
    centred: bool = False,
    top: bool = False,
    as_text: bool = False,
) -> None:
    """Write one cell.

    Parameters
    ----------
    sheet, row, column
        Where.
    value
        A text is never a formula, whatever it begins with.
    bold, size, grey, border, wrap, rotated, centred, top
        How it looks.
    as_text
        What is typed into it later stays text: no formula, no date.
    """
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    cell: Any = sheet.cell(row, column)
    if isinstance(value, str):
        text = printable(value)
        cell.value = text or None
        if text:
            # openpyxl takes what begins with = for a formula, and #N/A for an error.
            cell.data_type = "s"
            cell.quotePrefix = int(text.startswith(_FORMULA_SIGNS))
    elif value is not None:
        cell.value = value
    cell.font = Font(name="Arial", size=size, bold=bold)
    if grey is not None:
        cell.fill = PatternFill("solid", start_color=_GREYS[grey], end_color=_GREYS[grey])
    if border:
        line = Side(style="thin", color="808080")
        cell.border = Border(left=line, right=line, top=line, bottom=line)
    cell.alignment = Alignment(
        wrap_text=wrap,
        vertical="bottom" if rotated else "top" if top else "center",
        horizontal="center" if centred or rotated else "left",
        text_rotation=90 if rotated else 0,
    )
    if as_text:
        cell.number_format = "@"


def put_across(
    sheet: "Worksheet", row: int, first: int, last: int, text: str, *, bold: bool = False, size: float = 10
) -> None:
    """Write a text over several columns, in a row high enough for it."""
    put(sheet, row, first, text, bold=bold, size=size, border=False)
    if last > first:
        sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)
    width = sum(width_of(sheet, column) for column in range(first, last + 1))
    set_height(sheet, row, _n_lines(text, width * 10 / size) * _POINTS_A_LINE * size / 10 + _PADDING)


def fit_height(sheet: "Worksheet", row: int, least: float = 0.0) -> None:
    """Make a row high enough for every text in it; not every program does so by itself."""
    needed = max(
        _n_lines(str(cell.value), width_of(sheet, column)) for column, cell in enumerate(sheet[row], start=1)
    )
    set_height(sheet, row, max(least, needed * _POINTS_A_LINE + _PADDING))


def fit_header(sheet: "Worksheet", row: int) -> None:
    """Make a row of rotated headers high enough for their longest word."""
    words = (word for cell in sheet[row] for word in str(cell.value).split())
    longest = max(map(len, words), default=0)
    set_height(sheet, row, min(_HIGHEST_HEADER, max(_LOWEST_HEADER, 6.5 * longest + 6)))


def _n_lines(text: str, width: float) -> int:
    """Lines that a wrapped text takes in a column so many characters wide."""
    # Letters are narrower than the digits in which widths are counted.
    wide = max(1, int(1.25 * width))
    return sum(max(1, len(textwrap.wrap(line, wide))) for line in printable(text).split("\n"))


def set_width(sheet: "Worksheet", column: int, width: float) -> None:
    """Give a column a width in characters."""
    from openpyxl.utils import get_column_letter

    sheet.column_dimensions[get_column_letter(column)].width = width


def width_of(sheet: "Worksheet", column: int) -> float:
    """Width of a column in characters."""
    from openpyxl.utils import get_column_letter

    return float(sheet.column_dimensions[get_column_letter(column)].width)


def set_height(sheet: "Worksheet", row: int, points: float) -> None:
    """Give a row a height, as far as Excel allows."""
    sheet.row_dimensions[row].height = min(points, _HIGHEST_ROW)


def set_up_page(sheet: "Worksheet", header_row: int, frozen_columns: int, footer: str) -> None:
    """Landscape, one page wide, with the header on every page and always in view."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.freeze_panes = f"{get_column_letter(frozen_columns + 1)}{header_row + 1}"
    sheet.print_title_rows = f"{header_row}:{header_row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.footer = 0.5, 0.75, 0.4
    # An ampersand begins a code there.
    foot: Any = sheet.oddFooter
    foot.left.text = printable(footer).replace("&", "&&")
    foot.right.text = "&A, page &P of &N"
