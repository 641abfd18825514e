"""Values that do not fit all others: shorted cells, misread scales, typing errors."""

from dataclasses import dataclass

WRONG_VALUES = 0.025  # share of experiments with wrong values that is expected beforehand


@dataclass(frozen=True)
class Outlier:
    """A measured value that nothing else makes likely, and to which next to no attention is paid.

    Attributes
    ----------
    experiment, response
        Whose value of what.
    value
        As measured: the mean of the replicates if all are meant, else the one replicate.
    expected, sd
        What all else says would be measured, and its standard deviation, in the unit of the response.
    """

    experiment: str
    response: str
    value: float
    expected: float
    sd: float
