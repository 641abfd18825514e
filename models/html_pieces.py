"""Pieces of HTML for notebooks: small, without scripts, readable on light and on dark ground.

A plain string is text and is escaped wherever it comes to stand; only `Html` is markup.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal

from .picture_style import in_words

LONGEST_NAME, LONGEST_SENTENCE = 80, 1200
_SHORT = 24
ABSENT = "\N{EN DASH}"

Align = Literal["left", "right"]

_LINE = "1px solid rgba(128,128,128,.35)"
_QUIET = "opacity:.72"
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")  # those that do not break stay
# What turns the order of letters, or cannot be shown: a sign in its place says that something was there.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u2028\u2029\ufeff]")


class Html(str):
    """Markup, made from these pieces alone."""

    __slots__ = ()


def plain(text: str, longest: int = LONGEST_SENTENCE) -> str:
    r"""A text of people in one line, without what cannot be shown; of a very long one its beginning.

    >>> plain("two\nlines"), plain("a" * 20, 10)
    ('two lines', 'aaaaaaaaa…')
    """
    line = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", _TURNING.sub("", _SPACES.sub(" ", text).strip()))
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def html(text: str, longest: int = LONGEST_SENTENCE) -> Html:
    """Text as markup that shows just that text; markup as it is.

    >>> html("<b>3</b> & more"), html(Html("<b>3</b>"))
    ('&lt;b&gt;3&lt;/b&gt; &amp; more', '<b>3</b>')
    """
    return text if isinstance(text, Html) else Html(escape(plain(text, longest)))


def joined(parts: Iterable[str], between: str = "") -> Html:
    """Pieces one after another."""
    return Html(escape(between).join(html(part) for part in parts))


def name_html(name: str) -> Html:
    """A parameter, response, cost or machine as it is read aloud."""
    return html(in_words(name), LONGEST_NAME)


def unbroken(content: Html, text: str) -> Html:
    """Content on one line if its text is short enough for that."""
    return element("span", content, "white-space:nowrap") if len(text) <= _SHORT else content


def id_html(experiment: str) -> Html:
    """A sample: it stays apart from its surroundings, in whichever direction it is written."""
    return element("bdi", unbroken(html(experiment, LONGEST_NAME), experiment))


def element(tag: str, content: str, style: str = "") -> Html:
    """Content within a tag of our own."""
    return Html(
        f'<{tag} style="{style}">{html(content)}</{tag}>' if style else f"<{tag}>{html(content)}</{tag}>"
    )


def bold(content: str) -> Html:
    """What is read first."""
    return element("b", content)


def quiet(content: str) -> Html:
    """What is read last."""
    return element("span", content, _QUIET)


def code(text: str) -> Html:
    """What can be typed into a cell."""
    return element("code", text)


def paragraph(content: str) -> Html:
    """One or more sentences."""
    return element("p", content, "margin:.35em 0")


def items(contents: Sequence[str]) -> Html:
    """Sentences of one kind; nothing if there are none."""
    if not contents:
        return Html("")
    entries = joined(element("li", content, "margin:.1em 0") for content in contents)
    return element("ul", entries, "margin:.35em 0;padding-left:1.4em")


def folded(summary: str, content: Html, *, is_open: bool = False) -> Html:
    """What is read only by who wants to."""
    opened = " open" if is_open else ""
    head = element("summary", summary, "cursor:pointer")
    return Html(f'<details style="margin:.35em 0"{opened}>{head}{content}</details>')


def table(head: Sequence[str], rows: Iterable[Sequence[str]], align: Sequence[Align] = ()) -> Html:
    """A table under its headings; a row with a single cell is a heading that spans it.

    Parameters
    ----------
    head
        One for each column; nothing if there are no headings.
    rows
        Cells.
    align
        Of the columns; those that are not named stand left.
    """
    unnamed: list[Align] = ["left"] * (len(head) - len(align))
    sides: list[Align] = [*align, *unnamed]
    body = [_heading(row[0], len(sides)) if len(row) == 1 < len(sides) else _row(row, sides) for row in rows]
    top = ""
    if any(head):
        cells = (
            _cell("th", c, s, f"border-bottom:{_LINE};font-weight:600")
            for c, s in zip(head, sides, strict=True)
        )
        top = f'<thead><tr style="background:none">{joined(cells)}</tr></thead>'
    style = "border-collapse:collapse;margin:.4em 0;border:none;font-size:inherit"
    inside = f'<table style="{style}">{top}<tbody>{joined(body)}</tbody></table>'
    return Html(f'<div style="overflow-x:auto">{inside}</div>')


def _row(cells: Sequence[str], sides: Sequence[Align]) -> Html:
    content = joined(_cell("td", c, s) for c, s in zip(cells, sides, strict=True))
    return Html(f'<tr style="background:none">{content}</tr>')


def _heading(content: str, n_columns: int) -> Html:
    style = f"text-align:left;padding:.5em .6em .15em 0;border:none;border-bottom:{_LINE};font-weight:600"
    return Html(
        f'<tr style="background:none"><th colspan="{n_columns}" style="{style}">{html(content)}</th></tr>'
    )


def _cell(tag: str, content: str, side: Align, more: str = "") -> Html:
    # Numbers stay on one line.
    place = (
        "padding:.12em .9em .12em 0;max-width:34em"
        if side == "left"
        else "padding:.12em .9em;white-space:nowrap"
    )
    style = f"text-align:{side};vertical-align:top;border:none;{place}"
    return element(tag, content, f"{style};{more}" if more else style)


def box(title: str, *parts: Html) -> Html:
    """All that one value shows, under its title.

    Notebooks typeset what stands between dollar signs; the classes keep them from doing so here.
    """
    style = (
        "font-size:.95em;line-height:1.4;max-width:62em;padding:.1em 0 .1em .9em;margin:.3em 0;"
        "border-left:3px solid #0072B2;overflow-wrap:break-word;color:inherit"
    )
    head = element("div", title, "font-weight:600;font-size:1.08em;margin:.1em 0 .3em")
    return Html(f'<div class="tex2jax_ignore mathjax_ignore" style="{style}">{head}{"".join(parts)}</div>')
