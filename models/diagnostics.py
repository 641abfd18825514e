"""How well surrogates foretell what they were not shown: leave-one-out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from .beliefs import Beliefs
from .html_pieces import box, paragraph
from .left_out_words import answers_in_words, numbers_in_words
from .predictive import Component, NumberPredictive
from .surrogate import FittedComponent, FittedSurrogate

LEVELS = (0.5, 0.8, 0.9, 0.95)
_N_BINS = 5


@dataclass(frozen=True)
class LeftOut:
    """One measured value and what was forecast of it without its experiment.

    Attributes
    ----------
    experiment, response
        Whose value of what.
    measured
        The value; 1 or 0 for yes or no.
    median, low, high
        Forecast and its 90 % interval; for yes/no all three are the probability of yes.
    rank
        Probability that the forecast gave to lower values: evenly spread from 0 to 1 if forecasts are
        honest. NaN for yes/no.
    """

    experiment: str
    response: str
    measured: float
    median: float
    low: float
    high: float
    rank: float = float("nan")

    def is_covered(self, level: float = 0.9) -> bool:
        """Whether the central interval of a level holds the measured value."""
        return abs(self.rank - 0.5) <= level / 2


@dataclass(frozen=True)
class ReliabilityBin:
    """Forecasts of yes of about the same probability.

    Attributes
    ----------
    n
        How many.
    forecast
        Mean probability of yes.
    observed
        Share that was yes.
    """

    n: int
    forecast: float
    observed: float


@dataclass(frozen=True)
class LeaveOneOutSummary:
    """Leave-one-out of one response.

    Attributes
    ----------
    n
        Number of values left out in turn.
    mean_absolute_error
        In the unit of the response; None for yes/no.
    coverage
        For each of `LEVELS` the share of values inside their interval of that level; empty for yes/no.
    brier
        Mean squared error of the probability of yes; None for numbers.
    brier_of_share
        What forecasting the share of yes among the others would have scored; None for numbers.
    reliability
        Forecasts of yes in bins, by probability; empty for numbers.
    """

    n: int
    mean_absolute_error: float | None = None
    coverage: Mapping[float, float] | None = None
    brier: float | None = None
    brier_of_share: float | None = None
    reliability: tuple[ReliabilityBin, ...] = ()

    def in_words(self, unit: str | None = None) -> str:
        """One sentence of it; `unit` is that of the response."""
        if self.brier is not None:
            return answers_in_words(self.brier, self.brier_of_share)
        return numbers_in_words(self.n, self.mean_absolute_error or 0.0, self.coverage or {}, unit)

    def _repr_html_(self) -> str:
        values = "1 value" if self.n == 1 else f"{self.n} values"
        return box(f"{values}, each forecast from all other experiments", paragraph(self.in_words()))


def leave_one_out(beliefs: Beliefs) -> list[LeftOut]:
    """Forecast every value and every yes or no without anything its experiment says.

    Hyperparameters and what bounds, answers and comparisons of the others imply stay as in the full fit;
    all evidence of the experiment goes, also that on linked responses and comparisons with it.
    """
    return [item for surrogate in beliefs.surrogates for item in _of_surrogate(beliefs, surrogate)]


def _of_surrogate(beliefs: Beliefs, surrogate: FittedSurrogate) -> list[LeftOut]:
    left_out = surrogate.component_left_out()
    results = []
    for i, o in enumerate(surrogate.evidence.observations):
        if o.kind not in ("value", "yes", "no") or o.response not in beliefs.responses:
            continue
        moments = zip(left_out.mean[:, i], left_out.variance[:, i].sqrt(), strict=True)
        known = [
            (weight, member, mean, sd)
            for (weight, member), (mean, sd) in zip(surrogate.components, moments, strict=True)
            if not mean.isnan()
        ]
        if not known:
            continue
        total = sum(weight for weight, *_ in known)
        if beliefs.responses[o.response].is_yes_no:
            p = sum(weight / total * float(torch.special.ndtr(mean / sd)) for weight, _, mean, sd in known)
            results.append(LeftOut(o.experiment, o.response, float(o.kind == "yes"), p, p, p))
            continue
        components = [
            _component(weight / total, member, o.response, mean, sd) for weight, member, mean, sd in known
        ]
        predictive = NumberPredictive(tuple(components), beliefs.responses[o.response].plausible)
        median, low, high = (float(predictive.quantile(share)) for share in (0.5, 0.05, 0.95))
        measured = torch.tensor([o.number], dtype=torch.float64)
        rank = float(predictive.log_probability_beyond(measured, -1.0).exp())
        results.append(LeftOut(o.experiment, o.response, o.number, median, low, high, rank))
    return results


def _component(
    weight: float, member: FittedComponent, response: str, mean: torch.Tensor, sd: torch.Tensor
) -> Component:
    scale = member.scales[response]
    assert scale is not None
    return Component(weight, scale, mean[None], sd[None])


def summarise(left_out: Sequence[LeftOut], beliefs: Beliefs) -> Mapping[str, LeaveOneOutSummary]:
    """Summary by response, for those with at least one value."""
    summaries = {}
    for name, response in beliefs.responses.items():
        mine = [item for item in left_out if item.response == name]
        if mine:
            summaries[name] = summary_of(mine, is_yes_no=response.is_yes_no)
    return summaries


def summary_of(items: Sequence[LeftOut], *, is_yes_no: bool) -> LeaveOneOutSummary:
    """Summary of the values of one response, at least one."""
    return _of_answers(items) if is_yes_no else _of_numbers(items)


def _of_numbers(items: Sequence[LeftOut]) -> LeaveOneOutSummary:
    error = sum(abs(item.median - item.measured) for item in items) / len(items)
    coverage = {level: sum(item.is_covered(level) for item in items) / len(items) for level in LEVELS}
    return LeaveOneOutSummary(len(items), error, coverage)


def _of_answers(items: Sequence[LeftOut]) -> LeaveOneOutSummary:
    n = len(items)
    n_yes = sum(item.measured for item in items)
    # The share, too, must not know the answer that it forecasts (with the rule of succession).
    shares = [(n_yes - item.measured + 1) / (n + 1) for item in items]
    return LeaveOneOutSummary(
        n,
        brier=sum((item.median - item.measured) ** 2 for item in items) / n,
        brier_of_share=sum((p - item.measured) ** 2 for p, item in zip(shares, items, strict=True)) / n,
        reliability=_reliability(items),
    )


def _reliability(items: Sequence[LeftOut]) -> tuple[ReliabilityBin, ...]:
    """Bins of equal width that hold anything."""
    bins: dict[int, list[LeftOut]] = {}
    for item in items:
        bins.setdefault(min(int(item.median * _N_BINS), _N_BINS - 1), []).append(item)
    return tuple(
        ReliabilityBin(
            len(group),
            sum(item.median for item in group) / len(group),
            sum(item.measured for item in group) / len(group),
        )
        for _, group in sorted(bins.items())
    )
