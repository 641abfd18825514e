"""The Gaussian-process surrogate of linked responses, which learns from every kind of evidence."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from ..datasets import ParameterSpace, Response
from .encoding import Encoding
from .evidence import Evidence, Observation, spread_weights
from .features import Feature
from .latent_model import EvidenceTerms, LatentModel, fit_hyperparameters
from .latent_prior import DRIVEN_NUMBER, NUMBER, YES_NO, LatentPrior, OutputPrior, Strengths
from .latent_samples import LatentSamples
from .output_scale import OutputScale, output_scale
from .physics import usable_features
from .scoring import log_densities
from .surrogate import LeftOut

_COMPARISON_SD_YES_NO = 0.5
_DOUBTED = 0.5  # share of its expected slope below which a trend is put to the test
_CONTRADICTED = math.log(3)  # log odds from which declared knowledge is dropped
_COMPARISON_SD_NUMBER = 0.1


@dataclass(frozen=True)
class LatentSurrogate:
    """Gaussian-process surrogate of linked responses, learning from every kind of evidence.

    Attributes
    ----------
    space
        The parameters.
    responses
        Linked responses, each after those it acts through; one response if nothing is linked.
    features
        Physics that may be used.
    parents
        For responses those whose latent processes they share; without an entry, those they act through.
    """

    space: ParameterSpace
    responses: tuple[Response, ...]
    features: Mapping[str, Feature] = field(default_factory=dict)
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def fit(self, evidence: Evidence, seed: int = 0) -> "FittedLatentSurrogate":
        """Learn hyperparameters and posterior from evidence."""
        mine = evidence.about([r.name for r in self.responses])
        scales = {
            r.name: None if r.is_yes_no else output_scale(r, mine.values(r.name)) for r in self.responses
        }
        prior = LatentPrior(self.space, [self._output_prior(response) for response in self.responses])
        terms = self._terms(mine, prior, scales)
        model = LatentModel(prior, fit_hyperparameters(prior, terms, seed), terms)
        fitted = FittedLatentSurrogate(self.responses, scales, model, mine)
        for position, response in enumerate(self.responses):
            for name in prior.outputs[position].trends:
                if model.slope(position, name) > _DOUBTED * prior.slope_mean(position):
                    continue
                # The data bend it the other way: is it better not assumed at all?
                freed = replace(
                    self, responses=tuple(_without(r, response.name, name) for r in self.responses)
                )
                other = freed.fit(evidence, seed)
                gain = other.model.log_probability - model.log_probability
                if gain > _CONTRADICTED:
                    sentence = _contradiction(response, name, gain)
                    return replace(other, contradictions=(sentence, *other.contradictions))
        return fitted

    def _output_prior(self, response: Response) -> OutputPrior:
        features = usable_features(self.features, response.depends_on)
        names = self.space.names if response.depends_on is None else response.depends_on
        order = [r.name for r in self.responses]
        return OutputPrior(
            name=response.name,
            encoding=Encoding(self.space, tuple(names)),
            features=features,
            trends=dict.fromkeys(response.rises_with, 1) | dict.fromkeys(response.falls_with, -1),
            strengths=_strengths(response),
            parents=tuple(map(order.index, self.parents.get(response.name, response.through))),
            learns_noise=not response.is_yes_no and not response.has_declared_noise,
        )

    def _terms(
        self, evidence: Evidence, prior: LatentPrior, scales: Mapping[str, OutputScale | None]
    ) -> EvidenceTerms:
        by_name = {r.name: r for r in self.responses}
        observations = evidence.observations
        codes, outputs, sources, entries = [], [], [], []
        labs = ["", *dict.fromkeys(lab for o in observations for lab in (o.source, o.other_source) if lab)]
        position = 0
        for row, observation in enumerate(observations):
            output = prior.names.index(observation.response)
            larger = (1.0, observation.codes, observation.source)
            smaller = (-1.0, observation.other_codes, observation.other_source)
            for sign, block, lab in (larger, smaller):
                if block is None:
                    continue
                weights = sign * spread_weights(block)
                entries += [(row, position + i, float(w)) for i, w in enumerate(weights)]
                position += len(block)
                codes.append(block)
                outputs += [output] * len(block)
                sources += [labs.index(lab)] * len(block)
        functional = torch.zeros(len(observations), position, dtype=torch.float64)
        for row, place, weight in entries:
            functional[row, place] = weight
        rows = torch.cat(codes) if codes else torch.zeros(0, len(self.space), dtype=torch.float64)
        likelihoods = [_likelihood(o, by_name[o.response], scales[o.response]) for o in observations]
        target, sign, fixed = (
            torch.tensor([x[i] for x in likelihoods], dtype=torch.float64) for i in range(3)
        )
        noise = torch.zeros(len(observations), len(self.responses), dtype=torch.float64)
        for row, (observation, likelihood) in enumerate(zip(observations, likelihoods, strict=True)):
            noise[row, prior.names.index(observation.response)] = likelihood[3]
        return EvidenceTerms(
            points=prior.points(rows, torch.tensor(outputs).long(), torch.tensor(sources).long()),
            functional=functional,
            is_gaussian=torch.tensor([o.kind == "value" for o in observations], dtype=torch.bool),
            target=target,
            sign=sign,
            fixed_variance=fixed,
            noise_share=noise,
            is_spread=torch.tensor([len(o.codes) > 1 and o.other_codes is None for o in observations]).bool(),
        )


def _without(response: Response, contradicted: str, name: str) -> Response:
    if response.name != contradicted:
        return response
    rises, falls = (
        tuple(n for n in names if n != name) for names in (response.rises_with, response.falls_with)
    )
    return replace(response, rises_with=rises, falls_with=falls)


def _contradiction(response: Response, name: str, gain: float) -> str:
    verb = "rises" if name in response.rises_with else "falls"
    odds = f"{np.exp(gain):.0f}" if gain < np.log(1000) else "more than 1000"
    return (
        f"The data contradict that {response.name} {verb} with {name} (odds {odds} to 1): it is not assumed."
    )


def _strengths(response: Response) -> Strengths:
    if response.is_yes_no:
        return YES_NO
    return DRIVEN_NUMBER if response.through or response.rises_with or response.falls_with else NUMBER


def _likelihood(
    observation: Observation, response: Response, scale: OutputScale | None
) -> tuple[float, float, float, float]:
    """Target, sign, known variance and share of the learned noise variance of one observation."""
    learned = 0.0 if response.has_declared_noise else 1.0
    if scale is None:
        if observation.kind == "beats":
            return 0.0, 1.0, _COMPARISON_SD_YES_NO**2, 0.0
        return 0.0, 1.0 if observation.kind == "yes" else -1.0, 1.0, 0.0
    if observation.kind == "beats":
        return 0.0, 1.0, _COMPARISON_SD_NUMBER**2, 0.0
    number = torch.tensor(observation.number, dtype=torch.float64)
    declared = float(declared_noise_sd(response, number))
    in_units = observation.noise_share * declared**2 + observation.extra_sd**2
    variance = in_units * float(scale.slope(number)) ** 2
    variance += _strengths(response).source_noise ** 2 if observation.source else 0.0
    sign = -1.0 if observation.kind == "below" else 1.0
    # A bound's probit needs some width even where no noise is known yet.
    floor = 1e-4 if observation.kind != "value" or learned == 0.0 else 0.0
    target = float(scale.to_latent(number))
    return target, sign, max(variance, floor), learned * observation.noise_share


def declared_noise_sd(response: Response, values: Tensor) -> Tensor:
    """Noise that the campaign file declares, in response units, at given values (0 if none is)."""
    if response.absolute_noise is not None:
        return torch.full_like(values, response.absolute_noise)
    return values.abs() * (response.relative_noise or 0.0)


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
    """

    linked: tuple[Response, ...]
    scales: Mapping[str, OutputScale | None]
    model: LatentModel
    evidence: Evidence
    contradictions: tuple[str, ...] = ()

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

    def at(self, theta: np.ndarray) -> "FittedLatentSurrogate":
        """The same evidence seen with other hyperparameters."""
        return replace(self, model=LatentModel(self.model.prior, theta, self.model.evidence))

    def learned_constants(self, response: str) -> dict[str, list[float]]:
        """Constants of the features that a response uses, as learned, in the order of their beliefs."""
        return self.model.prior.learned_constants(self.model.theta, self.responses.index(response))

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Latent means and variances at codes, shape (n, n_responses) each."""
        with torch.no_grad():
            return self.model.marginals(codes)

    def noise_variance(self, response: str, latent_mean: Tensor) -> Tensor:
        """Variance of a measurement around the truth, on the latent scale."""
        position = self.responses.index(response)
        scale, description = self.scales[response], self.linked[position]
        if scale is None:
            return torch.ones_like(latent_mean)
        learned = self.model.prior.noise_sd(self.model.theta, position) ** 2
        values = scale.to_values(latent_mean.detach())
        return learned + (declared_noise_sd(description, values) * scale.slope(values)) ** 2

    def left_out(self) -> LeftOut:
        """Forecast every observation without anything else that its experiment says."""
        observations = self.evidence.observations
        with torch.no_grad():
            mean, variance = self.model.left_out(
                [self.evidence.told_with(i) for i in range(len(observations))]
            )
        return LeftOut(mean, variance, log_densities(observations, self.scales, mean, variance))

    def n_draws(self, n_responses: int, n_base: int) -> int:
        """Number of standard normal draws that one joint sample takes."""
        return n_responses * (n_base + 1)

    def samples(self, responses: Sequence[str], base: Tensor, draws: Tensor) -> LatentSamples:
        """Samples of some of the responses from standard normal draws."""
        return LatentSamples(self.model.for_outputs(list(map(self.responses.index, responses))), base, draws)
