"""Experiments, comparisons and events as the tables of a store hold them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from . import schema
from .errors import InputError, raise_all
from .experiment import Comparison, Dataset, Experiment, FailureReason, Measurement, Status
from .parameter_space import Conditions
from .qualified_value import QualifiedValue
from .stored_units import PresentUnits


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that somebody did to a dataset; events are never changed.

    Attributes
    ----------
    at, who
        When, and the name under which the person was logged in.
    action
        What was done (``add``, ``log``, ``amend``, ``void``...).
    experiment_id
        The experiment concerned, or None if it was not one alone.
    detail
        What exactly, with the state before where something was corrected.
    command, version
        The program that did it, and the version of Ovenbird.
    """

    at: datetime
    who: str
    action: str
    experiment_id: str | None
    detail: Mapping[str, Any]
    command: str
    version: str


@dataclass(frozen=True, kw_only=True)
class NewExperiment:
    """An experiment on its way into a store.

    Attributes
    ----------
    id
        Its id, or None to be given the next free one.
    status, failure
        Where it stands, and why it failed if it did.
    planned, executed
        Conditions as intended and as done.
    source
        Lab or paper.
    note
        Remarks.
    forecast
        What the surrogates said of it, as JSON can hold it, or None.
    values
        Replicates by response.
    """

    id: str | None = None
    status: Status
    planned: Conditions
    executed: Conditions
    source: str = ""
    note: str = ""
    forecast: Mapping[str, object] | None = None
    values: Mapping[str, tuple[QualifiedValue, ...]] = field(default_factory=dict)
    failure: FailureReason | None = None


def read_dataset(connection: Connection, units: PresentUnits, left_out: list[str] | None = None) -> Dataset:
    """Everything that is known, in the order in which it was added; faults as of `read_experiments`."""
    return Dataset(read_experiments(connection, units, left_out=left_out), read_comparisons(connection))


def read_comparisons(connection: Connection) -> tuple[Comparison, ...]:
    """All comparisons, in the order in which they were added."""
    rows = connection.execute(select(schema.comparison).order_by(schema.comparison.c.id))
    return tuple(
        Comparison(
            better=row.better,
            worse=row.worse,
            response=row.response,
            better_means=row.better_means,
            source=row.source,
            note=row.note,
        )
        for row in rows
    )


def read_experiments(
    connection: Connection,
    units: PresentUnits,
    key: str | None = None,
    left_out: list[str] | None = None,
) -> tuple[Experiment, ...]:
    """Read all experiments, or the one whose id reads `key` without regard to case.

    Parameters
    ----------
    connection
        Where to read.
    units
        Units in which numbers are wanted.
    key
        Id in small letters, or None for all.
    left_out
        Takes the sentences on experiments that cannot be had in these units, which are then left out;
        None: they are raised.

    Raises
    ------
    InputError
        With one sentence for every number whose unit does not convert.
    """
    experiments = select(schema.experiment).order_by(schema.experiment.c.number)
    measurements = select(schema.measurement).order_by(schema.measurement.c.id)
    if key is not None:
        experiments = experiments.where(schema.experiment.c.key == key)
        measurements = measurements.join(schema.experiment).where(schema.experiment.c.key == key)
    history: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(measurements):
        history[row.experiment_id].append(row)
    found: list[Experiment] = []
    faults: list[str] = []
    for row in connection.execute(experiments):
        try:
            found.append(_experiment(row, history[row.id], units))
        except InputError as error:
            faults += dict.fromkeys(error.faults)
    if left_out is None:
        raise_all(faults)
    else:
        left_out += faults
    return tuple(found)


def _experiment(row: Row[Any], measured: Sequence[Row[Any]], units: PresentUnits) -> Experiment:
    faults: list[str] = []
    conditions: dict[str, Conditions] = {}
    for column, stored in (("planned", row.planned), ("executed", row.executed)):
        try:
            conditions[column] = units.read_conditions(stored, row.id)
        except InputError as error:
            faults += error.faults
    history: list[Measurement] = []
    for measurement in measured:
        try:
            history.append(_measurement(measurement, units))
        except InputError as error:
            faults += error.faults
    raise_all(faults)
    return Experiment(
        id=row.id,
        status=Status(row.status),
        planned=conditions["planned"],
        executed=conditions["executed"],
        source=row.source,
        failure=row.failure,
        note=row.note,
        forecast=row.forecast,
        history=tuple(history),
    )


def _measurement(row: Row[Any], units: PresentUnits) -> Measurement:
    value, note = row.yes_no, row.note
    if value is None:
        try:
            value = units.read(row.number, row.unit, row.experiment_id, row.response)
        except InputError:
            if row.superseded_by is None and row.void_reason is None:
                raise
            # What does not count any more must not stand in the way; it is shown as it was kept.
            value, note = row.number, "; ".join(filter(None, (note, f"in {row.unit or 'no unit'}")))
    return Measurement(
        id=row.id,
        response=row.response,
        value=QualifiedValue(value, row.qualifier),
        replicate=row.replicate,
        at=row.at,
        who=row.who,
        note=note,
        superseded_by=row.superseded_by,
        void_reason=row.void_reason,
    )


def read_events(connection: Connection, experiment_id: str | None) -> tuple[Event, ...]:
    """Events in the order in which they happened, of one experiment or of all."""
    table = schema.event
    events = select(table).order_by(table.c.id)
    if experiment_id is not None:
        events = events.where(table.c.experiment_id == experiment_id)
    return tuple(
        Event(
            at=row.at,
            who=row.who,
            action=row.action,
            experiment_id=row.experiment_id,
            detail=row.detail,
            command=row.command,
            version=row.version,
        )
        for row in connection.execute(events)
    )
