"""All that is known of one experiment, on a terminal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...datasets import Experiment, Measurement, Response
from ...datasets.store import Event
from ...planner.problem import measured
from ...planner.wording import percent, rounded
from ..definition import Definition
from .render import condition, heading
from .terminal import say, title


def print_experiment(
    to: Console, experiment: Experiment, events: Sequence[Event], definition: Definition
) -> None:
    """Conditions, results, forecast against outcome, history."""
    standing = f"{experiment.status}, {experiment.failure}" if experiment.failure else f"{experiment.status}"
    say(to, f"{experiment.id}: {standing}, from {experiment.source or 'an unknown source'}")
    if experiment.note:
        say(to, f"Note: {experiment.note}")
    title(to, "Conditions")
    to.print(_conditions_table(experiment, definition))
    title(to, "Results")
    if experiment.history:
        to.print(_results_table(experiment, definition.responses))
    else:
        say(to, "Nothing measured yet.")
    if experiment.forecast is not None:
        title(to, "Forecast when it was accepted, against the outcome")
        to.print(_forecast_table(experiment, definition.responses))
    if events:
        title(to, "History")
        say(to, map(_in_words, events))


def _conditions_table(experiment: Experiment, definition: Definition) -> Table:
    table = Table()
    table.add_column("")
    was_changed = dict(experiment.planned) != dict(experiment.executed)
    for column in ("planned", "executed", "") if was_changed else ("planned and executed",):
        table.add_column(column, justify="right" if column else "left")
    for parameter in definition.space:
        planned, executed = experiment.planned[parameter.name], experiment.executed[parameter.name]
        cells = [escape(condition(planned))]
        if was_changed:
            cells += [escape(condition(executed)), "changed" if planned != executed else ""]
        table.add_row(heading(parameter.name, parameter.unit), *cells)
    return table


def _results_table(experiment: Experiment, responses: Mapping[str, Response]) -> Table:
    order = [*responses, *(m.response for m in experiment.history)]
    by_number = {m.id: m for m in experiment.history}
    history = sorted(experiment.history, key=lambda m: order.index(m.response))
    rows = []
    for m in history:
        unit = responses[m.response].unit if m.response in responses else None
        cells = (str(m.value), str(m.replicate), _when(m.at), m.who, m.note, _mark(m, by_number))
        rows.append([heading(m.response, unit), *map(escape, cells)])
    headers = ("response", "value", "replicate", "when", "who", "note", "")
    return _filled_columns(headers, rows, [None if m.counts else "dim" for m in history])


def _filled_columns(
    headers: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str | None]
) -> Table:
    """A table without the columns that hold nothing."""
    table = Table()
    kept = [i for i in range(len(headers)) if any(row[i] for row in rows)]
    for i in kept:
        right = headers[i] in ("value", "replicate", "forecast", "outcome")
        table.add_column(headers[i], justify="right" if right else "left", overflow="fold")
    for row, style in zip(rows, styles, strict=True):
        table.add_row(*(row[i] for i in kept), style=style)
    return table


def _mark(measurement: Measurement, by_number: Mapping[int, Measurement]) -> str:
    if measurement.void_reason is not None:
        return f"withdrawn: {measurement.void_reason}"
    if measurement.superseded_by is None:
        return ""
    correction = by_number.get(measurement.superseded_by)
    return f"corrected to {correction.value}" if correction is not None else "corrected"


def _when(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _forecast_table(experiment: Experiment, responses: Mapping[str, Response]) -> Table:
    stored: Any = (experiment.forecast or {}).get("forecast", {})
    rows = []
    for name, response in responses.items():
        if name in stored:
            label = f"P({escape(name)})" if response.is_yes_no else heading(name, response.unit)
            rows.append([label, *_against_outcome(stored[name], experiment, response)])
    return _filled_columns(("response", "forecast", "outcome", ""), rows, [None] * len(rows))


def _against_outcome(
    forecast: Mapping[str, float], experiment: Experiment, response: Response
) -> tuple[str, str, str]:
    if response.is_yes_no:
        values = experiment.values(response.name)
        return percent(forecast["probability"]), "; ".join(map(str, values)), ""
    low, median, high = (forecast[part] for part in ("low", "median", "high"))
    said = f"{rounded(median)} ({rounded(low)}-{rounded(high)})"
    value = measured(experiment, response)
    if value is None:
        bounds = "; ".join(map(str, experiment.values(response.name)))
        return said, bounds, ""
    verdict = "inside the interval" if low <= value <= high else "below it" if value < low else "above it"
    return said, f"{value:.4g}", verdict


def _in_words(event: Event) -> str:
    detail = dict(event.detail)
    words = [f"{_when(event.at)} {event.who}: {event.action}"]
    after, before = detail.pop("executed", None), detail.pop("executed_before", {})
    if after is not None:
        detail["conditions"] = {
            name: f"{_plain(before.get(name))} -> {_plain(value)}"
            for name, value in after.items()
            if value != before.get(name)
        }
    words += [f"{key.replace('_', ' ')} {_plain(value)}" for key, value in detail.items()]
    return ", ".join(words)


def _plain(value: object) -> str:
    """A detail of an event as people would write it."""
    if isinstance(value, Mapping):
        if value.get("not_stated"):
            return "not stated"
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return "; ".join(map(_plain, value))
    return condition(value)
