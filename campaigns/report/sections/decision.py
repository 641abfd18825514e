"""What the reader decides: the week in short, what needs a yes or no, whether to go on."""

from collections.abc import Iterator

from ...plan_words import clock, day
from ..blocks import Block, Items, Paragraph, Section, Tile, Tiles, Verdict
from ..week_summary import BestSample, WeekSummary
from ..words import Words, plural, quantity


def decision(summary: WeekSummary, words: Words) -> Section:
    """The first screen.

    Parameters
    ----------
    summary, words
        Finished, and its words.
    """
    told = summary.decision
    blocks: list[Block] = [Paragraph(text=words.sentence(told.plan) or "Nothing is planned.", kind="lead")]
    questions = words.sentences(told.questions)
    if questions:
        title = "This needs your yes or no:" if len(questions) == 1 else "These need your yes or no:"
        blocks += [Paragraph(text=title, kind="important"), Items(texts=questions, kind="questions")]
    else:
        blocks.append(Paragraph(text="Nothing needs a yes or no this week."))
    if told.stopping.strip():
        label = "Stopping is reasonable" if told.enough else "Go on"
        reason = words.sentence(told.stopping).removeprefix(label).lstrip(":.,; ")
        blocks.append(Verdict(label=f"{label}.", text=reason[:1].upper() + reason[1:], is_stop=told.enough))
    else:
        blocks.append(Verdict(label="Stop or go on?", text=_not_said(summary)))
    tiles = tuple(_tiles(summary, words))
    return Section(
        key="decision", title="The decision", blocks=(*blocks, Tiles(tiles=tiles)) if tiles else tuple(blocks)
    )


def _not_said(summary: WeekSummary) -> str:
    """Why there is no advice, as far as the summary tells."""
    if not summary.standing.history:
        return "Cannot be said before the first results are in."
    if not summary.standing.best:
        return "Cannot be said while nothing made keeps all limits."
    return "Cannot be said yet."


def _tiles(summary: WeekSummary, words: Words) -> Iterator[Tile]:
    plan = summary.plan
    if plan is not None and plan.timetable.end is not None:
        new = sum(sample.is_new for sample in plan.samples)
        end = plan.timetable.end
        yield Tile(
            label="Samples", value=str(len(plan.samples)), more=f"{new} of them new" if new else "none new"
        )
        yield Tile(label="All done by", value=day(end), more=clock(end))
    elif summary.suggestions:
        yield Tile(label="Suggestions", value=str(len(summary.suggestions)), more="not on a timetable")
    yield from _best(summary, words)
    waiting = summary.health.waiting
    if waiting:
        since = min((one.since for one in waiting if one.since is not None), default=None)
        more = "" if since is None else f"longest since {day(since)}"
        yield Tile(label="Waiting for results", value=plural(len(waiting), "sample"), more=more)


def _best(summary: WeekSummary, words: Words) -> Iterator[Tile]:
    """The best value of the goal with what is always said beside it; of several goals how many there are."""
    best, objectives = summary.standing.best, summary.standing.objectives
    if len(best) > 1:
        yield Tile(label="Best so far", value=plural(len(best), "sample"), more="none better in everything")
    if len(best) != 1 or not objectives:
        return
    (one,) = best
    name = words.sample(one.experiment) + (f", from {words.sample(one.source)}" if one.source else "")
    yield Tile(
        label=f"Best {words.name(objectives[0][0].name)}",
        value=_value(summary, words, one, objectives[0][0].name),
        more=name,
    )
    for named in summary.standing.beside[:1]:
        if named.name in one.values:
            value = _value(summary, words, one, named.name)
            yield Tile(label=f"Its {words.name(named.name)}", value=value, more=name)


def _value(summary: WeekSummary, words: Words, best: BestSample, name: str) -> str:
    """The mean of what was measured, else what was typed."""
    unit = summary.units.get(name)
    made = next((m for m in summary.standing.history if m.experiment == best.experiment), None)
    if made is not None and name in made.values:
        return quantity(made.values[name], unit)
    return words.typed(best.values.get(name, "not measured"), unit)
