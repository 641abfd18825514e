"""Where a campaign stands, on a terminal."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console

from ...datasets import Dataset, Experiment, InputError, Status, listed
from ...planner.goal import Objective
from ...planner.problem import Problem
from ..best_so_far import BestSoFar, best_so_far
from ..campaign import Campaign
from .edge import working
from .render import experiments_table
from .terminal import plural, say


def print_status(to: Console, campaign: Campaign) -> None:
    """Counts, the best so far, and own experiments with the pending ones first."""
    own, data = campaign.own_dataset(), campaign.dataset()
    titled = f"{campaign.name}: {campaign.definition.title}" if campaign.definition.title else campaign.name
    say(to, f"Campaign {titled}")
    say(to, f"Own experiments: {by_status(own.experiments)}. Literature: {by_source(own, data)}.")
    say(to, _best(campaign, data))
    if (budget := campaign.budget) is not None:
        say(to, budget.standing)
    say(to, campaign.dataset_messages)
    if not len(own):
        say(to, f"Nothing made yet; start with: suggest-next-experiment {campaign.definition.path} --save")
        return
    if (advice := _stop_or_go_on(campaign, own)) is not None:
        say(to, f"Stop or go on? {advice}")
    ordered = sorted(own.experiments, key=lambda e: not e.is_pending)
    to.print(experiments_table(ordered, campaign.space, campaign.definition.responses))


def _stop_or_go_on(campaign: Campaign, own: Dataset) -> str | None:
    """Advice once the own lab has measured what counts; before, there is nothing to weigh."""
    if not any(e.is_own and campaign.problem.has_goal_value(e) for e in own.experiments):
        return None
    with working("Weighing what is left to gain"):
        try:
            advice = campaign.stopping()
        except InputError:  # rules that leave nothing; the suggestions say so
            return None
    return None if advice is None else advice.advice


def by_status(experiments: Iterable[Experiment]) -> str:
    """Counts in words: ``3 planned, 1 measured``."""
    counts = Counter(experiment.status for experiment in experiments)
    return ", ".join(f"{counts[status]} {status}" for status in Status if counts[status]) or "none"


def by_source(own: Dataset, data: Dataset) -> str:
    """Counts of what is learned from besides own experiments: ``16 of 10.1039/d5ta07405c``."""
    literature: Sequence[Experiment] = [e for e in data.experiments if e.id not in own.by_id]
    counts = Counter(experiment.source or "unknown source" for experiment in literature)
    return ", ".join(f"{count} of {source}" for source, count in counts.items()) or "none"


def _best(campaign: Campaign, data: Dataset) -> list[str]:
    problem = campaign.problem
    best = best_so_far(problem, data)
    if not best:
        return [f"No value of {' or '.join(problem.goal_sources)} is known yet within the limits."]
    if len(problem.goal.objectives) == 1:
        return [_single_best(problem, problem.goal.objectives[0], best[0])]
    wanted = listed([goal_in_words(o, problem.unit_of(o.response)) for o in problem.goal.objectives], "and")
    return [
        f"Front of {plural(len(best), 'experiment')} that broke no limit ({wanted}):",
        *(f"  {one.experiment.id}: {_values(problem, one)}" for one in best),
    ]


def _single_best(problem: Problem, objective: Objective, best: BestSoFar) -> str:
    unit = problem.unit_of(objective.response)
    nearest = ""
    if objective.target is not None:
        nearest = f"Nearest to {objective.target:g}{f' {unit}' if unit else ''} in"
    wanted = {"maximise": "Largest", "minimise": "Smallest"}.get(objective.sense, nearest)
    value = _values(problem, best, named=False)
    return f"{wanted} {objective.response} that broke no limit: {value}, {best.experiment.id}."


def _values(problem: Problem, best: BestSoFar, *, named: bool = True) -> str:
    said = []
    for name, value in best.values.items():
        unit = problem.unit_of(name)
        said.append(f"{f'{name} ' if named else ''}{value:.4g}{f' {unit}' if unit else ''}")
    return ", ".join(said)


def goal_in_words(objective: Objective, unit: str | None) -> str:
    """What is wanted of one response or cost: ``maximise capacity``."""
    if objective.target is None:
        return f"{objective.sense} {objective.response}"
    return f"{objective.response} as near as possible to {objective.target:g}{f' {unit}' if unit else ''}"
