"""The campaign file's format: which keys every section has, and what may stand behind each.

The models check shapes only. What the keys mean together (that a rule names a parameter there is)
is checked where they become domain objects, in the modules named after the sections.
"""

import math
import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from ..datasets import shortest
from .faults import Faults, KeyPath, unknown

SCHEMA_VERSION = 1
CAMPAIGN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def shown(value: object) -> str:
    """A value as it would stand in the file, for messages."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"'{value}'" if isinstance(value, str) else str(value)


def number(value: object) -> float:
    """Check that a value is a finite number, neither text nor true or false."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, got {shown(value)}")
    if abs(value) > 1e300 or math.isnan(value):
        raise ValueError("must be a finite number")
    return float(value)


def text(value: object) -> str:
    """Check that a value is text; a number is taken as it is written."""
    if isinstance(value, bool):
        raise ValueError(f"{shown(value)} is a truth value, not text; put it in quotes: '{shown(value)}'")
    if isinstance(value, int | float) and math.isfinite(number(value)):
        return shortest(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"must be text, got {shown(value) if value != '' else 'nothing'}")
    return value.strip()


def several(value: object) -> object:
    """Take a single value for a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def _pair(value: object) -> object:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"must be two numbers such as [0, 300], got {shown(value)}")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1_000_000:
        raise ValueError(f"must be a whole number from 1 on, got {shown(value)}")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, got {shown(value)}")
    return value


Number = Annotated[float, BeforeValidator(number)]
Count = Annotated[int, BeforeValidator(_count)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Text = Annotated[str, BeforeValidator(text)]
Names = Annotated[tuple[Text, ...], BeforeValidator(several)]
When = dict[str, Names]


class Keys(BaseModel):
    """The keys of one section; any other key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CampaignKeys(Keys):
    """Top level of the file."""

    schema_version: Any = SCHEMA_VERSION
    name: Text
    title: Text | None = None
    dataset: Text | None = None
    learn_from: Names | None = None
    parameters: dict[str, Any]
    rules: list[Any] | None = None
    features: dict[str, Any] | None = None
    responses: dict[str, Any]
    goal: dict[str, Any]
    limits: dict[str, Any] | None = None
    budget: dict[str, Any] | None = None
    lab: dict[str, Any] | None = None


class BudgetKeys(Keys):
    """How much may be made."""

    experiments: Count


class ParameterKeys(Keys):
    """A parameter that is more than a list: a range with a step, or values with a unit."""

    unit: Text | None = None
    low: Number | None = Field(None, alias="from")
    high: Number | None = Field(None, alias="to")
    step: Number | None = None
    scale: Literal["linear", "log"] | None = None
    values: list[Any] | None = None
    descriptors: dict[str, dict[str, Number]] | None = None
    when: When | None = None


class RuleKeys(Keys):
    """One rule: a bound on a weighted sum, a combination that is excluded, or shares that fill a total."""

    linear: dict[str, Number] | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    equals: Number | None = None
    exclude: dict[str, Any] | None = None
    mixture: Names | None = None
    total: Number | None = None
    at_most_components: Count | None = None
    reason: Text | None = None


class FeatureKeys(Keys):
    """One feature, of either kind."""

    power_law: dict[str, Any] | None = None
    arrhenius: dict[str, Any] | None = None


class ArrheniusKeys(Keys):
    """A thermal dose."""

    temperature: Text
    time: Text
    activation_energy: Any = None
    heating_rate: Number | None = None


class ResponseKeys(Keys):
    """One response."""

    kind: Literal["number", "fraction", "yes_no"] = "number"
    unit: Text | None = None
    plausible: Annotated[tuple[Number, Number], BeforeValidator(_pair)] | None = None
    noise: Any = None
    depends_on: Names | None = None
    rises_with: Names | None = None
    falls_with: Names | None = None
    through: Names | None = None
    smallest_of: Names | None = None
    ratio_of: Names | None = None
    only_if: dict[str, Truth] | None = None
    surrogate: Literal["gaussian_process", "extra_trees", "random_forest", "gradient_boosting"] | None = None


class LimitKeys(Keys):
    """What one response must satisfy."""

    probability_at_least: Number | None = None
    probability_at_most: Number | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    with_probability: Number | None = None


KeysT = TypeVar("KeysT", bound=Keys)


def validated(keys: type[KeysT], given: object, path: KeyPath, faults: Faults) -> KeysT | None:
    """Check the shape of a section; None, with every fault noted, if it is wrong."""
    try:
        return keys.model_validate({} if given is None else given)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            faults.add((*path, *detail["loc"]), _sentence(detail, keys))
        return None


def allowed_keys(keys: type[Keys]) -> list[str]:
    """Keys as they are written in the file."""
    return [field.alias or name for name, field in keys.model_fields.items()]


def _sentence(detail: ErrorDetails, keys: type[Keys]) -> str:
    given = shown(detail["input"])
    match detail["type"]:
        case "missing":
            return "this key is missing"
        case "extra_forbidden":
            return unknown("key", detail["loc"][-1], allowed_keys(keys))
        case "model_type":
            return f"must be a mapping with keys such as {', '.join(allowed_keys(keys)[:3])}, got {given}"
        case "dict_type":
            return f"must be a mapping ({{name: ..., name: ...}}), got {given}"
        case "list_type" | "tuple_type":
            return f"must be a list, got {given}"
        case "literal_error":
            return f"must be {detail['ctx']['expected'].replace(chr(39), '')}, got {given}"  # pyright: ignore[reportTypedDictNotRequiredAccess]
        case _:
            return detail["msg"].removeprefix("Value error, ")
