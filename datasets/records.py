"""Experiments, comparisons and events as the tables of a store hold them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from . import schema
from .experiment import Comparison, Dataset, Experiment, FailureReason, Measurement, Status
from .parameter_space import Conditions
from .qualified_value import QualifiedValue


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


def read_dataset(connection: Connection) -> Dataset:
    """Everything that is known, in the order in which it was added."""
    rows = connection.execute(select(schema.comparison).order_by(schema.comparison.c.id))
    comparisons = tuple(
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
    return Dataset(read_experiments(connection), comparisons)


def read_experiments(connection: Connection, key: str | None = None) -> tuple[Experiment, ...]:
    """All experiments, or the one whose id reads `key` without regard to case."""
    experiments = select(schema.experiment).order_by(schema.experiment.c.number)
    measurements = select(schema.measurement).order_by(schema.measurement.c.id)
    if key is not None:
        experiments = experiments.where(schema.experiment.c.key == key)
        measurements = measurements.join(schema.experiment).where(schema.experiment.c.key == key)
    history: dict[str, list[Measurement]] = defaultdict(list)
    for row in connection.execute(measurements):
        history[row.experiment_id].append(_measurement(row))
    return tuple(
        Experiment(
            id=row.id,
            status=Status(row.status),
            planned=row.planned,
            executed=row.executed,
            source=row.source,
            failure=row.failure,
            note=row.note,
            forecast=row.forecast,
            history=tuple(history[row.id]),
        )
        for row in connection.execute(experiments)
    )


def _measurement(row: Row[Any]) -> Measurement:
    return Measurement(
        id=row.id,
        response=row.response,
        value=QualifiedValue(row.number if row.yes_no is None else row.yes_no, row.qualifier),
        replicate=row.replicate,
        at=row.at,
        who=row.who,
        note=row.note,
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
