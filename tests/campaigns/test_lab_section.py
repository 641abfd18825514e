"""What the lab section says, and how it is said that it says nothing."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from ovenbird.campaigns.definition import definition_from, read_definition
from ovenbird.datasets import InputError
from ovenbird.planner.lab import Absence, Bound, Calendar, Closure, Lab, Outage, Precursor, Resource, Step

Minimal = Callable[..., dict[str, Any]]
FaultsOf = Callable[[str, str], tuple[str, ...]]

FULL = """\
name: full
parameters:
  route: [solid_state, solution]
  calcination_temperature: {unit: degC, from: 600, to: 900, step: 10}
  hold_time: {unit: h, from: 0, to: 12, step: 0.5}
  milling: [none, planetary]
  milling_speed: {unit: rpm, from: 200, to: 800, step: 10, when: {milling: planetary}}
responses: {pure: {kind: yes_no}, capacity: {unit: mAh/g}}
goal: {maximise: capacity}
lab:
  calendar:
    days: [fri, mon, tue, wed, thu]
    hours: "08:30-24:00"
    holidays: [2026-12-25, {from: 2026-12-28, to: 2027-01-01, reason: works closed}, {from: 2027-01-06}]
    people: 2
    absences:
      - {from: 2026-11-26 13:00, to: 2026-11-26T18:00, reason: training}
      - {from: 2026-11-27, to: 2026-11-28, people: 2}
  resources:
    tube_furnace: {slots: 4, shares: [route], unattended: true}
    planetary_mill:
      count: 2
      slots: 2
      unattended: true
      power_kw: 0.75
      grams_per_run: 20
      unavailable: [{from: 2026-11-26, to: 2026-11-27, count: 1, reason: bearing}, {from: 2026-11-30 08:00:00, to: 2026-11-30 09:00}]
      bounds: {milling_speed: {at_most: 600}, calcination_temperature: {at_least: 20, at_most: 1100}}
    cycler: {count: 8, unattended: true}
  steps:
    - {name: mix, hours: 1}
    - {name: gel, hours: 12, when: {route: solution}, unattended: true, hands_on_hours: {start: 2}}
    - {name: calcine, on: tube_furnace, hours: {constant: 9, hold_time: 1}, wait_at_most_hours: 4, hands_on_hours: 0.25}
    - {name: mill, on: planetary_mill, hours: 2, when: {milling: planetary}, uses: 2, after: calcine}
    - {name: xrd, hours: 1, gives: pure, gate: pure, after: [calcine, mix]}
    - {name: cells, on: cycler, hours: 72, gives: [capacity], after: [mill, xrd], uses: 3}
  grams_per_sample: 2
  precursors:
    Li2CO3: {grams_per_gram: 0.51, stock_grams: 100, when: {route: solid_state}}
    V2O3: {grams_per_gram: 0.6}
  budget: {samples: 8}
  control: {route: solid_state, calcination_temperature: 700, hold_time: 3, milling: none}
"""
SOLID = {"route": ("solid_state",)}
MILLED = {"milling": ("planetary",)}
EXPECTED = Lab(
    calendar=Calendar(
        days=(0, 1, 2, 3, 4),
        opens=time(8, 30),
        closes=time.max,
        closures=(
            Closure(first=date(2026, 12, 25), last=date(2026, 12, 25)),
            Closure(first=date(2026, 12, 28), last=date(2027, 1, 1), reason="works closed"),
            Closure(first=date(2027, 1, 6), last=date(2027, 1, 6)),
        ),
        people=2,
        absences=(
            Absence(start=datetime(2026, 11, 26, 13), end=datetime(2026, 11, 26, 18), reason="training"),
            Absence(start=datetime(2026, 11, 27), end=datetime(2026, 11, 29), people=2),
        ),
    ),
    resources={
        "tube_furnace": Resource(name="tube_furnace", slots=4, shares=("route",), unattended=True),
        "planetary_mill": Resource(
            name="planetary_mill",
            count=2,
            slots=2,
            unattended=True,
            power_kw=0.75,
            grams=20,
            outages=(
                Outage(start=datetime(2026, 11, 26), end=datetime(2026, 11, 28), count=1, reason="bearing"),
                Outage(start=datetime(2026, 11, 30, 8), end=datetime(2026, 11, 30, 9), count=2),
            ),
            bounds={
                "milling_speed": Bound(at_most=600),
                "calcination_temperature": Bound(at_least=20, at_most=1100),
            },
        ),
        "cycler": Resource(name="cycler", count=8, unattended=True),
    },
    steps=(
        Step(name="mix", hours={"constant": 1}),
        Step(
            name="gel",
            hours={"constant": 12},
            when={"route": ("solution",)},
            unattended=True,
            hands_on_start_h=2,
        ),
        Step(
            name="calcine",
            on="tube_furnace",
            hours={"constant": 9, "hold_time": 1},
            wait_at_most_h=4,
            hands_on_start_h=0.25,
            hands_on_end_h=0.25,
        ),
        Step(
            name="mill", on="planetary_mill", hours={"constant": 2}, when=MILLED, uses=2, after=("calcine",)
        ),
        Step(name="xrd", hours={"constant": 1}, gives=("pure",), gate="pure", after=("calcine", "mix")),
        Step(
            name="cells",
            on="cycler",
            hours={"constant": 72},
            gives=("capacity",),
            after=("mill", "xrd"),
            uses=3,
        ),
    ),
    samples_a_week=8,
    control={
        "route": "solid_state",
        "calcination_temperature": 700.0,
        "hold_time": 3.0,
        "milling": "none",
        "milling_speed": None,
    },
    sample_g=2,
    precursors=(
        Precursor(name="Li2CO3", per_gram=0.51, stock_g=100, when=SOLID),
        Precursor(name="V2O3", per_gram=0.6),
    ),
)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A campaign file whose lab section uses every key."""
    file = tmp_path / "full.yaml"
    file.write_text(FULL, encoding="utf-8")
    return file


def test_every_key_has_its_place(full: Path) -> None:
    assert read_definition(full).lab == EXPECTED


def test_python_says_the_same_with_dates_or_text(full: Path, tmp_path: Path) -> None:
    # A loader of YAML gives dates where they are written as such.
    keys = YAML(typ="safe", pure=True).load(FULL)
    assert keys["lab"]["calendar"]["holidays"][0] == date(2026, 12, 25)
    mill = keys["lab"]["resources"]["planetary_mill"]
    mill["unavailable"][1] = {"from": datetime(2026, 11, 30, 8), "to": pd.Timestamp("2026-11-30 09:00")}
    keys["lab"]["calendar"]["holidays"][2] = {
        "from": np.datetime64("2027-01-06"),
        "to": pd.Timestamp("2027-01-06"),
    }
    definition = definition_from(keys)
    assert definition.lab == EXPECTED
    copy = tmp_path / "copy.yaml"
    copy.write_text(definition.text, encoding="utf-8")
    assert read_definition(copy).lab == EXPECTED


def test_the_design_example_is_understood(tmp_path: Path, design_example: str) -> None:
    file = tmp_path / "ltvo.yaml"
    file.write_text(design_example, encoding="utf-8")
    lab = read_definition(file).lab
    assert lab is not None
    assert lab.calendar == Calendar(days=(0, 1, 2, 3, 4), opens=time(9), closes=time(18))
    assert lab.resources["tube_furnace"] == Resource(
        name="tube_furnace",
        slots=4,
        shares=("route", "calcination_temperature", "hold_time"),
        unattended=True,
    )
    assert lab.resources["diffractometer"] == Resource(name="diffractometer", count=1)
    assert [step.name for step in lab.steps] == ["mix", "calcine", "xrd", "mill", "bet", "cells"]
    assert lab.steps[0].hours == {"constant": 1}
    assert lab.steps[1].hours == {"constant": 9, "hold_time": 1}
    assert lab.steps[2].gate == "phase_pure"
    assert lab.steps[3].when == {"milling": ("planetary",)}
    assert lab.samples_a_week == 8
    assert lab.control is not None and lab.control["milling_speed"] == 450


def test_every_part_may_be_left_out(minimal: Minimal) -> None:
    lab = definition_from(minimal(lab={"resources": {"oven": None}})).lab
    assert lab == Lab(resources={"oven": Resource(name="oven")})
    without = {"days": ["sat"], "hours": "00:00-24:00", "holidays": None, "absences": None}
    lab = definition_from(minimal(lab={"calendar": without, "resources": None, "steps": None})).lab
    assert lab == Lab(calendar=Calendar(days=(5,)))


@pytest.mark.parametrize(
    ("piece", "replacement", "sentence"),
    [
        ("  calendar: {", "  calender: {", "line 32: lab.calender: unknown key 'calender'; did you mean 'calendar'?"),
        ("[mon, tue", "[monday, tue", "line 32: lab.calendar.days entry 1: must be mon, tue, wed, thu, fri, sat or sun, got 'monday'"),
        ('"09:00-18:00"', '"18:00-09:00"', "line 32: lab.calendar.hours: must be opening hours such as '09:00-18:00'"),
        ("count: 8", "count: 0", "line 38: lab.resources.cycler.count: must be a whole number from 1 on, got 0"),
        ("count: 8, unattended: true", "count: 8, unattended: sure", "line 38: lab.resources.cycler.unattended: must be true or false, got 'sure'"),
        ("shares: [milling_speed", "shares: [mill_speed", "line 35: lab.resources.planetary_mill.shares: unknown parameter 'mill_speed'; did you mean 'milling_speed'?"),
        ("on: tube_furnace", "on: furnace", "line 41: lab.steps entry 2.on: unknown resource 'furnace'"),
        ("{name: mix, hours: 1}", "{name: mix}", "line 40: lab.steps entry 1.hours: this key is missing"),
        ("{name: mix, hours: 1}", "{name: mix, hours: -1}", "line 40: lab.steps entry 1.hours: constant must not be below 0, got -1"),
        ("{name: mix, hours: 1}", "{name: bet, hours: 1}", "line 44: lab.steps entry 5.name: the step 'bet' stands twice"),
        ("constant: 9, hold_time: 1", "constant: 9, milling: 1", "line 41: lab.steps entry 2.hours.milling: 'milling' is a choice of names"),
        ("gives: [bet_surface_area]", "gives: [bet]", "line 44: lab.steps entry 5.gives: unknown response 'bet'"),
        ("gives: [bet_surface_area]", "gives: [usable_capacity]", "line 44: lab.steps entry 5.gives: 'usable_capacity' is computed"),
        ("gate: phase_pure", "gate: oxidised", "line 42: lab.steps entry 3.gate: 'oxidised' must be among what the step gives"),
        ("when: {milling: planetary}}\n    - {name: bet", "when: {milling: planetry}}\n    - {name: bet", "line 43: lab.steps entry 4.when.milling: unknown value 'planetry'; did you mean 'planetary'?"),
        ("samples: 8", "samples: some", "line 46: lab.budget.samples: must be a whole number from 1 on, got 'some'"),
        ("hold_time: 3, milling: planetary", "hold_time: 30, milling: planetary", "line 47: lab.control.hold_time: hold_time is 30 h, allowed are 0 to 12 h"),
        ("milling_speed: 450, milling_time: 6}", "milling_speed: 450}", "line 47: lab.control: milling_time is missing, allowed are 0.5 to 12 h"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_and_key(
    faults_of: FaultsOf, piece: str, replacement: str, sentence: str
) -> None:
    faults = faults_of(piece, replacement)
    assert len(faults) == 1 and faults[0].startswith(f"ltvo.yaml {sentence}"), faults


def test_many_faults_are_told_at_once_in_the_order_of_the_file(full: Path) -> None:
    text = FULL.replace("people: 2\n", "people: 1\n").replace("count: 1, reason", "count: 3, reason")
    full.write_text(text.replace("uses: 3", "uses: 9").replace("at_most: 600", "at_most: 100"))
    with pytest.raises(InputError) as raised:
        read_definition(full)
    assert [fault.partition(": ")[0] for fault in raised.value.faults] == [
        f"full.yaml line {line}" for line in (18, 27, 28, 36)
    ]


def test_nonsense_anywhere_ends_in_a_lab_or_in_sentences(full: Path) -> None:
    """Each value in turn is replaced by things that it cannot be, or left out."""
    keys = YAML(typ="safe", pure=True).load(FULL)
    for path in paths_in(keys["lab"]):
        for odd in (None, True, -1, 1e301, "2026-11-26", ["x"], {"x": 1}, "left out"):
            changed = deepcopy(keys)
            *way, last = path
            place = changed["lab"]
            for key in way:
                place = place[key]
            if odd == "left out":
                del place[last]
            else:
                place[last] = odd
            faults: tuple[str, ...] = ()
            try:
                definition_from(changed)
            except InputError as error:
                faults = error.faults
            assert all(fault.startswith("lab") for fault in faults), (path, odd, faults)


def paths_in(value: Any) -> Iterator[tuple[str | int, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (key,)
        yield from ((key, *path) for path in paths_in(part))
