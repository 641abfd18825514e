"""`ovenbird show` and `status`: where the campaign, or one experiment, stands."""

from typing import TYPE_CHECKING, Annotated

import typer

from .arguments import CampaignFile

if TYPE_CHECKING:
    from ..campaign import Campaign


def show(
    campaign: CampaignFile,
    experiment: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Experiment; without one, the same as status.")
    ] = None,
) -> None:
    """Show one experiment: conditions, every result and correction, forecast against outcome, history.

    Example: ovenbird show ltvo.yaml LTVO-017
    """
    from ...datasets import NotFound
    from ..campaign import Campaign
    from .experiment_page import print_experiment
    from .terminal import console

    opened = Campaign.open(campaign)
    if experiment is None:
        _print_status(opened)
        return
    known = opened.experiment(experiment)
    try:
        events = opened.events(known.id)
    except NotFound:  # of the literature: nobody here did anything to it
        events = ()
    print_experiment(console(), known, events, opened.definition)


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
