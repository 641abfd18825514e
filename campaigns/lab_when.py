"""The ``when`` of steps and precursors: for which samples they count."""

from collections.abc import Mapping

from ..datasets import CategoricalParameter
from .declared import Declared
from .faults import Faults, KeyPath, unknown

When = Mapping[str, tuple[str, ...]]


def check_when(when: When, path: KeyPath, declared: Declared, faults: Faults) -> None:
    """Note names and values that there are not; only choices of names decide what a sample goes through."""
    for name, values in when.items():
        here = (*path, "when", name)
        parameter = declared.parameter(name, faults, here)
        if parameter is None:
            continue
        if not isinstance(parameter, CategoricalParameter):
            faults.add(here, f"'{name}' is a number, allowed are choices of names")
            continue
        if not values:
            faults.add(here, "needs at least one value")
        for value in values:
            if value not in parameter.values:
                faults.add(here, unknown("value", value, parameter.values))
