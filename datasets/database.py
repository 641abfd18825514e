"""Transactions on the database behind a store, and in words why one cannot be had."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool, StaticPool

from .errors import InputError, StoreUnavailable
from .schema import SCHEMA_VERSION, metadata, schema_version

BUSY_SECONDS = 5.0

_ALLOWED = "allowed are sqlite:///file.db and postgresql://user@host/name"
# Any fixed number does, as long as every Ovenbird uses the same.
_WRITERS_LOCK = 7_201_956


@dataclass
class Database:
    """Where a dataset is kept.

    Attributes
    ----------
    label
        What people call it (``ltvo.db``).
    reader, writer
        Engines of reading and of writing transactions.
    path
        The file, which need not exist yet; None in memory and on a server.
    lock
        Held during a transaction; it matters in memory, where all threads share one connection.
    """

    label: str
    reader: Engine
    writer: Engine
    path: Path | None = None
    lock: AbstractContextManager[object] = field(default_factory=nullcontext)

    @property
    def is_absent(self) -> bool:
        """Whether the file has not been made yet."""
        if self.path is None or self.path.exists():
            return False
        if not self.path.parent.is_dir():
            raise StoreUnavailable(
                f"{self.label}: the folder {self.path.parent} does not exist; create it first"
            )
        return True

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """One consistent view; None as long as nothing was ever written.

        Raises
        ------
        StoreUnavailable
            If it is locked, unreadable, no dataset or of a newer Ovenbird.
        """
        if self.is_absent:
            yield None
            return
        with self.lock, self._in_words(), self.reader.begin() as connection:
            yield connection if self._is_set_up(connection) else None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that excludes other writers: kept whole, or undone whole.

        Raises
        ------
        StoreUnavailable
            If it is locked, read-only, no dataset or of a newer Ovenbird.
        """
        with self.reading():
            pass  # Refuses a foreign file before the writer, which would turn it to WAL, touches it.
        with self.lock, self._in_words(), self.writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})"))
            if not self._is_set_up(connection):
                metadata.create_all(connection)
                connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))
            yield connection

    def _is_set_up(self, connection: Connection) -> bool:
        names = inspect(connection).get_table_names()
        if schema_version.name not in names:
            if names and connection.dialect.name == "sqlite":
                raise StoreUnavailable(
                    f"{self.label} holds other tables ({names[0]}): it is no Ovenbird dataset"
                )
            return False
        version = connection.execute(select(schema_version.c.version)).scalar_one()
        if version > SCHEMA_VERSION:
            raise StoreUnavailable(
                f"{self.label} was written by a newer Ovenbird (dataset version {version}, this one knows "
                f"{SCHEMA_VERSION}); update Ovenbird to use it"
            )
        return True

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreUnavailable(self._reason(error.orig or error)) from error
        except sqlite3.Error as error:
            raise StoreUnavailable(self._reason(error)) from error

    def _reason(self, error: BaseException) -> str:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return f"{self.label} is in use by another program that does not let go; try again later"
        if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
            return f"{self.label} is read-only: nothing was written; allow writing to the file and its folder"
        if name.startswith("SQLITE_CANTOPEN"):
            what = (
                "it is a folder"
                if self.path and self.path.is_dir()
                else "check that it may be read and written"
            )
            return f"{self.label} cannot be opened as a dataset: {what}"
        if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            return f"{self.label} is not an SQLite file, or a damaged one: it cannot be read as a dataset"
        if name.startswith("SQLITE_FULL"):
            return f"{self.label}: the disk is full, nothing was written; make room and try again"
        return f"{self.label} cannot be used just now: {' '.join(str(error).split())}"


def open_database(url: str) -> Database:
    """Find out where a dataset is kept, without touching it.

    Raises
    ------
    InputError
        If the address is malformed or of an unknown kind.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InputError(f"dataset: '{url}' is no address of a dataset, {_ALLOWED}") from error
    if parsed.drivername == "sqlite":
        if parsed.query or parsed.host:
            raise InputError(f"dataset: '{url}' says more than a file, {_ALLOWED}")
        if parsed.database in (None, "", ":memory:"):
            return _in_memory()
        return _sqlite_file(Path(parsed.database))
    if parsed.get_backend_name() == "postgresql":
        return _server(parsed)
    raise InputError(f"dataset: '{parsed.drivername}' is an unknown kind of dataset, {_ALLOWED}")


def _server(url: URL) -> Database:
    label = url.render_as_string(hide_password=True)
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except ImportError as error:
        raise InputError(f"dataset: {label} needs a driver that is not installed ({error.name})") from error
    return Database(label, reader=engine, writer=engine)


def _in_memory() -> Database:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA foreign_keys=ON")
        return connection

    engine = _engine(connect, "BEGIN", in_memory=True)
    return Database("the dataset in memory", reader=engine, writer=engine, lock=threading.RLock())


def _sqlite_file(path: Path) -> Database:
    return Database(
        path.name or str(path),
        # No pool: an open file handle would keep the WAL file lying about between commands.
        reader=_engine(lambda: _connect_to_read(path), "BEGIN"),
        writer=_engine(lambda: _connect_to_write(path), "BEGIN IMMEDIATE"),
        path=path,
    )


def _engine(connect: Callable[[], sqlite3.Connection], begin: str, *, in_memory: bool = False) -> Engine:
    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool if in_memory else NullPool)

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "begin", start)
    return engine


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?{mode}"


def _connect(uri: str) -> sqlite3.Connection:
    # isolation_level None: the driver starts no transactions of its own.
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _connect_to_read(path: Path) -> sqlite3.Connection:
    connection = _connect(_uri(path, "mode=rw"))
    try:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        # A WAL file in a folder that cannot be written has no place for its index; nobody else can
        # write there either, so it may be read as it lies.
        if os.access(path.parent, os.W_OK) or not path.is_file() or Path(f"{path}-wal").exists():
            raise
        return _connect(_uri(path, "mode=ro&immutable=1"))
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _connect_to_write(path: Path) -> sqlite3.Connection:
    connection = _connect(_uri(path, "mode=rwc"))
    try:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            _turn_to_wal(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _turn_to_wal(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        # Somebody else is in the file: it stays as it is this time, which is slower but as safe.
        if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise
