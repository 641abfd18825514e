"""What is wrong with any other section, said with file, line and key."""

from collections.abc import Callable

import pytest

FaultsOf = Callable[[str, str], tuple[str, ...]]


FILE_FAULTS = [
    ("name: ltvo", "name: lt vo", "line 1: name: 'lt vo' must begin with a letter or digit"),
    ("name: ltvo", "schema_version: 1", "line 1: name: this key is missing"),
    ("dataset: sqlite:///ltvo.db ", "dataset: ltvo.db ", "line 3: dataset: 'ltvo.db' is no database URL"),
    ("title: ", "schema_version: 2\ntitle: ", "line 2: schema_version: is 2, but this Ovenbird reads up to 1"),
    ("title: ", "schema_version: one\ntitle: ", "line 2: schema_version: must be 1, got 'one'"),
    ("rules: ", "ruls: ", "line 12: ruls: unknown key 'ruls'; did you mean 'rules'?"),
    ("rules: ", "surrogate: gp\nrules: ", "line 12: surrogate: unknown key 'surrogate', allowed are"),
    (
        "{milling_time: 1, hold_time: 1}",
        "{milling_tim: 1, hold_time: 1}",
        "line 13: rules entry 1.linear.milling_tim: unknown parameter 'milling_tim'; did you mean 'milling_time'?",
    ),
    (
        "{milling_time: 1, hold_time: 1}",
        "{milling: 1, hold_time: 1}",
        "line 13: rules entry 1.linear.milling: 'milling' is a choice of names, allowed are",
    ),
    ("at_most: 20", "at_mst: 20", "line 13: rules entry 1.at_mst: unknown key 'at_mst'; did you mean 'at_most'?"),
    ("}, at_most: 20", "}", "line 13: rules entry 1: linear needs at_least, at_most or equals"),
    ("at_most: 20", "at_most: 20, at_least: 30", "line 13: rules entry 1: at_least must not be above at_most"),
    ("at_most: 20", "at_most: 20, equals: 3", "line 13: rules entry 1: give either equals, or"),
    ("route: solution,", "route: solutoin,", "line 14: rules entry 2.exclude.route: unknown value 'solutoin'; did you mean 'solution'?"),
    ("route: solution,", "hold_time: 13,", "line 14: rules entry 2.exclude.hold_time: 13 can never be set, allowed are 0 to 12 h"),
    ("route: solution,", "hold_time: long,", "line 14: rules entry 2.exclude.hold_time: must be a number, got 'long'; allowed are"),
    ("{route: solution, milling: planetary}, reason", "{}, reason", "line 14: rules entry 2: exclude needs at least one parameter"),
    ("3 ± 0.6,", "cubed,", "line 16: features.milling_dose.power_law.milling_speed: must be a number such as 3, or 3 ± 0.6, got 'cubed'"),
    ("milling_time: 1 ± 0.3", "milling: 1", "line 16: features.milling_dose.power_law.milling: 'milling' is a choice of names"),
    ("power_law:", "powerlaw:", "line 16: features.milling_dose.powerlaw: unknown key 'powerlaw'; did you mean 'power_law'?"),
    ("temperature: calcination_temperature", "temperature: hold_time", "line 17: features.thermal_dose.arrhenius.temperature: 'hold_time' has the unit h, it needs one that converts to K, such as degC"),
    ("time: hold_time}}", "time: hold}}", "line 17: features.thermal_dose.arrhenius.time: unknown parameter 'hold'"),
    ("time: hold_time}}", "time: hold_time, heating_rate: 0}}", "line 17: features.thermal_dose: activation energy and heating rate must be above 0"),
    ("{kind: yes_no, rises", "{kind: yesno, rises", "line 23: responses.oxidised.kind: must be number, fraction or yes_no, got 'yesno'"),
    ("depends_on: [route, ", "depends_on: [rute, ", "line 19: responses.phase_pure.depends_on: unknown parameter 'rute'; did you mean 'route'?"),
    ("depends_on: [route, calcination_temperature, hold_time]", "depends_on: [route, hold_time]", "line 19: responses.phase_pure.rises_with: 'calcination_temperature' cannot matter while depends_on leaves out"),
    ("oxidised: {kind: yes_no, rises_with: [milling_dose]}", "oxidised: {kind: yes_no, rises_with: [milling]}", "line 23: responses.oxidised.rises_with: 'milling' is a choice of names"),
    ("oxidised: {kind: yes_no, rises_with: [milling_dose]}", "oxidised: {kind: yes_no, rises_with: [dose]}", "line 23: responses.oxidised.rises_with: unknown parameter or feature 'dose'"),
    ("[0, 300]", "[300, 0]", "line 20: responses.bet_surface_area: plausible must be two numbers, the smaller first"),
    ("[0, 300]", "[300]", "line 20: responses.bet_surface_area.plausible: must be two numbers such as [0, 300], got a list"),
    ("charge_capacity: {unit: mAh/g, plausible: [0, 370], noise: 4 %}", "charge_capacity: {unit: mAh/g, noise: much}", "line 22: responses.charge_capacity: noise must be a number in the unit, or a share such as 4 %, got 'much'"),
    ("through: [bet_surface_area]", "through: [phase_pure]", "line 21: responses.discharge_capacity.through: 'phase_pure' is of kind yes_no"),
    ("through: [bet_surface_area]", "through: [usable_capacity]", "line 21: responses.discharge_capacity.through: 'usable_capacity' is itself computed"),
    ("through: [bet_surface_area]", "only_if: {bet_surface_area: true}", "line 21: responses.discharge_capacity.only_if: 'bet_surface_area' is of kind number, it must be a yes_no response"),
    ("through: [bet_surface_area]", "only_if: {phase_pure: 3}", "line 21: responses.discharge_capacity.only_if.phase_pure: must be true or false, got 3"),
    ("through: [bet_surface_area]", "surrogate: magic", "line 21: responses.discharge_capacity.surrogate: must be gaussian_process, extra_trees, random_forest or gradient_boosting, got 'magic'"),
    ("through: [bet_surface_area]", "through: discharge_capacity", "line 21: responses.discharge_capacity.through: 'discharge_capacity' cannot refer to itself"),
    ("smallest_of: [discharge_capacity, charge_capacity]", "smallest_of: [discharge_capacity, bet_surface_area]", "line 24: responses.usable_capacity.smallest_of: 'bet_surface_area' is in m2/g, but"),
    ("smallest_of: [discharge_capacity, charge_capacity]", "ratio_of: [discharge_capacity]", "line 24: responses.usable_capacity: ratio_of needs two responses"),
    ("{unit: mAh/g, smallest_of", "{unit: mAh/g, noise: 3, smallest_of", "line 24: responses.usable_capacity.noise: a computed response has none of its own"),
    ("maximise: discharge_capacity", "maximise: capacity", "line 26: goal.maximise: unknown response 'capacity'"),
    ("maximise: discharge_capacity", "maximise: phase_pure", "line 26: goal.maximise: 'phase_pure' is of kind yes_no, it must be a number or a fraction"),
    ("maximise: discharge_capacity", "maximum: discharge_capacity", "line 26: goal.maximum: unknown key 'maximum'"),
    ("maximise: discharge_capacity", "maximise: [discharge_capacity, discharge_capacity]", "line 25: goal: discharge_capacity stands twice; give it once"),
    ("maximise: discharge_capacity", "maximise: process_hours", "line 26: goal.maximise: 'process_hours' is a cost, it can only be minimised"),
    ("maximise: discharge_capacity", "minimise: process_energy", "line 26: goal.minimise: 'process_energy' needs power_kw of a resource under lab.resources"),
    ("phase_pure: {probability_at_least: 0.9}", "process_hours: {probability_at_most: 0.9}", "line 28: limits.process_hours: is known, so its limit is at_least or at_most, without a probability"),
    ("phase_pure: {probability_at_least: 0.9}", "process_hours: {}", "line 28: limits.process_hours: needs at_least or at_most"),
    ("phase_pure: {probability_at_least: 0.9}", "process_hours: {at_most: 90}", "line 28: limits.process_hours: no conditions can keep at_most 90, they cost 99 to 127.1 h"),
    ("maximise: discharge_capacity", "target: discharge_capacity", "line 26: goal.target: must be a response with its value, such as"),
    ("maximise: discharge_capacity", "target: {discharge_capacity: high}", "line 26: goal.target: discharge_capacity must be a number, got 'high'"),
    ("phase_pure: {probability_at_least: 0.9}", "phase_pure: {at_least: 0.9}", "line 28: limits.phase_pure: is yes or no, so its limit is a probability_at_least"),
    ("phase_pure: {probability_at_least: 0.9}", "phase_pure: {probability_at_least: 90}", "line 28: limits.phase_pure: the probability for phase_pure must lie between 0 and 1"),
    ("phase_pure: {probability_at_least: 0.9}", "charge_capacity: {probability_at_least: 0.9}", "line 28: limits.charge_capacity: is a number, so its limit is at_least or at_most"),
    ("phase_pure: {probability_at_least: 0.9}", "charge_capacity: {with_probability: 0.9}", "line 28: limits.charge_capacity: needs at_least or at_most"),
    ("phase_pure: {probability_at_least: 0.9}", "phase: {probability_at_least: 0.9}", "line 28: limits.phase: unknown response 'phase'"),
]  # fmt: skip


@pytest.mark.parametrize(("piece", "replacement", "sentence"), FILE_FAULTS)
def test_a_fault_names_file_line_and_key(
    faults_of: FaultsOf, piece: str, replacement: str, sentence: str
) -> None:
    faults = faults_of(piece, replacement)
    assert len(faults) == 1 and faults[0].startswith(f"ltvo.yaml {sentence}"), faults


def test_responses_that_act_on_each_other_are_refused(faults_in: Callable[..., tuple[str, ...]]) -> None:
    faults = faults_in(
        responses={"y": {"through": "z"}, "z": {"through": ["w"]}, "w": {"through": ["y"]}},
    )
    assert all("in a circle" in fault for fault in faults)


def test_one_missing_value_is_no_cascade(faults_in: Callable[..., tuple[str, ...]]) -> None:
    faults = faults_in(
        parameters={"x": {"from": 3, "to": 1}, "z": {"from": 0, "to": 1}},
        rules=[{"linear": {"x": 1, "z": 1}, "at_most": 1}],
        features={"dose": {"power_law": {"x": 2}}},
        responses={"y": {"rises_with": ["x", "dose"]}},
    )
    assert len(faults) == 1 and faults[0].startswith("parameters.x: ")
