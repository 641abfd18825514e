"""What leave-one-out found, in a sentence for people who measure powders."""

from collections.abc import Mapping

from .honest_counts import honest_counts
from .picture_style import quantity

_LEVEL = 0.9


def numbers_in_words(n: int, error: float, coverage: Mapping[float, float], unit: str | None) -> str:
    """How far forecasts of numbers were off, and how often their ranges held.

    Parameters
    ----------
    n
        Values left out in turn.
    error
        Mean distance from the forecast.
    coverage
        Share of values inside the range of each level.
    unit
        Of the response, or None.

    Examples
    --------
    >>> numbers_in_words(20, 8.2, {0.9: 0.85}, "h").replace("\N{NO-BREAK SPACE}", " ")
    'Off by 8.2 h on average; 17 of 20 inside the range of 90 % (honest ranges hold 16 to 20).'
    """
    off = f"Off by {quantity(float(f'{error:.2g}'), unit)} on average"
    if _LEVEL not in coverage:
        return f"{off}."
    few, many = honest_counts(n, _LEVEL)
    honest = f"{few}" if few == many else f"{few} to {many}"
    return f"{off}; {coverage[_LEVEL] * n:.0f} of {n} inside the range of 90 % (honest ranges hold {honest})."


def answers_in_words(brier: float, by_share: float | None) -> str:
    """How near forecasts of yes or no came to the answers.

    Parameters
    ----------
    brier
        Mean squared error of the probability of yes.
    by_share
        What forecasting the share of yes among the others scores, or None.

    Examples
    --------
    >>> answers_in_words(0.118, 0.27)
    'Score 0.12, better than guessing by how often it was yes (0.27); 0 is perfect.'
    """
    if by_share is None:
        return f"Score {brier:.2f}; 0 is perfect."
    compared = "better" if brier < by_share else "no better"
    return (
        f"Score {brier:.2f}, {compared} than guessing by how often it was yes ({by_share:.2f}); 0 is perfect."
    )
