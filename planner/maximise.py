"""Finding the best conditions: everything where that is affordable, else many starts and local search."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .climb import climb
from .scored import ScoredPositions
from .search_space import SearchSpace

Score = Callable[[Tensor], Tensor]

ENUMERATE_UP_TO = 2000
_N_SAMPLED = 1000
_N_NEAR_EACH_START = 6
_N_GENERATIONS = 3
_N_ELITES = 24
_N_CHILDREN = 160
_N_CLIMBS = 5
_N_KICKS = 10
_MOST_POLISHES = 6
_CHUNK = 1024


@dataclass(frozen=True)
class Found:
    """The best candidate and its score."""

    codes: Tensor
    score: float


def in_chunks(score: Score, codes: Tensor) -> Tensor:
    """Scores of many candidates without holding all intermediate values at once."""
    return torch.cat([score(part) for part in codes.split(_CHUNK)])


def maximise(score: Score, search: SearchSpace, starts: Tensor, generator: np.random.Generator) -> Found:
    """Maximise a score over the valid conditions of a search space.

    Small spaces are enumerated in chunks. In large ones the search goes from wide to narrow: a random
    sample and the surroundings of `starts`; some generations of crossed and mutated best ones; climbs from
    several of them by strides that shrink to one step of the grid; at last every neighbour of the best, and
    climbs from the most promising of these, since another category seldom gains before its numbers have
    followed. Nothing is scored twice; some 1000 to 3500 scores are asked, whatever the size of the space.

    Parameters
    ----------
    score
        Scores of codes, shape (n, n_parameters) to (n,); larger is better, -inf is never chosen.
    search
        Where to look.
    starts : Tensor, shape (n_starts, n_parameters)
        Promising conditions, e.g. those measured.
    generator
        Draws the sample.
    """
    if search.size <= ENUMERATE_UP_TO:
        best: Found | None = None
        for codes in search.everything():
            scores = in_chunks(score, codes)
            top = int(scores.argmax())
            if best is None or float(scores[top]) > best.score:
                best = Found(codes[top], float(scores[top]))
        if best is not None:
            return best
    scored = ScoredPositions(lambda codes: in_chunks(score, codes), search)
    sampled = search.grid.positions(search.sample(_N_SAMPLED, generator))
    near = search.grid.positions(starts).repeat(_N_NEAR_EACH_START, axis=0)
    for share in (1.0, 0.5, 0.25):
        # Some of those near a start are one move away, some two, some three.
        near[: int(share * len(near))] = search.moves.random(near[: int(share * len(near))], generator)
        near = near[generator.permutation(len(near))]
    scored.ask(np.concatenate([sampled, search.grid.positions(starts), near]))
    for _ in range(_N_GENERATIONS):
        scored.ask(_children(scored.best(_N_ELITES), search, generator))
    climb(scored, _apart(scored.best(400), search), generator)
    for _ in range(_MOST_POLISHES):
        before = scored.best(1)
        around = np.concatenate(
            [search.positions_around(before[0], generator), _kicked(scored, search, generator)]
        )
        ranked = around[np.argsort(-scored.ask(around), kind="stable")]
        climb(scored, _apart(ranked, search), generator)
        if (scored.best(1) == before).all():
            break
    row = scored.best(1)
    return Found(search.grid.codes(row)[0], float(scored.ask(row)[0]))


def _children(elites: np.ndarray, search: SearchSpace, generator: np.random.Generator) -> np.ndarray:
    """Rows that take each parameter from one of two of the best, most of them after a random move."""
    first, second = generator.integers(len(elites), size=(2, _N_CHILDREN))
    from_second = generator.random((_N_CHILDREN, elites.shape[1])) < 0.5
    # Numbers of a sum go together, since a sum of halves of two mixtures is no mixture.
    for columns, _ in search.moves.sums:
        from_second[:, list(columns)] = from_second[:, columns[0]][:, None]
    crossed = search.grid.tidy(np.where(from_second, elites[second], elites[first]))
    moved = search.moves.random(crossed, generator)
    return np.where((generator.random(_N_CHILDREN) < 0.25)[:, None], crossed, moved)


def _kicked(scored: ScoredPositions, search: SearchSpace, generator: np.random.Generator) -> np.ndarray:
    """The best rows after two random moves."""
    kicked = scored.best(_N_CLIMBS).repeat(_N_KICKS, axis=0)
    return search.moves.random(search.moves.random(kicked, generator), generator)


def _apart(ranked: np.ndarray, search: SearchSpace) -> np.ndarray:
    """The first rows that differ from each other by more than a tenth of a range, or in a category."""
    spans = np.where(search.grid.is_numeric, np.maximum(search.grid.counts - 1, 1), 1)
    chosen: list[np.ndarray] = []
    for row in ranked:
        if all((np.abs(row - other) / spans).max() >= 0.1 for other in chosen):
            chosen.append(row)
        if len(chosen) == _N_CLIMBS:
            break
    return np.array(chosen).reshape(-1, ranked.shape[1])
