"""One virtual laboratory: what comes of conditions in truth, and what it would write down."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from ...models.evidence import PROCESS_WORKS
from .constants import Cell, Conditions, Furnace, Milling, Noise, Oxidation, Reference, Results, Route

_GAS_CONSTANT_KJ_MOL_K = 8.314462618e-3
_ZERO_CELSIUS_K = 273.15


@dataclass(frozen=True, kw_only=True)
class LabConstants:
    """The constants of one laboratory, by section of its description and by route."""

    furnace: Furnace[float, float, float]
    reference: Reference[float, float, float]
    milling: Milling[float, float, float]
    oxidation: Oxidation[float, float, float]
    cell: Cell[float, float, float]
    noise: Noise[float, float, float]
    routes: Mapping[str, Route[float, float, float]]


@dataclass(frozen=True, kw_only=True)
class VirtualLab:
    """One laboratory with a furnace, a mill, precursors and habits of its own.

    Attributes
    ----------
    conditions, results
        Which parameter and response plays which part.
    stops_if_impure
        Whether an impure powder is measured no further.
    constants
        Its constants.
    """

    conditions: Conditions
    results: Results
    stops_if_impure: bool
    constants: LabConstants

    @property
    def candidates(self) -> None:
        """Anything can be made."""
        return None

    def truth(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What conditions give, without scatter.

        Parameters
        ----------
        frame
            Conditions in lab units, one row each.

        Returns
        -------
        DataFrame
            With the index of `frame`: the true value of each number for a powder that came out pure, the
            probability of yes of each yes/no response, and the probability that the synthesis works at all
            (column `PROCESS_WORKS`).
        """
        c, names = self.constants, self.results
        temperature_c = frame[self.conditions.temperature].to_numpy(float) + c.furnace.offset_c
        time_h = frame[self.conditions.hold].to_numpy(float) + c.furnace.ramp_h
        is_milled = self._is_milled(frame)
        area = np.empty(len(frame))
        pure, sound, ease = area.copy(), area.copy(), area.copy()
        for name, route in c.routes.items():
            rows = (frame[self.conditions.route] == name).to_numpy()
            pure[rows] = self._pure(route, temperature_c[rows], time_h[rows])
            dose = self._dose(frame[rows], is_milled[rows], c.milling.speed_exponent, c.milling.time_exponent)
            area[rows] = self._area(route, temperature_c[rows], time_h[rows], dose)
            sound[rows] = _capacity(route, area[rows], temperature_c[rows])
            ease[rows] = route.oxidation_ease
        known = frame[self.conditions.route].isin(list(c.routes)).to_numpy()
        area[~known] = pure[~known] = sound[~known] = ease[~known] = np.nan
        oxidation = self._oxidation(
            ease * self._dose(frame, is_milled, c.oxidation.speed_exponent, c.oxidation.time_exponent)
        )
        with np.errstate(divide="ignore"):
            beyond = np.log(oxidation / c.oxidation.threshold) / c.oxidation.judgement
        discharge = np.minimum(sound, c.cell.ceiling)
        return pd.DataFrame(
            {
                names.pure: pure,
                names.area: area,
                names.discharge: discharge,
                names.charge: np.minimum(discharge * c.cell.charge_ratio * (1 - oxidation), c.cell.ceiling),
                names.oxidised: expit(beyond),
                PROCESS_WORKS: expit((c.furnace.fuses_at_c - temperature_c) / c.furnace.fuses_width_c),
            },
            index=frame.index,
        )

    def measure(self, frame: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
        """Make and measure powders, each with scatter of its own.

        Parameters
        ----------
        frame
            Conditions in lab units, one row each.
        generator
            Draws the scatter; the same number of draws whatever comes out.

        Returns
        -------
        DataFrame
            The conditions with their results in the form that `Campaign.add` takes: ``yes`` and ``no``,
            numbers, empty where nothing was measured; ``failure`` is ``process`` where the powder fused.
        """
        names, noise = self.results, self.constants.noise
        truth = self.truth(frame)
        n = len(frame)
        works, is_pure, is_oxidised = (
            generator.random(n) < truth[name].to_numpy()
            for name in (PROCESS_WORKS, names.pure, names.oxidised)
        )
        area, capacity, ratio = np.exp(
            generator.standard_normal((3, n)) * [[noise.area], [noise.capacity], [noise.charge_ratio]]
        )
        kept = np.where(is_pure, 1.0, 1 - self.constants.cell.impurity_loss)
        most = 0.999 * self.constants.cell.ceiling
        numbers = {
            names.area: truth[names.area] * area,
            names.discharge: np.minimum(truth[names.discharge] * kept * capacity, most),
            # Both capacities are of one cell: an error of its mass is in both.
            names.charge: np.minimum(truth[names.charge] * kept * capacity * ratio, most),
        }
        goes_on = works & (is_pure | (not self.stops_if_impure))
        table = frame.copy()
        table[names.pure] = _yes_no(is_pure, works)
        for name, values in numbers.items():
            table[name] = np.where(goes_on, [float(f"{value:.4g}") for value in values], np.nan)
        table[names.oxidised] = _yes_no(is_oxidised, goes_on)
        table["failure"] = np.where(works, "", "process")
        return table

    def _is_milled(self, frame: pd.DataFrame) -> np.ndarray:
        parent, values = next(iter(self.conditions.milled_when.items()))
        return frame[parent].isin(list(values)).to_numpy()

    def _dose(
        self, frame: pd.DataFrame, is_milled: np.ndarray, speed_exponent: float, time_exponent: float
    ) -> np.ndarray:
        """Milling dose rpm^a t^b, 1 at the reference and 0 unmilled."""
        reference = self.constants.reference
        speed = pd.to_numeric(frame[self.conditions.speed]).to_numpy(float) / reference.speed
        time = pd.to_numeric(frame[self.conditions.time]).to_numpy(float) / reference.time
        return np.where(is_milled, speed**speed_exponent * time**time_exponent, 0.0)

    def _pure(
        self, route: Route[float, float, float], temperature_c: np.ndarray, time_h: np.ndarray
    ) -> np.ndarray:
        rate = route.phase_rate_1_h * self._arrhenius(route.phase_energy_kj_mol, temperature_c)
        onset = expit((temperature_c - route.onset_c) / route.onset_width_c)
        return onset * -np.expm1(-((rate * time_h) ** route.phase_order))

    def _area(
        self,
        route: Route[float, float, float],
        temperature_c: np.ndarray,
        time_h: np.ndarray,
        dose: np.ndarray,
    ) -> np.ndarray:
        c = self.constants
        rate = route.growth_rate_1_h * self._arrhenius(route.growth_energy_kj_mol, temperature_c)
        grown = (1 + rate * time_h) / (1 + route.growth_rate_1_h * (c.reference.hold_h + c.furnace.ramp_h))
        share = grown ** (-1 / route.growth_order)
        unmilled = route.area * share
        effective = c.milling.rate * dose * share**c.milling.coarse_effect
        return unmilled + (route.milled_area - unmilled) * -np.expm1(-(effective**c.milling.order))

    def _oxidation(self, dose: np.ndarray) -> np.ndarray:
        """Share of the charge that is lost."""
        o = self.constants.oxidation
        hill = (dose / o.half_dose) ** o.steepness
        return o.largest * hill / (1 + hill)

    def _arrhenius(self, energy_kj_mol: float, temperature_c: np.ndarray) -> np.ndarray:
        """Rate against the reference temperature."""
        reference_k = self.constants.reference.temperature_c + _ZERO_CELSIUS_K
        inverse_1_k = 1 / (temperature_c + _ZERO_CELSIUS_K) - 1 / reference_k
        return np.exp(-energy_kj_mol / _GAS_CONSTANT_KJ_MOL_K * inverse_1_k)


def _capacity(route: Route[float, float, float], area: np.ndarray, temperature_c: np.ndarray) -> np.ndarray:
    ratio = (area / route.half_area) ** route.steepness
    immature = expit((route.matures_at_c - temperature_c) / route.matures_width_c)
    return route.largest * ratio / (1 + ratio) * (1 - route.immature_loss * immature)


def _yes_no(answers: np.ndarray, is_known: np.ndarray) -> list[str]:
    return ["" if not known else "yes" if yes else "no" for yes, known in zip(answers, is_known, strict=True)]
