"""A plan as bars of characters, one row a machine, for terminals and pipes of any width."""

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from ...planner.lab import Lab
from ...planner.week_plan import WeekPlan
from ..plan_parts import Lane, Part, closed_hours, lanes
from ..plan_words import day, ids_in_short, one_line

_HOURS_A_COLUMN = (1, 2, 3, 4, 6, 8, 12, 24)
_BUSY, _WAITING, _BEGUN, _DOWN, _CLOSED, _MIDNIGHT = "█", "▒", "◀", "╳", "·", "┊"
_PLAIN = str.maketrans({"█": "=", "▒": "~", "◀": "<", "╳": "x", "┊": "|", "·": ".", "…": "."})
_BAR, _ON_BAR, _DOWN_STYLE, _QUIET = "cyan", "black on cyan", "yellow", "dim"
_LEAST_COLUMNS = 14


@dataclass(frozen=True)
class _Scale:
    """Which column a time falls into."""

    origin: datetime
    hours: int
    n_columns: int

    @classmethod
    def fitting(cls, start: datetime, end: datetime, width: int) -> "_Scale":
        """As fine as the width allows, in columns that midnights divide."""
        for hours in (*_HOURS_A_COLUMN, *(24 * days for days in range(2, 10_000))):
            midnight = datetime.combine(start.date(), time.min)
            origin = midnight + timedelta(hours=hours) * ((start - midnight) // timedelta(hours=hours))
            n_columns = math.ceil((end - origin) / timedelta(hours=hours))
            if n_columns <= width:
                return cls(origin, hours, max(n_columns, 1))
        raise AssertionError("a plan ends within a lifetime")

    def column(self, moment: datetime) -> int:
        """The column whose beginning is nearest."""
        return math.floor((moment - self.origin) / timedelta(hours=self.hours) + 0.5)

    def moment(self, column: float) -> datetime:
        return self.origin + timedelta(hours=self.hours) * column

    def marks(self) -> list[tuple[int, tuple[str, ...]]]:
        """Columns at which days begin, or weeks where days are too narrow, and how they may be called."""
        weekly = self.hours * len("|Mon") > 24
        end = self.moment(self.n_columns)
        found: dict[int, tuple[str, ...]] = {}
        moment = datetime.combine(self.origin.date(), time.min)
        while moment < end:
            if not weekly or moment.weekday() == 0 or not found:
                name, number, month = day(moment).split()
                shorter = (f"{number} {month}", number) if weekly else (f"{name} {number}", name)
                found[max(self.column(moment), 0)] = (day(moment), *shorter)
            moment += timedelta(days=1)
        return sorted(found.items())


def print_gantt(console: Console, plan: WeekPlan, lab: Lab) -> None:
    """Print one row a machine, as wide as the console.

    Parameters
    ----------
    console
        Whose width counts; where it cannot show blocks, plain characters stand for them.
    plan
        Finished.
    lab
        Whose machines and hours it is for.
    """
    shown = lanes(plan, lab)
    end = plan.timetable.end
    if not shown or end is None:
        return
    names = max(cell_len(lane.label) for lane in shown)
    names = min(names, max(console.width // 4, console.width - _LEAST_COLUMNS - 1 - 24))
    scale = _Scale.fitting(plan.start, end, max(console.width - names - 1, _LEAST_COLUMNS))
    ground = _ground(scale, lab)
    rows = [_days(scale), *(_row(lane, scale, ground) for lane in shown)]
    labels = ["", *(lane.label for lane in shown)]
    legend = _legend({sign for row in rows[1:] for sign, _ in row}, scale, console.width)
    plain = console.options.ascii_only
    for label, row in zip(labels, rows, strict=True):
        line = Text(_shortened(label, names) + " ")
        for sign, style in row:
            line.append(sign.translate(_PLAIN) if plain else sign, style)
        line.rstrip()
        console.print(line, no_wrap=True, overflow="crop", crop=True)
    console.print(Text(legend.translate(_PLAIN) if plain else legend, _QUIET))


_Cells = list[tuple[str, str]]  # one column each: what stands there, and its style


def _shortened(label: str, width: int) -> str:
    """A name cut to a width, its number kept."""
    name, _, number = label.rpartition(" ")
    kept = f" {number}" if name and number[:1].isdigit() and cell_len(number) + 4 < width else ""
    if cell_len(label) > width:
        name = label.removesuffix(kept)
        label = f"{set_cell_size(name, width - 1 - cell_len(kept)).rstrip()}…{kept}"
    return set_cell_size(label, width)


def _days(scale: _Scale) -> _Cells:
    cells: _Cells = [(" ", "")] * scale.n_columns
    marks = scale.marks()
    ends = [*(column for column, _ in marks[1:]), scale.n_columns]
    for (column, names), end in zip(marks, ends, strict=True):
        text = next((name for name in names if len(name) < end - column), "")
        cells[column] = (_MIDNIGHT, _QUIET)
        cells[column + 1 : column + 1 + len(text)] = [(sign, "bold") for sign in text]
    return cells


def _ground(scale: _Scale, lab: Lab) -> _Cells:
    """Nights, and where days begin."""
    closed = closed_hours(lab, scale.origin, scale.moment(scale.n_columns))
    middles = [scale.moment(column + 0.5) for column in range(scale.n_columns)]
    cells = [
        (_CLOSED, _QUIET) if any(start <= middle < end for start, end in closed) else (" ", "")
        for middle in middles
    ]
    for column, _ in scale.marks():
        cells[column] = (_MIDNIGHT, _QUIET)
    return cells


def _row(lane: Lane, scale: _Scale, ground: _Cells) -> _Cells:
    cells = list(ground)
    for outage in lane.outages:
        first, end = max(scale.column(outage.start), 0), min(scale.column(outage.end), scale.n_columns)
        cells[first:end] = [(_DOWN, _DOWN_STYLE)] * max(end - first, 0)
    nameless: list[tuple[int, list[Part]]] = []  # bars side by side, and where they end
    for part in lane.parts:
        first = min(max(scale.column(part.start), 0), scale.n_columns - 1)
        end = min(max(scale.column(part.end), first + 1), scale.n_columns)
        ready = min(max(scale.column(part.ready), first + 1), end)
        bar = [(_BUSY, _BAR)] * (ready - first) + [(_WAITING, _BAR)] * (end - ready)
        begun = part.start < scale.origin
        if begun:
            bar[0] = (_BEGUN, _BAR)
        text = _label(part, ready - first - begun, end - first - begun)
        bar[int(begun) : int(begun) + len(text)] = [(sign, _ON_BAR) for sign in text]
        cells[first:end] = bar
        if text:
            continue
        if nameless and nameless[-1][0] >= first and nameless[-1][1][0].step == part.step:
            nameless[-1] = (end, [*nameless[-1][1], part])
        else:
            nameless.append((end, [part]))
    for end, together in nameless:
        _name_beside(cells, end, together)
    return cells


def _name_beside(cells: _Cells, end: int, together: list[Part]) -> None:
    """Write what short bars are to their right, where nothing else is."""
    free = 0
    while end + free < len(cells) and cells[end + free][0] in (" ", _CLOSED, _MIDNIGHT):
        free += 1
    step = one_line(together[0].step)
    ids = one_line(ids_in_short(dict.fromkeys(one for part in together for one in part.samples)))
    names = (f"{step} {ids}", ids, step)
    # A space on both sides, so that it is not taken for the name of the next bar.
    text = next((f" {n} " for n in names if len(n) + 2 <= free and cell_len(n) == len(n)), "")
    cells[end : end + len(text)] = [(sign, "") for sign in text]


def _label(part: Part, busy: int, whole: int) -> str:
    """The longest name that fits, best where it hides nothing of when the part is ready."""
    short = one_line(part.name or part.step)
    names = (f"{short} {one_line(ids_in_short(part.samples))}", short)
    fitting = [name for name in names if len(name) <= busy] or [name for name in names if len(name) <= whole]
    # A sign that is wider than a column would shift all that follows.
    return next((name for name in fitting if cell_len(name) == len(name)), "")


def _legend(signs: set[str], scale: _Scale, width: int) -> str:
    meanings = {
        _BUSY: "runs",
        _WAITING: "ready, waits to be emptied",
        _BEGUN: "begun before this plan",
        _DOWN: "out of use",
        _CLOSED: "nobody there",
    }
    said = [f"{sign} {meaning}" for sign, meaning in meanings.items() if sign in signs]
    lines = [""]
    for item in (*said, f"one column: {scale.hours} h"):
        longer = f"{lines[-1]}   {item}" if lines[-1] else item
        lines = [*lines, item] if len(longer) > width else [*lines[:-1], longer]
    return "\n".join(lines)
