"""From the plan to the run sheet, from its cells to the dataset, and on with the next cells."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.run_sheet import write_run_sheet
from ovenbird.datasets import InputError, QualifiedValue, Status
from ovenbird.datasets.tables import read_table
from ovenbird.planner.week_plan import WeekPlan

Fill = Callable[..., Path]
HEADER = 5


@pytest.fixture
def sheet(plan: WeekPlan, campaign: Campaign, tmp_path: Path) -> Path:
    write_run_sheet(plan, campaign.definition, tmp_path / "week.xlsx")
    return tmp_path / "week.xlsx"


@pytest.fixture
def fill(sheet: Path) -> Fill:
    """Types into cells of one sample by the name of their column."""

    def run(number: int, **cells: Any) -> Path:
        workbook = openpyxl.load_workbook(sheet)
        results: Any = workbook["Results"]
        columns = {str(cell.value).partition(" [")[0]: cell.column for cell in results[HEADER]}
        for name, value in cells.items():
            results.cell(HEADER + number, columns[name], value)
        workbook.save(sheet)
        return sheet

    return run


def test_an_empty_sheet_says_nothing_new(campaign: Campaign, sheet: Path) -> None:
    before = campaign.own_dataset()
    assert campaign.add(sheet) == []
    assert campaign.import_table(sheet).unchanged == 4
    assert campaign.own_dataset() == before


def test_bit_by_bit(campaign: Campaign, fill: Fill) -> None:
    fill(1, pure="yes")
    assert campaign.add(fill(3, pure=True, note="-fine powder")) == ["GLASS-001", "GLASS-003"]
    first = campaign.experiment("GLASS-001")
    assert (first.status, first.values("pure")) == (Status.RUNNING, (QualifiedValue(True),))
    assert campaign.experiment("GLASS-003").note == "-fine powder"
    # The same cells once more, and some besides.
    assert campaign.add(fill(1, area="~20")) == ["GLASS-001"]
    assert campaign.add(fill(1, strength=251)) == ["GLASS-001"]
    assert campaign.add(fill(1, strength="251; >248")) == ["GLASS-001"]
    first = campaign.experiment("GLASS-001")
    assert first.status is Status.MEASURED
    assert first.values("area") == (QualifiedValue(20.0, "~"),)
    assert first.values("strength") == (QualifiedValue(251.0), QualifiedValue(248.0, ">"))
    assert campaign.add(fill(1)) == []
    assert len(campaign.own_dataset()) == 4


def test_a_failure_with_its_reason(campaign: Campaign, fill: Fill) -> None:
    campaign.add(fill(2, failure="equipment", note="furnace tripped"))
    found = campaign.experiment("GLASS-002")
    assert (found.status, found.failure, found.note) == (Status.FAILED, "equipment", "furnace tripped")


def test_what_was_executed_otherwise(campaign: Campaign, fill: Fill) -> None:
    planned = campaign.experiment("GLASS-001").planned
    campaign.add(fill(1, **{"executed temperature": 165, "executed milling": "none", "pure": "yes"}))
    found = campaign.experiment("GLASS-001")
    assert found.planned == planned
    assert found.executed == {"route": "dry", "temperature": 165.0, "milling": "none", "milling_speed": None}
    campaign.add(fill(1, area=12))
    assert campaign.experiment("GLASS-001").executed == found.executed
    with pytest.raises(InputError) as caught:
        campaign.add(fill(1, **{"executed temperature": 170}))
    assert caught.value.faults == (
        "week.xlsx sheet Results row 6: executed temperature of GLASS-001 is 165, the table says 170; to "
        "correct it, use ovenbird amend",
    )


def test_wrong_cells_are_told_at_once_and_nothing_changes(
    campaign: Campaign, fill: Fill, contents: Callable[[], dict[str, bytes | None]]
) -> None:
    fill(1, pure="maybe", area=date(2026, 3, 12), strength=250)
    fill(2, failure="bad luck", **{"executed temperature": 500})
    file = fill(3, strength="-", pure="yes", **{"executed milling": "jet"})
    before = contents()
    with pytest.raises(InputError) as caught:
        campaign.add(file)
    expected = [
        "week.xlsx sheet Results row 6: cell K6 (area [m2/g]) holds a date or time (2026-03-12 00:00:00)",
        "week.xlsx sheet Results row 6: pure: 'maybe' is neither yes nor no",
        "week.xlsx sheet Results row 7: failure is 'bad luck', allowed are process or equipment",
        "week.xlsx sheet Results row 7: executed temperature is 500 degC, allowed are 100 to 200 degC",
        "week.xlsx sheet Results row 8: executed milling is 'jet', allowed are none or planetary",
        "week.xlsx sheet Results row 8: strength: '-' is not a number",
    ]
    found = caught.value.faults
    assert len(found) == len(expected)
    assert all(any(fault.startswith(phrase) for fault in found) for phrase in expected)
    assert contents() == before


def test_planned_cells_are_not_the_place_for_corrections(campaign: Campaign, fill: Fill) -> None:
    with pytest.raises(
        InputError, match=r"row 6: temperature of GLASS-001 is 160, the table says 170; to correct"
    ):
        campaign.add(fill(1, temperature=170))


def test_a_copy_that_another_program_saved(campaign: Campaign, fill: Fill, tmp_path: Path) -> None:
    file = fill(1, pure="yes", strength="251; 248")
    # Numbers as texts, an empty text, a sheet more in front: nothing of that is another table.
    workbook = openpyxl.load_workbook(file)
    results: Any = workbook["Results"]
    results["E6"], results["K6"] = "450.0", ""
    workbook.create_sheet("Sheet4", 0)["A1"] = "id"
    workbook.save(tmp_path / "copy.xlsx")
    first, second = (
        read_table(f, campaign.space, campaign.definition.responses).rows
        for f in (file, tmp_path / "copy.xlsx")
    )
    assert [(row.conditions, row.values) for row in first] == [(row.conditions, row.values) for row in second]


def test_the_command_takes_a_run_sheet(
    campaign: Campaign, fill: Fill, glass: Path, ovenbird: Callable[..., Any]
) -> None:
    file = fill(1, pure="yes", area="~20")
    outcome = ovenbird("add", glass, file)
    assert (outcome.code, outcome.out) == (0, "Filled in 1 experiment: GLASS-001.\nUnchanged: 3 rows that said nothing new.\n")  # fmt: skip
    assert campaign.experiment("GLASS-001").status is Status.RUNNING
    again = ovenbird("add", glass, file)
    assert again.out == "week.xlsx holds nothing new, its 4 rows are known already: nothing was changed.\n"
    shown = ovenbird("add", glass, fill(1, strength="~20%"))
    assert shown.code == 2
    assert shown.sentences == [
        "week.xlsx sheet Results row 6: strength: '~20%' is in %, but its column is in MPa"
    ]
