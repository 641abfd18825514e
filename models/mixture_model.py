"""A mixture of surrogates as a BoTorch model."""

from collections.abc import Callable, Mapping, Sequence

import torch
from botorch.models.model import Model
from botorch.posteriors.ensemble import EnsemblePosterior
from botorch.posteriors.posterior import Posterior
from botorch.posteriors.torch import TorchPosterior
from botorch.sampling.base import MCSampler
from botorch.sampling.get_sampler import get_sampler
from botorch.sampling.index_sampler import IndexSampler
from torch import Tensor

from .output_scale import OutputScale, moved
from .surrogate import FittedComponent

_N_SAMPLES = 256
_SEED = 0


class MixtureModel(Model):
    """Ensemble posterior made of joint samples of several models, in proportion to their weights.

    Samples are drawn with a fixed seed, so that the posterior is a deterministic, and for members that
    are, a differentiable function of the codes.

    Parameters
    ----------
    components
        Weights and surrogates.
    responses
        Names of the outputs.
    scales
        Output scales of the ensemble.
    outputs
        Positions of the responses that `posterior` returns; None: all.
    """

    def __init__(
        self,
        components: Sequence[tuple[float, FittedComponent]],
        responses: Sequence[str],
        scales: Mapping[str, OutputScale | None],
        outputs: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.components, self.responses, self.scales = tuple(components), tuple(responses), scales
        self.outputs = tuple(range(len(responses)) if outputs is None else outputs)

    @property
    def num_outputs(self) -> int:
        """Number of responses that `posterior` returns."""
        return len(self.outputs)

    @property
    def batch_shape(self) -> torch.Size:
        """One model, no batch of them."""
        return torch.Size()

    def subset_output(self, idcs: list[int]) -> "MixtureModel":
        """Part of the outputs, by position among those that `posterior` returns."""
        kept = [self.outputs[i] for i in idcs]
        return MixtureModel(self.components, self.responses, self.scales, kept)

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: Callable[[Posterior], Posterior] | None = None,
    ) -> Posterior:
        """Ensemble of joint samples at codes.

        Parameters
        ----------
        X : Tensor, shape (..., q, n_parameters)
            Codes.

        Returns
        -------
        EnsemblePosterior
            Of event shape (q, n_outputs).
        """
        wanted = self.outputs if output_indices is None else [self.outputs[i] for i in output_indices]
        drawn = []
        for weight, member in self.components:
            n = max(round(weight * _N_SAMPLES), 1)
            posterior = member.model.posterior(X)
            samples = _sampler(posterior, n)(posterior)
            columns = [
                moved(samples[..., i], member.scales[name], self.scales[name])
                for i, name in enumerate(self.responses)
            ]
            drawn.append(torch.stack([columns[i] for i in wanted], dim=-1))
        values = torch.cat(drawn).movedim(0, -3)
        posterior = EnsemblePosterior(values)
        return posterior if posterior_transform is None else posterior_transform(posterior)


def _sampler(posterior: Posterior, n: int) -> MCSampler:
    if isinstance(posterior, EnsemblePosterior):
        return IndexSampler(torch.Size([n]), seed=_SEED)
    assert isinstance(posterior, TorchPosterior), f"no way to draw from a {type(posterior).__name__}"
    return get_sampler(posterior, torch.Size([n]), seed=_SEED)


def mixture_moments(shares: Tensor, means: Tensor, variances: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of mixtures, shares (k,), parts (k, n, ...)."""
    weights = shares.reshape(-1, *[1] * (means.ndim - 1))
    mean = (weights * means).sum(dim=0)
    return mean, (weights * (variances + (means - mean) ** 2)).sum(dim=0)
