"""`ovenbird show` and `status`: where the campaign, one experiment, or what is believed stands."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...datasets.errors import InputError
from .arguments import CampaignFile
from .edge import working

if TYPE_CHECKING:
    from ...datasets import Dataset, Experiment
    from ..campaign import Campaign

_WIDTH_OF_PIPES = 100  # the page of a model is mostly sentences, which read badly any wider


def show(
    campaign: CampaignFile,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID | RESPONSE...]",
            help="Experiment, or with --model responses; without any, the same as status, or all responses.",
        ),
    ] = None,
    model: Annotated[
        bool, typer.Option("--model", help="Show what is believed of responses, and how far to trust it.")
    ] = False,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="With --model: say what carries the forecast at this experiment's conditions, not at those "
            "of the best so far.",
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="With --model: also write pictures (PNG) into a folder."),
    ] = None,
) -> None:
    """Show one experiment: conditions, every result and correction, forecast against outcome, history.

    With --model, show what is believed of one, several or all responses.

    Example: ovenbird show ltvo.yaml LTVO-017

    Example: ovenbird show ltvo.yaml --model discharge_capacity --pictures pictures
    """
    from ..campaign import Campaign

    chosen = names or []
    _check_words(chosen, at, pictures, model=model)
    opened = Campaign.open(campaign)
    if model:
        _print_model(opened, chosen, at, pictures)
    elif chosen:
        _print_experiment(opened, chosen[0])
    else:
        _print_status(opened)


def _check_words(names: list[str], at: str | None, pictures: Path | None, *, model: bool) -> None:
    if model:
        return
    if at is not None or pictures is not None:
        option = "--pictures" if at is None else "--at"
        raise InputError(
            f"{option} belongs to --model: ovenbird show CAMPAIGN --model [RESPONSE...] {option} ..."
        )
    if len(names) > 1:
        raise InputError(
            f"one experiment is shown at a time, got {' and '.join(names)}; for responses add --model"
        )


def _print_experiment(campaign: "Campaign", experiment: str) -> None:
    from ...datasets import NotFound
    from .experiment_page import print_experiment
    from .terminal import console

    try:
        known = campaign.experiment(experiment)
    except NotFound as error:
        if experiment in campaign.definition.responses:
            raise NotFound(f"{error}; for the response add --model") from None
        raise
    try:
        events = campaign.events(known.id)
    except NotFound:  # of the literature: nobody here did anything to it
        events = ()
    print_experiment(console(), known, events, campaign.definition)


def _print_model(campaign: "Campaign", names: list[str], at: str | None, pictures: Path | None) -> None:
    from ...models.diagnostics import leave_one_out
    from ...models.threads import one_thread
    from .model_page import Shown, checked_responses, print_model
    from .model_pictures import made_folder, write_pictures
    from .terminal import console, say

    shown_names = checked_responses(names, campaign.definition)
    data = campaign.dataset()
    place = _place(campaign, data, at)
    folder = None if pictures is None else made_folder(pictures)
    with working(f"Learning from {len(data)} experiments"):
        beliefs = campaign.beliefs(data)
    with working("Forecasting every experiment from the others"), one_thread():
        left_out = leave_one_out(beliefs)
    with one_thread():
        print_model(
            console(_WIDTH_OF_PIPES), Shown(campaign.definition, beliefs, left_out, place), shown_names
        )
        if folder is not None:
            with working("Drawing"):
                files = write_pictures(folder, beliefs, left_out, shown_names, place)
            say(console(_WIDTH_OF_PIPES), ["", *(f"Wrote {file}." for file in files)])


def _place(campaign: "Campaign", data: "Dataset", at: str | None) -> "Experiment | None":
    """The experiment whose conditions are looked at: the one named, or the best so far."""
    from ..best_so_far import best_so_far
    from .model_page import check_stated

    if at is None:
        best = best_so_far(campaign.problem, data)
        return best[0].experiment if best else None
    experiment = campaign.experiment(at)
    check_stated(experiment)
    return experiment


def status(campaign: CampaignFile) -> None:
    """Show where the campaign stands: what is pending, what was made, the best so far.

    Example: ovenbird status ltvo.yaml
    """
    from ..campaign import Campaign

    _print_status(Campaign.open(campaign))


def _print_status(campaign: "Campaign") -> None:
    from .status_page import print_status
    from .terminal import console

    print_status(console(), campaign)
