"""A response over two parameters in numbers: what is forecast where, and what has been made there."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..datasets import ConditionValue, InputError, NumericParameter, ParameterSpace, listed
from .beliefs import Beliefs, NumberForecast
from .encoding import activity, codes_of_conditions
from .evidence import Observation
from .picture_style import digits

_MOST_SETTINGS = 81  # along an axis: more is not seen on half a page
_SAME_PLACE = 1e-6


@dataclass(frozen=True)
class ResponseMap:
    """A forecast over two parameters.

    Attributes
    ----------
    x, y : ndarray, shape (n_x,) and (n_y,)
        Settings of the parameters.
    value : ndarray, shape (n_y, n_x)
        Median, or probability of yes.
    low, high : ndarray, shape (n_y, n_x)
        90 % interval of a measurement; None for yes/no.
    """

    x: np.ndarray
    y: np.ndarray
    value: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None


@dataclass(frozen=True)
class Place:
    """Experiments at one place of a map.

    Attributes
    ----------
    x, y
        Lowest and highest value that each may have had: equal, unless it was not stated.
    experiments
        Their ids.
    answers
        What was measured: numbers, bounds, or yes and no; empty if they were only compared with others.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    experiments: tuple[str, ...]
    answers: tuple[str, ...]


def response_map(
    beliefs: Beliefs, response: str, x_parameter: str, y_parameter: str, fixed: Mapping[str, ConditionValue]
) -> ResponseMap:
    """Forecast a response at all settings of two parameters, or at evenly spread ones of very many.

    Parameters
    ----------
    beliefs
        Fitted surrogates.
    response
        Any response.
    x_parameter, y_parameter
        Numbers that apply under `fixed`.
    fixed
        All other parameters that matter to the response.

    Raises
    ------
    InputError
        If a parameter is no number, does not apply, or is missing from `fixed`.
    """
    base = _base(beliefs, response, (x_parameter, y_parameter), fixed)
    x, y = (_settings(numeric_parameter(beliefs.space, name)) for name in (x_parameter, y_parameter))
    codes = base.repeat(len(x) * len(y), 1)
    codes[:, beliefs.space.names.index(x_parameter)] = torch.as_tensor(np.tile(x, len(y)))
    codes[:, beliefs.space.names.index(y_parameter)] = torch.as_tensor(np.repeat(y, len(x)))
    found = beliefs.forecast(response, codes)
    shape = (len(y), len(x))
    if isinstance(found, NumberForecast):
        low, value, high = (part.numpy().reshape(shape) for part in (found.low, found.median, found.high))
        return ResponseMap(x, y, value, low, high)
    return ResponseMap(x, y, found.probability.numpy().reshape(shape))


def numeric_parameter(space: ParameterSpace, name: str) -> NumericParameter:
    """The parameter of an axis.

    Raises
    ------
    InputError
        If it is no number, or has but one setting.
    """
    parameter = space.by_name.get(name)
    if isinstance(parameter, NumericParameter) and parameter.n_settings > 1:
        return parameter
    allowed = [p.name for p in space if isinstance(p, NumericParameter) and p.n_settings > 1]
    raise InputError(
        f"a map needs two parameters that are numbers, '{name}' is none: allowed are {listed(allowed)}"
    )


def _settings(parameter: NumericParameter) -> np.ndarray:
    n = min(parameter.n_settings, _MOST_SETTINGS)
    return np.unique(parameter.setting(np.linspace(0, parameter.n_settings - 1, n).round().astype(int)))


def _base(
    beliefs: Beliefs, response: str, axes: tuple[str, str], fixed: Mapping[str, ConditionValue]
) -> Tensor:
    """Codes of one row with the fixed conditions, shape (1, n_parameters)."""
    space, matter = beliefs.space, what_matters(beliefs, response)
    stated: dict[str, object] = {n: v for n, v in fixed.items() if v is not None and n not in axes}
    stated |= {name: numeric_parameter(space, name).low for name in axes}
    conditions: dict[str, ConditionValue] = {}
    for parameter in space.parents_first:
        given = stated.get(parameter.name)
        if given is None and parameter.name not in matter and space.applies(parameter, conditions) is True:
            given = parameter.low if isinstance(parameter, NumericParameter) else parameter.values[0]
            stated[parameter.name] = given
        conditions[parameter.name] = given  # pyright: ignore[reportArgumentType]
    complete = space.complete(stated, f"map of {response}", in_range=False, all_stated=True)
    return codes_of_conditions(space, complete)


def what_matters(beliefs: Beliefs, response: str) -> frozenset[str]:
    """Parameters on which the forecast of a response may depend."""
    described = beliefs.responses[response]
    if not described.is_derived and described.depends_on is None:
        return frozenset(beliefs.space.names)
    of_sources = [what_matters(beliefs, name) for name in (*described.sources, *described.through)]
    return frozenset(described.depends_on or ()).union(*of_sources)


def places_made(
    beliefs: Beliefs, response: str, x_parameter: str, y_parameter: str, fixed: Mapping[str, ConditionValue]
) -> list[Place]:
    """Experiments that lie on a map: at its fixed conditions, as far as they matter, and in its ranges."""
    base = _base(beliefs, response, (x_parameter, y_parameter), fixed)
    found: dict[tuple[tuple[float, float], tuple[float, float]], dict[str, list[str]]] = {}
    for experiment, codes, answer in _answers(beliefs, response):
        if not _is_on_map(beliefs, response, (x_parameter, y_parameter), base, codes):
            continue
        x, y = (_extent(codes[:, beliefs.space.names.index(n)]) for n in (x_parameter, y_parameter))
        found.setdefault((x, y), {}).setdefault(experiment, []).extend([answer] if answer else [])
    return [
        Place(x, y, tuple(made), tuple(answer for answers in made.values() for answer in answers))
        for (x, y), made in found.items()
    ]


def _answers(beliefs: Beliefs, response: str) -> list[tuple[str, Tensor, str]]:
    """Id, codes and answer of everything observed of a response; the answer of a comparison is empty."""
    answers = []
    for o in beliefs.evidence.observations:
        if o.response != response:
            continue
        answers.append((o.experiments[0], o.codes, _said(o)))
        if o.other_codes is not None:
            answers.append((o.experiments[-1], o.other_codes, ""))
    return answers


def _said(o: Observation) -> str:
    if o.kind == "beats":
        return ""
    if o.kind in ("yes", "no"):
        return o.kind
    return {"above": ">", "below": "<"}.get(o.kind, "~" if o.extra_sd else "") + digits(o.number)


def _is_on_map(beliefs: Beliefs, response: str, axes: tuple[str, str], base: Tensor, codes: Tensor) -> bool:
    space, matter = beliefs.space, what_matters(beliefs, response)
    here, there = activity(space, base), activity(space, codes)
    for position, parameter in enumerate(space):
        name, column = parameter.name, codes[:, position]
        if name in axes:
            numeric = numeric_parameter(space, name)
            inside = (column >= numeric.low) & (column <= numeric.high)
            if not bool((there[name] & inside).all()):
                return False
        elif name in matter:
            same = there[name] == here[name]
            if bool(here[name].all()):
                scale = _SAME_PLACE * max(1.0, abs(float(base[0, position])))
                same = same & ((column - base[0, position]).abs() <= scale)
            if not bool(same.all()):
                return False
    return True


def _extent(column: Tensor) -> tuple[float, float]:
    return float(column.min()), float(column.max())
