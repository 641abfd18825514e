"""Where a campaign stands, in a notebook: at once, without learning anything."""

from collections import Counter
from collections.abc import Iterable, Sequence

from ..datasets import Dataset, Experiment, InputError, OvenbirdError, Status
from ..models.html_pieces import (
    Html,
    bold,
    box,
    code,
    html,
    id_html,
    items,
    joined,
    paragraph,
    table,
)
from ..models.picture_style import in_print, in_words, percent, quantity
from ..planner.goal import Objective
from ..planner.limits import Limit, YesNoLimit
from ..planner.problem import Problem
from ..planner.week_words import settings
from .best_so_far import BestSoFar, best_so_far
from .budget import Budget
from .campaign_records import CampaignRecords
from .plan_units import units_of_parameters

_MOST_BEST, _MOST_AWAITED = 5, 12


def campaign_html(campaign: CampaignRecords) -> Html:
    """Counts, the best so far, and what to do next; a fault of the data is told in its place.

    Parameters
    ----------
    campaign
        Any; nothing is learned or written.
    """
    definition = campaign.definition
    titled = f"{definition.name}: {definition.title}" if definition.title else definition.name
    try:
        own, data = campaign.own_dataset(), campaign.dataset()
    except OvenbirdError as error:
        faults = error.faults if isinstance(error, InputError) else (str(error),)
        wrong = [html(fault) for fault in faults[:_MOST_BEST]]
        return box(titled, paragraph(bold("What is known cannot be read:")), items(wrong))
    budget = None if definition.budget is None else Budget.after(definition.budget, own)
    rows = [["goal", _goal(campaign.problem)]]
    if definition.limits or definition.cost_limits:
        rows.append(["limits", _limits(campaign.problem)])
    made_here = [e for e in own.experiments if e.is_own]
    rows.append(["made here", html(_by_status(made_here))])
    literature = [e for e in data.experiments if not (e.is_own and e.id in own.by_id)]
    if literature:
        rows.append(["from elsewhere", html(_by_source(literature))])
    if budget is not None:
        rows.append(["budget", html(budget.standing)])
    rows.append(["best so far", _best(campaign.problem, data)])
    rows.append(["next", _next(campaign, own, data, budget)])
    cells = [[bold(name), content] for name, content in rows]
    return box(titled, table(["", ""], cells), items([html(m) for m in campaign.dataset_messages]))


def _goal(problem: Problem) -> Html:
    return joined([_wanted(objective, problem) for objective in problem.goal.objectives], ", ")


def _wanted(objective: Objective, problem: Problem) -> str:
    name, unit = in_words(objective.response), problem.unit_of(objective.response)
    if objective.target is not None:
        return f"{name} as near as possible to {quantity(objective.target, unit)}"
    return f"{objective.sense} {name}" + (f" [{in_print(unit)}]" if unit else "")


def _limits(problem: Problem) -> Html:
    said = [_limit(limit, problem) for limit in problem.limits]
    said += [
        f"{in_words(limit.cost.name)} {in_words(limit.side)} {quantity(limit.bound, limit.cost.unit)}"
        for limit in problem.cost_limits
    ]
    return joined(said, "; ")


def _limit(limit: Limit, problem: Problem) -> str:
    name, side = in_words(limit.response), in_words(limit.side)
    if isinstance(limit, YesNoLimit):
        return f"{name}: chance of yes {side} {percent(limit.probability)}"
    bound = quantity(limit.bound, problem.unit_of(limit.response))
    return f"{name} {side} {bound} with {percent(limit.with_probability)}"


def _by_status(experiments: Iterable[Experiment]) -> str:
    counts = Counter(experiment.status for experiment in experiments)
    return ", ".join(f"{counts[status]} {status}" for status in Status if counts[status]) or "nothing yet"


def _by_source(experiments: Sequence[Experiment]) -> str:
    counts = Counter(experiment.source or "unknown source" for experiment in experiments)
    return ", ".join(f"{count} of {source}" for source, count in counts.most_common(_MOST_BEST))


def _best(problem: Problem, data: Dataset) -> Html:
    best = best_so_far(problem, data)
    if not best:
        sources = " or ".join(map(in_words, problem.goal_sources))
        return html(f"no value of {sources} is known yet within the limits")
    shown = [_one(problem, one) for one in best[:_MOST_BEST]]
    if len(best) > len(shown):
        shown.append(html(f"and {len(best) - len(shown)} more on the front"))
    return joined(shown[:1]) if len(shown) == 1 else items(shown)


def _one(problem: Problem, best: BestSoFar) -> Html:
    made = best.experiment
    several = len(best.values) > 1
    values = ", ".join(
        f"{f'{in_words(name)} ' if several else ''}{quantity(value, problem.unit_of(name))}"
        for name, value in best.values.items()
    )
    where = "" if made.is_own else f"({made.source or 'unknown source'})"
    how = settings(made.executed, units_of_parameters(problem.space))
    who = joined([id_html(made.id), *([where] if where else [])], " ")
    return Html(f"{bold(values)}, {who}: {html(how)}")


def _next(campaign: CampaignRecords, own: Dataset, data: Dataset, budget: Budget | None) -> Html:
    """What to do, with what to type for it."""
    definition = campaign.definition
    awaited = campaign.problem.awaited(own)
    said: list[str] = []
    if awaited:
        ids = [id_html(e.id) for e in awaited[:_MOST_AWAITED]]
        more = f" and {len(awaited) - len(ids)} more" if len(awaited) > len(ids) else ""
        who = "1 sample waits" if len(awaited) == 1 else f"{len(awaited)} samples wait"
        example = f'campaign.log("{awaited[0].id}", {campaign.problem.goal_sources[0]}=...)'
        said.append(
            Html(f"{who} for results: {joined(ids, ', ')}{more}. Enter what is known: {code(example)}")
        )
    if not data.experiments:
        said.append(Html(f"Nothing is known yet. Add what was made before: {code('campaign.add(table)')}"))
    if budget is not None and not budget.left:
        return joined([*said, html("The budget is used up.")], " ")
    if definition.lab is not None and definition.lab.steps:
        week = "Plan the week again with it" if awaited else "Plan a week"
        said.append(Html(f"{week}: {code('campaign.plan()')}, and keep it: {code('campaign.adopt(plan)')}"))
    else:
        asked = "campaign.suggest(4)"
        said.append(
            Html(f"Ask what to make: {code(asked)}, and keep it: {code('campaign.accept(suggestions)')}")
        )
    return items(said) if len(said) > 1 else joined(said)
