"""What a weekly report says, as a finished value: to show it takes no campaign, surrogate or database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ...datasets import Conditions
from ...planner.lab import Lab
from ...planner.suggestion import Suggestion
from ...planner.week_plan import WeekPlan
from .summary_parts import Beliefs, BelievedCurve, BelievedMap, Named, Outcome, ResponseTrust

__all__ = [
    "Beliefs",
    "BelievedCurve",
    "BelievedMap",
    "BestSample",
    "Decision",
    "Deviation",
    "Health",
    "LastWeek",
    "LimitMargin",
    "MadeSample",
    "Named",
    "Outcome",
    "Provenance",
    "ResponseTrust",
    "Standing",
    "Waiting",
    "WeekSummary",
]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the reader decides.

    Attributes
    ----------
    plan
        The week in one paragraph.
    questions
        What needs a person's yes or no, one sentence each; empty if nothing does.
    stopping
        Stop or go on, in words, with expected gain against cost; empty while that cannot be said.
    enough
        Whether the advice is to stop.
    """

    plan: str
    questions: tuple[str, ...] = ()
    stopping: str = ""
    enough: bool = False


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """A condition that was not executed as planned."""

    experiment: str
    parameter: Named
    planned: str
    executed: str


@dataclass(frozen=True, kw_only=True)
class LastWeek:
    """What the time since the report before, or the last seven days, taught.

    Attributes
    ----------
    since
        Its beginning.
    outcomes
        Results that came in, with their forecasts.
    gates
        Sentences on gates passed and failed.
    skipped
        Sentences on what was planned and not made, and why.
    deviations
        Planned against executed conditions.
    without_forecast
        Ids of samples with new results of which nothing had been forecast.
    """

    since: datetime
    outcomes: tuple[Outcome, ...] = ()
    gates: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    without_forecast: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MadeSample:
    """One sample on the way to the best, in the order in which results came.

    Attributes
    ----------
    experiment, source
        Its id, and the paper it is from; empty for the own lab.
    values
        Mean of what was measured, by response, derived ones included.
    hours
        Process hours of all own samples up to it, or None without a lab section.
    keeps_limits
        Whether nothing measured breaks a limit; None if that is not known for every limit.
    best
        The best value of the goal so far among those that broke no limit, or None.
    """

    experiment: str
    source: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    hours: float | None = None
    keeps_limits: bool | None = None
    best: float | None = None


@dataclass(frozen=True, kw_only=True)
class LimitMargin:
    """How far the best sample is from a limit, in words: ``phase_pure``, ``yes; P 97 %, at least 90 %``."""

    limit: str
    measured: str
    forecast: str


@dataclass(frozen=True, kw_only=True)
class BestSample:
    """The best sample, or one of a front.

    Attributes
    ----------
    experiment, source, conditions
        Which, from where, and how it was made.
    values
        What was measured, by response, as it is typed (``251; 248``), derived ones computed.
    margins
        To each limit.
    """

    experiment: str
    source: str = ""
    conditions: Conditions
    values: Mapping[str, str] = field(default_factory=dict)
    margins: tuple[LimitMargin, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where the campaign stands.

    Attributes
    ----------
    goal
        In words (``maximise discharge_capacity [mAh/g]``).
    objectives
        Responses and costs of the goal, with ``maximise``, ``minimise`` or the target in words.
    beside
        Numbers that are always shown beside the goal: derived responses and their sources.
    history
        All samples with a value of the goal, oldest first; literature first.
    best
        The best one, or the front; empty while nothing keeps the limits.
    counts
        Own experiments by status.
    """

    goal: str
    objectives: tuple[tuple[Named, str], ...]
    beside: tuple[Named, ...] = ()
    history: tuple[MadeSample, ...] = ()
    best: tuple[BestSample, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A sample that waits for results.

    Attributes
    ----------
    experiment, status, missing
        Which, where it stands, and which responses are not known.
    since
        When it was planned, or last had a result.
    """

    experiment: str
    status: str
    missing: tuple[Named, ...]
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Health:
    """How good the data are: one sentence an entry.

    Attributes
    ----------
    missing
        Values that samples called measured do not have.
    voided, corrected
        Withdrawn and corrected values, with reasons.
    disagreeing
        Replicates further apart than they should be.
    outliers
        Values that fit nothing else.
    waiting
        Samples without results yet.
    other
        What the dataset says in words that the campaign file does not know, and the like.
    """

    missing: tuple[str, ...] = ()
    voided: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()
    disagreeing: tuple[str, ...] = ()
    outliers: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    other: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How the report was made.

    Attributes
    ----------
    dataset, fingerprint, n_own, n_literature
        What it learned from.
    file, file_digest
        Campaign file and the first twelve digits of its SHA-256.
    seed, command
        To make it again.
    versions
        Of Ovenbird and of what it computes with, by name.
    seconds
        It took.
    """

    dataset: str
    fingerprint: str
    n_own: int
    n_literature: int
    file: str
    file_digest: str
    seed: int
    command: str
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, repr=False)
class WeekSummary:
    """Everything that a weekly report shows, in the order in which it shows it.

    Attributes
    ----------
    campaign, title
        Name, and the title for people; the title may be empty.
    week, made_at
        ISO week that is planned, and when the report was made, on the lab's clock.
    parameters, responses
        As they are shown, in the order of the file; derived responses included, costs after them.
    decision
        What the reader decides.
    plan, lab
        The week; None without a lab section, or where nothing is planned.
    suggestions
        Why: those of the plan, or without a lab what would be made next.
    last_week, standing, beliefs, health, provenance
        See there.
    messages
        What else there is to know of the suggestions.
    """

    campaign: str
    title: str = ""
    week: str
    made_at: datetime
    parameters: tuple[Named, ...]
    responses: tuple[Named, ...]
    decision: Decision
    plan: WeekPlan | None = None
    lab: Lab | None = None
    suggestions: tuple[Suggestion, ...] = ()
    last_week: LastWeek
    standing: Standing
    beliefs: Beliefs = field(default_factory=Beliefs)
    health: Health = field(default_factory=Health)
    provenance: Provenance
    messages: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<WeekSummary of {self.campaign}, week {self.week}: {self.decision.plan}>"

    @property
    def units(self) -> Mapping[str, str | None]:
        """Unit of every parameter, response and cost by name."""
        return {named.name: named.unit for named in (*self.parameters, *self.responses)}
