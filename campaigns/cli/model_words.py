"""How a response is modelled, in words."""

from collections import Counter
from collections.abc import Mapping
from typing import get_args

from ...datasets import Response
from ...models.beliefs import Beliefs
from ...models.evidence import EvidenceKind
from ...models.features import Feature
from ...models.latent_surrogate import FittedLatentSurrogate
from ...models.physics import constants, usable_features
from .terminal import plural

_BOUNDS = ("above", "below")
_NOTICEABLE = 0.25  # of the stated spread


def model_in_words(response: Response, beliefs: Beliefs, features: Mapping[str, Feature]) -> list[str]:
    """Sentences on what it is learned from, by which kind of model, and with what prior knowledge."""
    if response.is_derived:
        how = "smallest of" if response.smallest_of else "ratio of"
        return [f"Derived: {how} {' and '.join(response.sources)}, on joint samples of both."]
    kind = "Gaussian-process classifier" if response.is_yes_no else "Gaussian process"
    if response.through:
        kind += f" through {' and '.join(response.through)}"
    if pair := [n for n in _parents(response, beliefs) if n not in response.through]:
        kind += f" together with {' and '.join(pair)}"
    said = [f"{_evidence(response, beliefs)}.", f"{kind} of {_inputs(response, features)}."]
    directions = [
        f"{verb} with {' and '.join(names)}"
        for verb, names in (("rises", response.rises_with), ("falls", response.falls_with))
        if names
    ]
    if directions:
        said.append(f"Expected: {', '.join(directions)}.")
    if not response.is_yes_no:
        said.append(_noise(response))
    return [*said, *_learned(response, beliefs, features)]


def _learned(response: Response, beliefs: Beliefs, features: Mapping[str, Feature]) -> list[str]:
    """Constants of the physics that the data have moved noticeably away from what was expected."""
    surrogate = beliefs.surrogate_of(response.name).lead
    if not isinstance(surrogate, FittedLatentSurrogate):
        return []
    moved = []
    for name, values in surrogate.learned_constants(response.name).items():
        for belief, value in zip(constants(features[name]), values, strict=True):
            if abs(value - belief.mean) > _NOTICEABLE * belief.sd:
                moved.append(f"{name} {value:.3g} (expected {belief.mean:g} ± {belief.sd:g})")
    return [f"Learned constants: {', '.join(moved)}."] if moved else []


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
