"""What an experiment still waits for, in words."""

from ...datasets import Experiment
from ..campaign import Campaign


def standing(campaign: Campaign, known: Experiment) -> str:
    """Its status, and what is not measured yet if anything is awaited."""
    if not known.is_pending:
        return f"It is {known.status}: the next suggestions do not wait for more."
    missing = [
        name
        for name, response in campaign.definition.responses.items()
        if not response.is_derived and not known.values(name)
    ]
    return f"It is {known.status}; not measured yet: {', '.join(missing) or 'nothing'}."
