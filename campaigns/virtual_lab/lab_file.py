"""Reading a lab description file: the family of laboratories from which each seed draws one."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets import InputError
from ..faults import Faults, KeyPath
from ..file_format import Keys, Text, Truth, shown, validated
from ..library import virtual_lab_names, virtual_lab_path
from ..yaml_document import read_yaml
from .constants import (
    Any_,
    Cell,
    Conditions,
    Constants,
    Furnace,
    Milling,
    Noise,
    Oxidation,
    Positive,
    Reference,
    Results,
    Route,
    Share,
)
from .distribution import Distribution
from .virtual_lab import LabConstants, VirtualLab

_SECTIONS: Mapping[str, type[Constants[Any, Any, Any]]] = {
    "furnace": Furnace,
    "reference": Reference,
    "milling": Milling,
    "oxidation": Oxidation,
    "cell": Cell,
    "noise": Noise,
}


class LabFileKeys(Keys):
    """Top level of a lab description file."""

    name: Text
    title: Text | None = None
    conditions: dict[str, Any]
    results: dict[str, Any]
    stops_if_impure: Truth = False
    reference: dict[str, Any]
    furnace: dict[str, Any]
    routes: dict[str, Any]
    milling: dict[str, Any]
    oxidation: dict[str, Any]
    cell: dict[str, Any]
    noise: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LabFamily:
    """Laboratories that make one material, each in its own way.

    Attributes
    ----------
    name, title
        From the file.
    conditions, results
        Which parameter and response of a campaign plays which part.
    stops_if_impure
        Whether an impure powder is measured no further.
    sections, routes
        Constants by section, and by route, as distributions over laboratories.
    text
        The file as it stands.
    """

    name: str
    title: str
    conditions: Conditions
    results: Results
    stops_if_impure: bool
    sections: Mapping[str, Constants[Any, Any, Any]]
    routes: Mapping[str, Constants[Any, Any, Any]]
    text: str

    def draw(self, seed: int) -> VirtualLab:
        """Draw the laboratory of a seed: the same in every process, and for every order of keys."""
        return self._lab(lambda name, d: d.draw(np.random.default_rng([seed, zlib.crc32(name.encode())])))

    @cached_property
    def typical(self) -> VirtualLab:
        """The laboratory whose constants are all at their centres."""
        return self._lab(lambda _, d: d.centre)

    def _lab(self, value: Any) -> VirtualLab:
        drawn = {name: _drawn(section, name, value) for name, section in self.sections.items()}
        routes = {name: _drawn(route, f"routes.{name}", value) for name, route in self.routes.items()}
        return VirtualLab(
            conditions=self.conditions,
            results=self.results,
            stops_if_impure=self.stops_if_impure,
            constants=LabConstants(routes=routes, **drawn),
        )


def read_virtual_lab(path_or_name: str | Path) -> LabFamily:
    """Read a lab description: a file, or the name of one that comes with Ovenbird.

    Raises
    ------
    NotFound
        If there is neither such a file nor such a name.
    InputError
        With one sentence, naming file, line and key, for every fault.

    Examples
    --------
    >>> family = read_virtual_lab("ltvo")
    >>> family.draw(1) == family.draw(1), family.draw(1) == family.draw(2)
    (True, False)
    """
    is_name = isinstance(path_or_name, str) and path_or_name in virtual_lab_names()
    file = virtual_lab_path(str(path_or_name)) if is_name else Path(path_or_name)
    document = read_yaml(file)
    faults = Faults(file.name, document.line)
    top = validated(LabFileKeys, document.keys, (), faults)
    parts = {name: _mapping(document.keys, name) for name in ("conditions", "results", *_SECTIONS)}
    conditions = validated(Conditions, parts["conditions"], ("conditions",), faults)
    results = validated(Results, parts["results"], ("results",), faults)
    sections = {
        name: _section(keys, parts[name], (name,), faults) for name, keys in _SECTIONS.items() if parts[name]
    }
    routes = {
        name: _section(Route, given, ("routes", name), faults)
        for name, given in _mapping(document.keys, "routes").items()
    }
    if top is not None and not routes:
        faults.add(("routes",), "needs at least one route")
    if results is not None:
        _check_different(results.model_dump(), ("results",), faults)
    if conditions is not None and len(conditions.milled_when) != 1:
        faults.add(("conditions", "milled_when"), "names one parameter, such as {milling: planetary}")
    if len(faults) == 0:
        with faults.at("routes"):
            _check_areas(routes)
    faults.raise_all()
    assert top is not None and conditions is not None and results is not None
    return LabFamily(
        name=top.name,
        title=top.title or "",
        conditions=conditions,
        results=results,
        stops_if_impure=top.stops_if_impure,
        sections={name: section for name, section in sections.items() if section is not None},
        routes={name: route for name, route in routes.items() if route is not None},
        text=document.text,
    )


def _section(
    keys: type[Constants[Any, Any, Any]], given: object, path: KeyPath, faults: Faults
) -> Constants[Any, Any, Any] | None:
    if not isinstance(given, dict):
        faults.add(path, f"must be a mapping of constants, got {shown(given)}")
        return None
    of_the_file: Any = keys
    return validated(of_the_file[Any_, Positive, Share], given, path, faults)


def _drawn(section: Constants[Any, Any, Any], name: str, value: Any) -> Any:
    numbers = {}
    for key in type(section).model_fields:
        stated = getattr(section, key)
        assert isinstance(stated, Distribution)
        numbers[key] = value(f"{name}.{key}", stated)
    generic: Any = next(kind for kind in (*_SECTIONS.values(), Route) if isinstance(section, kind))
    return generic[float, float, float].model_construct(**numbers)


def _check_different(names: Mapping[str, str], path: KeyPath, faults: Faults) -> None:
    for role, name in names.items():
        twin = next((other for other in names if other != role and names[other] == name), None)
        if twin is not None:
            faults.add((*path, role), f"'{name}' is also {twin}; every result needs a response of its own")


def _check_areas(routes: Mapping[str, Any]) -> None:
    for name, route in routes.items():
        if route.milled_area.least <= route.area.largest:
            raise InputError(f"{name}: milled_area must be larger than area in every lab")


def _mapping(keys: Mapping[str, object], key: str) -> dict[str, object]:
    value = keys.get(key)
    return value if isinstance(value, dict) else {}
