"""The edge between commands and people: faults become one line each and an exit code, never a traceback."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
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
        code = app(prog_name=Path(sys.argv[0]).name, standalone_mode=False)
    except OvenbirdError as error:
        for sentence in error.faults if isinstance(error, InputError) else (str(error),):
            print(sentence, file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted; nothing more was written", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough; nothing may be flushed into it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # whatever it is, a chemist gets a sentence
        if (sentence := _about_the_command_line(error)) is not None:
            print(sentence, file=sys.stderr)
            sys.exit(WRONG_INPUT)
        print(
            f"Ovenbird met a fault of its own ({type(error).__name__}: {error}); the dataset is as it was. "
            "Please report the command and this line.",
            file=sys.stderr,
        )
        sys.exit(UNEXPECTED)
    sys.exit(code if isinstance(code, int) else 0)


def _about_the_command_line(error: Exception) -> str | None:
    """What is wrong with the command as typed, or None if the error is of another kind."""
    # The exceptions of click; whether typer passes on click's or brings its own depends on its version.
    message, context = getattr(error, "format_message", None), getattr(error, "ctx", None)
    if message is None:
        return None
    sentence = " ".join(message().split()).removesuffix(".").replace("Value error, ", "")
    return sentence if context is None else f"{sentence}; see {context.command_path} --help"


@contextmanager
def working(message: str) -> Iterator[None]:
    """Show on the terminal that something is under way; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(message):
        yield
