"""Choosing among surrogates by what they foretell: weights that make left-out data most probable."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .evidence import Evidence, Observation
from .mixture import FittedMixture, left_out_density
from .surrogate import FittedSurrogate, Surrogate

_PRIOR_COUNT = 2.0  # observations that the prior weights are worth
_LEAST_WEIGHT = 0.03
_N_STEPS = 500
_FEW_OWN = 5  # from this many observations of the own lab on, only they are to be foretold


@dataclass(frozen=True)
class Candidate:
    """A surrogate that may be believed.

    Attributes
    ----------
    name
        In plain words, for people.
    recipe
        How it learns.
    prior_weight
        Relative trust before any data.
    """

    name: str
    recipe: Surrogate
    prior_weight: float = 1.0


@dataclass(frozen=True)
class Weighed:
    """What a candidate is worth.

    Attributes
    ----------
    name
        Of the candidate.
    weight
        Its share of the forecasts.
    log_density
        Mean log density (or probability) of what was left out; NaN if nothing could be.
    """

    name: str
    weight: float
    log_density: float


@dataclass(frozen=True)
class FittedStack(FittedMixture):
    """A mixture of candidates, with what each was found to be worth."""

    weighed: tuple[Weighed, ...] = ()
    fitted: tuple[FittedSurrogate, ...] = ()


@dataclass(frozen=True)
class StackedSurrogate:
    """Mixture of candidates, weighed by how well each foretells experiments left out in turn.

    Stacking of predictive distributions (Yao, Vehtari, Simpson & Gelman, Bayesian Analysis 13 (2018) 917):
    the weights maximise the summed log density of left-out data under the mixture. A Dirichlet prior
    keeps few data from deciding alone.

    Attributes
    ----------
    candidates
        The first one leads: its scales are those of the mixture, and it alone is asked where nothing
        has been observed.
    """

    candidates: tuple[Candidate, ...]

    def fit(self, evidence: Evidence, seed: int = 0) -> FittedSurrogate:
        """Fit and weigh all candidates."""
        fitted = [candidate.recipe.fit(evidence, seed) for candidate in self.candidates]
        lead = fitted[0]
        scored = _to_foretell(lead.evidence.observations)
        if len(fitted) == 1 or not len(scored):
            return lead
        densities = torch.stack([left_out_density(one)[scored] for one in fitted])
        prior = torch.tensor([c.prior_weight for c in self.candidates], dtype=torch.float64)
        weights = stacking_weights(densities, prior)
        kept = torch.where(weights >= _LEAST_WEIGHT, weights, torch.zeros_like(weights))
        kept = kept / kept.sum()
        components = [
            (float(weight) * share, member)
            for weight, one in zip(kept, fitted, strict=True)
            if weight > 0
            for share, member in one.components
        ]
        weighed = tuple(
            Weighed(candidate.name, float(weight), float(density))
            for candidate, weight, density in zip(
                self.candidates, kept, densities.nanmean(dim=1), strict=True
            )
        )
        shares, members = zip(*components, strict=True)
        return FittedStack(shares, members, lead.lead, lead.contradictions, weighed, tuple(fitted))


def _to_foretell(observations: Sequence[Observation]) -> Tensor:
    """Positions of what is scored: not comparisons, and only the own lab once that has enough."""
    rows = [i for i, o in enumerate(observations) if o.kind != "beats"]
    own = [i for i in rows if not observations[i].source]
    return torch.tensor(own if len(own) >= _FEW_OWN else rows, dtype=torch.long)


def stacking_weights(log_densities: Tensor, prior: Tensor) -> Tensor:
    """Weights that maximise the summed log density of a mixture, with a Dirichlet prior.

    Parameters
    ----------
    log_densities : Tensor, shape (n_candidates, n_observations)
        Of what each candidate was not shown; NaN where it cannot say.
    prior : Tensor, shape (n_candidates,)
        Relative weights before data.

    Returns
    -------
    Tensor, shape (n_candidates,)
        Found by expectation maximisation, which never lowers the sum.
    """
    counts = _PRIOR_COUNT * prior / prior.sum()
    densities = torch.nan_to_num(log_densities, nan=-torch.inf)
    weights = prior / prior.sum()
    for _ in range(_N_STEPS):
        shares = torch.softmax(densities + weights.log()[:, None], dim=0)
        new = (shares.sum(dim=1) + counts) / (densities.shape[1] + counts.sum())
        if torch.allclose(new, weights, rtol=0, atol=1e-8):
            break
        weights = new
    return weights
