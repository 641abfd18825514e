"""Literature data that come with Ovenbird; `README.md` beside them says where they are from."""

from importlib.resources import files
from importlib.resources.abc import Traversable

from ..errors import InputError, listed

_COMPARISONS = "_comparisons.csv"


def bundled_names() -> list[str]:
    """Names of the tables."""
    names = [file.name for file in files(__package__ or "").iterdir()]
    return sorted(
        n.removesuffix(".csv") for n in names if n.endswith(".csv") and not n.endswith(_COMPARISONS)
    )


def bundled_table(name: str) -> Traversable:
    """Table of experiments.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in bundled_names():
        raise InputError(f"bundled:{name} does not exist, allowed are bundled:{listed(bundled_names())}")
    return files(__package__ or "") / f"{name}.csv"


def bundled_comparisons(name: str) -> Traversable | None:
    """Table of comparisons between those experiments, or None if there is none.

    Raises
    ------
    InputError
        If there are no experiments of that name.
    """
    file = bundled_table(name)
    beside = files(__package__ or "") / f"{file.name.removesuffix('.csv')}{_COMPARISONS}"
    return beside if beside.is_file() else None
