"""What the models believe, and how far they may be believed."""

from collections.abc import Iterator, Sequence

from ..blocks import Block, Column, Heading, Items, Paragraph, Picture, Row, Section, Table, table
from ..figures import (
    chain_figure,
    effects_figure,
    map_figure,
    parity_figure,
    record_figure,
    reliability_figure,
)
from ..week_summary import Beliefs, BelievedMap, ResponseTrust, WeekSummary
from ..words import Words, chance, plural

_LEAST_VALUES = 3  # left out in turn, of which a picture says more than the table
_LEAST_SHARE = 0.005  # of the variation, below which a parameter is not worth a line


def beliefs(summary: WeekSummary, words: Words) -> Section:
    """Maps, effects, chains, calibration, track record and contradictions.

    Parameters
    ----------
    summary, words
        Finished, and its words.
    """
    believed = summary.beliefs
    blocks = [
        *_maps(believed.maps, words),
        *_curves(believed, words),
        *_trust(believed.trust, words),
        *_record(believed, words),
    ]
    if believed.contradictions:
        blocks += [
            Heading(text="Prior knowledge that the data contradict"),
            Items(texts=words.sentences(believed.contradictions)),
        ]
    elif blocks:
        blocks.append(Paragraph(text="No prior knowledge in the campaign file is contradicted by the data."))
    else:
        blocks.append(
            Paragraph(
                text="There is nothing that could be believed yet: the models learn from the first results.",
                kind="missing",
            )
        )
    return Section(key="beliefs", title="What the models believe", blocks=tuple(blocks))


def _maps(maps: Sequence[BelievedMap], words: Words) -> Iterator[Block]:
    if maps:
        yield Heading(text="Maps")
        for one in maps:
            yield Picture(
                title=_of_map(one, words),
                description=_in_words(one, words),
                draw=lambda one=one: map_figure(one),
            )


def _of_map(one: BelievedMap, words: Words) -> str:
    name = words.name(one.response.name)
    what = f"P({name})" if one.response.is_yes_no else name
    return f"{what} over {words.name(one.x.name)} and {words.name(one.y.name)}"


def _in_words(one: BelievedMap, words: Words) -> str:
    """What is fixed, the range of the forecast, and what is drawn into it."""
    fixed = words.sentence(one.fixed)
    said = [f"{fixed[:1].upper()}{fixed[1:]}." if fixed else ""]
    low, high = float(one.found.value.min()), float(one.found.value.max())
    ends = f"{words.value(low, one.response)} to {words.value(high, one.response)}"
    said.append(f"The forecast goes from {ends}.")
    if one.limit is not None:
        said.append(f"The line is the limit, {words.value(one.limit, one.response)}.")
    n = len({experiment for place in one.places for experiment in place.experiments})
    said.append(f"{plural(n, 'experiment')} {'was' if n == 1 else 'were'} made here.")
    if one.suggested:
        ids = ", ".join(dict.fromkeys(words.sample(experiment) for *_, experiment in one.suggested))
        said.append(f"Suggested here: {ids}.")
    return " ".join(filter(None, said))


def _curves(believed: Beliefs, words: Words) -> Iterator[Block]:
    if believed.effects:
        yield Heading(text="Effect of each parameter")
        pairs = "; ".join(
            f"{words.name(one.response.name)} over {words.name(one.over.name)}" for one in believed.effects
        )
        yield Picture(
            title="Effects of single parameters",
            description=f"Forecasts with 90 % intervals, all other conditions fixed: {pairs}.",
            draw=lambda: effects_figure(believed.effects),
        )
    if believed.chains:
        first = believed.chains[0]
        yield Heading(text=f"From {words.name(first.over.name)} to {words.name(first.response.name)}")
        labels = ", ".join(words.name(one.label) for one in believed.chains if one.label)
        of = f": {labels}" if labels else ""
        yield Picture(
            title=f"{words.name(first.response.name)} over {words.name(first.over.name)}",
            description=f"Forecast with its 90 % interval{of}; signs are measured samples.",
            draw=lambda: chain_figure(believed.chains),
        )


def _trust(trust: Sequence[ResponseTrust], words: Words) -> Iterator[Block]:
    if not trust:
        return
    yield Heading(text="How far the models may be believed")
    yield table(
        "Models by response; intervals are judged by forecasting every value without its experiment",
        (
            Column(head="Response", kind="name"),
            Column(head="Values", kind="number"),
            Column(head="Model"),
            Column(head="Values inside intervals", is_short=True),
            Column(head="What that means"),
        ),
        (_model(one, words) for one in trust),
    )
    yield from (_calibration(one, words) for one in trust if len(one.left_out) >= _LEAST_VALUES)
    if any(one.importance for one in trust):
        yield _importance(trust, words)


def _model(one: ResponseTrust, words: Words) -> Row:
    if one.coverage:
        inside = tuple(
            f"{chance(share)} inside {100 * level:g}\N{NO-BREAK SPACE}%"
            for level, share in one.coverage.items()
        )
    elif one.reliability:
        inside = tuple(
            f"said {chance(bin_.forecast)}: yes in {chance(bin_.observed)} of {bin_.n}"
            for bin_ in one.reliability
        )
    else:
        inside = ("too few values",)
    name = words.name(one.response.name)
    return Row(
        cells=(name, str(one.n), words.sentence(one.model) or "–", inside, words.sentence(one.in_words))
    )


def _calibration(one: ResponseTrust, words: Words) -> Picture:
    name = words.name(one.response.name)
    if one.response.is_yes_no:
        return Picture(
            title=f"Calibration of P({name})",
            description="How often the answer was yes, where about so much had been forecast without its "
            "experiment; honest forecasts lie on the diagonal. The table above has the numbers.",
            draw=lambda: reliability_figure(one),
        )
    return Picture(
        title=f"Every value of {name} against its forecast without its experiment",
        description="Lines are 90 % intervals; honest ones touch the diagonal nine times in ten. The table "
        "above says how often they did.",
        draw=lambda: parity_figure(one),
    )


def _importance(trust: Sequence[ResponseTrust], words: Words) -> Table:
    told = [one for one in trust if one.importance]
    names = list(dict.fromkeys(name for one in told for name in one.importance))
    names.sort(key=lambda name: -max(one.importance.get(name, 0.0) for one in told))
    rows = [
        Row(
            cells=(
                words.name(name),
                *(chance(one.importance[name]) if name in one.importance else "–" for one in told),
            )
        )
        for name in names
        if max(one.importance.get(name, 0.0) for one in told) >= _LEAST_SHARE
    ]
    return table(
        "Share of the variation in which each parameter takes part: what several do together counts for each",
        (
            Column(head="Parameter", kind="name"),
            *(Column(head=words.name(o.response.name), kind="number") for o in told),
        ),
        rows,
    )


def _record(believed: Beliefs, words: Words) -> Iterator[Block]:
    if not believed.record and not believed.record_in_words.strip():
        return
    yield Heading(text="Track record")
    if believed.record_in_words.strip():
        yield Paragraph(text=words.sentence(believed.record_in_words))
    if believed.record:
        yield Picture(
            title="Every stored forecast against its outcome",
            description=f"{plural(len(believed.record), 'forecast')}, oldest first.",
            draw=lambda: record_figure(believed.record),
        )
