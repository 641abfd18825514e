"""Which surrogates may be believed about a group of linked responses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ..datasets import ParameterSpace, Response
from .evidence import Evidence
from .features import Feature
from .latent_surrogate import LatentSurrogate
from .listing import Listing
from .physics import usable_features
from .stacking import Candidate, StackedSurrogate

_ENOUGH = 8  # observations from which leaving out can tell surrogates apart
_ENOUGH_AGAINST_KNOWLEDGE = 20  # the same where a surrogate ignores what is declared
_ENOUGH_FOR_ITSELF = 150  # data that bend any prior knowledge, which need not be left out by way of trial
_ENOUGH_FOR_LOGARITHM = 5  # values: the spread of fewer ratios is anyone's guess
GAUSSIAN_PROCESS = "gaussian_process"
_TREES = "extra_trees"
_TUNING_SECONDS = 20.0  # for a surrogate that was asked for by name


def stack_of(
    space: ParameterSpace,
    group: tuple[Response, ...],
    features: Mapping[str, Feature],
    parents: Mapping[str, tuple[str, ...]],
    evidence: Evidence,
    listing: Listing | None = None,
) -> StackedSurrogate:
    """Candidates for a group of linked responses, the leading Gaussian process first.

    Parameters
    ----------
    space, features
        Parameters and physics that may be used.
    group
        Linked responses, each after those it acts through.
    parents
        For responses those whose latent processes they share.
    evidence
        Its amount decides what is worth trying.
    listing
        Conditions to choose from, if somebody listed them.
    """
    kinds = {response.surrogate for response in group if response.surrogate is not None}
    process = LatentSurrogate(space, group, features, parents, listing=listing)
    candidates: list[Candidate] = []
    if not kinds or GAUSSIAN_PROCESS in kinds:
        candidates += _processes(process, evidence)
    named = sorted(kinds - {GAUSSIAN_PROCESS})
    if named:
        candidates += _ensembles(process, named, evidence, _TUNING_SECONDS)
    elif not kinds and _trees_may_help(group, evidence):
        candidates += _ensembles(process, [_TREES], evidence)
    return StackedSurrogate(tuple(candidates))


def _processes(process: LatentSurrogate, evidence: Evidence) -> Iterator[Candidate]:
    group = process.responses
    yield Candidate("Gaussian process", process)
    logarithmic = _may_be_logarithmic(group, evidence)
    if logarithmic:
        yield Candidate("Gaussian process on the logarithm", replace(process, logarithmic=logarithmic))
    enough = _least(group, evidence)
    if enough < _ENOUGH:
        return
    if all(r.is_yes_no for r in group):
        yield Candidate("smooth Gaussian process", replace(process, smooth=True))
    if not _ENOUGH_AGAINST_KNOWLEDGE <= enough <= _ENOUGH_FOR_ITSELF:
        return
    process = replace(process, searches_outliers=False)
    if any(usable_features(process.features, r.depends_on) for r in group):
        yield Candidate("Gaussian process without physics", _without_physics(process))
    if any(r.through for r in group):
        apart = tuple(replace(r, through=()) for r in group)
        yield Candidate("Gaussian process without the chain", replace(process, responses=apart, parents={}))


def _without_physics(process: LatentSurrogate) -> LatentSurrogate:
    parameters = process.space.names
    bare = tuple(
        replace(
            r,
            rises_with=tuple(n for n in r.rises_with if n in parameters),
            falls_with=tuple(n for n in r.falls_with if n in parameters),
        )
        for r in process.responses
    )
    return replace(process, responses=bare, features={})


def _ensembles(
    process: LatentSurrogate, kinds: Sequence[str], evidence: Evidence, tuning_seconds: float = 0.0
) -> Iterator[Candidate]:
    from .sklearn_surrogate import SklearnSurrogate

    logarithmic = _may_be_logarithmic(process.responses, evidence)
    for kind in kinds:
        words = kind.replace("_", " ")
        recipe = SklearnSurrogate(
            process.space, process.responses, process.features, kind, tuning_seconds, listing=process.listing
        )
        yield Candidate(words, recipe)
        if logarithmic:
            yield Candidate(f"{words} on the logarithm", replace(recipe, logarithmic=logarithmic))


def _trees_may_help(group: Sequence[Response], evidence: Evidence) -> bool:
    knows = any(r.rises_with or r.falls_with or r.through for r in group)
    return _least(group, evidence) >= (_ENOUGH_AGAINST_KNOWLEDGE if knows else _ENOUGH)


def _least(group: Sequence[Response], evidence: Evidence) -> int:
    """Values, or the rarer of yes and no, of the response of a group that has fewest."""
    return min(_told(response, evidence) for response in group)


def _told(response: Response, evidence: Evidence) -> int:
    mine = [o for o in evidence.observations if o.response == response.name]
    if not response.is_yes_no:
        return sum(o.kind == "value" for o in mine)
    rarer = min(sum(o.kind == kind for o in mine) for kind in ("yes", "no"))
    return len(mine) if rarer >= 2 else 0


def _may_be_logarithmic(group: Sequence[Response], evidence: Evidence) -> frozenset[str]:
    """Numbers without a plausible range of which several values are known, none below 0."""
    found = set()
    for response in group:
        values = evidence.values(response.name)
        if response.is_yes_no or response.plausible is not None or len(values) < _ENOUGH_FOR_LOGARITHM:
            continue
        if values.min() >= 0 and values.max() > values.min():
            found.add(response.name)
    return frozenset(found)
