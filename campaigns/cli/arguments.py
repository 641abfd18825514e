"""Arguments that several commands share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ...datasets.errors import raise_all

CampaignFile = Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="Campaign file, such as ltvo.yaml.")]
ExperimentId = Annotated[str, typer.Argument(metavar="ID", help="Experiment, such as LTVO-017.")]
Note = Annotated[str, typer.Option(metavar="TEXT", help="A remark that is kept with it.")]


def read_assignments(given: Sequence[str], what: str) -> dict[str, str]:
    """Read ``name=value`` words of a command line.

    Parameters
    ----------
    given
        The words.
    what
        What a name stands for, in messages (``response``).

    Raises
    ------
    InputError
        With one sentence for every word that is no assignment, or whose name stands twice.

    Examples
    --------
    >>> read_assignments(["bet_surface_area=~20", "phase_pure = yes"], "response")
    {'bet_surface_area': '~20', 'phase_pure': 'yes'}
    """
    values: dict[str, str] = {}
    faults = []
    for word in given:
        name, sign, value = (part.strip() for part in word.partition("="))
        if not sign or not name:
            faults.append(f"'{word}' is not of the form {what}=value")
        elif name in values:
            faults.append(
                f"{name} is given twice; several values of one {what} go into one assignment, in quotes: "
                f"'{name}={values[name]}; {value}'"
                if what == "response"
                else f"{name} is given twice, once is allowed"
            )
        else:
            values[name] = value
    raise_all(faults)
    return values


def refuse_empty(values: dict[str, str]) -> None:
    """Raise `InputError` if a value is missing, which is what shells make of an unquoted bound.

    Raises
    ------
    InputError
        With one sentence for every name without a value.
    """
    raise_all(
        [
            f"{name} has no value; bounds need quotes, since shells understand < and > in their own way: "
            f"'{name}=>80'"
            for name, value in values.items()
            if not value
        ]
    )
