"""Whether a file may hold Optuna studies: checked before Optuna puts tables into it."""

import sqlite3
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ...datasets import InputError


def check_study_url(url: str, dataset_url: str) -> None:
    """Raise `InputError` if a storage is a file that cannot hold studies, or holds something else.

    Parameters
    ----------
    url
        Of the storage; other databases than SQLite are left to Optuna.
    dataset_url
        Where results of the campaign go, which is no place for studies.
    """
    file, own = _sqlite_file(url), _sqlite_file(dataset_url)
    if file is None:
        return
    if own is not None and file.resolve() == own.resolve():
        raise InputError(f"{file} is where the campaign keeps its results; give the study a file of its own")
    if file.is_dir():
        raise InputError(f"{file} is a folder; give the name of a file in it, such as {file / 'study.db'}")
    if not file.parent.is_dir():
        raise InputError(f"the folder {file.parent} does not exist; create it first")
    if not file.exists():
        return
    tables = _tables(file)
    if tables and "studies" not in tables:
        raise InputError(f"{file} is a database of something else than Optuna studies; choose another file")


def _sqlite_file(url: str) -> Path | None:
    try:
        parts = make_url(url)
    except ArgumentError:
        return None
    if parts.get_backend_name() != "sqlite" or parts.database in (None, "", ":memory:"):
        return None
    return Path(str(parts.database))


def _tables(file: Path) -> set[str]:
    try:
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
        try:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise InputError(f"{file} is no SQLite file that can be read ({error}); choose another") from error
