"""Where the campaign stands: the best so far, its margins, and the way to it."""

from collections.abc import Iterator, Sequence

from ..blocks import (
    Block,
    Card,
    Column,
    Facts,
    Heading,
    Paragraph,
    Picture,
    Plain,
    Row,
    Section,
    Table,
    table,
)
from ..figures import front_figure, progress_figure
from ..week_summary import BestSample, MadeSample, Named, Standing, WeekSummary
from ..words import MOST_ITEMS, Words, named_of, plural, quantity


def standing(summary: WeekSummary, words: Words) -> Section:
    """Best samples and progress.

    Parameters
    ----------
    summary, words
        Finished, and its words.
    """
    stands = summary.standing
    blocks: list[Block] = [Paragraph(text=f"The goal: {words.sentence(stands.goal)}.", kind="lead")]
    if stands.counts:
        said = ", ".join(f"{count} {words.name(status)}" for status, count in stands.counts.items())
        blocks.append(Paragraph(text=f"Own experiments: {said}."))
    else:
        blocks.append(Paragraph(text="The lab has made no experiments of its own yet.", kind="missing"))
    blocks += _best(summary, words)
    blocks += _history(stands, words)
    return Section(key="standing", title="Where we stand", blocks=tuple(blocks))


def _best(summary: WeekSummary, words: Words) -> Iterator[Block]:
    stands = summary.standing
    if not stands.best:
        goal = " and ".join(words.name(named.name) for named, _ in stands.objectives) or "the goal"
        if stands.history:
            text = "Nothing made so far is known to keep all limits, so there is no best sample."
        else:
            text = (
                f"No sample has a value of {goal} yet, so there is no best one. Results are entered with the "
                "command ovenbird log, or many at once with ovenbird add."
            )
        yield Paragraph(text=text, kind="missing")
        return
    several = len(stands.best) > 1
    yield Heading(text="Best so far: a front, none better in everything" if several else "Best so far")
    yield from (_card(one, summary, words) for one in stands.best[:MOST_ITEMS])
    if len(stands.best) > MOST_ITEMS:
        yield Paragraph(text=f"… and {len(stands.best) - MOST_ITEMS} more on the front.")


def _card(best: BestSample, summary: WeekSummary, words: Words) -> Card:
    goal = [named for named, _ in summary.standing.objectives]
    shown = dict.fromkeys([*(n.name for n in goal), *(n.name for n in summary.standing.beside), *best.values])
    named = named_of(summary)
    pairs = []
    for name in shown:
        described = named.get(name, Named(name=name))
        typed = best.values.get(name)
        value = "not measured" if typed is None else words.typed(typed, described.unit)
        pairs.append((words.name(name), value))
    margins: tuple[Plain, ...] = ()
    if best.margins:
        columns = (Column(head="Limit", kind="name"), Column(head="Measured"), Column(head="Forecast there"))
        rows = (
            Row(cells=(words.name(m.limit), words.sentence(m.measured), words.sentence(m.forecast)))
            for m in best.margins
        )
        margins = (table(f"Margins of {words.sample(best.experiment)} to the limits", columns, rows),)
    return Card(
        title=words.sample(best.experiment),
        label=f"from {words.sample(best.source)}" if best.source else "own",
        subtitle=words.settings(best.conditions),
        blocks=(Facts(pairs=tuple(pairs)),),
        beside=margins,
    )


def _history(stands: Standing, words: Words) -> Iterator[Block]:
    if not stands.history:
        return
    yield Heading(text="The way there")
    goal = " and ".join(words.name(named.name) for named, _ in stands.objectives)
    yield Picture(
        title=f"Best {goal} against experiments",
        description=f"{plural(len(stands.history), 'sample')} with a value, oldest first, literature before "
        "own ones.",
        draw=lambda: progress_figure(stands),
    )
    if any(made.hours for made in stands.history if not made.source):
        yield Picture(
            title=f"Best {goal} against process hours",
            description="The same against the process hours of the own samples.",
            draw=lambda: progress_figure(stands, "hours"),
        )
    if len(stands.objectives) > 1:
        yield Picture(
            title=f"Front of {goal}",
            description="Samples that no other beats in everything, and all others.",
            draw=lambda: front_figure(stands),
        )
    if len(stands.objectives) == 1:
        yield from _steps(stands, words)


def _steps(stands: Standing, words: Words) -> Iterator[Table]:
    """Samples that made the best better, with what is always said beside it."""
    (goal, _), *_ = stands.objectives
    better: list[MadeSample] = []
    best: float | None = None
    for made in stands.history:
        if made.best is not None and made.best != best:
            better.append(made)
            best = made.best
    if better:
        yield table(
            f"Samples that were the best {words.name(goal.name)} when they came",
            (
                Column(head="Sample", kind="name"),
                Column(head="From"),
                Column(head=words.with_unit(goal), kind="number"),
                *(Column(head=words.with_unit(named), kind="number") for named in stands.beside),
                Column(head="Limits"),
                Column(head="Process hours [h]", kind="number"),
            ),
            (_step(made, goal, stands.beside, words) for made in better[-MOST_ITEMS:]),
            note=f"The last {MOST_ITEMS} of {len(better)}." if len(better) > MOST_ITEMS else "",
        )


def _step(made: MadeSample, goal: Named, beside: Sequence[Named], words: Words) -> Row:
    def value(named: Named) -> str:
        number = made.values.get(named.name)
        if number is None:
            return "–"
        return words.value(number, named) if named.is_yes_no else quantity(number, None)

    keeps = {True: "kept", False: "broken", None: "not all known"}[made.keeps_limits]
    return Row(
        cells=(
            words.sample(made.experiment),
            words.sample(made.source) if made.source else "own",
            value(goal),
            *map(value, beside),
            keeps,
            "–" if made.hours is None or made.source else quantity(made.hours, None),
        )
    )
