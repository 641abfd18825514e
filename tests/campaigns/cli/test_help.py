"""Every command explains itself, at once."""

import json
import subprocess
import sys

import pytest
import typer.main

from ovenbird.campaigns.cli.main import app

COMMANDS = sorted(typer.main.get_command(app).commands)  # pyright: ignore[reportAttributeAccessIssue]
PROGRAM = """
import contextlib, io, json, sys
from ovenbird.campaigns.cli import main, suggest

pages = {}
for words in json.loads(sys.argv[1]):
    sys.argv = [*words, "--help"]
    page = io.StringIO()
    with contextlib.redirect_stdout(page), contextlib.suppress(SystemExit):
        (main if words[0] == "ovenbird" else suggest).main()
    pages[" ".join(words)] = page.getvalue()
print(json.dumps([pages, sorted(name for name in sys.modules if "." not in name)]))
"""


@pytest.fixture(scope="module")
def told() -> tuple[dict[str, str], set[str]]:
    """The help of every command, and the modules that were loaded to show it."""
    commands = [["suggest-next-experiment"], ["ovenbird"], *(["ovenbird", name] for name in COMMANDS)]
    program = [sys.executable, "-c", PROGRAM, json.dumps(commands)]
    answer = subprocess.run(program, capture_output=True, text=True, check=True)
    pages, modules = json.loads(answer.stdout)
    return pages, set(modules)


def test_all_commands_of_the_design_are_there() -> None:
    promised = {"new", "check", "add", "log", "compare", "fail", "void", "amend", "show", "status"}
    assert promised <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(told: tuple[dict[str, str], set[str]], name: str) -> None:
    assert f"Example: ovenbird {name} " in " ".join(told[0][f"ovenbird {name}"].split())


def test_the_main_pages_have_help(told: tuple[dict[str, str], set[str]]) -> None:
    assert "Example: suggest-next-experiment" in told[0]["suggest-next-experiment"]
    assert all(name in told[0]["ovenbird"] for name in COMMANDS)


def test_help_loads_nothing_heavy(told: tuple[dict[str, str], set[str]]) -> None:
    heavy = {"torch", "botorch", "gpytorch", "pandas", "scipy", "sqlalchemy", "matplotlib", "pint"}
    assert not told[1] & heavy
