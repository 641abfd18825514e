"""Fixed points of maps, many at once, by Anderson's method."""

from collections.abc import Callable

import torch
from torch import Tensor

_MEMORY = 5
_RIDGE = 1e-10
_DAMPING = 0.5
_WORSE = 10.0  # times the least change so far: what was extrapolated from is not to be trusted there


def fixed_points(
    update: Callable[[Tensor], Tensor], start: Tensor, least: Tensor, tolerance: float, most: int
) -> Tensor:
    """Find x = g(x) of maps that are solved side by side, each as it would be alone.

    Anderson's method (Walker & Ni, SIAM J. Numer. Anal. 49 (2011) 1715, type II): the next point is where a
    linear model of the last few steps has none left. Where damped steps of expectation propagation swing to
    and fro hundreds of times, it takes some fifteen.

    Parameters
    ----------
    update
        From points, shape (..., n), to their images; the last call is at the points that are returned.
    start : Tensor, shape (..., n)
        Where to begin.
    least : Tensor, shape (n,)
        Lower bounds, which images keep to.
    tolerance
        Change, relative to 1 + size, at which a point is taken to be fixed.
    most
        Number of calls of `update` at which to stop in any case.
    """
    here = start
    moved: list[Tensor] = []  # changes of points and of steps, newest last
    bent: list[Tensor] = []
    step = update(here) - here
    best = torch.full((*start.shape[:-1], 1), torch.inf, dtype=start.dtype)
    for _ in range(most - 1):
        change = (step.abs() / (1 + here.abs())).amax(-1, keepdim=True)
        moves = change >= tolerance
        if not moves.any():
            break
        strayed = change > _WORSE * best
        best = torch.minimum(best, change)
        ahead = step
        if moved:
            ahead = torch.where(strayed, _DAMPING * step, step - _correction(moved, bent, step))
        following = here + ahead
        # An extrapolation across a bound says nothing: then a part of the plain step.
        outside = (following < least).any(-1, keepdim=True)
        following = torch.where(outside, here + _DAMPING * step, following)
        following = torch.where(moves, torch.maximum(following, least), here)
        there = update(following) - following
        moved, bent = [*moved, following - here][-_MEMORY:], [*bent, there - step][-_MEMORY:]
        here, step = following, there
    return here


def _correction(moved: list[Tensor], bent: list[Tensor], step: Tensor) -> Tensor:
    """What the last few steps say of how far to go, beyond the step itself."""
    points, steps = torch.stack(moved, dim=-1), torch.stack(bent, dim=-1)
    gram = steps.mT @ steps
    scale = gram.diagonal(dim1=-2, dim2=-1).sum(-1)[..., None, None]
    ridge = (_RIDGE * scale + 1e-300) * torch.eye(gram.shape[-1], dtype=gram.dtype)
    shares, _ = torch.linalg.solve_ex(gram + ridge, steps.mT @ step.unsqueeze(-1))
    return ((points + steps) @ shares).squeeze(-1)
