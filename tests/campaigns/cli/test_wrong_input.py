"""Wrong input: one clear sentence, exit 2, and nothing changed on disk."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ovenbird.campaigns import Campaign
from ovenbird.datasets import database

Command = Callable[..., Any]
EXPERIMENT = {"route": "dry", "temperature": 150, "milling": "planetary", "milling_speed": 400}


@pytest.fixture(autouse=True)
def here(glass: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in the folder of the campaign."""
    monkeypatch.chdir(glass.parent)


@pytest.fixture
def made(glass: Path) -> str:
    """An experiment that was made, and after it GLASS-002, which is only planned."""
    made_and_planned = pd.DataFrame([EXPERIMENT | {"strength": 240.0}, EXPERIMENT])
    return Campaign.open(glass).add(made_and_planned)[0]


@pytest.fixture
def refused(
    run_command: Command, contents: Callable[[], dict[str, bytes | None]]
) -> Callable[..., list[str]]:
    """Runs a command that must be refused; gives the sentences it was refused with."""

    def run(*words: object) -> list[str]:
        before = contents()
        outcome = run_command(*words)
        assert outcome.code == 2 and outcome.out == ""
        assert contents() == before
        return outcome.sentences

    return run


@pytest.mark.parametrize(
    ("piece", "replacement", "said"),
    [
        ("step: 10}", "stepp: 10}", "glass.yaml line 5: parameters.temperature.stepp: unknown key 'stepp'"),
        ("route: wet, milling", "rote: wet, milling", "unknown parameter 'rote'; did you mean 'route'?"),
        ("from: 100, to: 200", "from: 200, to: 100", "from must not be above to"),
        ("unit: degC", "unit: degX", "degX"),
        ("maximise: strength", "maximise: strenth", "did you mean 'strength'?"),
        ("probability_at_least: 0.7", "probability_at_least: 7", "between 0 and 1"),
        ("when: {milling: planetary}", "when: {milling: jet}", "jet"),
    ],
)
@pytest.mark.parametrize(
    "words", [("suggest-next-experiment",), ("ovenbird", "check"), ("ovenbird", "status")]
)
def test_faults_of_the_campaign_file(
    refused: Callable[..., list[str]],
    glass: Path,
    piece: str,
    replacement: str,
    said: str,
    words: tuple[str, ...],
) -> None:
    text = glass.read_text()
    assert text.count(piece) == 1
    glass.write_text(text.replace(piece, replacement))
    (sentence,) = refused(*words, "glass.yaml")
    assert sentence.startswith("glass.yaml line ") and said in sentence


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "glass.yaml: the file is empty; `ovenbird new NAME` writes one to start from"),
        (b"# nothing\n", "the file is empty"),
        (b"\x7fELF\x02\x01\x00\xff\xfe", "glass.yaml"),
        (b"just words", "a campaign file is a list of 'key: value' lines"),
        (b"name: [", "this is not valid YAML"),
    ],
)
@pytest.mark.parametrize("words", [("suggest-next-experiment",), ("ovenbird", "check")])
def test_files_that_are_no_campaign(
    refused: Callable[..., list[str]], glass: Path, content: bytes, said: str, words: tuple[str, ...]
) -> None:
    glass.write_bytes(content)
    (sentence,) = refused(*words, "glass.yaml")
    assert said in sentence


COMMANDS = [
    ("suggest-next-experiment", "nope.yaml"),
    ("ovenbird", "check", "nope.yaml"),
    ("ovenbird", "add", "nope.yaml", "results.csv"),
    ("ovenbird", "log", "nope.yaml", "X-1", "strength=2"),
    ("ovenbird", "compare", "nope.yaml", "X-1", "X-2", "strength"),
    ("ovenbird", "fail", "nope.yaml", "X-1", "--reason", "process"),
    ("ovenbird", "drop", "nope.yaml", "X-1"),
    ("ovenbird", "void", "nope.yaml", "X-1", "--reason", "why"),
    ("ovenbird", "amend", "nope.yaml", "X-1", "strength=2", "--reason", "why"),
    ("ovenbird", "show", "nope.yaml", "X-1"),
    ("ovenbird", "status", "nope.yaml"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[1] if len(words) > 2 else words[0])
def test_a_file_that_is_not_there(refused: Callable[..., list[str]], words: tuple[str, ...]) -> None:
    assert refused(*words) == ["nope.yaml: there is no such file"]


def test_a_folder_is_no_file(refused: Callable[..., list[str]], tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    for words in (("suggest-next-experiment",), ("ovenbird", "check")):
        (sentence,) = refused(*words, "folder.yaml")
        assert "folder.yaml" in sentence
    (sentence,) = refused("ovenbird", "add", "glass.yaml", "folder.yaml")
    assert "folder.yaml" in sentence


@pytest.mark.parametrize("words", [words for words in COMMANDS if "X-1" in words and "X-2" not in words])
def test_an_unknown_id(refused: Callable[..., list[str]], made: str, words: tuple[str, ...]) -> None:
    (sentence,) = refused(*(("glass.yaml" if word == "nope.yaml" else word) for word in words))
    assert sentence == f"no experiment 'X-1' in glass.db; there are {made} and GLASS-002"


LOGS = [
    (["strength=>"], "'>' stands without a number"),
    (["strength="], "strength has no value; bounds need quotes"),
    (["strength"], "'strength' is not of the form response=value"),
    (["=3"], "'=3' is not of the form response=value"),
    (["strenth=3"], "unknown response 'strenth', allowed are pure, area or strength"),
    (["strength=501"], "strength is 501 MPa, plausible are 0 to 500 MPa"),
    (["strength=strong"], "'strong' is not a number"),
    (["pure=3"], "'3' is neither yes nor no"),
    (["strength=3", "strength=4"], "strength is given twice; several values"),
    (["temperature=150"], "ovenbird amend glass.yaml GLASS-001 temperature=150 --reason TEXT"),
    ([], "no result is given, expected is response=value"),
]


@pytest.mark.parametrize(("values", "said"), LOGS)
def test_wrong_results(refused: Callable[..., list[str]], made: str, values: list[str], said: str) -> None:
    (sentence,) = refused("ovenbird", "log", "glass.yaml", made, *values)
    assert said in sentence


def test_every_wrong_result_is_told(refused: Callable[..., list[str]], made: str) -> None:
    assert len(refused("ovenbird", "log", "glass.yaml", made, "strength=>", "pure=3", "x=1")) == 3


AMENDMENTS = [
    (["temperature=300"], "temperature is 300 degC, allowed are 100 to 200 degC"),
    (
        ["milling=none", "milling_speed=300"],
        "milling_speed is 300, but it does not apply when milling is none",
    ),
    (["milling=jet"], "milling is 'jet', allowed are none or planetary"),
    (["temperature=warm"], "temperature is 'warm', which is no number"),
    (["strength="], "to withdraw it: ovenbird void glass.yaml GLASS-001 strength --reason TEXT"),
    (["area=3"], "has no area that could be corrected; use ovenbird log"),
    (["colour=red"], "colour"),
    (["temperature=150", "temperature=160"], "temperature is given twice"),
]


@pytest.mark.parametrize(("values", "said"), AMENDMENTS)
def test_wrong_corrections(
    refused: Callable[..., list[str]], made: str, values: list[str], said: str
) -> None:
    (sentence,) = refused("ovenbird", "amend", "glass.yaml", made, *values, "--reason", "why")
    assert said in sentence


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("amend", "GLASS-001", "strength=3", "--reason", " "), "a correction needs a reason"),
        (("void", "GLASS-001", "--reason", ""), "give a reason"),
        (("void", "GLASS-001", "area", "--reason", "why"), "has no area that could be withdrawn"),
        (("compare", "GLASS-001", "GLASS-001", "strength"), "cannot be compared with itself"),
        (("compare", "GLASS-001", "P-1", "colour"), "unknown response 'colour'"),
        (("compare", "GLASS-001", "P-9", "strength"), "no experiment 'P-9'"),
        (("log", "P-1", "strength=3"), "P-1 comes from literature.csv, which is read-only"),
    ],
)
def test_requests_that_make_no_sense(
    refused: Callable[..., list[str]], made: str, words: tuple[str, ...], said: str
) -> None:
    command, *rest = words
    (sentence,) = refused("ovenbird", command, "glass.yaml", *rest)
    assert said in sentence


TABLES = [
    ("temperature [m]", "150", "m does not convert to degC"),
    ("temperature", "250", "results.csv row 2: temperature is 250 degC, allowed are 100 to 200 degC"),
    ("temperature", ">", "'>' stands without a number"),
    ("colour", "red", "colour"),
]


@pytest.mark.parametrize(("header", "cell", "said"), TABLES)
def test_wrong_tables(
    refused: Callable[..., list[str]], tmp_path: Path, header: str, cell: str, said: str
) -> None:
    temperature = "" if header.startswith("temperature") else "temperature,"
    value = "" if header.startswith("temperature") else "150,"
    (tmp_path / "results.csv").write_text(f"route,{temperature}{header},milling\ndry,{value}{cell},none\n")
    (sentence,) = refused("ovenbird", "add", "glass.yaml", "results.csv")
    assert sentence.startswith("results.csv") and said in sentence


def test_a_speed_for_an_unmilled_sample(refused: Callable[..., list[str]], tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text("route,temperature,milling,milling_speed\ndry,150,none,0\n")
    (sentence,) = refused("ovenbird", "add", "glass.yaml", "results.csv")
    assert sentence == (
        "results.csv row 2: milling_speed is 0, but it does not apply when milling is none; leave it empty"
    )


def test_two_experiments_with_one_id(refused: Callable[..., list[str]], tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text(
        "id,route,temperature,milling\nA-1,dry,150,none\na-1,wet,150,none\n"
    )
    (sentence,) = refused("ovenbird", "add", "glass.yaml", "results.csv")
    assert "row 3" in sentence and "stands twice" in sentence


def test_ten_faults_of_a_table_are_told_at_once(refused: Callable[..., list[str]], tmp_path: Path) -> None:
    rows = [
        "dry,50,none,,yes,3,3",
        "dry,150,none,300,yes,3,3",
        "moist,150,none,,yes,3,3",
        "dry,150,none,,maybe,3,3",
        "dry,150,none,,yes,-3,3",
        "dry,150,none,,yes,>,3",
        "dry,150,none,,yes,3,999",
        "dry,hot,none,,yes,3,3",
        "dry,150,jet,,yes,3,3",
        "dry,150,planetary,900,yes,3,3",
    ]
    header = "route,temperature,milling,milling_speed,pure,area,strength"
    (tmp_path / "results.csv").write_text("\n".join([header, *rows]) + "\n")
    sentences = refused("ovenbird", "add", "glass.yaml", "results.csv")
    assert [sentence.split(":")[0] for sentence in sentences] == [
        f"results.csv row {number}" for number in range(2, 12)
    ]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff\xfe\x00", b"\n\n"])
def test_tables_that_are_none(refused: Callable[..., list[str]], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "results.csv").write_bytes(content)
    (sentence,) = refused("ovenbird", "add", "glass.yaml", "results.csv")
    assert "results.csv" in sentence


@pytest.fixture
def locked(made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another program is writing and does not come to an end."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with contextlib.closing(sqlite3.connect(tmp_path / "glass.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


WRITES = [
    ("log", "GLASS-001", "area=3"),
    ("fail", "GLASS-001", "--reason", "process"),
    ("drop", "GLASS-002"),
    ("void", "GLASS-001", "--reason", "why"),
    ("amend", "GLASS-001", "strength=3", "--reason", "why"),
    ("compare", "GLASS-001", "P-1", "strength"),
]


@pytest.mark.usefixtures("locked")
@pytest.mark.parametrize("words", WRITES, ids=lambda words: words[0])
def test_a_locked_dataset(run_command: Command, words: tuple[str, ...]) -> None:
    command, *rest = words
    outcome = run_command("ovenbird", command, "glass.yaml", *rest)
    assert outcome.code == 2
    assert outcome.sentences == [
        "glass.db is in use by another program that does not let go; try again later"
    ]


@pytest.mark.parametrize("words", WRITES, ids=lambda words: words[0])
def test_a_read_only_dataset(
    refused: Callable[..., list[str]],
    made: str,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    opened = database._connect_to_write

    def read_only(path: Path) -> sqlite3.Connection:
        connection = opened(path)
        connection.execute("PRAGMA query_only=ON")
        return connection

    # Root, as tests often run, may write anywhere; the database itself must refuse.
    monkeypatch.setattr(database, "_connect_to_write", read_only)
    command, *rest = words
    (sentence,) = refused("ovenbird", command, "glass.yaml", *rest)
    assert sentence.startswith("glass.db is read-only: nothing was written")


def test_what_was_made_cannot_be_dropped(refused: Callable[..., list[str]], made: str) -> None:
    (sentence,) = refused("ovenbird", "drop", "glass.yaml", made)
    assert sentence.startswith(f"{made} has results, so it was made")


@pytest.mark.parametrize("words", [("status",), ("check",), ("log", "GLASS-001", "area=3")])
def test_a_dataset_that_is_none(
    refused: Callable[..., list[str]], tmp_path: Path, words: tuple[str, ...]
) -> None:
    command, *rest = words
    (tmp_path / "glass.db").write_bytes(b"not a database at all" * 100)
    (sentence,) = refused("ovenbird", command, "glass.yaml", *rest)
    assert sentence.startswith("glass.db is not an SQLite file")
    (tmp_path / "glass.db").unlink()
    (tmp_path / "glass.db").mkdir()
    (sentence,) = refused("ovenbird", command, "glass.yaml", *rest)
    assert sentence == "glass.db cannot be opened as a dataset: it is a folder"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ovenbird",), "Missing command; see ovenbird --help"),
        (("ovenbird", "lgo"), "No such command 'lgo'"),
        (("ovenbird", "log"), "Missing argument 'CAMPAIGN'; see ovenbird log --help"),
        (("ovenbird", "fail", "glass.yaml", "X", "--reason", "luck"), "'luck' is not one of"),
        (("suggest-next-experiment", "glass.yaml", "-n", "0"), "greater than or equal to 1"),
        (("suggest-next-experiment", "glass.yaml", "-n", "many"), "valid integer"),
        (("suggest-next-experiment", "glass.yaml", "--format", "xml"), "'xml' is not one of"),
        (("suggest-next-experiment", "glass.yaml", "--seeed", "1"), "No such option"),
        (("ovenbird", "new", "glass"), "glass.yaml: there is such a file already"),
        (("ovenbird", "new", "../glass"), "must begin with a letter or digit"),
        (("ovenbird", "new", "alloy", "--from", "lvto"), "the library has no campaign 'lvto'"),
    ],
)
def test_commands_that_are_typed_wrongly(
    refused: Callable[..., list[str]], words: tuple[str, ...], said: str
) -> None:
    (sentence,) = refused(*words)
    assert said in sentence


def test_several_campaigns_in_a_folder_must_be_told_apart(
    refused: Callable[..., list[str]], run_command: Command
) -> None:
    run_command("ovenbird", "new", "alloy")
    (sentence,) = refused("suggest-next-experiment")
    assert sentence == "several campaign files in this folder: name one of alloy.yaml or glass.yaml"


def test_the_bundled_campaign_keeps_nothing(
    refused: Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    (sentence,) = refused("suggest-next-experiment", "--save")
    assert sentence.endswith("ovenbird new ltvo --from ltvo")
