"""The whole circle as a user goes it: plan, make, fill in, import, plan again, and on to the next week."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import openpyxl
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.datasets import Experiment, QualifiedValue, Status

Command = Callable[..., Any]
Plan = Callable[..., dict[str, Any]]
CONTROL, DONE, CRACKED = "GLASS-001", "GLASS-002", "GLASS-003"


@pytest.fixture(autouse=True)
def at_home(here: Path) -> Path:
    return here


@pytest.fixture
def plan(ovenbird: Command) -> Plan:
    """Plans as of a time, and gives the plan as JSON."""

    def run(now: datetime | str, *words: object) -> dict[str, Any]:
        moment = now if isinstance(now, str) else now.isoformat()
        answer = ovenbird("plan", "glass.yaml", "--now", moment, "--format", "json", *words)
        assert answer.code == 0 and answer.err == ""
        return json.loads(answer.out)

    return run


def fill_in(file: str, cells: dict[str, dict[str, object]]) -> None:
    """Type into the sheet Results, by sample and column."""
    workbook = openpyxl.load_workbook(file)
    sheet: Any = workbook["Results"]
    header = next(row for row in sheet.iter_rows() if row[0].value == "id")
    columns = {str(cell.value).partition(" [")[0]: cell.column for cell in header}
    rows = {cell.value: cell.row for cell in sheet["A"]}
    for sample, values in cells.items():
        for name, value in values.items():
            sheet.cell(rows[sample], columns[name], value)
    workbook.save(file)


def task_of(made: dict[str, Any], sample: str, step: str) -> tuple[datetime, datetime]:
    (task,) = (t for t in made["tasks"] if (t["experiment"], t["step"]) == (sample, step))
    return datetime.fromisoformat(task["start"]), datetime.fromisoformat(task["end"])


def of(id_: str) -> Experiment:
    return Campaign.open("glass.yaml").experiment(id_)


def events(file: str) -> Iterator[tuple[str, datetime, datetime]]:
    """UID, start and end of everything in a calendar file."""
    calendar = icalendar.Calendar.from_ical(Path(file).read_bytes())
    for event in calendar.walk("VEVENT"):
        yield str(event["UID"]), event.decoded("DTSTART"), event.decoded("DTEND")


def paper(made: dict[str, Any], ending: str) -> str:
    (file,) = (file for file in made["files"] if file.endswith(ending))
    return file


def test_a_week_and_the_next(ovenbird: Command, plan: Plan) -> None:
    first = plan("2026-11-20T15:00", "--week", "2026-W48")
    assert [sample["experiment"] for sample in first["samples"]] == [CONTROL, DONE, CRACKED]
    gates_are_passed(ovenbird, paper(first, ".xlsx"))
    begun, _ = task_of(first, CONTROL, "grind")
    second = plan(begun + timedelta(minutes=30), "--down", f"mill={begun.isoformat()}/2026-11-26T12:00")
    the_mill_is_down(first, second)
    assert Path(paper(second, ".xlsx")).name == "glass-2026-W48-2.xlsx"
    the_rest_is_measured(ovenbird, paper(first, ".xlsx"), paper(second, ".xlsx"))
    the_next_week_begins(plan("2026-11-27T15:00"))
    assert "3 planned, 2 measured, 1 failed" in ovenbird("status", "glass.yaml").out


def gates_are_passed(ovenbird: Command, sheet: str) -> None:
    """On Tuesday one sample is there, one was quick, one cracked."""
    cells: dict[str, dict[str, object]] = {
        CONTROL: {"pure": "yes"},
        DONE: {"executed temperature": 160, "pure": "yes", "area": "~30", "strength": "251; 248"},
        CRACKED: {"failure": "process", "note": "cracked on cooling"},
    }
    fill_in(sheet, cells)
    assert (
        ovenbird("add", "glass.yaml", sheet).out
        == f"Filled in 3 experiments: {CONTROL}, {DONE}, {CRACKED}.\n"
    )
    assert of(CONTROL).status is Status.RUNNING
    assert (of(DONE).status, of(DONE).executed["temperature"]) == (Status.MEASURED, 160.0)
    assert of(DONE).values("strength") == (QualifiedValue(251.0), QualifiedValue(248.0))
    assert of(DONE).values("area") == (QualifiedValue(30.0, "~"),)
    assert (of(CRACKED).status, of(CRACKED).failure) == (Status.FAILED, "process")
    assert of(CRACKED).note == "cracked on cooling"


def the_mill_is_down(first: dict[str, Any], second: dict[str, Any]) -> None:
    """It breaks down while the control is on it; the new calendar moves the events of the old one."""
    assert (second["week"], [s["experiment"] for s in second["samples"]]) == ("2026-W48", [CONTROL])
    assert task_of(second, CONTROL, "grind")[0] == datetime(2026, 11, 26, 12)
    assert {task["step"] for task in second["tasks"]} == {"grind", "bend"}
    done, cracked, interrupted, moved = second["changes"]
    assert done.startswith(f"{DONE} goes no further: its results are in; freed are its ")
    assert cracked.startswith(
        f"{CRACKED} goes no further: it failed (process: cracked on cooling); freed are its "
    )
    assert interrupted == f"{CONTROL}: grind was interrupted and is done again: mill is down until Thu 12:00."
    assert moved.startswith(f"{CONTROL}: grind ") and moved.endswith(": mill is down until Thu 12:00.")
    old, new = ({uid: start for uid, start, _ in events(paper(made, ".ics"))} for made in (first, second))
    assert set(new) <= set(old) and any(old[uid] != start for uid, start in new.items())


def the_rest_is_measured(ovenbird: Command, old_sheet: str, new_sheet: str) -> None:
    """It is typed into the new sheet; the old one says nothing more."""
    fill_in(new_sheet, {CONTROL: {"area": 40, "strength": ">230", "note": "new mill balls"}})
    assert ovenbird("add", "glass.yaml", new_sheet).out == f"Filled in 1 experiment: {CONTROL}.\n"
    assert (of(CONTROL).status, of(CONTROL).note) == (Status.MEASURED, "new mill balls")
    assert "holds nothing new" in ovenbird("add", "glass.yaml", old_sheet).out


def the_next_week_begins(third: dict[str, Any]) -> None:
    assert (third["week"], third["start"]) == ("2026-W49", "2026-11-30T09:00:00")
    assert [(s["experiment"], s["new"]) for s in third["samples"]] == [
        (f"GLASS-00{n}", True) for n in (4, 5, 6)
    ]
    assert [s["role"] for s in third["samples"]].count("control") == 1
    assert (third["changes"], third["outages"]) == ([], [])
    assert not any("results are missing" in sentence for sentence in third["messages"])


def test_the_calendar_shows_when_hands_are_needed(plan: Plan) -> None:
    made = plan("2026-11-20T15:00", "--week", "2026-W48")
    found = list(events(paper(made, ".ics")))
    assert len({uid for uid, _, _ in found}) == len(found) > 0
    starts = {start for _, start, _ in found}
    assert {datetime.fromisoformat(task["start"]) for task in made["tasks"]} <= starts
    for _, start, end in found:
        assert start < end and datetime(2026, 11, 23, 9) <= start <= datetime(2026, 11, 30, 18)
        assert start.tzinfo is None  # of the lab's own clock


def test_wrong_cells_of_the_sheet_change_nothing(
    ovenbird: Command, plan: Plan, contents: Callable[[], dict[str, bytes | None]]
) -> None:
    sheet = paper(plan("2026-11-20T15:00", "--week", "2026-W48"), ".xlsx")
    fill_in(sheet, {CONTROL: {"pure": "maybe"}, DONE: {"strength": 5000}, CRACKED: {"failure": "bad luck"}})
    before = contents()
    refused = ovenbird("add", "glass.yaml", sheet)
    assert refused.code == 2 and len(refused.sentences) == 3
    assert all("sheet Results row" in sentence for sentence in refused.sentences)
    assert contents() == before


def test_nothing_was_logged_for_a_week(plan: Plan) -> None:
    plan("2026-11-20T15:00", "--week", "2026-W48")
    made = plan("2026-11-27T15:00")
    assert [(s["experiment"], s["new"]) for s in made["samples"]] == [
        (f"GLASS-00{n}", True) for n in (4, 5, 6)
    ]
    assert made["messages"] == [
        "GLASS-001/002/003: by plan all is done, but results are missing; log them, or say with ovenbird fail or "
        "ovenbird drop what became of it."
    ]
