"""Suggestions and advice in a notebook: what to make, what to expect of it, and why."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..models.html_pieces import (
    ABSENT,
    LONGEST_NAME,
    Html,
    bold,
    box,
    folded,
    html,
    id_html,
    items,
    paragraph,
    quiet,
    table,
)
from ..models.picture_style import in_words
from .shown import ShownStopping, ShownSuggestion, ShownSuggestions
from .week_words import Units, condition, heading, purpose
from .wording import in_full, percent, rounded, with_unit

_CELSIUS = re.compile(r"(?<=\d) degC\b")
_MOST_SHOWN = 24
_SHARE = "share of the front"  # unit of what several objectives gain


def sentence_html(text: str, names: Iterable[str]) -> Html:
    """A sentence in which names are read without their underscores.

    >>> sentence_html("hold_time 3 h at 700 degC <hot>", ["hold_time"])
    'hold time 3 h at 700 °C &lt;hot&gt;'
    """
    known = sorted((name for name in names if "_" in name), key=len, reverse=True)
    said = _CELSIUS.sub(" °C", text)
    if known:
        pattern = rf"(?<![\w-])({'|'.join(map(re.escape, known))})(?![\w-])"
        said = re.sub(pattern, lambda found: in_words(found[0]), said)
    return html(said)


def suggestions_html(suggestions: ShownSuggestions, units: Units) -> Html:
    """Show suggestions side by side, then their reasons.

    Parameters
    ----------
    suggestions
        Any number.
    units
        Of parameters, responses and costs, as far as they are known.
    """
    shown = suggestions.items[:_MOST_SHOWN]
    names = _names(shown)
    said = [sentence_html(message, names) for message in suggestions.messages]
    if not shown:
        return box("No suggestions", items(said))
    stop = suggestions.stopping
    parts = [_table(shown, units, None if stop is None else stop.unit), items(said)]
    parts += [_reasons(one, _title(one, number)) for number, one in enumerate(shown, 1)]
    if len(suggestions.items) > len(shown):
        parts.append(
            paragraph(quiet(f"and {len(suggestions.items) - len(shown)} more: .to_frame() shows all."))
        )
    if stop is not None:
        advice = sentence_html(stop.advice, names)
        parts.append(paragraph(Html(f"{bold('Stop or go on?')} {advice}")))
    count = len(suggestions.items)
    return box("1 suggestion" if count == 1 else f"{count} suggestions", *parts)


def suggestion_html(suggestion: ShownSuggestion, units: Units) -> Html:
    """Show one suggestion with its reasons.

    Parameters
    ----------
    suggestion, units
        As for `suggestions_html`.
    """
    title = Html(f"Suggestion {id_html(suggestion.id)}") if suggestion.id else html("Suggestion")
    names = _names([suggestion])
    parts = [_table([suggestion], units, None)]
    parts.append(items([sentence_html(reason, names) for reason in suggestion.reasons]))
    if suggestion.nearest:
        parts.append(paragraph(Html(f"Most like it: {_ids(suggestion.nearest)}")))
    return box(title, *parts)


def suggestion_in_short(suggestion: ShownSuggestion) -> str:
    """One line, as Python shows it."""
    conditions = ", ".join(
        f"{name}={condition(value)}" for name, value in suggestion.parameters.items() if value is not None
    )
    return f"<Suggestion {suggestion.id}: {conditions}>" if suggestion.id else f"<Suggestion: {conditions}>"


def stopping_html(stopping: ShownStopping) -> Html:
    """Show how much there is left to gain.

    Parameters
    ----------
    stopping
        The advice.
    """
    in_shares = stopping.unit == _SHARE
    unit = None if in_shares else stopping.unit or None

    def size(number: float) -> str:
        return percent(number) if in_shares else with_unit(float(f"{number:.2g}"), unit)

    left = "of the front is still to gain" if in_shares else "gain of the best next experiment"
    near = f"chance that all but {size(stopping.x)} of the front is found"
    if not in_shares:
        near = f"chance that the best found is within {size(stopping.x)} of the best there is"
    rows = [[left, size(stopping.expected_gain)], [near, percent(stopping.probability)]]
    if stopping.cost:
        rows.append(["cost of that experiment", html(stopping.cost, LONGEST_NAME)])
    return box("Stop or go on?", paragraph(html(stopping.advice)), table(["", ""], rows, ["left", "right"]))


def _title(suggestion: ShownSuggestion, number: int) -> Html:
    return id_html(suggestion.id) if suggestion.id else html(str(number))


def _ids(ids: Sequence[str]) -> Html:
    return Html(", ".join(id_html(one) for one in ids))


def _names(suggestions: Iterable[ShownSuggestion]) -> tuple[str, ...]:
    """Parameters, responses, limits and costs."""
    groups = ((*s.parameters, *s.forecast, *s.limits, *s.costs) for s in suggestions)
    return tuple(dict.fromkeys(name for group in groups for name in group))


def _reasons(suggestion: ShownSuggestion, title: Html) -> Html:
    """The first one, the others to be opened."""
    names = _names([suggestion])
    said = [sentence_html(reason, names) for reason in suggestion.reasons]
    if suggestion.nearest:
        said.append(Html(f"Most like it: {_ids(suggestion.nearest)}"))
    if not said:
        return Html("")
    first = Html(f"{bold(title)} {said[0]}")
    return folded(first, items(said[1:])) if said[1:] else paragraph(first)


def _table(shown: Sequence[ShownSuggestion], units: Units, gain_unit: str | None) -> Html:
    """One column a suggestion: conditions, forecast, limits, cost, gain."""
    rows: list[list[str]] = []
    if any(s.purpose for s in shown):
        rows.append(["why", *(html(purpose(s.purpose) or ABSENT, LONGEST_NAME) for s in shown)])
    for name in dict.fromkeys(name for s in shown for name in s.parameters):
        cells = [html(condition(s.parameters.get(name)), LONGEST_NAME) for s in shown]
        rows.append([html(heading(name, units), LONGEST_NAME), *cells])
    rows += _section("expected (range of 90 %)", _forecast_rows(shown, units))
    rows += _section("chance to keep a limit", _limit_rows(shown))
    rows += _section("cost", _cost_rows(shown, units))
    gains = [_values("chance to improve", [s.improvement.get("probability") for s in shown], percent)]
    if gain_unit is not None:  # a number that nobody knows the unit of says nothing
        expected = [s.improvement.get("expected") for s in shown]
        in_shares = gain_unit == _SHARE
        label = "growth of the front" if in_shares else heading("expected gain", {"expected gain": gain_unit})
        gains.append(_values(label, expected, percent if in_shares else _two_digits))
    rows += _section("gain", [row for row in gains if any(cell != ABSENT for cell in row[1:])])
    head = ["", *(_title(s, number) for number, s in enumerate(shown, 1))]
    return table(head if len(shown) > 1 else ["", ""], rows, ["left", *("right" for _ in shown)])


def _section(title: str, rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[html(title)], *map(list, rows)] if rows else []


def _values(label: str, values: Sequence[float | None], said: Callable[[float], str]) -> list[str]:
    return [html(label, LONGEST_NAME), *(ABSENT if value is None else said(value) for value in values)]


def _two_digits(number: float) -> str:
    return rounded(float(f"{number:.2g}"))


def _forecast_rows(shown: Sequence[ShownSuggestion], units: Units) -> list[list[str]]:
    rows = []
    for name in dict.fromkeys(name for s in shown for name in s.forecast):
        forecasts = [s.forecast.get(name) for s in shown]
        is_yes_no = any(forecast is not None and "probability" in forecast for forecast in forecasts)
        label = f"{in_words(name)}: yes" if is_yes_no else heading(name, units)
        rows.append([html(label, LONGEST_NAME), *map(_forecast, forecasts)])
    return rows


def _forecast(values: Mapping[str, float] | None) -> Html:
    if not values:
        return html(ABSENT)
    if "probability" in values:
        return html(percent(values["probability"]))
    low, high = rounded(values["low"]), rounded(values["high"])
    between = " to " if values["low"] < 0 else "\N{EN DASH}"
    return Html(f"{html(rounded(values['median']))} {quiet(f'({low}{between}{high})')}")


def _limit_rows(shown: Sequence[ShownSuggestion]) -> list[list[str]]:
    """Limits on numbers and costs: of yes or no the forecast has said it."""
    rows = []
    for name in dict.fromkeys(name for s in shown for name in s.limits):
        if not any("probability" in s.forecast.get(name, {}) for s in shown):
            rows.append(_values(in_words(name), [s.limits.get(name) for s in shown], percent))
    return rows


def _cost_rows(shown: Sequence[ShownSuggestion], units: Units) -> list[list[str]]:
    names = dict.fromkeys(name for s in shown for name in s.costs)
    return [
        _values(heading(name, units), [s.costs.get(name) for s in shown], lambda value: in_full(value, None))
        for name in names
    ]
