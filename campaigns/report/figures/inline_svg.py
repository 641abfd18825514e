"""A figure as SVG that stands within a page."""

import hashlib
import html
import io
import unicodedata
from typing import TYPE_CHECKING

from .short_svg import short_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What the style sheet says that is left out, for this picture alone.
_JOINS = "stroke-linejoin:round;stroke-linecap:butt"


def svg_of(figure: "Figure", *, title: str, description: str = "", prefix: str = "") -> str:
    """A figure to be put into HTML as it is: letters are shapes, nothing is loaded, screen readers read it.

    Parameters
    ----------
    figure
        Any.
    title, description
        What screen readers say; plain text.
    prefix
        Of all ids; by default made from the content, so that only equal pictures share theirs.

    Returns
    -------
    str
        An ``svg`` element, the same for the same figure.
    """
    saved = _saved(figure)
    if not prefix:
        content = "\0".join((saved, title, description)).encode("utf-8", "replace")
        prefix = f"f{hashlib.sha256(content).hexdigest()[:8]}"
    svg = short_svg(saved, prefix)
    said = {"title": _as_text(title), "desc": _as_text(description)}
    elements = "".join(f'<{part} id="{prefix}-{part}">{text}</{part}>' for part, text in said.items() if text)
    labels = " ".join(f"{prefix}-{part}" for part, text in said.items() if text)
    start = svg.index(">")
    return (
        f'{svg[:start]} role="img" aria-labelledby="{labels}" style="{_JOINS}">{elements}{svg[start + 1 :]}'
    )


def _saved(figure: "Figure") -> str:
    """The ``svg`` element as matplotlib writes it."""
    from matplotlib import rc_context

    written = io.BytesIO()
    with rc_context({"svg.hashsalt": "ovenbird", "svg.fonttype": "path"}):
        figure.savefig(written, format="svg", metadata={"Date": None})
    text = written.getvalue().decode("utf-8")
    return text[text.index("<svg") :]


def _as_text(said: str) -> str:
    """Escaped, and without the signs that no XML may hold."""
    kept = "".join(sign for sign in said if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))
    return html.escape(" ".join(kept.split()))
