"""Why each suggestion is made: its forecast, reasons and neighbours, and what would change the plan."""

from collections.abc import Iterator, Mapping

from ....planner.suggestion import Suggestion
from ...plan_words import role_in_words
from ..blocks import Block, Card, Column, Facts, Heading, Items, Paragraph, Plain, Row, Section, Table, table
from ..week_summary import Named, WeekSummary
from ..words import Words, chance, interval, named_of, plain, quantity

_WOULD_CHANGE = "What would change the plan:"


def why(summary: WeekSummary, words: Words) -> Section:
    """One card for each suggestion.

    Parameters
    ----------
    summary, words
        Finished, and its words.
    """
    blocks: list[Block] = []
    if summary.suggestions:
        blocks.append(
            Paragraph(text="Forecasts are medians, with the interval that holds 90 % of measurements.")
        )
    else:
        blocks.append(Paragraph(text="Nothing is suggested.", kind="missing"))
    blocks += [_card(one, number, summary, words) for number, one in enumerate(summary.suggestions, 1)]
    known = set(summary.plan.messages) if summary.plan is not None else set()
    messages = words.sentences(message for message in summary.messages if message not in known)
    if messages:
        blocks += [Heading(text="To know of all suggestions"), Items(texts=messages)]
    return Section(key="why", title="Why", blocks=tuple(blocks))


def _card(one: Suggestion, number: int, summary: WeekSummary, words: Words) -> Card:
    sample = None if summary.plan is None else summary.plan.by_id.get(one.id)
    role = one.purpose if sample is None or not sample.role else sample.role
    beside: list[Plain] = []
    reasons = [r for r in one.reasons if not r.startswith(_WOULD_CHANGE)]
    if reasons:
        beside.append(Items(texts=words.sentences(reasons)))
    else:
        beside.append(Paragraph(text="No reasons are kept for it.", kind="missing"))
    beside.append(Facts(pairs=tuple(_facts(one, summary, words))))
    return Card(
        title=words.sample(one.id or f"Suggestion {number}"),
        label=plain(role_in_words(role)),
        subtitle=words.settings(one.parameters),
        blocks=(_forecast(one, summary, words),),
        beside=tuple(beside),
    )


def _forecast(one: Suggestion, summary: WeekSummary, words: Words) -> Table:
    named = named_of(summary)
    order = {name: position for position, name in enumerate(named)}
    names = sorted(one.forecast, key=lambda name: order.get(name, len(order)))
    rows = [_forecast_row(named.get(name, Named(name=name)), one.forecast[name], words) for name in names]
    # The probability of a yes or no is its limit's.
    rest = {name: p for name, p in one.limits.items() if "probability" not in one.forecast.get(name, {})}
    rows += [Row(cells=(f"keeps the limit on {words.name(n)}", chance(p), "")) for n, p in rest.items()]
    return table(
        f"Forecast of {words.sample(one.id) if one.id else 'this suggestion'}",
        (
            Column(head="Response", kind="name"),
            Column(head="Forecast", kind="number"),
            Column(head="90 %", kind="number"),
        ),
        rows,
    )


def _forecast_row(named: Named, values: Mapping[str, float], words: Words) -> Row:
    if "probability" in values:
        return Row(cells=(f"P({words.name(named.name)})", chance(values["probability"]), ""))
    return Row(
        cells=(
            words.name(named.name),
            quantity(values["median"], named.unit),
            interval(values["low"], values["high"]),
        )
    )


def _facts(one: Suggestion, summary: WeekSummary, words: Words) -> Iterator[tuple[str, str]]:
    gain = _improvement(one, summary, words)
    if gain:
        yield "Chance to improve", gain
    if one.replicates:
        yield "Repeats", words.sample(one.replicates)
    if one.costs:
        named = named_of(summary)
        said = [
            f"{words.name(n)} {quantity(v, named.get(n, Named(name=n)).unit)}" for n, v in one.costs.items()
        ]
        yield "Costs", ", ".join(said)
    yield "Nearest", ", ".join(map(words.sample, one.nearest)) or "none made yet"
    for reason in one.reasons:
        if reason.startswith(_WOULD_CHANGE):
            said = words.sentence(reason.removeprefix(_WOULD_CHANGE).strip())
            yield _WOULD_CHANGE.rstrip(":"), said


def _improvement(one: Suggestion, summary: WeekSummary, words: Words) -> str:
    probability, expected = one.improvement.get("probability"), one.improvement.get("expected")
    if probability is None:
        return ""
    said = chance(probability)
    objectives = summary.standing.objectives
    if expected is None:
        return said
    if len(objectives) > 1:
        return f"{said}; the front is expected to grow by {chance(expected)}"
    unit = objectives[0][0].unit if objectives else None
    return f"{said}; {quantity(expected, unit)} expected gain"
