"""Virtual labs that behave like a powder synthesis, with every truth known.

A `VirtualLab` is one material in one lab. All its constants are drawn at random, so each seed is another
material and none is a real one. The forms are those of the field: a phase appears above a temperature that
falls with the logarithm of the hold; grains grow by an Arrhenius law; milling multiplies the surface area and
saturates in the dose rpm^a t^b; capacity saturates with the surface area, one curve a route; impurity and
oxidation take capacity away. Furnace runs, powders and cells each scatter by themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.random import Generator

from ovenbird.datasets import (
    CategoricalParameter,
    Experiment,
    Measurement,
    NumericParameter,
    ParameterSpace,
    QualifiedValue,
    Status,
)

_GAS_CONSTANT_KJ_MOL_K = 8.314462618e-3
_ZERO_CELSIUS_K = 273.15
_RAMP_H = 0.2  # what heating up adds to the hold
ROUTES = ("solid", "solution")
CAPACITY, CHARGE, AREA, PURE = "discharge_capacity", "charge_capacity", "surface_area", "phase_pure"


@dataclass(frozen=True, kw_only=True)
class Route:
    """Constants of one route.

    Attributes
    ----------
    onset_c
        Calcination temperature at which one hour gives the pure phase.
    area_m2_g
        Surface area before any growth and milling.
    milling_gain
        Factor, less one, by which endless milling raises the surface area.
    half_area_m2_g, area_exponent
        Surface area that gives half the capacity, and how steep the curve is there.
    """

    onset_c: float
    area_m2_g: float
    milling_gain: float
    half_area_m2_g: float
    area_exponent: float


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What powders are; shape (n,) each.

    Attributes
    ----------
    works
        Whether a powder comes out of the furnace at all.
    is_pure
        Whether it is the pure phase.
    area_m2_g, discharge_mah_g, charge_mah_g
        Surface area and capacities.
    """

    works: np.ndarray
    is_pure: np.ndarray
    area_m2_g: np.ndarray
    discharge_mah_g: np.ndarray
    charge_mah_g: np.ndarray

    @property
    def usable_mah_g(self) -> np.ndarray:
        """Discharge capacity of what works and is pure, else 0."""
        return np.where(self.works & self.is_pure, self.discharge_mah_g, 0.0)


@dataclass(frozen=True, kw_only=True)
class Results:
    """What a lab writes down of powders that it made.

    Attributes
    ----------
    works, is_pure, area_m2_g : ndarray, shape (n,)
        Whether a powder came out, was pure, and its surface area as measured.
    discharge_mah_g, charge_mah_g : ndarray, shape (n, n_cells)
        Capacities, cell by cell; NaN for cells that were not built.
    """

    works: np.ndarray
    is_pure: np.ndarray
    area_m2_g: np.ndarray
    discharge_mah_g: np.ndarray
    charge_mah_g: np.ndarray


@dataclass(frozen=True, kw_only=True)
class VirtualLab:
    """One material in one lab.

    Attributes
    ----------
    space
        What can be set.
    routes
        Constants that depend on the route.
    ceiling_mah_g, best_mah_g
        Capacity that theory allows, and that endless surface area gives.
    hold_effect_c
        How far the onset falls with each e-fold of the hold.
    impurity_loss, impurity_scale_c
        Largest share of capacity that impurity takes, and how far below the onset most of it is lost.
    failure_c
        Calcination temperature above which the powder fuses to its crucible.
    growth_exponent, growth_rate_1_h, growth_energy_kj_mol, reference_c
        Grain growth: d^m - d0^m in units of d0^m, with its rate at the reference temperature.
    speed_exponent, time_exponent, milling_rate, milling_shape
        Dose rpm^a t^b, scaled to 1 at the upper ends, and the saturation 1 - exp(-(kD)^q).
    oxidation_speed_exponent, oxidation_dose, oxidation_steepness
        Oxidation follows a Hill curve of a dose with its own exponent of the speed.
    charge_ratio, charge_loss, discharge_loss
        Charge over discharge of a sound powder, and shares that full oxidation takes from each.
    furnace_sd_c, powder_share, area_share, batch_share, cell_share
        Scatter: temperature of a run; shares of the area of a powder, of measuring it, of the capacity of
        a powder, of a cell.
    """

    space: ParameterSpace
    routes: Mapping[str, Route]
    ceiling_mah_g: float
    best_mah_g: float
    hold_effect_c: float
    impurity_loss: float
    impurity_scale_c: float
    failure_c: float
    growth_exponent: float
    growth_rate_1_h: float
    growth_energy_kj_mol: float
    reference_c: float
    speed_exponent: float
    time_exponent: float
    milling_rate: float
    milling_shape: float
    oxidation_speed_exponent: float
    oxidation_dose: float
    oxidation_steepness: float
    charge_ratio: float
    charge_loss: float
    discharge_loss: float
    furnace_sd_c: float
    powder_share: float
    area_share: float
    batch_share: float
    cell_share: float

    def capacity_scatter_share(self, generator: Generator) -> float:
        """Scatter of one measured capacity around the truth of its conditions, as known from pure powders."""
        frame = self.working_conditions(400, generator)
        frame = frame[self.truth(frame).is_pure]
        ratio = self.make(frame, 1, generator).discharge_mah_g[:, 0] / self.truth(frame).discharge_mah_g
        return float(np.std(np.log(ratio)))

    def random_conditions(self, n: int, generator: Generator) -> pd.DataFrame:
        """Settings drawn uniformly, one row each; NaN where a parameter does not apply."""
        table: dict[str, np.ndarray] = {}
        for parameter in self.space:
            draws = generator.integers(parameter.n_settings, size=n)
            if isinstance(parameter, CategoricalParameter):
                table[parameter.name] = np.asarray(parameter.values, dtype=object)[draws]
            else:
                table[parameter.name] = parameter.setting(draws)
        unmilled = table["milled"] == "no"
        for name in ("milling_speed", "milling_time"):
            table[name] = np.where(unmilled, np.nan, table[name])
        return pd.DataFrame(table)

    def working_conditions(self, n: int, generator: Generator) -> pd.DataFrame:
        """Random conditions of which each gives a powder."""
        pool = self.random_conditions(4 * n, generator)
        return pool[self.truth(pool).works].head(n).reset_index(drop=True)

    def truth(
        self,
        frame: pd.DataFrame,
        furnace_offset_c: np.ndarray | float = 0.0,
        powder: np.ndarray | float = 1.0,
    ) -> Truth:
        """What comes of conditions.

        Parameters
        ----------
        frame
            Conditions, n rows.
        furnace_offset_c
            How much hotter the furnace was than its display.
        powder
            Factor of the surface area by which these powders differ from others of the same conditions.
        """
        temperature_c = frame["calcination_temperature"].to_numpy(float) + furnace_offset_c
        hold_h = frame["hold_time"].to_numpy(float) + _RAMP_H
        deficit_c = self._of_route(frame, "onset_c") - self.hold_effect_c * np.log(hold_h) - temperature_c
        area_m2_g = self._area_m2_g(frame, temperature_c, hold_h) * powder
        # The share of the full capacity that the surface area gives, by route.
        ratio = (area_m2_g / self._of_route(frame, "half_area_m2_g")) ** self._of_route(
            frame, "area_exponent"
        )
        impurity = 1 - np.exp(-np.clip(deficit_c, 0, None) / self.impurity_scale_c)
        sound_mah_g = self.best_mah_g * ratio / (1 + ratio) * (1 - self.impurity_loss * impurity)
        oxidation = self._oxidation(frame)
        return Truth(
            works=temperature_c < self.failure_c,
            is_pure=deficit_c < 0,
            area_m2_g=area_m2_g,
            discharge_mah_g=sound_mah_g * (1 - self.discharge_loss * oxidation),
            charge_mah_g=sound_mah_g * self.charge_ratio * (1 - self.charge_loss * oxidation),
        )

    def make(self, frame: pd.DataFrame, n_cells: int, generator: Generator) -> Results:
        """Make and measure powders: each furnace run, powder and cell scatters by itself."""
        n = len(frame)
        truth = self.truth(
            frame,
            self.furnace_sd_c * generator.standard_normal(n),
            np.exp(self.powder_share * generator.standard_normal(n)),
        )
        batch = np.exp(self.batch_share * generator.standard_normal((n, 1)))
        cell = np.exp(self.cell_share * generator.standard_normal((n, n_cells)))
        built = np.arange(n_cells) < generator.integers(1, n_cells + 1, size=(n, 1))
        # Both capacities are of one cell, so an error of its mass is in both.
        shared = np.where(built, batch * cell, np.nan)
        reading = np.exp(0.01 * generator.standard_normal((n, n_cells)))
        most = 0.999 * self.ceiling_mah_g
        return Results(
            works=truth.works,
            is_pure=truth.is_pure,
            area_m2_g=truth.area_m2_g * np.exp(self.area_share * generator.standard_normal(n)),
            discharge_mah_g=np.minimum(truth.discharge_mah_g[:, None] * shared, most),
            charge_mah_g=np.minimum(truth.charge_mah_g[:, None] * shared * reading, most),
        )

    def elsewhere(self, generator: Generator) -> "VirtualLab":
        """Another lab with the same material: its furnace, mill and cells read differently."""
        offset_c = 12.0 * generator.standard_normal()
        routes = {
            name: replace(route, onset_c=route.onset_c + offset_c) for name, route in self.routes.items()
        }
        return replace(
            self,
            routes=routes,
            failure_c=self.failure_c + offset_c,
            milling_rate=self.milling_rate * np.exp(0.4 * generator.standard_normal()),
            best_mah_g=self.best_mah_g * np.exp(0.08 * generator.standard_normal()),
            batch_share=1.5 * self.batch_share,
        )

    def _of_route(self, frame: pd.DataFrame, constant: str) -> np.ndarray:
        by_route = {name: getattr(route, constant) for name, route in self.routes.items()}
        return frame["route"].map(by_route).to_numpy(float)

    def _area_m2_g(self, frame: pd.DataFrame, temperature_c: np.ndarray, hold_h: np.ndarray) -> np.ndarray:
        inverse = 1 / (temperature_c + _ZERO_CELSIUS_K) - 1 / (self.reference_c + _ZERO_CELSIUS_K)
        rate_1_h = self.growth_rate_1_h * np.exp(
            -self.growth_energy_kj_mol / _GAS_CONSTANT_KJ_MOL_K * inverse
        )
        grown = (1 + rate_1_h * hold_h) ** (-1 / self.growth_exponent)
        dose = self._dose(frame, self.speed_exponent)
        milled = 1 - np.exp(-((self.milling_rate * dose) ** self.milling_shape))
        gain = 1 + self._of_route(frame, "milling_gain") * milled
        return self._of_route(frame, "area_m2_g") * grown * gain

    def _oxidation(self, frame: pd.DataFrame) -> np.ndarray:
        hill = (self._dose(frame, self.oxidation_speed_exponent) / self.oxidation_dose) ** (
            self.oxidation_steepness
        )
        return hill / (1 + hill)

    def _dose(self, frame: pd.DataFrame, speed_exponent: float) -> np.ndarray:
        """Milling dose, 1 at the highest speed and longest time, 0 unmilled."""
        speed, time = self.space.by_name["milling_speed"], self.space.by_name["milling_time"]
        assert isinstance(speed, NumericParameter) and isinstance(time, NumericParameter)
        relative_speed = frame["milling_speed"].to_numpy(float) / speed.high
        relative_time = frame["milling_time"].to_numpy(float) / time.high
        return np.nan_to_num(relative_speed**speed_exponent * relative_time**self.time_exponent)


def draw_lab(generator: Generator) -> VirtualLab:
    """Draw a material and a lab."""
    low_c = float(generator.choice(np.arange(500, 801, 50)))
    span_c = float(generator.choice([250, 300, 350]))
    space = _space(low_c, low_c + span_c, generator)
    ceiling_mah_g = float(np.round(generator.uniform(150, 400), -1))
    solid = Route(
        onset_c=low_c + span_c * generator.uniform(0.15, 0.5),
        area_m2_g=np.exp(generator.uniform(np.log(1), np.log(6))),
        milling_gain=generator.uniform(4, 20),
        half_area_m2_g=np.exp(generator.uniform(np.log(1), np.log(8))),
        area_exponent=generator.uniform(0.6, 1.2),
    )
    solution = Route(
        onset_c=solid.onset_c - span_c * generator.uniform(0.0, 0.25),
        area_m2_g=solid.area_m2_g * generator.uniform(3, 15),
        milling_gain=solid.milling_gain * generator.uniform(0.05, 0.4),
        half_area_m2_g=solid.half_area_m2_g * generator.uniform(0.8, 3),
        area_exponent=generator.uniform(0.6, 1.2),
    )
    speed_exponent = generator.normal(3, 0.5)
    return VirtualLab(
        space=space,
        routes=dict(zip(ROUTES, (solid, solution), strict=True)),
        ceiling_mah_g=ceiling_mah_g,
        best_mah_g=ceiling_mah_g * generator.uniform(0.7, 0.9),
        hold_effect_c=generator.uniform(10, 40),
        impurity_loss=generator.uniform(0.3, 0.7),
        impurity_scale_c=generator.uniform(20, 60),
        failure_c=low_c + span_c * generator.uniform(0.85, 1.15),
        growth_exponent=generator.uniform(2, 4),
        growth_rate_1_h=np.exp(generator.uniform(np.log(0.05), np.log(2))),
        growth_energy_kj_mol=generator.uniform(130, 350),
        reference_c=low_c + span_c / 2,
        speed_exponent=speed_exponent,
        time_exponent=generator.normal(1, 0.2),
        milling_rate=np.exp(generator.uniform(np.log(1), np.log(8))),
        milling_shape=generator.uniform(0.5, 1.0),
        oxidation_speed_exponent=speed_exponent + generator.uniform(0, 2),
        oxidation_dose=generator.uniform(0.2, 1.0),
        oxidation_steepness=generator.uniform(2, 5),
        charge_ratio=generator.uniform(1.0, 1.12),
        charge_loss=generator.uniform(0.1, 0.35),
        discharge_loss=generator.uniform(0.0, 0.15),
        furnace_sd_c=generator.uniform(2, 6),
        powder_share=generator.uniform(0.04, 0.10),
        area_share=generator.uniform(0.03, 0.06),
        batch_share=generator.uniform(0.02, 0.04),
        cell_share=generator.uniform(0.02, 0.03),
    )


def _space(low_c: float, high_c: float, generator: Generator) -> ParameterSpace:
    milled = {"milled": ("yes",)}
    longest_h = float(generator.choice([8, 12, 24]))
    slowest, fastest = float(generator.choice([150, 200, 300])), float(generator.choice([500, 650, 800]))
    return ParameterSpace(
        (
            CategoricalParameter(name="route", values=ROUTES),
            NumericParameter(name="calcination_temperature", unit="degC", low=low_c, high=high_c, step=10),
            NumericParameter(name="hold_time", unit="h", low=0, high=longest_h, step=0.5),
            CategoricalParameter(name="milled", values=("no", "yes")),
            NumericParameter(
                name="milling_speed", unit="rpm", low=slowest, high=fastest, step=10, when=milled
            ),
            NumericParameter(name="milling_time", unit="h", low=0.5, high=longest_h, step=0.5, when=milled),
        )
    )


def experiments(
    lab: VirtualLab, frame: pd.DataFrame, results: Results, prefix: str = "own", source: str = ""
) -> list[Experiment]:
    """Results as records with ids such as ``own-003``; what did not work has no measurements."""
    records = []
    for row, stated in enumerate(frame.to_dict("records")):
        conditions = lab.space.complete({str(k): v for k, v in stated.items()}, f"{prefix} row {row}")
        works = bool(results.works[row])
        history = [
            _measured(PURE, bool(results.is_pure[row])),
            _measured(AREA, float(results.area_m2_g[row])),
        ]
        for name, cells in ((CAPACITY, results.discharge_mah_g), (CHARGE, results.charge_mah_g)):
            built = cells[row][~np.isnan(cells[row])]
            history += [_measured(name, float(v), i + 1) for i, v in enumerate(built)]
        records.append(
            Experiment(
                id=f"{prefix}-{row:03d}",
                status=Status.MEASURED if works else Status.FAILED,
                planned=conditions,
                executed=conditions,
                source=source,
                failure=None if works else "process",
                history=tuple(history) if works else (),
            )
        )
    return records


def _measured(response: str, value: float | bool, replicate: int = 1) -> Measurement:
    return Measurement(response=response, value=QualifiedValue(value), replicate=replicate)
