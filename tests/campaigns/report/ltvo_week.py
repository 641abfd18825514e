"""The LTVO campaign after four weeks in a lab, as the summary that a report is built from."""

from datetime import datetime

from ovenbird.campaigns.report.week_summary import (
    Beliefs,
    BestSample,
    Decision,
    Deviation,
    Health,
    LastWeek,
    LimitMargin,
    MadeSample,
    Named,
    Outcome,
    Provenance,
    Standing,
    Waiting,
    WeekSummary,
)

from .ltvo_beliefs import CHAINS, EFFECTS, MAPS, TRUST
from .ltvo_plan import LAB, SUGGESTIONS, made, plan_of_the_week

ROUTE = Named(name="route")
TEMPERATURE = Named(name="calcination_temperature", unit="degC")
HOLD = Named(name="hold_time", unit="h")
MILLING = Named(name="milling")
SPEED = Named(name="milling_speed", unit="rpm")
TIME = Named(name="milling_time", unit="h")
PURE = Named(name="phase_pure", is_yes_no=True)
AREA = Named(name="bet_surface_area", unit="m2/g")
DISCHARGE = Named(name="discharge_capacity", unit="mAh/g")
CHARGE = Named(name="charge_capacity", unit="mAh/g")
OXIDISED = Named(name="oxidised", is_yes_no=True)
USABLE = Named(name="usable_capacity", unit="mAh/g")
HOURS = Named(name="process_hours", unit="h")
PAPER = "10.1039/d5ta07405c"


def number(experiment: str, response: Named, interval: tuple[float, float, float], *values: float) -> Outcome:
    """What came of a number: the forecast as low, median and high, and its replicates."""
    low, median, high = interval
    measured = sum(values) / len(values)
    return Outcome(
        experiment=experiment,
        response=response,
        median=median,
        low=low,
        high=high,
        measured=measured,
        shown="; ".join(f"{value:g}" for value in values),
        surprise=(measured - median) / ((high - low) / 3.29),
        is_surprise=not low <= measured <= high,
    )


def answer(experiment: str, response: Named, probability: float, bits: float, *, yes: bool) -> Outcome:
    """What came of a yes or no."""
    return Outcome(
        experiment=experiment,
        response=response,
        median=probability,
        low=probability,
        high=probability,
        measured=float(yes),
        shown="yes" if yes else "no",
        surprise=bits,
        is_surprise=(probability if yes else 1 - probability) < 0.1,
    )


LAST = (
    answer("LTVO-012", PURE, 0.95, 0.07, yes=True),
    number("LTVO-012", AREA, (24, 33, 44), 36.5),
    number("LTVO-012", DISCHARGE, (258, 279, 299), 288, 284),
    number("LTVO-012", CHARGE, (270, 289, 311), 262),
    answer("LTVO-012", OXIDISED, 0.09, 3.47, yes=True),
    answer("LTVO-013", PURE, 0.97, 0.04, yes=True),
    number("LTVO-013", AREA, (23, 31, 42), 33.4),
    number("LTVO-013", DISCHARGE, (256, 277, 297), 285, 281),
    number("LTVO-013", CHARGE, (267, 286, 306), 282),
    answer("LTVO-013", OXIDISED, 0.14, 0.22, yes=False),
    answer("LTVO-014", PURE, 0.96, 0.06, yes=True),
    number("LTVO-014", AREA, (13, 19, 27), 18.1),
    number("LTVO-014", DISCHARGE, (233, 252, 271), 256, 249),
    number("LTVO-014", CHARGE, (259, 279, 299), 281),
    answer("LTVO-014", OXIDISED, 0.05, 0.07, yes=False),
    answer("LTVO-016", PURE, 0.72, 1.84, yes=False),
)
EARLIER = (
    answer("LTVO-004", PURE, 0.93, 0.10, yes=True),
    number("LTVO-004", AREA, (12, 26, 47), 27.1),
    number("LTVO-004", DISCHARGE, (221, 262, 300), 271, 265),
    number("LTVO-004", CHARGE, (238, 279, 321), 281),
    answer("LTVO-004", OXIDISED, 0.24, 0.40, yes=False),
    answer("LTVO-005", PURE, 0.95, 0.07, yes=True),
    number("LTVO-005", AREA, (14, 29, 52), 37.5),
    number("LTVO-005", DISCHARGE, (226, 270, 311), 287),
    number("LTVO-005", CHARGE, (231, 277, 320), 259),
    answer("LTVO-005", OXIDISED, 0.31, 1.69, yes=True),
    number("LTVO-006", AREA, (13, 20, 30), 20.3),
    number("LTVO-006", DISCHARGE, (231, 251, 271), 246),
    answer("LTVO-006", OXIDISED, 0.09, 0.14, yes=False),
    answer("LTVO-007", PURE, 0.88, 0.18, yes=True),
    number("LTVO-007", AREA, (17, 28, 44), 28.9),
    number("LTVO-007", DISCHARGE, (243, 269, 294), 271),
    number("LTVO-007", CHARGE, (252, 281, 309), 284),
    answer("LTVO-007", OXIDISED, 0.17, 0.27, yes=False),
    number("LTVO-008", AREA, (18, 29, 44), 31.0),
    number("LTVO-008", DISCHARGE, (247, 273, 298), 277),
    number("LTVO-008", CHARGE, (250, 278, 306), 270),
    number("LTVO-009", AREA, (14, 20, 28), 17.2),
    number("LTVO-009", DISCHARGE, (233, 251, 269), 228, 226, 230),
    answer("LTVO-009", OXIDISED, 0.07, 0.10, yes=False),
    answer("LTVO-010", PURE, 0.83, 0.27, yes=True),
    number("LTVO-010", AREA, (20, 30, 43), 29.6),
    number("LTVO-010", DISCHARGE, (251, 274, 296), 276, 270),
    number("LTVO-010", CHARGE, (257, 283, 309), 283),
    answer("LTVO-010", OXIDISED, 0.15, 0.23, yes=False),
    answer("LTVO-011", PURE, 0.41, 0.76, yes=False),
)


def _sample(
    experiment: str,
    discharge: float,
    keeps: bool | None,
    best: float | None,
    *,
    charge: float | None = None,
    area: float | None = None,
    hours: float | None = None,
    source: str = "",
) -> MadeSample:
    values = {AREA.name: area, DISCHARGE.name: discharge, CHARGE.name: charge}
    known = {name: value for name, value in values.items() if value is not None}
    if charge is not None:
        known[USABLE.name] = min(charge, discharge)
    return MadeSample(
        experiment=experiment, source=source, values=known, hours=hours, keeps_limits=keeps, best=best
    )


HISTORY = (
    _sample("SS-700C-3h", 100, None, 100, source=PAPER),
    _sample("SS-700C-3h-M280-6h", 220, None, 220, source=PAPER),
    _sample("SS-700C-3h-M450-6h", 255, True, 255, charge=285, area=20, source=PAPER),
    _sample("SS-700C-3h-M600-12h", 310, False, 255, charge=250, source=PAPER),
    _sample("SOL-700C-3h", 280, None, 280, area=92, source=PAPER),
    _sample("LTVO-001", 249.5, True, 280, charge=279, area=19.4, hours=110.3),
    _sample("LTVO-002", 104, True, 280, charge=118, area=3.1, hours=212.3),
    _sample("LTVO-004", 268, True, 280, charge=281, area=27.1, hours=341.0),
    _sample("LTVO-005", 287, False, 280, charge=259, area=37.5, hours=455.2),
    _sample("LTVO-006", 246, True, 280, area=20.3, hours=565.5),
    _sample("LTVO-007", 271, True, 280, charge=284, area=28.9, hours=677.4),
    _sample("LTVO-008", 277, None, 280, charge=270, area=31.0, hours=789.8),
    _sample("LTVO-009", 228, True, 280, area=17.2, hours=900.1),
    _sample("LTVO-010", 273, True, 280, charge=283, area=29.6, hours=1012.2),
    _sample("LTVO-012", 286, False, 280, charge=262, area=36.5, hours=1136.0),
    _sample("LTVO-013", 283, True, 283, charge=282, area=33.4, hours=1250.9),
    _sample("LTVO-014", 252.5, True, 283, charge=281, area=18.1, hours=1361.2),
)
STANDING = Standing(
    goal="maximise discharge_capacity [mAh/g]",
    objectives=((DISCHARGE, "maximise"),),
    beside=(USABLE, CHARGE),
    history=HISTORY,
    best=(
        BestSample(
            experiment="LTVO-013",
            conditions=made(700, 3, 470, 9.5),
            values={
                "phase_pure": "yes",
                "bet_surface_area": "33.4",
                "discharge_capacity": "285; 281",
                "charge_capacity": "282",
                "oxidised": "no",
                "usable_capacity": "282",
            },
            margins=(
                LimitMargin(limit="phase_pure", measured="yes", forecast="P 97 %, at least 90 %"),
                LimitMargin(limit="oxidised", measured="no", forecast="P 17 %, at most 20 %"),
            ),
        ),
    ),
    counts={"planned": 4, "running": 1, "measured": 15},
)
LAST_WEEK = LastWeek(
    since=datetime(2026, 11, 13, 16, 20),
    outcomes=LAST,
    gates=(
        "LTVO-012, LTVO-013 and LTVO-014 passed phase_pure.",
        "LTVO-016 failed phase_pure: 680 °C with 2 h is too little.",
    ),
    skipped=("LTVO-015 was not sent to bet: the sorption stations were taken.",),
    deviations=(
        Deviation(experiment="LTVO-012", parameter=TIME, planned="9.5 h", executed="10.5 h"),
        Deviation(experiment="LTVO-014", parameter=TEMPERATURE, planned="700 °C", executed="710 °C"),
    ),
    without_forecast=("LTVO-003",),
)
HEALTH = Health(
    missing=("LTVO-006 and LTVO-009 are called measured without charge_capacity.",),
    voided=("LTVO-005 discharge_capacity 340 mAh/g was withdrawn on 6 Nov: wrong active mass.",),
    corrected=("LTVO-008 bet_surface_area: 13 became 31 m²/g on 12 Nov (typing mistake).",),
    disagreeing=("SS-700C-3h-M450-6h: 255 and 235 mAh/g for one recipe, 8 % apart.",),
    outliers=("LTVO-009 discharge_capacity 228 mAh/g: 251 mAh/g were expected from all others.",),
    waiting=(
        Waiting(
            experiment="LTVO-015",
            status="running",
            missing=(DISCHARGE, CHARGE, OXIDISED),
            since=datetime(2026, 11, 19, 9, 5),
        ),
        Waiting(
            experiment="LTVO-008", status="measured", missing=(OXIDISED,), since=datetime(2026, 11, 12, 11, 0)
        ),
    ),
    other=("ltvo.csv has a column structure that ltvo.yaml does not know.",),
)
SUMMARY = WeekSummary(
    campaign="ltvo",
    title="LTVO positive electrode, capacity without oxidation",
    week="2026-W48",
    made_at=datetime(2026, 11, 20, 16, 40),
    parameters=(ROUTE, TEMPERATURE, HOLD, MILLING, SPEED, TIME),
    responses=(PURE, AREA, DISCHARGE, CHARGE, OXIDISED, USABLE, HOURS),
    decision=Decision(
        plan="Four new samples go through two furnace runs and two mill runs, Monday to the Monday after: the "
        "control, a repeat of LTVO-013 (the best so far), one with 740 °C and 1.5 h that may be better "
        "(41 %), and a repeat of LTVO-009, which fits nothing else.",
        questions=(
            "LTVO-016 is not phase pure: drop it?",
            "LTVO-008 waits for its answer on oxidised since 12 Nov: is it still to come?",
        ),
        stopping="Go on: the next week is expected to bring 3.8 mAh/g for 490 h of machines.",
        enough=False,
    ),
    plan=plan_of_the_week(),
    lab=LAB,
    suggestions=SUGGESTIONS,
    last_week=LAST_WEEK,
    standing=STANDING,
    beliefs=Beliefs(
        maps=MAPS,
        effects=EFFECTS,
        chains=CHAINS,
        trust=TRUST,
        record=(*EARLIER, *LAST),
        record_in_words="26 of 28 numbers lay inside their 90 % interval, as honest forecasts would "
        "(22 to 28); answers cost 0.61 bits each.",
        contradictions=(
            "bet_surface_area was declared to fall with thermal_dose: the data say the opposite at 740 °C "
            "(probability 8 % that it falls).",
        ),
    ),
    health=HEALTH,
    provenance=Provenance(
        dataset="sqlite:///ltvo.db",
        fingerprint="7c0e4ab91d22",
        n_own=16,
        n_literature=16,
        file="ltvo.yaml",
        file_digest="5b1f0c9e77aa",
        seed=20261120,
        command="ovenbird report ltvo.yaml --week 2026-W48 --seed 20261120",
        versions={"ovenbird": "0.1.0", "botorch": "0.16.1", "torch": "2.9.1", "ortools": "9.14.6206"},
        seconds=11.4,
    ),
    messages=("No suggestion uses the solution route: milling it was excluded.",),
)
