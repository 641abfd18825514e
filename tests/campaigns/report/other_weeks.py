"""Summaries of other weeks than the example's: without a lab, with one experiment, with five hundred, hostile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from ovenbird.campaigns.report.blocks import Block, Card, Page, Picture, Table, Tiles
from ovenbird.campaigns.report.week_summary import (
    Beliefs,
    BestSample,
    Deviation,
    Health,
    LimitMargin,
    MadeSample,
    Outcome,
    Standing,
    Waiting,
    WeekSummary,
)
from ovenbird.datasets import Conditions
from ovenbird.planner.suggestion import Suggestion
from ovenbird.planner.timetable import SampleInPlan
from ovenbird.planner.week_plan import WeekPlan

from .ltvo_week import DISCHARGE, LAST, SUMMARY, TIME


def without_lab() -> WeekSummary:
    """A campaign that has results and suggestions, and no lab section."""
    return replace(SUMMARY, plan=None, lab=None)


def with_one() -> WeekSummary:
    """A campaign with a single experiment."""
    (made,) = [made for made in SUMMARY.standing.history if made.experiment == "LTVO-001"]
    only = replace(made, best=made.values[DISCHARGE.name])
    values = {"discharge_capacity": "251; 248", "charge_capacity": "279", "usable_capacity": "249.5"}
    best = replace(SUMMARY.standing.best[0], experiment="LTVO-001", values=values, margins=())
    return replace(
        without_lab(),
        suggestions=tuple(replace(one, nearest=("LTVO-001",)) for one in SUMMARY.suggestions[:1]),
        last_week=replace(
            SUMMARY.last_week,
            outcomes=(replace(LAST[1], experiment="LTVO-001"),),
            gates=(),
            skipped=(),
            deviations=(),
            without_forecast=(),
        ),
        standing=replace(SUMMARY.standing, history=(only,), best=(best,), counts={"measured": 1}),
        beliefs=Beliefs(record=(replace(LAST[1], experiment="LTVO-001"),)),
        health=Health(),
        provenance=replace(SUMMARY.provenance, n_own=1, n_literature=0),
    )


def with_many(n: int = 500) -> WeekSummary:
    """A campaign with hundreds of experiments, and something to say of each."""
    history, best = [], 0.0
    for number in range(n):
        value = 200 + 90 * (1 - 1 / (1 + number / 40)) + 25 * ((number * 7919) % 101 / 100 - 0.5)
        keeps = (None, True, False)[number % 3]
        best = max(best, value) if keeps is not False else best
        history.append(
            MadeSample(
                experiment=f"LTVO-{number:03d}",
                values={DISCHARGE.name: value, "charge_capacity": value + 5, "usable_capacity": value},
                hours=105.0 * (number + 1),
                keeps_limits=keeps,
                best=best,
            )
        )
    outcomes = tuple(
        replace(LAST[number % len(LAST)], experiment=f"LTVO-{number:03d}") for number in range(n)
    )
    sentences = tuple(f"LTVO-{number:03d} is measured, but has no charge_capacity." for number in range(n))
    waiting = tuple(
        Waiting(
            experiment=f"LTVO-{number:03d}",
            status="running",
            missing=(DISCHARGE,),
            since=SUMMARY.made_at - timedelta(hours=30 * number),
        )
        for number in range(n)
    )
    return replace(
        SUMMARY,
        last_week=replace(SUMMARY.last_week, outcomes=outcomes[:100]),
        standing=replace(SUMMARY.standing, history=tuple(history), counts={"measured": n}),
        beliefs=replace(SUMMARY.beliefs, record=outcomes),
        health=Health(missing=sentences, outliers=sentences, waiting=waiting),
        provenance=replace(SUMMARY.provenance, n_own=n),
    )


def _believed(text: str, some: tuple[str, str]) -> Beliefs:
    return replace(
        SUMMARY.beliefs,
        contradictions=some,
        record_in_words=text,
        record=tuple(_of(one, text) for one in SUMMARY.beliefs.record),
        trust=tuple(replace(one, model=text, in_words=text) for one in SUMMARY.beliefs.trust),
        maps=tuple(
            replace(one, fixed=text, suggested=tuple((x, y, text) for x, y, _ in one.suggested))
            for one in SUMMARY.beliefs.maps
        ),
    )


def _standing(text: str) -> Standing:
    return replace(
        SUMMARY.standing,
        history=tuple(replace(made, experiment=text, source=text) for made in SUMMARY.standing.history),
        best=(
            BestSample(
                experiment=text,
                source=text,
                conditions=_named(SUMMARY.standing.best[0].conditions, text),
                values={DISCHARGE.name: text},
                margins=(LimitMargin(limit=text, measured=text, forecast=text),),
            ),
        ),
    )


def written_by(text: str) -> WeekSummary:
    """The example, with one text wherever people write something."""
    some = (text, f"{text} and more")
    ids = {sample.experiment: f"{text} {number}" for number, sample in enumerate(_plan().samples)}
    plan = _plan().renamed(ids)
    plan = replace(
        plan,
        samples=tuple(_written(sample, text) for sample in plan.samples),
        suggestions=tuple(_told(one, text) for one in plan.suggestions),
        decisions=tuple(replace(one, sentence=text) for one in plan.decisions),
        changes=some,
        messages=some,
        outages=tuple({**outage, "reason": text} for outage in plan.outages),
    )
    return replace(
        SUMMARY,
        campaign=text,
        title=text,
        decision=replace(SUMMARY.decision, plan=text, questions=some, stopping=text),
        plan=plan,
        suggestions=plan.suggestions,
        last_week=replace(
            SUMMARY.last_week,
            outcomes=tuple(_of(one, text) for one in SUMMARY.last_week.outcomes),
            gates=some,
            skipped=some,
            deviations=(Deviation(experiment=text, parameter=TIME, planned=text, executed=text),),
            without_forecast=some,
        ),
        standing=_standing(text),
        beliefs=_believed(text, some),
        health=Health(
            missing=some,
            voided=some,
            corrected=some,
            disagreeing=some,
            outliers=some,
            waiting=(Waiting(experiment=text, status=text, missing=(DISCHARGE,)),),
            other=some,
        ),
        provenance=replace(
            SUMMARY.provenance,
            dataset=text,
            fingerprint=text,
            file=text,
            file_digest=text,
            command=text,
            versions={text: text},
        ),
        messages=(*some, f"{text} again"),
    )


def _plan() -> WeekPlan:
    assert SUMMARY.plan is not None
    return SUMMARY.plan


def _named(conditions: Conditions, text: str) -> Conditions:
    return {name: text if isinstance(value, str) else value for name, value in conditions.items()}


def _written(sample: SampleInPlan, text: str) -> SampleInPlan:
    grams = {f"{text} {name}": mass for name, mass in sample.grams.items()}
    return replace(sample, conditions=_named(sample.conditions, text), grams=grams)


def _told(one: Suggestion, text: str) -> Suggestion:
    return replace(
        one,
        parameters=_named(one.parameters, text),
        reasons=(text, f"{text} as well", f"What would change the plan: {text}"),
        nearest=(text, f"{text} 2"),
        replicates=text if one.replicates else "",
    )


def _of(outcome: Outcome, text: str) -> Outcome:
    return replace(outcome, experiment=text, shown=text)


def texts_of(page: Page) -> Iterator[str]:
    """Every text of a page, in order."""
    yield page.title
    yield page.subtitle
    for section in page.sections:
        yield section.title
        for block in section.blocks:
            yield from _texts(block)


def _texts(block: Block) -> Iterator[str]:
    match block:
        case Table():
            yield block.caption
            yield from (column.head for column in block.columns)
            for group in block.groups:
                yield group.title
                for row in group.rows:
                    for cell in row.cells:
                        yield from (cell,) if isinstance(cell, str) else cell
            yield block.note
        case Tiles():
            for tile in block.tiles:
                yield from (tile.label, tile.value, tile.more)
        case Card():
            yield from (block.title, block.label, block.subtitle)
            for part in (*block.blocks, *block.beside):
                yield from _texts(part)
        case Picture():
            yield from (block.title, block.description)
        case _:
            for name in ("label", "text"):
                yield str(getattr(block, name, ""))
            yield from getattr(block, "texts", ())
            for name, content in getattr(block, "pairs", ()):
                yield name
                yield from (content,) if isinstance(content, str) else content
