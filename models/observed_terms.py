"""From observations in lab units to evidence terms on the latent scales."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..datasets import Response
from .evidence import Evidence, Observation, spread_weights
from .evidence_terms import EvidenceTerms, functional_of
from .latent_prior import LatentPrior
from .output_prior import Strengths
from .output_scale import OutputScale
from .points import Points

_COMPARISON_SD_YES_NO = 0.5
_COMPARISON_SD_NUMBER = 0.1
_LEAST_VARIANCE = 1e-4  # a bound needs some width even where no noise is known, a zero some noise
_COLUMNS = ("target", "sign", "fixed", "declared", "factor", "squares")
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
    positions = torch.tensor([prior.names.index(o.response) for o in observations], dtype=torch.long)
    columns = {name: torch.zeros(len(observations), dtype=torch.float64) for name in _COLUMNS}
    for i, response in enumerate(responses):
        rows = (positions == i).nonzero()[:, 0]
        mine = [observations[row] for row in rows.tolist()]
        for name, values in _likelihoods(
            mine, response, scales[response.name], prior.outputs[i].strengths
        ).items():
            columns[name][rows] = values
    return EvidenceTerms(
        points=points,
        functional=functional,
        is_gaussian=torch.tensor([o.kind == "value" for o in observations], dtype=torch.bool),
        target=columns["target"],
        sign=columns["sign"],
        fixed_variance=columns["fixed"],
        declared_variance=columns["declared"],
        noise_factor=columns["factor"],
        response=positions,
        n_values=torch.tensor([o.n_values for o in observations], dtype=torch.float64),
        squares=columns["squares"],
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
    points = prior.points_of_evidence(rows, torch.tensor(outputs).long(), torch.tensor(sources).long())
    return points, functional


def _likelihoods(
    observations: Sequence[Observation], response: Response, scale: OutputScale | None, strengths: Strengths
) -> dict[str, Tensor]:
    """What observations of one response say, by the columns of `EvidenceTerms` in `_COLUMNS`."""
    kinds = [o.kind for o in observations]
    compared = torch.tensor([kind == "beats" for kind in kinds], dtype=torch.bool)
    below = torch.tensor([kind in ("below", "no") for kind in kinds], dtype=torch.bool)
    nothing = torch.zeros(len(kinds), dtype=torch.float64)
    sign = torch.where(below, -1.0, 1.0).double()
    found = dict.fromkeys(_COLUMNS, nothing) | {"sign": sign}
    if scale is None:
        return found | {"fixed": torch.where(compared, _COMPARISON_SD_YES_NO**2, 1.0).double()}
    valued = torch.tensor([kind == "value" for kind in kinds], dtype=torch.bool)
    numbers = _column(0.0 if o.kind == "beats" else o.number for o in observations)
    slope = scale.slope(numbers)
    fixed = (_column(o.extra_sd for o in observations) * slope) ** 2
    fixed = fixed + strengths.source_noise**2 * _column(bool(o.source) for o in observations)
    fixed = torch.where(valued, fixed, fixed.clamp_min(_LEAST_VARIANCE))
    declared = nothing
    if response.has_declared_noise:
        declared = ((declared_noise_sd(response, numbers) * slope) ** 2).clamp_min(_LEAST_VARIANCE)
    told = {
        "target": scale.to_latent(numbers),
        "declared": declared,
        "factor": _column(o.noise_factor for o in observations),
        "squares": _column(map(_squares, observations)) * slope**2,
    }
    fixed = torch.where(compared, _COMPARISON_SD_NUMBER**2, fixed)
    return found | {name: torch.where(compared, nothing, x) for name, x in told.items()} | {"fixed": fixed}


def _column(numbers: Iterable[float]) -> Tensor:
    return torch.tensor(list(numbers), dtype=torch.float64)


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
