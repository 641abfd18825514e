"""One Gaussian process at several hyperparameters, all evaluated at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from .evidence import Evidence
from .fitted_latent_surrogate import FittedLatentSurrogate
from .latent_model import LatentModel
from .latent_samples import LatentSamples
from .mixture_model import MixtureModel, mixture_moments
from .output_scale import OutputScale
from .surrogate import LeftOut


@dataclass(frozen=True)
class FittedLatentEnsemble:
    """An equal mixture of one process at several hyperparameters.

    Attributes
    ----------
    lead
        The process at its most probable hyperparameters, which speaks for all where only one can be shown.
    batch
        The process at all hyperparameters, a batch of shape (n_members,).
    """

    lead: FittedLatentSurrogate
    batch: LatentModel

    def __len__(self) -> int:
        return self.batch.batch_shape[0]

    @property
    def responses(self) -> tuple[str, ...]:
        """Names of the responses."""
        return self.lead.responses

    @property
    def scales(self) -> Mapping[str, OutputScale | None]:
        """Output scale of each response, None for yes/no."""
        return self.lead.scales

    @property
    def evidence(self) -> Evidence:
        """What it learned from."""
        return self.lead.evidence

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Sentences on declared knowledge that the data contradict."""
        return self.lead.contradictions

    @property
    def components(self) -> tuple[tuple[float, FittedLatentSurrogate], ...]:
        """Equal weights and the members, each with its own view of the batch."""
        return self._components

    @cached_property
    def _components(self) -> tuple[tuple[float, FittedLatentSurrogate], ...]:
        n = len(self)
        return tuple((1 / n, replace(self.lead, model=self.batch.element(i))) for i in range(n))

    @property
    def model(self) -> MixtureModel:
        """BoTorch model whose posterior is an ensemble of samples of the members."""
        return MixtureModel(self.components, self.responses, self.scales)

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the mixture at codes, shape (n, n_responses) each."""
        shares = torch.full((len(self),), 1 / len(self), dtype=torch.float64)
        return mixture_moments(shares, *self.component_marginals(codes))

    def component_marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Latent means and variances of the members, shape (n_members, n, n_responses) each."""
        with torch.no_grad():
            return self.batch.marginals(codes)

    def component_left_out(self) -> LeftOut:
        """What each member forecasts of every observation without its experiment."""
        return self.lead.left_out_of(self.batch)

    def noise_variance(self, response: str, latent_mean: Tensor) -> Tensor:
        """Mean of the noise variances that the members believe in."""
        each = [member.noise_variance(response, latent_mean) for _, member in self.components]
        return torch.stack(each).mean(dim=0)

    def n_draws(self, n_responses: int, n_base: int) -> int:
        """Those of a member, and one that says which member speaks."""
        return 1 + self.lead.n_draws(n_responses, n_base)

    def samples(self, responses: Sequence[str], base: Tensor, draws: Tensor) -> LatentSamples:
        """Samples each of which is one member's, picked by its first draw."""
        outputs = [self.responses.index(name) for name in responses]
        member = (torch.special.ndtr(draws[:, 0]) * len(self)).long().clamp_max(len(self) - 1)
        return LatentSamples(self.batch.for_outputs(outputs), base, draws[:, 1:], member)
