"""`ovenbird add`, `log` and `compare`: what was found out."""

from pathlib import Path
from typing import Annotated

import typer

from ...datasets.errors import InputError, raise_all
from .arguments import CampaignFile, ExperimentId, Note, read_assignments, refuse_empty
from .edge import working

_FEW_IDS = 12


def add(
    campaign: CampaignFile,
    table: Annotated[
        Path,
        typer.Argument(metavar="TABLE", help="CSV or Excel file: one row an experiment, one column a name."),
    ],
) -> None:
    """Import experiments and results from a table: all of it, or nothing if anything is wrong.

    A row with the id of a known experiment fills in what is new: results, and in columns such as
    "executed hold_time" what was not done as planned. Units go into the header: calcination_temperature [K].

    Of an Excel file the sheet Results is read: the run sheet of a week can be imported again and again.

    Example: ovenbird add ltvo.yaml results.csv
    """
    from ..campaign import Campaign
    from .terminal import plural

    opened = Campaign.open(campaign)
    with working(f"Importing {table.name}"):
        result = opened.import_table(table)
    if not result.added and not result.filled_in:
        held = f"its {plural(result.unchanged, 'row')}" if result.unchanged else "it has no rows"
        verb = "is" if result.unchanged == 1 else "are"
        known = f" {verb} known already: nothing was changed" if result.unchanged else ""
        print(f"{table.name} holds nothing new, {held}{known}.")
        return
    for what, ids in (("Added", result.added), ("Filled in", result.filled_in)):
        if ids:
            print(f"{what} {plural(len(ids), 'experiment')}: {_ids(ids)}.")
    if result.unchanged:
        print(f"Unchanged: {plural(result.unchanged, 'row')} that said nothing new.")


def _ids(ids: tuple[str, ...]) -> str:
    return ", ".join(ids) if len(ids) <= _FEW_IDS else f"{', '.join(ids[: _FEW_IDS - 1])} ... {ids[-1]}"


def log(
    campaign: CampaignFile,
    experiment: ExperimentId,
    results: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RESPONSE=VALUE...",
            help="Results: 255, ~250, '>80', '<0.5', yes, no; replicates as '251; 248'.",
        ),
    ] = None,
    note: Note = "",
) -> None:
    """Record results of an experiment, as many as there are by now.

    Example: ovenbird log ltvo.yaml LTVO-017 bet_surface_area=~20 phase_pure=yes
    """
    from ...datasets.qualified_value import join_replicates
    from ..campaign import Campaign
    from ..typed_values import read_values
    from .standing import standing

    given = read_assignments(results or [], "response")
    if not given and not note:
        raise InputError(f"{experiment}: no result is given, expected is response=value")
    opened = Campaign.open(campaign)
    raise_all(
        [
            f"{name} is a parameter, not a response; to say how {experiment} was really made: "
            f"ovenbird amend {campaign} {experiment} {name}={value} --reason TEXT"
            for name, value in given.items()
            if name in opened.space.by_name
        ]
    )
    refuse_empty(given)
    opened.log(experiment, given, note=note)
    known = opened.experiment(experiment)
    understood = read_values(given, opened.definition.responses, known.id)
    recorded = [f"{name} {join_replicates(values)}" for name, values in understood.items()]
    print(f"{known.id}: recorded {', '.join(recorded) or 'a note'}.")
    print(standing(opened, known))


def compare(
    campaign: CampaignFile,
    better: Annotated[str, typer.Argument(metavar="BETTER", help="Experiment that is better.")],
    worse: Annotated[str, typer.Argument(metavar="WORSE", help="Experiment that is worse.")],
    response: Annotated[str, typer.Argument(metavar="RESPONSE", help="In what.")],
    note: Note = "",
) -> None:
    """State that one experiment beats another in a response, without numbers.

    Better means larger, or smaller where the campaign minimises the response or limits it from above.

    Example: ovenbird compare ltvo.yaml LTVO-002 LTVO-001 discharge_capacity
    """
    from ..campaign import Campaign

    opened = Campaign.open(campaign)
    is_new = opened.compare(better=better, worse=worse, response=response, note=note)
    first, second = opened.experiment(better).id, opened.experiment(worse).id
    larger = opened.better_means(response) == "larger"
    if opened.definition.responses[response].is_yes_no:
        understood = f"{response} is {'more' if larger else 'less'} likely for {first} than for {second}"
    else:
        understood = f"{first} has a {'larger' if larger else 'smaller'} {response} than {second}"
    print(f"{'Recorded' if is_new else 'Known already'}: {understood}.")
