"""What is known about experiments: immutable records, and the dataset a campaign learns from."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Literal

from .parameter_space import NOT_STATED, Conditions
from .qualified_value import QualifiedValue

FailureReason = Literal["process", "equipment"]

OWN_LAB = "this lab"  # source of what a campaign's own lab has made


class Status(StrEnum):
    """Where an experiment stands."""

    SUGGESTED = "suggested"
    PLANNED = "planned"
    RUNNING = "running"
    MEASURED = "measured"
    FAILED = "failed"
    DROPPED = "dropped"


PENDING = frozenset({Status.SUGGESTED, Status.PLANNED, Status.RUNNING})


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One value of one response on one experiment.

    Attributes
    ----------
    id
        Number in its store; 0 for values read from a table.
    response
        Name of the response.
    value
        The value with its qualifier.
    replicate
        Counts the values of one response on one experiment from 1 on.
    at, who, note
        When it was entered, by whom, and what they remarked.
    superseded_by
        The measurement that corrects this one, or None.
    void_reason
        Why it was withdrawn, or None.
    """

    id: int = 0
    response: str
    value: QualifiedValue
    replicate: int = 1
    at: datetime | None = None
    who: str = ""
    note: str = ""
    superseded_by: int | None = None
    void_reason: str | None = None

    @property
    def counts(self) -> bool:
        """Whether the value stands: neither corrected nor withdrawn."""
        return self.superseded_by is None and self.void_reason is None


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One synthesis of one sample.

    Attributes
    ----------
    id
        Short enough for a vial (``LTVO-017``).
    status
        Where it stands.
    planned, executed
        Conditions as intended and as done; `executed` is what surrogates learn from.
    source
        The lab or paper that it comes from.
    failure
        ``process`` (the conditions cannot work) or ``equipment`` (teaches nothing), or None.
    note
        Remarks.
    forecast
        What the surrogates said when the suggestion was accepted, or None.
    history
        Every measurement ever made, corrected and withdrawn ones included.
    """

    id: str
    status: Status
    planned: Conditions
    executed: Conditions
    source: str = ""
    failure: FailureReason | None = None
    note: str = ""
    forecast: Mapping[str, object] | None = None
    history: tuple[Measurement, ...] = ()

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Measurements that stand."""
        return tuple(m for m in self.history if m.counts)

    @property
    def is_own(self) -> bool:
        """Whether the campaign's own lab made it; then forecasts are for the same lab."""
        return self.source in ("", OWN_LAB)

    @property
    def is_pending(self) -> bool:
        """Whether results are still to come."""
        return self.status in PENDING

    def values(self, response: str) -> tuple[QualifiedValue, ...]:
        """Values of a response that stand, replicate by replicate."""
        return tuple(m.value for m in self.measurements if m.response == response)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A statement that one experiment beats another in a response, without numbers.

    `better_means` says whether the better one has the larger or the smaller value.
    """

    better: str
    worse: str
    response: str
    better_means: Literal["larger", "smaller"] = "larger"
    source: str = ""
    note: str = ""

    @property
    def larger(self) -> str:
        """Experiment with the larger value."""
        return self.better if self.better_means == "larger" else self.worse

    @property
    def smaller(self) -> str:
        """Experiment with the smaller value."""
        return self.worse if self.better_means == "larger" else self.better

    @property
    def meaning(self) -> tuple[str, ...]:
        """What it says, in whichever words: alike for statements that say the same."""
        return (self.larger, self.smaller, self.response, self.source)


@dataclass(frozen=True)
class Dataset:
    """All experiments and comparisons that a campaign may learn from."""

    experiments: tuple[Experiment, ...] = ()
    comparisons: tuple[Comparison, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.experiments)

    @cached_property
    def by_id(self) -> Mapping[str, Experiment]:
        """Experiments by id."""
        return {experiment.id: experiment for experiment in self.experiments}

    @property
    def pending(self) -> tuple[Experiment, ...]:
        """Experiments whose results are still to come."""
        return tuple(e for e in self.experiments if e.is_pending)

    def merged(self, others: Iterable["Dataset"]) -> "Dataset":
        """This dataset followed by others; an id that is already there is not taken again."""
        experiments, comparisons = dict(self.by_id), list(self.comparisons)
        for other in others:
            for experiment in other.experiments:
                experiments.setdefault(experiment.id, experiment)
            comparisons += [c for c in other.comparisons if c not in comparisons]
        return Dataset(tuple(experiments.values()), tuple(comparisons))

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change whenever anything a surrogate could learn changes."""
        content = [
            [e.id, e.status, _plain(e.executed), e.source, e.failure]
            + [[m.response, str(m.value), m.replicate] for m in e.measurements]
            for e in self.experiments
        ]
        statements = [[c.better, c.worse, c.response, c.better_means] for c in self.comparisons]
        text = json.dumps([content, statements], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _plain(conditions: Conditions) -> dict[str, float | str | None]:
    return {name: "?" if value is NOT_STATED else value for name, value in conditions.items()}
