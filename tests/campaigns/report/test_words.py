"""Names, numbers and sentences as a report says them."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.campaigns.report.blocks import Column, Row, table
from ovenbird.campaigns.report.week_summary import Named, WeekSummary
from ovenbird.campaigns.report.words import (
    Words,
    interval,
    moment,
    number_alone,
    pieces,
    plain,
    quantity,
    some,
    week_in_words,
)

UNITS = {"calcination_temperature": "degC", "bet_surface_area": "m2/g", "hold_time": "h", "route": None}
WORDS = Words(UNITS, frozenset({"calcination_temperature", "bet_surface_area", "tube_furnace"}))


def said(text: str) -> str:
    """With spaces that may break."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "calcination_temperature 740 degC instead of 700 degC",
            "Calcination temperature 740 °C instead of 700 °C",
        ),
        ("A: bet_surface_area 31 m2/g measured", "A: bet surface area 31 m²/g measured"),
        ("Done. tube_furnace holds the week up", "Done. Tube furnace holds the week up"),
        ("my_tube_furnace_2 stays, solid_state too", "my_tube_furnace_2 stays, solid_state too"),
        ("3 hours are no 3 h", "3 hours are no 3 h"),
        ("at 700 degC, 41 %", "at 700 °C, 41 %"),
    ],
)
def test_names_and_units_are_read_as_people_say_them(written: str, read: str) -> None:
    assert said(WORDS.sentence(written)) == read


def test_a_number_and_its_unit_stay_on_one_line() -> None:
    assert WORDS.sentence("31 m2/g, 41 %") == "31\N{NO-BREAK SPACE}m²/g, 41\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("number", "unit", "read"),
    [
        (283.27, "mAh/g", "283 mAh/g"),
        (0.01234, None, "0.0123"),
        (-0.0001, "h", "−0.0001 h"),
        (1234567.0, "rpm", "1230000 rpm"),
        (float("nan"), "h", "not known"),
        (float("inf"), None, "not known"),
        (700.0, "degC", "700 °C"),
    ],
)
def test_numbers_have_three_digits_and_their_unit(number: float, unit: str | None, read: str) -> None:
    assert said(quantity(number, unit)) == read


def test_intervals_are_read_with_negative_ends() -> None:
    assert interval(231.4, 268.2) == "231–268"
    assert interval(-1.5, 2) == "−1.5 to 2"
    assert interval(float("nan"), 2) == "not known to 2"
    assert number_alone(-0.0) == "0"


def test_what_was_typed_gets_a_unit_if_it_is_a_number() -> None:
    assert said(WORDS.typed("251; ~248", "mAh/g")) == "251; ~248 mAh/g"
    assert said(WORDS.typed("9.5 h", "h")) == "9.5 h"
    assert WORDS.typed("yes", None) == "yes"
    assert WORDS.with_unit(Named(name="bet_surface_area", unit="m2/g")) == "bet surface area [m²/g]"


def test_weeks_and_moments_have_their_year() -> None:
    assert week_in_words("2026-W53") == "Week 53 of 2026 (Mon 28 Dec to Sun 3 Jan)"
    assert week_in_words("2026-W60") == "Week 2026-W60"
    assert week_in_words("<soon>") == "Week <soon>"
    assert moment(datetime(2026, 11, 20, 16, 40)) == "Fri 20 Nov 2026, 16:40"


def test_long_lists_are_cut_and_counted() -> None:
    assert some(["a"] * 40) == ("a",) * 40
    assert some(["a"] * 43)[40:] == ("… and 3 more.",)


@given(st.text())
def test_a_text_can_be_shown_whatever_it_holds(text: str) -> None:
    line = plain(text)
    line.encode("utf-8")
    assert len(line.splitlines()) <= 1
    assert all(sign == "\N{REPLACEMENT CHARACTER}" or sign >= " " for sign in line)
    assert "".join(piece for piece, _ in pieces(line)) == line
    assert plain(line) == line or len(text) > 800


def test_the_words_of_a_summary_know_its_names(summary: WeekSummary) -> None:
    words = Words.of(summary)
    assert {"calcination_temperature", "process_hours", "sorption_station"} <= words.names
    assert words.unit("bet_surface_area") == "m²/g"


def test_small_tables_are_kept_whole() -> None:
    columns = (Column(head="a", kind="name"),)
    assert table("t", columns, [Row(cells=("x",))] * 9).is_small
    assert not table("t", columns, [Row(cells=("x",))] * 10).is_small
    assert not table("t", columns, [Row(cells=(("x",) * 6,))] * 2).is_small
