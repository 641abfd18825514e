"""SVG as matplotlib writes it, in fewer letters."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

_LEFT_OUT = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_PATH = re.compile(r' d="([^"]*)"')
_PLACE = re.compile(r' (x|y)="(-?\d+\.\d+)"')
_MOVED = re.compile(r'(<use [^>]*) transform="translate\((\S+) 0\)"/>')
_STYLE = re.compile(r' style="([^"]*)"')
_ID = re.compile(r' id="([^"]*)"')
_USED = re.compile(r'((?:xlink:)?href="#|url\(#)([^")]*)')
_COMMAND = re.compile(r"([MLQCz])([^MLQCz]*)")
_WORTH_IT = 150  # letters of a path: longer ones are written once
_POINTS_OF = {"M": 1, "L": 1, "Q": 2, "C": 3}


def short_svg(svg: str, prefix: str) -> str:
    """The same picture to a hundredth of a point, with ids of its own.

    Left out are metadata, comments, the style sheet, ids that nothing refers to, and spaces.

    Parameters
    ----------
    svg
        From its ``<svg`` on.
    prefix
        Of all ids.
    """
    svg = _LEFT_OUT.sub("", svg)
    svg = _PATH.sub(lambda found: f' d="{short_path(found[1])}"', svg)
    svg = _PLACE.sub(lambda found: f' {found[1]}="{_short(float(found[2]))}"', svg)
    svg = _STYLE.sub(lambda found: found[0].replace(": ", ":").replace("; ", ";"), svg)
    svg = _MOVED.sub(lambda found: f'{found[1]} x="{_short(float(found[2]))}"/>', svg)
    svg = svg.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    svg = _once(re.sub(r">\s+<", "><", svg).strip())
    return _with_own_ids(svg, prefix)


def short_path(path: str) -> str:
    """A path with each point told from the one before.

    >>> short_path("M 10 20.004 L 12.5 20 Q 13 21 14 22 z")
    'M10 20l2.5 0q.5 1 1.5 2z'
    """
    said = []
    x = y = start_x = start_y = 0.0
    for command, text in _COMMAND.findall(path):
        if command == "z":
            said.append("z")
            x, y = start_x, start_y
            continue
        numbers = [round(float(number), 2) for number in text.split()]
        if command == "M":
            x, y = start_x, start_y = numbers[0], numbers[1]
            said.append(f"M{_joined([x, y])}")
            continue
        assert len(numbers) == 2 * _POINTS_OF[command], f"path with {command}{text}"
        moves = [number - (x if i % 2 == 0 else y) for i, number in enumerate(numbers)]
        said.append(command.lower() + _joined(moves))
        x, y = numbers[-2:]
    return "".join(said)


def _joined(numbers: list[float]) -> str:
    """Numbers with a space only where no sign parts them."""
    texts = [_short(number) for number in numbers]
    return texts[0] + "".join(text if text.startswith("-") else f" {text}" for text in texts[1:])


def _short(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    if text in ("-0", ""):
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _once(svg: str) -> str:
    """Long paths that are drawn more than once, such as letters and their seams, written once."""
    counted = Counter(path for path in _PATH.findall(svg) if len(path) > _WORTH_IT)
    repeated = {path: f"again{number}" for number, path in enumerate(p for p, n in counted.items() if n > 1)}
    for path, name in repeated.items():
        svg = svg.replace(f'<path d="{path}"', f'<use xlink:href="#{name}"')
    defined = "".join(f'<path id="{name}" d="{path}"/>' for path, name in repeated.items())
    start = svg.index(">") + 1
    return f"{svg[:start]}<defs>{defined}</defs>{svg[start:]}" if defined else svg


def _with_own_ids(svg: str, prefix: str) -> str:
    names = _names((found[1] for found in _USED.findall(svg)), prefix)
    svg = _ID.sub(lambda found: f' id="{names[found[1]]}"' if found[1] in names else "", svg)
    return _USED.sub(lambda found: f"{found[1].removeprefix('xlink:')}{names[found[2]]}", svg)


def _names(used: Iterator[str], prefix: str) -> Mapping[str, str]:
    return {name: f"{prefix}-{number}" for number, name in enumerate(dict.fromkeys(used), 1)}
