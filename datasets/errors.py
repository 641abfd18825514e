"""What can go wrong between a lab and its records, said so that a person can mend it."""

from collections.abc import Sequence

_FEW_IDS = 6


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


def listed(names: Sequence[object], last: str = "or") -> str:
    """Names as people list them: ``a``, ``a or b``, ``a, b or c``; `last` may be ``and``."""
    words = [str(name) for name in names]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def no_experiment(experiment_id: str, label: str, ids: Sequence[str]) -> NotFound:
    """Error that names an id which a dataset does not have, and those that it has."""
    if not ids:
        known = "it has no experiments yet"
    elif len(ids) > _FEW_IDS:
        known = f"ids run from {ids[0]} to {ids[-1]}"
    else:
        known = f"there {'are' if len(ids) > 1 else 'is'} {listed(ids, 'and')}"
    return NotFound(f"no experiment '{experiment_id}' in {label}; {known}")
