"""What stands in a run sheet, and how it looks."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.definition import Definition, definition_from
from ovenbird.campaigns.run_sheet import write_run_sheet
from ovenbird.datasets import NOT_STATED, InputError
from ovenbird.planner.timetable import SampleInPlan, Timetable
from ovenbird.planner.week_plan import WeekPlan

Sheets = dict[str, Any]
HEADER = 5


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Sheets]:
    """Sheets of a run sheet by name, as they are read again."""

    def write(plan: WeekPlan, definition: Definition) -> Sheets:
        write_run_sheet(plan, definition, tmp_path / "week.xlsx")
        assert [file.name for file in tmp_path.iterdir() if "week" in file.name] == ["week.xlsx"]
        workbook = openpyxl.load_workbook(tmp_path / "week.xlsx")
        return {sheet.title: sheet for sheet in workbook.worksheets}

    return write


@pytest.fixture
def sheets(written: Callable[..., Sheets], plan: WeekPlan, campaign: Campaign) -> Sheets:
    return written(plan, campaign.definition)


def texts(sheet: Any, row: int) -> list[Any]:
    return [cell.value for cell in sheet[row]]


def grey(cell: Any) -> str:
    return cell.fill.start_color.rgb[2:] if cell.fill.fill_type == "solid" else ""


def offered(sheet: Any, place: str) -> str:
    """What is offered in a cell, or nothing."""
    rules = [rule for rule in sheet.data_validations.dataValidation if place in rule.sqref]
    return rules[0].formula1 if rules else ""


def test_the_week_is_ticked_off(sheets: Sheets) -> None:
    assert list(sheets) == ["Week", "Samples", "Results"]
    week = sheets["Week"]
    assert week["A1"].value == "=Glass & more"
    assert str(week["A2"].value).startswith(
        "Week 2026-W48: 4 samples, 2 of them new; all is done by Mon 30 Nov"
    )
    assert texts(week, 4) == ["time", "what", "machine", "settings", "samples", "done", "initials / remark"]
    assert week["A5"].value == "Mon 23 Nov"
    assert texts(week, 8) == [
        "Mon 10:00",
        "start tube furnace 1 TF2: fire, dry, 160 degC",
        "tube furnace 1",
        "route dry, temperature 160 degC",
        "GLASS-001",
        "☐",
        None,
    ]
    assert offered(week, "F8") == '"☐,☑"'
    column = [str(cell.value) for cell in week["A"]]
    assert [text for text in column if text.startswith("Wed") or text.startswith("nothing")] == [
        "Wed 25 Nov",
        "nothing to be done by hand",
    ]
    assert [text for text in column[-8:] if text != "None"] == [
        "To decide",
        "- stop: GLASS-004 is not pure.",
        "Changes against the plan before",
        "- GLASS-003 stays.",
        "Also",
        "- -1 sample was left out & forgotten.",
    ]


def test_a_sample_a_row(sheets: Sheets) -> None:
    samples = sheets["Samples"]
    header = texts(samples, 3)
    assert header == [
        "id",
        "why it is made",
        "new or under way",
        "route",
        "temperature [degC]",
        "milling",
        "milling_speed [rpm]",
        "weigh in SiO2 [g]",
        "goes into",
        "expected (90 % interval)",
        "limits",
        "reasons",
    ]
    first, second, third, fourth = (
        dict(zip(header, texts(samples, row), strict=True)) for row in range(4, 8)
    )
    assert (first["id"], first["why it is made"], first["new or under way"]) == (
        "GLASS-001",
        "improve",
        "new",
    )
    assert (first["temperature [degC]"], first["milling_speed [rpm]"], first["weigh in SiO2 [g]"]) == (
        160,
        450,
        1.25,
    )
    assert first["goes into"] == "weigh\nfire TF2\nxrd DI2\nmill MI1\nbet SO1\ndry"
    assert first["expected (90 % interval)"] == "pure: yes with 97 %\nstrength: 262 (241 to 283) MPa"
    assert first["limits"] == "pure: 97 %"
    assert first["reasons"] == "=262 MPa expected.\nIt tests whether milling pays."
    assert (second["why it is made"], second["milling_speed [rpm]"], second["reasons"]) == (
        "control",
        None,
        None,
    )
    assert (third["new or under way"], third["weigh in SiO2 [g]"]) == ("under way", None)
    assert fourth["new or under way"] == "stopped"


def test_no_precursors_no_columns(written: Callable[..., Sheets], plan: WeekPlan, campaign: Campaign) -> None:
    bare = replace(plan, samples=tuple(replace(s, grams={}) for s in plan.samples), suggestions=())
    header = texts(written(bare, campaign.definition)["Samples"], 3)
    assert not [name for name in header if name.startswith("weigh") or name in ("limits", "reasons")]


def test_cells_for_results(sheets: Sheets) -> None:
    results = sheets["Results"]
    planned = ["route", "temperature [degC]", "milling", "milling_speed [rpm]"]
    measured = ["pure", "area [m2/g]", "strength [MPa]"]
    header = ["id", *planned, *(f"executed {name}" for name in planned), *measured, "failure", "note"]
    assert texts(results, HEADER) == header
    assert texts(results, HEADER + 1) == ["GLASS-001", "dry", 160, "planetary", 450, *[None] * 9]
    assert texts(results, HEADER + 2)[:5] == ["GLASS-002", "dry", 150, "none", None]
    assert [offered(results, f"{letter}{HEADER + 4}") for letter in "BFGHIJKLMN"] == [
        "", '"dry,wet"', "", '"none,planetary"', "", '"yes,no"', "", "", '"process,equipment"', ""
    ]  # fmt: skip
    # What stands above the header is no name of a column.
    above = [cell.value for row in range(1, HEADER) for cell in results[row] if cell.value]
    assert all(";" in text for text in above)


def test_what_is_not_expected_is_shaded(sheets: Sheets) -> None:
    results = sheets["Results"]
    columns = {cell.value: cell.column_letter for cell in results[HEADER]}
    shades = {
        row: {
            name: grey(results[f"{columns[name]}{row}"])
            for name in ("route", "executed route", "executed milling_speed [rpm]", "pure", "area [m2/g]", "strength [MPa]")
        }
        for row in range(HEADER + 1, HEADER + 5)
    }  # fmt: skip
    filled, pale = "D9D9D9", "EDEDED"
    assert list(shades[HEADER + 1].values()) == [filled, "", "", "", "", ""]
    assert list(shades[HEADER + 2].values()) == [filled, "", pale, "", "", ""]
    # In the furnace: pure is measured, area is no part of this plan; strength no step gives.
    assert list(shades[HEADER + 3].values()) == [filled, "", pale, "", pale, ""]
    assert list(shades[HEADER + 4].values()) == [filled, "", pale, pale, pale, ""]
    assert not any(cell.value == "-" for row in results.iter_rows() for cell in row)


@pytest.mark.parametrize(("name", "frozen", "titles"), [("Week", "B5", "$4:$4"), ("Samples", "B4", "$3:$3"), ("Results", "B6", "$5:$5")])  # fmt: skip
def test_pages(sheets: Sheets, name: str, frozen: str, titles: str) -> None:
    sheet = sheets[name]
    assert (sheet.freeze_panes, sheet.print_title_rows) == (frozen, titles)
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (
        "landscape",
        1,
        0,
    )
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.oddFooter.left.text == "glass, week 2026-W48"


def test_no_text_is_a_formula(written: Callable[..., Sheets], plan: WeekPlan, campaign: Campaign) -> None:
    evil = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        '=HYPERLINK("http://x")',
        "#N/A",
        "a\x00b\x1b\ud800c",
        "x" * 40_000,
    ]
    samples = tuple(
        SampleInPlan(
            experiment=f"{text}{n}"[:50], conditions=plan.samples[0].conditions, is_new=True, role=text
        )
        for n, text in enumerate(evil)
    )
    shown = replace(
        plan,
        samples=samples,
        suggestions=tuple(
            replace(plan.suggestions[0], id=sample.experiment, reasons=(sample.role,)) for sample in samples
        ),
        changes=tuple(evil),
        messages=tuple(evil),
    )
    sheets = written(shown, replace(campaign.definition, title="=cmd|' /C calc'!A0\r\nmore\x07"))
    cells = [cell for sheet in sheets.values() for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s", "n"}
    ids = [sheets["Results"].cell(HEADER + n, 1) for n in range(1, 5)]
    assert [cell.value for cell in ids] == ["=1+10", "+11", "-12", "@SUM(A1)3"]
    assert all(cell.quotePrefix for cell in ids)
    assert sheets["Week"]["A1"].value == "=cmd|' /C calc'!A0\nmore"


def test_choices_that_no_rule_can_hold(written: Callable[..., Sheets], plan: WeekPlan) -> None:
    many = [f"solvent {n} of a long list" for n in range(30)]
    keys = {
        "name": "alloy",
        "parameters": {
            "solvent": many,
            "mix": ["1,2-dichloroethane", 'the "good" one'],
            "plain": ["=a", "b"],
        },
        "responses": {"y": {}},
        "goal": {"maximise": "y"},
    }
    definition = definition_from(keys)
    conditions = {"solvent": many[3], "mix": NOT_STATED, "plain": "=a"}
    sample = SampleInPlan(experiment="ALLOY-001", conditions=conditions, is_new=True)
    sheets = written(replace(plan, samples=(sample,), suggestions=(), timetable=Timetable()), definition)
    assert sheets["Lists"].sheet_state == "hidden"
    results = sheets["Results"]
    assert texts(results, HEADER + 1)[:4] == ["ALLOY-001", many[3], None, "=a"]
    assert [offered(results, f"{letter}6") for letter in "EFG"] == [
        "Lists!$A$1:$A$30",
        "Lists!$B$1:$B$2",
        "Lists!$C$1:$C$2",
    ]
    assert [cell.value for cell in sheets["Lists"]["B"]][:2] == ["1,2-dichloroethane", 'the "good" one']
    assert sheets["Lists"]["C1"].data_type == "s"


def test_an_empty_week(written: Callable[..., Sheets], plan: WeekPlan, campaign: Campaign) -> None:
    empty = WeekPlan(week="2026-W48", start=plan.start, end=plan.end, timetable=Timetable())
    sheets = written(empty, campaign.definition)
    assert sheets["Week"]["A2"].value == "Week 2026-W48: nothing is to be done."
    assert sheets["Results"].max_row == HEADER


@pytest.mark.parametrize("where", ["absent/week.xlsx", "file/week.xlsx", "folder", "a\0b.xlsx"])
def test_a_place_that_cannot_be_written(
    plan: WeekPlan,
    campaign: Campaign,
    tmp_path: Path,
    contents: Callable[[], dict[str, bytes | None]],
    where: str,
) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "folder").mkdir()
    before = contents()
    with pytest.raises(InputError) as caught:
        write_run_sheet(plan, campaign.definition, tmp_path / where)
    (fault,) = caught.value.faults
    assert fault.startswith(f"{tmp_path / where}: cannot be written (")
    assert contents() == before


def test_a_file_is_replaced_whole(plan: WeekPlan, campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    file = tmp_path / "week.xlsx"
    file.write_bytes(b"earlier")

    def full(self: object, path: Path) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(openpyxl.Workbook, "save", full)
        with pytest.raises(InputError, match=r"week.xlsx: cannot be written \(No space left on device\)$"):
            write_run_sheet(plan, campaign.definition, file)
    assert file.read_bytes() == b"earlier"
    write_run_sheet(plan, campaign.definition, file)
    assert file.read_bytes().startswith(b"PK")
    assert sorted(p.name for p in tmp_path.iterdir() if "week" in p.name) == ["week.xlsx"]
