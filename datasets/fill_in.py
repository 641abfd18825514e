"""What a row of a table adds to an experiment that is known, and what contradicts it."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .corrected_conditions import corrected
from .errors import InputError, raise_all
from .experiment import Experiment, FailureReason, Status
from .parameter_space import NOT_STATED, Conditions, ConditionValue, ParameterSpace
from .qualified_value import QualifiedValue, join_replicates
from .table_row import TableRow
from .writes import joined

# A table may bring an experiment forward; an old copy of it must not bring it back.
_FORWARD = list(Status)

Values = Mapping[str, tuple[QualifiedValue, ...]]


def _measured(_experiment: Experiment, _values: Values) -> Status:
    return Status.MEASURED


@dataclass(frozen=True, kw_only=True)
class ImportTerms:
    """What a campaign knows of its experiments and a store does not.

    Attributes
    ----------
    space
        The parameters, which hold executed conditions together; None: these are taken as they are.
    status_after
        Where a pending experiment stands once it has further values, None for where it stood.
    """

    space: ParameterSpace | None = None
    status_after: Callable[[Experiment, Values], Status | None] = _measured

    def executed(self, conditions: Conditions, changes: Conditions, where: str) -> Conditions:
        """Conditions with what was executed in another way.

        Raises
        ------
        InputError
            With one sentence for everything that does not go together.
        """
        if self.space is None or not changes:
            return {**conditions, **changes}
        return corrected(conditions, changes, self.space, where)


@dataclass(frozen=True, kw_only=True)
class FillIn:
    """What one row adds to one experiment.

    Attributes
    ----------
    values
        Replicates that are new.
    executed
        All executed conditions where some are new, or None.
    note
        The remarks of the experiment, those of the row included.
    status, failure
        Where the experiment then stands.
    """

    values: Values = field(default_factory=dict)
    executed: Conditions | None = None
    note: str
    status: Status
    failure: FailureReason | None

    def changes(self, experiment: Experiment) -> bool:
        """Whether anything is new."""
        after = (self.note, self.status, self.failure)
        before = (experiment.note, experiment.status, experiment.failure)
        return bool(self.values) or self.executed is not None or after != before


def fill_in(
    row: TableRow, experiment: Experiment, terms: ImportTerms, corrected_before: Collection[str] = ()
) -> FillIn:
    """Find out what a row adds to its experiment.

    Parameters
    ----------
    row, experiment
        The two.
    terms
        What the campaign knows.
    corrected_before
        Parameters of which it was said before that they were executed in another way than planned.

    Raises
    ------
    InputError
        If the row contradicts what is known: corrections are made on purpose, one by one.
    """
    faults = _changed_conditions(row, experiment)
    values: dict[str, tuple[QualifiedValue, ...]] = {}
    for response, given in row.values.items():
        try:
            if more := _further(row, experiment, response, given):
                values[response] = more
        except InputError as error:
            faults += error.faults
    executed = None
    try:
        if changes := _newly_executed(row, experiment, corrected_before):
            executed = terms.executed(experiment.executed, changes, row.where)
    except InputError as error:
        faults += error.faults
    raise_all(faults)
    after = experiment if executed is None else replace(experiment, executed=executed)
    status, failure = _standing(row, after, values, terms)
    note = experiment.note if row.note in experiment.note else joined(experiment.note, row.note)
    return FillIn(values=values, executed=executed, note=note, status=status, failure=failure)


def _further(
    row: TableRow, experiment: Experiment, response: str, given: Sequence[QualifiedValue]
) -> tuple[QualifiedValue, ...]:
    """Values that a row gives besides those that are known."""
    standing = experiment.values(response)
    further = _without(given, standing)
    if further is None:
        raise InputError(
            f"{row.where}: {response} of {experiment.id} is {join_replicates(standing)}, the table says "
            f"{join_replicates(given)}; to correct it, use ovenbird amend"
        )
    for old in experiment.history:
        if old.response == response and not old.counts and any(alike(old.value, v) for v in further):
            became = "withdrawn" if old.void_reason is not None else "corrected"
            raise InputError(
                f"{row.where}: {response} {old.value} of {experiment.id} was {became}; take it out of the "
                "table, or if it is a new measurement use ovenbird log"
            )
    return further


def _without(
    given: Sequence[QualifiedValue], standing: Sequence[QualifiedValue]
) -> tuple[QualifiedValue, ...] | None:
    """Values without those that stand already, each once; None if one of these is missing."""
    left = list(given)
    for value in standing:
        same = next((i for i, other in enumerate(left) if alike(other, value)), None)
        if same is None:
            return None
        del left[same]
    return tuple(left)


def _newly_executed(row: TableRow, experiment: Experiment, corrected_before: Collection[str]) -> Conditions:
    """Conditions that a row says were executed otherwise and of which nobody has said so yet."""
    new: dict[str, ConditionValue] = {}
    faults = []
    for name, given in row.executed.items():
        standing = experiment.executed.get(name, NOT_STATED)
        is_as_planned = equal(standing, experiment.planned.get(name, NOT_STATED))
        if equal(given, standing):
            continue
        if standing is NOT_STATED or (is_as_planned and name not in corrected_before):
            new[name] = given
        else:
            faults.append(
                f"{row.where}: executed {name} of {experiment.id} is {_shown(standing)}, the table says "
                f"{_shown(given)}; to correct it, use ovenbird amend"
            )
    raise_all(faults)
    return new


def _standing(
    row: TableRow, experiment: Experiment, values: Values, terms: ImportTerms
) -> tuple[Status, FailureReason | None]:
    status, failure = experiment.status, experiment.failure
    said = row.status or status
    if values and experiment.is_pending and _rank(said) <= _rank(status):
        said = terms.status_after(experiment, values) or status
    if _rank(said) > _rank(status):
        return said, row.failure if said is Status.FAILED else None
    return status, failure


def _rank(status: Status) -> int:
    return _FORWARD.index(status)


def _changed_conditions(row: TableRow, experiment: Experiment) -> list[str]:
    if row.conditions is None or _agree(row.conditions, experiment.planned):
        return []
    return [
        f"{row.where}: {name} of {experiment.id} is {_shown(experiment.executed.get(name, NOT_STATED))}, the "
        f"table says {_shown(value)}; to correct it, use ovenbird amend"
        for name, value in row.conditions.items()
        if not _same(value, experiment.executed.get(name, NOT_STATED))
    ]


def _agree(stated: Conditions, known: Conditions) -> bool:
    return all(_same(value, known.get(name, NOT_STATED)) for name, value in stated.items())


def _same(stated: ConditionValue, known: ConditionValue) -> bool:
    return stated is NOT_STATED or equal(stated, known)


def equal(stated: ConditionValue, known: ConditionValue) -> bool:
    """Whether two conditions are the same, but for rounding."""
    if isinstance(stated, float | int) and isinstance(known, float | int):
        return math.isclose(stated, known, rel_tol=1e-9)
    return stated == known


def alike(one: QualifiedValue, other: QualifiedValue) -> bool:
    """Whether two values say the same, but for rounding."""
    return one.qualifier == other.qualifier and equal(one.value, other.value)


def _shown(value: ConditionValue) -> str:
    if value is NOT_STATED:
        return "not stated"
    if value is None:
        return "empty"
    return value if isinstance(value, str) else f"{value:g}"
