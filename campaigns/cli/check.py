"""`ovenbird check`: whether file and dataset are in order, and what will be modelled how."""

from .arguments import CampaignFile
from .edge import working


def check(campaign: CampaignFile) -> None:
    """Validate file and dataset, and say what will be modelled how.

    Example: ovenbird check ltvo.yaml
    """
    from ..campaign import Campaign
    from .check_page import print_check
    from .terminal import console

    with working("Reading the campaign"):
        opened = Campaign.open(campaign)
        data = opened.dataset()
    with working(f"Learning from {len(data)} experiments"):
        beliefs = opened.beliefs(data)
    with working("Forecasting every experiment from the others"):
        from ...models.diagnostics import leave_one_out, summarise
        from ...models.threads import one_thread

        with one_thread():
            summaries = summarise(leave_one_out(beliefs), beliefs)
    print_check(console(), opened, data, beliefs, summaries)
