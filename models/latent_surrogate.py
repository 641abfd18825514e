"""The Gaussian-process surrogate of linked responses, which learns from every kind of evidence."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from scipy.stats import chi2

from ..datasets import CategoricalParameter, ParameterSpace, Response
from .encoding import Encoding, activity
from .evidence import Evidence, Observation
from .evidence_terms import EvidenceTerms
from .features import Feature
from .fitted_latent_surrogate import FittedLatentSurrogate
from .inducing_model import condition_model
from .latent_model import LatentModel, fit_hyperparameters
from .latent_prior import LatentPrior
from .listing import Listing
from .observed_terms import evidence_terms
from .outlier_search import Excused, describe_outliers, find_outliers, log_joint
from .output_prior import (
    DOSED_YES_NO,
    DRIVEN_NUMBER,
    DRIVEN_YES_NO,
    NUMBER,
    YES_NO,
    Branch,
    OutputPrior,
    Strengths,
)
from .output_scale import OutputScale, output_scale
from .physics import usable_features
from .warm_start import carried_over

_DOUBTED = 0.5  # share of its expected slope below which a trend is put to the test
_CONTRADICTED = math.log(3)  # log odds from which declared knowledge is dropped
_RARE = 0.01  # probability of replicates scattering so much that the declared noise is put to the test
_NO_WEIGHT = 1e8  # variance with which a value says nothing


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
    logarithmic
        Numbers without a plausible range that are told apart by ratio instead of by difference.
    smooth
        Whether no jumps within a step or two are expected.
    searches_outliers
        Whether to look for values that fit nothing else; if not, those doubted already are not obeyed.
    listing
        Conditions to choose from, if somebody listed them.
    """

    space: ParameterSpace
    responses: tuple[Response, ...]
    features: Mapping[str, Feature] = field(default_factory=dict)
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    logarithmic: frozenset[str] = frozenset()
    smooth: bool = False
    searches_outliers: bool = True
    listing: Listing | None = None

    def fit(
        self, evidence: Evidence, seed: int = 0, like: FittedLatentSurrogate | None = None
    ) -> FittedLatentSurrogate:
        """Learn hyperparameters and posterior from evidence.

        Parameters
        ----------
        evidence
            What was observed.
        seed
            Of the choice among very many observations.
        like
            A surrogate of the same responses that learned the same with other assumptions: where no outliers
            are searched, learning begins at its hyperparameters.
        """
        mine = evidence.about([r.name for r in self.responses])
        if not self.searches_outliers:
            doubted = Excused(frozenset(i for i, o in enumerate(mine.observations) if o.is_doubted))
            start = None if like is None else self._start_like(like, mine)
            fitted = self._agreeing(mine, seed, doubted, start)
            return replace(fitted, outliers=describe_outliers(fitted, mine, doubted))
        fitted, excused = self._searched(self._agreeing(mine, seed, Excused()), mine, seed, Excused())
        if excused and fitted.contradictions:
            # Perhaps only the outliers bent it the other way.
            again = self._agreeing(mine, seed, excused, fitted.model.theta.numpy())
            if again.linked == fitted.linked:
                fitted = replace(fitted, contradictions=again.contradictions)
            else:
                fitted, excused = self._searched(again, mine, seed, excused)
        return replace(fitted, outliers=describe_outliers(fitted, mine, excused))

    def _start_like(self, like: FittedLatentSurrogate, evidence: Evidence) -> np.ndarray:
        prior = LatentPrior(self.space, [self._output_prior(r, evidence) for r in self.responses])
        return carried_over(prior, like.model.prior, like.model.theta.numpy())

    def _searched(
        self, fitted: FittedLatentSurrogate, evidence: Evidence, seed: int, excused: Excused
    ) -> tuple[FittedLatentSurrogate, Excused]:
        """Leave out of account what does not fit."""
        same = replace(self, responses=fitted.linked)

        def refit(excused: Excused, start: np.ndarray, hoped: float | None = None) -> FittedLatentSurrogate:
            return same._fitted(evidence, seed, excused, start, hoped)

        found, excused = find_outliers(fitted, evidence, refit, excused)
        return replace(found, contradictions=fitted.contradictions), excused

    def _agreeing(
        self, evidence: Evidence, seed: int, excused: Excused, start: np.ndarray | None = None
    ) -> FittedLatentSurrogate:
        """Learn, without declared knowledge that the data contradict."""
        fitted = self._fitted(evidence, seed, excused, start)
        for changed, claim in self._doubts(fitted):
            # The data bend it the other way: is it better not assumed at all?
            freed = tuple(changed if r.name == changed.name else r for r in self.responses)
            begun = fitted.model.theta.numpy()
            other = replace(self, responses=freed)._agreeing(evidence, seed, excused, begun)
            gain = other.model.log_probability - fitted.model.log_probability
            if gain > _CONTRADICTED:
                return replace(other, contradictions=(_contradiction(claim, gain), *other.contradictions))
        return fitted

    def _doubts(self, fitted: FittedLatentSurrogate) -> Iterator[tuple[Response, str]]:
        """Responses without a claim that may be wrong, and the claim in words."""
        model = fitted.model
        for position, response in enumerate(self.responses):
            for name in model.prior.outputs[position].trends:
                if model.slope(position, name) <= _DOUBTED * model.prior.slope_mean(position):
                    verb = "rises" if name in response.rises_with else "falls"
                    yield _without(response, name), f"{response.name} {verb} with {name}"
            if _scatters_more(model, position):
                declared = (
                    f"{100 * response.relative_noise:g} %"
                    if response.relative_noise
                    else f"{response.absolute_noise:g} {response.unit or ''}".rstrip()
                )
                freed = replace(response, relative_noise=None, absolute_noise=None)
                yield freed, f"values of {response.name} scatter by no more than {declared}"

    def _fitted(
        self,
        evidence: Evidence,
        seed: int,
        excused: Excused,
        start: np.ndarray | None = None,
        hoped: float | None = None,
    ) -> FittedLatentSurrogate:
        """Learn from all that is not excused, only roughly where the log joint will not be as `hoped`."""
        obeyed = excused.apply(evidence)
        scales = {}
        for r in self.responses:
            told = (o for i, o in enumerate(obeyed.observations) if i not in excused.whole)
            numbers = np.array([o.number for o in told if o.response == r.name and o.kind == "value"])
            is_log = r.name in self.logarithmic
            scales[r.name] = None if r.is_yes_no else output_scale(r, numbers, logarithmic=is_log)
        prior = LatentPrior(self.space, [self._output_prior(r, obeyed) for r in self.responses])
        terms = evidence_terms(obeyed, prior, self.responses, scales)
        if start is not None and len(start) != len(prior.prior_mean):  # noise that is learned is one more
            start = None
        silent = _without_weight(terms, excused)

        def at(theta: np.ndarray, like: LatentModel | None = None) -> FittedLatentSurrogate:
            obeying = terms
            if excused.whole:
                like = condition_model(prior, theta, silent, like)
                own = _own_variances(like) * (silent.outlier_variance > 0)
                obeying = replace(terms, outlier_variance=own)
            model = condition_model(prior, theta, obeying, like)
            return FittedLatentSurrogate(self.responses, scales, model, obeyed)

        if start is None or hoped is None:
            return at(fit_hyperparameters(prior, silent, seed, start))
        begun = at(start)
        needed = hoped - log_joint(begun, evidence, excused)
        return at(fit_hyperparameters(prior, silent, seed, start, needed), begun.model)

    def _scale(self, response: Response, values: np.ndarray) -> OutputScale:
        return output_scale(response, values, logarithmic=response.name in self.logarithmic)

    def _output_prior(self, response: Response, evidence: Evidence) -> OutputPrior:
        features = usable_features(self.features, response.depends_on)
        names = self.space.names if response.depends_on is None else response.depends_on
        order = [r.name for r in self.responses]
        encoding = Encoding(self.space, tuple(names))
        mine = [o for o in evidence.observations if o.response == response.name]
        parents = self.parents.get(response.name, response.through)
        strengths = _strengths(response, features)
        return OutputPrior(
            name=response.name,
            encoding=encoding,
            features=features,
            trends=dict.fromkeys(response.rises_with, 1) | dict.fromkeys(response.falls_with, -1),
            strengths=replace(strengths, rough_share=0.0) if self.smooth else strengths,
            parents=tuple(map(order.index, parents)),
            learns_noise=not response.is_yes_no and not response.has_declared_noise,
            learns_share=any(o.n_values > 1 for o in mine),
            branches=tuple(
                Branch(link, name, categories)
                for link, parent in enumerate(parents)
                if parent in response.through
                for name, categories in _branching_categories(encoding, mine).items()
            ),
            listing=None if response.depends_on is not None else self.listing,
        )


def _without_weight(terms: EvidenceTerms, excused: Excused) -> EvidenceTerms:
    """The same terms, of which those that are excused say nothing."""
    if not excused.whole:
        return terms
    own = torch.zeros_like(terms.target)
    own[torch.tensor(sorted(excused.whole))] = _NO_WEIGHT
    return replace(terms, outlier_variance=own)


def _own_variances(model: LatentModel) -> torch.Tensor:
    """Most probable variance of its own of each term, r^2 less the variance expected anyway."""
    alone = [[i] for i in range(len(model.evidence))]
    mean, variance = model.left_out(alone)
    usual = variance - model.evidence.outlier_variance
    return ((model.evidence.target - mean) ** 2 - usual).clamp_min(1e-12)


def _branching_categories(
    encoding: Encoding, observations: Sequence[Observation]
) -> dict[str, tuple[int, ...]]:
    """Categories in which a response was observed, but for each parameter the most frequent one.

    That one has the common factor: where nearly everything is of one category, another one need not bend it.
    """
    codes = [o.codes for o in observations if o.kind in ("value", "above", "below") and len(o.codes) == 1]
    if not codes:
        return {}
    rows = torch.cat(codes)
    active = activity(encoding.space, rows)
    found = {}
    for parameter in encoding.parameters:
        if isinstance(parameter, CategoricalParameter):
            column = rows[:, encoding.space.names.index(parameter.name)][active[parameter.name]]
            counts = torch.bincount(column.round().long(), minlength=len(parameter.values))
            seen = counts.nonzero()[:, 0].tolist()
            found[parameter.name] = tuple(c for c in seen if c != int(counts.argmax()))
    return {name: categories for name, categories in found.items() if categories}


def _scatters_more(model: LatentModel, position: int) -> bool:
    """Whether replicates scatter more than the declared noise allows (chi-squared test)."""
    terms = model.evidence
    several = (terms.response == position) & (terms.n_values > 1) & (terms.declared_variance > 0)
    if not several.any():
        return False
    excess = float((terms.squares / terms.declared_variance)[several].sum())
    return bool(chi2.sf(excess, float((terms.n_values - 1)[several].sum())) < _RARE)


def _without(response: Response, name: str) -> Response:
    rises, falls = (
        tuple(n for n in names if n != name) for names in (response.rises_with, response.falls_with)
    )
    return replace(response, rises_with=rises, falls_with=falls)


def _contradiction(claim: str, gain: float) -> str:
    odds = f"{np.exp(gain):.0f}" if gain < np.log(1000) else "more than 1000"
    return f"The data contradict that {claim} (odds {odds} to 1): it is not assumed."


def _strengths(response: Response, features: Mapping[str, Feature]) -> Strengths:
    drivers = {*response.through, *response.rises_with, *response.falls_with}
    is_driven = bool(drivers)
    if response.is_yes_no:
        if not drivers.isdisjoint(features):
            return DOSED_YES_NO
        return DRIVEN_YES_NO if is_driven else YES_NO
    return DRIVEN_NUMBER if is_driven else NUMBER
