"""Which new samples a week holds: chosen by worth per machine time, and never less than naively."""

from collections.abc import Sequence

import numpy as np
import torch

from ..datasets import Conditions, Dataset
from ..models.beliefs import Beliefs
from ..models.encoding import conditions_of_codes
from .choice import Choice, Proposal
from .chooser import Chooser
from .known import Known, known_experiments
from .messages import messages
from .problem import Problem
from .week_chooser import WeekChooser
from .week_room import WeekRoom


def batch_of_week(
    problem: Problem,
    dataset: Dataset,
    beliefs: Beliefs,
    room: WeekRoom,
    n: int,
    seed: int,
    control: Conditions | None,
) -> Proposal:
    """Choose up to n new samples that find room together, the control among them.

    The batch is ranked by worth per machine time. If the naive one, the first n suggestions without those
    that do not fit and of those that miss a limit while others keep all, has more samples or is worth more,
    it is filled up by worth per machine time instead; so there is never less than naively.

    Parameters
    ----------
    problem, dataset, beliefs
        What is wanted, known and believed.
    room
        The lab, what stands in it, and the time there is.
    n
        How many at most.
    seed
        Same data, lab and seed, same choice.
    control
        Conditions to be made once, or None.
    """
    known = known_experiments(problem, dataset)

    def chooser() -> WeekChooser:
        return WeekChooser(problem, beliefs, known, np.random.default_rng(seed), seed, room)

    first = chooser()
    begun = first.control(control) if control is not None and n > 0 else []
    left = n - len(begun)
    if not any(beliefs.evidence.size.get(name) for name in problem.goal_sources):
        choices = first.by_spread(left, begun)
        chosen: WeekChooser | Chooser = first
    else:
        choices = first.by_week(left, begun)
        chosen = first
        naive = naive_batch(problem, beliefs, known, room, left, seed, begun)
        if any(choice.purpose == "improve" for choice in naive):
            # A place that is left is no reason to make what is not expected to keep the limits.
            naive = [choice for choice in naive if choice.purpose != "feasibility"]
        if len(choices) < len(naive) or first.value(naive) > first.value(choices):
            chosen = other = chooser()
            choices = other.by_week(n - len(naive), naive)
    said = messages(problem, beliefs, choices, len(choices), from_candidates=False)
    if control is not None and n > 0 and choices and not begun:
        said.append("The control sample finds no room this time.")
    return Proposal(tuple(choices), known, tuple(said), chosen.stopping())


def naive_batch(
    problem: Problem,
    beliefs: Beliefs,
    known: Known,
    room: WeekRoom,
    n: int,
    seed: int,
    begun: Sequence[Choice] = (),
) -> list[Choice]:
    """The first n suggestions of a planner that knows no lab, one after another without what does not fit.

    Parameters
    ----------
    problem, beliefs, known, room, n, seed
        As for `batch_of_week`.
    begun
        Choices that are in the week already.
    """
    kept = list(begun)
    if n < 1:
        return kept
    wanted = Chooser(problem, beliefs, known, np.random.default_rng(seed), seed, None)
    for choice in wanted.by_acquisition(n):
        codes = torch.stack([*(c.codes for c in kept), choice.codes])
        if choice.codes.tolist() not in [c.codes.tolist() for c in begun] and room.has_room(
            conditions_of_codes(problem.space, codes), thorough=True
        ):
            kept.append(choice)
    return kept
