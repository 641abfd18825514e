"""The page in the real browser: sections, links, widths, paper, and what axe-core finds."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from ovenbird.campaigns.report.html_page import html_page
from ovenbird.campaigns.report.pdf_page import find_browser
from ovenbird.campaigns.report.week_summary import WeekSummary

from .browser import AXE, needs_axe, needs_browser
from .ltvo_week import SUMMARY
from .other_weeks import with_many, with_one, without_lab, written_by
from .test_html_page import SECTIONS

DESKTOP, PHONE = (1280, 800), (360, 740)
_OPTIONS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
HOSTILE = (
    "<script>document.title = 'run'</script><img src=http://x.example/y onerror=\"document.title='run'\">"
    " \u05e9\u05dc\u05d5\u05dd \u202e\u0645\u0631\u062d\u0628\u0627 \N{FIRE}\x07 " + "word" * 2500
)
WEEKS: dict[str, Callable[[], WeekSummary]] = {
    "the example": lambda: SUMMARY,
    "without a lab": without_lab,
    "one experiment": with_one,
    "five hundred": with_many,
    "hostile": lambda: written_by(HOSTILE),
}

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The one that is on the machine."""
    options = [*_OPTIONS, *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(find_browser()), args=options)
        yield started
        started.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, empty_summary: WeekSummary) -> dict[str, Path]:
    """Pages of different weeks."""
    folder = tmp_path_factory.mktemp("pages")
    written = {}
    for number, (name, make) in enumerate([*WEEKS.items(), ("empty", lambda: empty_summary)]):
        written[name] = folder / f"{number}.html"
        written[name].write_text(html_page(make()), encoding="utf-8")
    return written


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[[Path, tuple[int, int]], Page]]:
    """Opens a page; whatever it wants from elsewhere is refused, and with all complaints a fault."""
    wanted: list[str] = []
    pages: list[Page] = []

    def open_page(path: Path, size: tuple[int, int]) -> Page:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        pages.append(page)
        page.on("console", lambda message: wanted.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wanted.append(f"error: {error}"))
        page.on("dialog", lambda dialog: wanted.append(f"dialog: {dialog.message}"))
        page.on(
            "request",
            lambda request: wanted.append(request.url) if request.url != path.as_uri() else None,
        )
        page.route(lambda url: url != path.as_uri(), lambda route: route.abort())
        page.goto(path.as_uri())
        return page

    yield open_page
    for page in pages:
        page.close()
    assert wanted == []


OpenPage = Callable[[Path, tuple[int, int]], Page]
ALL = [*WEEKS, "empty"]


@pytest.mark.parametrize("week", ALL)
def test_every_section_is_there_and_seen(week: str, files: dict[str, Path], opened: OpenPage) -> None:
    page = opened(files[week], DESKTOP)
    for number, (key, title) in enumerate(SECTIONS, 1):
        assert page.locator(f"#{key}").is_visible()
        assert page.locator(f"#{key} > h2").inner_text() == f"{number} {title}"
        assert (page.locator(f"#{key}").bounding_box() or {"height": 0})["height"] > 40


@pytest.mark.parametrize("week", ALL)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_is_wider_than_the_window(
    week: str, size: tuple[int, int], files: dict[str, Path], opened: OpenPage
) -> None:
    page = opened(files[week], size)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size[0]
    # Beyond the edge is only what scrolls by itself.
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('main *, header *')].filter(e =>
            !e.closest('svg, .picture, .table, pre') && e.getBoundingClientRect().right > innerWidth + 1
        ).map(e => e.outerHTML.slice(0, 200))"""
    )
    assert beyond == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_tables_of_the_example_need_no_scrolling(
    size: tuple[int, int], files: dict[str, Path], opened: OpenPage
) -> None:
    page = opened(files["the example"], size)
    scrolling = page.evaluate(
        """() => [...document.querySelectorAll('.table')].filter(e => e.scrollWidth > e.clientWidth + 1)
            .map(e => e.querySelector('caption').innerText)"""
    )
    assert scrolling == []


def test_links_lead_to_their_sections(files: dict[str, Path], opened: OpenPage) -> None:
    page = opened(files["the example"], DESKTOP)
    for key, title in reversed(SECTIONS):
        page.get_by_role("navigation").get_by_role("link", name=title).click()
        assert page.evaluate("location.hash") == f"#{key}"
        top = (page.locator(f"#{key}").bounding_box() or {"y": -1})["y"]
        at_end = page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 1")
        assert at_end or -2 <= top <= 40


def test_the_decision_is_reached_by_keyboard_first(files: dict[str, Path], opened: OpenPage) -> None:
    page = opened(files["the example"], DESKTOP)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the decision"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "decision"


@pytest.mark.parametrize("size", [DESKTOP, (390, 844)], ids=["desktop", "phone"])
def test_the_first_screen_has_the_decision(
    size: tuple[int, int], files: dict[str, Path], opened: OpenPage
) -> None:
    page = opened(files["the example"], size)
    for what in ("#decision .lead", "ul.questions", ".verdict"):
        box = page.locator(what).bounding_box()
        assert box is not None and box["y"] + box["height"] <= size[1]


def test_text_is_large_enough(files: dict[str, Path], opened: OpenPage) -> None:
    page = opened(files["the example"], PHONE)
    smallest = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('main p, main li, main td, main th, main dd')]
            .map(e => parseFloat(getComputedStyle(e).fontSize)))"""
    )
    assert smallest >= 12.5


def test_hostile_names_are_text(files: dict[str, Path], opened: OpenPage) -> None:
    page = opened(files["hostile"], DESKTOP)
    assert page.title() != "run"
    assert page.locator("main script, main img").count() == 0
    assert page.locator("#decision .lead").inner_text().startswith("<script>document.title = 'run'</script>")


@pytest.mark.parametrize("week", ALL)
def test_it_prints_on_pages(week: str, files: dict[str, Path], opened: OpenPage) -> None:
    page = opened(files[week], DESKTOP)
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") >= (2 if week in ("empty", "one experiment") else 8)


def test_no_card_row_or_picture_is_higher_than_a_page(files: dict[str, Path], opened: OpenPage) -> None:
    # 184 by 267 mm: A4 without its margins.
    page = opened(files["the example"], (696, 1009))
    page.emulate_media(media="print")
    high = page.evaluate(
        """() => [...document.querySelectorAll('tr, figure, .card, .verdict, tbody.group')]
            .map(e => [e.tagName, e.getBoundingClientRect().height, e.textContent.slice(0, 60)])
            .filter(([, height]) => height > 1009)"""
    )
    assert high == []


@needs_axe
@pytest.mark.parametrize(
    ("week", "size"),
    [*((week, DESKTOP) for week in ALL), ("the example", PHONE), ("hostile", PHONE), ("empty", PHONE)],
)
def test_axe_finds_no_fault(
    week: str, size: tuple[int, int], files: dict[str, Path], opened: OpenPage
) -> None:
    page = opened(files[week], size)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    assert [f"{fault['id']}: {fault['help']}: {fault['nodes'][0]['html'][:300]}" for fault in found] == []
