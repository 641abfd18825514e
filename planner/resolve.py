"""Finding out what meets the limits, where nothing can be expected to yet."""

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from ..models.beliefs import Beliefs
from ..models.joint_samples import JointSamples
from .feasibility import log_gap, sampled_responses
from .limits import Limit

_N_SAMPLES = 256
_LEAST_NEWS = 1e-3


class LimitResolution:
    """Score of candidates none of which meets all limits: close to meeting them, and news about them.

    Closeness is the log probability that is missing. News is the share of what is uncertain about the
    missed limits that experiments pending or just chosen will not tell anyway: one less the squared
    correlation of their posterior samples. A second experiment next to the first, or one that differs only
    in what does not matter to the limit, is no news.

    Parameters
    ----------
    beliefs
        Fitted surrogates.
    limits
        What must be met.
    recent : Tensor, shape (n_recent, n_parameters)
        Conditions pending or already chosen.
    seed
        Of the samples.
    """

    def __init__(self, beliefs: Beliefs, limits: Sequence[Limit], recent: Tensor, seed: int) -> None:
        self.beliefs, self.limits = beliefs, tuple(limits)
        self.recent, self.seed = recent, seed

    @cached_property
    def _samples(self) -> JointSamples:
        names = sampled_responses([limit.response for limit in self.limits], self.beliefs)
        return JointSamples(self.beliefs.surrogates, names, self.recent, _N_SAMPLES, self.seed)

    def gaps(self, codes: Tensor) -> Tensor:
        """Log probability that each candidate lacks to each limit, shape (n, n_limits)."""
        columns = [log_gap(limit, self.beliefs, codes) for limit in self.limits]
        return torch.stack(columns, dim=1) if columns else torch.zeros(len(codes), 0, dtype=codes.dtype)

    def __call__(self, codes: Tensor) -> Tensor:
        """Log score of each candidate, at most 0, shape (n,)."""
        return self.score(codes, self.gaps(codes))

    def score(self, codes: Tensor, gaps: Tensor) -> Tensor:
        """Log score of candidates whose `gaps` are at hand, shape (n,)."""
        closeness = -gaps.sum(dim=1)
        if not len(self.recent):
            return closeness
        at_codes, at_recent = self._samples.at(codes), self._samples.at_base
        news = torch.full_like(closeness, _LEAST_NEWS)
        for limit, gap in zip(self.limits, gaps.T, strict=True):
            for name in sampled_responses([limit.response], self.beliefs):
                told = _squared_correlation(at_codes[name], at_recent[name]).max(dim=1).values
                news = torch.where(gap > 0, torch.maximum(news, 1 - told), news)
        return closeness + news.log()


def _squared_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Squared correlation over samples, shapes (n_samples, n_a) and (n_samples, n_b) to (n_a, n_b)."""
    a, b = ((x - x.mean(dim=0)) / x.std(dim=0).clamp_min(1e-12) for x in (a, b))
    return (a.T @ b / (len(a) - 1)).clamp(-1, 1) ** 2
