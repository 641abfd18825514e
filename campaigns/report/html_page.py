"""A report as one HTML file that needs nothing else: no network, no script, pictures inside."""

import re
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

from .blocks import Block, Picture
from .figures import svg_of
from .sections import page_of
from .week_summary import WeekSummary
from .words import pieces

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_KEPT_OR_BROKEN = re.compile(
    r"(?P<keep>(?<![\w-])[A-Za-z]{1,8}-\d{1,5}(?![\w-]))"  # an id, within which no line ends
    r"|(?P<long>\S{21,})"  # a word that may end a line anywhere
)
_MOST_COLUMNS = 7  # of a table that is restacked on a phone; wider ones scroll


def html_page(summary: WeekSummary) -> str:
    """Write a report as HTML.

    Parameters
    ----------
    summary
        Finished.

    Returns
    -------
    str
        A whole file: styles and pictures are in it, nothing is loaded and nothing runs.
    """
    numbers = count(1)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(page=page_of(summary), new_id=lambda: f"part-{next(numbers)}")
    )


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("ovenbird.campaigns.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["said"] = _said
    environment.globals |= {
        "kind_of": _kind_of,
        "drawn": lambda picture, prefix: _drawn(picture, prefix),
        "most_columns": _MOST_COLUMNS,
    }
    return environment


def _kind_of(block: Block) -> str:
    return type(block).__name__


def _said(text: str) -> "Markup":
    """A text as text: what is read from right to left moves nothing around it, and what is long may break."""
    from markupsafe import Markup

    said = Markup()
    for piece, from_right in pieces(text):
        words = Markup()
        end = 0
        for found in _KEPT_OR_BROKEN.finditer(piece):
            words += piece[end : found.start()]
            words += Markup('<span class="{}">{}</span>').format(found.lastgroup, found[0])
            end = found.end()
        words += piece[end:]
        said += Markup("<bdi>{}</bdi>").format(words) if from_right else words
    return said


def _drawn(picture: Picture, prefix: str) -> "Markup":
    from markupsafe import Markup

    return Markup(svg_of(picture.draw(), title=picture.title, description=picture.description, prefix=prefix))
