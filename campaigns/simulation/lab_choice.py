"""Which virtual laboratories a user means."""

import importlib.util
import inspect
from pathlib import Path
from typing import Any

import pandas as pd

from ...datasets import InputError, NotFound, listed
from ..library import virtual_lab_names
from ..virtual_lab import LabFamily, read_virtual_lab
from .function_lab import FunctionLabs
from .labs import LabSource, MechanisticLabs
from .posterior_lab import PosteriorLabs
from .replayed import Replayed
from .table_lab import TableLabs


def lab_source(given: object, campaign: Replayed) -> LabSource:
    """Find out what laboratories are meant.

    Parameters
    ----------
    given
        Name of a bundled lab, ``posterior``, a lab description (``my.lab.yaml``), a measured table
        (``table.csv``), ``file.py:function``; from Python also a `LabFamily`, a DataFrame or a function.
    campaign
        The campaign that is replayed.

    Raises
    ------
    NotFound, InputError
        If there is no such lab, or it is not in order.
    """
    if isinstance(given, LabFamily):
        return MechanisticLabs(_checked(given, campaign))
    if isinstance(given, pd.DataFrame):
        return TableLabs.read(given, campaign.definition)
    if callable(given):
        function: Any = given
        return FunctionLabs(function, _source_text(function), campaign.definition)
    text = str(given)
    if text == "posterior":
        return PosteriorLabs(campaign.definition, campaign.dataset())
    path, colon, name = text.rpartition(":")
    if colon and path.lower().endswith(".py"):
        function, source = _function(Path(path), name)
        return FunctionLabs(function, source, campaign.definition)
    if text.lower().endswith((".csv", ".xlsx", ".xls")):
        return TableLabs.read(Path(text), campaign.definition)
    if text in virtual_lab_names() or text.lower().endswith((".yaml", ".yml")):
        return MechanisticLabs(_checked(read_virtual_lab(text), campaign))
    raise InputError(
        f"unknown lab '{text}', allowed are {listed([*virtual_lab_names(), 'posterior'], 'and')}, a lab "
        "description such as my.lab.yaml, a measured table such as table.csv, or file.py:function"
    )


def _checked(family: LabFamily, campaign: Replayed) -> LabFamily:
    """The family, if the campaign has every parameter that it asks for."""
    roles = family.conditions.model_dump()
    parents = list(roles.pop("milled_when"))
    needed = dict.fromkeys((*roles.values(), *parents))
    missing = [name for name in needed if name not in campaign.space.by_name]
    if missing:
        raise InputError(
            f"the virtual lab '{family.name}' needs the parameter {listed(missing, 'and')}, "
            f"the campaign has {listed(campaign.space.names)}"
        )
    route = campaign.space.by_name[family.conditions.route]
    unknown = [value for value in getattr(route, "values", ()) if value not in family.routes]
    if unknown:
        raise InputError(
            f"the virtual lab '{family.name}' does not know the {route.name} {listed(unknown)}, it knows "
            f"{listed(list(family.routes))}"
        )
    return family


def _function(file: Path, name: str) -> tuple[Any, str]:
    """A function of a user's file, which is run for it, and the text of the file."""
    if not file.is_file():
        raise NotFound(f"{file}: there is no such file")
    text = file.read_text(encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"_user_lab_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a stranger's file does wrong
        raise InputError(f"{file}: cannot be run ({type(error).__name__}: {error})") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise InputError(f"{file}: there is no function '{name}' in it")
    return function, text


def _source_text(function: Any) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return repr(getattr(function, "__qualname__", type(function).__qualname__))
