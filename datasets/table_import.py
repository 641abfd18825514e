"""What the rows of a table add to the experiments that a store already holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from . import schema
from .database import Database
from .errors import InputError, raise_all
from .experiment import Experiment
from .fill_in import FillIn, ImportTerms, alike, equal, fill_in
from .parameter_space import NOT_STATED
from .records import NewExperiment, read_dataset, read_events
from .stored_units import PresentUnits, plain_conditions
from .table_row import TableRow
from .writes import (
    Stamp,
    append_values,
    change_experiment,
    failure_faults,
    in_words,
    insert_all,
    stamp,
    write_event,
)

_Plan = Sequence[tuple[Experiment, FillIn] | NewExperiment]


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    Attributes
    ----------
    added
        Ids of new experiments.
    filled_in
        Ids of known experiments that got values, executed conditions, a note or a status.
    unchanged
        Number of rows that said nothing new.
    ids
        The id of every row, in the order of the table.
    """

    added: tuple[str, ...] = ()
    filled_in: tuple[str, ...] = ()
    unchanged: int = 0
    ids: tuple[str, ...] = ()


def import_rows(
    database: Database,
    units: PresentUnits,
    rows: Sequence[TableRow],
    prefix: str,
    digest: str | None,
    action: str,
    terms: ImportTerms,
) -> ImportResult:
    """Take over the rows of a table, see `Store.import_rows`."""
    raise_all(
        repeated_ids([(row.where, row.id) for row in rows])
        + [fault for row in rows for fault in failure_faults(row.where, row.likely_status, row.failure)]
    )
    with database.reading() as connection:
        if connection is not None and (before := _earlier_import(connection, digest)):
            return before
        # Refuses a wrong table before the file of the store is made.
        _planned(connection, units, rows, digest, terms)
    if not rows:
        return ImportResult()
    with database.writing() as connection:
        # Another program may have imported the same table meanwhile.
        if before := _earlier_import(connection, digest):
            return before
        plan = _planned(connection, units, rows, digest, terms)
        return _carry_out(connection, plan, prefix, digest, action, stamp(units))


def _planned(
    connection: Connection | None,
    units: PresentUnits,
    rows: Sequence[TableRow],
    digest: str | None,
    terms: ImportTerms,
) -> _Plan:
    """What every row does: fill in an experiment, or add one.

    Raises
    ------
    InputError
        With one sentence for every row that contradicts what is known. Where the table is a file, which is
        edited and imported again, also for every one without an id that says again what is known.
    """
    experiments = () if connection is None else read_dataset(connection, units).experiments
    by_key = {experiment.id.casefold(): experiment for experiment in experiments}
    plan: list[tuple[Experiment, FillIn] | NewExperiment] = []
    faults: list[str] = []
    for row in rows:
        known = by_key.get(row.id.casefold()) if row.id is not None else None
        said = _said_before(row, experiments) if digest is not None and row.id is None else None
        if said is not None:
            faults.append(
                f"{row.where} says again what {said.id} says; write {said.id} into its column id, or leave "
                "the row out"
            )
            continue
        try:
            if known is None or connection is None:
                plan.append(_new(row, terms))
            else:
                earlier = _corrected_before(connection, known) if row.executed else ()
                plan.append((known, fill_in(row, known, terms, earlier)))
        except InputError as error:
            faults += error.faults
    raise_all(faults)
    return plan


def _corrected_before(connection: Connection, experiment: Experiment) -> set[str]:
    """Parameters whose executed value was ever changed, even if it is as planned again."""
    found: set[str] = set()
    for event in read_events(connection, experiment.id):
        after, before = event.detail.get("executed", {}), event.detail.get("executed_before", {})
        found |= {name for name, value in after.items() if value != before.get(name)}
    return found


def _said_before(row: TableRow, experiments: Sequence[Experiment]) -> Experiment | None:
    """The experiment with the conditions of a row and with no value that the row has not."""
    return next((e for e in experiments if _has_conditions(e, row) and _has_values_of(row, e)), None)


def _has_conditions(experiment: Experiment, row: TableRow) -> bool:
    if row.conditions is None:
        return False
    stated = row.conditions.items()
    return any(
        all(equal(value, known.get(name, NOT_STATED)) for name, value in stated)
        for known in (experiment.planned, experiment.executed)
    ) and all(equal(value, experiment.executed.get(name)) for name, value in row.executed.items())


def _has_values_of(row: TableRow, experiment: Experiment) -> bool:
    left = {response: list(values) for response, values in row.values.items()}
    for measurement in experiment.measurements:
        rest = left.get(measurement.response, [])
        same = next((i for i, value in enumerate(rest) if alike(value, measurement.value)), None)
        if same is None:
            return False
        del rest[same]
    return bool(experiment.measurements)


def _new(row: TableRow, terms: ImportTerms) -> NewExperiment:
    if row.conditions is None:
        raise InputError(
            f"{row.where}: {row.id} is no known experiment, so the table must state its parameters"
        )
    return NewExperiment(
        id=row.id,
        status=row.likely_status,
        planned=row.conditions,
        executed=terms.executed(row.conditions, row.executed, row.where),
        source=row.source,
        note=row.note,
        values=row.values,
        failure=row.failure,
    )


def _carry_out(
    connection: Connection,
    plan: _Plan,
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
        detail: dict[str, object] = {"values": in_words(more.values), "note": more.note}
        detail |= {"status": more.status.value}
        before = {"note_before": experiment.note, "status_before": experiment.status.value}
        if more.executed is not None:
            detail["executed"] = plain_conditions(more.executed)
            detail["executed_before"] = plain_conditions(experiment.executed)
            stored = by.units.stored_conditions(more.executed)
            change_experiment(connection, experiment, executed=stored)
        write_event(connection, by, action, experiment.id, detail | before)
    write_event(connection, by, action, None, {"rows": len(plan), "ids": ids}, digest)
    unchanged = len(plan) - len(added) - len(filled_in)
    return ImportResult(tuple(added), tuple(filled_in), unchanged, tuple(ids))


def _earlier_import(connection: Connection, digest: str | None) -> ImportResult | None:
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
