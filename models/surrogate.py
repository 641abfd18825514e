"""What every surrogate can do: learn from evidence, and say what it believes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from botorch.models.model import Model
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

_COMPARISON_SD_YES_NO = 0.5
_DOUBTED = 0.5  # share of its expected slope below which a trend is put to the test
_CONTRADICTED = math.log(3)  # log odds from which declared knowledge is dropped
_COMPARISON_SD_NUMBER = 0.1


class ConditionalSamples(Protocol):
    """Joint latent samples at base conditions, and given those at any candidate."""

    at_base: Tensor
    """Shape (n_samples, n_base, n_responses)."""

    def at(self, codes: Tensor) -> Tensor:
        """Samples at candidates, each joint with the base, shape (n_samples, n_candidates, n_responses)."""
        ...


@runtime_checkable
class FittedSurrogate(Protocol):
    """Beliefs about one or several linked responses after seeing evidence.

    The model's outputs are latent: `scales` turns those of numbers into response units; for a yes/no
    response (scale None) the probability of yes is Phi(latent).
    """

    @property
    def responses(self) -> tuple[str, ...]:
        """Names of the responses, in the order of the model's outputs."""
        ...

    @property
    def scales(self) -> Mapping[str, OutputScale | None]:
        """Output scale of each response, None for yes/no."""
        ...

    @property
    def model(self) -> Model:
        """BoTorch model of the latent outputs over codes."""
        ...

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Sentences on declared knowledge that the data contradict."""
        ...

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Latent means and variances at codes, shape (n, n_responses) each."""
        ...

    def noise_variance(self, response: str, latent_mean: Tensor) -> Tensor:
        """Variance of a measurement around the truth, on the latent scale, shape of `latent_mean`."""
        ...

    def samples(self, responses: Sequence[str], base: Tensor, draws: Tensor) -> ConditionalSamples:
        """Samples of some of the responses from standard normal draws.

        Parameters
        ----------
        responses
            Names, in the order of the surrogate.
        base : Tensor, shape (n_base, n_parameters)
            Codes at which samples are joint.
        draws : Tensor, shape (n_samples, n_responses * (n_base + 1))
            Independent standard normal draws.
        """
        ...


class Surrogate(Protocol):
    """A recipe that turns evidence into beliefs; fitting returns a new object and changes nothing."""

    def fit(self, evidence: Evidence, seed: int = 0) -> FittedSurrogate:
        """Learn from evidence (only that about the surrogate's responses is looked at)."""
        ...


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
    declared = declared_noise_sd(response, np.asarray(observation.number))
    sd = np.sqrt(observation.noise_share * declared**2 + observation.extra_sd**2)
    variance = float(scale.latent_sd(np.asarray(observation.number), sd) ** 2)
    variance += _strengths(response).source_noise ** 2 if observation.source else 0.0
    sign = -1.0 if observation.kind == "below" else 1.0
    # A bound's probit needs some width even where no noise is known yet.
    floor = 1e-4 if observation.kind != "value" or learned == 0.0 else 0.0
    target = float(scale.to_latent(np.asarray(observation.number)))
    return target, sign, max(variance, floor), learned * observation.noise_share


def declared_noise_sd(response: Response, values: np.ndarray) -> np.ndarray:
    """Noise that the campaign file declares, in response units, at given values (0 if none is)."""
    if response.absolute_noise is not None:
        return np.full_like(values, response.absolute_noise, dtype=float)
    return np.abs(values) * (response.relative_noise or 0.0)


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

    def learned_constants(self, response: str) -> dict[str, list[float]]:
        """Constants of the features that a response uses, as learned, in the order of their beliefs."""
        return self.model.prior.learned_constants(self.model.theta, self.responses.index(response))

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Latent means and variances at codes, shape (n, n_responses) each."""
        with torch.no_grad():
            return self.model.marginals(codes)

    def samples(self, responses: Sequence[str], base: Tensor, draws: Tensor) -> LatentSamples:
        """Samples of some of the responses from standard normal draws."""
        return LatentSamples(self.model.for_outputs(list(map(self.responses.index, responses))), base, draws)

    def noise_variance(self, response: str, latent_mean: Tensor) -> Tensor:
        """Variance of a measurement around the truth, on the latent scale."""
        position = self.responses.index(response)
        scale, description = self.scales[response], self.linked[position]
        if scale is None:
            return torch.ones_like(latent_mean)
        learned = self.model.prior.noise_sd(self.model.theta, position) ** 2
        values = scale.to_values(latent_mean).detach().numpy()
        declared = scale.latent_sd(values, declared_noise_sd(description, values)) ** 2
        return learned + torch.as_tensor(declared)
