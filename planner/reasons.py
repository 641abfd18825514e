"""Why a suggestion is made, in plain words written from its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..datasets import Conditions, Experiment
from ..models.beliefs import Beliefs
from ..models.encoding import Encoding, activity
from ..models.evidence import PROCESS_WORKS
from .choice import Choice
from .feasibility import limit_name, probability_met, required_probability, shown_probability
from .known import Known
from .limits import NumberLimit, YesNoLimit
from .problem import Problem
from .reasons_of_fronts import against_front
from .reasons_of_repeats import who_takes_over, why_again, worth_in_words
from .suggestion import ForecastValues
from .wording import in_full, percent, rounded, with_unit

_N_NEAREST = 3
_NEAR_THE_LIMIT = 0.4  # of the way from the required probability to certainty
_MOSTLY_UNKNOWN = 1.5  # forecast this many times as wide as repeating the synthesis would be


def nearest_experiments(problem: Problem, known: Known, codes: Tensor) -> list[int]:
    """Rows of the known experiments most like some conditions (n_parameters,), nearest first."""
    rows = (~known.is_pending).nonzero()[:, 0]
    if not len(rows):
        return []
    encoding = Encoding(problem.space, problem.space.names)
    here = encoding.columns(codes[None], activity(problem.space, codes[None]))
    there = encoding.columns(known.codes[rows], activity(problem.space, known.codes[rows]))
    distance = torch.cdist(there, here)[:, 0]
    # Among equally near ones, what has a goal value says more.
    distance = distance + 1e-6 * (~known.is_measured[rows]).to(distance)
    return [int(rows[i]) for i in distance.argsort(stable=True)[:_N_NEAREST]]


@dataclass(frozen=True)
class Told:
    """What is said of a suggestion besides its reasons: conditions, forecast, and what it costs."""

    parameters: Conditions
    forecast: ForecastValues
    costs: Mapping[str, float]


@dataclass(frozen=True)
class _Case:
    problem: Problem
    beliefs: Beliefs
    known: Known
    choice: Choice
    told: Told

    @property
    def forecast(self) -> ForecastValues:
        return self.told.forecast

    @property
    def responses(self) -> list[str]:
        """Responses that decide: among the objectives, or where all of those are costs, under a limit."""
        named = [name for name in self.problem.goal.names if name in self.problem.responses]
        return named or [name for name in self.forecast if name in self._limited_numbers]

    @property
    def _limited_numbers(self) -> set[str]:
        return {limit.response for limit in self.problem.limits if isinstance(limit, NumberLimit)}

    def expected(self, name: str) -> float:
        """Median of a response, or what it costs."""
        return self.told.costs[name] if name in self.told.costs else self.forecast[name]["median"]


def reasons(
    problem: Problem,
    beliefs: Beliefs,
    known: Known,
    choice: Choice,
    told: Told,
    nearest: Sequence[int],
) -> tuple[str, ...]:
    """Sentences that say what a suggestion exploits, what it tests and what would change the plan."""
    case = _Case(problem, beliefs, known, choice, told)
    if choice.purpose == "control":
        said = [
            "Control: the same conditions every week show whether the machines are what they were; "
            f"{_promise(case)}."
        ]
    elif choice.repeats is None:
        said = [_headline(case)]
        if nearest:
            said.append(_against_nearest(case, known.experiments[nearest[0]]))
        said += _what_it_tests(case)
        said += _near_limits(case)
    else:
        said = why_again(problem, beliefs, known, choice, _promise(case), lambda made: _results(case, made))
        said += _what_it_tests(case)
    if beliefs.knows_failures:
        works = float(beliefs.probability_of_yes(PROCESS_WORKS, choice.codes[None])[0])
        said.append(
            f"The synthesis itself is expected to work with {percent(works)}, judged from failed experiments."
        )
    said.append(_what_changes_the_plan(case))
    return tuple(said)


def _headline(case: _Case) -> str:
    if case.choice.purpose == "explore":
        return "Part of a first design: far from what has been made, so that its result says the most."
    promise = _promise(case)
    if case.choice.purpose == "fill" and case.choice.worth is not None:
        return (
            "There is room for it, and of what would fit its result tells most, worth "
            f"{worth_in_words(case.problem, case.choice.worth.here)} to what is recommended in the end; "
            f"{promise}."
        )
    if case.choice.purpose == "feasibility":
        return f"Finds out what meets the limits: it comes closest to all of them; {promise}."
    front = case.known.front(case.problem, case.beliefs)
    chance = float(case.choice.improvement.probability[0])
    if not front:
        return (
            f"{promise}; nothing made so far is expected to meet all limits, "
            "this is, with the stated probabilities."
        )
    if len(case.problem.goal.objectives) > 1:
        made = [case.known.experiments[row] for row in front]
        return against_front(promise, case.problem, case.expected, made, chance)
    experiment = case.known.experiments[front[0]]
    return (
        f"{promise}, against {_measured(case, experiment)} of {experiment.id}, "
        "the best made so far that is expected to keep all limits; "
        f"chance to beat all that is made or pending {percent(chance)}."
    )


def _promise(case: _Case) -> str:
    """What is expected of the objectives; of costs alone, also of the responses that have bounds."""
    goal = list(case.problem.goal.names)
    parts = []
    for name in dict.fromkeys([*goal, *case.responses]):
        unit = case.problem.unit_of(name)
        if name in case.told.costs:
            parts.append(f"{name} {in_full(case.told.costs[name], unit)}")
            continue
        numbers = case.forecast[name]
        parts.append(
            f"{name} {with_unit(numbers['median'], unit)} expected "
            f"(90 %: {rounded(numbers['low'])} to {rounded(numbers['high'])})"
        )
    return ", ".join(parts)


def _measured(case: _Case, experiment: Experiment) -> str:
    (name,) = case.problem.goal.names
    unit = case.problem.unit_of(name)
    if name in case.problem.costs:
        cost = case.problem.costs[name].of(experiment.executed)
        return "an unknown cost" if cost is None else in_full(cost, unit)
    values = experiment.values(name)
    if values:
        plain = [float(v.value) for v in values if not v.is_bound]
        mark = "~" if any(v.qualifier == "~" for v in values) else ""
        return (
            mark + with_unit(sum(plain) / len(plain), unit) if plain else f"{values[0]} {unit or ''}".strip()
        )
    parts = [
        f"{source} {values[0]}"
        for source in case.problem.goal_sources
        if (values := experiment.values(source))
    ]
    return " and ".join(parts) or "no value"


def _against_nearest(case: _Case, experiment: Experiment) -> str:
    names = case.problem.space
    changes = []
    for parameter in names:
        here, there = case.told.parameters[parameter.name], experiment.executed[parameter.name]
        if here != there:
            changes.append(
                f"{parameter.name} {_said(here, parameter.unit)} instead of {_said(there, parameter.unit)}"
            )
    difference = ", ".join(changes) if changes else "nothing: a replicate"
    return f"Nearest made: {experiment.id} ({_results(case, experiment)}); differs in {difference}."


def _said(value: object, unit: str | None) -> str:
    if value is None:
        return "none"
    # Settings are said as they are made: 12.25 h is not 12.2 h.
    number = f"{value:.10g}" if isinstance(value, float) else str(value)
    return f"{number} {unit}" if unit else number


def _results(case: _Case, experiment: Experiment) -> str:
    if experiment.failure == "process":
        return "failed"
    limited = [limit.response for limit in case.problem.limits]
    shown = [
        f"{response} {'; '.join(str(v) for v in values)}"
        for response in dict.fromkeys([*case.problem.goal.names, *limited])
        if (values := experiment.values(response))
    ]
    return ", ".join(shown) if shown else "nothing measured that matters to the goal"


def _what_it_tests(case: _Case) -> list[str]:
    if case.choice.purpose == "explore":
        return []
    measured = [name for name in case.responses if not case.problem.responses[name].is_derived]
    return [_is_known_here(case, name) for name in measured]


def _is_known_here(case: _Case, name: str) -> str:
    unit = case.problem.unit_of(name)
    mean, variance = case.beliefs.latent(name, case.choice.codes[None])
    surrogate = case.beliefs.surrogate_of(name)
    noise = float(surrogate.noise_variance(name, mean)[0]) ** 0.5
    half_width = float(variance[0]) ** 0.5
    repeat = case.beliefs.in_units(name, mean + noise) - case.beliefs.in_units(name, mean - noise)
    truth = case.beliefs.in_units(name, mean + half_width) - case.beliefs.in_units(name, mean - half_width)
    said = "Builds on what is known: " if half_width <= _MOSTLY_UNKNOWN * noise else "Tests new ground: "
    if case.choice.repeats is not None:
        said = ""
    return (
        f"{said}{name} is known here to ± {_two_digits(float(truth[0]) / 2, unit)}, "
        f"repeating a synthesis scatters by ± {_two_digits(float(repeat[0]) / 2, unit)}."
    )


def _two_digits(number: float, unit: str | None) -> str:
    """A spread: its second digit is already more than anyone knows."""
    return with_unit(float(f"{number:.2g}"), unit)


def _near_limits(case: _Case) -> list[str]:
    said = []
    for limit in case.problem.limits:
        met = float(probability_met(limit, case.beliefs, case.choice.codes[None])[0])
        required = required_probability(limit)
        if not 0 <= met - required <= _NEAR_THE_LIMIT * (1 - required):
            continue
        name = limit_name(limit, case.problem.limits)
        shown, stated = shown_probability(limit, met), shown_probability(limit, required)
        side = "at most" if isinstance(limit, YesNoLimit) and limit.side == "at_most" else "at least"
        said.append(
            f"Close to the limit on {name} ({percent(shown)}, {side} {percent(stated)} is wanted): "
            "its result shows where the boundary runs."
        )
    return said


def _what_changes_the_plan(case: _Case) -> str:
    """The results that the forecast makes unlikely and that would move the next suggestions."""
    surprises = []
    is_anchor = case.choice.purpose == "anchor"
    for limit in case.problem.limits:
        if isinstance(limit, YesNoLimit):
            unwanted = "no" if limit.side == "at_least" else "yes"
            surprises.append(f"{limit.response} = {unwanted}")
        elif isinstance(limit, NumberLimit):
            unit = case.problem.responses[limit.response].unit
            beyond = "below" if limit.side == "at_least" else "above"
            surprises.append(f"{limit.response} {beyond} {with_unit(limit.bound, unit)}")
    for objective in case.problem.goal.objectives:
        name = objective.response
        if name in case.told.costs:
            continue
        numbers, unit = case.forecast[name], case.problem.unit_of(name)
        if is_anchor:
            # Better than there or worse: either way the other lab's numbers are read differently.
            surprises.append(
                f"{name} outside {rounded(numbers['low'])} to {with_unit(numbers['high'], unit)}"
            )
        elif objective.sense == "maximise":
            surprises.append(f"{name} below {with_unit(numbers['low'], unit)}")
        elif objective.sense == "minimise":
            surprises.append(f"{name} above {with_unit(numbers['high'], unit)}")
        else:
            surprises.append(
                f"{name} outside {rounded(numbers['low'])} to {with_unit(numbers['high'], unit)}"
            )
    what = ", or ".join(surprises)
    if is_anchor:
        return f"What would change the plan: {what}; then the other results from there are read accordingly."
    taken = ""
    if case.choice.purpose == "replicate_best":
        taken = who_takes_over(case.problem, case.beliefs, case.known, case.choice)
    return f"What would change the plan: {what}{f'; {taken}' if taken else ''}."
