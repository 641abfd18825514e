"""What the columns of a table mean: ``calcination_temperature [K]``, ``executed hold_time``, ``source``."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .errors import InputError, listed
from .parameter_space import ParameterSpace
from .parameters import NumericParameter, Parameter
from .quantity import converted
from .responses import Response

_HEADER = re.compile(r"^(?P<name>[^\[\]]*?)\s*(?:\[(?P<unit>[^\[\]]*)\])?$", re.DOTALL)
_EXECUTED = re.compile(r"executed\s+(?P<parameter>.+)", re.DOTALL)


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    index
        Its place in the row.
    name
        Its header without the unit.
    content
        What it holds; None for text such as a note.
    written_in
        Unit that its header states, or None.
    is_executed
        Whether it says how a parameter was executed where that differs from the plan.
    """

    index: int
    name: str
    content: Parameter | Response | None
    written_in: str | None = None
    is_executed: bool = False


def header_name(header: str) -> str:
    """Name without the unit: ``calcination_temperature [K]`` gives ``calcination_temperature``."""
    match = _HEADER.match(header.strip())
    return match["name"].strip() if match else header.strip()


def header_of(name: str, unit: str | None) -> str:
    """Header of a column, the inverse of `header_name`."""
    return f"{name} [{unit}]" if unit else name


def executed_header(parameter: Parameter) -> str:
    """Header of the column that says how a parameter was executed."""
    return header_of(f"executed {parameter.name}", parameter.unit)


def read_header(
    header: Sequence[str],
    where: str,
    space: ParameterSpace,
    responses: Mapping[str, Response],
    *,
    lenient: bool,
) -> tuple[list[Column], list[str], list[str]]:
    """Find out what every column means.

    Returns
    -------
    tuple
        The columns that mean something, the names of those that do not (only if `lenient`), and
        one sentence per fault.
    """
    allowed = known_columns(space, responses)
    names = [header_name(text) for text in header]
    columns, unknown, faults = [], [], []
    for index, (text, name) in enumerate(zip(header, names, strict=True)):
        if not name:
            if not lenient:
                faults.append(f"{where}: column {index + 1} has no name")
            continue
        executed = None if name in allowed else _executed(name, space)
        if name not in allowed and executed is None:
            unknown.append(name)
            continue
        content = executed or space.by_name.get(name) or responses.get(name)
        if executed is not None:
            name = f"executed {executed.name}"
        match = _HEADER.match(text.strip())
        unit = match["unit"].strip() or None if match and match["unit"] else None
        fault = _unit_fault(content, unit)
        if fault:
            faults.append(f"{where}: column '{text}': {fault}")
            unit = None
        columns.append(Column(index, name, content, unit, is_executed=executed is not None))
    faults += [
        f"{where}: the column {name} stands {count} times"
        for name, count in Counter(column.name for column in columns).items()
        if count > 1
    ]
    if not lenient:
        faults += [
            f"{where}: {name} is computed from {' and '.join(responses[name].sources)}, it is never typed in"
            if name in responses
            else f"{where}: unknown column '{name}', allowed are {allowed_columns(space, responses)}"
            for name in unknown
        ]
    return columns, unknown, faults


def is_column(header: str, space: ParameterSpace, responses: Mapping[str, Response]) -> bool:
    """Whether a header names a known column."""
    name = header_name(header)
    return name in known_columns(space, responses) or _executed(name, space) is not None


def _executed(name: str, space: ParameterSpace) -> Parameter | None:
    match = _EXECUTED.fullmatch(name)
    return None if match is None else space.by_name.get(match["parameter"])


def known_columns(space: ParameterSpace, responses: Mapping[str, Response]) -> list[str]:
    """Names that a column may have, but for those of executed parameters."""
    measured = [name for name, response in responses.items() if not response.is_derived]
    return ["id", "status", *space.names, *measured, "source", "note", "failure"]


def allowed_columns(space: ParameterSpace, responses: Mapping[str, Response]) -> str:
    """Names that a column may have, in words."""
    return listed([*known_columns(space, responses), "executed with the name of a parameter"])


def _unit_fault(content: Parameter | Response | None, unit: str | None) -> str | None:
    if unit is None:
        return None
    is_number = isinstance(content, NumericParameter) or (
        isinstance(content, Response) and not content.is_yes_no
    )
    if not is_number or content is None:
        return "it holds no numbers, so it has no unit"
    if unit == content.unit:
        return None
    try:
        converted(1.0, unit, content.unit)
    except InputError as error:
        return str(error)
    return None
