"""Posterior samples of one latent model at known conditions and, given those, at candidates."""

import torch
from torch import Tensor

from .latent_model import LatentModel

_JITTER = 1e-8
_JITTERS = (_JITTER, 1e-6, 1e-4)  # rounding of near-certain conditions takes more now and then


class LatentSamples:
    """Samples of the latent outputs of one model at base points, conditioned at candidates one by one.

    Parameters
    ----------
    model
        Whose outputs to sample; also a batch of k models.
    base : Tensor, shape (n_base, n_parameters)
        Codes at which samples are joint.
    draws : Tensor, shape (n_samples, n_outputs * (n_base + 1))
        Independent standard normal draws.
    member : Tensor of int, shape (n_samples,)
        Of a batch, to which of its elements each sample belongs.

    Attributes
    ----------
    at_base : Tensor, shape (n_samples, n_base, n_outputs)
    """

    def __init__(self, model: LatentModel, base: Tensor, draws: Tensor, member: Tensor | None = None) -> None:
        assert (member is not None) == (len(model.batch_shape) == 1), "a batch needs a member a sample"
        self.model, self._places = model, None if member is None else (member, _ranks(member))
        n_outputs, n_base = len(model.outputs), len(base)
        grouped = self._grouped(draws)
        self.base_draws, self.own_draws = grouped.tensor_split([n_outputs * n_base], dim=-1)
        self.base = model.prior.seen(model.theta, model.points(base))
        mean, self.base_whitened = model.explain(self.base)
        covariance = model.prior.covariance(model.theta, self.base, self.base)
        covariance = covariance - self.base_whitened.mT @ self.base_whitened
        self.factor = root_of(covariance)
        samples = mean.unsqueeze(-2) + self.base_draws @ self.factor.mT
        self.at_base = self._in_order(samples.unflatten(-1, (n_outputs, n_base)))

    def at(self, codes: Tensor) -> Tensor:
        """Samples at candidates, shape (n_samples, n_candidates, n_outputs)."""
        model, shape = self.model, (len(self.model.outputs), len(codes))
        points = model.prior.seen(model.theta, model.points(codes))
        mean, whitened = model.explain(points)
        cross = model.prior.covariance(model.theta, self.base, points) - self.base_whitened.mT @ whitened
        pull = torch.linalg.solve_triangular(self.factor, cross, upper=False)
        samples = (self.base_draws @ pull).add_(mean.unsqueeze(-2)).unflatten(-1, shape)
        outputs = torch.tensor(model.outputs)
        prior = model.prior.covariance_of_outputs(model.theta, points)[..., outputs[:, None], outputs]
        roots = _roots(prior, whitened.unflatten(-1, shape), pull.unflatten(-1, shape))
        for i, root in enumerate(roots):
            samples[..., i, :].add_(self.own_draws[..., : i + 1] @ torch.stack(root, dim=-2))
        return self._in_order(samples)

    def _grouped(self, draws: Tensor) -> Tensor:
        """Draws by members, shape (k, most samples of a member, n_draws); without a batch as they are."""
        if self._places is None:
            return draws
        n_members, n_most = self.model.batch_shape[0], int(self._places[1].max()) + 1
        grouped = torch.zeros(n_members, n_most, draws.shape[1], dtype=draws.dtype)
        grouped[self._places] = draws
        return grouped

    def _in_order(self, samples: Tensor) -> Tensor:
        """Samples by members (..., n_outputs, n) in the order of the draws (n_samples, n, n_outputs)."""
        return (samples if self._places is None else samples[self._places]).mT


def _ranks(member: Tensor) -> Tensor:
    """How many samples of the same member come before each."""
    same = torch.nn.functional.one_hot(member)
    return (same.cumsum(0) - 1)[torch.arange(len(member)), member]


def root_of(covariance: Tensor) -> Tensor:
    """Cholesky factor of a covariance that rounding may have made slightly indefinite, shape (..., n, n).

    Raises
    ------
    torch.linalg.LinAlgError
        If that is more than rounding.
    """
    eye = torch.eye(covariance.shape[-1], dtype=covariance.dtype)
    for jitter in _JITTERS[:-1]:
        factor, info = torch.linalg.cholesky_ex(covariance + jitter * eye)
        if not info.any():
            return factor
    return torch.linalg.cholesky(covariance + _JITTERS[-1] * eye)


def _roots(prior: Tensor, *explained: Tensor) -> list[list[Tensor]]:
    """Lower Cholesky factors of what is left of small covariances, also of singular ones.

    Parameters
    ----------
    prior : Tensor, shape (..., n, k, k)
        Covariances of k outputs at n places.
    explained : Tensors, shapes (..., m, k, n)
        Columns whose inner products are explained.

    Returns
    -------
    list of rows of k Tensors, shape (..., n) each
        Entries on and below the diagonal.
    """
    rows: list[list[Tensor]] = []
    for i in range(prior.shape[-1]):
        row: list[Tensor] = []
        for j in range(i + 1):
            entry = prior[..., i, j]
            for columns in explained:
                entry = entry - (columns[..., i, :] * columns[..., j, :]).sum(-2)
            for left, right in zip(row, rows[j] if j < i else row, strict=False):
                entry = entry - left * right
            row.append(entry / rows[j][j] if j < i else entry.clamp_min(_JITTER).sqrt())
        rows.append(row)
    return rows
