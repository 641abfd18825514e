"""The paper of a Gantt chart: how large it is, where the panels lie, and which hours of which day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from ..models.picture_style import GREY, LARGE, LIGHT, NORMAL, SMALL
from ..models.picture_text import printable, width_of, wrapped
from ..planner.lab import Lab
from ..planner.week_plan import WeekPlan
from .gantt_rows import Row
from .plan_parts import closed_hours
from .plan_words import clock, day, day_of_month, headline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

A4, A3 = (11.69, 8.27), (16.54, 11.69)  # inches, landscape
SIDE, BETWEEN = 0.15, 0.5  # inches, at the sides and between the panels
MACHINE_ROW = 1.35  # height of a machine's row, where a sample's is 1
WIDEST_NAME = 2.3  # inches, of a row
BEFORE = timedelta(hours=2)  # shown of the time before the plan, for what is under way

_LONGEST_DAY = datetime(2026, 11, 25)  # Wed 25 Nov
_NAMES_OF_DAYS: tuple[Callable[[datetime], str], ...] = (
    day,
    day_of_month,
    lambda moment: day(moment)[:3],
    lambda moment: str(moment.day),
)
_LOWEST_ROW, _HIGHEST_ROW = 0.165, 0.34  # inches
_TITLE, _TITLE_LINE, _DAYS, _BOTTOM = 0.2, 0.19, 0.24, 0.85  # inches


@dataclass(frozen=True, kw_only=True)
class Page:
    """Where everything lies: lengths in inches, times in hours from `origin`.

    Attributes
    ----------
    width, height
        Of the paper.
    left, top
        Of the first panel, the top from above.
    row
        Height of a sample's row.
    origin, end
        Of the axis.
    title
        Lines.
    """

    width: float
    height: float
    left: float
    top: float
    row: float
    origin: datetime
    end: datetime
    title: tuple[str, ...]

    @property
    def length(self) -> float:
        """Of the axis, in inches."""
        return self.width - self.left - SIDE

    @property
    def inches_an_hour(self) -> float:
        """Along the axis."""
        return self.length / self.hours(self.end)

    def hours(self, moment: datetime) -> float:
        """A time on the axis, or beyond it."""
        return (moment - self.origin) / timedelta(hours=1)

    def within(self, moment: datetime) -> float:
        """A time on the axis, or the end of it that is nearer."""
        return min(max(self.hours(moment), 0.0), self.hours(self.end))


def page_for(plan: WeekPlan, machines: Sequence[Row], samples: Sequence[Row]) -> Page:
    """The smallest paper on which every row is high enough; A3 grows where it must."""
    rows = MACHINE_ROW * len(machines) + len(samples)
    labels = [row.label for row in (*machines, *samples)]
    left = SIDE + min(max((width_of(one, SMALL) for one in labels), default=0.0), WIDEST_NAME) + 0.1
    origin = plan.start.replace(minute=0, second=0, microsecond=0) - BEFORE
    end = (plan.timetable.end or plan.end) + timedelta(hours=1)
    page = None
    for width, height in (A4, A3):
        lines = (wrapped(printable(sentence), width - 2 * SIDE, NORMAL) for sentence in headline(plan))
        title = tuple(line for one in lines for line in one)
        top = _TITLE + _TITLE_LINE * len(title) + _DAYS
        row = (height - top - BETWEEN - _BOTTOM) / max(rows, 1.0)
        page = Page(
            width=width,
            height=max(height, top + BETWEEN + _BOTTOM + rows * _LOWEST_ROW),
            left=left,
            top=top,
            row=min(max(row, _LOWEST_ROW), _HIGHEST_ROW),
            origin=origin,
            end=max(end, origin + timedelta(hours=24)),
            title=title,
        )
        if row >= _LOWEST_ROW:
            break
    assert page is not None
    return page


def write_title(figure: "Figure", page: Page) -> None:
    """The title, its first line in bold."""
    for number, line in enumerate(page.title):
        figure.text(
            SIDE / page.width,
            1 - (_TITLE + _TITLE_LINE * number) / page.height,
            line,
            fontsize=LARGE if number == 0 else NORMAL,
            fontweight="bold" if number == 0 else "normal",
            color="black" if number == 0 else GREY,
            va="center",
            parse_math=False,
        )


def panel(figure: "Figure", page: Page, top: float, row: float, n_rows: int) -> "Axes":
    """Empty axes in hours and rows, `top` inches from above."""
    height = row * n_rows
    axes = figure.add_axes(
        (
            page.left / page.width,
            1 - (top + height) / page.height,
            page.length / page.width,
            height / page.height,
        )
    )
    axes.set(xlim=(0, page.hours(page.end)), ylim=(n_rows, 0), yticks=[])
    axes.hlines(range(1, n_rows), 0, page.hours(page.end), color=LIGHT, linewidth=0.6, zorder=0.6)
    for spine in axes.spines.values():
        spine.set(color=GREY, linewidth=0.8)
    return axes


def draw_time(axes: "Axes", page: Page, lab: Lab, row: float) -> None:
    """Days above, opening hours below, nights and holidays shaded."""
    for start, end in closed_hours(lab, page.origin, page.end):
        axes.axvspan(page.hours(start), page.hours(end), color=LIGHT, alpha=0.55, linewidth=0, zorder=0)
    midnight = datetime.combine(page.origin.date(), time.min)
    day_in_inches = 24 * page.inches_an_hour
    weekly = day_in_inches < width_of("30", SMALL) + 0.05
    # All days in the same form, as long as they are whole.
    length = day_in_inches * (7 if weekly else 1) - 0.05
    names = [name_of for name_of in _NAMES_OF_DAYS if width_of(name_of(_LONGEST_DAY), SMALL) <= length]
    while midnight < page.end:
        start, end = page.within(midnight), page.within(midnight + timedelta(days=7 if weekly else 1))
        if not weekly or midnight.weekday() == 0:
            axes.axvline(page.hours(midnight), color=GREY, linewidth=0.8, zorder=0.7)
            room = (end - start) * page.inches_an_hour - 0.05
            name = next(
                (name_of(midnight) for name_of in names if width_of(name_of(midnight), SMALL) <= room), ""
            )
            axes.text((start + end) / 2, -0.05 / row, name, ha="center", va="bottom", fontsize=SMALL)
        midnight += timedelta(days=1)
    ticks = _hours(page, lab)
    axes.set_xticks(list(ticks), list(ticks.values()), fontsize=SMALL, color=GREY)
    axes.tick_params(axis="x", length=2, pad=1.5, color=GREY)


def _hours(page: Page, lab: Lab) -> dict[float, str]:
    """Opening and closing hours of every day, where there is room for them."""
    opens, closes = (lab.calendar.opens, lab.calendar.closes) if lab.calendar is not None else (time(12),) * 2
    room = 1.3 * width_of("09:30", SMALL) / page.inches_an_hour
    first, last = (hour.hour + hour.minute / 60 for hour in (opens, closes))
    named = [opens] if closes == time.max or not room <= last - first <= 24 - room else [opens, closes]
    found: dict[float, str] = {}
    midnight = datetime.combine(page.origin.date(), time.min)
    while midnight < page.end and room < 24:
        for hour in named:
            moment = datetime.combine(midnight, hour)
            if page.origin <= moment <= page.end:
                found[page.hours(moment)] = clock(moment).removesuffix(":00")
        midnight += timedelta(days=1)
    return found
