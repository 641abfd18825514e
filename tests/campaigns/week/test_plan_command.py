"""`ovenbird plan`: what it prints, writes and keeps, and what it refuses."""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.cli import plan_papers

from .glass_week import places

Command = Callable[..., Any]
Contents = Callable[[], dict[str, bytes | None]]
Change = Callable[[str, str], Path]
BEFORE = ("--now", "2026-11-20T15:00")
PLAN = ("plan", "glass.yaml", "--week", "2026-W48", *BEFORE)
PAPERS = ["glass-2026-W48.ics", "glass-2026-W48.svg", "glass-2026-W48.xlsx"]


@pytest.fixture(autouse=True)
def at_home(here: Path) -> Path:
    return here


@pytest.fixture
def refused(ovenbird: Command, contents: Contents) -> Callable[..., list[str]]:
    """Runs a command that must be refused; gives the sentences it was refused with."""

    def run(*words: object) -> list[str]:
        before = contents()
        outcome = ovenbird(*words)
        assert (outcome.code, outcome.out) == (2, "")
        assert contents() == before
        return outcome.sentences

    return run


def papers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*-W*"))


def test_the_page_and_the_papers(ovenbird: Command, here: Path) -> None:
    page = ovenbird(*PLAN)
    assert page.code == 0 and page.err == ""
    for said in (
        "Week 2026-W48: 3 samples, all new; all is done by ",
        "Day by day",
        "fire",
        "gate: pure",
        "Samples",
        "control",
        "GLASS-001",
        "Why these",
        "Machines",
        f"Written: glass-2026-W48.xlsx, glass-2026-W48.ics, glass-2026-W48.svg in {here}.",
        "Fill in the sheet Results, then: ovenbird add glass.yaml ",
    ):
        assert said in page.out
    assert "NEW-" not in page.out
    assert papers(here) == PAPERS
    assert all((here / name).stat().st_size > 1000 for name in PAPERS)
    assert openpyxl.load_workbook(here / PAPERS[2]).sheetnames[:3] == ["Week", "Samples", "Results"]
    assert (here / PAPERS[1]).read_text().startswith("<?xml")


def test_json_is_as_the_design_promises(ovenbird: Command, here: Path) -> None:
    answer = ovenbird(*PLAN, "--format", "json")

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    content = json.loads(answer.out, parse_constant=refuse)
    keys = {"week", "start", "end", "status", "gap", "bottleneck", "runs", "tasks", "suggestions"}
    assert keys <= content.keys()
    assert (content["campaign"], content["week"], content["status"]) == ("glass", "2026-W48", "optimal")
    assert content["gap"] == 0
    assert content["bottleneck"] in (None, "furnace", "mill", "cycler")
    start, end = (datetime.fromisoformat(content[key]) for key in ("start", "end"))
    assert (start, end) == (datetime(2026, 11, 23, 9), datetime(2026, 11, 30, 18))
    ids = [suggestion["id"] for suggestion in content["suggestions"]]
    assert ids == ["GLASS-001", "GLASS-002", "GLASS-003"]
    for run in content["runs"]:
        assert run.keys() >= {"id", "resource", "step", "settings", "start", "end", "samples"}
        assert run["resource"] in ("furnace", "mill", "cycler") and set(run["samples"]) <= set(ids)
    for task in content["tasks"]:
        assert task.keys() >= {"experiment", "step", "resource", "run", "start", "end"}
        assert task["experiment"] in ids
    for timed in (*content["runs"], *content["tasks"]):
        assert start <= datetime.fromisoformat(timed["start"]) < datetime.fromisoformat(timed["end"]) <= end
    assert {run["id"] for run in content["runs"]} == {task["run"] for task in content["tasks"] if task["run"]}
    for suggestion in content["suggestions"]:
        assert suggestion.keys() >= {
            "id",
            "parameters",
            "forecast",
            "limits",
            "improvement",
            "nearest",
            "reasons",
        }
    assert [Path(file).name for file in content["files"]] == ["glass-2026-W48.xlsx", "glass-2026-W48.ics", "glass-2026-W48.svg"]  # fmt: skip
    assert all(Path(file).exists() for file in content["files"])


def test_settings_are_those_of_the_samples(ovenbird: Command) -> None:
    content = json.loads(ovenbird(*PLAN, "--format", "json").out)
    parameters = {s["experiment"]: s["parameters"] for s in content["samples"]}
    shares = {"furnace": {"route", "temperature"}, "mill": {"milling_speed"}, "cycler": set[str]()}
    for run in content["runs"]:
        assert run["settings"].keys() == shares[run["resource"]]
        for sample in run["samples"]:
            assert {name: parameters[sample][name] for name in run["settings"]} == run["settings"]


@pytest.mark.parametrize("style", ["table", "json"])
def test_a_dry_run_writes_nothing(ovenbird: Command, contents: Contents, style: str) -> None:
    before = contents()
    looked = ovenbird(*PLAN, "--dry-run", "--format", style, "--out", "nowhere")
    assert looked.code == 0 and "NEW-1" in looked.out
    assert contents() == before
    if style == "table":
        assert looked.out.endswith("Only looked: nothing was kept or written.\n")
    else:
        assert json.loads(looked.out)["files"] == []


def test_a_dry_run_shows_what_will_be(ovenbird: Command) -> None:
    looked, kept = (
        json.loads(ovenbird(*PLAN, "--format", "json", *more).out) for more in (["--dry-run"], [])
    )
    renamed = json.loads(json.dumps(looked).replace("NEW-", "GLASS-00"))
    assert places(renamed) == places(kept) and renamed["suggestions"] == kept["suggestions"]


def test_papers_are_never_overwritten(ovenbird: Command, here: Path) -> None:
    ovenbird(*PLAN)
    first = {name: (here / name).read_bytes() for name in PAPERS}
    second = ovenbird(*PLAN)
    assert second.code == 0 and "Written: glass-2026-W48-2.xlsx" in second.out
    assert {name: (here / name).read_bytes() for name in PAPERS} == first
    # One of them is enough for a name to be taken.
    (here / "glass-2026-W48-3.svg").write_text("mine")
    assert "Written: glass-2026-W48-4.xlsx" in ovenbird(*PLAN).out
    assert (here / "glass-2026-W48-3.svg").read_text() == "mine"
    assert len(Campaign.open("glass.yaml").own_dataset()) == 3


def test_papers_go_where_they_are_wanted(ovenbird: Command, here: Path) -> None:
    (here / "week [48]").mkdir()
    answer = ovenbird(*PLAN, "-n", 1, "--out", "week [48]")
    assert answer.code == 0 and "week [48]" in answer.out
    assert papers(here / "week [48]") == PAPERS and papers(here) == []


def test_without_a_week_it_is_the_next_from_friday_on(ovenbird: Command) -> None:
    looked = ovenbird("plan", "glass.yaml", "-n", 1, "--dry-run", "--now", "2026-11-27 08:00")
    assert looked.out.startswith("Week 2026-W49: 1 sample, new")


def test_a_machine_that_is_down_moves_things(ovenbird: Command) -> None:
    ovenbird(*PLAN, "-n", 1)
    ovenbird("log", "glass.yaml", "GLASS-001", "pure=yes")
    words = ("plan", "glass.yaml", "-n", 0, "--now", "2026-11-24T10:00")
    page = ovenbird(*words, "--down", "mill=2026-11-24T10:00/2026-11-25")
    assert page.code == 0
    for said in (
        "Changes against the plan before",
        "GLASS-001: grind was interrupted and is done again",
        "out of use",
    ):
        assert said in page.out
    # It is remembered, and can be taken back.
    later = json.loads(ovenbird(*words, "--format", "json").out)
    told = {"resource": "mill", "start": "2026-11-24T10:00:00", "end": "2026-11-25T23:59:00", "count": 1}
    assert later["outages"] == [told]
    assert json.loads(ovenbird(*words, "--up", "mill", "--dry-run", "--format", "json").out)["outages"] == []


def test_nothing_fits_is_exit_one_and_says_what_would(
    ovenbird: Command, here: Path, contents: Contents
) -> None:
    before = contents()
    answer = ovenbird("plan", "glass.yaml", "--week", "2026-W48", "--now", "2026-11-27T15:00")
    assert answer.code == 1 and answer.err == ""
    assert answer.out.startswith("Week 2026-W48: nothing is to be done.")
    assert "No sample can be finished by Mon 30 Nov 18:00" in answer.out
    assert "Smallest change: " in answer.out and "--weeks 2" in answer.out
    assert contents() == before


def test_a_week_of_holidays(ovenbird: Command, change: Change) -> None:
    change('hours: "09:00-18:00"}', 'hours: "09:00-18:00", holidays: [{from: 2026-12-21, to: 2027-01-03}]}')
    for week in ("2026-W52", "2026-W53"):
        answer = ovenbird("plan", "glass.yaml", "--week", week, *BEFORE)
        assert answer.code == 1
        assert "Nobody is there in the whole time: it is holidays, or outside the working days" in answer.out
    before = ovenbird("plan", "glass.yaml", "--week", "2026-W51", "-n", 1, "--dry-run", *BEFORE)
    assert before.code == 0 and "all is done by" in before.out


def test_what_is_down_is_remembered_though_nothing_fits(ovenbird: Command, here: Path) -> None:
    down = ("--down", "furnace=2026-11-23/2026-11-27")
    answer = ovenbird(*PLAN, *down)
    assert answer.code == 1 and answer.out.endswith("Kept: later plans start from it.\n")
    assert "furnace is not available from Mon 23 Nov 00:00 to Fri 27 Nov 23:59" in " ".join(
        answer.out.split()
    )
    assert papers(here) == []
    assert ovenbird(*PLAN).code == 1
    assert ovenbird(*PLAN, "--up", "furnace").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--week", "2026-W54"), "week is '2026-W54', allowed is an ISO week such as 2026-W48"),
        (("--week", "next"), "week is 'next', allowed is an ISO week such as 2026-W48"),
        (("--week", "9999-W52"), "week 9999-W52 is more than 10 years away"),
        (("--now", "2026-11-30T00:00"), "week 2026-W48 is over; it is Mon 30 Nov 2026 00:00 now"),
        (("--now", "today"), "'today' is no time, allowed are such as 2026-11-25T14:00"),
        (("--now", "2026-11-20T15:00Z"), "'2026-11-20T15:00Z' has a time zone; times are those of the lab's clock, such as 2026-11-25T14:00"),
        (("--now", "9999-12-31"), "now is 31 Dec 9999, allowed are the years 2020 to 2070"),
        (("--down", "mill"), "'mill' is not of the form MACHINE=FROM/TO, such as planetary_mill=2026-11-25T14:00/2026-11-27"),
        (("--down", "mill=2026-11-25"), "'mill=2026-11-25' is not of the form MACHINE=FROM/TO, such as planetary_mill=2026-11-25T14:00/2026-11-27"),
        (("--down", "mill=monday/friday"), "'monday' is no time, allowed are such as 2026-11-25T14:00"),
        (("--down", "mill=2026-11-25T14:00/2026-11-25T14:00"), "'mill=2026-11-25T14:00/2026-11-25T14:00': the end must come after the start"),
        (("--down", "cycler*4=2026-11-25/2026-11-26"), "'cycler*4=2026-11-25/2026-11-26': 4 of cycler are said to be down, allowed is 1 to 3"),
        (("--down", "mill*0=2026-11-25/2026-11-26"), "'mill*0=2026-11-25/2026-11-26': 0 of mill are said to be down, allowed is 1 to 1"),
        (("--down", "kiln=2026-11-25/2026-11-26"), "unknown resource 'kiln', allowed are furnace, mill or cycler"),
        (("--up", "[/bold]"), "unknown resource '[/bold]', allowed are furnace, mill or cycler"),
        (("--keep", "GLASS-009"), "no experiment 'GLASS-009' in glass.db; it has no experiments yet"),
        (("--out", "nowhere"), "nowhere: there is no such folder for the run sheet"),
        (("--out", "glass.yaml"), "glass.yaml: there is no such folder for the run sheet"),
        (("-n", "-1"), "Invalid value for '-n' / '--number': Input should be greater than or equal to 0; see ovenbird plan --help"),
        (("--weeks", "9"), "Invalid value for '--weeks': Input should be less than or equal to 8; see ovenbird plan --help"),
        (("--format", "csv"), "Invalid value for '--format': 'csv' is not one of 'table', 'json'; see ovenbird plan --help"),
    ],
)  # fmt: skip
def test_wrong_input_is_told_in_a_sentence(
    refused: Callable[..., list[str]], words: tuple[str, ...], said: str
) -> None:
    assert refused(*PLAN, *words) == [said]


def test_every_wrong_outage_is_told(refused: Callable[..., list[str]]) -> None:
    wrong = ("mill", "mill=2026-11-25/2026-11-24", "cycler*9=2026-11-25/2026-11-26")
    assert len(refused(*PLAN, *(word for one in wrong for word in ("--down", one)))) == 3


def test_a_campaign_without_a_lab(refused: Callable[..., list[str]], here: Path) -> None:
    text = (here / "glass.yaml").read_text()
    (here / "bare.yaml").write_text(text[: text.index("lab:")])
    (sentence,) = refused("plan", "bare.yaml", *BEFORE)
    assert sentence.startswith(
        "glass: the campaign file has no lab with steps, so there is nothing to plan for"
    )


def test_a_folder_that_cannot_be_written(
    refused: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    # Root, as tests often run, may write anywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert refused(*PLAN) == [f"{here}: the run sheet cannot be written into this folder"]


def test_papers_that_cannot_be_written_do_not_undo_the_plan(ovenbird: Command, here: Path) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan_papers, "picture_file", full)
        outcome = ovenbird(*PLAN, "-n", 1)
    assert outcome.code == 2
    assert outcome.sentences == [
        "No space left on device; the plan is kept all the same: once that is mended, ovenbird plan writes it again"
    ]
    assert len(Campaign.open("glass.yaml").own_dataset()) == 1
    # The next one writes the same samples, beside what was left of the papers.
    assert "Written: glass-2026-W48-2.xlsx" in ovenbird(*PLAN, "-n", 0).out


HOSTILE = [
    ("name: glass", "name: glass\ntitle: '=SUM(A1) & <b> [/bold] \U0001f525'", "glass-2026-W48"),
    ("mill: {count", "'[/red] mill; \u03bc=1/2': {count", "[/red] mill"),
    ("- {name: mix,", "- {name: '=1+2 [link] ,;',", "=1+2 [link] ,;"),
]


@pytest.mark.parametrize(("piece", "replacement", "said"), HOSTILE)
def test_hostile_names_do_no_harm(
    ovenbird: Command, here: Path, change: Change, piece: str, replacement: str, said: str
) -> None:
    if piece.startswith("mill"):
        change("on: mill,", "on: '[/red] mill; \u03bc=1/2',")
    change(piece, replacement)
    page = ovenbird(*PLAN)
    assert page.code == 0 and page.err == ""
    assert said in page.out
    assert papers(here) == PAPERS
    assert ovenbird("add", "glass.yaml", PAPERS[2]).code == 0


def test_a_name_that_is_no_name_of_a_file_is_refused(
    refused: Callable[..., list[str]], change: Change
) -> None:
    change("name: glass", "name: '../glass'")
    (sentence,) = refused(*PLAN)
    assert "'../glass' must begin with a letter or digit" in sentence
