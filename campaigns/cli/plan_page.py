"""The plan of a lab week on a terminal: what there is to decide, who does what when, and why."""

from collections.abc import Sequence
from datetime import datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...planner.lab import Lab
from ...planner.suggestion import Suggestion
from ...planner.timetable import SampleInPlan
from ...planner.week_plan import WeekPlan
from ...planner.wording import in_full, percent
from ..plan_parts import Part, machine_of, parts, path
from ..plan_words import (
    Units,
    clock,
    day_in_week,
    day_of_month,
    headline,
    ids_in_short,
    one_line,
    role_in_words,
    setting_list,
    settings_in_words,
    when,
)
from .terminal import say, title
from .text_gantt import print_gantt

# Columns from which on everything of a run, or of a sample, stands side by side.
_TIMES_APART, _ROOMY = 105, 150


def print_plan(console: Console, plan: WeekPlan, lab: Lab, units: Units | None = None) -> None:
    """Print the whole page.

    Parameters
    ----------
    console
        Whose width counts.
    plan
        Finished.
    lab
        That it is for.
    units
        Of the parameters, by name; without them settings stand with their names.
    """
    units = units or {}
    everything = parts(plan, lab)
    say(console, headline(plan))
    _print_decisions(console, plan)
    if everything:
        title(console, "Day by day")
        console.print(_runs_table(plan, lab, everything, units, console))
    if plan.samples:
        title(console, "Samples")
        console.print(_samples_table(plan, lab, everything, units, console))
    _print_reasons(console, plan)
    if everything:
        title(console, "Machines")
        print_gantt(console, plan, lab)
    for heading, sentences in (("Changes against the plan before", plan.changes), ("Also", plan.messages)):
        if sentences:
            title(console, heading)
            _print_items(console, sentences)


def _print_decisions(console: Console, plan: WeekPlan) -> None:
    if not plan.decisions:
        return
    title(console, "To decide")
    lines = Table.grid(padding=(0, 2))
    lines.add_column(overflow="fold")
    lines.add_column(overflow="fold", ratio=1)
    for decision in plan.decisions:
        advice, style = ("go on", "green") if decision.goes_on else ("stop", "bold red")
        named = one_line(decision.sentence)
        if decision.experiment not in named:
            named = f"{one_line(decision.experiment)}: {named}"
        lines.add_row(Text(advice, style), Text(named))
    console.print(lines)


def _print_items(console: Console, sentences: Sequence[str]) -> None:
    lines = Table.grid(padding=(0, 1))
    lines.add_column(no_wrap=True)
    lines.add_column(overflow="fold", ratio=1)
    for sentence in sentences:
        lines.add_row("-", Text(one_line(sentence)))
    console.print(lines)


def _table(*columns: str, kept_whole: Sequence[str] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in kept_whole)
    return table


def _runs_table(
    plan: WeekPlan, lab: Lab, everything: Sequence[Part], units: Units, console: Console
) -> Table:
    """One row a run or piece of work by hand, under the day on which it begins."""
    if console.width >= _TIMES_APART:
        columns = ("day", "start", "ready", "emptied", "run", "machine", "what", "samples")
        table, cells_of = _table(*columns, kept_whole=columns[:4]), _cells_side_by_side
    else:
        columns = ("day", "start", "until", "what")
        table, cells_of = _table(*columns, kept_whole=columns[:3]), _cells_stacked
    shown = None
    for part in everything:
        today = part.start.date()
        if shown is not None and shown != today:
            table.add_section()
        cells = cells_of(part, plan, lab, units)
        table.add_row(Text("" if shown == today else day_of_month(today), "bold"), *map(Text, cells))
        shown = today
    return table


def _cells_side_by_side(part: Part, plan: WeekPlan, lab: Lab, units: Units) -> tuple[str, ...]:
    return (
        clock(part.start),
        _until(part, part.ready, plan),
        "" if part.attended else _until(part, part.end, plan),
        one_line(part.name),
        machine_of(part, lab),
        _what(part, units),
        one_line(ids_in_short(part.samples)),
    )


def _cells_stacked(part: Part, plan: WeekPlan, lab: Lab, units: Units) -> tuple[str, ...]:
    ready, end = _until(part, part.ready, plan), _until(part, part.end, plan)
    until = end if part.attended else f"ready {ready}\nemptied {end}"
    ids = one_line(ids_in_short(part.samples))
    what = f"{part.name} {_what(part, units)}".strip()
    return clock(part.start), until, f"{what}\n{machine_of(part, lab)}: {ids}"


def _until(part: Part, moment: datetime, plan: WeekPlan) -> str:
    return clock(moment) if moment.date() == part.start.date() else when(moment, plan.start)


def _what(part: Part, units: Units) -> str:
    said = [", ".join([one_line(part.step), *setting_list(part.settings, units)])]
    if part.gate is not None:
        said.append(f"gate: {part.gate}")
    if part.under_way:
        said.append("under way")
    return "; ".join(said)


def _samples_table(
    plan: WeekPlan, lab: Lab, everything: Sequence[Part], units: Units, console: Console
) -> Table:
    """One row a sample; where there is little room, what belongs together stands one below the other."""
    suggested = {suggestion.id: suggestion for suggestion in plan.suggestions}
    roomy = console.width >= _ROOMY
    if roomy:
        table = _table("sample", "role", "chance to improve", "limits", "conditions", "way")
    else:
        table = _table("sample", "role, chances", "conditions, way")
    for sample in plan.samples:
        suggestion = suggested.get(sample.experiment)
        role, chance = _role(sample, plan, everything), _chance(suggestion)
        limits = "\n".join(_limits(suggestion))
        made = settings_in_words(sample.conditions, units)
        if sample.grams:
            weighed = (f"{name} {in_full(grams, 'g')}" for name, grams in sample.grams.items())
            made = f"{made}\nweigh {one_line(', '.join(weighed))}"
        way = (" -> " if console.options.ascii_only else " → ").join(_way(sample, plan, lab, everything))
        if roomy:
            cells = (role, chance, limits, made, way)
        else:
            chances = (f"{chance} to improve" if chance else "", limits)
            cells = ("\n".join(filter(None, (role, *chances))), f"{made}\n{way}")
        table.add_row(Text(one_line(sample.experiment), "bold"), *map(Text, cells))
        if not roomy:
            table.add_section()
    return table


def _role(sample: SampleInPlan, plan: WeekPlan, everything: Sequence[Part]) -> str:
    if sample.role or sample.is_new:
        return one_line(role_in_words(sample.role))
    if any(part.under_way for part in path(sample.experiment, everything)):
        return "under way"
    return "stopped" if _is_stopped(sample, plan) else "planned before"


def _is_stopped(sample: SampleInPlan, plan: WeekPlan) -> bool:
    return any(d.experiment == sample.experiment and not d.goes_on for d in plan.decisions)


def _chance(suggestion: Suggestion | None) -> str:
    chance = None if suggestion is None else suggestion.improvement.get("probability")
    return "" if chance is None else percent(chance)


def _limits(suggestion: Suggestion | None) -> list[str]:
    limits = {} if suggestion is None else suggestion.limits
    return [f"P({one_line(name)}) {percent(probability)}" for name, probability in limits.items()]


def _way(sample: SampleInPlan, plan: WeekPlan, lab: Lab, everything: Sequence[Part]) -> list[str]:
    """Its steps in short: with the run where others go along, with both days where it is long."""
    steps = path(sample.experiment, everything)
    if not steps:
        return ["stops here" if _is_stopped(sample, plan) else "no step in this plan"]
    said = []
    for part in steps:
        known = lab.resources.get(part.resource) if part.resource is not None else None
        shared = known.takes_batches if known is not None else len(part.samples) > 1
        days = day_in_week(part.start, plan.start)
        if part.under_way:
            days = f"until {day_in_week(part.end, plan.start)}"
        elif (part.end.date() - part.start.date()).days > 1:
            days = f"{days}-{day_in_week(part.end, plan.start)}"
        said.append(one_line(f"{part.step} {part.name if shared else ''} {days}"))
    return said


def _print_reasons(console: Console, plan: WeekPlan) -> None:
    """The first reason of each new sample: the others stand with the suggestion."""
    told = [one for one in plan.suggestions if one.reasons]
    if not told:
        return
    title(console, "Why these")
    lines = Table.grid(padding=(0, 2))
    lines.add_column(overflow="fold")
    lines.add_column(overflow="fold", ratio=1)
    for suggestion in told:
        lines.add_row(Text(one_line(suggestion.id), "bold"), Text(one_line(suggestion.reasons[0])))
    console.print(lines)
