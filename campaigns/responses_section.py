"""The ``responses`` section of a campaign file becomes responses."""

import re
from collections.abc import Mapping

from ..datasets import CategoricalParameter, InputError, Response, listed
from .declared import Declared
from .faults import Faults, unknown
from .file_format import ResponseKeys, number, shown, validated

_PERCENT = re.compile(r"(?P<number>\d+(?:\.\d*)?|\.\d+)\s*%")
_MEASURED_NUMBERS = ("number", "fraction")


def responses_from(section: Mapping[str, object], faults: Faults) -> dict[str, Response]:
    """Build the responses that can be built; note what is wrong with the others."""
    built: dict[str, Response] = {}
    for name, given in section.items():
        path = ("responses", name)
        keys = validated(ResponseKeys, given, path, faults)
        if keys is None:
            continue
        with faults.at(*path, says=f"response '{name}': "):
            relative, absolute = _noise(keys.noise)
            if keys.depends_on == ():
                raise InputError("depends_on needs at least one parameter; leave it out if all can matter")
            built[name] = Response(
                name=name,
                kind=keys.kind,
                unit=keys.unit,
                plausible=keys.plausible,
                relative_noise=relative,
                absolute_noise=absolute,
                depends_on=keys.depends_on,
                rises_with=keys.rises_with or (),
                falls_with=keys.falls_with or (),
                through=keys.through or (),
                smallest_of=keys.smallest_of or (),
                ratio_of=keys.ratio_of or (),
                only_if=keys.only_if or {},
                surrogate=keys.surrogate,
            )
    return built


def check_references(declared: Declared, faults: Faults) -> None:
    """Note every response that refers to something it cannot refer to."""
    for response in declared.responses.values():
        _check_depends_on(response, declared, faults)
        for key, names in (("rises_with", response.rises_with), ("falls_with", response.falls_with)):
            for name in names:
                _check_direction(response, key, name, declared, faults)
        for key, names in (
            ("through", response.through),
            ("smallest_of", response.smallest_of),
            ("ratio_of", response.ratio_of),
        ):
            for name in names:
                _check_source(response, key, name, declared, faults)
        for name in response.only_if:
            declared.response(name, faults, ("responses", response.name, "only_if"), kinds=("yes_no",))
        if response.is_derived:
            _check_derived(response, declared, faults)
    _check_circles(declared, faults)


def _noise(given: object) -> tuple[float | None, float | None]:
    """Relative and absolute noise of ``4 %`` or ``2.5``."""
    if given is None:
        return None, None
    match = _PERCENT.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is not None:
        return float(match["number"]) / 100, None
    try:
        return None, number(given)
    except ValueError as error:
        raise InputError(
            f"noise must be a number in the unit, or a share such as 4 %, got {shown(given)}"
        ) from error


def _check_depends_on(response: Response, declared: Declared, faults: Faults) -> None:
    for name in response.depends_on or ():
        declared.parameter(name, faults, ("responses", response.name, "depends_on"))


def _check_direction(response: Response, key: str, name: str, declared: Declared, faults: Faults) -> None:
    path = ("responses", response.name, key)
    allowed = [
        *declared.feature_names,
        *(
            n
            for n in declared.parameter_names
            if not isinstance(declared.parameters.get(n), CategoricalParameter)
        ),
    ]
    if name in declared.parameter_names and name not in allowed:
        faults.add(path, f"'{name}' is a choice of names, allowed are {listed(allowed) or 'numbers only'}")
    elif name not in allowed:
        faults.add(path, unknown("parameter or feature", name, allowed))
    elif response.depends_on is not None:
        feature = declared.features.get(name)
        needed = (name,) if name in declared.parameter_names else feature.parameters if feature else ()
        for missing in (n for n in needed if n not in response.depends_on):
            faults.add(path, f"'{name}' cannot matter while depends_on leaves out '{missing}'; add it there")


def _check_source(response: Response, key: str, name: str, declared: Declared, faults: Faults) -> None:
    path = ("responses", response.name, key)
    if name == response.name:
        faults.add(path, f"'{name}' cannot refer to itself")
        return
    source = declared.response(name, faults, path, kinds=_MEASURED_NUMBERS)
    if source is None:
        return
    if source.is_derived:
        faults.add(path, f"'{name}' is itself computed from others; name responses that are measured")
    elif key == "smallest_of" and source.unit != response.unit:
        faults.add(
            path,
            f"'{name}' is in {source.unit or 'no unit'}, but {response.name} is in "
            f"{response.unit or 'no unit'}; the smallest needs one unit for all",
        )


def _check_derived(response: Response, declared: Declared, faults: Faults) -> None:
    given = {
        "noise": response.has_declared_noise,
        "depends_on": response.depends_on is not None,
        "rises_with": bool(response.rises_with),
        "falls_with": bool(response.falls_with),
    }
    for key in (key for key, is_given in given.items() if is_given):
        faults.add(
            ("responses", response.name, key),
            f"a computed response has none of its own; say it of {listed(response.sources)}",
        )
    if len(set(response.sources)) < len(response.sources):
        faults.add(("responses", response.name), "names the same response twice")


def _check_circles(declared: Declared, faults: Faults) -> None:
    through = {name: response.through for name, response in declared.responses.items()}
    for start in through:
        reached, waiting = set[str](), list(through[start])
        while waiting:
            name = waiting.pop()
            if name not in reached and name != start:
                reached.add(name)
                waiting += through.get(name, ())
            elif name == start and through[start] != (start,):
                names = sorted({start, *(n for n in reached if start in through.get(n, ()))})
                faults.add(("responses", start, "through"), f"{listed(names)} act on each other in a circle")
                break
