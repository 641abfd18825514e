"""How well surrogates foretell what they were not shown: leave-one-out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from .beliefs import Beliefs
from .predictive import Component, NumberPredictive
from .surrogate import FittedSurrogate


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
    """

    experiment: str
    response: str
    measured: float
    median: float
    low: float
    high: float

    @property
    def is_covered(self) -> bool:
        """Whether the interval holds the measured value."""
        return self.low <= self.measured <= self.high


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
        Share of values inside their 90 % interval; None for yes/no.
    brier
        Mean squared error of the probability of yes; None for numbers.
    """

    n: int
    mean_absolute_error: float | None = None
    coverage: float | None = None
    brier: float | None = None


def leave_one_out(beliefs: Beliefs) -> list[LeftOut]:
    """Forecast every value and every yes or no without anything its experiment says.

    Hyperparameters and what bounds, answers and comparisons of the others imply stay as in the full fit;
    all evidence of the experiment goes, also that on linked responses and comparisons with it.
    """
    return [item for surrogate in beliefs.surrogates for item in _of_surrogate(beliefs, surrogate)]


def _of_surrogate(beliefs: Beliefs, surrogate: FittedSurrogate) -> list[LeftOut]:
    parts = [(weight, member, member.left_out()) for weight, member in surrogate.components]
    results = []
    for i, o in enumerate(surrogate.evidence.observations):
        if o.kind not in ("value", "yes", "no") or o.response not in beliefs.responses:
            continue
        known = [(w, member, part.mean[i], part.variance[i].sqrt()) for w, member, part in parts]
        known = [part for part in known if not part[2].isnan()]
        total = sum(weight for weight, *_ in known)
        if beliefs.responses[o.response].is_yes_no:
            p = sum(weight / total * float(torch.special.ndtr(mean / sd)) for weight, _, mean, sd in known)
            results.append(LeftOut(o.experiment, o.response, float(o.kind == "yes"), p, p, p))
            continue
        components = []
        for weight, member, mean, sd in known:
            scale = member.scales[o.response]
            assert scale is not None
            components.append(Component(weight / total, scale, mean[None], sd[None]))
        predictive = NumberPredictive(tuple(components), beliefs.responses[o.response].plausible)
        median, low, high = (float(predictive.quantile(share)) for share in (0.5, 0.05, 0.95))
        results.append(LeftOut(o.experiment, o.response, o.number, median, low, high))
    return results


def summarise(left_out: Sequence[LeftOut], beliefs: Beliefs) -> Mapping[str, LeaveOneOutSummary]:
    """Summary by response, for those with at least one value."""
    summaries = {}
    for name, response in beliefs.responses.items():
        mine = [item for item in left_out if item.response == name]
        if not mine:
            continue
        errors = [abs(item.median - item.measured) for item in mine]
        if response.is_yes_no:
            summaries[name] = LeaveOneOutSummary(len(mine), brier=sum(e**2 for e in errors) / len(mine))
        else:
            covered = sum(item.is_covered for item in mine) / len(mine)
            summaries[name] = LeaveOneOutSummary(len(mine), sum(errors) / len(mine), covered)
    return summaries
