"""Numbers as a chemist would say them."""

from ..models.outliers import Outlier


def rounded(number: float) -> str:
    """Three digits, without exponent where it can be read.

    >>> rounded(283.27), rounded(0.012345), rounded(1800.0)
    ('283', '0.0123', '1800')
    """
    text = f"{number:.3g}"
    return f"{number:.0f}" if "e" in text and 1 <= abs(number) < 1e9 else text


def with_unit(number: float, unit: str | None) -> str:
    """A rounded number with its unit."""
    return f"{rounded(number)} {unit}" if unit else rounded(number)


def in_full(number: float, unit: str | None) -> str:
    """A number that is known exactly, such as a cost: tenths of 100 h are not rounded away.

    >>> in_full(106.8, "h"), in_full(105.0, "h")
    ('106.8 h', '105 h')
    """
    text = f"{number:.6g}"
    return f"{text} {unit}" if unit else text


def percent(probability: float) -> str:
    """A probability in whole percent, never rounded to certainty.

    >>> percent(0.4), percent(0.999), percent(0.001)
    ('40 %', '> 99 %', '< 1 %')
    """
    if 0 < probability < 0.005:
        return "< 1 %"
    if 0.995 < probability < 1:
        return "> 99 %"
    return f"{100 * probability:.0f} %"


def outlier_in_words(outlier: Outlier, unit: str | None) -> str:
    """A value that fits nothing else, what was expected instead, and what to do."""
    return (
        f"{outlier.experiment}: {outlier.response} {rounded(outlier.value)} measured, "
        f"{rounded(outlier.expected)} ± {with_unit(float(f'{outlier.sd:.2g}'), unit)} expected: not obeyed; "
        "correct it if it was mistyped."
    )
