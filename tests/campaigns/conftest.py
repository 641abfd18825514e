"""What the tests of campaigns and commands share."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ovenbird.campaigns.cli.main import main as ovenbird_main
from ovenbird.campaigns.cli.suggest import main as suggest_main
from ovenbird.campaigns.definition import definition_from, read_definition
from ovenbird.datasets import InputError

# The complete example of the design, word for word, with its lab section.
DESIGN_EXAMPLE = (Path(__file__).parent / "design_example.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def design_example() -> str:
    """The design's campaign file."""
    return DESIGN_EXAMPLE


@pytest.fixture
def faults_of(tmp_path: Path) -> Callable[[str, str], tuple[str, ...]]:
    """Sentences about the design's campaign file with one piece of it replaced."""

    def read(piece: str, replacement: str) -> tuple[str, ...]:
        assert DESIGN_EXAMPLE.count(piece) == 1, f"'{piece}' must stand once in the example"
        file = tmp_path / "ltvo.yaml"
        file.write_text(DESIGN_EXAMPLE.replace(piece, replacement), encoding="utf-8")
        with pytest.raises(InputError) as raised:
            read_definition(file)
        return raised.value.faults

    return read


@pytest.fixture(scope="session")
def minimal() -> Callable[..., dict[str, Any]]:
    """Keys of the smallest campaign, with some of them changed."""

    def keys(**changes: object) -> dict[str, Any]:
        smallest = {
            "name": "alloy",
            "parameters": {"x": {"from": 0, "to": 1}},
            "responses": {"y": {}},
            "goal": {"maximise": "y"},
        }
        return smallest | changes

    return keys


@pytest.fixture(scope="session")
def faults_in(minimal: Callable[..., dict[str, Any]]) -> Callable[..., tuple[str, ...]]:
    """Sentences about the smallest campaign with some of its keys changed."""

    def read(**changes: object) -> tuple[str, ...]:
        with pytest.raises(InputError) as raised:
            definition_from(minimal(**changes))
        return raised.value.faults

    return read


# A campaign that is learned in a tenth of a second.
GLASS = """\
name: glass
learn_from: [literature.csv]
parameters:
  route: [dry, wet]
  temperature: {unit: degC, from: 100, to: 200, step: 10}
  milling: [none, planetary]
  milling_speed: {unit: rpm, from: 200, to: 600, step: 50, when: {milling: planetary}}
rules:
  - {exclude: {route: wet, milling: planetary}, reason: it foams}
responses:
  pure: {kind: yes_no, rises_with: [temperature]}
  area: {unit: m2/g, plausible: [0, 300]}
  strength: {unit: MPa, plausible: [0, 500], noise: 4 %}
goal: {maximise: strength}
limits:
  pure: {probability_at_least: 0.7}
"""
LITERATURE = """\
id,route,temperature [degC],milling,milling_speed [rpm],pure,area [m2/g],strength [MPa],source
P-1,dry,200,none,,yes,,220,10.1/glass
P-2,dry,150,planetary,400,yes,~30,260,10.1/glass
P-3,wet,200,none,,yes,>20,180,10.1/glass
P-4,dry,100,none,,no,,,10.1/glass
"""


@pytest.fixture
def glass(tmp_path: Path) -> Path:
    """Campaign file of a small campaign that learns from four samples of a paper."""
    file = tmp_path / "glass.yaml"
    file.write_text(GLASS, encoding="utf-8")
    (tmp_path / "literature.csv").write_text(LITERATURE, encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def glass_keys() -> dict[str, Any]:
    """The keys of that campaign for Python, without its literature."""
    return {key: value for key, value in YAML(typ="safe").load(GLASS).items() if key != "learn_from"}


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def sentences(self) -> list[str]:
        """Lines on stderr."""
        return self.err.splitlines()


@pytest.fixture
def run_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Runs a command as the shell would, within this process."""

    def run(*words: object) -> Outcome:
        program, *arguments = map(str, words)
        main = {"ovenbird": ovenbird_main, "suggest-next-experiment": suggest_main}[program]
        monkeypatch.setattr(sys, "argv", [program, *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Outcome(int(left.value.code or 0), out, err)

    return run


@pytest.fixture
def ovenbird(run_command: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Runs `ovenbird` with some words."""

    def run(*words: object) -> Outcome:
        return run_command("ovenbird", *words)

    return run


@pytest.fixture
def contents(tmp_path: Path) -> Callable[[], dict[str, bytes | None]]:
    """Takes down what a test's folder holds: bytes by name, None for folders."""

    def read() -> dict[str, bytes | None]:
        return {
            str(path.relative_to(tmp_path)): path.read_bytes() if path.is_file() else None
            for path in sorted(tmp_path.rglob("*"))
        }

    return read
