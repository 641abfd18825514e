"""All that is believed about a response, and how far it can be trusted, on a terminal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...datasets import NOT_STATED, Experiment, InputError, Response, listed, raise_all
from ...models.beliefs import Beliefs
from ...models.diagnostics import LEVELS, LeaveOneOutSummary, LeftOut, summarise
from ...models.encoding import codes_of_conditions
from ...models.honest_counts import honest_counts
from ...models.importance import importance
from ...models.influence import Carried, carried_by
from ...models.stacking import FittedStack
from ...planner.wording import percent, rounded, with_unit
from ..definition import Definition
from .model_words import constants_in_words, model_in_words, outliers_in_words
from .terminal import plural, title

_BAR = 40  # characters of a share of 100 %
_HARDLY = 0.005  # share below which a parameter does not matter
_MOST_CARRIERS = 6
_WIDER = 1.15  # factor of the standard deviation that is worth telling
_UNEXPECTED = 0.1


@dataclass(frozen=True)
class Shown:
    """What the page is about.

    Attributes
    ----------
    definition
        Of the campaign.
    beliefs
        Fitted surrogates.
    left_out
        From `leave_one_out`.
    at
        The experiment whose forecast is taken apart, or None.
    """

    definition: Definition
    beliefs: Beliefs
    left_out: Sequence[LeftOut]
    at: Experiment | None


def checked_responses(names: Sequence[str], definition: Definition) -> list[str]:
    """Responses to show: those named, or all.

    Raises
    ------
    InputError
        With one sentence for every name that is none.
    """
    known = list(definition.responses)
    raise_all(
        [f"unknown response '{name}', allowed are {listed(known)}" for name in names if name not in known]
    )
    return list(dict.fromkeys(names)) or known


def check_stated(experiment: Experiment) -> None:
    """Raise `InputError` if conditions are not stated, since then no single forecast belongs to them."""
    unknown = [name for name, value in experiment.executed.items() if value is NOT_STATED]
    if unknown:
        raise InputError(
            f"--at {experiment.id}: its {listed(unknown, 'and')} is not stated; name an experiment whose "
            "conditions are all known"
        )


def print_model(to: Console, shown: Shown, names: Sequence[str]) -> None:
    """Details of some responses, one after the other."""
    for name in names:
        response = shown.definition.responses[name]
        to.print()
        to.rule(f"[bold]{escape(name)}[/bold]", align="left")
        _say(to, model_in_words(response, shown.beliefs, shown.definition.features))
        if not response.is_derived:
            _print_learned(to, shown, response)
            _print_left_out(to, shown, response)
        _print_importance(to, shown, response)
        if not response.is_derived:
            _print_carriers(to, shown, response)


def _say(to: Console, sentences: Sequence[str]) -> None:
    """Sentences broken at the width of the page, also in a pipe."""
    for sentence in sentences:
        to.print(sentence, markup=False)


def _print_learned(to: Console, shown: Shown, response: Response) -> None:
    """Evidence, parts, constants, noise, and what was not believed."""
    beliefs = shown.beliefs
    mine = [o for o in beliefs.evidence.observations if o.response == response.name]
    sources = Counter(o.source or "this lab" for o in mine)
    if len(sources) == 1:
        _say(to, [f"All from {next(iter(sources))}."])
    elif sources:
        _say(to, [f"Of these {listed([f'{n} from {source}' for source, n in sources.items()], 'and')}."])
    _say(to, [str(one) for one in beliefs.evidence.set_aside if one.response == response.name])
    surrogate = beliefs.surrogate_of(response.name)
    if isinstance(surrogate, FittedStack):
        title(to, "What it consists of")
        to.print(_parts_table(surrogate))
        _say(to, ["The larger the density, the better foretold: 1 more is 2.7 times as probable."])
    elif len(surrogate.components) > 1:
        n = len(surrogate.components)
        _say(to, [f"Averaged over {n} likely settings of its smoothness, noise and constants."])
    constants = constants_in_words(response, beliefs, shown.definition.features)
    noise = _noise(response, beliefs)
    if constants or noise:
        title(to, "Learned")
        _say(to, [*(f"{constant}." for constant in constants), *noise])
    contradicted = [s for s in surrogate.contradictions if response.name in s.split()]
    if contradicted:
        title(to, "Expectations that the data contradict")
        _say(to, contradicted)
    if outliers := outliers_in_words(beliefs, [response.name]):
        title(to, "Values that do not fit the others")
        _say(to, outliers)


def _parts_table(stack: FittedStack) -> Table:
    table = _table("part", "share", "mean log density of what was left out")
    for part in sorted(stack.weighed, key=lambda one: -one.weight):
        density = "-" if part.log_density != part.log_density else f"{part.log_density:.2f}"
        table.add_row(escape(part.name), percent(part.weight), density)
    return table


def _noise(response: Response, beliefs: Beliefs) -> list[str]:
    """How much a single measurement scatters, where values were measured."""
    values = beliefs.evidence.values(response.name)
    surrogate = beliefs.surrogate_of(response.name)
    scale = surrogate.scales[response.name]
    if scale is None or not len(values):
        return []
    middle = torch.as_tensor(values).median()
    with torch.no_grad():
        variance = surrogate.noise_variance(response.name, scale.to_latent(middle))
    sd = float(variance.sqrt() / scale.slope(middle))
    around = with_unit(float(middle), response.unit)
    return [f"A single measurement scatters by ± {float(f'{sd:.2g}'):g} around {around}."]


def _print_left_out(to: Console, shown: Shown, response: Response) -> None:
    """Every experiment against its forecast from all others."""
    items = [item for item in shown.left_out if item.response == response.name]
    title(to, "Each experiment forecast from all others (leave-one-out)")
    if not items:
        _say(to, ["Nothing to hold forecasts against yet: the first results will show."])
        return
    summary = summarise(items, shown.beliefs)[response.name]
    if response.is_yes_no:
        _print_answers(to, summary)
    else:
        error = with_unit(summary.mean_absolute_error or 0.0, response.unit)
        _say(to, [f"{plural(summary.n, 'value')}, mean error {error}."])
        to.print(_coverage_table(summary))
    to.print(_answers_table(items) if response.is_yes_no else _values_table(items, response))


def _print_answers(to: Console, summary: LeaveOneOutSummary) -> None:
    assert summary.brier is not None and summary.brier_of_share is not None
    sentence = (
        f"{plural(summary.n, 'answer')}, Brier score {rounded(summary.brier)} (0 is best); always "
        f"forecasting the share of yes would score {rounded(summary.brier_of_share)}."
    )
    _say(to, [sentence])
    table = _table("mean forecast of yes", "forecasts", "were yes", "honest forecasts: yes")
    for one in summary.reliability:
        few, many = honest_counts(one.n, one.forecast)
        yes = f"{one.observed * one.n:.0f} ({percent(one.observed)})"
        table.add_row(percent(one.forecast), str(one.n), yes, _range(few, many))
    to.print(table)


def _coverage_table(summary: LeaveOneOutSummary) -> Table:
    """How many values each interval held, and how many one would expect."""
    assert summary.coverage is not None
    table = _table("interval of", *(percent(level) for level in LEVELS))
    shares = [summary.coverage[level] for level in LEVELS]
    inside = (f"{share * summary.n:.0f} of {summary.n} ({percent(share)})" for share in shares)
    table.add_row("holds so many values", *inside)
    expected = [honest_counts(summary.n, level) for level in LEVELS]
    table.add_row("if honest (9 times in 10)", *(_range(*counts) for counts in expected))
    return table


def _range(few: int, many: int) -> str:
    return f"{few} to {many}" if few < many else f"{few}"


def _values_table(items: Sequence[LeftOut], response: Response) -> Table:
    unit = f" [{response.unit}]" if response.unit else ""
    rows = []
    for item in items:
        side = "above" if item.rank > 0.5 else "below"
        interval = f"{rounded(item.low)} to {rounded(item.high)}"
        mark = "" if item.is_covered() else f"! {side} the interval"
        rows.append([item.experiment, rounded(item.measured), rounded(item.median), interval, mark])
    return _marked_table(rows, "experiment", f"measured{unit}", "forecast", "90 % interval")


def _answers_table(items: Sequence[LeftOut]) -> Table:
    rows = []
    for item in items:
        of_outcome = item.median if item.measured else 1 - item.median
        mark = "! unexpected" if of_outcome < _UNEXPECTED else ""
        rows.append([item.experiment, "yes" if item.measured else "no", percent(item.median), mark])
    return _marked_table(rows, "experiment", "measured", "forecast of yes")


def _marked_table(rows: Sequence[Sequence[str]], *headers: str) -> Table:
    """A table with a last column of marks, if there are any."""
    table = _table(*headers)
    any_mark = any(row[-1] for row in rows)
    if any_mark:
        table.add_column("")
    for row in rows:
        table.add_row(*map(escape, row if any_mark else row[:-1]))
    return table


def _table(*headers: str) -> Table:
    """A table whose first column is text and whose others are numbers."""
    table = Table()
    for position, header in enumerate(headers):
        table.add_column(escape(header), justify="right" if position else "left", overflow="fold")
    return table


def _print_importance(to: Console, shown: Shown, response: Response) -> None:
    title(
        to,
        "What matters, over all conditions (shares in the variation of the forecast; may sum to over 100 %)",
    )
    shares = importance(shown.beliefs, response.name)
    grid = Table.grid(padding=(0, 2))
    for name, share in shares.items():
        if share >= _HARDLY:
            grid.add_row(escape(name), percent(share).rjust(5), "█" * max(1, round(_BAR * share)))
    if grid.row_count:
        to.print(grid)
    if rest := [name for name, share in shares.items() if share < _HARDLY]:
        _say(to, [f"Hardly or not at all: {', '.join(rest)}."])


def _print_carriers(to: Console, shown: Shown, response: Response) -> None:
    """Which experiments carry the forecast at one place."""
    if shown.at is None:
        return
    title(to, f"What carries the forecast at the conditions of {shown.at.id}")
    codes = codes_of_conditions(shown.beliefs.space, shown.at.executed)
    if len(codes) > 1:
        _say(to, ["Its conditions are not all stated; name another experiment with --at."])
        return
    carried = carried_by(shown.beliefs, response.name, codes[0])
    said = [one for one in (_carried(item, response) for item in carried[:_MOST_CARRIERS]) if one]
    _say(to, said or ["No single experiment makes a difference to it."])
    if said and len(shown.beliefs.surrogate_of(response.name).components) > 1:
        # Else a forecast here that differs from one above looks like a fault.
        _say(to, ["(As the leading model has it by itself; forecasts above are those of all together.)"])


def _carried(item: Carried, response: Response) -> str:
    """One sentence, or nothing where the experiment makes no difference that is seen."""
    here = item.without + item.shift
    without, now = (
        (percent(item.without), percent(here))
        if response.is_yes_no
        else (rounded(item.without), rounded(here))
    )
    if without == now and item.widening < _WIDER:
        return ""
    wider = f", known {item.widening:.1f} times less surely" if item.widening >= _WIDER else ""
    return f"without {item.experiment}: {without} instead of {now}{wider}"
