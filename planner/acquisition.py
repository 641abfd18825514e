"""How much a candidate is worth: logarithmic noisy expected improvement with smooth feasibility."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from botorch.utils.safe_math import log_fatplus, logmeanexp
from torch import Tensor

from ..models.beliefs import Beliefs
from ..models.joint_samples import JointSamples
from .cost import Cost
from .feasibility import sampled_log_feasibility, sampled_responses
from .goal import Goal
from .limits import Limit
from .objectives import measured_names, objective_spread, sampled_objective

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
        Mean gain (0 where it does not gain or breaks a limit), in the unit of the objective; with several
        objectives, the share by which the region grows that the best known conditions dominate. NaN where
        nothing known meets the limits.
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
        What is wanted: one objective, on a response or a cost.
    known : Tensor, shape (n_known, n_parameters)
        Conditions that may hold the best so far, and pending ones.
    seed
        Of the quasi-random samples.
    costs
        Costs by name, among them that of the goal if it is one.
    """

    def __init__(
        self,
        beliefs: Beliefs,
        goal: Goal,
        limits: Sequence[Limit],
        known: Tensor,
        seed: int,
        costs: Mapping[str, Cost] | None = None,
    ) -> None:
        self.beliefs, self.limits, self.costs = beliefs, tuple(limits), costs or {}
        (self.objective,) = goal.objectives
        wanted = [*measured_names(goal, self.costs), *(limit.response for limit in limits)]
        self.samples = JointSamples(
            beliefs.surrogates, sampled_responses(wanted, beliefs), known, _N_SAMPLES, seed
        )
        at_base = self.samples.at_base
        objective, log_feasible = self._read(at_base, known)
        usual = objective_spread(self.objective, beliefs, self.costs)
        is_cost = self.objective.response in self.costs
        # What conditions cost is known everywhere, and so is how far it varies.
        self.spread = usual if is_cost else spread_of(objective, usual)
        usable = log_feasible > math.log(0.5)
        held = torch.where(usable, objective, torch.full_like(objective, -math.inf))
        best = held.max(dim=1).values if objective.shape[1] else torch.full((_N_SAMPLES,), -math.inf).double()
        self.has_incumbent = torch.isfinite(best)
        # Where a sample knows nothing feasible, any feasible candidate gains: measure from a poor value.
        self.poor = float(objective.min()) - self.spread if objective.numel() else 0.0
        if is_cost:
            ends = self.costs[self.objective.response].ends(beliefs.space)
            self.poor = min(map(self.objective.merit, ends)) - self.spread
        self.best = torch.where(self.has_incumbent, best, torch.full_like(best, self.poor))

    def _read(self, samples: dict[str, Tensor], codes: Tensor) -> tuple[Tensor, Tensor]:
        merit = sampled_objective(self.objective, self.beliefs, self.costs, samples, codes)
        return merit, sampled_log_feasibility(self.limits, self.beliefs, samples)

    def __call__(self, codes: Tensor) -> Tensor:
        """Log acquisition value of each candidate, shape (n,)."""
        objective, log_feasible = self._read(self.samples.at(codes), codes)
        gain = log_fatplus((objective - self.best[:, None]) / self.spread, tau=_SOFTNESS)
        return logmeanexp(gain + log_feasible, dim=0)

    def improvement(self, codes: Tensor) -> Improvement:
        """Probability and size of the improvement of each candidate."""
        objective, log_feasible = self._read(self.samples.at(codes), codes)
        feasible = log_feasible.exp()
        gain = (objective - self.best[:, None]).clamp_min(0.0)
        # With no incumbent in most samples there is nothing to measure a gain against.
        comparable = bool(self.has_incumbent.to(torch.float64).mean() > 0.5)
        counted = self.has_incumbent
        expected = (
            (gain * feasible)[counted].mean(dim=0) if comparable else torch.full((len(codes),), math.nan)
        )
        return Improvement((feasible * (gain > 0)).mean(dim=0), expected.to(torch.float64))


def spread_of(objective: Tensor, fallback: float) -> float:
    """Spread of the goal over known conditions, by quartiles: a few wild samples do not rule it."""
    if objective.shape[1] == 0:
        return fallback
    ends = torch.quantile(objective.flatten(), torch.tensor([0.25, 0.75], dtype=objective.dtype))
    return max(float(ends[1] - ends[0]) / 1.349, 1e-3 * fallback)
