"""Joint posterior samples at known conditions and, given those, at any number of candidates."""

from collections.abc import Sequence

import torch
from torch import Tensor

from .quasi_random import normal_draws
from .surrogate import FittedSurrogate


class JointSamples:
    """Samples of several responses, joint over base conditions and each candidate.

    Responses of one surrogate keep their correlation; the base samples are shared by all candidates, so
    that differences between candidates are not blurred by sampling.

    Parameters
    ----------
    surrogates
        Fitted surrogates that know the responses between them.
    responses
        Measured responses to sample (latent, on their surrogates' scales).
    base : Tensor, shape (n_base, n_parameters)
        Conditions known or pending.
    n_samples, seed
        Number of quasi-random samples and their seed.
    """

    def __init__(
        self,
        surrogates: Sequence[FittedSurrogate],
        responses: Sequence[str],
        base: Tensor,
        n_samples: int = 256,
        seed: int = 0,
    ) -> None:
        self.responses = tuple(responses)
        asked = []
        for surrogate in surrogates:
            wanted = tuple(name for name in surrogate.responses if name in self.responses)
            if wanted:
                asked.append((wanted, surrogate))
        # All models share one sequence: two of them with seeds of their own agree in their leading bits,
        # and what the models say would no longer be independent.
        sizes = [surrogate.n_draws(len(wanted), len(base)) for wanted, surrogate in asked]
        draws = normal_draws(n_samples, sum(sizes), seed).split(sizes, dim=1)
        with torch.no_grad():
            self._parts = [
                (wanted, surrogate.samples(wanted, base, part))
                for (wanted, surrogate), part in zip(asked, draws, strict=True)
            ]

    @property
    def at_base(self) -> dict[str, Tensor]:
        """Latent samples at the base, shape (n_samples, n_base) for each response."""
        return {name: part.at_base[..., i] for names, part in self._parts for i, name in enumerate(names)}

    def at(self, codes: Tensor) -> dict[str, Tensor]:
        """Latent samples at candidates, shape (n_samples, n_candidates) for each response."""
        result = {}
        with torch.no_grad():
            for names, part in self._parts:
                samples = part.at(codes)
                result.update({name: samples[..., i] for i, name in enumerate(names)})
        return result
