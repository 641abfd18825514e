"""What a parameter or response may be called, so that its name can head a table column."""

from .errors import InputError
from .units import check_unit


def check_name(name: str, where: str) -> None:
    """Raise `InputError` if a name could not head a column such as ``name [unit]``."""
    if not name or name != name.strip() or any(sign in name for sign in "[]\n\r\t=;"):
        raise InputError(f"{where}: a name must not be empty or contain brackets, =, ; or line breaks")


def check_named_unit(unit: str, where: str) -> None:
    """Raise `InputError`, saying where, if a unit is unknown."""
    try:
        check_unit(unit)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
