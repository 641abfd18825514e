"""What one measurement scatters by, in the unit of an objective."""

import torch
from torch import Tensor

from ..models.beliefs import Beliefs
from .goal import Objective
from .objectives import objective_spread
from .problem import Problem

_SHARE_OF_SPREAD = 0.05  # what counts as no difference where nothing is measured


def scatter(problem: Problem, beliefs: Beliefs, objective: Objective, codes: Tensor) -> float:
    """Standard deviation of making and measuring the same conditions again.

    Of a response that is the smallest of several, that of its noisiest source. A cost does not scatter, and
    a ratio does so in a unit of its own: for them it is a small share of the usual spread.

    Parameters
    ----------
    problem, beliefs, objective
        What is wanted, and what is believed of it.
    codes : Tensor, shape (n_parameters,)
        Where.
    """
    least = _SHARE_OF_SPREAD * objective_spread(objective, beliefs, problem.costs)
    name = objective.response
    if name in problem.costs or problem.responses[name].ratio_of:
        return least
    found = [1e-9 * least]
    for source in problem.responses[name].sources or (name,):
        mean, _ = beliefs.latent(source, codes[None])
        noise = beliefs.surrogate_of(source).noise_variance(source, mean).sqrt()
        ends = beliefs.in_units(source, torch.cat([mean - noise, mean + noise]))
        found.append(float(ends[1] - ends[0]) / 2)
    return max(found)
