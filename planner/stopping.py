"""Advice on stopping: what is left to gain, and how sure the best found is near the best there is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..datasets import Experiment
from ..models.beliefs import Beliefs
from ..models.joint_samples import JointSamples
from .feasibility import sampled_responses, values_of, with_working_process
from .hypervolume import boxes_beyond, reference_point
from .known import Known, keys_of
from .limits import YesNoLimit
from .objectives import measured_names, objective_spread, sampled_objective
from .problem import Problem
from .scatter import scatter
from .wording import in_full, percent, with_unit

_N_SAMPLES = 256
_MOST_PLACES = 80
_SURE = 0.9
_SHARE_OF_FRONT = 0.05  # of the volume that a front dominates


@dataclass(frozen=True)
class Stopping:
    """How much there is left to gain.

    Attributes
    ----------
    expected_gain
        Of the best remaining experiment over everything made or pending, in `unit`.
    unit
        Of the goal; empty if it has none. With several objectives ``share of the front``.
    x, probability
        How probable it is that the best found lies within x of the best that keeps the limits.
    cost
        What the best remaining experiment costs, in words; empty if that is not known.
    advice
        A sentence or two.
    """

    expected_gain: float
    unit: str
    x: float
    probability: float
    cost: str
    advice: str

    @property
    def enough(self) -> bool:
        """Whether little is left to gain, and that is sure."""
        return self.expected_gain < self.x and self.probability >= _SURE

    def as_json(self) -> dict[str, object]:
        """In plain types, for the JSON output."""
        within = {"x": self.x, "probability": self.probability}
        return {
            "expected_gain": self.expected_gain,
            "unit": self.unit,
            "probability_within": within,
            **({"cost": self.cost} if self.cost else {}),
            "advice": self.advice,
        }

    def _repr_html_(self) -> str:
        from .suggestion_html import stopping_html

        return stopping_html(self)


def stopping(
    problem: Problem,
    beliefs: Beliefs,
    known: Known,
    promising: Tensor,
    gain: float,
    costs: Mapping[str, float],
    seed: int,
) -> Stopping | None:
    """Weigh what is left to gain; None while nothing made is expected to keep all limits.

    In joint posterior samples the best of the promising conditions that keep the limits is compared with
    the best found. In a sample a limit on yes or no is kept where the probability of the wanted answer is
    as large as the limit asks, a bound on a number where the number keeps it; the best found is believed
    to keep them.

    Parameters
    ----------
    problem, beliefs, known
        What is wanted, believed and made.
    promising : Tensor, shape (n, n_parameters)
        Conditions that may be the best there is, the most promising first.
    gain
        Expected of the best remaining experiment, in the unit of the goal, or as share of the front.
    costs
        What that experiment costs, by name.
    seed
        Of the samples.
    """
    front = known.front(problem, beliefs)
    if not front or math.isnan(gain):
        return None
    found = torch.unique(known.codes[front], dim=0)
    taken = set(keys_of(found))
    others = promising[[key not in taken for key in keys_of(promising)]][:_MOST_PLACES]
    places = torch.cat([found, others])
    limited = [limit.response for limit in problem.limits]
    names = sampled_responses([*measured_names(problem.goal, problem.costs), *limited], beliefs)
    if not names:
        return None
    merits = _sampled_merits(problem, beliefs, names, places, len(found), seed)
    several = len(problem.goal.objectives) > 1
    if several:
        x, unit = _SHARE_OF_FRONT, "share of the front"
        probability = _front_within(problem, beliefs, known, merits, len(found), x)
    else:
        (objective,) = problem.goal.objectives
        x = scatter(problem, beliefs, objective, known.codes[front[0]])
        unit = problem.unit_of(objective.response) or ""
        ahead = merits[:, :, 0].max(dim=1).values - merits[:, : len(found), 0].max(dim=1).values
        probability = float((ahead <= x).to(torch.float64).mean())
    cost = _in_words(problem, costs)
    made = [_named(known.experiments[row]) for row in front]
    advice = _advice(made, gain, x, unit, probability, cost, several=several)
    return Stopping(gain, unit, x, probability, cost, advice)


def _sampled_merits(
    problem: Problem, beliefs: Beliefs, names: Sequence[str], places: Tensor, n_found: int, seed: int
) -> Tensor:
    """Merits, shape (n_samples, n, n_objectives), -inf where limits are broken; n_found keep them."""
    samples = JointSamples(beliefs.surrogates, names, places, _N_SAMPLES, seed).at_base
    merits = torch.stack(
        [sampled_objective(o, beliefs, problem.costs, samples, places) for o in problem.goal.objectives],
        dim=-1,
    )
    keeps = _keeps(problem, beliefs, samples)
    keeps[:, :n_found] = True
    merits[~keeps] = -torch.inf
    return merits


def _named(made: Experiment) -> str:
    return made.id if made.is_own else f"{made.id}, which your lab has not made,"


def _keeps(problem: Problem, beliefs: Beliefs, samples: Mapping[str, Tensor]) -> Tensor:
    """Whether each place keeps all limits in each sample, shape (n_samples, n)."""
    keeps = torch.ones_like(next(iter(samples.values())), dtype=torch.bool)
    for limit in with_working_process(problem.limits, beliefs):
        if isinstance(limit, YesNoLimit):
            yes = torch.special.ndtr(samples[limit.response])
            keeps &= yes >= limit.probability if limit.side == "at_least" else yes <= limit.probability
        else:
            side = 1.0 if limit.side == "at_least" else -1.0
            keeps &= side * (values_of(limit.response, beliefs, samples) - limit.bound) >= 0
    return keeps


def _front_within(
    problem: Problem, beliefs: Beliefs, known: Known, merits: Tensor, n_found: int, share: float
) -> float:
    """Share of samples in which the found front dominates nearly all that the whole one does."""
    spreads = [objective_spread(o, beliefs, problem.costs) for o in problem.goal.objectives]
    scale = torch.tensor(spreads, dtype=torch.float64)
    reference = reference_point(problem, beliefs, known) / scale
    whole = boxes_beyond(merits / scale, reference)[2]
    found = boxes_beyond(merits[:, :n_found] / scale, reference)[2]
    return float((found >= (1 - share) * whole).to(torch.float64).mean())


def _in_words(problem: Problem, costs: Mapping[str, float]) -> str:
    """The first cost that is counted in hours, else the first."""
    hours = [name for name in costs if problem.costs[name].unit == "h"]
    name = next(iter([*hours, *costs]), None)
    return "" if name is None else in_full(costs[name], problem.costs[name].unit)


def _advice(
    made: Sequence[str], gain: float, x: float, unit: str, probability: float, cost: str, *, several: bool
) -> str:
    if several:
        gains, near = f"to make the front {percent(gain)} larger", f"all but {percent(x)} of the best front"
        number = f"{len(made)} experiment{'s' if len(made) > 1 else ''}"
        found = f"The front found ({number} expected to keep all limits) covers"
        judged = f"{found} {near} with {percent(probability)}"
    else:
        gains = f"to gain {with_unit(gain, unit or None)}"
        near = with_unit(float(f"{x:.2g}"), unit or None)
        judged = f"{made[0]} is within {near} of the best that keeps the limits with {percent(probability)}"
    price = f" for {cost}" if cost else ""
    if gain < x and probability >= _SURE:
        advice = "Stopping is reasonable, as far as the surrogates can be trusted; repeat the best once more"
        advice += " before relying on it"
    elif gain < x and probability >= 0.5:
        advice = "Go on, unless that is near enough"
    else:
        advice = "Go on"
    return f"{advice}. {judged}; the best next experiment is expected {gains}{price}."
