"""Suggestions, experiments and campaigns on a terminal."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...datasets import NOT_STATED, Experiment, ParameterSpace, Response, shortest
from ...datasets.qualified_value import join_replicates
from ...planner.problem import Problem
from ...planner.suggestion import Suggestion, Suggestions
from ...planner.wording import percent, rounded
from ..plan_words import role_in_words

_COLUMNS_AT_ONCE = 4
_ENDLESS = 10_000
_ABSENT = "-"


def heading(name: str, unit: str | None) -> str:
    """Name with its unit, as in a table header."""
    return escape(f"{name} [{unit}]" if unit else name)


def condition(value: object) -> str:
    """One condition in a cell."""
    if value is None:
        return _ABSENT
    if value is NOT_STATED:
        return "?"
    return shortest(value) if isinstance(value, float) else str(value)


def print_suggestions(console: Console, suggestions: Suggestions, problem: Problem) -> None:
    """Tables of a few suggestions side by side, then the reasons."""
    for table in _tables_that_fit(console, suggestions, problem):
        console.print(table)
    for number, suggestion in enumerate(suggestions, 1):
        console.print(f"[bold]{suggestion.id or number}[/bold]", highlight=False)
        for reason in suggestion.reasons:
            console.print(f"  {reason}", highlight=False, markup=False)
        if suggestion.nearest[1:]:
            console.print(f"  Also alike: {', '.join(suggestion.nearest[1:])}", highlight=False, markup=False)


def _tables_that_fit(console: Console, suggestions: Suggestions, problem: Problem) -> list[Table]:
    """Tables with as many suggestions side by side as the terminal shows without cutting anything off."""
    tables: list[Table] = []
    endless = console.options.update(max_width=_ENDLESS)
    for at_once in range(_COLUMNS_AT_ONCE, 0, -1):
        starts = range(0, len(suggestions), at_once)
        tables = [
            _suggestion_table(suggestions.items[start : start + at_once], start, problem) for start in starts
        ]
        if all(console.measure(t, options=endless).maximum <= console.width for t in tables):
            break
    return tables


def _suggestion_table(shown: Sequence[Suggestion], start: int, problem: Problem) -> Table:
    table = Table(title="Next experiments" if start == 0 else None, title_justify="left", show_lines=False)
    table.add_column("", no_wrap=True)
    for number, suggestion in enumerate(shown, start + 1):
        table.add_column(suggestion.id or str(number), justify="right")
    if any(suggestion.purpose for suggestion in shown):
        table.add_row("purpose", *[role_in_words(s.purpose) for s in shown])
    for parameter in problem.space:
        cells = [escape(condition(s.parameters[parameter.name])) for s in shown]
        table.add_row(heading(parameter.name, parameter.unit), *cells)
    table.add_section()
    for name, response in problem.responses.items():
        cells = [_forecast(s.forecast[name]) for s in shown]
        label = heading(name, response.unit) if not response.is_yes_no else f"P({name})"
        table.add_row(label, *cells, style=_style(name, problem))
    for name, cost in problem.costs.items():
        cells = [f"{s.costs[name]:.6g}" for s in shown]
        table.add_row(heading(name, cost.unit), *cells, style=_style(name, problem))
    table.add_section()
    table.add_row("chance to improve", *[_or_absent(s.improvement["probability"], percent) for s in shown])
    several = len(problem.goal.objectives) > 1
    label, text = ("growth of the front", percent) if several else ("expected gain", rounded)
    table.add_row(label, *[_or_absent(s.improvement["expected"], text) for s in shown])
    return table


def _style(name: str, problem: Problem) -> str | None:
    return "bold" if name in problem.goal.names else None


def _forecast(values: Mapping[str, float]) -> str:
    if "probability" in values:
        return percent(values["probability"])
    low, median, high = (rounded(values[part]) for part in ("low", "median", "high"))
    return f"{median} ({low}-{high})"


def _or_absent(value: float | None, text: object) -> str:
    return _ABSENT if value is None else text(value)  # pyright: ignore[reportCallIssue]


def experiments_table(
    experiments: Sequence[Experiment], space: ParameterSpace, responses: Mapping[str, Response]
) -> Table:
    """One row an experiment: where it stands, its conditions in one cell, its results in another."""
    table = Table(show_lines=False)
    for name in ("id", "status", "conditions", "results"):
        table.add_column(name, overflow="fold")
    for experiment in experiments:
        results = [
            f"{name} {join_replicates(values)}" for name in responses if (values := experiment.values(name))
        ]
        status = (
            f"{experiment.status}, {experiment.failure}" if experiment.failure else str(experiment.status)
        )
        cells = (experiment.id, status, in_one_line(experiment, space), ", ".join(results) or _ABSENT)
        table.add_row(*map(escape, cells))
    return table


def in_one_line(experiment: Experiment, space: ParameterSpace) -> str:
    """Executed conditions that apply, in short."""
    parts = []
    for parameter in space:
        value = experiment.executed[parameter.name]
        if value is not None:
            unit = f" {parameter.unit}" if parameter.unit and isinstance(value, float) else ""
            text = f"{condition(value)}{unit}"
            parts.append(f"{parameter.name} ?" if value is NOT_STATED else text)
    return ", ".join(parts)
