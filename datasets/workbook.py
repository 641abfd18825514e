"""Excel workbooks as grids of text, and what can be wrong with their cells before any is understood."""

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .grid import Grid, GridRow
from .qualified_value import shortest

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

RESULTS = "Results"  # the sheet that is read, however many there are

_SAVE_AGAIN = "open it in Excel or LibreOffice and save it as .xlsx, or as CSV in UTF-8"
# What stands in quotes or behind a backslash is shown as it is: 0.0"%" scales nothing.
_LITERAL = re.compile(r'"[^"]*"|\\.')


def workbook_grid(name: str, content: bytes, is_column: Callable[[str], bool], allowed: str) -> Grid:
    """Read one sheet of a workbook: that called Results, else the first visible one that holds anything.

    The header is the first row in which a cell names a known column; above it may stand anything.

    Parameters
    ----------
    name
        What messages call the file.
    content
        The file.
    is_column
        Tells whether a header is known.
    allowed
        Names of columns, for the message where there are none.

    Raises
    ------
    InputError
        If it is no workbook, or holds no table.
    """
    written = _sheet(_opened(name, content, values=False), name)
    place = f"{name} sheet {written.title}"
    filled = _filled(written)
    if not filled:
        raise InputError(f"{place} is empty; it needs a header and a row for every experiment")
    shown = written
    if any(cell.data_type == "f" for row in filled.values() for cell in row.values()):
        shown = _opened(name, content, values=True)[written.title]
    header_row = next((n for n, row in filled.items() if _names_columns(row, shown, is_column)), None)
    if header_row is None:
        raise InputError(f"{place}: no row names a column that is known, allowed are {allowed}")
    header = {
        column: text for column, cell in filled[header_row].items() if (text := _text_or_blank(cell, shown))
    }
    body = {number: row for number, row in filled.items() if number > header_row}
    reader = _BodyReader(place, header, shown, is_column)
    rows = [row for number, cells in body.items() if (row := reader.read(number, cells)) is not None]
    faults = [*_hidden_by_merging(place, written, header, header_row, max(filled)), *reader.faults]
    if not rows and not faults:
        raise InputError(f"{place} has a header but no row below it")
    return Grid(place, tuple(header.values()), tuple(rows), tuple(faults))


def _opened(name: str, content: bytes, *, values: bool) -> "Workbook":
    import openpyxl

    # It warns of whatever it does not keep (drawings, extensions): nothing of that is read here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return openpyxl.load_workbook(io.BytesIO(content), data_only=values, keep_links=False)
        except Exception as error:  # a damaged file fails in as many ways as it has parts
            raise InputError(f"{name} cannot be read as an Excel workbook; {_SAVE_AGAIN}") from error


def _sheet(workbook: "Workbook", name: str) -> Any:
    sheets = workbook.worksheets  # without sheets that are nothing but a chart
    for sheet in sheets:
        if sheet.title.strip().casefold() == RESULTS.casefold():
            return sheet
    for sheet in sheets:
        if sheet.sheet_state == "visible" and _filled(sheet):
            return sheet
    raise InputError(f"{name} is empty; it needs a sheet with a header and a row for every experiment")


def _filled(sheet: Any) -> dict[int, dict[int, Any]]:
    """Cells that hold something, by row and column, in order."""
    rows: dict[int, dict[int, Any]] = {}
    # Going through whole rows would make a million cells where someone coloured a column.
    for (row, column), cell in sorted(sheet._cells.items()):
        if cell.value is not None and not (isinstance(cell.value, str) and not cell.value.strip()):
            rows.setdefault(row, {})[column] = cell
    return rows


def _names_columns(row: Mapping[int, Any], shown: Any, is_column: Callable[[str], bool]) -> bool:
    return any(is_column(_text_or_blank(cell, shown)) for cell in row.values())


def _text_or_blank(cell: Any, shown: Any) -> str:
    try:
        return _text(cell, shown)
    except InputError:
        return ""


def _text(cell: Any, shown: Any) -> str:
    """What a cell says, as it would be typed into a CSV file.

    Parameters
    ----------
    cell
        As it was written: a formula is a formula.
    shown
        The sheet with the values that formulas had when it was saved.
    """
    if cell.data_type == "f":
        cell = shown.cell(cell.row, cell.column)
        if cell.value is None and cell.data_type == "n":
            raise InputError(
                "holds a formula without a value; open the file in Excel and save it, or type the value"
            )
    value = cell.value
    if cell.data_type == "e":
        raise InputError(f"holds the error {value}; leave it empty, or mend the formula")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if "%" in _LITERAL.sub("", cell.number_format or ""):
            # Excel makes 0.9 of a 90 % that someone typed.
            return f"{100 * value:.12g} %"
        return shortest(value)
    if isinstance(value, date | time | timedelta):
        raise InputError(
            f"holds a date or time ({value}): Excel makes one of 3/12 or 3-12; give the cell the format "
            "Text or General and type it again"
        )
    return str(value).strip()


@dataclass
class _BodyReader:
    """Reads the rows below the header and remembers what is wrong with them."""

    place: str
    header: Mapping[int, str]
    shown: Any
    is_column: Callable[[str], bool]

    def __post_init__(self) -> None:
        self.faults: list[str] = []
        self._nameless: set[int] = set()

    def read(self, number: int, cells: Mapping[int, Any]) -> GridRow | None:
        """One row; None if it is blank."""
        where = f"{self.place} row {number}"
        for column in sorted(cells.keys() - self.header.keys() - self._nameless):
            self._nameless.add(column)
            self.faults.append(
                f"{where}: cell {cells[column].coordinate} is filled, but the header has no name there"
            )
        texts = tuple(
            self._text(where, name, cells[column]) if column in cells else ""
            for column, name in self.header.items()
        )
        return GridRow(where, number, texts) if any(texts) else None

    def _text(self, where: str, name: str, cell: Any) -> str:
        try:
            return _text(cell, self.shown)
        except InputError as error:
            # Of a column that is left aside nobody wants to know.
            if self.is_column(name):
                self.faults.append(f"{where}: cell {cell.coordinate} ({name}) {error}")
            return ""


def _hidden_by_merging(
    place: str, sheet: Any, columns: Sequence[int] | Mapping[int, str], first: int, last: int
) -> list[str]:
    """One sentence for every merged range that gives one cell of the table a value and hides others."""
    faults = []
    for merged in sheet.merged_cells.ranges:
        n_rows = min(merged.max_row, last) - max(merged.min_row, first) + 1
        n_columns = sum(merged.min_col <= column <= merged.max_col for column in columns)
        is_filled = sheet.cell(merged.min_row, merged.min_col).value is not None
        if is_filled and n_rows > 0 and n_rows * n_columns > 1:
            faults.append(
                f"{place}: the cells {merged.coord} are merged, so only the first of them has a value; take "
                "them apart and fill in each"
            )
    return faults
