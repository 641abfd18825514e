import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.library import library_names, library_path, virtual_lab_path
from ovenbird.campaigns.virtual_lab import (
    LabFamily,
    find_true_optimum,
    read_virtual_lab,
    true_merit,
    true_regret,
    truly_feasible,
)
from ovenbird.campaigns.virtual_lab.distribution import Distribution, distribution
from ovenbird.campaigns.yaml_document import read_yaml
from ovenbird.datasets import InputError, NotFound
from ovenbird.models.evidence import PROCESS_WORKS

COLUMNS = [
    "route",
    "calcination_temperature",
    "hold_time",
    "milling",
    "milling_speed",
    "milling_time",
]


def conditions(*rows: tuple[str, float, float, float | None, float | None]) -> pd.DataFrame:
    """Route, temperature, hold, speed and time; no speed: unmilled."""
    full = [(r, t, h, "none" if s is None else "planetary", s, m) for r, t, h, s, m in rows]
    frame = pd.DataFrame(full, columns=COLUMNS)
    return frame.astype({"milling_speed": float, "milling_time": float})


@pytest.fixture(scope="module")
def family() -> LabFamily:
    return read_virtual_lab("ltvo")


@pytest.fixture(scope="module")
def small() -> Campaign:
    """The LTVO campaign on a coarse grid."""
    keys: dict[str, Any] = read_yaml(library_path("ltvo")).keys
    keys["parameters"] = {
        "route": ["solid_state", "solution"],
        "calcination_temperature": {"unit": "degC", "from": 600, "to": 900, "step": 50},
        "hold_time": {"unit": "h", "from": 0, "to": 12, "step": 3},
        "milling": ["none", "planetary"],
        "milling_speed": {
            "unit": "rpm",
            "from": 200,
            "to": 600,
            "step": 50,
            "when": {"milling": "planetary"},
        },
        "milling_time": {"unit": "h", "from": 2, "to": 12, "step": 2, "when": {"milling": "planetary"}},
    }
    return Campaign.create(**{k: v for k, v in keys.items() if k not in ("learn_from", "lab")})


def everything(campaign: Campaign) -> pd.DataFrame:
    """Every combination of the grid's settings, built without the planner; rules are not looked at."""
    rows = [
        (route, float(t), float(h), speed, time)
        for route in ("solid_state", "solution")
        for t in range(600, 901, 50)
        for h in range(0, 13, 3)
        for speed, time in [
            (None, None),
            *((float(s), float(m)) for s in range(200, 601, 50) for m in range(2, 13, 2)),
        ]
    ]
    return conditions(*rows)


# What the paper states, and how far the mean over laboratories may be from it.
@pytest.mark.parametrize(
    ("row", "response", "stated", "tolerance"),
    [
        (("solid_state", 700, 3, None, None), "discharge_capacity", 100, 5),
        (("solid_state", 700, 3, 280, 6), "discharge_capacity", 220, 12),
        (("solid_state", 700, 3, 450, 6), "discharge_capacity", 255, 8),
        (("solid_state", 700, 3, 450, 6), "charge_capacity", 285, 12),
        (("solid_state", 700, 3, 450, 6), "bet_surface_area", 20, 1.5),
        (("solid_state", 700, 3, 600, 12), "discharge_capacity", 310, 12),
        (("solid_state", 700, 3, 600, 12), "charge_capacity", 250, 12),
        (("solution", 700, 3, None, None), "discharge_capacity", 280, 4),
        (("solution", 700, 3, None, None), "bet_surface_area", 92, 2),
        (("solid_state", 700, 3, 450, 6), "oxidised", 0, 0.15),
        (("solid_state", 700, 3, 450, 12), "oxidised", 1, 0.35),
        (("solid_state", 700, 3, 600, 12), "oxidised", 1, 0.1),
        (("solid_state", 600, 12, None, None), "phase_pure", 0, 0.01),
        (("solid_state", 650, 12, None, None), "phase_pure", 0, 0.05),
        (("solid_state", 700, 0, None, None), "phase_pure", 0, 0.1),
        (("solid_state", 700, 3, None, None), "phase_pure", 1, 0.1),
        (("solid_state", 900, 3, None, None), "phase_pure", 1, 0.01),
        (("solution", 600, 3, None, None), "phase_pure", 1, 0.15),
    ],
)
def test_laboratories_are_the_papers_on_average(
    family: LabFamily,
    row: tuple[str, float, float, float | None, float | None],
    response: str,
    stated: float,
    tolerance: float,
) -> None:
    frame = conditions(row)
    mean = np.mean([family.draw(seed).truth(frame)[response].iloc[0] for seed in range(100)])
    assert mean == pytest.approx(stated, abs=tolerance)


def test_the_orderings_of_the_paper_hold_in_the_typical_lab(family: LabFamily) -> None:
    solid = [("solid_state", 700.0, 3.0, s, t) for s, t in [(None, None), (280, 6), (450, 3), (450, 6)]]
    longer = [("solid_state", 700.0, 3.0, 450, 12), ("solid_state", 700.0, 3.0, 600, 12)]
    truth = family.typical.truth(conditions(*solid, *longer))
    assert truth["bet_surface_area"].is_monotonic_increasing
    assert truth["discharge_capacity"].is_monotonic_increasing
    # Charge is lost on the way from 6 to 12 h at 450 rpm, and more at 600 rpm.
    assert truth["charge_capacity"].iloc[3:].is_monotonic_decreasing
    solution = family.typical.truth(
        conditions(*(("solution", float(t), 3.0, None, None) for t in (600, 700, 900)))
    )
    assert solution["discharge_capacity"].argmax() == 1
    assert (solution["bet_surface_area"] > 80).all()


def test_purity_is_the_closed_form(family: LabFamily) -> None:
    lab = family.typical
    route, furnace = lab.constants.routes["solid_state"], lab.constants.furnace
    rate = 0.85 * math.exp(-200 / 8.314462618e-3 * (1 / (680 + 273.15) - 1 / (700 + 273.15)))
    by_hand = (
        1
        / (1 + math.exp(-(680 - 676) / 3.75))
        * (1 - math.exp(-((rate * (2.5 + 0.13)) ** route.phase_order)))
    )
    assert (furnace.offset_c, route.onset_width_c) == (0, 3.75)
    truth = lab.truth(conditions(("solid_state", 680, 2.5, None, None)))
    assert truth["phase_pure"].iloc[0] == pytest.approx(by_hand, rel=1e-12)


@given(
    seed=st.integers(0, 1000),
    temperature=st.floats(600, 890),
    hold=st.floats(0, 11),
    speed=st.floats(200, 590),
    time=st.floats(0.5, 11),
    route=st.sampled_from(["solid_state", "solution"]),
)
def test_more_heat_is_purer_and_more_milling_is_finer_and_more_oxidised(
    seed: int, temperature: float, hold: float, speed: float, time: float, route: str
) -> None:
    lab = read_virtual_lab("ltvo").draw(seed)
    here = (route, temperature, hold, speed, time)
    hotter, longer = (route, temperature + 10, hold, speed, time), (route, temperature, hold + 1, speed, time)
    faster, more = (route, temperature, hold, speed + 10, time), (route, temperature, hold, speed, time + 1)
    truth = lab.truth(conditions(here, hotter, longer, faster, more))
    numbers = truth.to_numpy()
    assert np.isfinite(numbers).all()
    assert (truth["phase_pure"].iloc[1:3] >= truth["phase_pure"].iloc[0]).all()
    assert (truth["bet_surface_area"].iloc[1:3] <= truth["bet_surface_area"].iloc[0]).all()
    for name in ("bet_surface_area", "oxidised"):
        assert (truth[name].iloc[3:] >= truth[name].iloc[0]).all()
    shares = truth[["phase_pure", "oxidised", PROCESS_WORKS]].to_numpy()
    assert ((shares >= 0) & (shares <= 1)).all()
    capacities = truth[["discharge_capacity", "charge_capacity"]].to_numpy()
    assert ((capacities >= 0) & (capacities <= 370)).all()


def test_a_seed_is_one_lab_and_the_order_of_keys_means_nothing(family: LabFamily, tmp_path: Path) -> None:
    frame = conditions(("solid_state", 700, 3, 450, 6))
    first, second = family.draw(3).truth(frame), family.draw(4).truth(frame)
    assert not np.allclose(first, second)
    text = virtual_lab_path("ltvo").read_text(encoding="utf-8")
    start = text.index("milling:\n  speed_exponent")
    end = text.index("oxidation:\n")
    reordered = text[:start] + text[end:] + "\n" + text[start:end]
    file = tmp_path / "other.lab.yaml"
    file.write_text(reordered, encoding="utf-8")
    pd.testing.assert_frame_equal(read_virtual_lab(file).draw(3).truth(frame), first)


def test_results_scatter_around_the_truth_and_go_into_a_campaign(family: LabFamily, small: Campaign) -> None:
    lab = family.draw(0)
    rows = [("solid_state", 680.0, 6.0, 450.0, 10.0)] * 4000
    frame = conditions(*rows)
    truth, results = lab.truth(frame[:1]).iloc[0], lab.measure(frame, np.random.default_rng(1))
    pure = results["phase_pure"] == "yes"
    assert pure.mean() == pytest.approx(truth["phase_pure"], abs=4 * math.sqrt(0.25 / 4000))
    # Diffraction comes first: an impure powder is not measured any further.
    assert results.loc[~pure, "discharge_capacity"].isna().all()
    assert (results.loc[~pure, "oxidised"] == "").all()
    measured = results[pure]
    oxidised = (measured["oxidised"] == "yes").mean()
    assert oxidised == pytest.approx(truth["oxidised"], abs=4 * math.sqrt(0.25 / len(measured)))
    logs = np.log(measured["discharge_capacity"] / truth["discharge_capacity"])
    assert logs.mean() == pytest.approx(0, abs=0.005)
    assert logs.std() == pytest.approx(lab.constants.noise.capacity, rel=0.06)
    # The error of a cell's mass is in both capacities, so their ratio scatters less.
    ratio = np.log(measured["charge_capacity"] / measured["discharge_capacity"])
    assert ratio.std() == pytest.approx(lab.constants.noise.charge_ratio, rel=0.06)

    campaign = Campaign(small.definition)
    assert len(campaign.add(results[:20])) == 20
    kept = campaign.dataset().experiments
    answers = [e.values("phase_pure")[0].value for e in kept]
    assert answers == (results["phase_pure"][:20] == "yes").tolist()


def test_fused_powders_fail_by_process(family: LabFamily, small: Campaign) -> None:
    lab = family.typical
    frame = conditions(*[("solid_state", 935.0, 3.0, None, None)] * 400)
    results = lab.measure(frame, np.random.default_rng(0))
    failed = results["failure"] == "process"
    assert failed.mean() == pytest.approx(0.5, abs=0.1)
    assert (results.loc[failed, "phase_pure"] == "").all()
    assert (results.loc[~failed, "phase_pure"] == "yes").all()
    within = results.assign(calcination_temperature=900.0)[failed][:3]
    campaign = Campaign(small.definition)
    campaign.add(within)
    assert [e.failure for e in campaign.dataset().experiments] == ["process"] * 3


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_true_optimum_is_the_best_of_everything(family: LabFamily, small: Campaign, seed: int) -> None:
    lab, problem = family.draw(seed), small.problem
    optimum = find_true_optimum(problem, lab.truth)
    frame = everything(small)
    truth = lab.truth(frame)
    allowed = (
        (truth["phase_pure"] >= 0.9)
        & (truth["oxidised"] <= 0.2)
        & (truth[PROCESS_WORKS] >= 0.5)
        & (frame["hold_time"] + frame["milling_time"].fillna(0) <= 20)
        & ~((frame["route"] == "solution") & (frame["milling"] == "planetary"))
    )
    capacity = truth["discharge_capacity"][allowed]
    assert optimum.is_exact
    assert optimum.merit == pytest.approx(capacity.max(), rel=1e-12)
    assert optimum.worst_merit == pytest.approx(capacity.min(), rel=1e-12)
    best = optimum.conditions.iloc[0]
    assert lab.truth(optimum.conditions)["discharge_capacity"].iloc[0] == pytest.approx(capacity.max())
    assert best["route"] in ("solid_state", "solution")
    sampled = find_true_optimum(problem, lab.truth, most_enumerated=300)
    assert not sampled.is_exact
    assert optimum.merit - 8 <= sampled.merit <= optimum.merit + 1e-9


def test_regret_counts_only_what_is_truly_feasible(family: LabFamily, small: Campaign) -> None:
    lab, problem = family.typical, small.problem
    optimum = find_true_optimum(problem, lab.truth)
    frame = conditions(
        ("solid_state", 700, 0, 450, 6),  # impure
        ("solid_state", 700, 3, None, None),
        ("solid_state", 700, 3, 600, 12),  # more capacity than any, but oxidised
        ("solid_state", 700, 3, 450, 6),
        ("solid_state", 800, 3, 250, 2),
    )
    truth = lab.truth(frame)
    assert truly_feasible(problem, frame, truth).tolist() == [False, True, False, True, True]
    capacity = true_merit(problem, frame, truth)
    assert capacity == pytest.approx(truth["discharge_capacity"].to_numpy())
    unmilled, milled = optimum.merit - capacity[1], optimum.merit - capacity[3]
    expected = [optimum.merit - optimum.worst_merit, unmilled, unmilled, milled, milled]
    assert true_regret(problem, optimum, frame, truth) == pytest.approx(expected)


def test_nothing_feasible_is_said(family: LabFamily, small: Campaign) -> None:
    keys: dict[str, Any] = read_yaml(library_path("ltvo")).keys
    keys["parameters"] = {
        **{name: keys["parameters"][name] for name in ("route", "hold_time", "milling")},
        "calcination_temperature": {"unit": "degC", "values": [400, 450]},
        "milling_speed": {"unit": "rpm", "values": [300], "when": {"milling": "planetary"}},
        "milling_time": {"unit": "h", "values": [6], "when": {"milling": "planetary"}},
    }
    campaign = Campaign.create(**{k: v for k, v in keys.items() if k not in ("learn_from", "lab")})
    with pytest.raises(InputError, match="no conditions that truly meet all limits"):
        find_true_optimum(campaign.problem, family.typical.truth)


def test_distributions_stay_where_they_are_stated() -> None:
    generator = np.random.default_rng(0)
    for stated, mean, low, high in [
        (distribution("3 ± 0.5"), 3, 2, 4),
        (distribution([2, 4]), 3, 2, 4),
        (distribution({"about": 2, "factor": 1.5}), 2, 2 / 2.25, 2 * 2.25),
        (distribution(7), 7, 7, 7),
    ]:
        draws = [stated.draw(generator) for _ in range(2000)]
        middle = math.exp(np.mean(np.log(draws))) if stated.form == "factor" else np.mean(draws)
        assert middle == pytest.approx(mean, abs=0.06)
        assert low - 1e-12 <= min(draws) <= max(draws) <= high + 1e-12
        assert (stated.least, stated.largest) == pytest.approx((low, high))
    assert distribution("3 +- 0.5") == Distribution(3.0, 0.5)


@pytest.mark.parametrize(
    ("piece", "replacement", "sentence"),
    [
        (
            "offset_c: 0 ± 7",
            "offset: 0 ± 7",
            "furnace.offset: unknown key 'offset'; did you mean 'offset_c'?",
        ),
        ("ramp_h: 0.13", "ramp_h: soon", "furnace.ramp_h: must be a number, '3 ± 0.6', [2, 4] or"),
        ("ramp_h: 0.13", "ramp_h: 0.1 ± 0.2", "furnace.ramp_h: must stay above 0 in every lab"),
        (
            "capacity: [0.03, 0.05]",
            "capacity: [0.05, 0.03]",
            "a range needs two numbers, the smaller one first",
        ),
        ("largest: 0.31 ± 0.03", "largest: 1.31", "oxidation.largest: is a share from 0 to 1 in every lab"),
        ("milled_area: 75 ± 10", "milled_area: 2", "solid_state: milled_area must be larger than area"),
        ("  route: route\n", "", "conditions.route: this key is missing"),
        ("area: bet_surface_area", "area: charge_capacity", "'charge_capacity' is also charge"),
    ],
)
def test_faults_of_a_lab_description_name_line_and_key(
    tmp_path: Path, piece: str, replacement: str, sentence: str
) -> None:
    text = virtual_lab_path("ltvo").read_text(encoding="utf-8")
    assert text.count(piece) == 1
    file = tmp_path / "bad.lab.yaml"
    file.write_text(text.replace(piece, replacement), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_virtual_lab(file)
    assert any(fault.startswith("bad.lab.yaml line ") and sentence in fault for fault in raised.value.faults)


def test_a_lab_is_no_campaign(tmp_path: Path) -> None:
    assert "ltvo.lab" not in library_names()
    with pytest.raises(NotFound):
        read_virtual_lab(tmp_path / "none.lab.yaml")
    with pytest.raises(NotFound, match="no virtual lab 'alloy', it has ltvo"):
        virtual_lab_path("alloy")
