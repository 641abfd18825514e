"""How much a candidate is worth: logarithmic noisy expected improvement with smooth feasibility."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from botorch.utils.safe_math import log_fatplus, logmeanexp
from torch import Tensor

from ..models.beliefs import Beliefs
from ..models.joint_samples import JointSamples
from .feasibility import sampled_log_feasibility, sampled_responses, typical_spread, values_of
from .goal import Goal
from .limits import Limit

_N_SAMPLES = 256
_SOFTNESS = 1e-2  # of the smoothed improvement, as a share of the spread of the goal


@dataclass(frozen=True)
class Improvement:
    """What candidates promise against the best known conditions; shape (n,) each.

    Attributes
    ----------
    probability
        That the candidate meets all limits and beats everything known or pending.
    expected
        Mean gain in the unit of the goal (0 where it does not gain or breaks a limit); NaN where nothing
        known meets the limits.
    """

    probability: Tensor
    expected: Tensor


class NoisyImprovement:
    """qLogNEI of one further experiment, given those known and pending.

    The candidate's joint posterior samples with all known and pending conditions are compared sample by
    sample, so the noise of the incumbent is respected and a pending neighbour leaves little to gain
    (Letham et al., Bayesian Analysis 14 (2019) 495; Ament et al., NeurIPS 2023, LogEI). Adding each
    chosen candidate to the pending ones makes a batch greedily, which for this criterion equals the
    joint value up to the usual (1 - 1/e) of submodular maximisation (Wilson et al., NeurIPS 2018).

    Parameters
    ----------
    beliefs
        Fitted surrogates.
    goal, limits
        What is wanted.
    known : Tensor, shape (n_known, n_parameters)
        Conditions that may hold the best so far, and pending ones.
    seed
        Of the quasi-random samples.
    """

    def __init__(
        self, beliefs: Beliefs, goal: Goal, limits: Sequence[Limit], known: Tensor, seed: int
    ) -> None:
        self.beliefs, self.goal, self.limits = beliefs, goal, tuple(limits)
        wanted = [goal.response, *(limit.response for limit in limits)]
        self.samples = JointSamples(
            beliefs.surrogates, sampled_responses(wanted, beliefs), known, _N_SAMPLES, seed
        )
        at_base = self.samples.at_base
        objective, log_feasible = self._read(at_base)
        self.spread = _spread(objective, typical_spread(goal.response, beliefs))
        usable = log_feasible > math.log(0.5)
        held = torch.where(usable, objective, torch.full_like(objective, -math.inf))
        best = held.max(dim=1).values if objective.shape[1] else torch.full((_N_SAMPLES,), -math.inf).double()
        self.has_incumbent = torch.isfinite(best)
        # Where a sample knows nothing feasible, any feasible candidate gains: measure from a poor value.
        self.poor = float(objective.min()) - self.spread if objective.numel() else 0.0
        self.best = torch.where(self.has_incumbent, best, torch.full_like(best, self.poor))

    def _read(self, samples: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        values = values_of(self.goal.response, self.beliefs, samples)
        if self.goal.sense == "minimise":
            values = -values
        elif self.goal.sense == "target":
            assert self.goal.target is not None
            values = -(values - self.goal.target).abs()
        return values, sampled_log_feasibility(self.limits, self.beliefs, samples)

    def __call__(self, codes: Tensor) -> Tensor:
        """Log acquisition value of each candidate, shape (n,)."""
        objective, log_feasible = self._read(self.samples.at(codes))
        gain = log_fatplus((objective - self.best[:, None]) / self.spread, tau=_SOFTNESS)
        return logmeanexp(gain + log_feasible, dim=0)

    def improvement(self, codes: Tensor) -> Improvement:
        """Probability and size of the improvement of each candidate."""
        objective, log_feasible = self._read(self.samples.at(codes))
        feasible = log_feasible.exp()
        gain = (objective - self.best[:, None]).clamp_min(0.0)
        # With no incumbent in most samples there is nothing to measure a gain against.
        comparable = bool(self.has_incumbent.to(torch.float64).mean() > 0.5)
        counted = self.has_incumbent
        expected = (
            (gain * feasible)[counted].mean(dim=0) if comparable else torch.full((len(codes),), math.nan)
        )
        return Improvement((feasible * (gain > 0)).mean(dim=0), expected.to(torch.float64))


def _spread(objective: Tensor, fallback: float) -> float:
    """Spread of the goal over known conditions, by quartiles: a few wild samples do not rule it."""
    if objective.shape[1] == 0:
        return fallback
    ends = torch.quantile(objective.flatten(), torch.tensor([0.25, 0.75], dtype=objective.dtype))
    return max(float(ends[1] - ends[0]) / 1.349, 1e-3 * fallback)
