"""How probable it is that conditions meet the limits."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..models.beliefs import Beliefs, combine_derived
from ..models.evidence import PROCESS_WORKS
from .cost import CostLimit
from .limits import Limit, NumberLimit, YesNoLimit

_SOFTNESS = 0.02  # width of the smoothed indicator of a numeric limit, as a share of its spread
# A synthesis more likely to fail than not is no way to meet any limit.
PROCESS_MUST_WORK = YesNoLimit(response=PROCESS_WORKS, side="at_least", probability=0.5)


def limit_name(limit: Limit | CostLimit, limits: Sequence[Limit] | Sequence[CostLimit]) -> str:
    """Key of a limit: its response, with the side where a response has two limits."""
    twins = [other for other in limits if other.response == limit.response]
    return limit.response if len(twins) == 1 else f"{limit.response} {limit.side}"


def required_probability(limit: Limit) -> float:
    """How probable it must be that the limit is met."""
    if isinstance(limit, NumberLimit):
        return limit.with_probability
    return limit.probability if limit.side == "at_least" else 1 - limit.probability


def probability_met(limit: Limit, beliefs: Beliefs, codes: Tensor) -> Tensor:
    """Probability that each candidate meets a limit, shape (n,)."""
    return log_probability_met(limit, beliefs, codes).exp()


def log_probability_met(limit: Limit, beliefs: Beliefs, codes: Tensor) -> Tensor:
    """Log probability that each candidate meets a limit, shape (n,); tells near from far out as well."""
    side = 1.0 if limit.side == "at_least" else -1.0
    if isinstance(limit, YesNoLimit):
        return beliefs.log_probability_of(limit.response, codes, answer=limit.side == "at_least")
    if beliefs.responses[limit.response].is_derived:
        margin = side * (beliefs.derived_samples(limit.response, codes, measured=False) - limit.bound)
        share = (margin >= 0).to(codes.dtype).mean(dim=0)
        # Where no sample meets it, a normal tail still tells near from far.
        tail = torch.special.log_ndtr(margin.mean(dim=0) / margin.std(dim=0).clamp_min(1e-12))
        return torch.where(share > 0, share.log(), tail.clamp_max(-np.log(len(margin))))
    bound = torch.full((len(codes),), limit.bound, dtype=codes.dtype)
    return beliefs.predictive(limit.response, codes, measured=False).log_probability_beyond(bound, side)


def log_gap(limit: Limit, beliefs: Beliefs, codes: Tensor) -> Tensor:
    """Log probability that each candidate lacks to the required one, shape (n,); 0 where it has it."""
    return (np.log(required_probability(limit)) - log_probability_met(limit, beliefs, codes)).clamp_min(0.0)


def with_working_process(limits: Sequence[Limit], beliefs: Beliefs) -> tuple[Limit, ...]:
    """The limits; where experiments failed by their conditions, also that the synthesis must work."""
    return (*limits, PROCESS_MUST_WORK) if beliefs.knows_failures else tuple(limits)


def shown_probability(limit: Limit, met: float) -> float:
    """Probability as the campaign file speaks of it: of yes for a yes/no limit, else of meeting it."""
    return 1 - met if isinstance(limit, YesNoLimit) and limit.side == "at_most" else met


def shortfall(limits: Sequence[Limit], beliefs: Beliefs, codes: Tensor) -> Tensor:
    """By how much each candidate misses the stated probabilities, in log probability; 0 if it meets all.

    Where experiments have failed because of their conditions, the synthesis must also be expected to work.
    """
    total = torch.zeros(len(codes), dtype=codes.dtype)
    for limit in with_working_process(limits, beliefs):
        total = total + log_gap(limit, beliefs, codes)
    return total


def sampled_log_feasibility(
    limits: Sequence[Limit], beliefs: Beliefs, samples: Mapping[str, Tensor]
) -> Tensor:
    """Smooth log-indicator that each joint sample meets all limits and the synthesis works.

    Parameters
    ----------
    limits, beliefs
        What must be met, and the surrogates that know the scales.
    samples
        Latent samples by response, all of one shape.

    Returns
    -------
    Tensor of that shape, at most 0.
    """
    total = torch.zeros_like(next(iter(samples.values())))
    if PROCESS_WORKS in samples:
        total = total + torch.special.log_ndtr(samples[PROCESS_WORKS])
    for limit in limits:
        side = 1.0 if limit.side == "at_least" else -1.0
        if isinstance(limit, YesNoLimit):
            total = total + torch.special.log_ndtr(side * samples[limit.response])
        else:
            values = values_of(limit.response, beliefs, samples)
            width = _SOFTNESS * typical_spread(limit.response, beliefs)
            total = total + torch.nn.functional.logsigmoid(side * (values - limit.bound) / width)
    return total


def values_of(response: str, beliefs: Beliefs, samples: Mapping[str, Tensor]) -> Tensor:
    """Samples of a numeric response in its unit, computed from those of its sources if it is derived."""
    description = beliefs.responses[response]
    if description.is_derived:
        return combine_derived(
            description, [beliefs.in_units(name, samples[name]) for name in description.sources]
        )
    return beliefs.in_units(response, samples[response])


def typical_spread(response: str, beliefs: Beliefs) -> float:
    """How far a numeric response usually varies, in its unit: one latent standard deviation."""
    description = beliefs.responses[response]
    if response_sources := description.sources:
        return max(typical_spread(name, beliefs) for name in response_sources)
    ends = beliefs.in_units(response, torch.tensor([-1.0, 1.0], dtype=torch.float64))
    return max(float(ends[1] - ends[0]) / 2, 1e-12)


def sampled_responses(names: Sequence[str], beliefs: Beliefs) -> list[str]:
    """Measured responses whose samples are needed to speak of the named ones, process failures included."""
    needed: list[str] = []
    for name in names:
        response = beliefs.responses.get(name)
        needed += response.sources if response is not None and response.is_derived else (name,)
    if beliefs.knows_failures:
        needed.append(PROCESS_WORKS)
    return list(dict.fromkeys(needed))
