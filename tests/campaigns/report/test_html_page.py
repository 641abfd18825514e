"""The page as a file: what it says, in which order, and that nothing of it is anything but text."""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ovenbird.campaigns.report import html_page as module
from ovenbird.campaigns.report.html_page import html_page
from ovenbird.campaigns.report.sections import page_of
from ovenbird.campaigns.report.week_summary import WeekSummary
from ovenbird.campaigns.report.words import plain

from .other_weeks import texts_of, with_many, with_one, without_lab, written_by
from .read_html import ReadPage, read_html

SECTIONS = (
    ("decision", "The decision"),
    ("do-this", "Do this"),
    ("why", "Why"),
    ("last-week", "What last week taught"),
    ("standing", "Where we stand"),
    ("beliefs", "What the models believe"),
    ("health", "Data health"),
    ("provenance", "How it was made"),
)
# What each section says of the example, in this order.
FACTS = {
    "decision": (
        "Four new samples go through two furnace runs and two mill runs",
        "LTVO-016 is not phase pure: drop it?",
        "is it still to come?",
        "Go on. The next week is expected to bring 3.8 mAh/g for 490 h of machines.",
        "6 4 of them new",
        "Mon 30 Nov 10:30",
        "Best discharge capacity 283 mAh/g LTVO-013",
        "Its usable capacity 282 mAh/g",
        "2 samples longest since Thu 12 Nov",
    ),
    "do-this": (
        "Mon 23 Nov 09:00 – 10:00 mix LTVO-017, LTVO-018, LTVO-019, LTVO-020",
        "start tube furnace TF1: calcine, solid_state, 700 °C, 3 h",
        "an ideal one could be at most 4 % better",
        "Tube furnace: solid_state, 700 °C, 3 h TF1 tube furnace Mon 10:00 Mon 22:00 Tue 09:00 LTVO-017/018/020 (3)",
        "Planetary mill: 450 rpm, 6 h PM1",
        "LTVO-017 is the control of the week.",
        "weigh Li2CO3 1.021 g, V2O3 2.072 g, TiO2 0.552 g",
        "xrd (gate: phase pure), Tue 09:00 – 10:00",
        "cells on cycler 3-4 (2 of 8), Thu 09:00 – Mon 30 09:30",
        "Weighed in altogether: Li2CO3 4.084 g, V2O3 8.288 g, TiO2 2.208 g.",
        "What holds the week up Planetary mill holds the week up",
        "LTVO-018 and LTVO-019 share PM2: one mill run less.",
        "Two more suggestions were left out",
    ),
    "why": (
        "LTVO-017 control solid_state, 700 °C, hold 3 h, planetary, 450 rpm, milling 6 h",
        "P(phase pure) 97 %",
        "bet surface area 29.1 m²/g 23.6–37.7",
        "discharge capacity 250 mAh/g 231–268",
        "P(oxidised) 5 %",
        "LTVO-018 repeat the best",
        "Repeats the best so far, LTVO-013 (283 mAh/g), which was made once.",
        "Repeats LTVO-013",
        "LTVO-019 improve",
        "Chance to improve 41 %; 3.85 mAh/g expected gain",
        "Nearest LTVO-013, LTVO-004, LTVO-010",
        "No suggestion uses the solution route",
    ),
    "last-week": (
        "Since Fri 13 Nov, 16 results of 4 samples came in that had been forecast; 2 are surprises",
        "LTVO-012 charge capacity 289 mAh/g 270–311 262 mAh/g −2.2 sd, surprise",
        "LTVO-012 oxidised P(yes) 9 % yes 3.5 bits, surprise",
        "Nothing had been forecast of LTVO-003",
        "LTVO-016 failed phase pure",
        "LTVO-012 milling time 9.5 h 10.5 h",
        "LTVO-014 calcination temperature 700 °C 710 °C",
    ),
    "standing": (
        "The goal: maximise discharge capacity [mAh/g].",
        "LTVO-013 own solid_state, 700 °C, hold 3 h, planetary, 470 rpm, milling 9.5 h",
        "discharge capacity 285; 281 mAh/g usable capacity 282 mAh/g charge capacity 282 mAh/g",
        "oxidised no P 17 %, at most 20 %",
        "Best discharge capacity against experiments",
        "Best discharge capacity against process hours",
        "SS-700C-3h-M450-6h 10.1039/d5ta07405c 255 255 285 kept –",
        "LTVO-013 own 283 282 282 kept 1250",
    ),
    "beliefs": (
        "P(phase pure) over calcination temperature and hold time",
        "The line is the limit, 90 %.",
        "discharge capacity over milling speed and milling time",
        "P(oxidised) over milling speed and milling time",
        "Effect of each parameter",
        "From bet surface area to discharge capacity",
        "discharge capacity 15 Gaussian process through bet surface area 74 %, trees 26 %",
        "93 % inside 90 %",
        "milling time 46 % 58 %",
        "26 of 28 numbers lay inside their 90 % interval",
        "Bet surface area was declared to fall with thermal_dose",
    ),
    "health": (
        "LTVO-008 measured Thu 12 Nov (8 days) oxidised",
        "LTVO-015 running Thu 19 Nov (1 day) discharge capacity, charge capacity, oxidised",
        "LTVO-006 and LTVO-009 are called measured without charge capacity.",
        "255 and 235 mAh/g for one recipe",
        "LTVO-009 discharge capacity 228 mAh/g",
        "was withdrawn on 6 Nov: wrong active mass",
        "13 became 31 m²/g",
        "a column structure that ltvo.yaml does not know",
    ),
    "provenance": (
        "sqlite:///ltvo.db",
        "7c0e4ab91d22",
        "16 own, 16 from literature",
        "5b1f0c9e77aa",
        "20261120",
        "ovenbird 0.1.0, botorch 0.16.1",
        "ovenbird report ltvo.yaml --week 2026-W48 --seed 20261120",
    ),
}


def without_pictures(summary: WeekSummary) -> str:
    """The page, quickly."""
    with patch.object(module, "_drawn", lambda picture, prefix: ""):
        return html_page(summary)


@pytest.fixture(scope="module")
def html(summary: WeekSummary) -> str:
    """The example with its pictures."""
    return html_page(summary)


@pytest.fixture(scope="module")
def page(html: str) -> ReadPage:
    """The same, read."""
    return read_html(html)


def test_sections_stand_in_the_order_in_which_they_are_read(page: ReadPage) -> None:
    assert [text for level, text in page.headings if level == 2] == [
        f"{number} {title}" for number, (_, title) in enumerate(SECTIONS, 1)
    ]
    assert tuple(key for key in page.sections if key) == tuple(key for key, _ in SECTIONS)


@pytest.mark.parametrize("key", FACTS)
def test_each_fact_is_said_in_its_section_in_order(page: ReadPage, key: str) -> None:
    end = 0
    for fact in FACTS[key]:
        found = page.sections[key].find(fact, end)
        assert found >= 0, f"{fact!r} is not in {page.sections[key][end:]!r}"
        end = found + len(fact)


@pytest.mark.parametrize(
    "fact",
    [
        "Four new samples go through",
        "drop it?",
        "3.8 mAh/g for 490 h",
        "LTVO-017 is the control of the week.",
        "at most 4 % better",
        "holds the week up: with one more",
        "which was made once",
        "No suggestion uses the solution route",
        "LTVO-016 failed phase pure",
        "wrong active mass",
        "7c0e4ab91d22",
    ],
)
def test_a_fact_is_said_once(page: ReadPage, fact: str) -> None:
    assert page.text.count(fact) == 1


def test_headings_and_addresses_are_in_order(page: ReadPage) -> None:
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert not page.unclosed
    own = [one for one in page.ids if one.startswith("part-") or one in dict(SECTIONS)]
    assert len(own) == len(set(own))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_the_file_needs_nothing_else(html: str, page: ReadPage) -> None:
    assert html.startswith('<!doctype html>\n<html lang="en">')
    loading = [
        value
        for _, name, value in page.attributes
        if name in ("src", "href", "xlink:href", "srcset", "action", "data", "poster")
    ]
    assert all(value.startswith(("#", "data:image/")) for value in loading)
    assert not any(tag in ("script", "iframe", "link", "img", "object") for tag, *_ in page.attributes)
    assert "@import" not in html and "@font-face" not in html
    assert "url(" not in html.replace("url(#", "")
    assert len(html.encode()) < 900_000


def test_the_same_summary_makes_the_same_file(summary: WeekSummary, html: str) -> None:
    assert html_page(summary) == html


def test_tables_have_captions_and_scopes(page: ReadPage) -> None:
    tags = [tag.split(".")[0] for tag in page.tags]
    assert tags.count("table") == tags.count("caption") > 8
    scopes = [value for tag, name, value in page.attributes if (tag, name) == ("th", "scope")]
    assert tags.count("th") == len(scopes)
    assert set(scopes) == {"col", "row", "rowgroup"}


def test_units_are_said_as_they_are_printed(page: ReadPage) -> None:
    assert "degC" not in page.text
    assert "m2/g" not in page.text
    assert "discharge_capacity" not in page.text


def test_an_empty_campaign_says_what_is_missing_and_what_to_do(empty_summary: WeekSummary) -> None:
    page = read_html(html_page(empty_summary))
    assert [key for key in page.sections if key] == [key for key, _ in SECTIONS]
    said = {
        "decision": ("Nothing is planned.", "Nothing needs a yes or no", "before the first results are in"),
        "do-this": ("the campaign file has no lab section", "ovenbird new"),
        "why": ("Nothing is suggested.",),
        "last-week": ("no result came in",),
        "standing": ("The lab has made no experiments", "ovenbird log"),
        "beliefs": ("nothing that could be believed yet",),
        "health": ("There are no own data yet.",),
        "provenance": ("0 own, 0 from literature", "Software not known"),
    }
    for key, facts in said.items():
        for fact in facts:
            assert fact in page.sections[key]


def test_without_a_lab_suggestions_stand_instead_of_a_plan() -> None:
    page = read_html(without_pictures(without_lab()))
    assert "the campaign file has no lab section" in page.sections["do-this"]
    assert "LTVO-019 solid_state, 740 °C, hold 1.5 h" in page.sections["do-this"]
    assert "Suggestions 4 not on a timetable" in page.sections["decision"]


def test_a_week_in_which_nothing_is_planned_says_so(summary: WeekSummary) -> None:
    page = read_html(without_pictures(replace(summary, plan=None)))
    assert "Nothing is planned for this week." in page.sections["do-this"]


def test_one_experiment_makes_a_page() -> None:
    page = read_html(html_page(with_one()))
    assert "Own experiments: 1 measured." in page.sections["standing"]
    assert "1 result of 1 sample came in that had been forecast; none of them is a surprise." in page.text
    assert "1 sample with a value" in page.sections["standing"]


def test_five_hundred_experiments_make_a_page_of_bearable_length() -> None:
    html = html_page(with_many())
    page = read_html(html)
    assert len(html.encode()) < 2_500_000
    assert "… and 460 more." in page.sections["health"]
    assert page.sections["health"].count("is measured, but has no charge capacity") == 2 * 40


def test_what_the_decision_says_is_not_said_again(summary: WeekSummary) -> None:
    plan = summary.plan
    assert plan is not None and plan.bottleneck is not None
    decision = replace(
        summary.decision,
        plan=f"A week. {plan.bottleneck.sentence}",
        questions=(f"Agree? {plan.decisions[0].sentence}",),
    )
    page = read_html(without_pictures(replace(summary, decision=decision, messages=plan.messages)))
    assert page.text.count("more samples would fit") == 1
    assert page.text.count("what remains of it would add") == 1
    assert page.text.count("Two more suggestions were left out") == 1


def test_a_week_without_control_says_so(summary: WeekSummary) -> None:
    plan = summary.plan
    assert plan is not None and summary.lab is not None
    uncontrolled = replace(plan, samples=tuple(replace(sample, role="") for sample in plan.samples))
    page = read_html(without_pictures(replace(summary, plan=uncontrolled)))
    assert "This plan has no control sample." in page.sections["do-this"]
    lab = replace(summary.lab, control=None)
    page = read_html(without_pictures(replace(summary, plan=uncontrolled, lab=lab)))
    assert "The lab section names no control." in page.sections["do-this"]


def test_stopping_looks_and_reads_differently(summary: WeekSummary) -> None:
    told = "Stopping is reasonable, as far as the surrogates can be trusted. LTVO-013 is best."
    stop = replace(summary, decision=replace(summary.decision, stopping=told, enough=True))
    html = without_pictures(stop)
    assert 'class="verdict stop"' in html
    assert "Stopping is reasonable. As far as the surrogates can be trusted." in read_html(html).text


def test_every_text_of_the_page_is_in_the_file(summary: WeekSummary, html: str) -> None:
    read = read_html(html)
    everything = " ".join(read.sections.values())
    for text in texts_of(page_of(summary)):
        assert " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split()) in everything


HOSTILE = (
    "<script>alert(1)</script>",
    "</td></tr></table><h1>x</h1>",
    '"><img src=x onerror=alert(1)>',
    "&lt;b&gt; &amp;amp; &#60;",
    "{{ 7 * 7 }} {% raw %}",
    "--> ]]> <!-- </style></svg>",
    "\u05e9\u05dc\u05d5\u05dd \u202e\u0645\u0631\u062d\u0628\u0627\u2066",
    "\N{FIRE}\N{TEST TUBE}\u200d\U0001f468",
    "\x00\x07\x1b[31m \ud800 \ufffe",
    "a" * 100,
)
ANYTHING = st.text(min_size=1, max_size=60)


def in_one_line(text: str) -> str:
    """As it is found in what a page says: at least so much of a long one."""
    return " ".join(plain(text)[:60].replace("\N{NO-BREAK SPACE}", " ").split())


@cache
def usual_tags() -> list[str]:
    """Of a page with words that nobody fears."""
    return read_html(without_pictures(written_by("usual"))).tags


def check_is_text(text: str) -> None:
    """Whatever it is, the page is built as ever, and says it in every section."""
    read = read_html(without_pictures(written_by(text)))
    assert read.tags == usual_tags()
    assert not read.unclosed
    for key, said in read.sections.items():
        if key:
            assert in_one_line(text) in said


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_people_write_to_do_harm_stays_text(text: str) -> None:
    check_is_text(text)


@settings(max_examples=25)
@given(ANYTHING)
def test_what_people_write_stays_text(text: str) -> None:
    assume(plain(text))
    check_is_text(text)


def test_very_long_texts_are_cut_and_counted() -> None:
    page = read_html(without_pictures(written_by("x" * 10_000)))
    assert "x" * 800 + "… (9200 more characters)" in page.sections["decision"]
    assert "x" * 80 + "… (9920 more characters)" in page.sections["standing"]


def test_what_is_read_from_the_right_stands_alone() -> None:
    html = without_pictures(written_by("vial \u05e9\u05dc\u05d5\u05dd \u202e!"))
    assert "vial <bdi>\u05e9\u05dc\u05d5\u05dd</bdi> !" in html
    assert "\u202e" not in html
