"""Which responses are learned together: those that act through each other, and those measured as a pair."""

from collections.abc import Mapping, Sequence

from ..datasets import Response


def parents_of(responses: Mapping[str, Response], *, pairs: bool = True) -> dict[str, tuple[str, ...]]:
    """For each measured response those whose latent processes it shares.

    What it is declared to act `through` comes first. Responses from which another one is computed
    (charge and discharge capacity of one cell) are measured on the same thing and rise and fall together:
    each follows the first of them, by a factor to be learned, unless they are connected already or
    `pairs` is False.
    """
    parents = {name: r.through for name, r in responses.items() if not r.is_derived}
    if not pairs:
        return parents
    for response in responses.values():
        first, *others = response.sources or ("",)
        for other in others:
            if first not in _ancestors(other, parents) and other not in _ancestors(first, parents):
                parents[other] = (*parents[other], first)
    return parents


def _ancestors(name: str, parents: Mapping[str, tuple[str, ...]]) -> set[str]:
    found = {name}
    waiting = [name]
    while waiting:
        new = [parent for parent in parents[waiting.pop()] if parent not in found]
        found.update(new)
        waiting += new
    return found


def linked_groups(
    responses: Mapping[str, Response], parents: Mapping[str, tuple[str, ...]]
) -> list[tuple[Response, ...]]:
    """Measured responses that share latent processes, parents first; others stand alone."""
    groups: list[list[str]] = []
    for name in parents:
        touching = [g for g in groups if name in g or any(parent in g for parent in parents[name])]
        merged = sorted({name, *parents[name], *(n for g in touching for n in g)}, key=list(parents).index)
        groups = [g for g in groups if g not in touching] + [merged]
    return [tuple(responses[name] for name in _parents_first(group, parents)) for group in groups]


def _parents_first(group: Sequence[str], parents: Mapping[str, tuple[str, ...]]) -> list[str]:
    ordered: list[str] = []
    waiting = list(group)
    while waiting:
        ready = [name for name in waiting if set(parents[name]) <= set(ordered)]
        assert ready, "responses act through each other in a circle"
        ordered += ready
        waiting = [name for name in waiting if name not in ready]
    return ordered
