"""The precursors of the ``lab`` section: what is weighed in for a sample, and what is left of it."""

from collections.abc import Mapping

from ..planner.lab import Precursor
from .declared import Declared
from .faults import Faults, KeyPath
from .file_format import validated
from .lab_keys import PrecursorKeys
from .lab_when import check_when


def precursors_from(
    section: Mapping[str, object], declared: Declared, faults: Faults
) -> tuple[Precursor, ...]:
    """Build the precursors that can be built; note what is wrong with the others."""
    found: list[Precursor] = []
    for name, given in section.items():
        path: KeyPath = ("lab", "precursors", name)
        keys = validated(PrecursorKeys, given, path, faults)
        if keys is None:
            continue
        check_when(keys.when, path, declared, faults)
        found.append(
            Precursor(name=name, per_gram=keys.grams_per_gram, stock_g=keys.stock_grams, when=dict(keys.when))
        )
    return tuple(found)
