"""Choosing the next experiments: which conditions, why in outline, and what to tell the user."""

import numpy as np
from torch import Tensor

from ..datasets import Dataset
from ..models.beliefs import Beliefs
from .choice import Proposal
from .chooser import Chooser
from .known import known_experiments
from .messages import messages
from .problem import Problem

__all__ = ["Proposal", "propose"]


def propose(
    problem: Problem,
    dataset: Dataset,
    beliefs: Beliefs,
    n: int,
    seed: int,
    candidates: Tensor | None = None,
    left: int | None = None,
) -> Proposal:
    """Choose up to n experiments jointly, aware of those pending.

    Parameters
    ----------
    problem
        What may be made and what is wanted.
    dataset, beliefs
        What is known, and the surrogates fitted to it.
    n
        How many experiments.
    seed
        Same data and seed, same choice.
    candidates : Tensor, shape (n_candidates, n_parameters), optional
        Codes to choose from instead of the whole space.
    left
        How many experiments the budget still holds; None if there is none. If these are the last, each is
        chosen by what it adds to the recommendation after it, and nothing is explored for later.
    """
    known = known_experiments(problem, dataset)
    chooser = Chooser(problem, beliefs, known, np.random.default_rng(seed), seed, candidates)
    has_goal_evidence = any(beliefs.evidence.size.get(name) for name in problem.goal_sources)
    if not has_goal_evidence:
        choices = chooser.by_design(n)
    elif left is not None and n >= left:
        choices = chooser.as_the_last(n)
    else:
        choices = chooser.by_acquisition(n)
    said = messages(problem, beliefs, choices, n, from_candidates=candidates is not None)
    if chooser.chose_the_last:
        said.append(
            "These are chosen as the last ones: for what they add to what can be recommended at the end, "
            "not to explore for later."
        )
    return Proposal(tuple(choices), known, tuple(said), chooser.stopping())
