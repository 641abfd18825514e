from hypothesis import given
from hypothesis import strategies as st

from ovenbird.models.html_pieces import (
    Html,
    bold,
    box,
    code,
    folded,
    html,
    id_html,
    items,
    name_html,
    paragraph,
    plain,
    table,
)

from ..html_checks import text_of


@given(st.text(), st.text(), st.text(max_size=60))
def test_text_of_people_stays_text_wherever_it_stands(title: str, sentence: str, name: str) -> None:
    shown = box(
        title,
        paragraph(sentence),
        items([sentence, bold(name)]),
        folded(name, table(["", name], [[id_html(name), code(sentence)], [name_html(name)]])),
    )
    seen = text_of(shown)
    for text in (title, sentence, name):
        assert " ".join(plain(text).split()) in seen


def test_markup_is_told_from_text_by_its_type_alone() -> None:
    assert html("<b>") == "&lt;b&gt;"
    assert html(Html("<b>3</b>")) == "<b>3</b>"
    assert html(html("a & b")) == "a &amp; b"


def test_what_turns_or_hides_letters_is_taken_out() -> None:
    assert plain("\u202egnp.exe\u202c") == "gnp.exe"
    assert plain("bell\x07") == "bell\N{REPLACEMENT CHARACTER}"


def test_of_very_long_texts_the_beginning_is_shown() -> None:
    assert len(plain("a" * 10_000)) == 1200
    assert len(text_of(id_html("a" * 10_000))) == 80


def test_nothing_is_shown_of_nothing() -> None:
    assert items([]) == ""
