"""Tables in the form chemists type: one row an experiment, one column a parameter or response.

A header may state a unit (``calcination_temperature [K]``). Cells read ``255``, ``~250``, ``>80``,
``<0.5``, ``yes``, ``no``; several values in a cell (``251; 248``) are replicates, and an empty cell
means that a parameter does not apply or was not stated, or that nothing was measured yet. In the
column ``source``, what follows the first semicolon is the place within the lab's or paper's account
and opens the note. The column ``executed hold_time [h]`` says how long the hold really was; an empty
cell there means: as planned.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO

import pandas as pd

from .columns import Column, allowed_columns, header_of, is_column, known_columns, read_header
from .errors import raise_all
from .experiment import Dataset, Experiment
from .grid import Grid, GridRow
from .parameter_space import NOT_STATED, ParameterSpace
from .qualified_value import QualifiedValue, join_replicates, shortest
from .responses import Response
from .row_reader import RowReader
from .table_file import read_grid
from .table_import import repeated_ids
from .table_row import TableRow

__all__ = [
    "TableContents",
    "TableRow",
    "frame_from_dataset",
    "read_table",
    "rows_from_frame",
    "write_table",
]


@dataclass(frozen=True)
class TableContents:
    """What a table says.

    Attributes
    ----------
    rows
        One for every experiment.
    digest
        Digest of the content, or None for a DataFrame.
    messages
        What a lenient reading left out, one sentence each.
    unknown_columns
        Columns that a lenient reading left aside.
    """

    rows: tuple[TableRow, ...]
    digest: str | None
    messages: tuple[str, ...] = ()
    unknown_columns: tuple[str, ...] = ()


def read_table(
    path: Path | Traversable,
    space: ParameterSpace,
    responses: Mapping[str, Response],
    *,
    lenient: bool = False,
) -> TableContents:
    """Read an Excel workbook (its sheet Results, or the first one) or a CSV file in UTF-8.

    Parameters
    ----------
    path
        The file.
    space, responses
        What the columns may be.
    lenient
        For literature: keep numbers beyond the range of their parameter, leave unknown columns
        aside, and leave out rows of unknown categories and implausible values, with a message.

    Raises
    ------
    NotFound
        If the file does not exist.
    InputError
        With one sentence for every fault of the file.
    """
    allowed = allowed_columns(space, responses)
    grid = read_grid(path, lambda header: is_column(header, space, responses), allowed)
    return _contents(grid, grid.digest, space, responses, lenient=lenient)


def rows_from_frame(
    frame: pd.DataFrame,
    space: ParameterSpace,
    responses: Mapping[str, Response],
    *,
    lenient: bool = False,
) -> TableContents:
    """Read a DataFrame, whose index means nothing; cells may be text, numbers, True/False or missing.

    Raises
    ------
    InputError
        With one sentence for every fault; places read ``DataFrame.iloc[3]``.
    """
    rows = []
    for number, cells in enumerate(frame.itertuples(index=False, name=None)):
        texts = tuple(map(_text, cells))
        if any(texts):
            rows.append(GridRow(f"DataFrame.iloc[{number}]", number, texts))
    grid = Grid("DataFrame", tuple(map(str, frame.columns)), tuple(rows))
    return _contents(grid, None, space, responses, lenient=lenient)


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, list | tuple):
        return "; ".join(_text(part) for part in cell)
    if cell is None or pd.isna(cell):  # pyright: ignore[reportArgumentType, reportCallIssue]
        return ""
    # numpy.bool has no common base with bool, but spells itself alike.
    if str(cell) in ("True", "False"):
        return "yes" if cell else "no"
    try:
        number = float(cell)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        return str(cell)
    return shortest(number) if math.isfinite(number) else str(number)


def _contents(
    grid: Grid,
    digest: str | None,
    space: ParameterSpace,
    responses: Mapping[str, Response],
    *,
    lenient: bool,
) -> TableContents:
    columns, unknown, header_faults = read_header(
        grid.header, _header_place(grid), space, responses, lenient=lenient
    )
    reader = RowReader(columns, space, lenient=lenient)
    rows = [row for row in map(reader.read, grid.rows) if row is not None]
    faults = [*header_faults, *grid.faults, *reader.faults]
    if not lenient:
        faults += _missing_columns(_header_place(grid), columns, space, rows)
    faults += repeated_ids([(row.where, row.id) for row in rows])
    raise_all(faults)
    return TableContents(tuple(rows), digest, tuple(reader.messages), tuple(unknown))


def _header_place(grid: Grid) -> str:
    return f"{grid.name} header" if grid.name != "DataFrame" else "DataFrame"


def _missing_columns(
    where: str, columns: Sequence[Column], space: ParameterSpace, rows: Sequence[TableRow]
) -> list[str]:
    present = {column.name for column in columns}
    return [
        f"{where}: the column {parameter.name} is missing; add it, with empty cells where nobody stated it"
        for parameter in space
        if parameter.name not in present
        and present.issuperset(parameter.when)
        and any(row.conditions is not None and row.conditions[parameter.name] is NOT_STATED for row in rows)
    ]


def frame_from_dataset(
    dataset: Dataset, space: ParameterSpace, responses: Mapping[str, Response]
) -> pd.DataFrame:
    """Dataset as a DataFrame, one row an experiment; `rows_from_frame` reads it back.

    A plain number is a float; bounds, ``~``, replicates and yes or no are text as in a table.
    The conditions are the executed ones. Derived responses are left out.
    """
    names = _column_names(dataset, space, responses)
    table = [_cells(experiment, names, space) for experiment in dataset.experiments]
    series = {}
    for i, name in enumerate(names):
        cells = [row[i] for row in table]
        numeric = name in space.by_name or name in responses
        is_number = numeric and all(cell is None or isinstance(cell, float) for cell in cells)
        is_number &= any(cell is not None for cell in cells)
        series[name] = pd.Series(cells, dtype=float if is_number else object)
    return pd.DataFrame(series, columns=pd.Index(names))


def write_table(
    target: Path | str | IO[str], dataset: Dataset, space: ParameterSpace, responses: Mapping[str, Response]
) -> None:
    """Write a dataset as CSV with units in the header; `read_table` reads it back.

    Parameters
    ----------
    target
        A path, or a text buffer.
    dataset, space, responses
        What to write.
    """
    if isinstance(target, Path | str):
        with Path(target).open("w", encoding="utf-8", newline="") as file:
            write_table(file, dataset, space, responses)
        return
    names = _column_names(dataset, space, responses)
    units = {p.name: p.unit for p in space} | {name: r.unit for name, r in responses.items()}
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([header_of(name, units.get(name)) for name in names])
    for experiment in dataset.experiments:
        writer.writerow(map(_written, _cells(experiment, names, space)))


def _written(cell: str | float | None) -> str:
    if cell is None or isinstance(cell, float | int):
        return "" if cell is None else shortest(cell)
    # A lone carriage return would end the row in some readers.
    return cell.replace("\r\n", "\n").replace("\r", "\n")


def _column_names(dataset: Dataset, space: ParameterSpace, responses: Mapping[str, Response]) -> list[str]:
    names = known_columns(space, responses)
    has_failures = any(experiment.failure for experiment in dataset.experiments)
    return names if has_failures else names[:-1]


def _cells(experiment: Experiment, names: Sequence[str], space: ParameterSpace) -> list[str | float | None]:
    texts = {
        "id": experiment.id,
        "status": experiment.status.value,
        "source": experiment.source,
        "note": experiment.note,
        "failure": experiment.failure,
    }
    cells: list[str | float | None] = []
    for name in names:
        if name in space.by_name:
            value = experiment.executed.get(name, NOT_STATED)
            cells.append(None if value is NOT_STATED else value)
        elif name in texts:
            cells.append(texts[name] or None)
        else:
            cells.append(_value_cell(experiment.values(name)))
    return cells


def _value_cell(values: Sequence[QualifiedValue]) -> str | float | None:
    if len(values) == 1 and values[0].qualifier == "=" and not isinstance(values[0].value, bool):
        return float(values[0].value)
    return join_replicates(values) or None
