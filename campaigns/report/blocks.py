"""What a report is made of, before it is HTML or Markdown: sections of paragraphs, tables and pictures.

All texts are plain: nothing in them is markup, whatever it looks like.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = str | tuple[str, ...]  # one line or several
_SMALL = 10  # lines


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """One or more sentences.

    Attributes
    ----------
    text
        Plain.
    kind
        ``lead`` is read first, ``missing`` says what there is not and what to do, ``important`` stands out.
    """

    text: str
    kind: Literal["plain", "lead", "missing", "important"] = "plain"


@dataclass(frozen=True, kw_only=True)
class Items:
    """Sentences of one kind.

    Attributes
    ----------
    texts
        One each.
    kind
        ``questions`` want a yes or no.
    """

    texts: tuple[str, ...]
    kind: Literal["plain", "questions"] = "plain"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    head
        Its heading, with the unit.
    kind
        A ``name`` says what its row is about; a ``number`` stands right and stays on one line.
    is_short
        Whether its texts stay on one line.
    """

    head: str
    kind: Literal["name", "text", "number"] = "text"
    is_short: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table.

    Attributes
    ----------
    cells
        One for each column.
    stands_out
        Whether the reader should stop at it; what it says makes that plain without looks as well.
    """

    cells: tuple[Cell, ...]
    stands_out: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows that belong together, under a title of their own if they have one."""

    title: str = ""
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table under a caption.

    Attributes
    ----------
    caption, columns, groups
        The first column names the row.
    note
        A sentence below it, or empty.
    """

    caption: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    note: str = ""

    @property
    def is_small(self) -> bool:
        """Whether it is read as a whole, and not parted by the end of a page."""
        rows = (row for group in self.groups for row in group.rows)
        lines = (max((1 if isinstance(c, str) else len(c) for c in row.cells), default=1) for row in rows)
        return sum(lines) < _SMALL


def table(caption: str, columns: Iterable[Column], rows: Iterable[Row], note: str = "") -> Table:
    """A table whose rows are all of one group."""
    return Table(caption=caption, columns=tuple(columns), groups=(Group(rows=tuple(rows)),), note=note)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Names and what there is to say of each, one line or several."""

    pairs: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A number that is read from afar: what it is, itself, and what belongs to it."""

    label: str
    value: str
    more: str = ""


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """Numbers that are read from afar."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An advice in a word or two, and why."""

    label: str
    text: str
    is_stop: bool = False


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure.

    Attributes
    ----------
    title
        What is seen.
    description
        The same for those who do not see it.
    draw
        Makes it; called only where pictures are shown.
    is_wide
        Whether it takes a page of its own, across.
    """

    title: str
    description: str
    draw: "Callable[[], Figure]"
    is_wide: bool = False


@dataclass(frozen=True, kw_only=True)
class Heading:
    """Begins a part of a section."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Code:
    """What is typed."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """What belongs to one sample.

    Attributes
    ----------
    title, label, subtitle
        Its name, its kind in a word or two, and a line on it.
    blocks, beside
        What there is to say, and what stands beside that where there is room.
    """

    title: str
    label: str = ""
    subtitle: str = ""
    blocks: "tuple[Plain, ...]" = ()
    beside: "tuple[Plain, ...]" = ()


Plain = Paragraph | Items | Table | Facts | Tiles | Verdict | Picture | Code
Block = Plain | Heading | Card


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section.

    Attributes
    ----------
    key
        Its address within the page.
    title
        Its heading.
    blocks
        What it says.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A whole report.

    Attributes
    ----------
    title, subtitle
        What it is of, and of which week, made when.
    sections
        In the order in which they are read.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
