"""How well surrogates foretell what they were not shown: leave-one-out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from .beliefs import Beliefs, NumberForecast
from .latent_model import LatentModel
from .surrogate import FittedLatentSurrogate


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

    Hyperparameters stay those of the full fit; all evidence of the experiment goes, also that on linked
    responses and comparisons with it.
    """
    left_out = []
    for surrogate in beliefs.surrogates:
        if isinstance(surrogate, FittedLatentSurrogate):
            left_out += _of_surrogate(beliefs, surrogate)
    return left_out


def _of_surrogate(beliefs: Beliefs, surrogate: FittedLatentSurrogate) -> list[LeftOut]:
    results = []
    observations = surrogate.evidence.observations
    names = list(dict.fromkeys(o.experiment for o in observations if o.kind in ("value", "yes", "no")))
    for name in names:
        kept = [i for i, o in enumerate(observations) if name not in o.experiment.split(" > ")]
        full = surrogate.model
        terms = full.evidence.subset(full.prior, torch.tensor(kept, dtype=torch.long))
        reduced = FittedLatentSurrogate(
            surrogate.linked,
            surrogate.scales,
            LatentModel(full.prior, full.theta.numpy(), terms),
            surrogate.evidence.without(name),
        )
        blind = Beliefs(beliefs.space, beliefs.responses, (reduced,), beliefs.evidence)
        for o in observations:
            if (
                o.experiment != name
                or o.kind not in ("value", "yes", "no")
                or o.response not in beliefs.responses
            ):
                continue
            forecast = blind.forecast(o.response, o.codes)
            if isinstance(forecast, NumberForecast):
                low, median, high = (float(x.mean()) for x in (forecast.low, forecast.median, forecast.high))
                results.append(LeftOut(name, o.response, o.number, median, low, high))
            else:
                p = float(forecast.probability.mean())
                results.append(LeftOut(name, o.response, float(o.kind == "yes"), p, p, p))
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
