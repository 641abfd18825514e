"""What the rows of a table add to the experiments that a store already holds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from . import schema
from .errors import InputError, raise_all
from .experiment import Dataset, Experiment, FailureReason, Status
from .parameter_space import NOT_STATED, Conditions, ConditionValue
from .qualified_value import QualifiedValue, join_replicates
from .records import NewExperiment
from .table_row import TableRow
from .writes import Stamp, append_values, change_experiment, in_words, insert_all, joined, write_event

# A table may bring an experiment forward; an old copy of it must not bring it back.
_FORWARD = list(Status)


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    Attributes
    ----------
    added
        Ids of new experiments.
    filled_in
        Ids of known experiments that got values, a note or a status.
    unchanged
        Number of rows that said nothing new.
    ids
        The id of every row, in the order of the table.
    """

    added: tuple[str, ...] = ()
    filled_in: tuple[str, ...] = ()
    unchanged: int = 0
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FillIn:
    """What one row adds to one experiment.

    Attributes
    ----------
    values
        Replicates of responses that had none.
    note
        The remarks of the experiment, those of the row included.
    status, failure
        Where the experiment then stands.
    """

    values: Mapping[str, tuple[QualifiedValue, ...]] = field(default_factory=dict)
    note: str
    status: Status
    failure: FailureReason | None

    def changes(self, experiment: Experiment) -> bool:
        """Whether anything is new."""
        after = (self.note, self.status, self.failure)
        return bool(self.values) or after != (experiment.note, experiment.status, experiment.failure)


def fill_in(row: TableRow, experiment: Experiment) -> FillIn:
    """Find out what a row adds to its experiment.

    Raises
    ------
    InputError
        If the row contradicts what is known: corrections are made on purpose, one by one.
    """
    faults = _changed_conditions(row, experiment)
    values: dict[str, tuple[QualifiedValue, ...]] = {}
    for response, given in row.values.items():
        standing = experiment.values(response)
        if not standing:
            values[response] = given
        elif sorted(map(str, standing)) != sorted(map(str, given)):
            faults.append(
                f"{row.where}: {response} of {experiment.id} is {join_replicates(standing)}, the table says "
                f"{join_replicates(given)}; to correct it, use ovenbird amend"
            )
    raise_all(faults)
    status, failure = experiment.status, experiment.failure
    said = row.status or status
    if values and experiment.is_pending and _rank(said) <= _rank(status):
        said = Status.MEASURED
    if _rank(said) > _rank(status):
        status, failure = said, row.failure if said is Status.FAILED else None
    note = experiment.note if row.note in experiment.note else joined(experiment.note, row.note)
    return FillIn(values=values, note=note, status=status, failure=failure)


def _rank(status: Status) -> int:
    return _FORWARD.index(status)


def _changed_conditions(row: TableRow, experiment: Experiment) -> list[str]:
    if row.conditions is None or _agree(row.conditions, experiment.planned):
        return []
    return [
        f"{row.where}: {name} of {experiment.id} is {_shown(experiment.executed.get(name, NOT_STATED))}, the "
        f"table says {_shown(value)}; to correct it, use ovenbird amend"
        for name, value in row.conditions.items()
        if not _same(value, experiment.executed.get(name, NOT_STATED))
    ]


def _agree(stated: Conditions, known: Conditions) -> bool:
    return all(_same(value, known.get(name, NOT_STATED)) for name, value in stated.items())


def _same(stated: ConditionValue, known: ConditionValue) -> bool:
    return stated is NOT_STATED or _equal(stated, known)


def _equal(stated: ConditionValue, known: ConditionValue) -> bool:
    if isinstance(stated, float | int) and isinstance(known, float | int):
        return math.isclose(stated, known, rel_tol=1e-9)
    return stated == known


def _shown(value: ConditionValue) -> str:
    if value is NOT_STATED:
        return "not stated"
    if value is None:
        return "empty"
    return value if isinstance(value, str) else f"{value:g}"


def plan_import(
    rows: Sequence[TableRow], data: Dataset, *, from_file: bool = False
) -> list[tuple[Experiment, FillIn] | NewExperiment]:
    """What every row does: fill in an experiment, or add one.

    Parameters
    ----------
    rows
        Rows of the table.
    data
        What is known.
    from_file
        Refuse a row without an id that says again what is known: a file is edited and imported again.

    Raises
    ------
    InputError
        With one sentence for every row that contradicts what is known, or says it again.
    """
    by_key = {experiment.id.casefold(): experiment for experiment in data.experiments}
    plan: list[tuple[Experiment, FillIn] | NewExperiment] = []
    faults: list[str] = []
    for row in rows:
        known = by_key.get(row.id.casefold()) if row.id is not None else None
        said = _said_before(row, data.experiments) if from_file and row.id is None else None
        if said is not None:
            faults.append(
                f"{row.where} says again what {said.id} says; write {said.id} into its column id, or leave "
                "the row out"
            )
            continue
        try:
            plan.append(_new(row) if known is None else (known, fill_in(row, known)))
        except InputError as error:
            faults += error.faults
    raise_all(faults)
    return plan


def _said_before(row: TableRow, experiments: Sequence[Experiment]) -> Experiment | None:
    """The experiment with the conditions of a row and with no value that the row has not."""
    return next((e for e in experiments if _has_conditions(e, row) and _has_values_of(row, e)), None)


def _has_conditions(experiment: Experiment, row: TableRow) -> bool:
    if row.conditions is None:
        return False
    stated = row.conditions.items()
    return any(
        all(_equal(value, known.get(name, NOT_STATED)) for name, value in stated)
        for known in (experiment.planned, experiment.executed)
    )


def _has_values_of(row: TableRow, experiment: Experiment) -> bool:
    left = {response: list(values) for response, values in row.values.items()}
    for measurement in experiment.measurements:
        rest = left.get(measurement.response, [])
        same = next((i for i, value in enumerate(rest) if _alike(value, measurement.value)), None)
        if same is None:
            return False
        del rest[same]
    return bool(experiment.measurements)


def _alike(one: QualifiedValue, other: QualifiedValue) -> bool:
    return one.qualifier == other.qualifier and _equal(one.value, other.value)


def _new(row: TableRow) -> NewExperiment:
    if row.conditions is None:
        raise InputError(
            f"{row.where}: {row.id} is no known experiment, so the table must state its parameters"
        )
    return NewExperiment(
        id=row.id,
        status=row.likely_status,
        planned=row.conditions,
        executed=row.conditions,
        source=row.source,
        note=row.note,
        values=row.values,
        failure=row.failure,
    )


def carry_out(
    connection: Connection,
    plan: Sequence[tuple[Experiment, FillIn] | NewExperiment],
    prefix: str,
    digest: str | None,
    action: str,
    by: Stamp,
) -> ImportResult:
    """Write what was planned, with an event for every experiment and one for the table."""
    new = [step for step in plan if isinstance(step, NewExperiment)]
    added = insert_all(connection, new, prefix, action, by)
    fresh, ids, filled_in = iter(added), [], []
    for step in plan:
        if isinstance(step, NewExperiment):
            ids.append(next(fresh))
            continue
        experiment, more = step
        ids.append(experiment.id)
        if not more.changes(experiment):
            continue
        filled_in.append(experiment.id)
        append_values(connection, experiment, more.values, by)
        change_experiment(
            connection, experiment, note=more.note, status=more.status.value, failure=more.failure
        )
        detail = {"values": in_words(more.values), "note": more.note, "status": more.status.value}
        before = {"note_before": experiment.note, "status_before": experiment.status.value}
        write_event(connection, by, action, experiment.id, detail | before)
    write_event(connection, by, action, None, {"rows": len(plan), "ids": ids}, digest)
    unchanged = len(plan) - len(added) - len(filled_in)
    return ImportResult(tuple(added), tuple(filled_in), unchanged, tuple(ids))


def earlier_import(connection: Connection, digest: str | None) -> ImportResult | None:
    """The empty result of importing a table again, or None if it was not imported yet."""
    if digest is None:
        return None
    table = schema.event
    detail = connection.execute(select(table.c.detail).where(table.c.digest == digest).limit(1)).scalar()
    if detail is None:
        return None
    return ImportResult(unchanged=detail["rows"], ids=tuple(detail["ids"]))


def repeated_ids(ids: Sequence[tuple[str, str | None]]) -> list[str]:
    """One sentence for every id that stands twice, from pairs of place and id."""
    seen: dict[str, str] = {}
    faults = []
    for where, id_ in ids:
        if id_ is None:
            continue
        if id_.casefold() in seen:
            faults.append(f"{where}: the id {id_} stands twice, already in {seen[id_.casefold()]}")
        seen.setdefault(id_.casefold(), where)
    return faults
