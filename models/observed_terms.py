"""From observations in lab units to evidence terms on the latent scales."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..datasets import Response
from .evidence import Evidence, Observation, spread_weights
from .evidence_terms import EvidenceTerms, functional_of
from .latent_prior import LatentPrior, Points
from .output_prior import Strengths
from .output_scale import OutputScale

_COMPARISON_SD_YES_NO = 0.5
_COMPARISON_SD_NUMBER = 0.1
_LEAST_VARIANCE = 1e-4  # a bound needs some width even where no noise is known, a zero some noise
_RESOLUTION = 1e-3  # share of its size below which two values are not told apart


def evidence_terms(
    evidence: Evidence,
    prior: LatentPrior,
    responses: Sequence[Response],
    scales: Mapping[str, OutputScale | None],
) -> EvidenceTerms:
    """Turn evidence about the responses of a prior, in the same order, into tensors."""
    observations = evidence.observations
    points, functional = _functional(observations, prior)
    positions = [prior.names.index(o.response) for o in observations]
    columns = [
        _likelihood(o, responses[i], scales[o.response], prior.outputs[i].strengths)
        for o, i in zip(observations, positions, strict=True)
    ]

    def column(name: str) -> Tensor:
        return torch.tensor([one[name] for one in columns], dtype=torch.float64)

    return EvidenceTerms(
        points=points,
        functional=functional,
        is_gaussian=torch.tensor([o.kind == "value" for o in observations], dtype=torch.bool),
        target=column("target"),
        sign=column("sign"),
        fixed_variance=column("fixed"),
        declared_variance=column("declared"),
        noise_factor=column("factor"),
        response=torch.tensor(positions, dtype=torch.long),
        n_values=torch.tensor([o.n_values for o in observations], dtype=torch.float64),
        squares=column("squares"),
        outlier_variance=torch.zeros(len(observations), dtype=torch.float64),
        is_spread=torch.tensor([len(o.codes) > 1 and o.other_codes is None for o in observations]).bool(),
    )


def _functional(observations: Sequence[Observation], prior: LatentPrior) -> tuple[Points, Tensor]:
    """Points that the observations speak of, and the weights with which each speaks of them."""
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
            entries += [(row, position + i, w) for i, w in enumerate(weights.tolist())]
            position += len(block)
            codes.append(block)
            outputs += [output] * len(block)
            sources += [labs.index(lab)] * len(block)
    at = torch.tensor([entry[:2] for entry in entries], dtype=torch.long).reshape(-1, 2)
    weights = torch.tensor([entry[2] for entry in entries], dtype=torch.float64)
    functional = functional_of(at[:, 0], at[:, 1], weights, (len(observations), position))
    rows = torch.cat(codes) if codes else torch.zeros(0, len(prior.space), dtype=torch.float64)
    return prior.points(rows, torch.tensor(outputs).long(), torch.tensor(sources).long()), functional


def _likelihood(
    observation: Observation, response: Response, scale: OutputScale | None, strengths: Strengths
) -> dict[str, float]:
    """What one observation says, by the columns of `EvidenceTerms`."""
    nothing = {"target": 0.0, "sign": 1.0, "declared": 0.0, "factor": 0.0, "squares": 0.0}
    if observation.kind == "beats":
        sd = _COMPARISON_SD_YES_NO if scale is None else _COMPARISON_SD_NUMBER
        return nothing | {"fixed": sd**2}
    if scale is None:
        return nothing | {"fixed": 1.0, "sign": 1.0 if observation.kind == "yes" else -1.0}
    number = torch.tensor(observation.number, dtype=torch.float64)
    slope = float(scale.slope(number))
    declared = (float(declared_noise_sd(response, number)) * slope) ** 2
    declared = max(declared, _LEAST_VARIANCE) if response.has_declared_noise else 0.0
    fixed = (observation.extra_sd * slope) ** 2
    fixed += strengths.source_noise**2 if observation.source else 0.0
    fixed = max(fixed, _LEAST_VARIANCE) if observation.kind != "value" else fixed
    return {
        "target": float(scale.to_latent(number)),
        "sign": -1.0 if observation.kind == "below" else 1.0,
        "fixed": fixed,
        "declared": declared,
        "factor": observation.noise_factor,
        "squares": _squares(observation) * slope**2,
    }


def _squares(observation: Observation) -> float:
    """Summed squared deviations of replicates, in response units, no finer than values are read."""
    if not observation.replicates:
        return 0.0
    values = np.array(observation.replicates)
    finest = (len(values) - 1) * (_RESOLUTION * values.mean()) ** 2
    return max(float(((values - values.mean()) ** 2).sum()), float(finest))


def declared_noise_sd(response: Response, values: Tensor) -> Tensor:
    """Noise that the campaign file declares, in response units, at given values (0 if none is)."""
    if response.absolute_noise is not None:
        return torch.full_like(values, response.absolute_noise)
    return values.abs() * (response.relative_noise or 0.0)
