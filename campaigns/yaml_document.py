"""Reading YAML into plain Python values, remembering the line of every key."""

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.scalarbool import ScalarBoolean
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from ..datasets import InputError, NotFound, shortest
from .faults import KeyPath, shown_path

_LARGEST_BYTES = 1_000_000
_MOST_VALUES = 100_000
_DEEPEST = 20
_PLAIN_WORDS = re.compile(r"[A-Za-z](?:[\w %()/+.-]*[\w%)])?")
_OTHER_MEANING = frozenset({"null", "true", "false"})


@dataclass(frozen=True)
class YamlDocument:
    """A YAML file as it was read.

    Attributes
    ----------
    keys
        Its content: dictionaries, lists, text, numbers, truth values and None only. A day or time is the
        text that it is written as.
    text
        The file as it stands.
    lines
        Line of every key and list entry, counted from 1.
    """

    keys: dict[str, object]
    text: str
    lines: Mapping[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """Line of a key, or of the nearest key around it that the file has."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(path: Path) -> YamlDocument:
    """Read a YAML file whose top level is a mapping; opening a stranger's file cannot run code.

    Raises
    ------
    NotFound
        If there is no such file.
    InputError
        If it is no YAML mapping: one sentence with file and line.
    """
    text = _text(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            loaded = _reader().load(text)
    except DuplicateKeyError as error:
        key = str(error.problem).partition('"')[2].partition('"')[0]
        raise InputError(f"{_place(path, error)}: the key '{key}' stands twice; remove one") from error
    except MarkedYAMLError as error:
        raise InputError(f"{_place(path, error)}: this is not valid YAML: {_problem(error)}") from error
    except RecursionError as error:
        raise InputError(f"{path.name}: nested too deeply, allowed are {_DEEPEST} levels") from error
    except (YAMLError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        # Odd scalars (a number of 5000 digits) end in whatever Python raises for them.
        raise InputError(f"{path.name}: this is not valid YAML: {_one_line(str(error))}") from error
    if loaded is None:
        raise InputError(f"{path.name}: the file is empty; `ovenbird new NAME` writes one to start from")
    if not isinstance(loaded, CommentedMap):
        raise InputError(
            f"{path.name} line 1: a campaign file is a list of 'key: value' lines, such as name: ltvo"
        )
    lines: dict[KeyPath, int] = {}
    try:
        return YamlDocument(_Plain(lines, path.name).mapping(loaded, ()), text, lines)
    except RecursionError as error:
        raise InputError(f"{path.name}: nested too deeply, allowed are {_DEEPEST} levels") from error


def plain_keys(given: Mapping[str, object]) -> dict[str, object]:
    """What `read_yaml` would have read, from values given in Python (NumPy values, tuples, dates).

    Raises
    ------
    InputError
        If something cannot stand in a campaign file.
    """
    return _Plain({}, "").mapping(given, ())


def yaml_text(keys: Mapping[str, object]) -> str:
    """Write plain values as YAML that `read_yaml` reads back."""
    writer = YAML(typ="rt", pure=True)
    writer.default_flow_style = None
    writer.allow_unicode = True
    writer.width = 110
    stream = StringIO()
    writer.dump(_quoted(keys), stream)
    return stream.getvalue()


class _Constructor(RoundTripConstructor):
    """Leaves days and times as they are written: a wrong one is refused where its key is known."""


def _text_of_timestamp(self: _Constructor, node: ScalarNode, values: object = None) -> str:
    return str(self.construct_scalar(node))


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _text_of_timestamp)


def _reader() -> YAML:
    reader = YAML(typ="rt", pure=True)
    reader.Constructor = _Constructor
    return reader


def _quoted(value: object) -> object:
    """Put text in quotes wherever it could be read as something else."""
    if isinstance(value, Mapping):
        return {_quoted(key): _quoted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_quoted(inner) for inner in value]
    if isinstance(value, str) and (not _PLAIN_WORDS.fullmatch(value) or value.lower() in _OTHER_MEANING):
        return DoubleQuotedScalarString(value)
    return value


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"{path}: there is no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder; name the campaign file in it") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be read ({reason})") from error
    if len(content) > _LARGEST_BYTES:
        raise InputError(
            f"{path.name}: {len(content)} bytes are too many for a campaign file, allowed is 1 MB"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: this is not a text file in UTF-8, so no campaign file") from error
    if "\0" in text:
        raise InputError(f"{path.name}: this is a binary file, not a campaign file")
    return text


def _place(path: Path, error: MarkedYAMLError) -> str:
    # An unclosed bracket is noticed at the end of the file; the line to mend is where it opens.
    unclosed = "flow" in (error.context or "")
    mark = error.context_mark if unclosed and error.context_mark else error.problem_mark
    return f"{path.name} line {mark.line + 1}" if mark else path.name


def _problem(error: MarkedYAMLError) -> str:
    return _one_line(f"{error.context or ''} {error.problem or ''}")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


class _Plain:
    """Turns loaded YAML, or values given in Python, into plain values; notes the lines on the way."""

    def __init__(self, lines: dict[KeyPath, int], file_name: str) -> None:
        self._lines = lines
        self._file_name = file_name
        self._n_values = 0

    def value(self, node: object, path: KeyPath) -> object:
        self._n_values += 1
        if self._n_values > _MOST_VALUES:
            raise InputError(self._at((), "too much for a campaign file, once its aliases are written out"))
        if len(path) > _DEEPEST:
            raise InputError(self._at(path, f"nested too deeply, allowed are {_DEEPEST} levels"))
        tolist = getattr(node, "tolist", None)
        if callable(tolist):  # NumPy numbers and arrays, pandas columns
            node = tolist()
        if isinstance(node, Mapping):
            return self.mapping(node, path)
        if isinstance(node, Sequence) and not isinstance(node, str | bytes):
            return self._list(node, path)
        if node is None or isinstance(node, bool):
            return node
        if isinstance(node, ScalarBoolean):
            return bool(node)
        if isinstance(node, str):
            return str(node)
        if isinstance(node, date):  # days and times given in Python
            return node.isoformat()
        if isinstance(node, int):
            return int(node)
        if isinstance(node, float):
            return float(node)
        shown = _one_line(str(node))
        raise InputError(
            self._at(path, f"'{shown}' is neither text, a number, a list nor a mapping; quote text")
        )

    def mapping(self, node: Mapping[Any, Any], path: KeyPath) -> dict[str, object]:
        plain: dict[str, object] = {}
        for key, value in node.items():
            if isinstance(node, CommentedMap) and key in (node.lc.data or {}):
                line: int = node.lc.data[key][0] + 1
            else:
                line = self._lines.get(path, 1)
            here = (*path, _key(key))
            self._lines[here] = line
            if _key(key) in plain:
                raise InputError(self._at(here, f"the key '{_key(key)}' stands twice; remove one"))
            plain[_key(key)] = self.value(value, here)
        return plain

    def _list(self, node: Sequence[object], path: KeyPath) -> list[object]:
        starts = (node.lc.data or {}) if isinstance(node, CommentedSeq) else {}
        plain: list[object] = []
        for position, value in enumerate(node):
            here = (*path, position)
            self._lines[here] = starts[position][0] + 1 if position in starts else self._lines.get(path, 1)
            plain.append(self.value(value, here))
        return plain

    def _at(self, path: KeyPath, text: str) -> str:
        place = f"{self._file_name} line {self._lines.get(path, 1)}: " if self._file_name else ""
        return f"{place}{shown_path(path[:4])}: {text}" if path else f"{place}{text}"


def _key(key: object) -> str:
    if isinstance(key, float):
        return shortest(key) if key == key and abs(key) != float("inf") else str(key)
    return _one_line(str(key))
