"""What a lab cannot be, key by key, each said in one sentence."""

from collections.abc import Callable
from typing import Any

import pytest

from ovenbird.campaigns.definition import definition_from

Minimal = Callable[..., dict[str, Any]]
FaultsOf = Callable[[str, str], tuple[str, ...]]
FaultsIn = Callable[..., tuple[str, ...]]

CLOSES = '18:00"}'
CALENDAR_FAULTS = [
    ("[mon, tue, wed, thu, fri]", "[]", "days: needs at least one day, such as [mon, tue, wed, thu, fri]"),
    (CLOSES, '18:00", holidays: [xmas]}', "holidays entry 1: must be a day such as 2026-11-26, got 'xmas'; several days are {from:"),
    (CLOSES, '18:00", holidays: 2026-13-01}', "holidays entry 1: there is no '2026-13-01'; must be a day such as"),
    (CLOSES, '18:00", holidays: [2026-12-25 13:00]}', "holidays entry 1: must be a day such as 2026-11-26, without a time, got"),
    (CLOSES, '18:00", holidays: [0226-12-25]}', "holidays entry 1: the year must lie between 1900 and 2199, got '0226-12-25'"),
    (CLOSES, '18:00", holidays: [{from: 2027-01-01, to: 2026-12-28}]}', "holidays entry 1: from must not be after to, got '2027-01-01' and '2026-12-28'"),
    (CLOSES, '18:00", holidays: [{to: 2026-12-28}]}', "holidays entry 1.from: this key is missing"),
    (CLOSES, '18:00", people: 0}', "people: must be a whole number from 1 on, got 0"),
    (CLOSES, '18:00", absences: [{from: 2026-11-26, to: 2026-11-26}]}', "absences: needs people beside it, how many pairs of hands there are"),
    (CLOSES, '18:00", people: 2, absences: [2026-11-26]}', "absences entry 1: must be a mapping with keys such as from, to, people, got '2026-11-26'"),
    (CLOSES, '18:00", people: 2, absences: [{from: 2026-11-26, to: 2026-11-26, people: 3}]}', "absences entry 1.people: must be at most 2, as many as there are, got 3"),
    (
        CLOSES,
        '18:00", people: 2, absences: [{from: 2026-11-26, to: 2026-11-30, people: 2}, {from: 2026-11-25 09:00, to: 2026-11-26 09:00}]}',
        "absences entry 2: 3 people are away at 2026-11-26 00:00, but there are 2",
    ),
    (CLOSES, '18:00", people: 2, absences: [{from: 2026-11-26 13:00, to: 2026-11-26 12:00}]}', "absences entry 1: from must be before to, got '2026-11-26 13:00' and '2026-11-26 12:00'"),
    (CLOSES, '18:00", people: 2, absences: [{from: 2026-11-26 13:00, to: 2026-11-26 13:00}]}', "absences entry 1: from must be before to"),
    (CLOSES, '18:00", people: 2, absences: [{from: 2026-11-26 13:00, to: 2026-11-26T18:00:00+01:00}]}', "absences entry 1.to: has a time zone, but times are those of the lab's clock; leave out +01:00 in '2026-11-26T18:00:00+01:00'"),
    (CLOSES, '18:00", people: 2, absences: [{from: 2026-11-26 13:00Z, to: 2026-11-26}]}', "absences entry 1.from: has a time zone, but times are those of the lab's clock; leave out Z in"),
    (CLOSES, '18:00", people: 2, absences: [{from: 2026-11-26 25:00, to: 2026-11-26}]}', "absences entry 1.from: there is no '2026-11-26 25:00'; must be a day such as 2026-11-26, or a day and time such as 2026-11-26 13:00"),
    (CLOSES, '18:00", people: 2, absences: [{from: noon, to: 2026-11-26}]}', "absences entry 1.from: must be a day such as 2026-11-26, or a day and time such as 2026-11-26 13:00, got 'noon'"),
]  # fmt: skip


@pytest.mark.parametrize(("piece", "replacement", "sentence"), CALENDAR_FAULTS)
def test_what_is_wrong_with_a_calendar(
    faults_of: FaultsOf, piece: str, replacement: str, sentence: str
) -> None:
    faults = faults_of(piece, replacement)
    assert len(faults) == 1 and faults[0].startswith(f"ltvo.yaml line 32: lab.calendar.{sentence}"), faults


RESOURCE_FAULTS = [
    ("power_kw: -1", "power_kw: must not be below 0, got -1"),
    ("grams_per_run: 0", "grams_per_run: must be above 0, got 0"),
    ("unavailable: [{from: 2026-11-26}]", "unavailable entry 1.to: this key is missing"),
    ("unavailable: [{from: 2026-11-26, to: 2026-11-25}]", "unavailable entry 1: from must be before to, got '2026-11-26' and '2026-11-25'"),
    ("unavailable: {from: 2026-11-26, to: 2026-11-27, count: 9}", "unavailable entry 1.count: must be at most 8, as many as there are, got 9"),
    ("unavailable: [{from: 2026-11-31, to: 2026-12-01}]", "unavailable entry 1.from: there is no '2026-11-31'"),
    ("bounds: {hold: {at_most: 3}}", "bounds.hold: unknown parameter 'hold'"),
    ("bounds: {milling: {at_most: 3}}", "bounds.milling: 'milling' is a choice of names, allowed are parameters that are numbers"),
    ("bounds: {hold_time: {}}", "bounds.hold_time: needs at_least or at_most"),
    ("bounds: {hold_time: {at_mst: 3}}", "bounds.hold_time.at_mst: unknown key 'at_mst'; did you mean 'at_most'?"),
    ("bounds: {hold_time: {at_most: long}}", "bounds.hold_time.at_most: must be a number, got 'long'"),
    ("bounds: {hold_time: {at_least: 4, at_most: 3}}", "bounds.hold_time: at_least must not be above at_most, got 4 and 3; swap the two"),
    ("bounds: {hold_time: {at_least: 12.5}}", "bounds.hold_time: at least 12.5 leaves nothing of hold_time, whose range is 0 to 12 h"),
    ("bounds: {hold_time: {at_least: 3.1, at_most: 3.4}}", "bounds.hold_time: at least 3.1 and at most 3.4 leaves nothing of hold_time"),
    ("bounds: {calcination_temperature: {at_most: 599}}", "bounds.calcination_temperature: at most 599 leaves nothing of"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "sentence"), RESOURCE_FAULTS)
def test_what_is_wrong_with_machines(faults_of: FaultsOf, key: str, sentence: str) -> None:
    faults = faults_of("count: 8, unattended: true", f"count: 8, unattended: true, {key}")
    assert len(faults) == 1 and faults[0].startswith(f"ltvo.yaml line 38: lab.resources.cycler.{sentence}"), (
        faults
    )


MIX, CALCINE, XRD, BET = (
    "mix, hours: 1",
    "hold_time: 1}}",
    "xrd, on: diffractometer,",
    "bet, on: sorption_station,",
)
STEP_FAULTS = [
    (MIX, "mix, hours: 9.5", 1, "hours: 'mix' takes at least 9.5 h, but hands are there for 9 h a day; say unattended: true if it can run alone, or give longer hours"),
    (MIX, "mix, hours: {constant: 1, calcination_temperature: 0.015}", 1, "hours: 'mix' takes at least 10 h, but"),
    (MIX, "mix, hours: 1, unattended: maybe", 1, "unattended: must be true or false, got 'maybe'"),
    (MIX, "mix, hours: 1, hands_on_hours: 0.25", 1, "hands_on_hours: hands are there for all of this step; say unattended: true, or leave this out"),
    (MIX, "mix, hours: 1, unattended: true, hands_on_hours: {start: 0.75, end: 0.5}", 1, "hands_on_hours: add up to 1.25 h, but 'mix' can take as little as 1 h; give fewer"),
    (MIX, "mix, hours: 1, unattended: true, hands_on_hours: {strt: 0.75}", 1, "hands_on_hours.strt: unknown key 'strt'; did you mean 'start'?"),
    (MIX, "mix, hours: 1, unattended: true, hands_on_hours: {end: -0.75}", 1, "hands_on_hours.end: must not be below 0, got -0.75"),
    (MIX, "mix, hours: 1, unattended: true, hands_on_hours: some", 1, "hands_on_hours: must be a number, got 'some'; allowed are hours, or {start:"),
    (MIX, "mix, hours: 20, unattended: true, hands_on_hours: {start: 9.5}", 1, "hands_on_hours: are 9.5 h at once, but hands are there for 9 h a day"),
    (MIX, "mix, hours: 1, wait_at_most_hours: 4", 1, "wait_at_most_hours: no step comes before this one"),
    (MIX, "mix, hours: 1, after: xrd", 1, "after: 'xrd' stands later, allowed are steps before this one"),
    (MIX, "mix, hours: 1, after: dry", 1, "after: unknown step 'dry', there is none"),
    (MIX, "mix, hours: 1, uses: 2", 1, "uses: is 2, but the step is on no machine; leave it out"),
    (MIX, "mix, hours: 1, when: {route: []}", 1, "when.route: needs at least one value"),
    (CALCINE, "hold_time: 1}, uses: 5}", 2, "uses: must be at most 4, the slots of tube_furnace, got 5"),
    (CALCINE, "hold_time: 1}, uses: 0}", 2, "uses: must be a whole number from 1 on, got 0"),
    (CALCINE, "hold_time: 1}, wait_at_most_hours: soon}", 2, "wait_at_most_hours: must be a number, got 'soon'"),
    (CALCINE, "hold_time: 1}, after: [], wait_at_most_hours: 4}", 2, "wait_at_most_hours: no step comes before this one"),
    (CALCINE, "hold_time: 1}, unattended: false}", 2, "unattended: is false, but tube_furnace is unattended for every step"),
    (CALCINE, "hold_time: 1}, hands_on_hours: 5}", 2, "hands_on_hours: add up to 10 h, but 'calcine' can take as little as 9 h"),
    (XRD, "xrd, on: diffractometer, uses: 2,", 3, "uses: must be at most 1, the count of diffractometer, got 2"),
    (XRD, "xrd, on: diffractometer, hands_on_hours: 0.25,", 3, "hands_on_hours: hands are there for all of this step"),
    (BET, "bet, on: sorption_station, uses: 3,", 5, "uses: must be at most 2, the count of sorption_station, got 3"),
    (BET, "bet, on: sorption_station, after: calcin,", 5, "after: unknown step 'calcin'; did you mean 'calcine'? Allowed are mix, calcine, xrd or mill"),
    (BET, "bet, on: sorption_station, after: [xrd, bet],", 5, "after: 'bet' is this step itself, allowed are steps before it"),
    (XRD + " hours: 1, gives: [phase_pure], gate: phase_pure", "xrd, hours: 1, gives: [phase_pure], gate: pure", 3, "gate: unknown response 'pure'"),
    (BET, "bet, on: sorption_station, after: [xrd, cells],", 5, "after: 'cells' stands later"),
]  # fmt: skip


@pytest.mark.parametrize(("piece", "replacement", "position", "sentence"), STEP_FAULTS)
def test_what_is_wrong_with_steps(
    faults_of: FaultsOf, piece: str, replacement: str, position: int, sentence: str
) -> None:
    faults = faults_of(piece, replacement)
    place = f"ltvo.yaml line {39 + position}: lab.steps entry {position}"
    assert len(faults) == 1 and faults[0].startswith(f"{place}.{sentence}"), faults


BUDGET = "  budget: {samples: 8}"
OTHER_FAULTS = [
    (BUDGET, "  grams_per_sample: 0", "line 46: lab.grams_per_sample: must be above 0, got 0"),
    (BUDGET, "  precursors: {Li2CO3: {grams_per_gram: 1}}", "line 46: lab.precursors: needs grams_per_sample beside it, the powder of one sample"),
    (BUDGET, "  grams_per_sample: 2\n  precursors: {Li2CO3: {grams_per_gram: 0}}", "line 47: lab.precursors.Li2CO3.grams_per_gram: must be above 0, got 0"),
    (BUDGET, "  grams_per_sample: 2\n  precursors: {Li2CO3: }", "line 47: lab.precursors.Li2CO3.grams_per_gram: this key is missing"),
    (BUDGET, "  grams_per_sample: 2\n  precursors: {Li2CO3: {grams_per_gram: 1, stock_grams: -1}}", "line 47: lab.precursors.Li2CO3.stock_grams: must not be below 0, got -1"),
    (BUDGET, "  grams_per_sample: 2\n  precursors: {Li2CO3: {grams_per_gram: 1, when: {rute: solution}}}", "line 47: lab.precursors.Li2CO3.when.rute: unknown parameter 'rute'; did you mean 'route'?"),
    (BUDGET, "  grams_per_sample: 2\n  precursors: {Li2CO3: {grams_per_gram: 1, when: {hold_time: solution}}}", "line 47: lab.precursors.Li2CO3.when.hold_time: 'hold_time' is a number, allowed are choices of names"),
    ("slots: 2,", "slots: 2, bounds: {milling_speed: {at_most: 400}},", "line 47: lab.control.milling_speed: milling_speed is 450 rpm, but planetary_mill can do at most 400 rpm"),
    ("slots: 4,", "slots: 4, bounds: {hold_time: {at_least: 3.5}},", "line 47: lab.control.hold_time: hold_time is 3 h, but tube_furnace can do at least 3.5 h"),
]  # fmt: skip


@pytest.mark.parametrize(("piece", "replacement", "sentence"), OTHER_FAULTS)
def test_what_is_wrong_with_the_rest(
    faults_of: FaultsOf, piece: str, replacement: str, sentence: str
) -> None:
    faults = faults_of(piece, replacement)
    assert len(faults) == 1 and faults[0].startswith(f"ltvo.yaml {sentence}"), faults


def test_a_run_takes_at_least_one_sample(faults_in: FaultsIn) -> None:
    lab = {"resources": {"mill": {"grams_per_run": 1}}, "grams_per_sample": 2}
    assert faults_in(lab=lab) == (
        "lab.resources.mill.grams_per_run: must be at least 2, the grams_per_sample, got 1",
    )


@pytest.mark.parametrize(
    ("calendar", "hours"),
    [
        (None, 200),
        ({"days": ["mon"], "hours": "00:00-24:00"}, 200),
        ({"days": ["mon"], "hours": "08:00-20:30"}, 12.5),
    ],
)
def test_work_by_hand_may_take_as_long_as_hands_are_there(
    minimal: Minimal, calendar: dict[str, Any] | None, hours: float
) -> None:
    lab = {"calendar": calendar, "steps": [{"name": "grind", "hours": hours}]}
    assert definition_from(minimal(lab=lab)).lab is not None


def test_the_shortest_of_a_step_looks_at_what_applies(minimal: Minimal, faults_in: FaultsIn) -> None:
    parameters = {
        "milling": ["none", "planetary", "hand"],
        "x": {"from": 0, "to": 1},
        "time": {"unit": "h", "from": 10, "to": 12, "when": {"milling": ["planetary", "hand"]}},
    }

    def lab(**when: object) -> dict[str, Any]:
        step = {"name": "mill", "hours": {"time": 1}, **when}
        return {"calendar": {"days": ["mon"], "hours": "09:00-18:00"}, "steps": [step]}

    assert definition_from(minimal(parameters=parameters, lab=lab())).lab is not None, "not milled: 0 h"
    (fault,) = faults_in(parameters=parameters, lab=lab(when={"milling": "hand"}))
    assert fault.startswith("lab.steps entry 1.hours: 'mill' takes at least 10 h")
    assert definition_from(minimal(parameters=parameters, lab=lab(when={"milling": ["none", "hand"]}))).lab


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        # Of a faulty machine nobody knows whether it is unattended, and how many slots it has.
        (
            {
                "lab": {
                    "calendar": {"days": ["mon"], "hours": "09:00-18:00"},
                    "resources": {"oven": {"count": 0}},
                    "steps": [{"name": "a", "on": "oven", "hours": 30, "uses": 7, "hands_on_hours": 1}],
                }
            },
            ["lab.resources.oven.count"],
        ),
        # A faulty step can still be named by others.
        (
            {"lab": {"steps": [{"name": "a"}, {"name": "b", "hours": 1, "after": "a", "wait_at_most_hours": 2}]}},
            ["lab.steps entry 1.hours"],
        ),
        (
            {"lab": {"steps": [{"nme": "a", "hours": 1}, {"name": "b", "hours": 1, "after": "a"}]}},
            ["lab.steps entry 1.name", "lab.steps entry 1.nme"],
        ),
        # A faulty parameter has no range to leave nothing of, and nothing to count hours by.
        (
            {
                "parameters": {"x": {"from": 3, "to": 1}},
                "lab": {
                    "calendar": {"days": ["mon"], "hours": "09:00-18:00"},
                    "resources": {"oven": {"bounds": {"x": {"at_most": 0}}}},
                    "steps": [{"name": "a", "on": "oven", "hours": {"constant": 3, "x": 10}}],
                    "control": {"x": 2},
                },
            },
            ["parameters.x"],
        ),
        (
            {"lab": {"calendar": {"days": ["mon"], "hours": "9-18"}, "steps": [{"name": "a", "hours": 30}]}},
            ["lab.calendar.hours"],
        ),
        (
            {"lab": {"grams_per_sample": "two", "precursors": {"salt": {"grams_per_gram": 1}}}},
            ["lab.grams_per_sample"],
        ),
    ],
)  # fmt: skip
def test_what_follows_from_a_fault_is_no_second_one(
    faults_in: FaultsIn, changes: dict[str, Any], names: list[str]
) -> None:
    assert sorted(fault.partition(": ")[0] for fault in faults_in(**changes)) == names
