"""A planned week in a notebook: what is decided, the bars, the samples, and the timetable by day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ..models.html_pieces import (
    ABSENT,
    LONGEST_NAME,
    Html,
    bold,
    box,
    folded,
    html,
    id_html,
    items,
    joined,
    paragraph,
    quiet,
    table,
    unbroken,
)
from ..models.picture_style import in_words
from .plan_svg import plan_svg
from .shown import ShownPlan
from .suggestion_html import sentence_html
from .timetable import SampleInPlan
from .week_words import Units, clock, condition, day, heading, machine, purpose, settings, until
from .wording import rounded
from .work_in_plan import Work, counted, work_in

_MOST_OPEN = 40  # rows up to which the timetable needs no opening


def plan_html(plan: ShownPlan, units: Units) -> Html:
    """Show a plan without its campaign.

    Parameters
    ----------
    plan
        Finished.
    units
        Of the parameters, as far as they are known.
    """
    title = f"Plan for the week {plan.week}"
    names = tuple(dict.fromkeys(name for sample in plan.samples for name in sample.conditions))
    said = [sentence_html(text, names) for text in (*plan.changes, *plan.messages)]
    decided = [
        Html(f"{bold('Go on' if decision.goes_on else 'Stop')}: {sentence_html(decision.sentence, names)}")
        for decision in plan.decisions
    ]
    parts = [paragraph(sentence) for sentence in _headline(plan)]
    parts += [items(decided), items(said), plan_svg(plan)]
    if plan.timetable.tasks:
        parts.append(_legend(plan))
    if plan.samples:
        parts.append(_samples(plan.samples, units))
    if plan.timetable.tasks:
        parts.append(_timetable(plan, units))
    return box(title, *parts)


def plan_in_short(plan: ShownPlan) -> str:
    """One line, as Python shows it."""
    new = sum(sample.is_new for sample in plan.samples)
    end = plan.timetable.end
    until_when = "nothing is to be done" if end is None else f"until {day(end)} {clock(end)}"
    return f"<WeekPlan {plan.week}: {len(plan.samples)} samples, {new} new, {until_when}>"


def _headline(plan: ShownPlan) -> list[Html]:
    end = plan.timetable.end
    if end is None:
        return [html("Nothing is to be done.")]
    new, count = sum(sample.is_new for sample in plan.samples), len(plan.samples)
    which = "all new" if new == count > 1 else "new" if new == count else f"{new} of them new"
    samples = "1 sample" if count == 1 else f"{count} samples"
    said = [html(f"{samples}, {which}; all is done by {day(end)}, {clock(end)}.")]
    if plan.bottleneck is not None:
        said.append(sentence_html(plan.bottleneck.sentence, (plan.bottleneck.resource,)))
    return said


def _legend(plan: ShownPlan) -> Html:
    works = work_in(plan.timetable)
    said = ["Bars name their samples, where there is room"]
    if any(work.ready < work.end for work in works):
        said.append("faded: ready, waits to be emptied")
    if any(work.under_way for work in works):
        said.append("broken line: begun before this plan")
    return paragraph(quiet("; ".join(said) + "."))


def _samples(samples: Sequence[SampleInPlan], units: Units) -> Html:
    """One row a sample: why it is made, and how."""
    names = [
        name
        for name in dict.fromkeys(name for sample in samples for name in sample.conditions)
        if any(sample.conditions.get(name) is not None for sample in samples)
    ]
    weighed = list(dict.fromkeys(name for sample in samples for name in sample.grams))
    rows = []
    for sample in samples:
        why = purpose(sample.role) or ("new" if sample.is_new else "planned before")
        conditions = [html(condition(sample.conditions.get(name)), LONGEST_NAME) for name in names]
        grams = [rounded(sample.grams[name]) if name in sample.grams else ABSENT for name in weighed]
        rows.append([bold(id_html(sample.experiment)), _short(why), *conditions, *grams])
    head = ["sample", "why", *(html(heading(name, units), LONGEST_NAME) for name in names)]
    return table([*head, *(html(f"{name} [g]", LONGEST_NAME) for name in weighed)], rows)


def _short(text: str) -> Html:
    return unbroken(html(text, LONGEST_NAME), text)


@dataclass(frozen=True)
class _Event:
    """What somebody does at one time: a machine is filled or emptied, or work goes on until its end."""

    at: datetime
    order: int  # a machine is emptied before it is filled
    what: str
    until: str
    work: Work


def _events(work: Work) -> Iterator[_Event]:
    step = in_words(work.step)
    if work.ready == work.end and work.end.date() == work.start.date():
        yield _Event(work.start, 2, step, clock(work.end), work)
        return
    if not work.under_way:
        yield _Event(work.start, 1, f"start {step}", f"ready {until(work.ready, work.start)}", work)
    yield _Event(work.end, 0, f"end {step}", "", work)


def _timetable(plan: ShownPlan, units: Units) -> Html:
    """What people do, day by day."""
    everything = work_in(plan.timetable)
    several = counted(everything)
    events = sorted(
        (event for work in everything for event in _events(work)),
        key=lambda e: (e.at, e.order, e.work.resource or "", e.work.machines),
    )
    rows: list[list[str]] = []
    before: date | None = None
    for event in events:
        if event.at.date() != before:
            before = event.at.date()
            rows.append([html(day(before))])
        work = event.work
        where = machine(work.resource, work.machines, several=work.resource in several)
        samples = joined([id_html(one) for one in work.samples], ", ")
        starts = event.order and settings(work.settings, units)
        rows.append([clock(event.at), _short(event.what), _short(where), samples])
        rows[-1] += [html(starts or ""), _short(event.until)]
    found = table(["time", "what", "where", "samples", "settings", "until"], rows)
    return folded("Timetable by day", found, is_open=len(events) <= _MOST_OPEN)
