"""Where a campaign stands, on a terminal."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console

from ...datasets import Dataset, Experiment, Status
from ..best_so_far import best_so_far
from ..campaign import Campaign
from .render import experiments_table
from .terminal import say


def print_status(to: Console, campaign: Campaign) -> None:
    """Counts, the best so far, and own experiments with the pending ones first."""
    own, data = campaign.own_dataset(), campaign.dataset()
    titled = f"{campaign.name}: {campaign.definition.title}" if campaign.definition.title else campaign.name
    say(to, f"Campaign {titled}")
    say(to, f"Own experiments: {by_status(own.experiments)}. Literature: {by_source(own, data)}.")
    say(to, _best(campaign, data))
    say(to, campaign.dataset_messages)
    if not len(own):
        say(to, f"Nothing made yet; start with: suggest-next-experiment {campaign.definition.path} --save")
        return
    ordered = sorted(own.experiments, key=lambda e: not e.is_pending)
    to.print(experiments_table(ordered, campaign.space, campaign.definition.responses))


def by_status(experiments: Iterable[Experiment]) -> str:
    """Counts in words: ``3 planned, 1 measured``."""
    counts = Counter(experiment.status for experiment in experiments)
    return ", ".join(f"{counts[status]} {status}" for status in Status if counts[status]) or "none"


def by_source(own: Dataset, data: Dataset) -> str:
    """Counts of what is learned from besides own experiments: ``16 of 10.1039/d5ta07405c``."""
    literature: Sequence[Experiment] = [e for e in data.experiments if e.id not in own.by_id]
    counts = Counter(experiment.source or "unknown source" for experiment in literature)
    return ", ".join(f"{count} of {source}" for source, count in counts.items()) or "none"


def _best(campaign: Campaign, data: Dataset) -> str:
    best = best_so_far(campaign.problem, data)
    goal = campaign.definition.goal
    response = campaign.definition.responses[goal.response]
    if best is None:
        return f"No value of {' or '.join(campaign.problem.goal_sources)} is known yet within the limits."
    unit = f" {response.unit}" if response.unit else ""
    nearest = f"Nearest to {goal.target:g}{unit} in" if goal.target is not None else ""
    wanted = {"maximise": "Largest", "minimise": "Smallest"}.get(goal.sense, nearest)
    return f"{wanted} {goal.response} that broke no limit: {best.value:.4g}{unit}, {best.experiment.id}."
