"""Several surrogates of the same responses, each believed to some degree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from botorch.models.model import Model
from torch import Tensor

from .evidence import Evidence
from .mixture_model import MixtureModel, mixture_moments
from .output_scale import OutputScale, moved
from .surrogate import ConditionalSamples, FittedComponent, FittedSurrogate, LeftOut


@dataclass(frozen=True)
class FittedMixture:
    """A weighted mixture of surrogates that learned the same responses from the same evidence.

    Attributes
    ----------
    weights
        Shares that sum to one.
    members
        Surrogates, each with the same scales for all of its components; the scales of the first are those
        of the mixture.
    lead
        The one that speaks for all where only one can be shown.
    contradictions
        Sentences on declared knowledge that the data contradict.
    """

    weights: tuple[float, ...]
    members: tuple[FittedSurrogate, ...]
    lead: FittedComponent
    contradictions: tuple[str, ...] = ()

    @property
    def responses(self) -> tuple[str, ...]:
        """Names of the responses."""
        return self.members[0].responses

    @property
    def scales(self) -> Mapping[str, OutputScale | None]:
        """Output scales of the first member, in which the mixture speaks."""
        return self.members[0].scales

    @property
    def evidence(self) -> Evidence:
        """What all members learned from."""
        return self.members[0].evidence

    @property
    def components(self) -> tuple[tuple[float, FittedComponent], ...]:
        """Weights and components of all members."""
        return self._components

    @cached_property
    def _components(self) -> tuple[tuple[float, FittedComponent], ...]:
        return tuple(
            (weight * share, component)
            for weight, member in zip(self.weights, self.members, strict=True)
            for share, component in member.components
        )

    @property
    def model(self) -> Model:
        """BoTorch model whose posterior is an ensemble of samples of the members."""
        return MixtureModel(self.components, self.responses, self.scales)

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the mixture at codes, shape (n, n_responses) each."""
        parts = [self._moved(member, *member.component_marginals(codes)) for member in self.members]
        shares = torch.tensor([weight for weight, _ in self.components], dtype=torch.float64)
        return mixture_moments(shares, *(torch.cat(x) for x in zip(*parts, strict=True)))

    def component_marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Latent means and variances of all components, each on its own scale."""
        means, variances = zip(*(member.component_marginals(codes) for member in self.members), strict=True)
        return torch.cat(means), torch.cat(variances)

    def component_left_out(self) -> LeftOut:
        """What each component forecasts of every observation without its experiment."""
        return LeftOut.of_several([member.component_left_out() for member in self.members])

    def noise_variance(self, response: str, latent_mean: Tensor) -> Tensor:
        """Mean of the noise variances that the members believe in, on the scale of the mixture."""
        total = torch.zeros_like(latent_mean)
        for weight, member in zip(self.weights, self.members, strict=True):
            own, other = self.scales[response], member.scales[response]
            if own is None or other is None:
                return torch.ones_like(latent_mean)
            values = own.to_values(latent_mean)
            variance = member.noise_variance(response, other.to_latent(values))
            total = total + weight * variance * (own.slope(values) / other.slope(values)) ** 2
        return total

    def n_draws(self, n_responses: int, n_base: int) -> int:
        """Those of the member that takes most, and one that says which member speaks."""
        return 1 + max(member.n_draws(n_responses, n_base) for member in self.members)

    def samples(self, responses: Sequence[str], base: Tensor, draws: Tensor) -> ConditionalSamples:
        """Samples each of which is one member's; members get shares of them by their weights."""
        return _MixtureSamples(self, responses, base, draws)

    def _moved(self, member: FittedSurrogate, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
        """Moments on the scale of the mixture, from the values one standard deviation around the mean."""
        if member.scales == self.scales:
            return mean, variance
        columns: tuple[list[Tensor], list[Tensor]] = ([], [])
        for i, name in enumerate(self.responses):
            sd = variance[..., i].sqrt()
            low, middle, high = (
                moved(mean[..., i] + z * sd, member.scales[name], self.scales[name]) for z in (-1.0, 0.0, 1.0)
            )
            columns[0].append(middle)
            columns[1].append(((high - low) / 2) ** 2)
        return torch.stack(columns[0], dim=-1), torch.stack(columns[1], dim=-1)


class _MixtureSamples:
    def __init__(self, mixture: FittedMixture, responses: Sequence[str], base: Tensor, draws: Tensor) -> None:
        self._n_samples, self._n_responses = len(draws), len(responses)
        ends = torch.cumsum(torch.tensor(mixture.weights, dtype=torch.float64), dim=0)
        speaker = torch.searchsorted(ends, torch.special.ndtr(draws[:, 0])).clamp_max(len(ends) - 1)
        self._parts: list[tuple[Tensor, FittedSurrogate, ConditionalSamples]] = []
        for position, member in enumerate(mixture.members):
            rows = (speaker == position).nonzero()[:, 0]
            if len(rows):
                own = draws[rows, 1 : 1 + member.n_draws(len(responses), len(base))]
                self._parts.append((rows, member, member.samples(responses, base, own)))
        self._mixture, self._responses = mixture, responses
        self.at_base = self._gathered([part.at_base for _, _, part in self._parts], len(base))

    def at(self, codes: Tensor) -> Tensor:
        return self._gathered([part.at(codes) for _, _, part in self._parts], len(codes))

    def _gathered(self, samples: Sequence[Tensor], n: int) -> Tensor:
        whole = torch.empty(self._n_samples, n, self._n_responses, dtype=torch.float64)
        for (rows, member, _), drawn in zip(self._parts, samples, strict=True):
            columns = [
                moved(drawn[..., i], member.scales[name], self._mixture.scales[name])
                for i, name in enumerate(self._responses)
            ]
            whole[rows] = torch.stack(columns, dim=-1)
        return whole


def left_out_density(surrogate: FittedSurrogate) -> Tensor:
    """Log density that a surrogate gave each observation without its experiment, shape (n_observations,).

    Where a component cannot say, the others speak for it; NaN where none can.
    """
    densities = surrogate.component_left_out().log_density
    weights = torch.tensor([weight for weight, _ in surrogate.components], dtype=torch.float64)
    known = ~densities.isnan()
    shares = weights[:, None] * known
    mixed = torch.logsumexp(torch.where(known, densities + shares.log(), -torch.inf), dim=0)
    return torch.where(known.any(dim=0), mixed - shares.sum(dim=0).log(), torch.nan)
