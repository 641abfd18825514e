"""How a response is modelled, in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args

from ...datasets import Response
from ...models.beliefs import Beliefs
from ...models.evidence import EvidenceKind
from ...models.features import Arrhenius, Feature
from ...models.fitted_latent_surrogate import FittedLatentSurrogate
from ...models.physics import constants, usable_features
from ...models.stacking import FittedStack
from ...planner.wording import outlier_in_words, percent
from .terminal import plural

_BOUNDS = ("above", "below")
_NOTICEABLE = 0.25  # of the stated spread


def model_in_words(response: Response, beliefs: Beliefs, features: Mapping[str, Feature]) -> list[str]:
    """Sentences on what it is learned from, by which kind of model, and with what prior knowledge."""
    if response.is_derived:
        how = "smallest of" if response.smallest_of else "ratio of"
        return [f"Derived: {how} {' and '.join(response.sources)}, on joint samples of both."]
    said = [
        f"{_evidence(response, beliefs)}.",
        f"{_kind(response, beliefs)} of {_inputs(response, features)}.",
    ]
    if consists := consists_of(response, beliefs):
        said.append(consists)
    directions = [
        f"{verb} with {' and '.join(names)}"
        for verb, names in (("rises", response.rises_with), ("falls", response.falls_with))
        if names
    ]
    if isinstance(beliefs.surrogate_of(response.name).lead, FittedLatentSurrogate):
        said += [f"Expected: {', '.join(directions)}."] if directions else []
    else:
        said.append("It uses neither expected directions nor a chain nor comparisons.")
    if not response.is_yes_no:
        said.append(_noise(response))
    moved = constants_in_words(response, beliefs, features, least=_NOTICEABLE)
    return [*said, f"Learned constants: {', '.join(moved)}."] if moved else said


def consists_of(response: Response, beliefs: Beliefs) -> str:
    """Which models a stack consists of, in one sentence; empty if it is no stack."""
    surrogate = beliefs.surrogate_of(response.name)
    if not isinstance(surrogate, FittedStack):
        return ""
    kept = sorted((one for one in surrogate.weighed if one.weight > 0), key=lambda one: -one.weight)
    shares = ", ".join(f"{one.name} {percent(one.weight)}" for one in kept)
    return f"{shares[:1].upper()}{shares[1:]}, by what each foretold of left-out experiments."


def outliers_in_words(beliefs: Beliefs, names: Sequence[str]) -> list[str]:
    """Sentences on values of some responses that do not fit the others and are not obeyed."""
    return [
        outlier_in_words(outlier, beliefs.responses[outlier.response].unit)
        for outlier in beliefs.outliers
        if outlier.response in names
    ]


def constants_in_words(
    response: Response, beliefs: Beliefs, features: Mapping[str, Feature], least: float = 0.0
) -> list[str]:
    """Constants of the physics as learned.

    Parameters
    ----------
    response
        A measured response.
    beliefs, features
        Of the campaign.
    least
        How far the data must have moved a constant from what was expected, in units of the stated spread;
        exact constants are never told.
    """
    surrogate = beliefs.surrogate_of(response.name).lead
    if not isinstance(surrogate, FittedLatentSurrogate):
        return []
    said = []
    for name, values in surrogate.learned_constants(response.name).items():
        for what, belief, value in zip(
            _constant_names(features[name]), constants(features[name]), values, strict=True
        ):
            if belief.sd > 0 and abs(value - belief.mean) >= least * belief.sd:
                said.append(f"{name}, {what} {value:.3g} (expected {belief.mean:g} ± {belief.sd:g})")
    return said


def _constant_names(feature: Feature) -> list[str]:
    """What each constant is, in the order of `physics.constants`."""
    if isinstance(feature, Arrhenius):
        return ["activation energy in kJ/mol"]
    return [f"exponent of {name}" for name in feature.exponents]


def _kind(response: Response, beliefs: Beliefs) -> str:
    if not isinstance(beliefs.surrogate_of(response.name).lead, FittedLatentSurrogate):
        return (response.surrogate or "ensemble").replace("_", " ").capitalize()
    kind = "Gaussian-process classifier" if response.is_yes_no else "Gaussian process"
    if response.through:
        kind += f" through {' and '.join(response.through)}"
    if pair := [n for n in _parents(response, beliefs) if n not in response.through]:
        kind += f" together with {' and '.join(pair)}"
    return kind


def _parents(response: Response, beliefs: Beliefs) -> list[str]:
    """Responses with which this one is learned together, as its surrogate has them."""
    surrogate = beliefs.surrogate_of(response.name).lead
    if not isinstance(surrogate, FittedLatentSurrogate):
        return []
    own = surrogate.model.prior.outputs[surrogate.responses.index(response.name)]
    return [surrogate.responses[position] for position in own.parents]


def _evidence(response: Response, beliefs: Beliefs) -> str:
    counts = Counter(o.kind for o in beliefs.evidence.observations if o.response == response.name)
    assert set(counts) <= set(get_args(EvidenceKind))
    bounds = sum(counts[kind] for kind in _BOUNDS)
    parts = [
        f"{counts['yes']} yes, {counts['no']} no" if counts["yes"] or counts["no"] else "",
        plural(counts["value"], "value") if counts["value"] else "",
        plural(bounds, "bound") if bounds else "",
        plural(counts["beats"], "comparison") if counts["beats"] else "",
    ]
    known = ", ".join(part for part in parts if part)
    if not known:
        return "Nothing known yet, forecasts come from the prior"
    if response.is_yes_no and not (counts["yes"] and counts["no"]):
        only = "yes" if counts["yes"] else "no"
        known += f"; only {only} so far, so that its boundary is not known" if counts[only] else ""
    return f"Learned from {known}"


def _inputs(response: Response, features: Mapping[str, Feature]) -> str:
    used = list(usable_features(features, response.depends_on))
    parameters = "all parameters" if response.depends_on is None else ", ".join(response.depends_on)
    return f"{parameters}, with {' and '.join(used)}" if used else parameters


def _noise(response: Response) -> str:
    if response.relative_noise is not None:
        return f"Noise declared: {100 * response.relative_noise:g} % of the value."
    if response.absolute_noise is not None:
        return f"Noise declared: {response.absolute_noise:g} {response.unit or ''}".rstrip() + "."
    return "Noise learned from the data."
