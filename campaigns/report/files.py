"""A report as a file: what kind it is, its ending says."""

import os
import tempfile
from pathlib import Path

from ...datasets import InputError, listed
from .html_page import html_page
from .markdown_page import markdown_page
from .pdf_page import write_pdf
from .week_summary import WeekSummary

ENDINGS = (".html", ".md", ".pdf")


def checked_ending(path: Path) -> str:
    """The ending of a report's file.

    Raises
    ------
    InputError
        If there is no such kind of report, or no such folder.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"{path.name}: a report is a file that ends in {listed(ENDINGS)}")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path.parent}: there is no such folder for the report")
    return ending


def write_report(summary: WeekSummary, path: Path) -> None:
    """Write a summary as a page, on paper or as text; a file of that name is replaced as a whole.

    Raises
    ------
    InputError
        If the ending is unknown, the file cannot be written, or for a PDF no browser is found.
    """
    ending = checked_ending(path)
    if ending == ".pdf":
        write_pdf(html_page(summary), path)
        return
    text = html_page(summary) if ending == ".html" else markdown_page(summary)
    try:
        _replace(path, text)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or type(error).__name__})") from error


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
