"""Finished runs in a folder: each is on the disk before the next is counted."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from ...datasets import InputError
from .one_run import Run, RunKey

_RUNS, _SETTINGS = "runs.jsonl", "settings.json"


class RunLog:
    """The folder of a simulation.

    Parameters
    ----------
    folder
        Where runs go; made if it is not there. None: they are kept in memory only.
    settings
        What determines the outcome of a run, in plain words and numbers.

    Raises
    ------
    InputError
        If the folder holds a simulation with other settings, or cannot be written.
    """

    def __init__(self, folder: Path | None, settings: Mapping[str, object]) -> None:
        self._folder = folder
        self._runs: dict[RunKey, Run] = {}
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._check_settings(folder, settings)
            self._runs = _read(folder / _RUNS)
        except OSError as error:
            raise InputError(f"{folder}: cannot be used ({error.strerror or error})") from error

    @property
    def runs(self) -> dict[RunKey, Run]:
        """Finished runs."""
        return dict(self._runs)

    def append(self, run: Run) -> None:
        """Keep a finished run; it is on the disk when this returns.

        Raises
        ------
        InputError
            If the folder cannot be written any more.
        """
        self._runs[run.key] = run
        if self._folder is None:
            return
        line = json.dumps(asdict(run), ensure_ascii=False, allow_nan=False)
        try:
            with (self._folder / _RUNS).open("a", encoding="utf-8") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(f"{self._folder}: cannot be written ({error.strerror or error})") from error

    def _check_settings(self, folder: Path, settings: Mapping[str, object]) -> None:
        file = folder / _SETTINGS
        if not file.exists():
            if (folder / _RUNS).exists():
                raise InputError(f"{folder}: has runs but no {_SETTINGS}; name another folder")
            unfinished = file.with_suffix(".new")
            unfinished.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            unfinished.replace(file)
            return
        try:
            before = json.loads(file.read_text(encoding="utf-8"))
            if not isinstance(before, dict):
                raise ValueError("no object")
        except ValueError as error:
            raise InputError(f"{file}: is no settings of a simulation; name another folder") from error
        other = [
            f"{name} {before.get(name)} instead of {value}"
            for name, value in settings.items()
            if before.get(name) != value
        ]
        if other:
            raise InputError(
                f"{folder}: holds a simulation with other settings ({', '.join(other)}); name another folder"
            )


def _read(file: Path) -> dict[RunKey, Run]:
    """Runs of a file; a last line that was cut off in writing is removed."""
    if not file.exists():
        return {}
    content = file.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with file.open("r+b") as torn:
            torn.truncate(len(whole))
            os.fsync(torn.fileno())
    runs = {}
    for number, line in enumerate(whole.decode("utf-8").splitlines(), 1):
        try:
            run = _run(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{file} line {number}: is no finished run; name another folder") from error
        runs[run.key] = run
    return runs


def _run(read: Mapping[str, object]) -> Run:
    fields = dict(read)
    key = RunKey(**fields.pop("key"))  # pyright: ignore[reportCallIssue]
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return Run(**{**fields, **lists, "key": key})
