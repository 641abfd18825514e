"""Responses: what is measured on a sample, and what is known about it beforehand."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .errors import InputError
from .names import check_name, check_named_unit
from .qualified_value import QualifiedValue, parse_yes_no
from .quantity import parse_quantity

ResponseKind = Literal["number", "fraction", "yes_no"]


@dataclass(frozen=True, kw_only=True)
class Response:
    """One measured or derived quantity.

    Attributes
    ----------
    name
        As it stands in tables and files.
    kind
        ``number``, ``fraction`` (0 to 1) or ``yes_no``.
    unit
        Unit of every value, or None.
    plausible
        Lowest and highest value that can exist, or None. A theoretical ceiling belongs here.
    relative_noise
        Standard deviation of one value around the truth as a share of the value, or None.
    absolute_noise
        The same in `unit`, or None. At most one of the two is given; with none, it is learned.
    depends_on
        Parameters that can matter; None: all. The others never explain this response.
    rises_with, falls_with
        Parameters or features with which the response is expected to rise or fall.
    through
        Responses through which the parameters act on this one.
    smallest_of
        Responses of which this one is the smallest: derived, never measured.
    ratio_of
        Numerator and denominator of which this one is the ratio: derived, never measured.
    only_if
        Yes/no responses and the answers that a sample must have for its value to count: the capacity of an
        impure powder says nothing of the pure phase.
    surrogate
        Kind of model to learn it with, or None: chosen by what each kind foretells.
    """

    name: str
    kind: ResponseKind = "number"
    unit: str | None = None
    plausible: tuple[float, float] | None = None
    relative_noise: float | None = None
    absolute_noise: float | None = None
    depends_on: tuple[str, ...] | None = None
    rises_with: tuple[str, ...] = ()
    falls_with: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    smallest_of: tuple[str, ...] = ()
    ratio_of: tuple[str, ...] = ()
    only_if: Mapping[str, bool] = field(default_factory=dict)
    surrogate: str | None = None

    def __post_init__(self) -> None:
        where = f"response '{self.name}'"
        check_name(self.name, where)
        if self.unit:
            check_named_unit(self.unit, where)
        if self.kind == "fraction" and self.plausible is None:
            object.__setattr__(self, "plausible", (0.0, 1.0))
        if self.plausible is not None:
            low, high = self.plausible
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise InputError(f"{where}: plausible must be two numbers, the smaller first")
        if self.kind == "yes_no" and (self.unit or self.plausible or self.has_declared_noise):
            raise InputError(f"{where}: yes or no has no unit, no plausible range and no noise")
        self._check_noise(where)
        both = set(self.rises_with) & set(self.falls_with)
        if both:
            raise InputError(f"{where}: it cannot both rise and fall with '{sorted(both)[0]}'")
        if self.smallest_of and len(self.smallest_of) < 2:
            raise InputError(f"{where}: smallest_of needs at least two responses")
        if self.ratio_of and len(self.ratio_of) != 2:
            raise InputError(f"{where}: ratio_of needs two responses, numerator first")
        if self.name in self.only_if:
            raise InputError(f"{where}: only_if cannot name the response itself")
        if self.is_derived and (
            (self.smallest_of and self.ratio_of)
            or self.through
            or self.only_if
            or self.surrogate
            or self.kind == "yes_no"
        ):
            raise InputError(f"{where}: a derived response is one number, computed in one way")

    def _check_noise(self, where: str) -> None:
        for noise in (self.relative_noise, self.absolute_noise):
            if noise is not None and not (math.isfinite(noise) and noise > 0):
                raise InputError(f"{where}: noise must be above 0, such as 4 % or 2.5")
        if self.relative_noise is not None and self.absolute_noise is not None:
            raise InputError(f"{where}: give the noise either in percent or in the unit")

    @property
    def has_declared_noise(self) -> bool:
        """Whether the campaign file states the noise."""
        return self.relative_noise is not None or self.absolute_noise is not None

    @property
    def is_yes_no(self) -> bool:
        """Whether the response is yes or no."""
        return self.kind == "yes_no"

    @property
    def is_derived(self) -> bool:
        """Whether the response is computed from others instead of measured."""
        return bool(self.smallest_of or self.ratio_of)

    @property
    def sources(self) -> tuple[str, ...]:
        """Responses from which a derived response is computed."""
        return self.smallest_of or self.ratio_of

    def parse(self, text: str) -> QualifiedValue:
        """Read one value of this response from text and check it.

        Raises
        ------
        InputError
            If it cannot be read or is implausible.
        """
        try:
            value = parse_yes_no(text) if self.is_yes_no else parse_quantity(text, self.unit)
        except InputError as error:
            raise InputError(f"{self.name}: {error}") from error
        self.check(value)
        return value

    def check(self, value: QualifiedValue) -> None:
        """Raise `InputError` if a value is of the wrong kind or implausible, or the response derived."""
        if self.is_derived:
            raise InputError(
                f"{self.name} is computed from {' and '.join(self.sources)}, it is never typed in"
            )
        if isinstance(value.value, bool) != self.is_yes_no:
            allowed = "yes or no" if self.is_yes_no else "a number"
            raise InputError(f"{self.name} is {value}, allowed is {allowed}")
        if self.plausible is not None and not self.plausible[0] <= value.value <= self.plausible[1]:
            unit = f" {self.unit}" if self.unit else ""
            raise InputError(
                f"{self.name} is {value}{unit}, plausible are {self.plausible[0]:g} to "
                f"{self.plausible[1]:g}{unit}; correct the entry or widen plausible in the campaign file"
            )
