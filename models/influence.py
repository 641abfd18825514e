"""Which experiments carry a forecast: what it would be without each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .beliefs import Beliefs
from .fitted_latent_surrogate import FittedLatentSurrogate
from .latent_model import LatentModel

_MOST_EXPERIMENTS = 40  # looked at: what hardly varies with the place cannot carry its forecast


@dataclass(frozen=True)
class Carried:
    """What one experiment contributes to a forecast.

    Attributes
    ----------
    experiment
        Its id.
    without
        The forecast (median in response units, or probability of yes) if it were not known.
    shift
        The forecast less that: positive where the experiment raises it.
    widening
        Factor by which the standard deviation of the truth would grow without it, on the latent scale.
    """

    experiment: str
    without: float
    shift: float
    widening: float


def carried_by(beliefs: Beliefs, response: str, codes: Tensor) -> list[Carried]:
    """What each experiment contributes to the forecast of a response at one place.

    Read from the process that leads the surrogate, at its hyperparameters.

    Parameters
    ----------
    beliefs
        Fitted surrogates.
    response
        A measured response.
    codes : Tensor, shape (n_parameters,)
        The place.

    Returns
    -------
    list of Carried
        The largest shift first; empty if the surrogate is led by something that is no Gaussian process.
    """
    lead = beliefs.surrogate_of(response).lead
    if not isinstance(lead, FittedLatentSurrogate):
        return []
    column = lead.responses.index(response)
    model, observations = lead.model.for_outputs([column]), lead.evidence.observations
    with torch.no_grad():
        names = _related(model, codes, [o.experiments for o in observations])
        blocks = [[i for i, o in enumerate(observations) if name in o.experiments] for name in names]
        mean, variance = (x[0, 0] for x in model.marginals(codes[None]))
        without = [_without(model, codes, block) for block in blocks]
    means = torch.stack([mean, *(m for m, _ in without)])
    variances = torch.stack([variance, *(v for _, v in without)])
    here, *others = _shown(lead, response, means, variances)
    growth = (variances[1:] / variance).sqrt().tolist()
    carried = [
        Carried(name, value, here - value, g) for name, value, g in zip(names, others, growth, strict=True)
    ]
    return sorted(carried, key=lambda item: -abs(item.shift))


def _related(model: LatentModel, codes: Tensor, experiments: Sequence[tuple[str, ...]]) -> list[str]:
    """Experiments whose observations vary most with the place beforehand."""
    prior, theta = model.prior, model.theta
    shared = model.evidence.of(prior.covariance(theta, model.evidence.points, model.points(codes[None])))[
        :, 0
    ]
    ranked = shared.abs().argsort(descending=True, stable=True).tolist()
    return list(dict.fromkeys(name for term in ranked for name in experiments[term]))[:_MOST_EXPERIMENTS]


def _without(model: LatentModel, codes: Tensor, block: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Mean and variance at a place if a block of terms were not known, their sites taken away.

    With S and m the posterior covariance and mean of the block, T and s its sites, c its covariance with
    the place: without them the block has C = (I - S T)^-1 S and mean (I - S T)^-1 (m - S s); the place
    follows by regression on the block.
    """
    prior, theta = model.prior, model.theta
    rows = torch.tensor(block)
    terms, place = model.evidence.subset(rows), model.points(codes[None])
    mean, whitened = model.explain(place)
    means, whitened_points = model.explain(terms.points)
    whitened_terms = terms.of(whitened_points.T).T
    before = terms.of(terms.of(prior.covariance(theta, terms.points, terms.points)).T)
    posterior = before - whitened_terms.T @ whitened_terms
    shared = terms.of(prior.covariance(theta, terms.points, place))[:, 0] - whitened_terms.T @ whitened[:, 0]
    precision, shift = model.sites.precision[rows], model.sites.shift[rows]
    removed = torch.eye(len(rows), dtype=posterior.dtype) - posterior * precision
    centre = terms.of(means[:, None])[:, 0]
    cavity = torch.linalg.solve(removed, torch.column_stack([centre - posterior @ shift, posterior]))
    pull = torch.linalg.lstsq(posterior, shared[:, None]).solution[:, 0]
    variance = prior.variance(theta, place)[0] - (whitened**2).sum()
    widened = variance + pull @ (cavity[:, 1:] - posterior) @ pull
    return mean[0] + pull @ (cavity[:, 0] - centre), widened.clamp_min(1e-10)


def _shown(lead: FittedLatentSurrogate, response: str, means: Tensor, variances: Tensor) -> Sequence[float]:
    scale = lead.scales[response]
    if scale is None:
        return torch.special.ndtr(means / (1 + variances).sqrt()).tolist()
    return scale.to_values(means).tolist()
