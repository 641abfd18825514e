"""What HTML for notebooks may hold, and what a reader sees of it."""

from html.parser import HTMLParser

_EMPTY = {"rect", "line", "br"}  # without an end
_ALLOWED = {
    *("div", "p", "b", "span", "bdi", "code", "ul", "li", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "g", "title", "text", "rect", "line"),
}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> ends nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.seen.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")


def text_of(markup: str) -> str:
    """All text of well-formed HTML that holds nothing but plain tags with looks of their own."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    assert reader.open == [], "tags that do not end"
    for tag, attributes in reader.tags:
        assert tag in _ALLOWED
        assert not any(name.startswith("on") for name in attributes)
        assert not {"href", "src", "id"} & set(attributes)
        assert "url(" not in str(attributes.get("style"))
    return " ".join(" ".join(reader.seen).split())
