"""The machines of the ``lab`` section: how many, what a run takes, when they are away, what they can do."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..datasets import NumericParameter, shortest
from ..planner.lab import Bound, Outage, Resource
from .declared import Declared
from .faults import Faults, KeyPath
from .file_format import validated
from .lab_keys import BoundKeys, OutageKeys, ResourceKeys
from .lab_moments import check_order


def resources_from(section: Mapping[str, object], declared: Declared, faults: Faults) -> dict[str, Resource]:
    """Build the machines that can be built, by name; note what is wrong with the others."""
    found = ((name, _resource(name, given, declared, faults)) for name, given in section.items())
    return {name: resource for name, resource in found if resource is not None}


def _resource(name: str, given: object, declared: Declared, faults: Faults) -> Resource | None:
    path: KeyPath = ("lab", "resources", name)
    keys = validated(ResourceKeys, given, path, faults)
    if keys is None:
        return None
    for parameter in keys.shares:
        declared.parameter(parameter, faults, (*path, "shares"))
    return Resource(
        name=name,
        count=keys.count,
        slots=keys.slots,
        shares=keys.shares,
        unattended=keys.unattended,
        power_kw=keys.power_kw,
        grams=keys.grams_per_run,
        outages=_outages(keys.unavailable, keys.count, (*path, "unavailable"), faults),
        bounds=_bounds(keys.bounds or {}, (*path, "bounds"), declared, faults),
    )


def _outages(section: Sequence[object], count: int, path: KeyPath, faults: Faults) -> tuple[Outage, ...]:
    found: list[Outage] = []
    for position, given in enumerate(section):
        here = (*path, position)
        keys = validated(OutageKeys, given, here, faults)
        if keys is None:
            continue
        assert isinstance(given, dict)
        away = count if keys.count is None else keys.count
        if away > count:
            faults.add((*here, "count"), f"must be at most {count}, as many as there are, got {away}")
        if check_order(keys.start, keys.end, given, here, faults, strictly=True):
            found.append(Outage(start=keys.start, end=keys.end, count=away, reason=keys.reason))
    return tuple(found)


def _bounds(
    section: Mapping[str, object], path: KeyPath, declared: Declared, faults: Faults
) -> dict[str, Bound]:
    found: dict[str, Bound] = {}
    for name, given in section.items():
        here = (*path, name)
        parameter = declared.numeric(name, faults, here)
        keys = validated(BoundKeys, given, here, faults)
        if keys is None:
            continue
        low, high = keys.at_least, keys.at_most
        if low is None and high is None:
            faults.add(here, "needs at_least or at_most")
        elif low is not None and high is not None and low > high:
            faults.add(
                here,
                f"at_least must not be above at_most, got {shortest(low)} and {shortest(high)}; swap the two",
            )
        elif parameter is not None:
            bound = Bound(at_least=low, at_most=high)
            if _leaves_any(bound, parameter):
                found[name] = bound
            else:
                faults.add(here, f"{bound} leaves nothing of {name}, whose range is {parameter.allowed}")
    return found


def _leaves_any(bound: Bound, parameter: NumericParameter) -> bool:
    """Whether any setting of a parameter lies within a bound."""
    # The lowest setting that is not below the bound is the one to look at.
    lowest = parameter.setting(parameter.index(np.array([max(bound.ends[0], parameter.low)]), past=1))
    return bool(bound.allows(lowest)[0])
