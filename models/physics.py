"""Features in numbers: what a dose or a thermal dose is at given constants, between 0 and 1."""

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ..datasets import NumericParameter, ParameterSpace
from ..datasets.units import convert
from .features import Arrhenius, Belief, Feature, PowerLaw

_GAS_CONSTANT_KJ_MOL_K = 8.314462618e-3


def constants(feature: Feature) -> list[Belief]:
    """Constants of a feature that are to be learned, in the order in which `column` takes them."""
    if isinstance(feature, PowerLaw):
        return list(feature.exponents.values())
    return [feature.activation_energy_kj_mol]


def column(
    feature: Feature, values: Tensor, space: ParameterSpace, codes: Tensor, active: Mapping[str, Tensor]
) -> Tensor:
    """Evaluate a feature.

    Parameters
    ----------
    feature
        What to compute.
    values : Tensor, shape (..., n_constants)
        Constants in the order of `constants`.
    space, codes, active
        Conditions, shape (n, n_parameters), and where each parameter applies.

    Returns
    -------
    Tensor, shape (..., n)
        0 at the smallest and 1 at the largest dose within the ranges of the space.
    """
    if isinstance(feature, PowerLaw):
        return _power_law(feature, values, space, codes, active)
    return _arrhenius(feature, values, space, codes, active)


def _power_law(
    feature: PowerLaw, exponents: Tensor, space: ParameterSpace, codes: Tensor, active: Mapping[str, Tensor]
) -> Tensor:
    """Scaled ln(1 + D/D0) of the dose D = prod x^a, with D0 its smallest value above zero.

    Effects of milling saturate about logarithmically in the dose (domain notes (a)); the 1 lets a dose
    of zero (not milled at all) take its place at the lower end instead of at minus infinity.
    """
    log_dose = torch.zeros(codes.shape[:-1], dtype=codes.dtype)
    log_range = torch.zeros(1, dtype=codes.dtype)
    applies = torch.ones(codes.shape[:-1], dtype=torch.bool)
    for name, exponent in zip(feature.parameters, exponents.split(1, dim=-1), strict=True):
        parameter = _numeric(space, name)
        smallest = parameter.low if parameter.low > 0 else parameter.grid_step
        values = codes[..., space.names.index(name)]
        applies = applies & active[name] & (values > 0)
        log_dose = log_dose + exponent * (values.clamp_min(1e-12) / smallest).log()
        # A negative exponent gives its largest dose at the low end, where it adds nothing to ln(D/D0).
        log_range = log_range + exponent.clamp_min(0.0) * math.log(max(parameter.high / smallest, 1.0))
    span = torch.nn.functional.softplus(log_range)
    scaled = torch.nn.functional.softplus(log_dose) / span
    return torch.where(applies, scaled, torch.zeros_like(scaled))


def _arrhenius(
    feature: Arrhenius, constant: Tensor, space: ParameterSpace, codes: Tensor, active: Mapping[str, Tensor]
) -> Tensor:
    """Scaled ln of (t + R T^2 / (Q beta)) exp(-Q / RT)."""
    energy = constant.clamp_min(1.0)
    temperature, time = _numeric(space, feature.temperature), _numeric(space, feature.time)
    kelvin = _affine(temperature, codes[..., space.names.index(feature.temperature)], "K")
    hours = _affine(time, codes[..., space.names.index(feature.time)], "h")
    dose = _log_thermal_dose(kelvin.clamp_min(1.0), hours.clamp_min(0.0), energy, feature.heating_rate_k_h)
    ends = torch.tensor([temperature.low, temperature.high], dtype=codes.dtype)
    times = torch.tensor([time.low, time.high], dtype=codes.dtype)
    low, high = _log_thermal_dose(
        _affine(temperature, ends, "K"), _affine(time, times, "h"), energy, feature.heating_rate_k_h
    ).split(1, dim=-1)
    span = high - low
    # A campaign at one temperature and one time has no range to scale by.
    scaled = (dose - low) / torch.where(span > 1e-6, span, torch.ones_like(span))
    applies = active[feature.temperature] & active[feature.time]
    return torch.where(applies, scaled, torch.zeros_like(scaled))


def _log_thermal_dose(kelvin: Tensor, hours: Tensor, energy: Tensor, heating_rate_k_h: float) -> Tensor:
    ramp_h = _GAS_CONSTANT_KJ_MOL_K * kelvin**2 / (energy * heating_rate_k_h)
    return (hours + ramp_h).log() - energy / (_GAS_CONSTANT_KJ_MOL_K * kelvin)


def _affine(parameter: NumericParameter, values: Tensor, unit: str) -> Tensor:
    zero, one = _converted_ends(parameter.unit or unit, unit)
    return zero + (one - zero) * values


@cache
def _converted_ends(source: str, target: str) -> tuple[float, float]:
    return convert(0.0, source, target), convert(1.0, source, target)


def _numeric(space: ParameterSpace, name: str) -> NumericParameter:
    parameter = space.by_name[name]
    assert isinstance(parameter, NumericParameter), f"feature uses '{name}', which is no number"
    return parameter


def usable_features(features: Mapping[str, Feature], allowed: tuple[str, ...] | None) -> dict[str, Feature]:
    """Features of which every parameter may matter (`allowed` None: all of them)."""
    return {
        name: feature
        for name, feature in features.items()
        if allowed is None or set(feature.parameters) <= set(allowed)
    }


def prior_of_constants(features: Mapping[str, Feature]) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations of all constants, feature after feature."""
    beliefs = [belief for feature in features.values() for belief in constants(feature)]
    return np.array([b.mean for b in beliefs]), np.array([b.sd for b in beliefs])
