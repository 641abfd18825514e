"""A constant of which each laboratory has a value of its own."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...datasets import InputError
from ..features_section import belief
from ..file_format import number, shown

_CUT = 2.0  # spreads beyond which nothing is drawn: a lab of a lifetime teaches nothing about the others


@dataclass(frozen=True)
class Distribution:
    """How a constant differs between laboratories.

    Attributes
    ----------
    centre
        Value of the typical laboratory: mean, geometric mean or middle.
    spread
        Standard deviation (``normal``), its exponential (``factor``), or half the width (``uniform``).
    form
        ``normal``, ``factor`` (the logarithm is normal) or ``uniform``; the first two are cut at two
        standard deviations.
    """

    centre: float
    spread: float = 0.0
    form: Literal["normal", "factor", "uniform"] = "normal"

    def draw(self, generator: np.random.Generator) -> float:
        """Draw the value of one laboratory."""
        if self.form == "uniform":
            return self.centre + self.spread * generator.uniform(-1.0, 1.0)
        deviation = generator.standard_normal()
        while abs(deviation) > _CUT:
            deviation = generator.standard_normal()
        if self.form == "factor":
            return self.centre * math.exp(deviation * math.log(self.spread))
        return self.centre + self.spread * deviation

    @property
    def least(self) -> float:
        """Smallest value that can be drawn."""
        if self.form == "factor":
            return self.centre * self.spread**-_CUT
        return self.centre - (self.spread if self.form == "uniform" else _CUT * self.spread)

    @property
    def largest(self) -> float:
        """Largest value that can be drawn."""
        if self.form == "factor":
            return self.centre * self.spread**_CUT
        return self.centre + (self.spread if self.form == "uniform" else _CUT * self.spread)


def distribution(given: object) -> Distribution:
    """Read a constant as it stands in a lab description.

    Parameters
    ----------
    given
        ``3`` (every lab has it), ``3 ± 0.6`` (normal), ``[2, 4]`` (equally likely from 2 to 4) or
        ``{about: 3, factor: 1.5}`` (normal on the logarithm: two of three labs within that factor).

    Raises
    ------
    ValueError
        If it is none of these.

    Examples
    --------
    >>> distribution([650, 700])
    Distribution(centre=675.0, spread=25.0, form='uniform')
    """
    if isinstance(given, list):
        if len(given) != 2 or number(given[0]) > number(given[1]):
            raise ValueError("a range needs two numbers, the smaller one first, such as [2, 4]")
        low, high = (number(end) for end in given)
        return Distribution((low + high) / 2, (high - low) / 2, "uniform")
    if isinstance(given, dict):
        if set(given) != {"about", "factor"}:
            raise ValueError("must be {about: 3, factor: 1.5}, with these two keys")
        about, factor = number(given["about"]), number(given["factor"])
        if about <= 0 or factor < 1:
            raise ValueError("about must be above 0 and factor at least 1")
        return Distribution(about, factor, "factor")
    try:
        believed = belief(given)
    except InputError as error:
        raise ValueError(
            f"must be a number, '3 ± 0.6', [2, 4] or {{about: 3, factor: 1.5}}, got {shown(given)}"
        ) from error
    if believed.sd < 0:
        raise ValueError("a spread must not be below 0")
    return Distribution(believed.mean, believed.sd)
