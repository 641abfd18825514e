"""The outcome of planning a week, as a finished value that can be shown, kept and compared."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .suggestion import Suggestion
from .timetable import Bottleneck, SampleInPlan, Timetable


@dataclass(frozen=True, kw_only=True)
class GateDecision:
    """Whether a sample is still worth its remaining steps.

    Attributes
    ----------
    experiment
        Id of the sample.
    goes_on
        The advice.
    value, cost
        What its remaining measurements are expected to add to the recommendation, in `unit`, and which
        share of a week's machines its remaining steps take.
    value_of_new, cost_of_new
        The same of the best new sample.
    unit
        Of the goal.
    sentence
        All that in words.
    """

    experiment: str
    goes_on: bool
    value: float
    cost: float
    value_of_new: float
    cost_of_new: float
    unit: str
    sentence: str

    def as_json(self) -> dict[str, object]:
        """In plain types."""
        return {
            "experiment": self.experiment,
            "goes_on": self.goes_on,
            "value": self.value,
            "cost": self.cost,
            "value_of_new": self.value_of_new,
            "cost_of_new": self.cost_of_new,
            "unit": self.unit,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, kw_only=True)
class WeekPlan:
    """What the lab does in a week.

    Attributes
    ----------
    week
        ISO week (``2026-W48``) in which it begins.
    start, end
        From when on something may be begun, and until when everything must have ended.
    timetable
        Who goes where when; empty if nothing fits.
    samples
        All samples in it, those under way included.
    suggestions
        The new ones, with forecasts and reasons.
    decisions
        Samples that stand at a gate.
    bottleneck
        What holds the week up, or None.
    changes
        Against the plan before, each with its reason.
    messages
        What else there is to know: what was left out, what is missing.
    outages
        Machines reported as down, which later plans remember: ``{"resource", "start", "end", "count"}``.
    seconds
        Spent on choosing and on the timetable, by name.
    units
        Of parameters, as far as they are known; only for showing it.
    """

    week: str
    start: datetime
    end: datetime
    timetable: Timetable
    samples: tuple[SampleInPlan, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    decisions: tuple[GateDecision, ...] = ()
    bottleneck: Bottleneck | None = None
    changes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    outages: tuple[Mapping[str, object], ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, str | None] = field(default_factory=dict, compare=False)

    @property
    def status(self) -> str:
        """``optimal`` or ``feasible``; ``empty`` if nothing is to be done."""
        return self.timetable.status if self.timetable.tasks else "empty"

    @property
    def by_id(self) -> Mapping[str, SampleInPlan]:
        """Samples by id."""
        return {sample.experiment: sample for sample in self.samples}

    def renamed(self, ids: Mapping[str, str]) -> "WeekPlan":
        """The same plan once its new samples have ids."""

        def name(old: str) -> str:
            return ids.get(old, old)

        def said(text: str) -> str:
            return named.sub(lambda found: ids[found[0]], text) if ids else text

        # NEW-1 is neither part of NEW-10 nor of RENEW-1.
        named = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, ids))})(?![\w-])")

        table = self.timetable
        return replace(
            self,
            timetable=replace(
                table,
                tasks=tuple(replace(t, experiment=name(t.experiment)) for t in table.tasks),
                runs=tuple(replace(r, samples=tuple(map(name, r.samples))) for r in table.runs),
            ),
            samples=tuple(replace(s, experiment=name(s.experiment)) for s in self.samples),
            suggestions=tuple(replace(s, id=name(s.id)) for s in self.suggestions),
            changes=tuple(map(said, self.changes)),
            messages=tuple(map(said, self.messages)),
        )

    def as_json(self) -> dict[str, object]:
        """In plain types, ISO times of the lab's clock."""
        held_up = self.bottleneck
        return {
            "week": self.week,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "status": self.status,
            "gap": self.timetable.gap,
            "bottleneck": None if held_up is None else held_up.resource,
            "one_more": None
            if held_up is None
            else {
                "hours_earlier": held_up.hours_earlier,
                "more_samples": held_up.more_samples,
                "sentence": held_up.sentence,
            },
            "runs": [run.as_json() for run in self.timetable.runs],
            "tasks": [task.as_json() for task in self.timetable.tasks],
            "suggestions": [suggestion.as_json() for suggestion in self.suggestions],
            "samples": [
                {
                    "experiment": sample.experiment,
                    "parameters": dict(sample.conditions),
                    "new": sample.is_new,
                    "role": sample.role,
                    **({"grams": dict(sample.grams)} if sample.grams else {}),
                }
                for sample in self.samples
            ],
            "decisions": [decision.as_json() for decision in self.decisions],
            "changes": list(self.changes),
            "messages": list(self.messages),
            "outages": [dict(outage) for outage in self.outages],
        }

    def __repr__(self) -> str:
        from .plan_html import plan_in_short

        return plan_in_short(self)

    def _repr_html_(self) -> str:
        from .plan_html import plan_html

        return plan_html(self, self.units)
