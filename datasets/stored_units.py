"""Numbers as a store keeps them, each with its unit, and how they read when the unit has changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .errors import InputError, raise_all
from .parameter_space import NOT_STATED, Conditions, ConditionValue, ParameterSpace
from .parameters import NumericParameter
from .quantity import converted
from .responses import Response

# Unit by parameter or response; None: a bare number.
Units = Mapping[str, str | None]

_NOT_STATED_MARK = {"not_stated": True}


def units_of(space: ParameterSpace, responses: Mapping[str, Response]) -> dict[str, str | None]:
    """Units of everything in a campaign that is a number."""
    units = {p.name: p.unit for p in space if isinstance(p, NumericParameter)}
    return units | {name: r.unit for name, r in responses.items() if not r.is_yes_no}


@dataclass(frozen=True)
class PresentUnits:
    """The units in which numbers are read and written now.

    Attributes
    ----------
    label
        What people call the store; it opens messages.
    by_name
        Unit by parameter or response; numbers of other names are kept without one, and stay what they are.
    """

    label: str = "the dataset"
    by_name: Units = field(default_factory=dict)

    def mark(self, name: str) -> str | None:
        """The unit as it is kept with a number: empty for a bare number, None if the name is unknown."""
        return (self.by_name[name] or "") if name in self.by_name else None

    def read(self, number: float, mark: str | None, experiment_id: str, name: str) -> float:
        """A number in its present unit.

        Raises
        ------
        InputError
            If the unit that is kept with it does not convert.
        """
        present = self.mark(name)
        if mark is None or present is None or mark == present:
            return number
        try:
            return converted(number, mark, present or None)
        except InputError as error:
            was = f"in {mark}" if mark else "without a unit"
            now = present or "a number without a unit"
            raise InputError(
                f"{self.label} {experiment_id}: {name} is kept {was}, which does not convert to {now}; put "
                "the old unit back, or give what is new a name of its own"
            ) from error

    def stored_conditions(self, conditions: Conditions) -> dict[str, object]:
        """Conditions as JSON, every number with its unit."""
        return {name: self._stored(name, value) for name, value in conditions.items()}

    def _stored(self, name: str, value: ConditionValue) -> object:
        mark = self.mark(name)
        if mark is None or value is None or value is NOT_STATED or isinstance(value, str):
            return plain_value(value)
        return {"value": float(value), "unit": mark}

    def read_conditions(self, stored: Mapping[str, object], experiment_id: str) -> Conditions:
        """Conditions from JSON, in their present units.

        Raises
        ------
        InputError
            With one sentence for every number whose unit does not convert.
        """
        conditions: dict[str, ConditionValue] = {}
        faults: list[str] = []
        for name, kept in stored.items():
            if kept == _NOT_STATED_MARK:
                conditions[name] = NOT_STATED
            elif isinstance(kept, Mapping):
                try:
                    conditions[name] = self.read(kept["value"], kept["unit"], experiment_id, name)
                except InputError as error:
                    faults += error.faults
            else:
                conditions[name] = kept  # pyright: ignore[reportArgumentType]
        raise_all(faults)
        return conditions


def plain_conditions(conditions: Conditions) -> dict[str, object]:
    """Conditions as JSON can hold them, for events: in the units of the time."""
    return {name: plain_value(value) for name, value in conditions.items()}


def plain_value(value: ConditionValue) -> object:
    """One condition as JSON: null where it does not apply, an object where nobody stated it."""
    if value is NOT_STATED:
        return _NOT_STATED_MARK
    if value is None or isinstance(value, str):
        return value
    return float(value)
