"""What can go wrong between a lab and its records, said so that a person can mend it."""

from collections.abc import Sequence


class OvenbirdError(Exception):
    """Base of every error that Ovenbird raises on purpose; its text is one clear sentence."""


class InputError(OvenbirdError, ValueError):
    """Something a person wrote is wrong: what, where, and what is allowed.

    Parameters
    ----------
    *faults
        One sentence per fault; all faults of a file are raised together.
    """

    def __init__(self, *faults: str) -> None:
        self.faults: tuple[str, ...] = faults
        super().__init__("\n".join(faults))


class NotFound(OvenbirdError, LookupError):
    """A file, a campaign or an experiment that is not there."""


class StoreUnavailable(OvenbirdError, OSError):
    """The dataset cannot be read or written just now (locked, read-only, not a dataset)."""


def raise_all(faults: Sequence[str]) -> None:
    """Raise one `InputError` that lists every fault, or nothing if there is none."""
    if faults:
        raise InputError(*faults)


def listed(names: Sequence[object]) -> str:
    """Names as people list them: ``a``, ``a or b``, ``a, b or c``."""
    words = [str(name) for name in names]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"
