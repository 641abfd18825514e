"""The browser and axe-core that the tests of the page need: skipped where they are missing, failed in CI."""

import os
from pathlib import Path

import pytest

from ovenbird.campaigns.report.pdf_page import find_browser
from ovenbird.datasets import InputError

# As `npm install --prefix .browser axe-core` puts it there.
AXE = Path(__file__).parents[3] / ".browser" / "node_modules" / "axe-core" / "axe.min.js"


def _missing_browser() -> str:
    try:
        find_browser()
    except InputError:
        return "there is no Chromium, Chrome or Edge on this machine"
    return ""


def _missing_axe() -> str:
    return "" if AXE.is_file() else "axe-core is not there: make browser-tests"


def _needed(missing: str) -> pytest.MarkDecorator:
    # CI has everything: what is missing there is a fault, and the test shows it by failing.
    return pytest.mark.skipif(bool(missing) and not os.environ.get("CI"), reason=missing or "it is there")


needs_browser = _needed(_missing_browser())
needs_axe = _needed(_missing_browser() or _missing_axe())
