"""Every figure of a summary, of any number of points, and what is asked of all of them."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from ovenbird.campaigns.report import figures
from ovenbird.campaigns.report.week_summary import BelievedCurve, BelievedMap, MadeSample, Named, WeekSummary
from ovenbird.models.diagnostics import LeftOut
from ovenbird.models.response_map import Place

SMALLEST = 8.0  # points
HOURS = Named(name="process_hours", unit="h")


def every_figure(summary: WeekSummary) -> Mapping[str, Callable[[], Figure]]:
    """Makers of all figures of a summary, by name."""
    standing, beliefs = summary.standing, summary.beliefs
    makers: dict[str, Callable[[], Figure]] = {
        "outcomes": lambda: figures.outcomes_figure(summary.last_week.outcomes),
        "progress": lambda: figures.progress_figure(standing),
        "hours": lambda: figures.progress_figure(standing, over="hours"),
        "front": lambda: figures.front_figure(standing),
        "effects": lambda: figures.effects_figure(beliefs.effects),
        "chain": lambda: figures.chain_figure(beliefs.chains),
        "record": lambda: figures.record_figure(beliefs.record),
    }
    for number, believed in enumerate(beliefs.maps):
        makers[f"map{number}"] = lambda believed=believed: figures.map_figure(believed)
    for number, trust in enumerate(beliefs.trust):
        for kind in ("parity", "coverage", "reliability", "importance"):
            make = getattr(figures, f"{kind}_figure")
            makers[f"{kind}{number}"] = lambda make=make, trust=trust: make(trust)
    if summary.plan is not None and summary.lab is not None:
        plan, lab, units = summary.plan, summary.lab, summary.units
        makers["gantt"] = lambda: figures.gantt_figure(plan, lab, units)
    return makers


def with_points(summary: WeekSummary, n: int) -> WeekSummary:
    """The same campaign with another number of samples, drawn from those that it has."""
    beliefs, standing = summary.beliefs, summary.standing
    generator = np.random.default_rng(n)
    history = [_sample(summary, number) for number in range(n)]
    record = tuple(replace(beliefs.record[i % len(beliefs.record)]) for i in range(n))
    maps = tuple(_map(believed, n, generator) for believed in beliefs.maps)
    trust = tuple(
        replace(one, n=n, left_out=tuple(_left_out(one.left_out, n, generator))) for one in beliefs.trust
    )
    return replace(
        summary,
        last_week=replace(summary.last_week, outcomes=record),
        standing=replace(
            standing,
            history=tuple(history),
            objectives=((HOURS, "minimise"), standing.objectives[0]) if n % 2 else standing.objectives,
            best=standing.best if n > 20 else (),
        ),
        beliefs=replace(
            beliefs,
            maps=maps,
            effects=tuple(_curve(curve, n, generator) for curve in beliefs.effects),
            chains=tuple(_curve(curve, n, generator) for curve in beliefs.chains),
            trust=trust,
            record=record,
        ),
    )


def _sample(summary: WeekSummary, number: int) -> MadeSample:
    like = summary.standing.history[number % len(summary.standing.history)]
    hours = None if like.source else 110.0 * (number + 1)
    values = {**like.values, HOURS.name: 90.0 + number % 13}
    return replace(like, experiment=f"LTVO-{number:03d}", hours=hours, values=values)


def _map(believed: BelievedMap, n: int, generator: np.random.Generator) -> BelievedMap:
    x, y = (generator.uniform(axis[0], axis[-1], n) for axis in (believed.found.x, believed.found.y))
    answers = [
        (("yes",), ("no",))[i % 2] if believed.response.is_yes_no else (f"{200 + i}",) for i in range(n)
    ]
    places = tuple(Place((x[i], x[i]), (y[i], y[i]), (f"LTVO-{i:03d}",), answers[i]) for i in range(n))
    suggested = tuple((float(x[i]), float(y[i]), f"LTVO-{i + n:03d}") for i in range(min(n, 4)))
    return replace(believed, places=places, suggested=suggested)


def _curve(curve: BelievedCurve, n: int, generator: np.random.Generator) -> BelievedCurve:
    x = generator.uniform(curve.x[0], curve.x[-1], n)
    median, high = np.interp(x, curve.x, curve.median), np.interp(x, curve.x, curve.high)
    y = median + (high - median) * generator.normal(size=n) / 1.645
    if curve.response.is_yes_no:
        y = (generator.random(n) < median).astype(float)
    return replace(curve, points=tuple((float(x[i]), float(y[i]), f"LTVO-{i:03d}") for i in range(n)))


def _left_out(items: tuple[LeftOut, ...], n: int, generator: np.random.Generator) -> list[LeftOut]:
    return [
        replace(items[i % len(items)], experiment=f"LTVO-{i:03d}", rank=float(generator.random()))
        for i in range(n)
    ]


def boxes(figure: Figure) -> list[tuple[Text, Bbox]]:
    """Every text that is seen, and the space that it takes."""
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    unseen = _beyond_the_axes(figure)
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_visible()]
    found = [
        (text, text.get_window_extent(renderer))
        for text in texts
        if text.get_text().strip() and text not in unseen
    ]
    return [(text, box) for text, box in found if box.width > 1]


def _beyond_the_axes(figure: Figure) -> set[Text]:
    """Numbers that matplotlib has at hand for the axes but does not draw."""
    unseen: set[Text] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            slack = 1e-9 * (high - low)
            for tick in axis.get_major_ticks():
                if not low - slack <= tick.get_loc() <= high + slack:
                    unseen |= {tick.label1, tick.label2}
    return unseen


def assert_apart(figure: Figure) -> None:
    """No text touches another one or leaves the paper."""
    found = boxes(figure)
    if not found:
        return
    # Letters of lines that follow each other may have the same height to a hair.
    corners = np.array([[box.x0 + 0.5, box.y0 + 0.5, box.x1 - 0.5, box.y1 - 0.5] for _, box in found])
    low, high = corners[:, :2], corners[:, 2:]
    page = figure.bbox
    beyond = np.flatnonzero((low < page.min).any(axis=1) | (high > page.max).any(axis=1))
    assert not len(beyond), [found[i][0].get_text() for i in beyond]
    over = ((low[:, None] < high[None]) & (low[None] < high[:, None])).all(axis=2)
    pairs = np.argwhere(np.triu(over, k=1))
    assert not len(pairs), [(found[i][0].get_text(), found[j][0].get_text()) for i, j in pairs]


def words_of(figure: Figure) -> list[str]:
    """What is written on it."""
    return [text.get_text().replace("\n", " ") for text, _ in boxes(figure)]
