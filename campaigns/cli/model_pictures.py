"""Writes the pictures of a response into a folder."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ...datasets import NOT_STATED, Experiment, InputError, NumericParameter
from ...models.beliefs import Beliefs
from ...models.diagnostics import LeftOut
from ...models.importance import importance
from ...models.map_picture import map_figure
from ...models.pictures import coverage_figure, importance_figure, parity_figure, reliability_figure
from ...models.response_map import what_matters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 200


def write_pictures(
    folder: Path, beliefs: Beliefs, left_out: Sequence[LeftOut], names: Sequence[str], at: Experiment | None
) -> list[Path]:
    """Write the pictures of some responses.

    Parameters
    ----------
    folder
        Made by `made_folder`; pictures of the same names in it are replaced.
    beliefs, left_out
        What is to be seen.
    names
        Responses.
    at
        The experiment around whose conditions maps are drawn, or None for no maps.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        If the folder cannot be written into.
    """
    written = []
    for name in names:
        for kind, figure in _pictures(beliefs, left_out, name, at):
            file = folder / f"{_file_name(name)}-{kind}.png"
            with _said_of(folder):
                figure.savefig(file, dpi=_DPI)
            written.append(file)
    return written


def made_folder(folder: Path) -> Path:
    """The folder, made if it is not there: asked for before anything takes time.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    with _said_of(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _said_of(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into a sentence."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"--pictures: cannot write into {folder} ({reason}); name another folder") from error


def _file_name(response: str) -> str:
    """The name of a response without what no folder allows."""
    return re.sub(r"[^\w.+-]+", "_", response)


def _pictures(
    beliefs: Beliefs, left_out: Sequence[LeftOut], name: str, at: Experiment | None
) -> Iterator[tuple[str, "Figure"]]:
    response = beliefs.responses[name]
    if any(item.response == name for item in left_out):
        if response.is_yes_no:
            yield "reliability", reliability_figure(left_out, beliefs, name)
        else:
            yield "parity", parity_figure(left_out, beliefs, name)
            yield "coverage", coverage_figure(left_out, beliefs, name)
    shares = importance(beliefs, name)
    yield "importance", importance_figure(shares, response)
    if at is not None:
        axes = _map_axes(beliefs, name, list(shares), at)
        if axes is not None:
            fixed = {n: v for n, v in at.executed.items() if n not in axes and v is not NOT_STATED}
            yield "map", map_figure(beliefs, name, *axes, fixed)


def _map_axes(
    beliefs: Beliefs, response: str, by_importance: Sequence[str], at: Experiment
) -> tuple[str, str] | None:
    """The two numbers that matter most among those that apply here, or None if there are none."""
    space, matter = beliefs.space, what_matters(beliefs, response)
    if any(at.executed[name] is NOT_STATED for name in matter):
        return None
    numbers = [
        name
        for name in by_importance
        if isinstance(parameter := space.by_name[name], NumericParameter)
        and parameter.n_settings > 1
        and at.executed[name] is not None
        and name in matter
    ]
    if len(numbers) < 2:
        return None
    first, second = sorted(numbers[:2], key=space.names.index)
    return first, second
