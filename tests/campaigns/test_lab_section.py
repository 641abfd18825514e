"""What the lab section says, and how it is said that it says nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ovenbird.campaigns.definition import definition_from, read_definition
from ovenbird.campaigns.lab_section import Budget, Calendar, Resource


def test_the_design_example_is_understood(tmp_path: Path, design_example: str) -> None:
    file = tmp_path / "ltvo.yaml"
    file.write_text(design_example, encoding="utf-8")
    lab = read_definition(file).lab
    assert lab is not None
    assert lab.calendar == Calendar(days=("mon", "tue", "wed", "thu", "fri"), hours="09:00-18:00")
    assert lab.resources["tube_furnace"] == Resource(
        slots=4, shares=("route", "calcination_temperature", "hold_time"), unattended=True
    )
    assert lab.resources["diffractometer"] == Resource(count=1)
    assert [step.name for step in lab.steps] == ["mix", "calcine", "xrd", "mill", "bet", "cells"]
    assert lab.steps[0].hours == {"constant": 1}
    assert lab.steps[1].hours == {"constant": 9, "hold_time": 1}
    assert lab.steps[2].gate == "phase_pure"
    assert lab.steps[3].when == {"milling": ("planetary",)}
    assert lab.budget == Budget(samples=8)
    assert lab.control is not None and lab.control["milling_speed"] == 450


def test_every_part_may_be_left_out() -> None:
    lab = definition_from(
        {
            "name": "alloy",
            "parameters": {"x": ["a"]},
            "responses": {"y": {}},
            "goal": {"maximise": "y"},
            "lab": {"resources": {"oven": None}},
        }
    ).lab
    assert lab is not None and lab.resources == {"oven": Resource()} and lab.steps == ()
    assert (lab.calendar, lab.budget, lab.control) == (None, None, None)


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
    faults_of: Callable[[str, str], tuple[str, ...]], piece: str, replacement: str, sentence: str
) -> None:
    faults = faults_of(piece, replacement)
    assert len(faults) == 1 and faults[0].startswith(f"ltvo.yaml {sentence}"), faults
