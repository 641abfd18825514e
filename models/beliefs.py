"""All surrogates of a campaign together: what is believed about every response, anywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..datasets import Dataset, ParameterSpace, Response
from .candidates import GAUSSIAN_PROCESS, stack_of
from .evidence import PROCESS_WORKS, Evidence, gather_evidence
from .features import Feature
from .fitted_latent_surrogate import FittedLatentSurrogate
from .joint_samples import JointSamples
from .links import linked_groups, parents_of
from .listing import Listing
from .outliers import Outlier
from .predictive import Component, NumberPredictive
from .surrogate import FittedSurrogate, Surrogate

_N_DERIVED_SAMPLES = 1024
_MOST_FOR_PAIRS = 1000  # pieces of evidence up to which pairs are learned together


@dataclass(frozen=True)
class NumberForecast:
    """Forecast of a number: what a measurement would show; shape (n,) each, in response units."""

    median: Tensor
    low: Tensor
    high: Tensor


@dataclass(frozen=True)
class YesNoForecast:
    """Forecast of yes/no: probability of yes, shape (n,)."""

    probability: Tensor


Forecast = NumberForecast | YesNoForecast


@dataclass(frozen=True)
class Beliefs:
    """Fitted surrogates of all responses.

    Attributes
    ----------
    space
        The parameters.
    responses
        Responses by name, in the order of the campaign file; process failures are not among them.
    surrogates
        One a group of linked responses, `PROCESS_WORKS` included if any experiment failed by its conditions.
    evidence
        What they learned from.
    """

    space: ParameterSpace
    responses: Mapping[str, Response]
    surrogates: tuple[FittedSurrogate, ...]
    evidence: Evidence

    def surrogate_of(self, response: str) -> FittedSurrogate:
        """The surrogate that knows a measured response."""
        return next(s for s in self.surrogates if response in s.responses)

    @property
    def knows_failures(self) -> bool:
        """Whether any experiment failed because of its conditions."""
        return any(PROCESS_WORKS in s.responses for s in self.surrogates)

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Sentences on declared knowledge that the data contradict and that is therefore not used."""
        return tuple(sentence for surrogate in self.surrogates for sentence in surrogate.contradictions)

    @property
    def outliers(self) -> tuple[Outlier, ...]:
        """Values that fit nothing else and are therefore not obeyed."""
        leads = [surrogate.lead for surrogate in self.surrogates]
        return tuple(o for lead in leads if isinstance(lead, FittedLatentSurrogate) for o in lead.outliers)

    def latent(self, response: str, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Latent mean and variance of a measured response, shape (n,) each."""
        surrogate = self.surrogate_of(response)
        mean, variance = surrogate.marginals(codes)
        column = surrogate.responses.index(response)
        return mean[:, column], variance[:, column]

    def probability_of_yes(self, response: str, codes: Tensor) -> Tensor:
        """Probability of yes, shape (n,)."""
        return self.log_probability_of(response, codes, answer=True).exp()

    def log_probability_of(self, response: str, codes: Tensor, *, answer: bool) -> Tensor:
        """Log probability of yes or of no, shape (n,): Phi(mean / sqrt(1 + variance)) of each component."""
        surrogate = self.surrogate_of(response)
        column, side = surrogate.responses.index(response), 1.0 if answer else -1.0
        means, variances = (x[..., column] for x in surrogate.component_marginals(codes))
        weights = torch.tensor([weight for weight, _ in surrogate.components], dtype=means.dtype)
        each = torch.special.log_ndtr(side * means / (1 + variances).sqrt())
        return torch.logsumexp(weights.log()[:, None] + each, dim=0)

    def predictive(self, response: str, codes: Tensor, *, measured: bool) -> NumberPredictive:
        """Distribution of a measured number: of the truth, or of what a measurement would show."""
        surrogate = self.surrogate_of(response)
        column = surrogate.responses.index(response)
        components = []
        marginals = (x[..., column] for x in surrogate.component_marginals(codes))
        for (weight, member), mean, variance in zip(surrogate.components, *marginals, strict=True):
            scale = member.scales[response]
            assert scale is not None, f"{response} is yes or no"
            if measured:
                variance = variance + member.noise_variance(response, mean)
            components.append(Component(weight, scale, mean, variance.sqrt()))
        return NumberPredictive(tuple(components), self.responses[response].plausible)

    def log_density(self, response: str, codes: Tensor, values: Tensor) -> Tensor:
        """Log density of measuring one value at each condition, in response units, shape (n,)."""
        return self.predictive(response, codes, measured=True).log_density(values)

    def forecast(self, response: str, codes: Tensor) -> Forecast:
        """Forecast of what a measurement of a response would show at codes (n, n_parameters)."""
        description = self.responses[response]
        if description.is_yes_no:
            return YesNoForecast(self.probability_of_yes(response, codes))
        if description.is_derived:
            samples = self.derived_samples(response, codes, measured=True)
            low, median, high = torch.quantile(
                samples, torch.tensor([0.05, 0.5, 0.95], dtype=codes.dtype), dim=0
            )
            return NumberForecast(median, low, high)
        predictive = self.predictive(response, codes, measured=True)
        return NumberForecast(*(predictive.quantile(share) for share in (0.5, 0.05, 0.95)))

    def in_units(self, response: str, latent: Tensor) -> Tensor:
        """Latent values of a number in response units, within its plausible range."""
        scale = self.surrogate_of(response).scales[response]
        assert scale is not None, f"{response} is yes or no"
        values = scale.to_values(latent)
        plausible = self.responses[response].plausible
        return values if plausible is None else values.clamp(*plausible)

    def derived_samples(self, response: str, codes: Tensor, *, measured: bool) -> Tensor:
        """Samples of a derived response, shape (n_samples, n), its sources drawn jointly.

        Parameters
        ----------
        response
            A derived response.
        codes : Tensor, shape (n, n_parameters)
            Conditions.
        measured
            Whether the scatter of measuring the sources is part of them.
        """
        sources = self.responses[response].sources
        latent = JointSamples(self.surrogates, sources, codes[:0], _N_DERIVED_SAMPLES).at(codes)
        generator = torch.Generator().manual_seed(0)
        columns = []
        for name in sources:
            samples = latent[name]
            if measured:
                noise = self.surrogate_of(name).noise_variance(name, samples.mean(dim=0)).sqrt()
                draws = torch.randn(len(samples), 1, generator=generator, dtype=samples.dtype)
                samples = samples + noise * draws
            columns.append(self.in_units(name, samples))
        return combine_derived(self.responses[response], columns)


def combine_derived(response: Response, sources: Sequence[Tensor]) -> Tensor:
    """Compute a derived response from samples of its sources, all of one shape."""
    if response.smallest_of:
        return torch.stack(list(sources)).min(dim=0).values
    numerator, denominator = sources
    # A denominator that may be nothing makes a large ratio, but never one that is no number.
    least = 1e-6 * denominator.abs().median().clamp_min(1e-300)
    floored = torch.where(denominator < 0, denominator.clamp_max(-least), denominator.clamp_min(least))
    ratio = numerator / floored
    return ratio if response.plausible is None else ratio.clamp(*response.plausible)


def default_surrogates(
    space: ParameterSpace,
    responses: Mapping[str, Response],
    features: Mapping[str, Feature],
    evidence: Evidence,
    listing: Listing | None = None,
) -> list[Surrogate]:
    """The surrogates that a campaign uses: one stack of candidates a group of linked responses.

    Pairs are linked while there are few data: what one tells of the other is most then, and the cost of
    learning them together grows with the cube of all their values.
    """
    few = len(evidence.observations) <= _MOST_FOR_PAIRS
    linked = parents_of(responses, pairs=few)
    # Trees learn each response by itself: who asked for them has no part in a process.
    alone = {name for name, r in responses.items() if r.surrogate not in (None, GAUSSIAN_PROCESS)}
    parents = {
        name: () if name in alone else tuple(p for p in others if p not in alone)
        for name, others in linked.items()
    }
    groups = linked_groups(responses, parents)
    return [stack_of(space, group, features, parents, evidence, listing) for group in groups]


def learn(
    dataset: Dataset,
    space: ParameterSpace,
    responses: Mapping[str, Response],
    features: Mapping[str, Feature],
    seed: int = 0,
    listing: Listing | None = None,
) -> Beliefs:
    """Fit every surrogate of a campaign to a dataset; `listing` tells from which conditions to choose."""
    evidence = gather_evidence(dataset, space, responses)
    recipes = default_surrogates(space, responses, features, evidence, listing)
    if evidence.size.get(PROCESS_WORKS):
        works = Response(name=PROCESS_WORKS, kind="yes_no")
        recipes.append(stack_of(space, (works,), features, {}, evidence, listing))
    return Beliefs(space, responses, tuple(recipe.fit(evidence, seed) for recipe in recipes), evidence)
