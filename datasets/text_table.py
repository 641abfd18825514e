"""CSV files as grids of text, and what can be wrong with them before any cell is understood."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from .errors import InputError, NotFound

DELIMITERS = (",", ";", "\t")

# Workbooks begin like this: zip files (.xlsx), and the older compound files (.xls).
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF8 = "save it as CSV in UTF-8"


@dataclass(frozen=True)
class GridRow:
    """One row of a grid that is not blank.

    Attributes
    ----------
    where
        Place named in messages.
    number
        Row as the reader of the table counts.
    cells
        One text for every column, stripped.
    """

    where: str
    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table of text: its name, its header, the rows that fit it, and a sentence for each that does not."""

    name: str
    header: tuple[str, ...]
    rows: tuple[GridRow, ...]
    faults: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Digest of the content, whichever delimiter and line ends it was saved with."""
        content = [self.header, *(row.cells for row in self.rows)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def read_csv_grid(file: Path | Traversable, is_column: Callable[[str], bool]) -> Grid:
    """Read a CSV file, delimited by comma, semicolon or tab.

    Parameters
    ----------
    file
        The file, UTF-8 with or without byte-order mark.
    is_column
        Tells whether a header is known; the delimiter that yields most of them is the right one.

    Raises
    ------
    NotFound
        If the file does not exist.
    InputError
        If it is no text, or empty.
    """
    name = file.name
    text = _text(file)
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


def _text(file: Path | Traversable) -> str:
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"{file}: there is no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{file} is a folder, not a table") from error
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    if content.startswith(_EXCEL) or file.name.lower().endswith((".xlsx", ".xls")):
        raise InputError(f"{file.name}: Excel files are not read yet; save it as CSV")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file.name} is not a text file in UTF-8 (byte {error.start + 1}); {_UTF8}"
        ) from error
    if "\0" in text:
        raise InputError(f"{file.name} is a binary file, not a table; {_UTF8}")
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
