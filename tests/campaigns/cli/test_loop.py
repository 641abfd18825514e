"""A week at the command line, as a new user lives it."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ovenbird.campaigns import Campaign

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def here(glass: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in the folder of the campaign."""
    monkeypatch.chdir(glass.parent)


@pytest.fixture
def planned(run_command: Command) -> list[str]:
    """Ids of two suggestions that were saved."""
    saved = run_command("suggest-next-experiment", "glass.yaml", "-n", 2, "--save", "--format", "json")
    return [suggestion["id"] for suggestion in json.loads(saved.out)["suggestions"]]


def test_new_says_what_to_do_next(ovenbird: Command) -> None:
    made = ovenbird("new", "alloy")
    assert made.code == 0 and made.out.startswith("Wrote alloy.yaml.")
    assert "ovenbird check alloy.yaml" in made.out
    assert ovenbird("new", "mine.yaml", "--from", "ltvo").code == 0
    assert Campaign.open("mine.yaml").name == "mine"


def test_check_says_what_is_modelled_how(ovenbird: Command, contents: Callable[[], Any]) -> None:
    before = contents()
    page = ovenbird("check", "glass.yaml")
    assert page.code == 0 and page.err == ""
    for said in (
        "glass.yaml is in order",
        "glass.db, which the first result makes",
        "4 of 10.1/glass",
        "100 to 200 degC",
        "milling is planetary",
        "it foams",
        "Learned from 3 yes, 1 no.",
        "Learned from 1 value, 1 bound.",
        "Noise declared: 4 % of the value.",
        "Noise learned from the data.",
        "Expected: rises with temperature.",
        "Maximise strength.",
        "pure: the probability of yes must be at least 70 %.",
        "Brier",
    ):
        assert said in page.out
    assert contents() == before


def test_a_campaign_without_any_data_can_be_checked_and_looked_at(ovenbird: Command) -> None:
    ovenbird("new", "alloy")
    page = ovenbird("check", "alloy.yaml")
    assert page.code == 0
    assert "Nothing known yet, forecasts come from the prior." in page.out
    assert "Nothing to hold forecasts against yet" in page.out
    assert "Nothing made yet; start with: suggest-next-experiment alloy.yaml --save" in (
        ovenbird("status", "alloy.yaml").out
    )


def test_results_come_in_piece_by_piece(ovenbird: Command, planned: list[str]) -> None:
    first, second = planned
    logged = ovenbird(
        "log", "glass.yaml", first.lower(), "pure=yes", "area=~40", "--note", "lines [003] split"
    )
    assert logged.out.splitlines() == [
        f"{first}: recorded pure yes, area ~40.",
        "It is running; not measured yet: strength.",
    ]
    assert "It is measured" in ovenbird("log", "glass.yaml", first, "strength=251; 248").out
    compared = ovenbird("compare", "glass.yaml", first, "p-1", "strength")
    assert compared.out == f"Recorded: {first} has a larger strength than P-1.\n"
    assert ovenbird("compare", "glass.yaml", first, "P-1", "strength").out.startswith("Known already")
    failed = ovenbird("fail", "glass.yaml", second, "--reason", "process", "--note", "cracked")
    assert failed.out == (
        f"{second} failed because of its conditions: they are not suggested again, and what is alike counts "
        "as riskier.\n"
    )
    status = ovenbird("status", "glass.yaml").out
    assert "1 measured, 1 failed" in status and "strength 251; 248" in status
    assert "Largest strength that broke no limit: 260 MPa, P-2." in status
    assert ovenbird("show", "glass.yaml").out == status


def test_pending_experiments_come_first(ovenbird: Command, planned: list[str]) -> None:
    ovenbird("log", "glass.yaml", planned[0], "strength=240")
    status = ovenbird("status", "glass.yaml").out
    table = status[status.index("│ ") :]
    assert table.index(planned[1]) < table.index(planned[0])


def test_show_tells_everything_about_an_experiment(ovenbird: Command, planned: list[str]) -> None:
    first = planned[0]
    ovenbird("log", "glass.yaml", first, "area=40", "strength=240", "--note", "lines [003] split")
    ovenbird("amend", "glass.yaml", first, "area=41", "temperature=110", "--reason", "read [again]")
    withdrawn = ovenbird("void", "glass.yaml", first, "strength", "--reason", "cracked before")
    assert withdrawn.out.splitlines() == [
        f"{first}: withdrew strength 240. It stays in the history.",
        "It is running; not measured yet: pure, strength.",
    ]
    page = ovenbird("show", "glass.yaml", first).out
    for said in (
        "planned",
        "executed",
        "changed",
        "lines [003] split",
        "read [again]",
        "corrected to 41",
        "withdrawn: cracked before",
        "P(pure)",
        "inside the interval",
        "accept",
        "-> 110",
    ):
        assert said in page
    literature = ovenbird("show", "glass.yaml", "p-2")
    assert literature.code == 0 and "~30" in literature.out and "History" not in literature.out


def test_a_parameter_that_does_not_apply_is_amended_by_nothing(ovenbird: Command, tmp_path: Path) -> None:
    (tmp_path / "made.csv").write_text(
        "route,temperature,milling,milling_speed,strength\ndry,150,planetary,400,240\n"
    )
    assert ovenbird("add", "glass.yaml", "made.csv").out == "Added 1 experiment: GLASS-001.\n"
    amended = ovenbird(
        "amend", "glass.yaml", "GLASS-001", "milling=none", "milling_speed=", "--reason", "no mill"
    )
    assert amended.out == (
        "GLASS-001: corrected milling from planetary to none, milling_speed from 400 to none.\n"
    )


def test_a_table_is_imported_once(ovenbird: Command, planned: list[str], tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text(f"id,strength\n{planned[0]},240\n{planned[1]},\n")
    assert ovenbird("add", "glass.yaml", "results.csv").out.splitlines() == [
        f"Filled in 1 experiment: {planned[0]}.",
        "Unchanged: 1 row that said nothing new.",
    ]
    again = ovenbird("add", "glass.yaml", "results.csv")
    assert again.code == 0
    assert again.out == "results.csv holds nothing new, its 2 rows are known already: nothing was changed.\n"


def test_a_table_of_one_row_is_known_too(ovenbird: Command, planned: list[str], tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text(f"id,strength\n{planned[0]},240\n")
    ovenbird("add", "glass.yaml", "one.csv")
    again = ovenbird("add", "glass.yaml", "one.csv")
    assert again.out == "one.csv holds nothing new, its 1 row is known already: nothing was changed.\n"


def test_log_says_what_it_understood(ovenbird: Command, planned: list[str]) -> None:
    ovenbird("log", "glass.yaml", planned[0], "strength=240")
    logged = ovenbird("log", "glass.yaml", planned[0], "pure=YES", "strength=251;;248.0", "area=> 80")
    assert logged.out.startswith(f"{planned[0]}: recorded pure yes, strength 251; 248, area >80.\n")


def test_what_the_file_does_not_know_any_more_is_told_everywhere(
    ovenbird: Command, run_command: Command, planned: list[str], glass: Path
) -> None:
    glass.write_text(glass.read_text().replace("temperature", "firing_temperature"))
    literature = glass.parent / "literature.csv"
    literature.write_text(literature.read_text().replace("temperature", "firing_temperature"))
    said = (
        "glass.db states temperature of 2 experiments, which the campaign file does not know: it is left "
        "aside; if it was renamed, name it as before."
    )
    assert said in ovenbird("check", "glass.yaml").out
    assert said in ovenbird("status", "glass.yaml").out
    answer = run_command("suggest-next-experiment", "glass.yaml", "-n", 1, "--format", "json")
    assert said in json.loads(answer.out)["messages"]


def test_a_seed_may_be_of_any_size(run_command: Command) -> None:
    seed = 99999999999999999999999
    answer = run_command("suggest-next-experiment", "glass.yaml", "-n", 1, "--seed", seed, "--format", "json")
    assert answer.code == 0 and json.loads(answer.out)["seed"] == seed


def test_a_dropped_experiment_is_not_awaited(ovenbird: Command, planned: list[str]) -> None:
    dropped = ovenbird("drop", "glass.yaml", planned[0], "--note", "no time")
    assert dropped.out == f"{planned[0]} is dropped: it is not awaited any more.\n"
    assert "1 planned, 1 dropped" in ovenbird("status", "glass.yaml").out


def test_json_is_as_the_design_promises(run_command: Command) -> None:
    answer = run_command("suggest-next-experiment", "glass.yaml", "-n", 2, "--seed", 3, "--format", "json")

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    content = json.loads(answer.out, parse_constant=refuse)
    assert list(content) == ["campaign", "seed", "dataset", "suggestions", "messages", "stopping"]
    assert (content["campaign"], content["seed"], content["dataset"]["experiments"]) == ("glass", 3, 4)
    assert len(content["dataset"]["fingerprint"]) == 12 and len(content["suggestions"]) == 2
    for suggestion in content["suggestions"]:
        again = ["replicates"] if suggestion["purpose"].startswith(("anchor", "replicate")) else []
        assert list(suggestion) == [
            "parameters",
            "forecast",
            "limits",
            "improvement",
            "nearest",
            "reasons",
            "purpose",
            *again,
        ]
        assert list(suggestion["parameters"]) == ["route", "temperature", "milling", "milling_speed"]
        assert set(suggestion["forecast"]["pure"]) == {"probability"}
        assert set(suggestion["forecast"]["area"]) == {"median", "low", "high"}
        assert set(suggestion["improvement"]) == {"probability", "expected"}


def test_saving_says_what_was_learned_from_not_what_was_saved(run_command: Command) -> None:
    words = ("suggest-next-experiment", "glass.yaml", "-n", 1, "--format", "json")
    before, saved = (json.loads(run_command(*words, *more).out) for more in ((), ("--save",)))
    assert saved["dataset"] == before["dataset"]
    assert saved["suggestions"][0]["id"] == "GLASS-001"


def test_csv_can_be_read_back(run_command: Command, ovenbird: Command, tmp_path: Path) -> None:
    answer = run_command("suggest-next-experiment", "glass.yaml", "-n", 2, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert [row["id"] for row in rows] == ["1", "2"]
    assert float(rows[0]["strength.low"]) < float(rows[0]["strength.median"])
    assert all((row["milling_speed"] == "") == (row["milling"] == "none") for row in rows)


def test_the_table_names_the_only_campaign_of_the_folder(run_command: Command) -> None:
    answer = run_command("suggest-next-experiment", "-n", 1)
    assert answer.out.startswith("Campaign glass.yaml, the only one in this folder.")
    assert "P(pure)" in answer.out


def test_nothing_left_to_suggest_is_exit_one(run_command: Command, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(
        "name: tiny\nparameters: {a: [x, y]}\nresponses: {r: {}}\ngoal: {maximise: r}\n"
    )
    first = run_command("suggest-next-experiment", "tiny.yaml", "--save")
    assert first.code == 0 and "Only 2 of 4" in first.out
    assert run_command("suggest-next-experiment", "tiny.yaml").code == 1


def test_the_installed_command_works_from_any_folder(glass: Path, tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("ovenbird")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    answer = subprocess.run(
        [command, "status", glass], capture_output=True, text=True, cwd=folder, check=False
    )
    assert answer.returncode == 0 and "Own experiments: none. Literature: 4 of 10.1/glass." in answer.stdout
