"""All parameters of a campaign together: which apply when, and what a row of conditions may hold."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final

from .errors import InputError, listed, raise_all
from .parameters import CategoricalParameter, NumericParameter, Parameter
from .qualified_value import shortest


class NotStated(Enum):
    """The mark of a condition that applies but that nobody wrote down."""

    NOT_STATED = "not stated"

    def __repr__(self) -> str:
        return "NOT_STATED"


NOT_STATED: Final = NotStated.NOT_STATED

# One value for every parameter; None where the parameter does not apply, NOT_STATED where unknown.
ConditionValue = float | str | NotStated | None
Conditions = Mapping[str, ConditionValue]


@dataclass(frozen=True)
class ParameterSpace:
    """The parameters of a campaign, in the order of its file.

    Raises
    ------
    InputError
        If names repeat, or a `when` names an unknown, numeric or circular parent or an unknown value.
    """

    parameters: tuple[Parameter, ...]

    def __post_init__(self) -> None:
        if not self.parameters:
            raise InputError("parameters: needs at least one parameter")
        names = [parameter.name for parameter in self.parameters]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise InputError(f"parameters: '{repeated[0]}' stands twice")
        for parameter in self.parameters:
            self._check_parents(parameter)
        _ = self.parents_first

    def _check_parents(self, parameter: Parameter) -> None:
        for parent, values in parameter.when.items():
            where = f"parameter '{parameter.name}': when"
            if parent not in self.by_name:
                raise InputError(f"{where} names '{parent}', allowed are {listed(self._categorical())}")
            owner = self.by_name[parent]
            if not isinstance(owner, CategoricalParameter):
                raise InputError(
                    f"{where} names '{parent}', which is a number; allowed are {listed(self._categorical())}"
                )
            for value in values:
                if value not in owner.values:
                    raise InputError(f"{where} {parent} is '{value}', allowed are {owner.allowed}")

    def _categorical(self) -> list[str]:
        return [p.name for p in self.parameters if isinstance(p, CategoricalParameter)]

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    @cached_property
    def by_name(self) -> Mapping[str, Parameter]:
        """Parameters by name."""
        return {parameter.name: parameter for parameter in self.parameters}

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of the file."""
        return tuple(self.by_name)

    @cached_property
    def parents_first(self) -> tuple[Parameter, ...]:
        """Parameters ordered so that each comes after those that its `when` names.

        Raises
        ------
        InputError
            If conditions depend on each other in a circle.
        """
        ordered: dict[str, Parameter] = {}
        waiting = list(self.parameters)
        while waiting:
            ready = [p for p in waiting if all(parent in ordered for parent in p.when)]
            if not ready:
                circle = listed([p.name for p in waiting])
                raise InputError(f"parameters: the when of {circle} depend on each other in a circle")
            ordered.update((p.name, p) for p in ready)
            waiting = [p for p in waiting if p.name not in ordered]
        return tuple(ordered.values())

    def applies(self, parameter: Parameter, conditions: Conditions) -> bool | NotStated:
        """Whether a parameter exists under these conditions; NOT_STATED if its parent is not stated."""
        answer: bool | NotStated = True
        for parent, values in parameter.when.items():
            value = conditions.get(parent, NOT_STATED)
            if value is NOT_STATED:
                answer = NOT_STATED
            elif value not in values:
                return False
        return answer

    def complete(
        self, stated: Mapping[str, object], where: str, *, in_range: bool = True, all_stated: bool = False
    ) -> Conditions:
        """Check what a person stated and mark every other parameter as absent or not stated.

        Parameters
        ----------
        stated
            Values by parameter name; None and NaN count as an empty cell.
        where
            Place named in messages (``results.csv row 4``).
        in_range
            Refuse numbers beyond the range of their parameter.
        all_stated
            Refuse an empty cell of a parameter that applies.

        Raises
        ------
        InputError
            With one sentence for every fault.
        """
        faults = [
            f"{where}: unknown parameter '{name}', allowed are {listed(self.names)}"
            for name in stated
            if name not in self.by_name
        ]
        conditions: dict[str, ConditionValue] = {}
        for parameter in self.parents_first:
            given = stated.get(parameter.name)
            applies = self.applies(parameter, conditions)
            try:
                conditions[parameter.name] = self._condition(
                    parameter, given, applies, conditions, in_range=in_range, all_stated=all_stated
                )
            except InputError as error:
                faults.append(f"{where}: {error}")
                conditions[parameter.name] = NOT_STATED
        raise_all(faults)
        return {name: conditions[name] for name in self.names}

    def checked(self, name: str, given: object, *, in_range: bool = True) -> ConditionValue:
        """Check one value, whether or not its parameter applies.

        Raises
        ------
        InputError
            If it is not among the values of its parameter, no number, or (`in_range`) out of range.
        """
        return _checked(self.by_name[name], given, in_range=in_range)

    def _condition(
        self,
        parameter: Parameter,
        given: object,
        applies: bool | NotStated,
        conditions: Conditions,
        *,
        in_range: bool,
        all_stated: bool,
    ) -> ConditionValue:
        if given is None or given is NOT_STATED or (isinstance(given, float) and math.isnan(given)):
            if applies is False:
                return None
            if all_stated:
                raise InputError(f"{parameter.name} is missing, allowed are {parameter.allowed}")
            return NOT_STATED
        if applies is False:
            parent = next(name for name, values in parameter.when.items() if conditions[name] not in values)
            raise InputError(
                f"{parameter.name} is {_shown(given)}, but it does not apply when {parent} is "
                f"{conditions[parent]}; leave it empty"
            )
        return _checked(parameter, given, in_range=in_range)


def _checked(parameter: Parameter, given: object, *, in_range: bool) -> ConditionValue:
    if isinstance(parameter, CategoricalParameter):
        return _category(parameter, given)
    return _number(parameter, given, in_range=in_range)


def _shown(given: object) -> str:
    return shortest(given) if isinstance(given, float) and math.isfinite(given) else str(given)


def _category(parameter: CategoricalParameter, given: object) -> str:
    text = _shown(given)
    if text not in parameter.values:
        raise InputError(f"{parameter.name} is '{text}', allowed are {parameter.allowed}")
    return text


def _number(parameter: NumericParameter, given: object, *, in_range: bool) -> float:
    try:
        number = float(given)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(given, bool) or not math.isfinite(number):
        raise InputError(
            f"{parameter.name} is '{given}', which is no number; allowed are {parameter.allowed}"
        )
    # A hair beyond the end is a rounding of unit conversion, not another condition.
    slack = 1e-9 * max(abs(parameter.low), abs(parameter.high), parameter.high - parameter.low)
    if in_range and not parameter.low - slack <= number <= parameter.high + slack:
        unit = f" {parameter.unit}" if parameter.unit else ""
        raise InputError(
            f"{parameter.name} is {shortest(number)}{unit}, allowed are {parameter.low:g} to "
            f"{parameter.high:g}{unit}; correct the entry or widen the range in the campaign file"
        )
    return number
