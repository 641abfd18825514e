"""The report as Markdown: the facts of the page, and nothing that people wrote as markup."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ovenbird.campaigns.report.markdown_page import markdown_page, text
from ovenbird.campaigns.report.sections import page_of
from ovenbird.campaigns.report.week_summary import WeekSummary
from ovenbird.campaigns.report.words import plain

from .other_weeks import texts_of, with_many, without_lab, written_by
from .test_html_page import ANYTHING, FACTS, HOSTILE, SECTIONS, in_one_line

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_UNSEEN = str.maketrans("", "", "\u2060\u2068\u2069")


def tokens(markdown: str) -> Iterator[Token]:
    """All that a reader of GitHub's Markdown sees."""
    for token in READER.parse(markdown):
        yield token
        yield from token.children or ()


def read(markdown: str) -> str:
    """The text alone, in one line."""
    pieces = [token.content if token.type != "inline" else " " for token in tokens(markdown)]
    return " ".join("".join(pieces).translate(_UNSEEN).split())


def structure(markdown: str) -> list[str]:
    """What it is made of."""
    return [token.type for token in tokens(markdown) if token.type not in ("text", "text_special")]


def sections(markdown: str) -> dict[str, str]:
    """Texts by section."""
    parts = markdown.split("\n## ")
    return {key: read(f"## {part}") for (key, _), part in zip(SECTIONS, parts[1:], strict=True)}


def test_sections_stand_in_the_order_of_the_page(summary: WeekSummary) -> None:
    lines = markdown_page(summary).splitlines()
    assert lines[0] == "# LTVO positive electrode, capacity without oxidation"
    assert [line for line in lines if line.startswith("## ")] == [
        f"## {number} {title}" for number, (_, title) in enumerate(SECTIONS, 1)
    ]


@pytest.mark.parametrize("key", FACTS)
def test_it_says_the_facts_of_the_page_in_order(summary: WeekSummary, key: str) -> None:
    said = sections(markdown_page(summary))[key]
    end = 0
    for fact in FACTS[key]:
        # Cells, names and what is said of them are apart in another way.
        for word in fact.split():
            found = said.find(word.strip("(),;:."), end)
            assert found >= 0, f"{word!r} of {fact!r} is not in {said[end:]!r}"
            end = found


def test_every_text_of_the_page_is_in_it(summary: WeekSummary) -> None:
    everything = read(markdown_page(summary))
    for one in texts_of(page_of(summary)):
        assert " ".join(one.replace("\N{NO-BREAK SPACE}", " ").split()) in everything


def test_tables_are_github_s(summary: WeekSummary) -> None:
    markdown = markdown_page(summary)
    assert structure(markdown).count("table_open") == sum(
        line.startswith("| :-- |") for line in markdown.splitlines()
    )
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert "| LTVO-014 | calcination temperature | 700 °C | 710 °C |" in rows


@pytest.mark.parametrize("make", [without_lab, with_many])
def test_other_weeks_make_a_text(make: Callable[[], WeekSummary]) -> None:
    markdown = markdown_page(make())
    assert len(sections(markdown)) == len(SECTIONS)
    assert len(markdown) < 200_000


def test_an_empty_campaign_makes_a_text(empty_summary: WeekSummary) -> None:
    said = sections(markdown_page(empty_summary))
    assert "the campaign file has no lab section" in said["do-this"]
    assert "ovenbird log" in said["standing"]


MARKUP = (
    "*a* _b_ **c** ~~d~~ `e`",
    "~250 and ~260",
    "a|b||c",
    "[x](http://a.example) ![y](z) [z]: http://b.example",
    "<http://a.example> https://b.example www.c.example a@d.example",
    "# x",
    "1. x",
    "12) x",
    "- x",
    "+ x",
    "---",
    "===",
    "> x",
    "```",
    "    x",
    "&lt;i&gt; &copy; &#42;",
    "\\* \\",
    "$a$ $$b$$",
    ":---|:---:",
    "a\n\n# b",
    "- [ ] x",
    "`",
)


@cache
def usual_structure() -> list[str]:
    """Of a text with words that nobody fears."""
    return structure(markdown_page(written_by("usual")))


def check_is_text(written: str) -> None:
    """Whatever it is, the text is built as ever, and says it in every section."""
    markdown = markdown_page(written_by(written))
    assert structure(markdown) == usual_structure()
    for said in sections(markdown).values():
        assert in_one_line(written) in said


@pytest.mark.parametrize("written", [*HOSTILE, *MARKUP], ids=range(len(HOSTILE) + len(MARKUP)))
def test_what_people_write_to_do_harm_stays_text(written: str) -> None:
    check_is_text(written)


@settings(max_examples=25)
@given(ANYTHING)
def test_what_people_write_stays_text(written: str) -> None:
    assume(plain(written))
    check_is_text(written)


@given(st.text(max_size=200) | st.sampled_from(MARKUP))
def test_a_text_is_read_as_it_was_written(written: str) -> None:
    said = plain(written).replace("\N{NO-BREAK SPACE}", " ")
    found = list(tokens(text(said)))
    kinds = {token.type for token in found} - {
        "text",
        "text_special",
        "inline",
        "paragraph_open",
        "paragraph_close",
    }
    assert not kinds
    assert read(text(said)) == " ".join(said.translate(_UNSEEN).split())


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("https://a.example", "://"),
        ("www.a.example", "www."),
        ("mailto:a", "mailto:"),
        ("ask @anna", "@a"),
        ("see #12", "#1"),
        ("a :fire: alarm", ":fire:"),
    ],
)
def test_nothing_becomes_a_link_a_mention_or_a_sign(written: str, part: str) -> None:
    assert part in written
    assert part not in text(written)
    assert text(written).translate(_UNSEEN) == written


def test_a_command_with_backticks_ends_no_code(summary: WeekSummary) -> None:
    markdown = markdown_page(written_by("a ``` b"))
    assert markdown.rstrip().endswith("````text\na ``` b\n````")
