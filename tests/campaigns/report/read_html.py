"""Reads a page as a browser without pictures would: sections, texts, tags and addresses."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "br", "link", "img", "input", "hr", "base", "path", "use", "rect"}
_INLINE = {"bdi", "span"}
_LEFT_OUT = {"style", "svg", "title"}


@dataclass
class ReadPage:
    """What is found.

    Attributes
    ----------
    tags
        Of all elements but those that only mark letters, and what is in pictures, with their classes.
    sections
        Texts by the address of the section.
    attributes
        Of all elements: tag, name and value.
    headings
        Level and text, in order.
    ids, links
        Addresses, and where links go.
    unclosed
        Elements that are never closed, or closed too early.
    """

    tags: list[str] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Of all sections."""
        return " ".join(self.sections.values())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = ReadPage()
        self._open: list[str] = []
        self._section = ""
        self._texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.page.attributes += [(tag, name, value) for name, value in given.items()]
        in_picture = "svg" in self._open
        if tag not in _INLINE and not in_picture:
            # Whether a line may end in it depends on its length.
            looks = " ".join(look for look in given.get("class", "").split() if look != "short")
            self.page.tags.append(f"{tag}.{looks}" if looks else tag)
        if "id" in given:
            self.page.ids.append(given["id"])
        if tag == "a":
            self.page.links.append(given.get("href", ""))
        if tag == "section":
            self._section = given["id"]
        if tag in ("h1", "h2", "h3", "h4"):
            self.page.headings.append((int(tag[1]), ""))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.page.unclosed.append(tag)
            return
        self._open.pop()
        if tag == "section":
            self._section = ""
        if tag not in _INLINE:
            self._texts.setdefault(self._section, []).append(" ")

    def handle_data(self, data: str) -> None:
        if _LEFT_OUT & set(self._open):
            return
        self._texts.setdefault(self._section, []).append(data)
        if self._open and self.page.headings and any(one in self._open for one in ("h1", "h2", "h3")):
            level, text = self.page.headings[-1]
            self.page.headings[-1] = (level, text + data)

    def finish(self) -> ReadPage:
        """Everything that was read."""
        self.close()
        self.page.unclosed += self._open
        self.page.sections = {
            key: " ".join("".join(texts).replace("\N{NO-BREAK SPACE}", " ").split())
            for key, texts in self._texts.items()
        }
        return self.page


def read_html(html: str) -> ReadPage:
    """Read a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.finish()
