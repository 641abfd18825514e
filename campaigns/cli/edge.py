"""The edge between commands and people: faults become one line each and an exit code, never a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from ...datasets.errors import InputError, OvenbirdError

NOTHING_TO_SUGGEST = 1
WRONG_INPUT = 2
UNEXPECTED = 3
INTERRUPTED = 130


def run(app: typer.Typer) -> NoReturn:
    """Run a command and leave with its exit code."""
    try:
        app(standalone_mode=True)
    except OvenbirdError as error:
        for sentence in error.faults if isinstance(error, InputError) else (str(error),):
            print(sentence, file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except KeyboardInterrupt:
        print("interrupted; nothing more was written", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough.
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:  # whatever it is, a chemist gets a sentence
        print(
            f"Ovenbird met a fault of its own ({type(error).__name__}: {error}); the dataset is as it was. "
            "Please report the command and this line.",
            file=sys.stderr,
        )
        sys.exit(UNEXPECTED)
    sys.exit(0)


@contextmanager
def working(message: str) -> Iterator[None]:
    """Show on the terminal that something is under way; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(message):
        yield
