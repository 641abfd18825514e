"""What the models of the LTVO example believe, from formulas that look like it."""

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr

from ovenbird.campaigns.report.week_summary import BelievedCurve, BelievedMap, Named, ResponseTrust
from ovenbird.models.diagnostics import LEVELS, LeftOut, ReliabilityBin
from ovenbird.models.response_map import Place, ResponseMap

PURE = Named(name="phase_pure", is_yes_no=True)
AREA = Named(name="bet_surface_area", unit="m2/g")
DISCHARGE = Named(name="discharge_capacity", unit="mAh/g")
OXIDISED = Named(name="oxidised", is_yes_no=True)
TEMPERATURE = Named(name="calcination_temperature", unit="degC")
HOLD = Named(name="hold_time", unit="h")
SPEED = Named(name="milling_speed", unit="rpm")
TIME = Named(name="milling_time", unit="h")

_T, _H = np.arange(600.0, 901.0, 10.0), np.arange(0.0, 12.1, 0.5)
_S, _M = np.arange(200.0, 601.0, 10.0), np.arange(0.5, 12.1, 0.5)


def log_dose(speed: np.ndarray | float, time: np.ndarray | float) -> np.ndarray:
    """Of milling, against 450 rpm for 6 h."""
    return 2.6 * np.log(np.asarray(speed) / 450) + np.log(np.asarray(time) / 6)


def p_pure(temperature: np.ndarray | float, hold: np.ndarray | float) -> np.ndarray:
    """Probability of purity."""
    hotter, longer = np.asarray(temperature) - 700, np.log((np.asarray(hold) + 0.3) / 3.3)
    return np.asarray(ndtr((1.55 + hotter / 22 + longer * 1.05) / (1 + 0.0016 * np.abs(hotter))))


def p_oxidised(speed: np.ndarray | float, time: np.ndarray | float) -> np.ndarray:
    """Probability of oxidation."""
    return np.asarray(ndtr(2.35 * (log_dose(speed, time) - 0.98)))


def capacity(speed: np.ndarray | float, time: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Median and standard deviation of a measurement."""
    dose = log_dose(speed, time)
    median = 118 + 205 / (1 + np.exp(-1.05 * (dose + 0.55)))
    return median, 10.5 + 3.8 * np.abs(dose - 0.25) ** 1.3


def _grid(x: np.ndarray, y: np.ndarray, of: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    return of(*np.meshgrid(x, y))


def _at(x: float, y: float, experiments: str, answers: str) -> Place:
    return Place((x, x), (y, y), tuple(experiments.split()), tuple(answers.split()))


_CAPACITY = capacity(*np.meshgrid(_S, _M))
SOLID = "route solid state, milling none"
FIRED = "route solid state, calcination temperature 700\N{NO-BREAK SPACE}°C, hold time 3\N{NO-BREAK SPACE}h"
MAPS = (
    BelievedMap(
        response=PURE,
        x=TEMPERATURE,
        y=HOLD,
        fixed="route solid state",
        found=ResponseMap(_T, _H, _grid(_T, _H, p_pure)),
        limit=0.9,
        places=(
            Place((600, 600), (0, 12), ("SS-600C",), ("no",)),
            Place((650, 650), (0, 12), ("SS-650C",), ("no",)),
            Place((900, 900), (0, 12), ("SS-900C",), ("yes",)),
            _at(700, 0, "SS-700C-0h", "no"),
            _at(700, 3, "SS-700C-3h LTVO-001 LTVO-002 LTVO-006 LTVO-009 LTVO-013", "yes yes yes yes yes yes"),
            _at(680, 6, "LTVO-003", "no"),
            _at(720, 3, "LTVO-004", "yes"),
            _at(740, 2, "LTVO-007", "yes"),
            _at(720, 2.5, "LTVO-008", "yes"),
            _at(760, 1.5, "LTVO-010", "yes"),
            _at(690, 1.5, "LTVO-011", "no"),
            _at(680, 2, "LTVO-016", "no"),
        ),
        suggested=((700, 3, "LTVO-017"), (700, 3, "LTVO-018"), (740, 1.5, "LTVO-019"), (700, 3, "LTVO-020")),
    ),
    BelievedMap(
        response=DISCHARGE,
        x=SPEED,
        y=TIME,
        fixed=FIRED,
        found=ResponseMap(
            _S, _M, _CAPACITY[0], _CAPACITY[0] - 1.645 * _CAPACITY[1], _CAPACITY[0] + 1.645 * _CAPACITY[1]
        ),
        limit=250.0,
        places=(
            _at(280, 6, "SS-700C-3h-M280-6h", "220"),
            _at(450, 6, "SS-700C-3h-M450-6h LTVO-001 LTVO-006 LTVO-009 LTVO-014", "255 251 248 246 228 252"),
            _at(600, 12, "SS-700C-3h-M600-12h", "310"),
            _at(450, 12, "SS-700C-3h-M450-12h", ""),
            _at(450, 3, "SS-700C-3h-M450-3h", ""),
            _at(470, 9.5, "LTVO-013", "285 281"),
            _at(480, 10.5, "LTVO-012", "288 284"),
        ),
        suggested=((450, 6, "LTVO-017"), (470, 9.5, "LTVO-018"), (450, 6, "LTVO-020")),
    ),
    BelievedMap(
        response=OXIDISED,
        x=SPEED,
        y=TIME,
        fixed=FIRED,
        found=ResponseMap(_S, _M, _grid(_S, _M, p_oxidised)),
        limit=0.2,
        places=(
            _at(450, 6, "SS-700C-3h-M450-6h LTVO-001 LTVO-006 LTVO-009 LTVO-014", "no no no no no"),
            _at(450, 12, "SS-700C-3h-M450-12h", "yes"),
            _at(600, 12, "SS-700C-3h-M600-12h", "yes"),
            _at(470, 9.5, "LTVO-013", "no"),
            _at(480, 10.5, "LTVO-012", "yes"),
        ),
        suggested=((450, 6, "LTVO-017"), (470, 9.5, "LTVO-018"), (450, 6, "LTVO-020")),
    ),
)


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(map(float, values))


def _of_capacity(
    over: Named, x: np.ndarray, speed: np.ndarray | float, time: np.ndarray | float
) -> BelievedCurve:
    median, sd = capacity(speed, time)
    points = {
        SPEED.name: ((450.0, 249.5, "LTVO-001"), (450.0, 246.0, "LTVO-006"), (450.0, 228.0, "LTVO-009")),
        TIME.name: ((6.0, 249.5, "LTVO-001"), (6.0, 252.5, "LTVO-014"), (9.0, 268.0, "LTVO-004")),
    }[over.name]
    return BelievedCurve(
        response=DISCHARGE,
        over=over,
        x=_floats(x),
        median=_floats(median),
        low=_floats(median - 1.645 * sd),
        high=_floats(median + 1.645 * sd),
        points=points,
    )


def _of_chance(
    response: Named, over: Named, x: np.ndarray, p: np.ndarray, *points: tuple[float, float, str]
) -> BelievedCurve:
    chances = _floats(p)
    return BelievedCurve(
        response=response, over=over, x=_floats(x), median=chances, low=chances, high=chances, points=points
    )


EFFECTS = (
    _of_capacity(SPEED, _S, _S, 6.0),
    _of_capacity(TIME, _M, 450.0, _M),
    _of_chance(
        PURE,
        TEMPERATURE,
        _T,
        p_pure(_T, 3.0),
        (700, 1, "SS-700C-3h"),
        (720, 1, "LTVO-004"),
        (700, 1, "LTVO-013"),
    ),
    _of_chance(PURE, HOLD, _H, p_pure(700.0, _H), (0, 0, "SS-700C-0h"), (3, 1, "SS-700C-3h")),
    _of_chance(OXIDISED, SPEED, _S, p_oxidised(_S, 6.0), (450, 0, "LTVO-001"), (450, 0, "LTVO-006")),
    _of_chance(OXIDISED, TIME, _M, p_oxidised(450.0, _M), (6, 0, "LTVO-001"), (12, 1, "SS-700C-3h-M450-12h")),
)
_BET = np.linspace(1.0, 110.0, 60)


def _chain(
    route: str, most: float, half: float, away: float, *points: tuple[float, float, str]
) -> BelievedCurve:
    median = most * _BET**0.9 / (_BET**0.9 + half**0.9)
    sd = 12 + 0.5 * np.abs(_BET - away)
    return BelievedCurve(
        response=DISCHARGE,
        over=AREA,
        label=route,
        x=_floats(_BET),
        median=_floats(median),
        low=_floats(np.maximum(median - 1.645 * sd, 0)),
        high=_floats(np.minimum(median + 1.645 * sd, 370)),
        points=points,
    )


_MEASURED = (
    (19.4, 249.5, "LTVO-001"),
    (3.1, 104.0, "LTVO-002"),
    (27.1, 268.0, "LTVO-004"),
    (37.5, 287.0, "LTVO-005"),
    (20.3, 246.0, "LTVO-006"),
    (28.9, 271.0, "LTVO-007"),
    (31.0, 277.0, "LTVO-008"),
    (17.2, 228.0, "LTVO-009"),
    (29.6, 273.0, "LTVO-010"),
    (36.5, 286.0, "LTVO-012"),
    (33.4, 283.0, "LTVO-013"),
    (18.1, 252.5, "LTVO-014"),
    (20.0, 255.0, "SS-700C-3h-M450-6h"),
)
CHAINS = (
    _chain("solid_state", 322, 5.6, 27, *_MEASURED),
    _chain("solution", 305, 10.0, 88, (92.0, 280.0, "SOL-700C-3h")),
)
_CAPACITIES = (*_MEASURED, (9.0, 220.0, "SS-700C-3h-M280-6h"), (48.0, 310.0, "SS-700C-3h-M600-12h"))
_ERRORS = (0.3, -1.1, 0.6, 1.2, -0.4, 0.1, 0.5, -2.1, 0.2, 0.9, 0.8, 0.4, 0.5, -0.7, 1.4)


def _left_out_numbers() -> tuple[LeftOut, ...]:
    found = []
    for (_, measured, experiment), error in zip(_CAPACITIES, _ERRORS, strict=True):
        sd = 9.0 + 0.05 * abs(measured - 255)
        median = measured - error * sd
        found.append(
            LeftOut(
                experiment,
                DISCHARGE.name,
                measured,
                median,
                median - 1.645 * sd,
                median + 1.645 * sd,
                float(ndtr(error)),
            )
        )
    return tuple(found)


_CHANCES = (0.03, 0.04, 0.05, 0.06, 0.07, 0.09, 0.12, 0.16, 0.19, 0.27, 0.31, 0.44, 0.55, 0.71, 0.88, 0.95)
_ANSWERS = (0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1)


def _left_out_answers() -> tuple[LeftOut, ...]:
    return tuple(
        LeftOut(f"LTVO-{number:03d}", OXIDISED.name, float(yes), p, p, p)
        for number, (p, yes) in enumerate(zip(_CHANCES, _ANSWERS, strict=True), 1)
    )


def _bins(items: tuple[LeftOut, ...]) -> tuple[ReliabilityBin, ...]:
    found = []
    for number in range(5):
        mine = [item for item in items if number / 5 <= item.median < (number + 1) / 5]
        n = len(mine)
        if n:
            forecast, observed = sum(i.median for i in mine) / n, sum(i.measured for i in mine) / n
            found.append(ReliabilityBin(n, forecast, observed))
    return tuple(found)


NUMBERS, ANSWERS = _left_out_numbers(), _left_out_answers()
TRUST = (
    ResponseTrust(
        response=DISCHARGE,
        n=len(NUMBERS),
        model="Gaussian process through bet_surface_area 74 %, trees 26 %",
        left_out=NUMBERS,
        coverage={level: sum(item.is_covered(level) for item in NUMBERS) / len(NUMBERS) for level in LEVELS},
        importance={
            "milling_time": 0.46,
            "milling_speed": 0.41,
            "milling": 0.3,
            "route": 0.12,
            "calcination_temperature": 0.05,
            "hold_time": 0.003,
        },
        in_words="14 of 15 values lay inside the 90 % interval forecast without them; usual error 8 mAh/g.",
    ),
    ResponseTrust(
        response=OXIDISED,
        n=len(ANSWERS),
        model="Gaussian process with yes and no",
        left_out=ANSWERS,
        reliability=_bins(ANSWERS),
        importance={"milling_time": 0.58, "milling_speed": 0.52, "milling": 0.2, "route": 0.01},
        in_words="Forecasts of oxidised score 0.12 (Brier), always saying its share 0.25: they are worth something.",
    ),
)
