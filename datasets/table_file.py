"""Files that hold tables: text or Excel, whatever their names say."""

from collections.abc import Callable
from importlib.resources.abc import Traversable
from pathlib import Path

from .errors import InputError, NotFound
from .grid import Grid
from .text_table import csv_grid
from .workbook import workbook_grid

_EXCEL_NAMES = (".xlsx", ".xlsm", ".xls")
_ZIP = b"PK\x03\x04"
# Excel files of before 2007, and newer ones with a password, are such files.
_COMPOUND = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_grid(file: Path | Traversable, is_column: Callable[[str], bool], allowed: str) -> Grid:
    """Read a table from CSV or Excel.

    Parameters
    ----------
    file
        The file.
    is_column
        Tells whether a header is known.
    allowed
        Names of columns, for messages.

    Raises
    ------
    NotFound
        If the file does not exist.
    InputError
        If it is neither text nor a workbook, or empty.
    """
    name, content = file.name, _content(file)
    if content.startswith(_ZIP):
        return workbook_grid(name, content, is_column, allowed)
    if content.startswith(_COMPOUND):
        if _ENCRYPTED in content:
            raise InputError(f"{name} is protected by a password; save it without one")
        raise InputError(f"{name} is an Excel file of the old kind; save it as .xlsx or as CSV")
    if name.lower().endswith(_EXCEL_NAMES) and content:
        raise InputError(f"{name} is no Excel workbook, whatever its name says; save it as .xlsx or as CSV")
    return csv_grid(name, content, is_column)


def _content(file: Path | Traversable) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"{file}: there is no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{file} is a folder, not a table") from error
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
