"""Finding the best conditions: everything where that is affordable, else many starts and local search."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .search_space import SearchSpace

Score = Callable[[Tensor], Tensor]

ENUMERATE_UP_TO = 20_000
_N_SAMPLED = 3000
_N_CLIMBS = 6
_MOST_STEPS = 40
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

    Small spaces are enumerated in chunks. In large ones a random sample and the neighbourhood of `starts`
    are scored, and the best of them climb: each moves to its best neighbour until none is better.

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
    pool = search.sample(_N_SAMPLED, generator)
    near = [search.neighbours(row, generator) for row in starts]
    pool = torch.unique(torch.cat([pool, *near]), dim=0)
    scores = in_chunks(score, pool)
    climbers = _apart(pool, scores)
    return _climb(score, search, pool[climbers], scores[climbers], generator)


def _apart(pool: Tensor, scores: Tensor) -> list[int]:
    """The best rows that differ from each other in more than a step of one parameter."""
    spans = (pool.max(dim=0).values - pool.min(dim=0).values).clamp_min(1e-12)
    chosen: list[int] = []
    for row in scores.argsort(descending=True, stable=True).tolist():
        near = any(float(((pool[row] - pool[other]) / spans).abs().max()) < 0.1 for other in chosen)
        if not near:
            chosen.append(row)
        if len(chosen) == _N_CLIMBS:
            break
    return chosen


def _climb(
    score: Score, search: SearchSpace, rows: Tensor, values: Tensor, generator: np.random.Generator
) -> Found:
    """Move every row to its best neighbour until none of them gains; all are scored in one go."""
    moving = list(range(len(rows)))
    for _ in range(_MOST_STEPS):
        around = [search.neighbours(rows[i], generator) for i in moving]
        if not sum(map(len, around)):
            break
        parts = in_chunks(score, torch.cat(around)).split([len(part) for part in around])
        still_moving = []
        for i, part, part_scores in zip(moving, around, parts, strict=True):
            if len(part) and float(part_scores.max()) > float(values[i]):
                top = int(part_scores.argmax())
                rows[i], values[i] = part[top], part_scores[top]
                still_moving.append(i)
        moving = still_moving
        if not moving:
            break
    best = int(values.argmax())
    return Found(rows[best], float(values[best]))
