"""Tables of a store, written so that SQLite and PostgreSQL keep them alike."""

import math
from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

from .parameter_space import Conditions

SCHEMA_VERSION = 1


class UtcTime(TypeDecorator[datetime]):
    """A moment with its time zone, kept as UTC also where the database forgets time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Move to UTC before storing."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that what was stored is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def unkept_numbers(where: str, *several: Conditions) -> list[str]:
    """One sentence for every number that JSON cannot hold: infinity, and what is no number."""
    return [
        f"{where}: {name} is {value}, which is not a finite number"
        for conditions in several
        for name, value in conditions.items()
        if isinstance(value, float) and not math.isfinite(value)
    ]


# Named constraints, so that a migration can speak of them on every database.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

experiment = Table(
    "experiment",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    # The id without regard to case: LTVO-017 and ltvo-017 are one vial.
    Column("key", Text, nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("failure", String(16)),
    # {"hold_time": {"value": 3.0, "unit": "h"}}: null where a parameter does not apply, see stored_units.
    Column("planned", JSON, nullable=False),
    Column("executed", JSON, nullable=False),
    Column("source", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("forecast", JSON(none_as_null=True)),
)

measurement = Table(
    "measurement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("experiment_id", Text, ForeignKey("experiment.id"), nullable=False, index=True),
    Column("response", Text, nullable=False),
    Column("number", Double),
    # Empty for a bare number; null for yes or no, and where nobody said what unit it is.
    Column("unit", Text),
    Column("yes_no", Boolean),
    Column("qualifier", String(1), nullable=False),
    Column("replicate", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("superseded_by", Integer, ForeignKey("measurement.id")),
    Column("void_reason", Text),
    CheckConstraint("(number IS NULL) <> (yes_no IS NULL)", name="one_value"),
    CheckConstraint("superseded_by IS NULL OR void_reason IS NULL", name="one_end"),
)

# Comparisons may name experiments of the literature, which no store holds: no foreign keys.
comparison = Table(
    "comparison",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("better", Text, nullable=False),
    Column("worse", Text, nullable=False),
    Column("response", Text, nullable=False),
    Column("better_means", String(16), nullable=False),
    Column("source", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("who", Text, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("experiment_id", Text, ForeignKey("experiment.id"), index=True),
    Column("detail", JSON, nullable=False),
    Column("digest", String(64), index=True),
    Column("command", Text, nullable=False),
    Column("version", Text, nullable=False),
)
