"""Choosing among surrogates by what they foretell: weights that make left-out data most probable."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .evidence import Evidence, Observation
from .fitted_latent_surrogate import FittedLatentSurrogate
from .hyperparameter_ensemble import averaged
from .latent_surrogate import LatentSurrogate
from .mixture import FittedMixture, left_out_density
from .outliers import Outlier
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
        fitted: list[FittedSurrogate] = []
        for candidate in self.candidates:
            undoubted = evidence.doubting(_outliers(fitted))
            if isinstance(candidate.recipe, LatentSurrogate):
                like = next((one for one in fitted if isinstance(one, FittedLatentSurrogate)), None)
                fitted.append(candidate.recipe.fit(undoubted, seed, like))
            else:
                fitted.append(candidate.recipe.fit(undoubted, seed))
        scored = _to_foretell(fitted[0].evidence.doubting(_outliers(fitted)).observations)
        if len(fitted) == 1 or not len(scored):
            return _averaged(fitted[0], seed)
        # What is hopeless at its best hyperparameters is not worth the time of averaging over others.
        first, _ = self._weights(fitted, scored)
        fitted = [
            _averaged(one, seed) if weight > 0 else one
            for one, weight in zip(fitted, first.tolist(), strict=True)
        ]
        kept, densities = self._weights(fitted, scored)
        kept = torch.where(first > 0, kept, torch.zeros_like(kept))
        kept = kept / kept.sum() if kept.sum() > 0 else first
        believed = [(weight, one) for weight, one in zip(kept.tolist(), fitted, strict=True) if weight > 0]
        names = [candidate.name for candidate in self.candidates]
        return FittedStack(
            weights=tuple(weight for weight, _ in believed),
            members=tuple(one for _, one in believed),
            lead=_leading(fitted, kept).lead,
            contradictions=_said_once(one.contradictions for _, one in believed),
            weighed=tuple(map(Weighed, names, kept.tolist(), densities.nanmean(dim=1).tolist())),
        )

    def _weights(self, fitted: Sequence[FittedSurrogate], scored: Tensor) -> tuple[Tensor, Tensor]:
        """Weights of the candidates, 0 for hardly any, and what each gave to the left-out observations."""
        densities = torch.stack([left_out_density(one)[scored] for one in fitted])
        densities = densities[:, densities.isfinite().any(dim=0)]
        prior = torch.tensor([c.prior_weight for c in self.candidates], dtype=torch.float64)
        weights = stacking_weights(densities, prior)
        kept = torch.where(weights >= _LEAST_WEIGHT, weights, torch.zeros_like(weights))
        return kept / kept.sum(), densities


def _said_once(contradictions: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Sentences of all members, those on the same claim once: they differ in their odds."""
    by_claim: dict[str, str] = {}
    for sentence in itertools.chain.from_iterable(contradictions):
        by_claim.setdefault(sentence.partition(" (odds")[0], sentence)
    return tuple(by_claim.values())


def _averaged(fitted: FittedSurrogate, seed: int) -> FittedSurrogate:
    return averaged(fitted, seed) if isinstance(fitted, FittedLatentSurrogate) else fitted


def _outliers(fitted: Sequence[FittedSurrogate]) -> tuple[Outlier, ...]:
    """What the process that foretold best so far does not obey."""
    processes = [one for one in fitted if isinstance(one, FittedLatentSurrogate)]
    if not processes:
        return ()
    return max(processes, key=lambda one: float(left_out_density(one).nansum())).outliers


def _leading(fitted: Sequence[FittedSurrogate], weights: Tensor) -> FittedSurrogate:
    """The weightiest process; the weightiest of all if none is one."""
    ranked = [fitted[i] for i in weights.argsort(descending=True, stable=True).tolist()]
    return next((one for one in ranked if isinstance(one.lead, FittedLatentSurrogate)), ranked[0])


def _to_foretell(observations: Sequence[Observation]) -> Tensor:
    """Positions of what is scored: no comparisons, nothing doubted, only the own lab once that has enough."""
    rows = [i for i, o in enumerate(observations) if o.kind != "beats" and not o.is_doubted]
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
    start = (prior / prior.sum()).numpy()
    counts = _PRIOR_COUNT * start
    # Relative to the largest of each observation: shares do not depend on that, and no sum of them is 0.
    logs = torch.nan_to_num(log_densities, nan=-torch.inf)
    densities = (logs - logs.max(dim=0).values).exp().numpy()
    weights = start
    for _ in range(_N_STEPS):
        shares = weights * (densities @ (1 / (weights @ densities)))
        new = (shares + counts) / (densities.shape[1] + counts.sum())
        if np.abs(new - weights).max() <= 1e-8:
            break
        weights = new
    return torch.as_tensor(weights)
