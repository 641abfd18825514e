"""A summary as sections of a report, in the order in which they are read."""

from ..blocks import Page
from ..week_summary import WeekSummary
from ..words import Words, moment, plain, week_in_words
from .beliefs import beliefs
from .decision import decision
from .do_this import do_this
from .health import health
from .last_week import last_week
from .provenance import provenance
from .standing import standing
from .why import why

__all__ = ["page_of"]

_LONGEST_TITLE = 200


def page_of(summary: WeekSummary) -> Page:
    """Everything that a report says, whatever it is written in.

    Parameters
    ----------
    summary
        Finished.
    """
    words = Words.of(summary)
    title = plain(summary.title, _LONGEST_TITLE) or plain(summary.campaign, _LONGEST_TITLE)
    of = (
        ""
        if title == plain(summary.campaign, _LONGEST_TITLE)
        else f"Campaign {words.sample(summary.campaign)}. "
    )
    return Page(
        title=title or "A campaign without a name",
        subtitle=f"{of}{week_in_words(summary.week)}. Made {moment(summary.made_at)}.",
        sections=(
            decision(summary, words),
            do_this(summary, words),
            why(summary, words),
            last_week(summary, words),
            standing(summary, words),
            beliefs(summary, words),
            health(summary, words),
            provenance(summary, words),
        ),
    )
