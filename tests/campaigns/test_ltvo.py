"""The bundled campaign on the paper's data: what a chemist who knows the paper would check first."""

from collections.abc import Mapping

import pandas as pd
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.library import library_path
from ovenbird.planner.suggestion import Suggestions

UNMILLED = {"milling": "none", "milling_speed": None, "milling_time": None}
SOLID = {"route": "solid_state", "calcination_temperature": 700, "hold_time": 3}
CAPACITIES = [
    (SOLID | UNMILLED, 100),
    (SOLID | {"milling": "planetary", "milling_speed": 280, "milling_time": 6}, 220),
    (SOLID | {"milling": "planetary", "milling_speed": 450, "milling_time": 6}, 255),
    (SOLID | {"milling": "planetary", "milling_speed": 600, "milling_time": 12}, 310),
    (SOLID | {"route": "solution"} | UNMILLED, 280),
]


@pytest.fixture(scope="module")
def ltvo() -> Campaign:
    return Campaign.open(library_path("ltvo"), dataset="sqlite://")


@pytest.fixture(scope="module")
def suggested(ltvo: Campaign) -> Suggestions:
    return ltvo.suggest(4, seed=0)


def forecast(campaign: Campaign, *conditions: Mapping[str, object]) -> pd.DataFrame:
    return campaign.forecast(pd.DataFrame(list(map(dict, conditions)), columns=list(campaign.space.names)))


def test_suggestions_keep_to_the_lab_and_the_limits(ltvo: Campaign, suggested: Suggestions) -> None:
    made = [dict(e.executed) for e in ltvo.dataset().experiments]
    assert (suggested[0].purpose, suggested[0].replicates) == ("anchor", "SS-700C-3h-M450-6h")
    for suggestion in suggested:
        p = suggestion.parameters
        assert (dict(p) in made) == bool(suggestion.replicates)
        assert ltvo.space.complete(dict(p), "here", all_stated=True) == p
        temperature, hold = p["calcination_temperature"], p["hold_time"]
        assert isinstance(temperature, float) and isinstance(hold, float)
        assert temperature % 10 == 0 and hold % 0.5 == 0
        assert (p["milling_speed"] is None) == (p["milling"] == "none")
        assert not (p["route"] == "solution" and p["milling"] == "planetary")
        assert not (p["route"] == "solid_state" and temperature <= 660)
        # The anchor is what kept the limits in the other lab.
        if suggestion.purpose != "anchor":
            assert suggestion.limits["phase_pure"] >= 0.9 and suggestion.limits["oxidised"] <= 0.2
    assert len({tuple(s.parameters.values()) for s in suggested}) == 4
    assert suggested.messages == ()


def test_forecasts_stay_below_what_the_lithium_allows_and_admit_ignorance(suggested: Suggestions) -> None:
    for suggestion in suggested:
        for name in ("discharge_capacity", "charge_capacity", "usable_capacity"):
            f = suggestion.forecast[name]
            assert 0 <= f["low"] < f["median"] < f["high"] <= 370
        capacity = suggestion.forecast["discharge_capacity"]
        # Twice what repeating the synthesis would scatter (4 %): five capacities are not many.
        assert capacity["high"] - capacity["low"] > 2 * 1.645 * 0.04 * capacity["median"]


def test_forecasts_agree_with_the_paper_at_its_own_conditions(ltvo: Campaign) -> None:
    f = forecast(ltvo, *(conditions for conditions, _ in CAPACITIES))
    for row, (_, measured) in zip(f.to_dict("records"), CAPACITIES, strict=True):
        assert row["discharge_capacity.low"] <= measured <= row["discharge_capacity.high"]
        assert row["discharge_capacity.median"] == pytest.approx(measured, rel=0.08)


def test_purity_begins_where_the_paper_says(ltvo: Campaign) -> None:
    cold = [
        SOLID | UNMILLED | {"calcination_temperature": t, "hold_time": h} for t in (600, 650) for h in (0, 3)
    ]
    unheld, pure = SOLID | UNMILLED | {"hold_time": 0}, SOLID | UNMILLED
    p = forecast(ltvo, *cold, unheld, pure)["phase_pure.probability"]
    assert (p.iloc[:4] < 0.6).all() and p.iloc[4] < 0.3 and p.iloc[5] >= 0.9
    # Sixteen powders make nobody certain.
    assert p.max() < 0.995


def test_more_milling_gives_more_capacity_and_more_oxidation(ltvo: Campaign) -> None:
    speeds = [
        SOLID | {"milling": "planetary", "milling_speed": s, "milling_time": 6} for s in range(200, 601, 50)
    ]
    times = [SOLID | {"milling": "planetary", "milling_speed": 450, "milling_time": t} for t in (1, 3, 6, 12)]
    for conditions in (speeds, times):
        f = forecast(ltvo, *conditions)
        assert f["discharge_capacity.median"].is_monotonic_increasing
        assert f["oxidised.probability"].is_monotonic_increasing
        assert f["bet_surface_area.median"].is_monotonic_increasing


def test_stated_orderings_hold(ltvo: Campaign) -> None:
    data = ltvo.dataset()
    assert len(data.comparisons) == 29
    for comparison in data.comparisons:
        column = f"{comparison.response}."
        both = [dict(data.by_id[name].executed) for name in (comparison.larger, comparison.smaller)]
        if any(not isinstance(value, float | str | None) for row in both for value in row.values()):
            continue  # the temperature series does not state its hold time
        f = forecast(ltvo, *both)
        value = f[column + ("probability" if column + "probability" in f else "median")]
        assert value.iloc[0] > value.iloc[1], comparison
