"""What `ovenbird check` has to say, on a terminal."""

from collections.abc import Mapping
from datetime import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import make_url

from ...datasets import CategoricalParameter, Dataset, Parameter, listed
from ...models.beliefs import Beliefs
from ...models.diagnostics import LeaveOneOutSummary
from ...models.features import Belief, Feature, PowerLaw
from ...planner.cost import CostLimit
from ...planner.lab import DAY_NAMES, Calendar, Lab
from ...planner.limits import Limit, YesNoLimit
from ...planner.wording import percent, rounded, with_unit
from ..campaign import Campaign
from ..definition import Definition
from .model_words import model_in_words, outliers_in_words
from .status_page import by_source, by_status, goal_in_words
from .terminal import plural, say, title


def print_check(
    to: Console,
    campaign: Campaign,
    data: Dataset,
    beliefs: Beliefs,
    summaries: Mapping[str, LeaveOneOutSummary],
) -> None:
    """The whole page."""
    definition = campaign.definition
    _print_heading(to, campaign, data)
    title(to, "Parameters")
    to.print(_parameters_table(definition))
    if campaign.problem.rules:
        title(to, "Rules")
        for rule in campaign.problem.rules:
            say(to, f"{rule} ({rule.reason})" if rule.reason else str(rule))
    if definition.features:
        title(to, "Physics that the surrogates may use")
        say(to, (f"{name}: {_feature(feature)}" for name, feature in definition.features.items()))
    title(to, "Responses, and how each is modelled")
    for name, response in definition.responses.items():
        to.print(f"[bold]{escape(name)}[/bold]")
        say(to, (f"  {sentence}" for sentence in model_in_words(response, beliefs, definition.features)))
    if beliefs.contradictions:
        title(to, "Expectations that the data contradict")
        say(to, beliefs.contradictions)
    if outliers := outliers_in_words(beliefs, list(definition.responses)):
        title(to, "Values that do not fit the others")
        say(to, outliers)
    title(to, "Goal and limits")
    say(to, _goal(definition))
    say(to, map(_limit, definition.limits))
    say(to, map(_cost_limit, definition.cost_limits))
    if definition.costs:
        say(to, f"Costs, computed from the steps: {_costs(definition)}.")
    if definition.lab is not None:
        say(to, f"Lab: {_lab(definition.lab)}.")
    title(to, "Each experiment forecast from all others (leave-one-out)")
    if summaries:
        to.print(_leave_one_out_table(summaries, beliefs))
    else:
        say(to, "Nothing to hold forecasts against yet: the first results will show.")
    if campaign.dataset_messages:
        title(to, "Left aside of own experiments")
        say(to, campaign.dataset_messages)
    if campaign.learn_from_messages:
        title(to, "Left out of what is learned from")
        say(to, campaign.learn_from_messages)


def _print_heading(to: Console, campaign: Campaign, data: Dataset) -> None:
    definition, own = campaign.definition, campaign.own_dataset()
    titled = f"{campaign.name}: {definition.title}" if definition.title else campaign.name
    say(to, f"Campaign {titled}")
    say(to, f"{definition.path} is in order.")
    say(to, f"Results go into {_results_go_to(campaign)}.")
    if definition.learn_from:
        say(to, f"Learns from {' and '.join(definition.learn_from)}, read-only.")
    say(to, f"Own experiments: {by_status(own.experiments)}. Literature: {by_source(own, data)}.")
    if data.comparisons:
        say(to, f"Comparisons: {len(data.comparisons)}.")


def _results_go_to(campaign: Campaign) -> str:
    url = make_url(campaign.definition.dataset_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return campaign.store.label
    file = Path(url.database)
    return str(file) if file.exists() else f"{file}, which the first result makes"


def _parameters_table(definition: Definition) -> Table:
    table = Table()
    for column in ("parameter", "allowed", "step", "only when"):
        table.add_column(column, overflow="fold")
    for parameter in definition.space:
        when = " and ".join(f"{parent} is {listed(values)}" for parent, values in parameter.when.items())
        cells = (parameter.name, parameter.allowed, _step(parameter), when)
        table.add_row(*map(escape, cells))
    return table


def _step(parameter: Parameter) -> str:
    if isinstance(parameter, CategoricalParameter) or parameter.levels:
        return ""
    scale = ", log scale" if parameter.scale == "log" else ""
    return f"any value{scale}" if parameter.step is None else f"{parameter.step:g}{scale}"


def _feature(feature: Feature) -> str:
    if isinstance(feature, PowerLaw):
        return " x ".join(f"{name}^({_belief(power)})" for name, power in feature.exponents.items())
    energy = _belief(feature.activation_energy_kj_mol)
    return (
        f"{feature.time} at {feature.temperature} weighed by Arrhenius, activation energy {energy} kJ/mol, "
        f"heating at {feature.heating_rate_k_h:g} K/h"
    )


def _belief(constant: Belief) -> str:
    return f"{constant.mean:g} ± {constant.sd:g}" if constant.sd else f"{constant.mean:g}"


def _goal(definition: Definition) -> list[str]:
    units = {name: r.unit for name, r in definition.responses.items()}
    units |= {name: cost.unit for name, cost in definition.costs.items()}
    wanted = [goal_in_words(o, units[o.response]) for o in definition.goal.objectives]
    if len(wanted) == 1:
        # A name keeps its small letter.
        begins = definition.goal.objectives[0].target is None
        return [f"{wanted[0][0].upper() if begins else wanted[0][0]}{wanted[0][1:]}."]
    return [
        f"Several objectives, traded against each other: {listed(wanted, 'and')}.",
        "What is looked for is the front: conditions that can be bettered in one only by losing in another.",
    ]


def _costs(definition: Definition) -> str:
    said = []
    for name, cost in definition.costs.items():
        low, high = cost.ends(definition.space)
        said.append(
            f"{name} {low:.6g} to {high:.6g} {cost.unit}" if low < high else f"{name} {low:.6g} {cost.unit}"
        )
    return ", ".join(said)


def _cost_limit(limit: CostLimit) -> str:
    return f"{limit}: known from the steps of the lab, so it holds exactly."


def _limit(limit: Limit) -> str:
    side = "at least" if limit.side == "at_least" else "at most"
    if isinstance(limit, YesNoLimit):
        return f"{limit.response}: the probability of yes must be {side} {percent(limit.probability)}."
    return (
        f"{limit.response}: {side} {limit.bound:g}, with a probability of {percent(limit.with_probability)}."
    )


def _lab(lab: Lab) -> str:
    parts = [f"{r.count} x {name}" for name, r in lab.resources.items()]
    steps = " -> ".join(step.name for step in lab.steps)
    said = [", ".join(parts), f"steps {steps}" if steps else ""]
    if lab.calendar is not None:
        said.append(_calendar(lab.calendar))
    if lab.samples_a_week is not None:
        said.append(f"{plural(lab.samples_a_week, 'sample')} a week")
    return "; ".join(part for part in said if part)


def _calendar(calendar: Calendar) -> str:
    days = ", ".join(DAY_NAMES[day] for day in calendar.days)
    closes = "24:00" if calendar.closes == time.max else f"{calendar.closes:%H:%M}"
    return f"open {days} {calendar.opens:%H:%M}-{closes}"


def _leave_one_out_table(summaries: Mapping[str, LeaveOneOutSummary], beliefs: Beliefs) -> Table:
    table = Table()
    for column in (
        "response",
        "values",
        "mean error",
        "inside their 90 % interval",
        "Brier score (0 is best)",
        "Brier score of their share",
    ):
        table.add_column(column, justify="left" if column == "response" else "right")
    for name, summary in summaries.items():
        unit = beliefs.responses[name].unit
        error = summary.mean_absolute_error
        table.add_row(
            escape(name),
            str(summary.n),
            "" if error is None else escape(with_unit(error, unit)),
            "" if summary.coverage is None else percent(summary.coverage[0.9]),
            "" if summary.brier is None else rounded(summary.brier),
            "" if summary.brier_of_share is None else rounded(summary.brier_of_share),
        )
    return table
