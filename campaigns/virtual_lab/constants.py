"""The constants of a powder synthesis; the names here are the keys of a lab description file.

Each class is generic in what stands behind a key: a `Distribution` in the file, a number in one lab.
"""

from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict

from ..file_format import Keys, Names, Text
from .distribution import Distribution, distribution

V = TypeVar("V")
P = TypeVar("P")
S = TypeVar("S")


def _positive(value: Distribution) -> Distribution:
    if value.least <= 0:
        raise ValueError(f"must stay above 0 in every lab, but can be {value.least:g}")
    return value


def _share(value: Distribution) -> Distribution:
    if value.least < 0 or value.largest > 1:
        raise ValueError(
            f"is a share from 0 to 1 in every lab, but can be from {value.least:g} to {value.largest:g}"
        )
    return value


Any_ = Annotated[Distribution, BeforeValidator(distribution)]
Positive = Annotated[Any_, AfterValidator(_positive)]
Share = Annotated[Any_, AfterValidator(_share)]


class Constants(Keys, Generic[V, P, S]):
    """One section: `V` any number, `P` above 0, `S` a share from 0 to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Conditions(Keys):
    """Which parameter of the campaign plays which part; units are degC, h, rpm or what the constants are for.

    `milled_when` says which setting means that a powder is milled: ``{milling: planetary}``.
    """

    route: Text
    temperature: Text
    hold: Text
    milled_when: dict[str, Names]
    speed: Text
    time: Text


class Results(Keys):
    """Which response of the campaign is which result."""

    pure: Text
    area: Text
    discharge: Text
    charge: Text
    oxidised: Text


class Furnace(Constants[V, P, S]):
    """The furnace.

    `offset_c`: how much hotter it is than its display. `ramp_h`: what heating up adds to a hold.
    `fuses_at_c`, `fuses_width_c`: where powders fuse to the crucible, and over what width.
    """

    offset_c: V
    ramp_h: P
    fuses_at_c: V
    fuses_width_c: P


class Reference(Constants[V, P, S]):
    """Conditions at which the other constants are stated."""

    temperature_c: V
    hold_h: P
    speed: P
    time: P


class Route(Constants[V, P, S]):
    """What depends on the route.

    Phase: P(pure) = sigmoid((T - onset_c) / onset_width_c) (1 - exp(-(k(T) (t + ramp_h))^phase_order)),
    k = `phase_rate_1_h` at the reference temperature, with `phase_energy_kj_mol`.
    Grains: d^m - d0^m = k0 exp(-E/RT) t with m `growth_order`, in units of d0^m a rate of `growth_rate_1_h`,
    `growth_energy_kj_mol`; `area` is the surface area, unmilled, at the reference calcination.
    Milling: `milled_area` is what endless milling would give; `oxidation_ease` multiplies the dose that
    oxidises. Capacity: `largest` S^h / (S^h + K^h), K `half_area`, h `steepness`; less a share
    `immature_loss` of what was calcined well below `matures_at_c` (residues, poor order).
    """

    onset_c: V
    onset_width_c: P
    phase_rate_1_h: P
    phase_energy_kj_mol: P
    phase_order: P
    area: P
    growth_rate_1_h: P
    growth_energy_kj_mol: P
    growth_order: P
    milled_area: P
    oxidation_ease: P
    largest: P
    half_area: P
    steepness: P
    immature_loss: S
    matures_at_c: V
    matures_width_c: P


class Milling(Constants[V, P, S]):
    """Area S0 + (milled_area - S0) (1 - exp(-(rate D (S0/area)^coarse_effect)^order)), D = rpm^a t^b.

    The dose D is 1 at the reference milling; a `speed_exponent`, b `time_exponent`. Coarser powders
    (S0 below the reference area) need more of it.
    """

    speed_exponent: P
    time_exponent: P
    rate: P
    order: P
    coarse_effect: V


class Oxidation(Constants[V, P, S]):
    """Oxidation: `largest` D^s / (D^s + half_dose^s) of a dose D of its own, s `steepness`.

    Judged as oxidised beyond the share `threshold`, over a width `judgement` on the logarithm (scatter of
    mill runs and of judges).
    """

    speed_exponent: P
    time_exponent: P
    half_dose: P
    steepness: P
    largest: S
    threshold: S
    judgement: P


class Cell(Constants[V, P, S]):
    """Cells: `ceiling` nothing exceeds, `charge_ratio` of charge to discharge of a sound powder.

    `impurity_loss` is the share of both capacities that an impure powder lacks.
    """

    ceiling: P
    charge_ratio: P
    impurity_loss: S


class Noise(Constants[V, P, S]):
    """Standard deviations, as shares: capacity (powder, electrode, cells), area, and their ratio."""

    capacity: S
    charge_ratio: S
    area: S
