"""Parts of a week's summary: how names are shown, forecasts with their outcomes, what the models believe."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...models.diagnostics import LeftOut, ReliabilityBin
from ...models.response_map import Place, ResponseMap


@dataclass(frozen=True, kw_only=True)
class Named:
    """A parameter, response or cost as it is shown: its name, its unit, whether it is yes or no."""

    name: str
    unit: str | None = None
    is_yes_no: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One response of one sample: what was forecast when it was planned, and what came.

    Attributes
    ----------
    experiment, response
        Of what.
    median, low, high
        Forecast and 90 % interval; for yes/no all three are the probability of yes.
    measured
        Mean of the values; 1 or 0 for yes or no.
    shown
        The values as they were typed.
    surprise
        Distance from the median in standard deviations of the forecast, signed; for yes/no the logarithm
        (base 2) of the probability of what came, which is never above 0.
    is_surprise
        Whether it lies outside the interval, or had less than one chance in ten.
    """

    experiment: str
    response: Named
    median: float
    low: float
    high: float
    measured: float
    shown: str
    surprise: float
    is_surprise: bool


@dataclass(frozen=True, kw_only=True)
class BelievedMap:
    """A response over two parameters, around conditions that are fixed.

    Attributes
    ----------
    response, x, y
        What over what.
    fixed
        Other conditions, in words.
    found, places
        The forecast, and what was measured there.
    limit
        Contour to be drawn: the required probability, or the bound of a number, or None.
    suggested
        Where the plan's new samples lie on it: x, y and id.
    """

    response: Named
    x: Named
    y: Named
    fixed: str
    found: ResponseMap
    places: tuple[Place, ...] = ()
    limit: float | None = None
    suggested: tuple[tuple[float, float, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class BelievedCurve:
    """A response over one parameter or another response, others fixed.

    Attributes
    ----------
    response, over
        What over what.
    label
        Which curve, where there are several (a route); else empty.
    x, median, low, high
        Equally long; for yes/no low and high are the probability as well.
    points
        Measured pairs: x, y and id.
    """

    response: Named
    over: Named
    label: str = ""
    x: tuple[float, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    points: tuple[tuple[float, float, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ResponseTrust:
    """How far the model of one response may be believed.

    Attributes
    ----------
    response
        Which.
    n
        Values it learned from.
    model
        What it is, in words (``Gaussian process 70 %, trees 30 %``).
    left_out
        Every value forecast without its experiment.
    coverage
        Share of values inside intervals, by level; None for yes/no.
    reliability
        Bins of forecasts of yes; empty for numbers.
    importance
        Share of its variation by parameter.
    in_words
        One sentence of all that.
    """

    response: Named
    n: int
    model: str = ""
    left_out: tuple[LeftOut, ...] = ()
    coverage: Mapping[float, float] | None = None
    reliability: tuple[ReliabilityBin, ...] = ()
    importance: Mapping[str, float] = field(default_factory=dict)
    in_words: str = ""


@dataclass(frozen=True, kw_only=True)
class Beliefs:
    """What the models believe.

    Attributes
    ----------
    maps, effects, chains
        Over two parameters; over each parameter that matters; from one response to another.
    trust
        By response.
    record
        Every stored forecast of an own sample with its outcome, oldest first.
    record_in_words
        How often intervals held, and what that means; empty without a record.
    contradictions
        Prior knowledge that the data contradict.
    """

    maps: tuple[BelievedMap, ...] = ()
    effects: tuple[BelievedCurve, ...] = ()
    chains: tuple[BelievedCurve, ...] = ()
    trust: tuple[ResponseTrust, ...] = ()
    record: tuple[Outcome, ...] = ()
    record_in_words: str = ""
    contradictions: tuple[str, ...] = ()
