"""What commands write to the terminal, or into a pipe."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape

_WIDTH_OF_PIPES = 200


def console() -> Console:
    """A console as wide as the terminal; wide enough for every table where output goes into a pipe."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH_OF_PIPES, highlight=False)


def say(to: Console, sentences: str | Iterable[str]) -> None:
    """Print sentences as they are: brackets in a note are no markup."""
    for sentence in [sentences] if isinstance(sentences, str) else sentences:
        to.print(sentence, markup=False, soft_wrap=not sys.stdout.isatty())


def title(to: Console, text: str) -> None:
    """Head a section."""
    to.print(f"\n[bold]{escape(text)}[/bold]")


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "experiment"), plural(2, "experiment")
    ('1 experiment', '2 experiments')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
