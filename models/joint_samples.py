"""Joint posterior samples at known conditions and, given those, at any number of candidates."""

from collections.abc import Sequence

import torch
from torch import Tensor

from .latent_model import LatentModel
from .quasi_random import normal_draws
from .surrogate import FittedSurrogate

_JITTER = 1e-8


class _ModelSamples:
    """Samples of the latent outputs of one model at base points, conditioned at candidates one by one."""

    def __init__(self, model: LatentModel, base: Tensor, draws: Tensor) -> None:
        self.model = model
        n_outputs, n_base, n_samples = len(model.outputs), len(base), len(draws)
        self.base_draws, self.own_draws = draws[:, : n_outputs * n_base], draws[:, n_outputs * n_base :]
        self.base = model.points(base)
        mean, self.base_whitened = model.explain(self.base)
        covariance = model.prior.covariance(model.theta, self.base, self.base)
        covariance = covariance - self.base_whitened.T @ self.base_whitened
        self.factor = torch.linalg.cholesky(
            covariance + _JITTER * torch.eye(len(covariance), dtype=torch.float64)
        )
        samples = mean + self.base_draws @ self.factor.T
        self.at_base = samples.reshape(n_samples, n_outputs, n_base).transpose(1, 2)

    def at(self, codes: Tensor) -> Tensor:
        """Samples at candidates, shape (n_samples, n_candidates, n_outputs)."""
        model, n, n_outputs = self.model, len(codes), len(self.model.outputs)
        points = model.points(codes)
        mean, whitened = model.explain(points)
        cross = model.prior.covariance(model.theta, self.base, points) - self.base_whitened.T @ whitened
        pull = torch.linalg.solve_triangular(self.factor, cross, upper=False)
        shifted = (mean + self.base_draws @ pull).reshape(-1, n_outputs, n)
        explained = torch.cat([whitened, pull]).reshape(-1, n_outputs, n)
        outputs = torch.tensor(model.outputs)
        first = model.prior.points(codes, outputs[:1].expand(n))
        prior = model.prior.covariance_of_outputs(model.theta, first)[:, outputs][:, :, outputs]
        covariance = prior - torch.einsum("kan,kbn->nab", explained, explained)
        factor = _root(covariance)
        own = torch.einsum("nab,sb->san", factor, self.own_draws)
        return (shifted + own).transpose(1, 2)


def _root(covariance: Tensor) -> Tensor:
    """Lower factors of small covariances, shape (n, k, k), also of singular ones."""
    if covariance.shape[-1] == 1:
        return covariance.clamp_min(_JITTER).sqrt()
    values, vectors = torch.linalg.eigh(covariance)
    return vectors * values.clamp_min(_JITTER).sqrt().unsqueeze(-2)


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
                assert isinstance(surrogate.model, LatentModel)
                model = surrogate.model.for_outputs([surrogate.responses.index(name) for name in wanted])
                asked.append((wanted, model))
        # All models share one sequence: two of them with seeds of their own agree in their leading bits,
        # and what the models say would no longer be independent.
        sizes = [len(wanted) * (len(base) + 1) for wanted, _ in asked]
        draws = normal_draws(n_samples, sum(sizes), seed).split(sizes, dim=1)
        with torch.no_grad():
            self._parts = [
                (wanted, _ModelSamples(model, base, part))
                for (wanted, model), part in zip(asked, draws, strict=True)
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
