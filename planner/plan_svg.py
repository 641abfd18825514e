"""The bars of a plan as a small inline picture for notebooks: one row a machine, one column a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import cycle, pairwise

from ..models.html_pieces import LONGEST_NAME, Html, html, joined, plain
from .shown import ShownPlan
from .week_words import clock, day, numbers_alone, until
from .work_in_plan import Work, rows_of, work_in

# Okabe & Ito, lightened so that black letters are read on them; they stand on light and on dark ground.
_TINTS = ("#E6A02E", "#8CCBEF", "#4FB08F", "#E9DD7A", "#DDB0CC", "#7FA9D0", "#E08A5E")
_BY_HAND = "#C8C8C8"
_WIDTH, _NAMES, _HEAD, _ROW, _FOOT = 900.0, 162.0, 28.0, 27.0, 4.0
_LETTER = 7.1  # wide, at the size of the letters
_DATE, _SHORT_DATE = 84.0, 50.0
_MOST_ROWS = 60
_LONGEST = 22  # letters of the name of a row


@dataclass(frozen=True)
class _Scale:
    """Where on the picture a time is."""

    start: datetime
    end: datetime

    def x(self, moment: datetime) -> float:
        inside = min(max(moment, self.start), self.end)
        return _NAMES + (_WIDTH - _NAMES) * ((inside - self.start) / (self.end - self.start))

    def midnights(self) -> list[datetime]:
        """Beginnings of days after the start."""
        first = datetime.combine(self.start.date(), time.min)
        n = (self.end.date() - first.date()).days
        return [first + timedelta(days=i) for i in range(1, n + 1) if first + timedelta(days=i) < self.end]


def plan_svg(plan: ShownPlan) -> Html:
    """Draw who does what when; nothing if nothing is to be done.

    Parameters
    ----------
    plan
        Finished.
    """
    everything = work_in(plan.timetable)
    if not everything:
        return Html("")
    start = max(min(work.start for work in everything), plan.start)
    end = max(work.end for work in everything)
    scale = _Scale(start, max(end, start + timedelta(hours=1)))
    rows = rows_of(everything)
    left_out = len(rows) - _MOST_ROWS
    rows = rows[:_MOST_ROWS]
    height = _HEAD + _ROW * len(rows) + _FOOT
    kinds = dict.fromkeys(work.resource for work in everything if work.resource is not None)
    tints = {None: _BY_HAND, **dict(zip(kinds, cycle(_TINTS), strict=False))}
    ids = [sample.experiment for sample in plan.samples]
    drawn = [_days(scale, height)]
    for number, (label, works) in enumerate(rows):
        top = _HEAD + _ROW * number
        drawn.append(_row(label, works, scale, top, tints, ids))
    said = f"Plan of {plan.week} by machine; the same stands in the timetable."
    style = f"width:100%;max-width:{_WIDTH:.0f}px;height:auto;display:block;margin:.5em 0;overflow:visible"
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {height:.0f}" role="img" '
        f'aria-label="{html(said)}" style="{style}" font-size="13" fill="currentColor" '
        f'font-family="sans-serif">{joined(drawn)}</svg>'
    )
    more = f"<p>{left_out} more rows stand in the timetable.</p>" if left_out > 0 else ""
    return Html(picture + more)


def _days(scale: _Scale, height: float) -> Html:
    """Lines at midnight, and the names of days where there is room for them."""
    edges = [scale.start, *scale.midnights(), scale.end]
    drawn = []
    for first, last in pairwise(edges):
        left, right = scale.x(first), scale.x(last)
        if first.weekday() >= 5:
            drawn.append(
                f'<rect x="{left:.1f}" y="{_HEAD}" width="{right - left:.1f}" height="{height - _HEAD:.0f}" '
                'fill="#808080" fill-opacity=".13"/>'
            )
        drawn.append(
            f'<line x1="{left:.1f}" x2="{left:.1f}" y1="{_HEAD - 8}" y2="{height:.0f}" '
            'stroke="currentColor" stroke-opacity=".28"/>'
        )
        name = day(first)
        short = " ".join(name.split()[:2])
        text = name if right - left >= _DATE else short if right - left >= _SHORT_DATE else ""
        if not text and first.weekday() == 0:  # where days are narrow, weeks have names
            text = " ".join(name.split()[1:])
        drawn.append(f'<text x="{left + 4:.1f}" y="{_HEAD - 10}" fill-opacity=".8">{html(text)}</text>')
    return Html("".join(drawn))


def _row(
    label: str,
    works: Sequence[Work],
    scale: _Scale,
    top: float,
    tints: dict[str | None, str],
    ids: Sequence[str],
) -> Html:
    name = html(label, _LONGEST)
    middle = top + _ROW / 2 + 4
    drawn = [
        f'<line x1="0" x2="{_WIDTH:.0f}" y1="{top + _ROW:.1f}" y2="{top + _ROW:.1f}" '
        'stroke="currentColor" stroke-opacity=".12"/>',
        f'<text x="0" y="{middle:.1f}">{name}</text>',
        *(_bar(work, scale, top, tints[work.resource], ids) for work in works),
    ]
    return Html("".join(drawn))


def _bar(work: Work, scale: _Scale, top: float, tint: str, ids: Sequence[str]) -> Html:
    """Full while it runs, pale while it waits to be emptied, broken at the left if it began before."""
    left, ready, right = (scale.x(moment) for moment in (work.start, work.ready, work.end))
    ready, right = max(ready, left + 2), max(right, left + 2)
    y, height = top + 3, _ROW - 6
    begun = ' stroke-dasharray="4 2"' if work.under_way else ""
    text = next((t for t in _labels(work, ids) if _LETTER * len(t) + 6 <= ready - left), "")
    shown = (
        f'<text x="{left + 4:.1f}" y="{top + _ROW / 2 + 4:.1f}" fill="#000">{html(text)}</text>'
        if text
        else ""
    )
    return Html(
        f"<g><title>{html(_in_words(work))}</title>"
        f'<rect x="{left:.1f}" y="{y:.1f}" width="{right - left:.1f}" height="{height:.0f}" fill="{tint}" '
        f'fill-opacity=".35" stroke="{tint}"{begun}/>'
        f'<rect x="{left:.1f}" y="{y:.1f}" width="{ready - left:.1f}" height="{height:.0f}" fill="{tint}"/>'
        f"{shown}</g>"
    )


def _labels(work: Work, ids: Sequence[str]) -> list[str]:
    """How a bar may be called, the longest first; wide letters would run out of it."""
    numbers = numbers_alone(work.samples, ids)
    names = (f"{work.step} {numbers}", numbers, work.name or work.step)
    return [plain(name, LONGEST_NAME) for name in names if name.isascii()]


def _in_words(work: Work) -> str:
    waits = f", ready {until(work.ready, work.start)}" if work.ready < work.end else ""
    samples = ", ".join(plain(one, LONGEST_NAME) for one in work.samples)
    named = f"{work.name}: " if work.name else ""
    begun = f"{day(work.start)} {clock(work.start)}"
    return f"{named}{work.step} {samples}, {begun} to {until(work.end, work.start)}{waits}"
