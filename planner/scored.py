"""Conditions whose score is known already: nothing is asked twice, nothing that breaks a rule is asked."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from .search_space import SearchSpace


class ScoredPositions:
    """Scores of rows of positions; -inf for those that break a rule.

    Parameters
    ----------
    score
        Scores of codes, shape (n, n_parameters) to (n,).
    search
        What is valid.
    """

    def __init__(self, score: Callable[[Tensor], Tensor], search: SearchSpace) -> None:
        self._score, self.search = score, search
        self._known: dict[bytes, int] = {}
        self.positions = np.zeros((0, len(search.space)), dtype=np.int64)
        self.scores = np.zeros(0)

    def ask(self, rows: np.ndarray) -> np.ndarray:
        """Scores of rows, shape (n, n_parameters) to (n,)."""
        rows = self.search.grid.tidy(rows).astype(np.int64)
        keys = [row.tobytes() for row in rows]
        new = {key: number for number, key in enumerate(keys) if key not in self._known}
        if new:
            fresh = rows[list(new.values())]
            codes = self.search.grid.codes(fresh)
            scores = torch.full((len(fresh),), -torch.inf, dtype=torch.float64)
            valid = self.search.valid(codes)
            if valid.any():
                scores[valid] = self._score(codes[valid]).to(torch.float64)
            self._known.update({key: len(self.scores) + number for number, key in enumerate(new)})
            self.positions = np.concatenate([self.positions, fresh])
            self.scores = np.concatenate(
                [self.scores, torch.where(scores.isnan(), -torch.inf, scores).numpy()]
            )
        return self.scores[[self._known[key] for key in keys]]

    def best(self, n: int) -> np.ndarray:
        """The n best rows, best first."""
        return self.positions[np.argsort(-self.scores, kind="stable")[:n]]
