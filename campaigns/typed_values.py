"""Results as a person types them: text, numbers, yes/no, or several at once."""

from collections.abc import Mapping, Sequence

from ..datasets import InputError, QualifiedValue, Response, listed, raise_all
from ..datasets.qualified_value import split_replicates

TypedValue = str | float | bool | Sequence[str | float | bool]


def read_values(
    given: Mapping[str, object], responses: Mapping[str, Response], where: str
) -> dict[str, tuple[QualifiedValue, ...]]:
    """Check typed results.

    Parameters
    ----------
    given
        By response: ``"~20"``, ``255``, ``True``, ``"251; 248"`` or a list of such values.
    responses
        What may be measured.
    where
        Place named in messages (``LTVO-017``).

    Raises
    ------
    InputError
        With one sentence for every fault.
    """
    faults: list[str] = []
    values: dict[str, tuple[QualifiedValue, ...]] = {}
    measured = [name for name, response in responses.items() if not response.is_derived]
    for name, entry in given.items():
        if name not in responses:
            faults.append(f"{where}: unknown response '{name}', allowed are {listed(measured)}")
            continue
        try:
            values[name] = tuple(_replicates(entry, responses[name]))
        except InputError as error:
            faults += [f"{where}: {fault}" for fault in error.faults]
    raise_all(faults)
    return values


def _replicates(entry: object, response: Response) -> list[QualifiedValue]:
    if isinstance(entry, str):
        parts = split_replicates(entry)
        if not parts:
            raise InputError(f"{response.name} has no value")
        return [response.parse(part) for part in parts]
    if isinstance(entry, bytes | bytearray | memoryview):
        raise InputError(f"{response.name} is {entry!r}, which are bytes; allowed is text such as ~20")
    if isinstance(entry, Sequence) or (hasattr(entry, "tolist") and hasattr(entry, "__len__")):
        found = [value for part in list(entry) for value in _replicates(part, response)]  # pyright: ignore
        if not found:
            raise InputError(f"{response.name} has no value")
        return found
    plain = entry.item() if hasattr(entry, "item") else entry  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(plain, bool):
        value = QualifiedValue(plain)
    elif isinstance(plain, int | float):
        try:
            value = QualifiedValue(float(plain))
        except InputError as error:
            raise InputError(f"{response.name}: {error}") from error
    else:
        raise InputError(
            f"{response.name} is {plain!r}, allowed are a number, yes or no, or text such as ~20"
        )
    response.check(value)
    return [value]
