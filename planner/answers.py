"""What one more answer of yes or no would make of the probability of a limit."""

import torch
from torch import Tensor

from ..models.beliefs import Beliefs
from .feasibility import probability_met, required_probability
from .limits import YesNoLimit

_N_NODES = 64
_TOWARDS_CERTAINTY = 0.4  # of the way from the required probability


def after_an_answer(limit: YesNoLimit, beliefs: Beliefs, codes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Probability that a limit is met now, after one wanted and after one unwanted answer, shape (n,) each.

    The latent value is normal and each answer independent given it, so a wanted answer weighs the
    probabilities that it stands for by themselves: E[p²] / E[p].

    Parameters
    ----------
    limit, beliefs
        What must be met, and what is believed.
    codes : Tensor, shape (n, n_parameters)
        Where the answer is asked for.
    """
    surrogate = beliefs.surrogate_of(limit.response)
    column = surrogate.responses.index(limit.response)
    weights = torch.tensor([weight for weight, _ in surrogate.components], dtype=torch.float64)
    means, variances = (x[..., column, None] for x in surrogate.component_marginals(codes))
    shares = (torch.arange(_N_NODES, dtype=torch.float64) + 0.5) / _N_NODES
    latent = means + variances.sqrt() * torch.special.ndtri(shares)
    met = torch.special.ndtr(latent if limit.side == "at_least" else -latent).clamp(1e-12, 1 - 1e-12)
    now = probability_met(limit, beliefs, codes)
    first, both = (weights @ power.mean(dim=-1) for power in (met, met * met))
    return now, both / first, (first - both) / (1 - first)


def is_at_boundary(limit: YesNoLimit, beliefs: Beliefs, codes: Tensor) -> Tensor:
    """Whether one more answer could well move conditions to the other side of a limit, shape (n,).

    Conditions that miss it do so if a wanted answer would let them in; those that keep it, if an unwanted
    one would shut them out and they keep it by little.
    """
    now, wanted, unwanted = after_an_answer(limit, beliefs, codes)
    required = required_probability(limit)
    close = now <= required + _TOWARDS_CERTAINTY * (1 - required)
    return torch.where(now >= required, (unwanted < required) & close, wanted >= required)
