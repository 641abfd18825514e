"""Elliptical slice sampling of a posterior with a normal prior, many chains at once.

Murray, Adams & MacKay, AISTATS 2010: it needs no step size. Evaluating the likelihood at several points
together costs little more than at one, so chains advance side by side. While some are still looking for
their next point, each tries several of the proposals that it would make in turn: which these are depends
on that the former ones are refused, but not on how likely they were.

Chains share their randomness in such a way that each by itself is a proper chain, while all together they
spread evenly: draws of the prior and slices are stratified (Latin hypercubes), angles are the same for all.
Averages over few chains then vary less from seed to seed.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

_MOST_SHRINKS = 40
_MOST_AT_ONCE = 4  # proposals of a chain: nearly always one of so many is accepted

LogLikelihood = Callable[[np.ndarray], np.ndarray]
"""Of points, shape (n, n_dimensions), to values, shape (n,)."""


def parallel_chains(
    start: np.ndarray,
    log_likelihood: LogLikelihood,
    most_steps: int,
    generator: np.random.Generator,
    width: int = 16,
    forgotten: float = 0.3,
) -> np.ndarray:
    """Advance chains under a standard normal prior until they have forgotten where they began.

    A step turns a point x by some angle towards a draw of the prior, so cos(angle) of x is left of it.
    Chains end when the products of these cosines are small.

    Parameters
    ----------
    start : ndarray, shape (n_chains, n_dimensions)
        Where each chain begins.
    log_likelihood
        To be explored.
    most_steps
        Number of steps at which to stop in any case.
    generator
        Source of randomness.
    width
        How many proposals are evaluated together, at least one a chain.
    forgotten
        Root mean square of the products of cosines at which chains end. The likelihood makes a chain
        forget faster: at 0.3, ends correlate with beginnings by about 0.1.

    Returns
    -------
    ndarray, shape (n_chains, n_dimensions)
        Where each chain ends.
    """
    here, value = start.copy(), log_likelihood(start)
    memory = np.ones(len(start))
    for _ in range(most_steps):
        memory *= _advance(here, value, log_likelihood, generator, width)
        if (memory**2).mean() < forgotten**2:
            break
    return here


def _advance(
    here: np.ndarray,
    value: np.ndarray,
    log_likelihood: LogLikelihood,
    generator: np.random.Generator,
    width: int,
) -> np.ndarray:
    """One step of every chain, in place: a point on the ellipse through `here` and a draw of the prior.

    Returns the cosines of the angles by which the chains turned, shape (n_chains,).
    """
    n = len(here)
    before, other = here.copy(), ndtri(_stratified(here.shape, generator))
    threshold = value + np.log(_stratified((n,), generator))
    bracket = _Brackets(n, generator)
    looking, cosines = np.arange(n), np.ones(n)
    for _ in range(_MOST_SHRINKS):
        n_proposals = min(max(width // len(looking), 1), _MOST_AT_ONCE)
        angles = np.stack([bracket.next(looking) for _ in range(n_proposals)])
        rows = np.broadcast_to(looking, angles.shape)
        proposals = before[rows] * np.cos(angles)[..., None] + other[rows] * np.sin(angles)[..., None]
        found = log_likelihood(proposals.reshape(-1, here.shape[1])).reshape(angles.shape)
        accepted = found > threshold[looking]
        first, done = accepted.argmax(axis=0), accepted.any(axis=0)
        chosen = first[done], np.flatnonzero(done)
        here[looking[done]], value[looking[done]] = proposals[chosen], found[chosen]
        cosines[looking[done]] = np.cos(angles[chosen])
        looking = looking[~done]
        if not len(looking):
            break
    return cosines


class _Brackets:
    """Angles that chains propose one after another while all are refused."""

    def __init__(self, n: int, generator: np.random.Generator) -> None:
        self.generator = generator
        self.angle = np.full(n, generator.uniform(0, 2 * np.pi))
        self.low, self.high = self.angle - 2 * np.pi, self.angle.copy()

    def next(self, chains: np.ndarray) -> np.ndarray:
        """The present proposals of some chains; then their brackets shrink to these."""
        now = self.angle[chains]
        self.low[chains] = np.where(now < 0, now, self.low[chains])
        self.high[chains] = np.where(now < 0, self.high[chains], now)
        width = self.high[chains] - self.low[chains]
        self.angle[chains] = self.low[chains] + self.generator.uniform() * width
        return now


def _stratified(shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    """Uniform numbers, of which each of n equal parts of (0, 1) holds one along the first dimension."""
    ranks = generator.uniform(size=shape).argsort(axis=0)
    return (ranks + generator.uniform(size=shape)) / shape[0]
