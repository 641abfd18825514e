"""SVG that stands within a page: small, alone, and read aloud."""

import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from ovenbird.campaigns.report.figures import map_figure, outcomes_figure, record_figure, svg_of
from ovenbird.campaigns.report.figures.short_svg import short_path
from ovenbird.campaigns.report.week_summary import WeekSummary

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def figures(summary: WeekSummary) -> list[Figure]:
    return [
        map_figure(summary.beliefs.maps[1]),
        outcomes_figure(summary.last_week.outcomes),
        record_figure(summary.beliefs.record),
    ]


def ids_of(svg: str) -> list[str]:
    return re.findall(r' id="([^"]*)"', svg)


def test_it_is_an_element_and_loads_nothing(figures: list[Figure]) -> None:
    for figure in figures:
        svg = svg_of(figure, title="Map")
        root = ElementTree.fromstring(svg)
        assert root.tag == f"{SVG}svg" and svg.startswith("<svg ")
        assert re.findall(r"https?:[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "g", "path", "use", "defs", "clipPath", "rect", "pattern", "title"}
        references = re.findall(r'href="([^"]*)"|url\(([^)]*)\)', svg)
        assert references and all((one or other).startswith("#") for one, other in references)


def test_letters_are_shapes_and_it_is_small(figures: list[Figure]) -> None:
    for figure in figures:
        svg = svg_of(figure, title="Map")
        assert "<text" not in svg and "font" not in svg
        written = io.BytesIO()
        figure.savefig(written, format="svg")
        assert len(svg) < 0.7 * len(written.getvalue()) and len(svg) < 80_000


def test_ids_are_used_and_those_of_two_figures_differ(figures: list[Figure]) -> None:
    drawn = [svg_of(figure, title="Map") for figure in figures]
    assert len({one for svg in drawn for one in ids_of(svg)}) == sum(len(ids_of(svg)) for svg in drawn)
    for svg in drawn:
        used = {one or other for one, other in re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', svg)}
        assert used == {one for one in ids_of(svg) if not one.endswith("-title")}
    same = [svg_of(figures[0], title="Map", prefix=prefix) for prefix in ("one", "two")]
    assert not {*ids_of(same[0])} & {*ids_of(same[1])}
    assert same[0].replace("one-", "two-") == same[1]


def test_screen_readers_read_title_and_description(figures: list[Figure]) -> None:
    title, description = 'A & B <script>alert("1")</script>', "one\x00 line\nand another \ud800"
    root = ElementTree.fromstring(svg_of(figures[1], title=title, description=description))
    texts = {
        element.get("id"): element.text for element in root if element.tag in (f"{SVG}title", f"{SVG}desc")
    }
    assert root.get("role") == "img"
    named = (root.get("aria-labelledby") or "").split()
    assert [texts[name] for name in named] == [title, "one line and another"]
    alone = ElementTree.fromstring(svg_of(figures[1], title="Map"))
    assert alone.find(f"{SVG}desc") is None and len((alone.get("aria-labelledby") or "").split()) == 1


def test_it_looks_as_matplotlib_wrote_it(figures: list[Figure]) -> None:
    """Every path, moved back to where it begins, has the corners that it had."""
    written = io.BytesIO()
    figures[0].savefig(written, format="svg")
    before = re.findall(r'<path[^>]* d="([^"]*)"', written.getvalue().decode())
    for path in before:
        assert np.array(absolute(short_path(path))) == pytest.approx(np.array(absolute(path)), abs=0.006)


def absolute(path: str) -> list[float]:
    """All coordinates of a path, whether they are told from the one before or not."""
    found: list[float] = []
    x = y = start_x = start_y = 0.0
    for command, text in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        numbers = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", text)]
        shifted = [n + (x, y)[i % 2] for i, n in enumerate(numbers)] if command.islower() else numbers
        found += shifted
        if command in "zZ":
            x, y = start_x, start_y
        else:
            x, y = shifted[-2:]
        if command == "M":
            start_x, start_y = x, y
    return found
