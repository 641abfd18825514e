"""How much a candidate adds to a front: logarithmic noisy expected hypervolume improvement."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from botorch.utils.multi_objective.box_decompositions.non_dominated import FastNondominatedPartitioning
from botorch.utils.multi_objective.hypervolume import infer_reference_point
from botorch.utils.safe_math import fatplus, logmeanexp
from scipy.stats import qmc
from torch import Tensor

from ..models.beliefs import Beliefs
from ..models.encoding import distinct, quantile_codes
from ..models.joint_samples import JointSamples
from .acquisition import Improvement
from .cost import Cost
from .feasibility import sampled_log_feasibility, sampled_responses
from .goal import Goal
from .known import Known
from .limits import Limit
from .objectives import forecast_merits, measured_names, objective_spread, sampled_objective
from .problem import Problem

_N_SAMPLES = 128
_N_SAMPLES_OF_MANY = 64  # with three objectives or more, where the boxes of each front are many
_SOFTNESS = 1e-3  # of the smoothed improvement, as a share of the spread of an objective
_MARGIN = 0.1  # by which the reference point lies beyond the front, as a share of its range
_N_PLACES = 64  # looked at for a reference where nothing was measured
_MOST_NUMBERS = 4_000_000  # held at once


class HypervolumeImprovement:
    """qLogNEHVI of one further experiment, given those known and pending.

    In each joint posterior sample the feasible known and pending conditions span a front; the candidate is
    worth the volume that it adds to what the front dominates above a reference point, smoothed so that far
    from any gain near and far are still told apart (Daulton et al., NeurIPS 2021; Ament et al., NeurIPS
    2023), times its smooth feasibility. Objectives are divided by their usual spread.

    Parameters
    ----------
    beliefs
        Fitted surrogates.
    goal, limits
        What is wanted: two objectives or more.
    known : Tensor, shape (n_known, n_parameters)
        Conditions that may be on the front, and pending ones.
    seed
        Of the quasi-random samples.
    costs
        Costs by name, among them those that are objectives.
    reference : Tensor, shape (n_objectives,)
        Merits beyond which nothing counts, from `reference_point`.
    """

    def __init__(
        self,
        beliefs: Beliefs,
        goal: Goal,
        limits: Sequence[Limit],
        known: Tensor,
        seed: int,
        costs: Mapping[str, Cost] | None = None,
        *,
        reference: Tensor,
    ) -> None:
        self.beliefs, self.goal, self.limits, self.costs = beliefs, goal, tuple(limits), costs or {}
        spreads = [objective_spread(o, beliefs, self.costs) for o in goal.objectives]
        self.spread = torch.tensor(spreads, dtype=torch.float64)
        wanted = [*measured_names(goal, self.costs), *(limit.response for limit in limits)]
        names = sampled_responses(wanted, beliefs)
        n_samples = _N_SAMPLES if len(spreads) == 2 else _N_SAMPLES_OF_MANY
        self.samples = JointSamples(beliefs.surrogates, names, known, n_samples, seed)
        merits, log_feasible = self._read(self.samples.at_base, known)
        self.usable = log_feasible > math.log(0.5)
        self.at_base = torch.where(self.usable[..., None], merits, torch.full_like(merits, -math.inf))
        self.has_incumbent = self.usable.any(dim=1)
        self.lower, self.upper, self.dominated = boxes_beyond(self.at_base, reference / self.spread)

    def _read(self, samples: dict[str, Tensor], codes: Tensor) -> tuple[Tensor, Tensor]:
        """Scaled merits, shape (n_samples, n, n_objectives), and log feasibility, (n_samples, n)."""
        columns = [
            sampled_objective(o, self.beliefs, self.costs, samples, codes) for o in self.goal.objectives
        ]
        merits = torch.stack(columns, dim=-1) / self.spread
        return merits, sampled_log_feasibility(self.limits, self.beliefs, samples)

    def __call__(self, codes: Tensor) -> Tensor:
        """Log acquisition value of each candidate, shape (n,)."""
        merits, log_feasible = self._read(self.samples.at(codes), codes)
        volumes = [self._gain(part, smooth=True) for part in merits.split(self._at_once, dim=1)]
        return logmeanexp(torch.cat(volumes, dim=1).log() + log_feasible, dim=0)

    @property
    def _at_once(self) -> int:
        return max(1, _MOST_NUMBERS // self.lower.numel())

    def _gain(self, merits: Tensor, *, smooth: bool) -> Tensor:
        """Volume that candidates (n_samples, n, n_objectives) add, shape (n_samples, n)."""
        volume = None
        for column in range(merits.shape[-1]):
            low, high = self.lower[:, None, :, column], self.upper[:, None, :, column]
            above = merits[..., column, None] - low
            above = fatplus(above, tau=_SOFTNESS) if smooth else above.clamp_min(0.0)
            side = torch.minimum(above, high - low)
            volume = side if volume is None else volume * side
        assert volume is not None
        return volume.sum(dim=-1)

    def improvement(self, codes: Tensor) -> Improvement:
        """Probability and size of the improvement of each candidate.

        Improving means to keep all limits while nothing known or pending is at least as good in every
        objective. Its size is the volume gained as a share of the volume that the known front dominates
        above the reference point: 0.1 if the region of what can be had grows by a tenth.
        """
        merits, log_feasible = self._read(self.samples.at(codes), codes)
        feasible = log_feasible.exp()
        beaten = torch.zeros_like(feasible, dtype=torch.bool)
        for known in self.at_base.unbind(dim=1):
            # By less than that nothing is better: the same conditions again agree only to rounding.
            beaten |= (known[:, None, :] >= merits - _SOFTNESS).all(dim=-1)
        probability = (feasible * ~beaten).mean(dim=0)
        counted = self.has_incumbent
        volume = self.dominated[counted].mean() if counted.any() else torch.tensor(0.0)
        # With no front in most samples there is nothing to measure a gain against.
        if float(counted.to(torch.float64).mean()) <= 0.5 or not float(volume) > 0:
            return Improvement(probability, torch.full((len(codes),), math.nan, dtype=torch.float64))
        parts = merits.split(self._at_once, dim=1)
        gain = torch.cat([self._gain(part, smooth=False) for part in parts], dim=1)
        return Improvement(probability, (gain * feasible)[counted].mean(dim=0) / volume)


def boxes_beyond(fronts: Tensor, reference: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Boxes that fill what no point of a front dominates, and the volume that it does dominate.

    Parameters
    ----------
    fronts : Tensor, shape (n_samples, n, n_objectives)
        Points, -inf where there is none.
    reference : Tensor, shape (n_objectives,)

    Returns
    -------
    lower, upper : Tensor, shape (n_samples, n_boxes, n_objectives)
        Corners; boxes that only fill the table have no side.
    volume : Tensor, shape (n_samples,)
    """
    # Points at the reference dominate nothing, and leave every sample as many points.
    points = torch.where(torch.isfinite(fronts), fronts, reference)
    if points.shape[-1] == 2:
        whole = FastNondominatedPartitioning(reference, points)
        bounds, volume = whole.get_hypercell_bounds(), whole.compute_hypervolume()
        return bounds[0], bounds[1], volume
    parts = [FastNondominatedPartitioning(reference, one) for one in points]
    each = [part.get_hypercell_bounds() for part in parts]
    most = max(bounds.shape[1] for bounds in each)
    table = reference.expand(2, len(points), most, -1).clone()
    for row, bounds in enumerate(each):
        table[:, row, : bounds.shape[1]] = bounds
    volume = torch.stack([part.compute_hypervolume() for part in parts])
    return table[0], table[1], volume


def reference_point(problem: Problem, beliefs: Beliefs, known: Known) -> Tensor:
    """Merits beyond which nothing counts, shape (n_objectives,).

    It lies beyond the worst values on the front of measured conditions that keep all limits (forecast
    medians), by a tenth of the range of the front (Ishibuchi et al., GECCO 2011), or of the usual spread
    of an objective in which the front is narrower than that: two neighbours must not keep the front from
    growing. Where nothing measured keeps the limits, it lies beyond everything measured.
    """
    usual = [objective_spread(o, beliefs, problem.costs) for o in problem.goal.objectives]
    spread = torch.tensor(usual, dtype=torch.float64)
    rows = known.front(problem, beliefs)
    if not rows:
        codes = known.codes[known.is_rival]
        places = codes if len(codes) else _places(problem)
        return forecast_merits(problem, beliefs, places).min(dim=0).values - spread
    front = forecast_merits(problem, beliefs, known.codes[rows])
    ideal = front.max(dim=0).values
    # One point more, as far from the best of each objective as the spread, makes a narrow front wide enough.
    wide = torch.cat([front, torch.minimum(front.min(dim=0).values, ideal - spread)[None]])
    return infer_reference_point(wide, scale=_MARGIN)


def _places(problem: Problem) -> Tensor:
    shares = qmc.Sobol(len(problem.space), scramble=False).random(_N_PLACES)
    return distinct(quantile_codes(problem.space, np.asarray(shares)), problem.space)
