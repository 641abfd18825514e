"""Tables in Excel workbooks: read like CSV, or refused with the place of every fault."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook

from ovenbird.datasets import InputError, ParameterSpace, QualifiedValue, Response
from ovenbird.datasets.learn_from import load_source
from ovenbird.datasets.tables import TableContents, read_table

Responses = Mapping[str, Response]
Read = Callable[[Path], TableContents]
Faults = Callable[[Path], tuple[str, ...]]

HEADER = ("id", "route", "calcination_temperature [K]", "hold_time", "milling", "milling_speed", "additive")
MEASURED = ("carbon content (%)", "phase_pure", "discharge_capacity [mAh/g]", "retention", "note")
FULL: Sequence[Any] = ("A", "solution", 973.15, 0, "planetary", 450.0, "carbon", 5)
VALUES: Sequence[Any] = (True, "~250", 0.9, "dark")
TEXTS = """\
id,route,calcination_temperature [K],hold_time,milling,milling_speed,additive,carbon content (%),phase_pure,\
discharge_capacity [mAh/g],retention,note
A,solution,973.15,0,planetary,450,carbon,5,yes,~250,0.9,dark
"""


def book(*rows: Sequence[Any], title: str = "Results") -> Workbook:
    workbook = Workbook()
    (sheet,) = workbook.worksheets
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    return workbook


def table(*cells: Any) -> Workbook:
    """One row of some columns, all of them stated."""
    return book((*HEADER, *MEASURED), (*FULL, *cells))


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    def save(workbook: Workbook, name: str = "plan.xlsx") -> Path:
        workbook.save(tmp_path / name)
        return tmp_path / name

    return save


@pytest.fixture
def read(space: ParameterSpace, responses: Responses) -> Read:
    return lambda file: read_table(file, space, responses)


@pytest.fixture
def faults(read: Read) -> Faults:
    def refused(file: Path) -> tuple[str, ...]:
        with pytest.raises(InputError) as caught:
            read(file)
        return caught.value.faults

    return refused


def test_a_workbook_says_what_the_same_csv_says(saved: Callable[..., Path], read: Read) -> None:
    file = saved(table(*VALUES))
    text = file.with_suffix(".csv")
    text.write_text(TEXTS)
    from_excel, from_text = read(file), read(text)
    (one,), (other,) = from_excel.rows, from_text.rows
    assert one.where == "plan.xlsx sheet Results row 2"
    assert (one.conditions, one.values, one.note) == (other.conditions, other.values, other.note)
    assert one.conditions is not None and one.conditions["calcination_temperature"] == 700.0
    assert from_excel.digest == from_text.digest


def test_what_a_workbook_is_called_does_not_matter(saved: Callable[..., Path], read: Read) -> None:
    expected = read(saved(table(*VALUES))).digest
    for name in ("plan.csv", "plan", "plan.XLSM", "plan.xls"):
        assert (
            read(saved(table(*VALUES), "x.xlsx").rename(saved(table(), "y.xlsx").with_name(name))).digest
            == expected
        )


def test_the_header_may_stand_anywhere(saved: Callable[..., Path], read: Read) -> None:
    plain = read(saved(table(*VALUES)))
    moved = Workbook()
    (sheet,) = moved.worksheets
    sheet.cell(2, 2, "Week 48; results")
    sheet.merge_cells("B2:H3")
    sheet["C3"].number_format = "0.0"
    for column, (name, value) in enumerate(zip((*HEADER, *MEASURED), (*FULL, *VALUES), strict=True), start=3):
        # A blank column between, and a blank row below the header.
        place = column + (column > 5)
        sheet.cell(6, place, name)
        sheet.cell(8, place, value)
    sheet.cell(1_000_000, 2).number_format = "0.0"
    found = read(saved(moved))
    assert found.digest == plain.digest
    assert (found.rows[0].where, found.rows[0].number) == ("plan.xlsx sheet Sheet row 8", 8)


@pytest.mark.parametrize(
    ("sheets", "taken"),
    [
        ({"Week": "visible", " results ": "visible"}, " results "),
        ({"Week": "visible", "Results": "hidden"}, "Results"),
        ({"Empty": "visible", "Lists": "hidden", "First": "visible", "Second": "visible"}, "First"),
    ],
)
def test_which_sheet_is_read(
    saved: Callable[..., Path], read: Read, sheets: dict[str, str], taken: str
) -> None:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, state in sheets.items():
        sheet: Any = workbook.create_sheet(name)
        sheet.sheet_state = state
        if name != "Empty":
            sheet.append(["id", "bet_surface_area"])
            sheet.append([name.strip(), 20])
    (row,) = read(saved(workbook)).rows
    assert row.id == taken.strip()


@pytest.mark.parametrize(
    ("typed", "number_format", "expected"),
    [
        (251, "General", QualifiedValue(251.0)),
        (0.1, "0.00", QualifiedValue(0.1)),
        ("251", "@", QualifiedValue(251.0)),
        ("~ 250", "General", QualifiedValue(250.0, "~")),
        (">80", "General", QualifiedValue(80.0, ">")),
        ("=251", "@", QualifiedValue(251.0)),
        (1e-7, "0.0E+00", QualifiedValue(1e-7)),
    ],
)
def test_numbers_as_they_are_typed(
    saved: Callable[..., Path], read: Read, typed: Any, number_format: str, expected: QualifiedValue
) -> None:
    workbook = book(("id", "discharge_capacity"), ("A", None))
    cell: Any = workbook["Results"]["B2"]
    cell.value, cell.number_format = typed, number_format
    if isinstance(typed, str):
        cell.data_type = "s"
    assert read(saved(workbook)).rows[0].values["discharge_capacity"] == (expected,)


@pytest.mark.parametrize(
    ("header", "number_format", "expected"),
    [
        ("retention", "0%", 0.07),
        ("retention [%]", "0.0%", 0.07),
        ("retention", '0.00"%"', 0.07),
        ("retention [%]", "0\\%", 0.0007),
    ],
)
def test_seven_percent_is_what_excel_makes_of_it(
    saved: Callable[..., Path], read: Read, header: str, number_format: str, expected: float
) -> None:
    workbook = book(("id", header), ("A", 0.07))
    workbook["Results"]["B2"].number_format = number_format
    (value,) = read(saved(workbook)).rows[0].values["retention"]
    assert value.value == pytest.approx(expected, rel=1e-12)


def test_replicates_and_truths(saved: Callable[..., Path], read: Read) -> None:
    (row,) = read(saved(table(False, "251; 248", None, None))).rows
    assert row.values == {
        "phase_pure": (QualifiedValue(False),),
        "discharge_capacity": (QualifiedValue(251.0), QualifiedValue(248.0)),
    }


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        (
            date(2026, 3, 12),
            "holds a date or time (2026-03-12 00:00:00): Excel makes one of 3/12 or 3-12; give ",
        ),
        (time(3, 4), "holds a date or time (03:04:00): Excel makes one of 3/12"),
        (timedelta(hours=30), "holds a date or time (1 day, 6:00:00): Excel makes one of 3/12"),
        ("#N/A", "holds the error #N/A; leave it empty, or mend the formula"),
        ("#DIV/0!", "holds the error #DIV/0!; leave it empty"),
        ("=B2*2", "holds a formula without a value; open the file in Excel and save it, or type the value"),
    ],
)
def test_cells_that_say_nothing(saved: Callable[..., Path], faults: Faults, cell: Any, sentence: str) -> None:
    (fault,) = faults(saved(table(None, cell, None, None)))
    place = "plan.xlsx sheet Results row 2: cell J2 (discharge_capacity [mAh/g]) "
    assert fault.startswith(place + sentence)


def test_a_formula_counts_by_its_value(tmp_path: Path, saved: Callable[..., Path], read: Read) -> None:
    file = saved(
        book(("id", "discharge_capacity", "charge_capacity", "note"), ("A", "=200+50", '=""', '="d"&"k"'))
    )
    # As Excel saves it: the value beside the formula.
    kept = {
        b'<c r="B2"><f>200+50</f><v />': b'<c r="B2"><f>200+50</f><v>250</v>',
        b'<c r="C2"><f>""</f><v />': b'<c r="C2" t="str"><f>""</f><v></v>',
        b'<c r="D2"><f>"d"&amp;"k"</f><v />': b'<c r="D2" t="str"><f>"d"&amp;"k"</f><v>dk</v>',
    }
    calculated = tmp_path / "calculated.xlsx"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(calculated, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                for before, after in kept.items():
                    assert before in content
                    content = content.replace(before, after)
            new.writestr(name, content)
    (row,) = read(calculated).rows
    assert row.values == {"discharge_capacity": (QualifiedValue(250.0),)}
    assert row.note == "dk"


def test_all_faults_are_told_at_once(saved: Callable[..., Path], faults: Faults) -> None:
    workbook = book(
        ("Results of week 48",),
        ("id", "phase_pure", "discharge_capacity", "colour"),
        ("A", "maybe", 999, "red"),
        ("B", date(2026, 3, 12), "-", None, "scribble"),
        ("C", None, "=1/0"),
        ("D", None, 250, None, "more"),
    )
    found = faults(saved(workbook))
    expected = [
        "plan.xlsx sheet Results header: unknown column 'colour', allowed are id, status, route",
        "plan.xlsx sheet Results row 4: cell E4 is filled, but the header has no name there",
        "plan.xlsx sheet Results row 4: cell B4 (phase_pure) holds a date or time",
        "plan.xlsx sheet Results row 5: cell C5 (discharge_capacity) holds a formula without a value",
        "plan.xlsx sheet Results row 3: phase_pure: 'maybe' is neither yes nor no",
        "plan.xlsx sheet Results row 3: discharge_capacity is 999 mAh/g, plausible are 0 to 370 mAh/g",
        "plan.xlsx sheet Results row 4: discharge_capacity: '-' is not a number",
    ]
    assert len(found) == len(expected)
    for phrase in expected:
        assert any(fault.startswith(phrase) for fault in found), phrase


@pytest.mark.parametrize(
    ("merged", "is_refused"),
    [
        ("A1:C1", False),
        ("B3:B4", True),
        ("A2:B2", False),
        ("C5:C9", False),
        ("B4:C4", True),
        ("C3:C4", False),
    ],
)
def test_merged_cells_are_refused_where_they_hide_something(
    saved: Callable[..., Path], read: Read, faults: Faults, merged: str, is_refused: bool
) -> None:
    workbook = book(
        ("Results of week 48",), ("id", "bet_surface_area", "note"), ("A", 20, None), ("B", 30, None)
    )
    sheet: Any = workbook["Results"]
    if merged == "A2:B2":
        sheet["A1"], sheet["A2"], sheet["B2"] = None, None, None
        sheet["A2"], sheet["C2"] = "id", "bet_surface_area"
        sheet["C3"], sheet["C4"], sheet["B3"], sheet["B4"] = 20, 30, None, None
    sheet.merge_cells(merged)
    file = saved(workbook)
    if is_refused:
        assert f"plan.xlsx sheet Results: the cells {merged} are merged, so only the first" in faults(file)[0]
    else:
        assert len(read(file).rows) == 2


@pytest.mark.parametrize(
    ("workbook", "sentence"),
    [
        (book(), "plan.xlsx sheet Results is empty; it needs a header and a row for every experiment"),
        (book(title="Data"), "plan.xlsx is empty; it needs a sheet with a header and a row for every experiment"),
        (book(("id", "bet_surface_area")), "plan.xlsx sheet Results has a header but no row below it"),
        (book(("Temperature", "BET"), (700, 20)), "plan.xlsx sheet Results: no row names a column that is known, allowed are id, status"),
        (book(("id", "route"), (None, None), (" ", "")), "plan.xlsx sheet Results has a header but no row below it"),
    ],
)  # fmt: skip
def test_workbooks_without_a_table(
    saved: Callable[..., Path], faults: Faults, workbook: Workbook, sentence: str
) -> None:
    (fault,) = faults(saved(workbook))
    assert fault.startswith(sentence)


ENCRYPTED = b"\xd0\xcf\x11\xe0" + bytes(60) + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.xlsx", b"PK\x03\x04rest", "a.xlsx cannot be read as an Excel workbook; open it in Excel or LibreOffice and save it as .xlsx, or as CSV in UTF-8"),
        ("a.csv", b"PK\x03\x04rest", "a.csv cannot be read as an Excel workbook; open it in Excel or LibreOffice and save it as .xlsx, or as CSV in UTF-8"),
        ("a.xls", b"\xd0\xcf\x11\xe0rest", "a.xls is an Excel file of the old kind; save it as .xlsx or as CSV"),
        ("a.xlsx", ENCRYPTED, "a.xlsx is protected by a password; save it without one"),
        ("a.xlsx", b"id,route\n", "a.xlsx is no Excel workbook, whatever its name says; save it as .xlsx or as CSV"),
        ("a.xlsx", b"", "a.xlsx is empty; it needs a header and a row for every experiment"),
    ],
)  # fmt: skip
def test_files_that_are_no_workbooks(
    space: ParameterSpace, responses: Responses, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    for read in (
        lambda: read_table(tmp_path / name, space, responses),
        lambda: load_source(name, tmp_path, space, responses),
    ):
        with pytest.raises(InputError) as caught:
            read()
        assert str(caught.value) == sentence


def test_literature_in_a_workbook(
    saved: Callable[..., Path], space: ParameterSpace, responses: Responses, tmp_path: Path
) -> None:
    header = (
        "route",
        "milling",
        "hold_time",
        "executed hold_time",
        "bet_surface_area",
        "made on",
        "structure",
    )
    saved(
        book(header, ("solution", "none", 3, 4, 20, date(2026, 3, 12), "#N/A"), ("melt", "none")),
        "earlier.xlsx",
    )
    data, messages = load_source("earlier.xlsx", tmp_path, space, responses)
    (experiment,) = data.experiments
    assert experiment.id == "earlier-row2"
    assert (experiment.planned["hold_time"], experiment.executed["hold_time"]) == (3.0, 4.0)
    assert messages[0] == "earlier.xlsx: left aside what is no parameter or response here: made on, structure"
    assert messages[1].startswith("earlier.xlsx sheet Results row 3 is left out: route is 'melt'")


@pytest.fixture(scope="module")
def content() -> bytes:
    stream = io.BytesIO()
    table(*VALUES).save(stream)
    return stream.getvalue()


@settings(deadline=None, max_examples=40)
@given(noise=st.binary(min_size=1, max_size=40), at=st.floats(0, 1), inside=st.booleans())
def test_a_damaged_workbook_is_read_or_refused_in_words(
    space: ParameterSpace,
    responses: Responses,
    tmp_path_factory: pytest.TempPathFactory,
    content: bytes,
    noise: bytes,
    at: float,
    inside: bool,
) -> None:
    file = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    damaged = _overwritten(content, noise, at)
    if inside:
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
            for name in old.namelist():
                part = old.read(name)
                new.writestr(name, _overwritten(part, noise, at) if name.endswith("sheet1.xml") else part)
        damaged = stream.getvalue()
    file.write_bytes(damaged)
    try:
        rows, found = read_table(file, space, responses).rows, ()
    except InputError as error:
        rows, found = (), error.faults
    assert rows or found
    assert all("damaged.xlsx" in fault for fault in found)


def _overwritten(content: bytes, noise: bytes, at: float) -> bytes:
    start = int(at * len(content))
    return content[:start] + noise + content[start + len(noise) :]


def test_csv_needs_no_excel(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(openpyxl, "load_workbook", refuse)
    (tmp_path / "a.csv").write_text(TEXTS)
    assert len(read(tmp_path / "a.csv").rows) == 1
