"""Rows of a table, understood cell by cell, with everything that is wrong with them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar, get_args

from .columns import Column
from .errors import InputError, listed
from .experiment import FailureReason, Status
from .grid import GridRow
from .parameter_space import Conditions, ConditionValue, ParameterSpace
from .parameters import CategoricalParameter, NumericParameter, Parameter
from .qualified_value import QualifiedValue, parse_yes_no, split_replicates
from .quantity import parse_quantity
from .responses import Response
from .table_row import TableRow

_Word = TypeVar("_Word", bound=str)


class RowReader:
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
            executed=self._executed(row.where, cells),
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
                return f"{column.name} is '{cell}', known are {parameter.allowed}"
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
            if column.is_executed:
                continue
            if isinstance(column.content, CategoricalParameter):
                stated[column.name] = cell or None
            elif isinstance(column.content, NumericParameter):
                stated[column.name] = self._number(where, column, cell)
        try:
            return self._space.complete(stated, where, in_range=not self._lenient)
        except InputError as error:
            self.faults += error.faults
            # Something to go on with: that the table is refused is settled.
            return dict.fromkeys(self._space.names)

    def _executed(self, where: str, cells: Sequence[tuple[Column, str]]) -> Conditions:
        """Conditions that differed from the plan, each for itself in order."""
        executed: dict[str, ConditionValue] = {}
        for column, cell in cells:
            if not column.is_executed or not cell or not isinstance(column.content, Parameter):
                continue
            is_number = isinstance(column.content, NumericParameter)
            given = self._number(where, column, cell) if is_number else cell
            if given is None:
                continue
            name, in_range = column.content.name, not self._lenient
            try:
                executed[name] = self._space.checked(name, given, in_range=in_range)
            except InputError as error:
                self.faults.append(f"{where}: executed {error}")
        return executed

    def _number(self, where: str, column: Column, cell: str) -> float | None:
        if not cell or not isinstance(column.content, NumericParameter):
            return None
        try:
            value = parse_quantity(cell, column.content.unit, column.written_in)
            if value.qualifier != "=":
                raise InputError(f"'{cell}' is no plain number, allowed are {column.content.allowed}")
        except InputError as error:
            self.faults.append(f"{where}: {column.name}: {error}")
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
