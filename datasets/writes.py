"""What a writing transaction appends, and the stamp that says who did it."""

import getpass
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from . import schema
from .experiment import Comparison, Experiment, FailureReason, Measurement, Status
from .qualified_value import QualifiedValue
from .records import NewExperiment
from .stored_units import PresentUnits, plain_conditions


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Who writes, when, with what, and in which units."""

    at: datetime
    who: str
    command: str
    version: str
    units: PresentUnits


def stamp(units: PresentUnits) -> Stamp:
    """Stamp of a write that happens now."""
    try:
        who = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run under a number without a name
        who = "unknown"
    try:
        release = version("ovenbird")
    except PackageNotFoundError:
        release = "unknown"
    command = Path(sys.argv[0]).name
    return Stamp(at=datetime.now(UTC), who=who, command=command, version=release, units=units)


def write_experiment(connection: Connection, new: NewExperiment, id_: str, by: Stamp) -> None:
    """Insert an experiment with its values."""
    connection.execute(
        insert(schema.experiment).values(
            id=id_,
            key=id_.casefold(),
            status=new.status.value,
            failure=new.failure,
            planned=by.units.stored_conditions(new.planned),
            executed=by.units.stored_conditions(new.executed),
            source=new.source,
            note=new.note,
            forecast=None if new.forecast is None else dict(new.forecast),
        )
    )
    for response, values in new.values.items():
        for replicate, value in enumerate(values, start=1):
            write_measurement(connection, id_, response, value, replicate, by)


def write_measurement(
    connection: Connection,
    experiment_id: str,
    response: str,
    value: QualifiedValue,
    replicate: int,
    by: Stamp,
    note: str = "",
) -> int:
    """Append one measurement and return its number."""
    is_yes_no = isinstance(value.value, bool)
    result = connection.execute(
        insert(schema.measurement).values(
            experiment_id=experiment_id,
            response=response,
            number=None if is_yes_no else float(value.value),
            unit=None if is_yes_no else by.units.mark(response),
            yes_no=value.value if is_yes_no else None,
            qualifier=value.qualifier,
            replicate=replicate,
            at=by.at,
            who=by.who,
            note=note,
        )
    )
    return int(result.inserted_primary_key[0])  # pyright: ignore[reportOptionalSubscript]


def append_values(
    connection: Connection,
    experiment: Experiment,
    values: Mapping[str, Sequence[QualifiedValue]],
    by: Stamp,
    note: str = "",
) -> None:
    """Append values to those that an experiment has, as further replicates."""
    for response, replicates in values.items():
        first = next_replicate(experiment, response)
        for replicate, value in enumerate(replicates, start=first):
            write_measurement(connection, experiment.id, response, value, replicate, by, note)


def next_replicate(experiment: Experiment, response: str) -> int:
    """Number of the next replicate; that of a withdrawn one is not used again."""
    return max((m.replicate for m in experiment.history if m.response == response), default=0) + 1


def change_experiment(connection: Connection, experiment: Experiment, **columns: object) -> None:
    """Give columns of an experiment new values; the caller leaves an event that tells the old ones."""
    table = schema.experiment
    connection.execute(update(table).where(table.c.id == experiment.id).values(**columns))


def change_status(connection: Connection, experiment: Experiment, status: Status | None) -> dict[str, object]:
    """Give an experiment another status, but no failure, and return what its event tells of it."""
    if status is None or status is experiment.status:
        return {}
    change_experiment(connection, experiment, status=status.value, failure=None)
    return {"status": status.value, "status_before": experiment.status.value}


def write_comparison(connection: Connection, statement: Comparison, by: Stamp) -> None:
    """Append a comparison, with its event."""
    columns = {
        "better": statement.better,
        "worse": statement.worse,
        "response": statement.response,
        "better_means": statement.better_means,
        "source": statement.source,
        "note": statement.note,
    }
    connection.execute(insert(schema.comparison).values(at=by.at, who=by.who, **columns))
    write_event(connection, by, "compare", None, columns)


def write_event(
    connection: Connection,
    by: Stamp,
    action: str,
    experiment_id: str | None,
    detail: Mapping[str, object],
    digest: str | None = None,
) -> None:
    """Append what was done."""
    connection.execute(
        insert(schema.event).values(
            at=by.at,
            who=by.who,
            action=action,
            experiment_id=experiment_id,
            detail={name: value for name, value in detail.items() if value not in (None, "", [], {})},
            digest=digest,
            command=by.command,
            version=by.version,
        )
    )


def in_words(values: Mapping[str, Sequence[QualifiedValue]]) -> dict[str, list[str]]:
    """Values as an event keeps them."""
    return {response: [str(value) for value in replicates] for response, replicates in values.items()}


def insert_all(
    connection: Connection, experiments: Sequence[NewExperiment], prefix: str, action: str, by: Stamp
) -> list[str]:
    """Insert experiments, each with its event, and return their ids; those without one get the next free.

    The transaction excludes other writers, so that no id can be given twice.
    """
    taken = taken_ids(connection) | {new.id.casefold() for new in experiments if new.id is not None}
    last = _last_number(taken, prefix)
    ids = []
    for new in experiments:
        if new.id is None:
            last += 1
        id_ = f"{prefix}-{last:03d}" if new.id is None else new.id.strip()
        write_experiment(connection, new, id_, by)
        detail = {"status": new.status.value, "values": in_words(new.values), "note": new.note}
        detail |= _executed_otherwise(new)
        write_event(connection, by, action, id_, detail)
        ids.append(id_)
    return ids


def _executed_otherwise(new: NewExperiment) -> dict[str, object]:
    """What an event tells of an experiment that was not executed as planned."""
    executed, planned = plain_conditions(new.executed), plain_conditions(new.planned)
    return {} if executed == planned else {"executed": executed, "executed_before": planned}


def taken_ids(connection: Connection) -> set[str]:
    """Ids in use, in small letters."""
    return set(connection.execute(select(schema.experiment.c.key)).scalars())


def _last_number(taken: set[str], prefix: str) -> int:
    numbered = re.compile(rf"{re.escape(prefix.casefold())}-(\d+)")
    matches = (numbered.fullmatch(key) for key in taken)
    return max((int(match[1]) for match in matches if match), default=0)


def supersede(
    connection: Connection,
    experiment: Experiment,
    response: str,
    values: Sequence[QualifiedValue],
    by: Stamp,
    note: str,
) -> None:
    """Replace all standing values of a response; each new one takes the number of the one it replaces."""
    old = [m for m in experiment.measurements if m.response == response]
    numbers = [m.replicate for m in old[: len(values)]]
    further = next_replicate(experiment, response)
    numbers += range(further, further + len(values) - len(numbers))
    new = [
        write_measurement(connection, experiment.id, response, value, number, by, note)
        for value, number in zip(values, numbers, strict=True)
    ]
    table = schema.measurement
    for i, measurement in enumerate(old):
        replacement = new[min(i, len(new) - 1)]
        connection.execute(
            update(table).where(table.c.id == measurement.id).values(superseded_by=replacement)
        )


def withdraw(connection: Connection, measurements: Sequence[Measurement], reason: str) -> None:
    """Mark values as void; they stay in the history."""
    table = schema.measurement
    ids = [m.id for m in measurements]
    connection.execute(update(table).where(table.c.id.in_(ids)).values(void_reason=reason))


def failure_faults(where: str, status: Status, failure: FailureReason | None) -> list[str]:
    """One sentence if a status and the reason of a failure do not agree."""
    if status is Status.FAILED and failure is None:
        return [f"{where}: a failure needs its reason, allowed are process or equipment"]
    if status is not Status.FAILED and failure is not None:
        return [f"{where}: the reason {failure} goes with the status failed, not with {status.value}"]
    return []


def joined(note: str, more: str) -> str:
    """A note with a further remark."""
    return "; ".join(text for text in (note, more.strip()) if text)
