"""Why an experiment is made again, in words: an anchor from another lab, or a deliberate replicate."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..datasets import Experiment, listed
from ..models.beliefs import Beliefs
from .answers import after_an_answer, is_at_boundary
from .choice import Choice
from .feasibility import limit_name, probability_met, required_probability, shown_probability
from .known import Known, keys_of
from .limits import Limit, YesNoLimit
from .objectives import scaled_merit
from .problem import Problem
from .wording import percent, rounded, with_unit

_NOTHING = 1e-3  # share of what a repeat is worth below which new conditions add nothing to speak of


def why_again(
    problem: Problem,
    beliefs: Beliefs,
    known: Known,
    choice: Choice,
    promise: str,
    results: Callable[[Experiment], str],
) -> list[str]:
    """Sentences on what is repeated, why, and what it is worth against the best new conditions.

    Parameters
    ----------
    problem, beliefs, known, choice
        What is wanted, believed and made, and the experiment, which repeats one of the known.
    promise
        What is expected of it.
    results
        Says what an experiment has shown.
    """
    assert choice.repeats is not None
    made = known.experiments[choice.repeats]
    whose = "" if made.is_own else f" of {made.source}"
    again = f"Repeats {made.id}{whose} ({results(made)})"
    said = []
    if choice.purpose == "anchor":
        goal = listed(list(problem.goal_sources), "or")
        said.append(
            f"{again} before anything new: your lab has no value of {goal} yet, and another lab is a shift. "
            f"Here: {promise}."
        )
    elif choice.purpose == "replicate_suspicious":
        said.append(f"{again}: {_doubt(problem, beliefs, made)}; {promise}.")
    elif choice.purpose == "replicate_boundary":
        said.append(f"{again}, at the boundary of a limit; {promise}.")
    else:
        said.append(f"{again}, {_standing(problem, beliefs, known, choice)}; {promise}.")
    said += [
        _moved(problem, beliefs, limit, choice.codes)
        for limit in problem.limits
        if _open(limit, beliefs, choice)
    ]
    if choice.worth is not None:
        said.append(_worth(problem, choice))
    return said


def who_takes_over(problem: Problem, beliefs: Beliefs, known: Known, choice: Choice) -> str:
    """The experiment that is recommended if a repeat disappoints; empty if there is none."""
    here = keys_of(choice.codes[None])[0]
    keys = keys_of(known.codes)
    rows = [row for row, key in enumerate(keys) if known.is_rival[row] and key != here]
    if not rows or len(problem.goal.objectives) > 1:
        return ""
    codes = known.codes[rows]
    meets = torch.ones(len(rows), dtype=torch.bool)
    for limit in problem.limits:
        meets &= probability_met(limit, beliefs, codes) >= required_probability(limit)
    meets &= torch.tensor([not problem.broke_a_limit(known.experiments[row]) for row in rows])
    if not meets.any():
        return ""
    merit = torch.where(meets, scaled_merit(problem, beliefs, codes), -torch.inf)
    best = known.experiments[rows[int(merit.argmax())]]
    return f"then {best.id} takes its place as the best made"


def _standing(problem: Problem, beliefs: Beliefs, known: Known, choice: Choice) -> str:
    assert choice.repeats is not None
    front = known.front(problem, beliefs)
    if choice.repeats not in front and keys_of(choice.codes[None])[0] not in keys_of(known.codes[front]):
        rival = f" of {known.experiments[front[0]].id}" if front else ""
        return f"a rival{rival} for the best that keeps all limits"
    if len(problem.goal.objectives) > 1:
        return "on the measured front"
    return "the best made so far that is expected to keep all limits"


def _doubt(problem: Problem, beliefs: Beliefs, made: Experiment) -> str:
    for outlier in beliefs.outliers:
        if outlier.experiment == made.id:
            unit = problem.unit_of(outlier.response)
            sd = with_unit(float(f"{outlier.sd:.2g}"), unit)
            return (
                f"its {outlier.response} {rounded(outlier.value)} is not obeyed, since all else says "
                f"{rounded(outlier.expected)} ± {sd}; a repeat tells an effect from a slip"
            )
    return "its values contradict each other; a repeat tells which to believe"


def _open(limit: Limit, beliefs: Beliefs, choice: Choice) -> bool:
    return isinstance(limit, YesNoLimit) and bool(is_at_boundary(limit, beliefs, choice.codes[None])[0])


def _moved(problem: Problem, beliefs: Beliefs, limit: Limit, codes: Tensor) -> str:
    assert isinstance(limit, YesNoLimit)
    now, wanted, unwanted = (
        shown_probability(limit, float(p[0])) for p in after_an_answer(limit, beliefs, codes[None])
    )
    is_yes = limit.side == "at_least"
    first, second = ("yes", "no") if is_yes else ("no", "yes")
    side = "at least" if is_yes else "at most"
    return (
        f"P({limit_name(limit, problem.limits)}) is {percent(now)} here, {side} "
        f"{percent(limit.probability)} is wanted; a {first} would make it {percent(wanted)}, "
        f"a {second} {percent(unwanted)}."
    )


def worth_in_words(problem: Problem, worth: float) -> str:
    """What a result is worth to the recommendation, in the unit of the goal."""
    if len(problem.goal.objectives) > 1:
        return f"{percent(worth)} of the usual spread of an objective"
    return with_unit(worth, problem.unit_of(problem.goal.names[0]))


def _worth(problem: Problem, choice: Choice) -> str:
    assert choice.worth is not None
    here, instead = choice.worth.here, choice.worth.instead
    if instead <= _NOTHING * here:
        return "No new conditions would add anything to speak of to what is recommended in the end."
    if len(problem.goal.objectives) > 1:
        return (
            "Worth more to what is recommended in the end than the best new conditions: "
            f"{rounded(here / instead)} times as much."
        )
    unit = problem.unit_of(problem.goal.names[0])
    return (
        f"Worth {with_unit(here, unit)} to what is recommended in the end, "
        f"the best new conditions {with_unit(instead, unit)}."
    )
