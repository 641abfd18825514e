"""From beliefs to suggestions that a person can act on."""

import torch
from torch import Tensor

from ..datasets import Dataset
from ..models.beliefs import Beliefs
from ..models.encoding import conditions_of_codes
from .forecasts import forecasts, known_costs, limit_probabilities
from .problem import Problem
from .propose import Proposal, propose
from .reasons import Told, nearest_experiments, reasons
from .suggestion import Suggestion, Suggestions, none_if_nan


def suggest(
    problem: Problem,
    dataset: Dataset,
    beliefs: Beliefs,
    n: int,
    seed: int,
    candidates: Tensor | None = None,
    left: int | None = None,
) -> tuple[Suggestions, list[int | None]]:
    """Propose up to n experiments with forecasts and reasons.

    Parameters
    ----------
    problem, dataset, beliefs, n, seed, candidates, left
        As for `propose`.

    Returns
    -------
    suggestions
        In order of choice.
    rows
        For each its row among `candidates`, or None.
    """
    proposal = propose(problem, dataset, beliefs, n, seed, candidates, left)
    suggestions = suggestions_of(problem, beliefs, proposal)
    return suggestions, [choice.row for choice in proposal.choices]


def suggestions_of(problem: Problem, beliefs: Beliefs, proposal: Proposal) -> Suggestions:
    """Give what was chosen its forecasts and reasons, in order of choice."""
    choices, known = proposal.choices, proposal.known
    if not choices:
        return Suggestions(items=(), messages=proposal.messages)
    codes = torch.stack([choice.codes for choice in choices])
    forecast = forecasts(problem, beliefs, codes)
    limits = limit_probabilities(problem, beliefs, codes)
    costs = known_costs(problem, codes)
    parameters = conditions_of_codes(problem.space, codes)
    items = []
    for number, choice in enumerate(choices):
        nearest = nearest_experiments(problem, known, choice.codes)
        told = Told(parameters[number], forecast[number], costs[number])
        said = reasons(problem, beliefs, known, choice, told, nearest)
        improvement = {
            "probability": none_if_nan(float(choice.improvement.probability[0])),
            "expected": none_if_nan(float(choice.improvement.expected[0])),
        }
        items.append(
            Suggestion(
                parameters=parameters[number],
                forecast=forecast[number],
                limits=limits[number],
                costs=costs[number],
                improvement=improvement,
                nearest=tuple(known.experiments[row].id for row in nearest),
                reasons=said,
                purpose=choice.purpose,
                units=problem.units,
                replicates="" if choice.repeats is None else known.experiments[choice.repeats].id,
            )
        )
    return Suggestions(items=tuple(items), messages=proposal.messages, stopping=proposal.stopping)
