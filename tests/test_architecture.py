"""The shape of the whole: what may import what, how long a file may be, what a wheel holds."""

import ast
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
PACKAGES = ("datasets", "models", "planner", "campaigns")
SOURCES = sorted(
    path for folder in (*PACKAGES, "tests", "benchmarks") for path in (REPOSITORY / folder).rglob("*.py")
)
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def named(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def test_knowledge_flows_one_way() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run(
        [command, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_file_holds_one_idea(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    functions = [
        n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    too_long = [f.name for f in functions if (f.end_lineno or f.lineno) - f.lineno >= 60]
    assert not too_long, f"functions over 60 lines: {too_long}"


def test_every_package_is_installed() -> None:
    folders = {
        "ovenbird." + named(path.parent).replace("/", ".")
        for package in PACKAGES
        for path in (REPOSITORY / package).rglob("__init__.py")
    }
    assert folders == set(PROJECT["tool"]["setuptools"]["packages"])


def test_a_wheel_puts_nothing_but_ovenbird_into_site_packages(tmp_path: Path) -> None:
    # Built from a copy, since setuptools leaves folders of its own beside what it builds.
    source = tmp_path / "source"
    source.mkdir()
    for name in (*PACKAGES, "pyproject.toml", "README.md", "LICENSE"):
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
        copy(REPOSITORY / name, source / name)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    built = subprocess.run(
        [*command, "--wheel-dir", str(tmp_path), str(source)], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert {name.split("/")[0] for name in held} == {"ovenbird", wheel.name.split("-py3")[0] + ".dist-info"}
    data = {
        f"ovenbird/{named(path)}"
        for package in PACKAGES
        for path in (REPOSITORY / package).rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".db")
    }
    assert data <= held, f"left out of the wheel: {sorted(data - held)}"


def test_constraints_name_every_dependency() -> None:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0].lower() for line in lines if line and not line.startswith("#")}
    project = PROJECT["project"]
    wanted = [
        *project["dependencies"],
        *(d for extra in project["optional-dependencies"].values() for d in extra),
    ]
    missing = {d for d in (w.partition(">")[0].partition("[")[0].lower() for w in wanted) if d not in pinned}
    assert not missing
    assert "torch==2.13.0" in lines
