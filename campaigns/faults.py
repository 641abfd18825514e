"""Everything that is wrong with a campaign file, each fault tied to the key where it stands."""

import difflib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..datasets import InputError, listed, raise_all

KeyPath = tuple[str | int, ...]
_MANY = 12


class Faults:
    """Collects faults, so that a person hears of all of them at once.

    Parameters
    ----------
    file_name
        Name of the campaign file, or empty if the campaign is written in Python.
    line
        Line of the file on which a key stands; None if there is no file.
    """

    def __init__(self, file_name: str = "", line: Callable[[KeyPath], int] | None = None) -> None:
        self._file_name = file_name
        self._line = line
        self._found: list[tuple[int, str]] = []

    def add(self, path: KeyPath, text: str) -> None:
        """Note a fault at a key."""
        line = self._line(path) if self._line else 0
        place = f"{self._file_name} line {line}: " if self._line else ""
        sentence = f"{place}{shown_path(path)}: {text}" if path else f"{place}{text}"
        if (line, sentence) not in self._found:
            self._found.append((line, sentence))

    @contextmanager
    def at(self, *path: str | int, says: str = "") -> Iterator[None]:
        """Note every fault that is raised within, without the words `says` that repeat the key."""
        try:
            yield
        except InputError as error:
            for fault in error.faults:
                self.add(path, fault.removeprefix(says))

    def __len__(self) -> int:
        return len(self._found)

    def raise_all(self) -> None:
        """Raise one `InputError` with every fault in the order of the file, or nothing."""
        raise_all([sentence for _, sentence in sorted(self._found, key=lambda fault: fault[0])])


def shown_path(path: KeyPath) -> str:
    """A key as people point at it: ``rules entry 1.exclude.milling``."""
    words = (f" entry {key + 1}" if isinstance(key, int) else f".{key}" for key in path)
    return "".join(words).removeprefix(".")


def unknown(what: str, name: object, allowed: Sequence[str]) -> str:
    """Say that a name is unknown, which one may have been meant, and what is allowed.

    >>> unknown("key", "too", ["from", "to"])
    "unknown key 'too'; did you mean 'to'? Allowed are from or to"
    """
    near = difflib.get_close_matches(str(name), allowed, n=1)
    guess = f"; did you mean '{near[0]}'? Allowed are" if near else ", allowed are"
    if not allowed:
        return f"unknown {what} '{name}', there is none"
    shown = [*allowed[:_MANY], f"{len(allowed) - _MANY} more"] if len(allowed) > _MANY else allowed
    return f"unknown {what} '{name}'{guess} {listed(shown)}"
