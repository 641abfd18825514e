"""A report on paper: its HTML, printed to PDF by a browser that is on the machine anyway."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ...datasets import InputError

BROWSER = "OVENBIRD_BROWSER"  # the environment's word on which to take
_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
    "brave-browser",
)
_PLACES = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "win32": (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
        r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
    ),
}
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no name leads anywhere: a report needs no network
)
_PRINTING_S, _STOPPING_S = 120, 5
_FARTHEST = 30  # letters


def write_pdf(html: str, path: Path) -> None:
    """Print a page.

    Parameters
    ----------
    html
        A whole file that needs nothing else.
    path
        Of the PDF; replaced as a whole.

    Raises
    ------
    InputError
        If there is no browser, it does not print, or the file cannot be written.
    """
    browser = find_browser()
    # The browser's profile and whatever else it leaves go with the folder.
    with tempfile.TemporaryDirectory(prefix="ovenbird-", dir=_near(), ignore_cleanup_errors=True) as folder:
        page, printed = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(html, encoding="utf-8")
        said = _print(browser, page, printed, Path(folder))
        if not printed.is_file() or not printed.read_bytes().startswith(b"%PDF"):
            raise InputError(
                f"{browser.name} printed no PDF ({said}); the HTML report can be printed from any browser"
            )
        _move(printed, path)


def find_browser() -> Path:
    """The browser that the environment names, else the first that is found.

    Raises
    ------
    InputError
        If there is none.
    """
    named = os.environ.get(BROWSER, "").strip()
    if named:
        found = shutil.which(named)
        if found is None:
            raise InputError(f"{BROWSER} is '{named}', which is no program on this machine")
        return Path(found)
    for name in (*_NAMES, *_PLACES.get(sys.platform, ())):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    raise InputError(
        "a PDF is printed by Chromium, Chrome or Edge, and none was found: install one (on Debian: apt "
        f"install chromium), name it in {BROWSER}, or print the HTML report from any browser"
    )


def _near() -> str | None:
    """Where the folder goes: a browser's sockets are in it, whose paths may be a hundred letters long."""
    is_far = os.name == "posix" and len(tempfile.gettempdir()) > _FARTHEST
    return "/tmp" if is_far and os.access("/tmp", os.W_OK) else None


def _print(browser: Path, page: Path, printed: Path, folder: Path) -> str:
    """Let a browser print; what it said last, for the message if it failed."""
    options = [*_OPTIONS, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={printed}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium refuses to start as root with it
    # What it would keep in the home folder, or among all that is temporary, goes where its profile goes.
    kept = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TMPDIR") if os.name == "posix" else ("TMP", "TEMP")
    environment = {**os.environ, **dict.fromkeys(kept, str(folder))}
    with _started([str(browser), *options, page.as_uri()], environment, folder) as process:
        try:
            _, error = process.communicate(timeout=_PRINTING_S)
        except subprocess.TimeoutExpired:
            return f"not within {_PRINTING_S} s"
    said = _fault_in(error.decode(errors="replace"))
    return f"exit code {process.returncode}" + (f": {said}" if said else "")


def _fault_in(error: str) -> str:
    """What ended a browser, else what it said last, without where in its source that stands."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    ends = [line for line in lines if ":FATAL:" in line]
    return re.sub(r"^\[[^\]]*\]\s*", "", (ends or lines or [""])[-1])[:200]


@contextlib.contextmanager
def _started(
    command: list[str], environment: dict[str, str], folder: Path
) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that has ended afterwards, with all that it started."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        raise InputError(f"{command[0]} does not start ({error.strerror})") from error
    with process:
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if os.name == "posix":
        # Helpers of the browser are in its group, and may outlive it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_STOPPING_S)


def _move(printed: Path, path: Path) -> None:
    """Put a finished file in its place at once."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        shutil.copyfile(printed, beside)
        beside.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or type(error).__name__})") from error
    finally:
        beside.unlink(missing_ok=True)
