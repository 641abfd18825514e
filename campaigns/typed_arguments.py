"""What Python users hand over, checked before anything is made of it."""

import operator
import os
from pathlib import Path

from ..datasets import InputError


def id_text(given: object) -> str:
    """The id of an experiment, which must be text.

    Raises
    ------
    InputError
        If it is anything else.
    """
    if not isinstance(given, str):
        raise InputError(f"the id of an experiment is text such as LTVO-017, got {_shown(given)}")
    return given.strip()


def whole_number(given: object, name: str, *, least: int) -> int:
    """A whole number, Python's or NumPy's.

    Parameters
    ----------
    given
        What stands there.
    name
        Argument named in messages.
    least
        The smallest number allowed.

    Raises
    ------
    InputError
        If it is no whole number, or too small.
    """
    try:
        if isinstance(given, bool):
            raise TypeError
        number = operator.index(given)  # pyright: ignore[reportArgumentType]
    except TypeError:
        raise InputError(f"{name} must be a whole number, got {_shown(given)}") from None
    if number < least:
        raise InputError(f"{name} must be at least {least}, got {number}")
    return number


def file_path(given: object) -> Path:
    """The path of a campaign file.

    Raises
    ------
    InputError
        If it is no path.
    """
    path = os.fspath(given) if isinstance(given, str | os.PathLike) else given
    if not isinstance(path, str):
        raise InputError(f"expected the path of a campaign file, got {_shown(given)}")
    return Path(path)


def _shown(given: object) -> str:
    """Short things as they are, others by what they are."""
    return (
        repr(given) if given is None or isinstance(given, str | bytes | int | float) else type(given).__name__
    )
