"""CSV files as grids of text, and what can be wrong with them before any cell is understood."""

import csv
import io
from collections.abc import Callable, Sequence

from .errors import InputError
from .grid import Grid, GridRow

DELIMITERS = (",", ";", "\t")

_UTF8 = "save it as CSV in UTF-8"


def csv_grid(name: str, content: bytes, is_column: Callable[[str], bool]) -> Grid:
    """Read the content of a CSV file, delimited by comma, semicolon or tab.

    Parameters
    ----------
    name
        What messages call the file.
    content
        UTF-8 with or without byte-order mark.
    is_column
        Tells whether a header is known; the delimiter that yields most of them is the right one.

    Raises
    ------
    InputError
        If it is no text, or empty.
    """
    text = _text(name, content)
    if not text.strip():
        raise InputError(f"{name} is empty; it needs a header and a row for every experiment")
    delimiter = max(DELIMITERS, key=lambda sign: _score(text, sign, is_column))
    records = _records(text, delimiter, name)
    first = next(i for i, record in enumerate(records) if any(map(str.strip, record)))
    header = [cell.strip() for cell in records[first]]
    while header and not header[-1]:
        header.pop()
    rows, faults = [], []
    for number, record in enumerate(records[first + 1 :], start=first + 2):
        cells = [cell.strip() for cell in record]
        while len(cells) > len(header) and not cells[-1]:
            cells.pop()
        if not any(cells):
            continue
        where = f"{name} row {number}"
        if len(cells) != len(header):
            faults.append(f"{where}: has {len(cells)} cells, but the header has {len(header)}")
            continue
        rows.append(GridRow(where, number, tuple(cells)))
    if not rows and not faults:
        raise InputError(f"{name} has a header but no row below it")
    return Grid(name, tuple(header), tuple(rows), tuple(faults))


def _text(name: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not a text file in UTF-8 (byte {error.start + 1}); {_UTF8}") from error
    if "\0" in text:
        raise InputError(f"{name} is a binary file, not a table; {_UTF8}")
    return text


def _records(text: str, delimiter: str, name: str) -> list[list[str]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    records: list[list[str]] = []
    try:
        records.extend(reader)
    except csv.Error as error:
        raise InputError(f"{name} row {len(records) + 1}: cannot be read as CSV ({error})") from error
    return records


def _score(text: str, delimiter: str, is_column: Callable[[str], bool]) -> tuple[int, int]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        header: Sequence[str] = next((record for record in reader if any(map(str.strip, record))), ())
    except csv.Error:
        return 0, 0
    return sum(map(is_column, header)), len(header)
