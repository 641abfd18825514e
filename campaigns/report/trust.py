"""How far each model may be believed, from what it foretold."""

from collections.abc import Mapping, Sequence

from ...models.beliefs import Beliefs
from ...models.diagnostics import LeaveOneOutSummary, leave_one_out, summarise
from ...models.stacking import FittedStack
from ...planner.wording import percent, with_unit
from .week_summary import Named, Outcome, ResponseTrust

_NINETY = 0.9


def trust(
    beliefs: Beliefs, named: Mapping[str, Named], importances: Mapping[str, Mapping[str, float]]
) -> tuple[ResponseTrust, ...]:
    """Every measured response that something is known of."""
    left_out = leave_one_out(beliefs)
    by_response = summarise(left_out, beliefs)
    found = []
    for name, response in beliefs.responses.items():
        n = beliefs.evidence.size.get(name, 0)
        if response.is_derived or not n:
            continue
        summary = by_response.get(name)
        found.append(
            ResponseTrust(
                response=named[name],
                n=n,
                model=_model(beliefs, name),
                left_out=tuple(one for one in left_out if one.response == name),
                coverage=None if summary is None else summary.coverage,
                reliability=() if summary is None else summary.reliability,
                importance=importances.get(name, {}),
                in_words=_in_words(named[name], summary),
            )
        )
    return tuple(found)


def _model(beliefs: Beliefs, name: str) -> str:
    surrogate = beliefs.surrogate_of(name)
    if not isinstance(surrogate, FittedStack):
        return ""
    kept = sorted((one for one in surrogate.weighed if one.weight > 0), key=lambda one: -one.weight)
    return ", ".join(f"{one.name} {percent(one.weight)}" for one in kept)


def _in_words(named: Named, summary: LeaveOneOutSummary | None) -> str:
    if summary is None or not summary.n:
        return "Nothing could be left out to see how well it is foretold."
    values = f"{summary.n} values" if summary.n > 1 else "the one value"
    if summary.brier is not None:
        against = ""
        if summary.brier_of_share is not None:
            better = "better" if summary.brier < summary.brier_of_share else "no better"
            against = f", {better} than guessing by the share of yes ({summary.brier_of_share:.2f})"
        return f"Left out in turn, {values}: Brier score {summary.brier:.2f}{against}."
    inside = (summary.coverage or {}).get(_NINETY)
    error = (
        ""
        if summary.mean_absolute_error is None
        else (f" off by {with_unit(summary.mean_absolute_error, named.unit)} on average")
    )
    share = "" if inside is None else f", {percent(inside)} inside the 90 % interval"
    return f"Left out in turn, {values} were{error}{share}."


def record_in_words(record: Sequence[Outcome]) -> str:
    """How often stored forecasts held."""
    numbers = [one for one in record if not one.response.is_yes_no]
    answers = [one for one in record if one.response.is_yes_no]
    said = []
    if numbers:
        inside = sum(not one.is_surprise for one in numbers)
        said.append(
            f"{inside} of {len(numbers)} numbers came inside the 90 % interval that was forecast when their "
            "sample was planned"
        )
    if answers:
        surprises = sum(one.is_surprise for one in answers)
        said.append(
            f"{len(answers) - surprises} of {len(answers)} answers of yes or no had had a chance of at least "
            "one in ten"
        )
    if not said:
        return ""
    sentence = "; ".join(said) + "."
    if len(numbers) >= 8:
        share = sum(not one.is_surprise for one in numbers) / len(numbers)
        if share < 0.75:
            sentence += " The intervals are too narrow: forecasts claim more than they know."
        elif share > 0.99 and len(numbers) >= 30:
            sentence += " The intervals are wider than they need to be."
    return sentence
