"""Tables in the form chemists type: one row an experiment, one column a parameter or response.

A header may state a unit (``calcination_temperature [K]``). Cells read ``255``, ``~250``, ``>80``,
``<0.5``, ``yes``, ``no``; several values in a cell (``251; 248``) are replicates, and an empty cell
means that a parameter does not apply or was not stated, or that nothing was measured yet. In the
column ``source``, what follows the first semicolon is the place within the lab's or paper's account
and opens the note.
"""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO, TypeVar, get_args

import pandas as pd

from .columns import Column, header_name, header_of, known_columns, read_header
from .errors import InputError, listed, raise_all
from .experiment import Dataset, Experiment, FailureReason, Status
from .parameter_space import NOT_STATED, Conditions, ParameterSpace
from .parameters import CategoricalParameter, NumericParameter, Parameter
from .qualified_value import QualifiedValue, join_replicates, parse_yes_no, shortest, split_replicates
from .quantity import parse_quantity
from .responses import Response
from .table_import import repeated_ids
from .table_row import TableRow
from .text_table import Grid, GridRow, read_csv_grid

__all__ = [
    "TableContents",
    "TableRow",
    "frame_from_dataset",
    "read_table",
    "rows_from_frame",
    "write_table",
]

_Word = TypeVar("_Word", bound=str)


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
    """Read a CSV file: comma, semicolon or tab, UTF-8.

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
    known = known_columns(space, responses)
    grid = read_csv_grid(path, lambda header: header_name(header) in known)
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
    reader = _RowReader(columns, space, lenient=lenient)
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


class _RowReader:
    """Reads rows one by one and remembers everything that is wrong with them."""

    def __init__(self, columns: Sequence[Column], space: ParameterSpace, *, lenient: bool) -> None:
        self._columns = columns
        self._space = space
        self._lenient = lenient
        self._has_conditions = any(column.name in space.by_name for column in columns)
        self.faults: list[str] = []
        self.messages: list[str] = []

    def read(self, row: GridRow) -> TableRow | None:
        """One row, or None if it is left out."""
        cells = [(column, row.cells[column.index]) for column in self._columns]
        text = {column.name: cell for column, cell in cells if column.content is None}
        unknown = self._unknown_category(cells)
        if unknown is not None:
            self.messages.append(f"{row.where} is left out: {unknown}")
            return None
        status, failure = self._standing(row.where, text)
        source, _, place = (part.strip() for part in text.get("source", "").partition(";"))
        note = text.get("note", "")
        return TableRow(
            where=row.where,
            number=row.number,
            id=text.get("id") or None,
            conditions=self._conditions(row.where, cells, has_id=bool(text.get("id"))),
            values={
                column.name: values
                for column, cell in cells
                if isinstance(column.content, Response)
                and (values := self._values(row.where, column.content, column.written_in, cell))
            },
            source=source,
            note=f"{place}; {note}" if place and note else place or note,
            status=status,
            failure=failure,
        )

    def _unknown_category(self, cells: Sequence[tuple[Column, str]]) -> str | None:
        if not self._lenient:
            return None
        for column, cell in cells:
            parameter = column.content
            if isinstance(parameter, CategoricalParameter) and cell and cell not in parameter.values:
                return f"{parameter.name} is '{cell}', known are {parameter.allowed}"
        return None

    def _standing(self, where: str, text: Mapping[str, str]) -> tuple[Status | None, FailureReason | None]:
        failure = _one_of(text.get("failure", ""), get_args(FailureReason))
        if text.get("failure") and failure is None:
            self.faults.append(f"{where}: failure is '{text['failure']}', allowed are process or equipment")
        status = _one_of(text.get("status", ""), list(Status))
        if text.get("status") and status is None:
            self.faults.append(f"{where}: status is '{text['status']}', allowed are {listed(list(Status))}")
        if status is None and failure is not None:
            status = Status.FAILED
        if status is Status.FAILED and not text.get("failure"):
            self.faults.append(f"{where}: status is failed, so failure must say process or equipment")
        if failure is not None and status is not Status.FAILED:
            self.faults.append(f"{where}: failure is {failure}, but status is {status}; allowed is failed")
        return status, failure

    def _conditions(
        self, where: str, cells: Sequence[tuple[Column, str]], *, has_id: bool
    ) -> Conditions | None:
        if not self._has_conditions and has_id and not self._lenient:
            return None
        stated: dict[str, object] = {}
        for column, cell in cells:
            if isinstance(column.content, CategoricalParameter):
                stated[column.name] = cell or None
            elif isinstance(column.content, NumericParameter):
                stated[column.name] = self._number(where, column.content, column.written_in, cell)
        try:
            return self._space.complete(stated, where, in_range=not self._lenient)
        except InputError as error:
            self.faults += error.faults
            # Something to go on with: that the table is refused is settled.
            return dict.fromkeys(self._space.names)

    def _number(self, where: str, parameter: Parameter, written_in: str | None, cell: str) -> float | None:
        if not cell:
            return None
        try:
            value = parse_quantity(cell, parameter.unit, written_in)
            if value.qualifier != "=":
                raise InputError(f"'{cell}' is no plain number, allowed are {parameter.allowed}")
        except InputError as error:
            self.faults.append(f"{where}: {parameter.name}: {error}")
            return None
        return float(value.value)

    def _values(
        self, where: str, response: Response, written_in: str | None, cell: str
    ) -> tuple[QualifiedValue, ...]:
        values = []
        for part in split_replicates(cell):
            try:
                is_yes_no = response.is_yes_no
                value = parse_yes_no(part) if is_yes_no else parse_quantity(part, response.unit, written_in)
            except InputError as error:
                self.faults.append(f"{where}: {response.name}: {error}")
                continue
            try:
                response.check(value)
            except InputError as error:
                target = self.messages if self._lenient else self.faults
                target.append(f"{where}: {error}")
                continue
            values.append(value)
        return tuple(values)


def _one_of(text: str, allowed: Iterable[_Word]) -> _Word | None:
    return next((word for word in allowed if word == text.lower()), None)


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
