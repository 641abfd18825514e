"""A report as Markdown, for mails and wikis: the facts of the HTML page, without its pictures.

What people wrote stays text: nothing of it becomes emphasis, HTML, a link, a mention or a table.
"""

import re
from collections.abc import Iterator

from .blocks import (
    Block,
    Card,
    Cell,
    Code,
    Facts,
    Heading,
    Items,
    Paragraph,
    Picture,
    Row,
    Table,
    Tiles,
    Verdict,
)
from .sections import page_of
from .week_summary import WeekSummary
from .words import JOINED, pieces

_APART = "\N{WORD JOINER}"  # unseen; between its neighbours nothing is recognised
_ISOLATED = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_SIGNS = re.compile(r"[\\`*\[~|$]|(?<![^\W_])_|_(?![^\W_])")
_BEGINS_BLOCK = re.compile(r"^(?:[#+\-=>:]|(\d+)(?=[.)](?:\s|$)))")
_BEGINS_LINK = re.compile(
    r"@|(?<=:)(?=//)|(?i:(?<=www)(?=\.)|(?<=mailto)(?=:)|(?<=xmpp)(?=:))|(?<=#)(?=\d)|(?<=:)(?=[a-z_+]+:)"
)


def markdown_page(summary: WeekSummary) -> str:
    """Write a report as Markdown with GitHub's tables.

    Parameters
    ----------
    summary
        Finished.
    """
    page = page_of(summary)
    parts = [f"# {text(page.title)}", text(page.subtitle)]
    for number, section in enumerate(page.sections, 1):
        parts.append(f"## {number} {text(section.title)}")
        for block in section.blocks:
            parts += _block(block)
    return "\n\n".join(parts) + "\n"


def text(said: str, *, begins: bool = True) -> str:
    r"""A text of which nothing is markup, whether it begins a block or stands in one.

    >>> print(text("a*b* <i>|x|</i> ~250 < 1.5 h solid_state"))
    a\*b\* &lt;i>\|x\|&lt;/i> \~250 < 1.5 h solid_state
    """
    one = "".join(
        f"{_ISOLATED[0]}{piece}{_ISOLATED[1]}" if from_right else piece
        for piece, from_right in pieces(said.replace(JOINED, " "))
    )
    one = _SIGNS.sub(lambda found: f"\\{found[0]}", one)
    one = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", re.sub(r"&(?=[#\w])", "&amp;", one))
    one = _BEGINS_LINK.sub(lambda found: f"{found[0]}{_APART}", one)
    if not begins:
        return one
    return _BEGINS_BLOCK.sub(lambda found: f"{found[1]}\\" if found[1] else f"\\{found[0]}", one)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield f"**{text(block.text)}**" if block.kind == "important" else text(block.text)
        case Items():
            box = "[ ] " if block.kind == "questions" else ""
            yield "\n".join(f"- {box}{text(one)}" for one in block.texts)
        case Table():
            yield from _table(block)
        case Facts():
            yield "\n".join(f"- **{text(name)}**: {_cell(said)}" for name, said in block.pairs)
        case Tiles():
            yield "\n".join(
                f"- {text(tile.label)}: **{text(tile.value)}**{f' ({text(tile.more)})' if tile.more else ''}"
                for tile in block.tiles
            )
        case Verdict():
            yield f"**{text(block.label)}** {text(block.text)}"
        case Picture():
            yield f"*Picture, in the HTML report:* {text(block.title)}. {text(block.description)}"
        case Heading():
            yield f"### {text(block.text)}"
        case Code():
            yield _code(block.text)
        case Card():
            label = f" ({text(block.label)})" if block.label else ""
            yield f"### {text(block.title)}{label}"
            if block.subtitle:
                yield text(block.subtitle)
            for part in (*block.blocks, *block.beside):
                yield from _block(part)


def _table(table: Table) -> Iterator[str]:
    yield f"**{text(table.caption)}**"
    heads = _row(text(column.head, begins=False) for column in table.columns)
    lines = [heads, _row("--:" if column.kind == "number" else ":--" for column in table.columns)]
    for group in table.groups:
        if group.title:
            lines.append(_row([f"**{text(group.title, begins=False)}**", *[""] * (len(table.columns) - 1)]))
        lines += [_cells(row) for row in group.rows]
    yield "\n".join(lines)
    if table.note:
        yield text(table.note)


def _cells(row: Row) -> str:
    first, *others = (_cell(content) for content in row.cells)
    return _row([f"**{first}**" if row.stands_out and first else first, *others])


def _row(cells: "Iterator[str] | list[str]") -> str:
    return f"| {' | '.join(cells)} |"


def _cell(content: Cell) -> str:
    lines = (content,) if isinstance(content, str) else content
    return "; ".join(text(line, begins=False) for line in lines)


def _code(typed: str) -> str:
    """What is typed, between marks that do not occur in it."""
    marks = "`" * max([2, *(len(found) for found in re.findall("`+", typed))]) + "`"
    return f"{marks}text\n{typed}\n{marks}"
