"""How good the data are, and what is awaited."""

from datetime import datetime

from ...plan_words import day
from ..blocks import Block, Column, Heading, Items, Paragraph, Row, Section, table
from ..week_summary import Health, Waiting, WeekSummary
from ..words import MOST_ITEMS, Words, plural, some


def health(summary: WeekSummary, words: Words) -> Section:
    """What a person should see to.

    Parameters
    ----------
    summary, words
        Finished, and its words.
    """
    sound = summary.health
    blocks = [*_waiting(sound, summary.made_at, words)]
    for heading, sentences in (
        ("Missing values", sound.missing),
        ("Replicates that disagree", sound.disagreeing),
        ("Values that fit nothing else", sound.outliers),
        ("Withdrawn values", sound.voided),
        ("Corrected values", sound.corrected),
        ("Also", sound.other),
    ):
        told = some(words.sentences(sentences))
        if told:
            blocks += [Heading(text=heading), Items(texts=told)]
    if not blocks:
        blocks.append(
            Paragraph(
                text="Nothing is missing, withdrawn, corrected or doubtful, and no sample waits for results."
                if summary.provenance.n_own
                else "There are no own data yet."
            )
        )
    return Section(key="health", title="Data health", blocks=tuple(blocks))


def _waiting(sound: Health, now: datetime, words: Words) -> list[Block]:
    if not sound.waiting:
        return []
    columns = (
        Column(head="Sample", kind="name"),
        Column(head="Status"),
        Column(head="Since"),
        Column(head="Results to come"),
    )
    left = len(sound.waiting) - MOST_ITEMS
    oldest_first = sorted(sound.waiting, key=lambda one: one.since or datetime.max)
    return [
        Heading(text="Waiting for results"),
        table(
            f"{plural(len(sound.waiting), 'sample')} without all results",
            columns,
            (_sample(one, now, words) for one in oldest_first[:MOST_ITEMS]),
            note=f"… and {left} more." if left > 0 else "",
        ),
    ]


def _sample(one: Waiting, now: datetime, words: Words) -> Row:
    since = "not known"
    if one.since is not None:
        days = (now.date() - one.since.date()).days
        since = f"{day(one.since)} ({plural(days, 'day')})" if days > 0 else f"{day(one.since)} (today)"
    missing = ", ".join(words.name(named.name) for named in one.missing) or "none"
    return Row(cells=(words.sample(one.experiment), words.name(one.status), since, missing))
