"""How a report says names, numbers, times and sentences, the same in HTML and in Markdown."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from ...datasets import Conditions
from ...models.picture_style import digits, in_print, percent
from ..plan_words import clock, day, setting_list
from .week_summary import Named, WeekSummary

JOINED = "\N{NO-BREAK SPACE}"  # a number and its unit stay on one line
NOT_KNOWN = "not known"
LONGEST_NAME, LONGEST_LIST, LONGEST_SENTENCE = 80, 500, 800
MOST_ITEMS, MOST_ROWS = 40, 60

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_NUMBER = re.compile(r"[~<>]?-?\d+(?:\.\d+)?(?:; ?[~<>]?-?\d+(?:\.\d+)?)*")
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")  # those that do not break stay
# Turn the order of what follows, or would, up to a sign that may never come.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u2028\u2029\ufeff]")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
    "(?:[\\s\u0300-\u036f]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff])*"
)
_PERCENT = re.compile(r"(?<=\d) (?=%)")
_CELSIUS = re.compile(r"(?<=\d)[ \N{NO-BREAK SPACE}]degC\b")


def plain(text: str, longest: int = LONGEST_SENTENCE) -> str:
    r"""A text of people in one line, without what cannot be shown; the rest of a very long one is counted.

    >>> plain("two\nlines and a bell\x07"), plain("a" * 100, 10)
    ('two lines and a bell�', 'aaaaaaaaaa… (90 more characters)')
    """
    line = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", _TURNING.sub("", _SPACES.sub(" ", text).strip()))
    if len(line) <= longest:
        return line
    return f"{line[:longest].rstrip()}… ({len(line) - longest} more characters)"


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    r"""A text in pieces, and whether each is read from right to left.

    >>> list(pieces("vial \u05d0\u05d1 1"))
    [('vial ', False), ('אב', True), (' 1', False)]
    """
    end = 0
    for found in _RIGHT_TO_LEFT.finditer(text):
        if found.start() > end:
            yield text[end : found.start()], False
        yield found[0], True
        end = found.end()
    if end < len(text):
        yield text[end:], False


def plural(count: int, one: str, many: str = "") -> str:
    """A number of things.

    >>> plural(1, "sample"), plural(2, "sample"), plural(0, "week")
    ('1 sample', '2 samples', '0 weeks')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def some(texts: Sequence[str], what: str = "more") -> tuple[str, ...]:
    """As many as are read, and how many others there are."""
    left = len(texts) - MOST_ITEMS
    return tuple(texts) if left <= 0 else (*texts[:MOST_ITEMS], f"… and {left} {what}.")


def quantity(number: float, unit: str | None) -> str:
    """Three digits and a unit.

    >>> quantity(262.4, "mAh/g").replace(JOINED, " "), quantity(float("nan"), "h")
    ('262 mAh/g', 'not known')
    """
    if not math.isfinite(number):
        return NOT_KNOWN
    return f"{number_alone(number)}{JOINED}{_printed(unit)}".rstrip()


def number_alone(number: float) -> str:
    """Three digits, with a true minus; what is large is written out.

    >>> number_alone(-3.14159), number_alone(123456.0), number_alone(0.5)
    ('−3.14', '123000', '0.5')
    """
    if not math.isfinite(number):
        return NOT_KNOWN
    text = digits(number)
    if "e" in text and 1 <= abs(number) < 1e9:
        text = f"{float(text):.0f}"
    return text.replace("-", "\N{MINUS SIGN}") if text != "-0" else "0"


def interval(low: float, high: float, unit: str | None = None) -> str:
    """Both ends.

    >>> interval(231.2, 268.0), interval(-3.0, 4.0)
    ('231–268', '−3 to 4')
    """
    ends = [number_alone(low), number_alone(high)]
    text = " to ".join(ends) if low < 0 or NOT_KNOWN in ends else "\N{EN DASH}".join(ends)
    return f"{text}{JOINED}{_printed(unit)}".rstrip()


def chance(share: float) -> str:
    """A probability in whole percent."""
    return percent(share) if math.isfinite(share) else NOT_KNOWN


def moment(when: datetime) -> str:
    """Day and time, with the year.

    >>> moment(datetime(2026, 11, 20, 16, 40))
    'Fri 20 Nov 2026, 16:40'
    """
    return f"{day(when)} {when.year}, {clock(when)}"


def week_in_words(name: str) -> str:
    """A week and its days.

    >>> week_in_words("2026-W48")
    'Week 48 of 2026 (Mon 23 Nov to Sun 29 Nov)'
    """
    found = _WEEK.fullmatch(name)
    try:
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        monday = None
    if found is None or monday is None:
        return f"Week {plain(name, LONGEST_NAME)}"
    return f"Week {int(found[2])} of {found[1]} ({day(monday)} to {day(monday + timedelta(days=6))})"


def _printed(unit: str | None) -> str:
    return plain(in_print(unit), LONGEST_NAME)


@dataclass(frozen=True)
class Words:
    """The words of one report.

    Attributes
    ----------
    units
        By parameter, response and cost, as they are written in files.
    names
        With underscores, which are read as spaces: parameters, responses, costs and machines.
    """

    units: Mapping[str, str | None]
    names: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, summary: WeekSummary) -> "Words":
        """The words of a summary."""
        machines = () if summary.lab is None else (*summary.lab.resources, *summary.lab.step_by_name)
        return cls(summary.units, frozenset(n for n in (*summary.units, *machines) if "_" in n))

    @cached_property
    def printed_units(self) -> Mapping[str, str | None]:
        """Units as they are printed, by parameter, response and cost."""
        return {name: _printed(unit) or None for name, unit in self.units.items()}

    @cached_property
    def _after_numbers(self) -> re.Pattern[str] | None:
        """A unit of this report after a number, at which a line is not to break."""
        known = sorted({unit for unit in self.units.values() if unit}, key=len, reverse=True)
        ends = r"(?![\w/*^])"
        return re.compile(rf"(?<=\d) ({'|'.join(map(re.escape, known))}){ends}") if known else None

    @cached_property
    def _names(self) -> re.Pattern[str] | None:
        """A name of this report, where it is none of a longer one."""
        known = sorted(self.names, key=len, reverse=True)
        return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, known))})(?![\w-])") if known else None

    def sentence(self, text: str) -> str:
        """A sentence with names and units as they are read."""
        said = text
        if self._names is not None:
            said = self._names.sub(_as_read, said)
        if self._after_numbers is not None:
            said = self._after_numbers.sub(lambda found: f"{JOINED}{in_print(found[1])}", said)
        return plain(_PERCENT.sub(JOINED, _CELSIUS.sub(f"{JOINED}°C", said)))

    def sentences(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Sentences, each once."""
        return tuple(dict.fromkeys(self.sentence(text) for text in texts if text.strip()))

    def name(self, name: str) -> str:
        """A parameter, response, cost, limit, machine or step."""
        return plain(name.replace("_", " "), LONGEST_NAME)

    def sample(self, experiment: str) -> str:
        """A sample, as it is called."""
        return plain(experiment, LONGEST_NAME) or "(no name)"

    def unit(self, name: str) -> str | None:
        """As it is printed."""
        return self.printed_units.get(name)

    def with_unit(self, named: Named) -> str:
        """A name with its unit, as at the head of a column."""
        unit = _printed(named.unit)
        return f"{self.name(named.name)} [{unit}]" if unit else self.name(named.name)

    def typed(self, text: str, unit: str | None) -> str:
        """A value as it was typed, with its unit if it is a bare number."""
        said = self.sentence(text)
        return f"{said}{JOINED}{_printed(unit)}".rstrip() if _NUMBER.fullmatch(text.strip()) else said

    def value(self, number: float, named: Named) -> str:
        """A value of a response: a share of yes, or a quantity."""
        return chance(number) if named.is_yes_no else quantity(number, named.unit)

    def settings(self, conditions: Conditions) -> str:
        """Conditions that apply, in one line."""
        return ", ".join(plain(one, LONGEST_NAME) for one in setting_list(conditions, self.printed_units))


def _as_read(found: re.Match[str]) -> str:
    """A name with spaces, and a capital where it begins a sentence."""
    name, before = found[0].replace("_", " "), found.string[: found.start()]
    return name[:1].upper() + name[1:] if not before or before.endswith((". ", "? ")) else name


def named_of(summary: WeekSummary) -> Mapping[str, Named]:
    """Parameters, responses and costs by name."""
    return {named.name: named for named in (*summary.parameters, *summary.responses)}
