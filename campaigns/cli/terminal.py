"""What commands write to the terminal, or into a pipe."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape


class _PipeConsole(Console):
    """A console that leaves a closed pipe to the edge, where it is no fault."""

    def on_broken_pipe(self) -> None:
        """Let the error through; rich would exit with 1, which here means nothing to suggest."""
        raise BrokenPipeError


def console(width_of_pipes: int = 200) -> Console:
    """A console as wide as the terminal; wide enough for every table where output goes into a pipe."""
    return _PipeConsole(width=None if sys.stdout.isatty() else width_of_pipes, highlight=False)


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
