"""The acquisition that a goal asks for: improvement in one objective, or of a front of several."""

from typing import Protocol

from torch import Tensor

from ..models.beliefs import Beliefs
from .acquisition import Improvement, NoisyImprovement
from .hypervolume import HypervolumeImprovement, reference_point
from .known import Known
from .problem import Problem


class Acquisition(Protocol):
    """How much candidates, shape (n, n_parameters), are worth."""

    def __call__(self, codes: Tensor) -> Tensor:
        """Log value of each, shape (n,)."""
        ...

    def improvement(self, codes: Tensor) -> Improvement:
        """Probability and size of the improvement of each."""
        ...


def goal_acquisition(
    problem: Problem, beliefs: Beliefs, known: Known, base: Tensor, seed: int
) -> Acquisition:
    """Build the acquisition of one further experiment.

    Parameters
    ----------
    problem, beliefs
        What is wanted, and what is believed.
    known
        What has been made; where the front of several objectives ends is read from it.
    base : Tensor, shape (n_base, n_parameters)
        Conditions that may hold the best so far, and all that are pending or chosen.
    seed
        Of the quasi-random samples.
    """
    if len(problem.goal.objectives) == 1:
        return NoisyImprovement(beliefs, problem.goal, problem.limits, base, seed, problem.costs)
    reference = reference_point(problem, beliefs, known)
    return HypervolumeImprovement(
        beliefs, problem.goal, problem.limits, base, seed, problem.costs, reference=reference
    )
