"""What the Gaussian-process surrogate of linked responses believes after learning."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ..datasets import Response
from .evidence import Evidence
from .latent_model import LatentModel
from .latent_samples import LatentSamples
from .observed_terms import declared_noise_sd
from .outliers import WRONG_VALUES, Outlier
from .output_scale import OutputScale
from .scoring import log_densities
from .surrogate import LeftOut


@dataclass(frozen=True)
class FittedLatentSurrogate:
    """A latent surrogate after learning.

    Attributes
    ----------
    linked
        The responses.
    scales
        Output scale of each response, None for yes/no.
    model
        Joint posterior of their latent processes.
    evidence
        What it learned from.
    contradictions
        Sentences on declared knowledge that the data contradict and that is therefore not used.
    outliers
        Values that do not fit the others, and to which next to no attention is paid.
    """

    linked: tuple[Response, ...]
    scales: Mapping[str, OutputScale | None]
    model: LatentModel
    evidence: Evidence
    contradictions: tuple[str, ...] = ()
    outliers: tuple[Outlier, ...] = ()

    @property
    def responses(self) -> tuple[str, ...]:
        """Names of the responses."""
        return tuple(r.name for r in self.linked)

    @property
    def components(self) -> "tuple[tuple[float, FittedLatentSurrogate], ...]":
        """Itself: this is no mixture."""
        return ((1.0, self),)

    @property
    def lead(self) -> "FittedLatentSurrogate":
        """Itself."""
        return self

    def learned_constants(self, response: str) -> dict[str, list[float]]:
        """Constants of the features that a response uses, as learned, in the order of their beliefs."""
        return self.model.prior.learned_constants(self.model.theta, self.responses.index(response))

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Latent means and variances at codes, shape (n, n_responses) each."""
        with torch.no_grad():
            return self.model.marginals(codes)

    def component_marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Latent means and variances at codes, shape (1, n, n_responses) each."""
        mean, variance = self.marginals(codes)
        return mean.unsqueeze(0), variance.unsqueeze(0)

    def noise_variance(self, response: str, latent_mean: Tensor) -> Tensor:
        """Variance of a measurement around the truth, on the latent scale."""
        position = self.responses.index(response)
        scale, description = self.scales[response], self.linked[position]
        if scale is None:
            return torch.ones_like(latent_mean)
        learned = self.model.prior.noise_sd(self.model.theta, position) ** 2
        values = scale.to_values(latent_mean.detach())
        return learned + (declared_noise_sd(description, values) * scale.slope(values)) ** 2

    def within_share(self, response: str) -> float | None:
        """Share of the noise variance between the values of one experiment; None if nothing tells."""
        position = self.responses.index(response)
        if not self.model.prior.outputs[position].learns_share:
            return None
        return float(self.model.prior.within_share(self.model.theta, position))

    def left_out(self) -> LeftOut:
        """Forecast every observation without anything else that its experiment says.

        An outlier is forecast as what it was to be; its density is that of values that are wrong.
        """
        return self._left_out

    @cached_property
    def _left_out(self) -> LeftOut:
        return self.left_out_of(self.model)

    def component_left_out(self) -> LeftOut:
        """What is left out, shape (1, n_observations) each."""
        return LeftOut.of_several([self.left_out()])

    def left_out_of(self, model: LatentModel) -> LeftOut:
        """The same for the evidence seen with other hyperparameters, also with a batch of them."""
        observations = self.evidence.observations
        with torch.no_grad():
            mean, variance = model.left_out([self.evidence.told_with(i) for i in range(len(observations))])
        wrong = model.evidence.outlier_variance
        density = log_densities(observations, self.scales, mean, variance)
        density = density + torch.where(wrong > 0, math.log(WRONG_VALUES), 0.0)
        return LeftOut(mean, variance - wrong, density)

    def n_draws(self, n_responses: int, n_base: int) -> int:
        """Number of standard normal draws that one joint sample takes."""
        return n_responses * (n_base + 1)

    def samples(self, responses: Sequence[str], base: Tensor, draws: Tensor) -> LatentSamples:
        """Samples of some of the responses from standard normal draws."""
        return LatentSamples(self.model.for_outputs(list(map(self.responses.index, responses))), base, draws)
