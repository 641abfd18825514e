from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovenbird.datasets import (
    NOT_STATED,
    InputError,
    NotFound,
    ParameterSpace,
    QualifiedValue,
    Response,
    Status,
)
from ovenbird.datasets.tables import (
    TableContents,
    read_table,
    rows_from_frame,
)

Responses = Mapping[str, Response]

GOOD = """\
id,route,calcination_temperature [K],hold_time [min],milling,milling_speed,additive,carbon content (%),\
phase_pure,bet_surface_area [cm2/g],discharge_capacity [mAh/g],retention [%],source,note
A,solid_state,973.15,0,none,,,,yes,~200000,251; 248; ~250,>90,10.1/x; Fig. 1,remark
,solution,,180,planetary,450,carbon,5,,,,,,
"""


def read(
    tmp_path: Path, text: str, space: ParameterSpace, responses: Responses, **how: bool
) -> TableContents:
    file = tmp_path / "results.csv"
    file.write_bytes(text.encode())
    return read_table(file, space, responses, **how)


def faults(tmp_path: Path, text: str, space: ParameterSpace, responses: Responses) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, space, responses)
    return caught.value.faults


def test_a_table_as_chemists_type_it(tmp_path: Path, space: ParameterSpace, responses: Responses) -> None:
    first, second = read(tmp_path, GOOD, space, responses).rows
    assert first.where == "results.csv row 2"
    assert (first.id, first.source, first.note) == ("A", "10.1/x", "Fig. 1; remark")
    assert first.conditions is not None and second.conditions is not None
    assert first.conditions["calcination_temperature"] == 700.0
    assert first.conditions["hold_time"] == 0.0
    assert first.conditions["milling_speed"] is None
    assert first.values == {
        "phase_pure": (QualifiedValue(True),),
        "bet_surface_area": (QualifiedValue(20.0, "~"),),
        "discharge_capacity": (QualifiedValue(251.0), QualifiedValue(248.0), QualifiedValue(250.0, "~")),
        "retention": (QualifiedValue(0.9, ">"),),
    }
    assert first.likely_status is Status.MEASURED
    assert second.id is None and second.values == {}
    assert second.conditions["calcination_temperature"] is NOT_STATED
    assert second.conditions["carbon content (%)"] == 5.0
    assert second.likely_status is Status.PLANNED


@pytest.mark.parametrize("change", ["bom", "semicolon", "tab", "crlf", "blank_lines"])
def test_the_way_a_table_is_saved_does_not_matter(
    tmp_path: Path, space: ParameterSpace, responses: Responses, change: str
) -> None:
    original = read(tmp_path, GOOD, space, responses)
    # Semicolons also part replicates and sources; a program that delimits by them quotes such cells.
    quoted = GOOD.replace("251; 248; ~250", '"251; 248; ~250"').replace("10.1/x; Fig. 1", '"10.1/x; Fig. 1"')
    text = {
        "bom": "\ufeff" + GOOD,
        "semicolon": quoted.replace(",", ";"),
        "tab": GOOD.replace(",", "\t"),
        "crlf": GOOD.replace("\n", "\r\n"),
        "blank_lines": GOOD + "\n,,,\n\n",
    }[change]
    changed = read(tmp_path, text, space, responses)
    assert changed.rows == original.rows
    assert changed.digest == original.digest


def test_another_content_has_another_digest(
    tmp_path: Path, space: ParameterSpace, responses: Responses
) -> None:
    changed = read(tmp_path, GOOD.replace("251", "252"), space, responses)
    assert changed.digest != read(tmp_path, GOOD, space, responses).digest


def test_ten_faults_are_all_reported(tmp_path: Path, space: ParameterSpace, responses: Responses) -> None:
    text = (
        "id,route,calcination_temperature,hold_time [bar],milling,milling_speed,additive,carbon content (%),"
        "phase_pure,discharge_capacity,colour\n"
        "A,melt,700,3,none,,,,yes,250,\n"
        "B,solution,7OO,3,none,,,,yes,250,\n"
        "C,solution,1250,3,none,,,,yes,250,\n"
        "D,solution,700,3,none,450,,,yes,250,\n"
        "a,solution,700,3,none,,,,maybe,250,\n"
        "F,solution,700,3,none,,,,yes,>,\n"
        "G,solution,700,3,none,,,,yes,999,\n"
        "H,solution,700,3,none,,,,yes\n"
    )
    found = faults(tmp_path, text, space, responses)
    expected = [
        "results.csv header: column 'hold_time [bar]': bar does not convert to h",
        "results.csv header: unknown column 'colour', allowed are id, status, route",
        "results.csv row 2: route is 'melt', allowed are solid_state or solution",
        "results.csv row 3: calcination_temperature: '7OO' is not a number",
        "results.csv row 4: calcination_temperature is 1250 degC, allowed are 600 to 900 degC",
        "results.csv row 5: milling_speed is 450, but it does not apply when milling is none",
        "results.csv row 6: phase_pure: 'maybe' is neither yes nor no",
        "results.csv row 6: the id a stands twice, already in results.csv row 2",
        "results.csv row 7: discharge_capacity: '>' stands without a number",
        "results.csv row 8: discharge_capacity is 999 mAh/g, plausible are 0 to 370 mAh/g",
        "results.csv row 9: has 9 cells, but the header has 11",
    ]
    for phrase in expected:
        assert any(fault.startswith(phrase) for fault in found), phrase
    assert len(found) == len(expected)


HEAD = "route,calcination_temperature,hold_time,milling"


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        (f"{HEAD},status\nsolution,700,3,none,done\n", "status is 'done', allowed are suggested, planned"),
        (f"{HEAD},status\nsolution,700,3,none,failed\n", "failure must say process or equipment"),
        (f"{HEAD},failure\nsolution,700,3,none,bad luck\n", "failure is 'bad luck', allowed are process"),
        (f"{HEAD},status,failure\nsolution,700,3,none,measured,process\n", "allowed is failed"),
        (f"{HEAD}\nsolution,~700,3,none\n", "'~700' is no plain number, allowed are 600 to 900"),
        (f"{HEAD}\nsolution,700,3,planetary\n", "the column milling_speed is missing"),
        ("route,milling\nsolution,none\n", "the column hold_time is missing"),
        (f"{HEAD},usable_capacity\nsolution,700,3,none,200\n", "usable_capacity is computed from"),
        (f"{HEAD},hold_time [min]\nsolution,700,3,none,\n", "the column hold_time stands 2 times"),
        (f"{HEAD},phase_pure [h]\nsolution,700,3,none,yes\n", "it holds no numbers, so it has no unit"),
        (f"{HEAD},\nsolution,700,3,none,x\n", "has 5 cells, but the header has 4"),
        (f",{HEAD}\n0,solution,700,3,none\n", "column 1 has no name"),
        (f'{HEAD},note\nsolution,700,3,none,"open\n', "cannot be read as CSV"),
        (f"{HEAD},retention [K]\nsolution,700,3,none,1\n", "K does not convert to a number without a unit"),
        ("", "is empty"),
        (" \n\n", "is empty"),
        (f"{HEAD}\n", "has a header but no row below it"),
        (f"{HEAD}\n\0\n", "is a binary file"),
    ],
)
def test_every_kind_of_fault_has_its_sentence(
    tmp_path: Path, space: ParameterSpace, responses: Responses, text: str, phrase: str
) -> None:
    found = faults(tmp_path, text, space, responses)
    assert phrase in "\n".join(found)
    assert all(fault.startswith("results.csv") for fault in found)


def test_files_that_are_no_tables(tmp_path: Path, space: ParameterSpace, responses: Responses) -> None:
    binary = tmp_path / "photo.csv"
    binary.write_bytes(bytes(range(128, 256)))
    with pytest.raises(InputError, match=r"photo.csv is not a text file in UTF-8 \(byte 1\)"):
        read_table(binary, space, responses)
    with pytest.raises(NotFound, match="there is no such file"):
        read_table(tmp_path / "absent.csv", space, responses)
    with pytest.raises(InputError, match="is a folder, not a table"):
        read_table(tmp_path, space, responses)


def test_a_column_nobody_needs_may_be_missing(
    tmp_path: Path, space: ParameterSpace, responses: Responses
) -> None:
    (row,) = read(tmp_path, f"{HEAD}\nsolution,700,3,none\n", space, responses).rows
    assert row.conditions is not None
    assert (row.conditions["milling_speed"], row.conditions["carbon content (%)"]) == (None, None)


def test_results_alone_may_come_by_id(tmp_path: Path, space: ParameterSpace, responses: Responses) -> None:
    (row,) = read(tmp_path, "id,bet_surface_area\nLTVO-001,~20\n", space, responses).rows
    assert row.conditions is None
    assert row.values["bet_surface_area"] == (QualifiedValue(20.0, "~"),)


def test_rows_are_counted_as_a_spreadsheet_shows_them(
    tmp_path: Path, space: ParameterSpace, responses: Responses
) -> None:
    text = f'{HEAD},note\nsolution,700,3,none,"two\nlines"\n\nsolution,5,3,none,\n'
    assert faults(tmp_path, text, space, responses)[0].startswith(
        "results.csv row 4: calcination_temperature"
    )


def test_literature_is_read_leniently(tmp_path: Path, space: ParameterSpace, responses: Responses) -> None:
    text = (
        "id,route,calcination_temperature,milling,discharge_capacity,structure\n"
        "A,solution,1250,none,250,layered\n"
        "B,melt,700,none,250,\n"
        "C,solution,700,none,999; 250,\n"
    )
    contents = read(tmp_path, text, space, responses, lenient=True)
    first, third = contents.rows
    assert first.conditions is not None
    assert first.conditions["calcination_temperature"] == 1250.0
    assert first.conditions["hold_time"] is NOT_STATED
    assert third.values["discharge_capacity"] == (QualifiedValue(250.0),)
    assert contents.unknown_columns == ("structure",)
    assert "results.csv row 3 is left out: route is 'melt'" in contents.messages[0]
    assert "row 4: discharge_capacity is 999" in contents.messages[1]
    assert len(contents.messages) == 2


def test_literature_with_a_bad_number_is_still_refused(
    tmp_path: Path, space: ParameterSpace, responses: Responses
) -> None:
    with pytest.raises(InputError, match="row 2: hold_time: 'long' is not a number"):
        read(tmp_path, "route,hold_time\nsolution,long\n", space, responses, lenient=True)


def test_a_data_frame_may_hold_numbers_truths_and_gaps(space: ParameterSpace, responses: Responses) -> None:
    frame = pd.DataFrame(
        {
            "route": ["solution", "solid_state"],
            "calcination_temperature [K]": [973.15, np.nan],
            "hold_time": [3, 0],
            "milling": ["none", "planetary"],
            "milling_speed": [None, np.int64(450)],
            "additive": [pd.NA, "none"],
            "phase_pure": [True, None],
            "discharge_capacity": [[251, 248], "~250"],
            "retention": [np.float64(0.5), np.nan],
        },
        index=["x", "x"],
    )
    first, second = rows_from_frame(frame, space, responses).rows
    assert first.conditions is not None and second.conditions is not None
    assert first.conditions["calcination_temperature"] == 700.0
    assert first.conditions["milling_speed"] is None
    assert first.values["phase_pure"] == (QualifiedValue(True),)
    assert first.values["discharge_capacity"] == (QualifiedValue(251.0), QualifiedValue(248.0))
    assert second.conditions["calcination_temperature"] is NOT_STATED
    assert second.conditions["hold_time"] == 0.0
    assert second.values == {"discharge_capacity": (QualifiedValue(250.0, "~"),)}


def test_a_fault_in_a_data_frame_names_its_position(space: ParameterSpace, responses: Responses) -> None:
    frame = pd.DataFrame({"route": ["solution"] * 2, "hold_time": [3.0, np.inf], "milling": ["none"] * 2})
    frame["calcination_temperature"] = 700
    with pytest.raises(InputError, match=r"^DataFrame.iloc\[1\]: hold_time: 'inf' is not a number"):
        rows_from_frame(frame, space, responses)


@settings(deadline=None)
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.integers(0, len(GOOD)), st.booleans()
)
def test_a_damaged_table_is_read_or_refused_in_words(
    space: ParameterSpace,
    responses: Responses,
    tmp_path_factory: pytest.TempPathFactory,
    noise: bytes,
    at: int,
    lenient: bool,
) -> None:
    file = tmp_path_factory.getbasetemp() / "damaged.csv"
    file.write_bytes(GOOD[:at].encode() + noise + GOOD[at + len(noise) // 2 :].encode())
    try:
        rows, found = read_table(file, space, responses, lenient=lenient).rows, ()
    except InputError as error:
        rows, found = (), error.faults
    assert rows or found
    assert all("damaged.csv" in fault for fault in found)
    assert all(row.conditions is None or set(row.conditions) == set(space.names) for row in rows)
