"""What the last days taught: forecasts against what came, gates, and what was not made as planned."""

from collections.abc import Sequence

from ...plan_words import day
from ..blocks import Block, Column, Heading, Items, Paragraph, Picture, Row, Section, table
from ..figures import outcomes_figure
from ..week_summary import Deviation, LastWeek, Outcome, WeekSummary
from ..words import MOST_ROWS, Words, chance, interval, number_alone, plural, quantity


def last_week(summary: WeekSummary, words: Words) -> Section:
    """Stored forecasts beside outcomes.

    Parameters
    ----------
    summary, words
        Finished, and its words.
    """
    told = summary.last_week
    blocks: list[Block] = [Paragraph(text=_in_short(told, words), kind="lead")]
    if told.outcomes:
        blocks += _outcomes(told.outcomes, words)
    if told.without_forecast:
        ids = ", ".join(map(words.sample, told.without_forecast))
        blocks.append(Paragraph(text=f"Nothing had been forecast of {ids}, which has new results."))
    for heading, sentences in (("Gates", told.gates), ("Skipped", told.skipped)):
        if sentences:
            blocks += [Heading(text=heading), Items(texts=words.sentences(sentences))]
    if told.deviations:
        blocks += _deviations(told.deviations, words)
    return Section(key="last-week", title="What last week taught", blocks=tuple(blocks))


def _in_short(told: LastWeek, words: Words) -> str:
    since = f"Since {day(told.since)},"
    if not told.outcomes:
        return f"{since} no result came in that had been forecast."
    of = len({outcome.experiment for outcome in told.outcomes})
    surprises = [outcome for outcome in told.outcomes if outcome.is_surprise]
    came = f"{plural(len(told.outcomes), 'result')} of {plural(of, 'sample')}"
    said = f"{since} {came} came in that had been forecast; "
    if not surprises:
        return f"{said}none of them is a surprise."
    which = ", ".join(f"{words.sample(o.experiment)} ({words.name(o.response.name)})" for o in surprises[:5])
    more = f" and {len(surprises) - 5} more" if len(surprises) > 5 else ""
    verb = "is a surprise" if len(surprises) == 1 else "are surprises"
    return f"{said}{len(surprises)} {verb}: {which}{more}."


def _outcomes(outcomes: Sequence[Outcome], words: Words) -> list[Block]:
    columns = (
        Column(head="Sample", kind="name"),
        Column(head="Response"),
        Column(head="Forecast", kind="number"),
        Column(head="90 %", kind="number"),
        Column(head="Measured", kind="number"),
        Column(head="Surprise", kind="number"),
    )
    shown, left = outcomes, ""
    if len(outcomes) > MOST_ROWS:
        shown = sorted(outcomes, key=lambda outcome: -abs(outcome.surprise) * outcome.is_surprise)[:MOST_ROWS]
        left = f"{len(outcomes) - MOST_ROWS} more results are left out; surprises stand first. "
    return [
        Heading(text="Forecast when planned, against what came"),
        Picture(
            title="Forecast intervals and what was measured",
            description="Each line is the interval that was to hold a result with 90 %, the sign what came; "
            "the table below has the numbers.",
            draw=lambda: outcomes_figure(outcomes),
        ),
        table(
            "Forecasts stored when samples were planned, against results",
            columns,
            (_outcome(outcome, words) for outcome in shown),
            note=f"{left}Surprise: how far from the forecast, in its standard deviations; of a yes or no in "
            "bits, 3.3 of which are one chance in ten.",
        ),
    ]


def _outcome(outcome: Outcome, words: Words) -> Row:
    named = outcome.response
    if named.is_yes_no:
        forecast, ends, size = f"P(yes) {chance(outcome.median)}", "", f"{abs(outcome.surprise):.1f} bits"
    else:
        forecast = quantity(outcome.median, named.unit)
        ends = interval(outcome.low, outcome.high)
        size = f"{'+' if outcome.surprise >= 0 else ''}{number_alone(round(outcome.surprise, 1))} sd"
    return Row(
        cells=(
            words.sample(outcome.experiment),
            words.name(named.name),
            forecast,
            ends,
            words.typed(outcome.shown, named.unit),
            f"{size}, surprise" if outcome.is_surprise else size,
        ),
        stands_out=outcome.is_surprise,
    )


def _deviations(deviations: Sequence[Deviation], words: Words) -> list[Block]:
    columns = (
        Column(head="Sample", kind="name"),
        Column(head="Parameter"),
        Column(head="Planned", kind="number"),
        Column(head="Executed", kind="number"),
    )
    rows = (
        Row(
            cells=(
                words.sample(one.experiment),
                words.name(one.parameter.name),
                words.typed(one.planned, one.parameter.unit),
                words.typed(one.executed, one.parameter.unit),
            )
        )
        for one in deviations
    )
    return [Heading(text="Not made as planned"), table("Planned against executed conditions", columns, rows)]
