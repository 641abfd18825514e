"""The page on paper: printed by a browser that is found, which leaves nothing behind."""

import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ovenbird.campaigns.report import pdf_page
from ovenbird.campaigns.report.html_page import html_page
from ovenbird.campaigns.report.pdf_page import BROWSER, find_browser, write_pdf
from ovenbird.campaigns.report.week_summary import WeekSummary
from ovenbird.datasets import InputError

from .browser import needs_browser

SMALL = "<!doctype html><html lang='en'><title>x</title><p>One page.</p></html>"


def _program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for what is temporary."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield Path(folder)
        monkeypatch.undo()


@needs_browser
def test_the_report_has_pages_and_nothing_is_left(
    summary: WeekSummary, tmp_path: Path, temporary: Path
) -> None:
    path = tmp_path / "week.pdf"
    write_pdf(html_page(summary), path)
    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) > 5
    boxes = [[float(n) for n in box.split()] for box in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", content)]
    assert {(round(width), round(height)) for _, _, width, height in boxes} == {(595, 842), (842, 595)}
    assert not list(temporary.iterdir())
    assert [one.name for one in tmp_path.iterdir()] == ["week.pdf"]
    assert _running_in(temporary) == []


def _running_in(folder: Path) -> list[str]:
    """Processes that name a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found


@needs_browser
def test_a_temporary_folder_far_away_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = tmp_path / "far" / ("away" * 20)
    far.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(far))
    monkeypatch.setattr(tempfile, "tempdir", None)
    write_pdf(SMALL, tmp_path / "week.pdf")
    assert not list(far.iterdir())


@needs_browser
def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "week.pdf"
    path.write_text("old")
    write_pdf(SMALL, path)
    assert path.read_bytes().startswith(b"%PDF")


@needs_browser
def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_pdf(SMALL, tmp_path / "missing" / "week.pdf")


def test_without_a_browser_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(BROWSER, raising=False)
    monkeypatch.setattr(pdf_page, "_PLACES", {})
    with pytest.raises(InputError) as raised:
        write_pdf(SMALL, tmp_path / "week.pdf")
    (said,) = raised.value.faults
    assert "Chromium, Chrome or Edge" in said
    assert "apt install chromium" in said and BROWSER in said and "from any browser" in said
    assert list(tmp_path.iterdir()) == []


def test_names_on_the_path_are_found_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(BROWSER, raising=False)
    edge = _program(tmp_path, "msedge", "exit 0")
    assert find_browser() == edge
    chrome = _program(tmp_path, "google-chrome", "exit 0")
    assert find_browser() == chrome


def test_the_environment_names_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = _program(tmp_path, "mine", "exit 0")
    monkeypatch.setenv(BROWSER, str(mine))
    assert find_browser() == mine
    monkeypatch.setenv(BROWSER, str(tmp_path / "nothing"))
    with pytest.raises(InputError, match=f"{BROWSER} is '.*nothing', which is no program"):
        find_browser()


def test_a_browser_that_fails_is_told_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    monkeypatch.setenv(
        BROWSER, str(_program(tmp_path, "broken", "echo [1:2:ERROR:a.cc] no display >&2; exit 3"))
    )
    with pytest.raises(InputError, match=r"broken printed no PDF \(exit code 3: no display\)"):
        write_pdf(SMALL, tmp_path / "week.pdf")
    assert not list(temporary.iterdir())
    assert not (tmp_path / "week.pdf").exists()


def test_a_browser_that_hangs_is_ended_with_its_helpers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = tmp_path / "helper"
    script = f"sleep 60 & echo $! > {helper}; sleep 60"
    monkeypatch.setenv(BROWSER, str(_program(tmp_path, "slow", script)))
    monkeypatch.setattr(pdf_page, "_PRINTING_S", 1.0)
    began = time.monotonic()
    with pytest.raises(InputError, match="not within 1"):
        write_pdf(SMALL, tmp_path / "week.pdf")
    assert time.monotonic() - began < 20
    assert not _is_alive(int(helper.read_text()))


def _is_alive(process: int) -> bool:
    for _ in range(50):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state == "Z":
            return False
        time.sleep(0.1)
    return True


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there is no root here")
@pytest.mark.parametrize(("user", "sandboxed"), [(0, False), (1000, True)])
def test_only_root_goes_without_a_sandbox(
    user: int, sandboxed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    script = f'echo "$@" > {told}; for a in "$@"; do case $a in --print-to-pdf=*) echo %PDF > "${{a#*=}}";; esac; done'
    monkeypatch.setenv(BROWSER, str(_program(tmp_path, "chrome", script)))
    monkeypatch.setattr(os, "geteuid", lambda: user)
    write_pdf(SMALL, tmp_path / "week.pdf")
    assert ("--no-sandbox" not in told.read_text()) == sandboxed
    assert "--headless" in told.read_text()
