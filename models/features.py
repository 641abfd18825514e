"""Physics that surrogates may use: quantities computed from parameters, with constants to be learned."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..datasets import InputError


@dataclass(frozen=True)
class Belief:
    """A constant that is not known for sure: normal with this mean and standard deviation (0: exact)."""

    mean: float
    sd: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.sd) and self.sd >= 0):
            raise InputError(f"'{self.mean} ± {self.sd}' must be finite, with a spread of at least 0")


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """Dose such as speed³ x time: the product of parameters, each to an exponent to be learned.

    Where one of its parameters does not apply, the dose is zero.

    Attributes
    ----------
    name
        How responses refer to it.
    exponents
        Exponent of each parameter.
    """

    name: str
    exponents: Mapping[str, Belief]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters from which the feature is computed."""
        return tuple(self.exponents)


@dataclass(frozen=True, kw_only=True)
class Arrhenius:
    """Thermal dose: time at temperature, weighed by exp(-Q/RT).

    A hold of zero still has the time of the ramp, R T² / (Q beta): the time spent within one
    e-fold of the final rate when heated at the rate beta.

    Attributes
    ----------
    name
        How responses refer to it.
    temperature, time
        Names of the two parameters.
    activation_energy_kj_mol
        Q, to be learned.
    heating_rate_k_h
        Heating rate beta.
    """

    name: str
    temperature: str
    time: str
    activation_energy_kj_mol: Belief = Belief(200.0, 80.0)
    heating_rate_k_h: float = 300.0

    def __post_init__(self) -> None:
        if self.activation_energy_kj_mol.mean <= 0 or not self.heating_rate_k_h > 0:
            raise InputError(f"feature '{self.name}': activation energy and heating rate must be above 0")

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters from which the feature is computed."""
        return (self.temperature, self.time)


Feature = PowerLaw | Arrhenius
