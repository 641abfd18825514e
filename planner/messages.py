"""What the user should know about proposed experiments as a whole."""

from collections.abc import Sequence

import torch

from ..models.beliefs import Beliefs
from .choice import Choice
from .feasibility import (
    PROCESS_MUST_WORK,
    limit_name,
    log_gap,
    probability_met,
    required_probability,
    shown_probability,
    with_working_process,
)
from .limits import YesNoLimit
from .problem import Problem
from .wording import outlier_in_words, percent


def messages(
    problem: Problem, beliefs: Beliefs, choices: Sequence[Choice], n: int, *, from_candidates: bool
) -> list[str]:
    """Sentences about contradictions, outliers, too few conditions and limits that nothing meets."""
    said = list(beliefs.contradictions)
    units = {name: response.unit for name, response in problem.responses.items()}
    said += [outlier_in_words(outlier, units[outlier.response]) for outlier in beliefs.outliers]
    if len(choices) < n:
        left = "the given candidates hold" if from_candidates else "the search space holds"
        said.append(f"Only {len(choices)} of {n} experiments: {left} no other conditions that are new.")
    if choices and choices[0].purpose == "explore":
        said.append(
            f"No value of {' or '.join(problem.goal_sources)} is known yet: "
            "these experiments are spread over the search space."
        )
    new = [choice for choice in choices if choice.repeats is None]
    missing = [choice for choice in new if choice.purpose == "feasibility"]
    if missing and len(missing) == len(new):
        said.append(_binding_limit(problem, beliefs, new))
    elif missing:
        met = len(new) - len(missing)
        said.append(
            f"Only {met} of these {len(new)} new experiments can be expected to meet all limits with the "
            "stated probabilities; no other new conditions do, and the rest come closest."
        )
    return said


def _binding_limit(problem: Problem, beliefs: Beliefs, choices: Sequence[Choice]) -> str:
    codes = torch.stack([choice.codes for choice in choices])
    limits = problem.limits
    wanted = with_working_process(limits, beliefs)
    worst = max(wanted, key=lambda limit: float(log_gap(limit, beliefs, codes).min()))
    met = float(probability_met(worst, beliefs, codes).max())
    name = "that the synthesis works" if worst is PROCESS_MUST_WORK else limit_name(worst, limits)
    side = "at most" if isinstance(worst, YesNoLimit) and worst.side == "at_most" else "at least"
    stated = shown_probability(worst, required_probability(worst))
    reached = shown_probability(worst, met)
    return (
        f"No conditions meet all limits with the stated probabilities. {name} binds: "
        f"the probability must be {side} {100 * stated:g} %, the best found is {percent(reached)}. "
        "These experiments come closest, and their results will show where the limit runs."
    )
