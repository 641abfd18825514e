"""How many hits honest forecasts have, give or take chance."""

from scipy.stats import binom

_USUAL = 0.9


def honest_counts(n: int, probability: float) -> tuple[int, int]:
    """Fewest and most hits that honest forecasts have nine times out of ten.

    Forecasts from the others are not quite independent of each other, so this is a little narrow.

    Parameters
    ----------
    n
        Number of forecasts.
    probability
        With which each was to come true.

    Examples
    --------
    >>> honest_counts(20, 0.9)
    (16, 20)
    """
    low, high = binom.ppf([(1 - _USUAL) / 2, (1 + _USUAL) / 2], n, probability)
    return int(low), int(high)
