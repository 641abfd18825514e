"""What a user gets: an experiment proposed next, with its forecast and its reasons."""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, overload

from ..datasets import Conditions

if TYPE_CHECKING:
    import pandas as pd

    from .stopping import Stopping

ForecastValues = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """One experiment proposed next.

    Attributes
    ----------
    parameters
        One value for every parameter, None where it does not apply.
    forecast
        For each response ``median``, ``low`` and ``high`` (90 % interval of a measurement), or
        ``probability`` of yes.
    limits
        Probability of each limit as the campaign file states it: of yes, or of keeping a numeric bound;
        a bound on a cost is kept (1) or not (0).
    improvement
        ``probability`` of beating the best known conditions within all limits, and ``expected`` gain in
        the unit of the goal; None where nothing known meets the limits yet, and for what repeats known
        conditions. With several objectives the
        probability that nothing known is as good in all of them, and the share by which the region
        grows that the known front dominates.
    costs
        What it costs by the steps of the lab, by name: hours, or kWh.
    nearest
        Ids of the experiments most like it, nearest first.
    reasons
        Sentences in plain words.
    purpose
        ``improve``, ``explore``, ``feasibility``, ``anchor``, ``replicate_best``, ``replicate_boundary`` or
        ``replicate_suspicious``; empty if it was not chosen by the planner.
    replicates
        Id of the experiment whose conditions it repeats; empty for new conditions.
    candidate
        Index label of the row of the given candidates, else None.
    id
        Empty until the suggestion has been accepted.
    units
        Of parameters, responses and costs by name, as far as they are known; only for showing it.
    """

    parameters: Conditions
    forecast: ForecastValues
    limits: Mapping[str, float]
    improvement: Mapping[str, float | None]
    costs: Mapping[str, float] = field(default_factory=dict)
    nearest: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    purpose: str = ""
    replicates: str = ""
    candidate: Hashable | None = None
    id: str = ""
    units: Mapping[str, str | None] = field(default_factory=dict, compare=False)

    def as_json(self) -> dict[str, object]:
        """The suggestion in plain types, for the JSON output."""
        content: dict[str, object] = {"id": self.id} if self.id else {}
        costs = {"costs": dict(self.costs)} if self.costs else {}
        why = {"purpose": self.purpose} if self.purpose else {}
        why |= {"replicates": self.replicates} if self.replicates else {}
        return content | {
            "parameters": dict(self.parameters),
            "forecast": {name: dict(values) for name, values in self.forecast.items()},
            "limits": dict(self.limits),
            **costs,
            "improvement": dict(self.improvement),
            "nearest": list(self.nearest),
            "reasons": list(self.reasons),
            **why,
        }

    def __repr__(self) -> str:
        from .suggestion_html import suggestion_in_short

        return suggestion_in_short(self)

    def _repr_html_(self) -> str:
        from .suggestion_html import suggestion_html

        return suggestion_html(self, self.units)


@dataclass(frozen=True, kw_only=True)
class Suggestions(Sequence[Suggestion]):
    """Suggestions in order of choice, with what belongs to them as a whole.

    Attributes
    ----------
    items
        The suggestions.
    messages
        What the user should know beyond the single suggestions.
    stopping
        How much there is left to gain, and advice; None while nothing made keeps all limits.
    """

    items: tuple[Suggestion, ...]
    messages: tuple[str, ...] = field(default=())
    stopping: "Stopping | None" = None

    @overload
    def __getitem__(self, index: int) -> Suggestion: ...
    @overload
    def __getitem__(self, index: slice) -> "Suggestions": ...
    def __getitem__(self, index: int | slice) -> "Suggestion | Suggestions":
        if isinstance(index, slice):
            return replace(self, items=self.items[index])
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Suggestion]:
        return iter(self.items)

    def to_frame(self) -> "pd.DataFrame":
        """One row a suggestion: parameters, then the columns of `Campaign.forecast`."""
        import pandas as pd

        rows = [dict(s.parameters) | forecast_columns(s.forecast, s.limits, s.costs) for s in self.items]
        index = [s.id or number for number, s in enumerate(self.items, 1)]
        return pd.DataFrame(rows, index=index)

    def __repr__(self) -> str:
        return f"<{len(self)} suggestion{'' if len(self) == 1 else 's'}>"

    def _repr_html_(self) -> str:
        from .suggestion_html import suggestions_html

        return suggestions_html(self, next((s.units for s in self.items), {}))


def forecast_columns(
    forecast: ForecastValues, limits: Mapping[str, float], costs: Mapping[str, float]
) -> dict[str, float]:
    """Flat names: ``<response>.median`` and the like, ``limit.<name>`` and ``cost.<name>``."""
    columns = {f"{name}.{part}": value for name, values in forecast.items() for part, value in values.items()}
    columns |= {f"limit.{name}": value for name, value in limits.items()}
    return columns | {f"cost.{name}": value for name, value in costs.items()}


def none_if_nan(number: float) -> float | None:
    """A number for JSON, which knows no NaN."""
    return None if math.isnan(number) else number
