"""How good the data are."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from ...datasets import Dataset, Experiment, Measurement, Status
from ...datasets.qualified_value import join_replicates
from ...datasets.store import Event
from ...models.beliefs import Beliefs
from ...planner.problem import Problem
from ...planner.wording import outlier_in_words, with_unit
from .week_summary import Health, Named, Waiting

_APART = 3.0  # standard deviations of a difference of two replicates
_DEFAULT_NOISE = 0.1  # share of the value, where no noise is declared
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def health(
    problem: Problem,
    beliefs: Beliefs,
    named: Mapping[str, Named],
    own: Dataset,
    events: Sequence[Event],
    other: Sequence[str],
) -> Health:
    """Look at own experiments for what a person should see to."""
    mine = [e for e in own.experiments if e.is_own]
    return Health(
        missing=tuple(_missing(problem, mine)),
        voided=tuple(_voided(mine)),
        corrected=tuple(_corrected(mine)),
        disagreeing=tuple(_disagreeing(problem, named, mine)),
        outliers=tuple(outlier_in_words(o, named[o.response].unit) for o in beliefs.outliers),
        waiting=tuple(_waiting(problem, named, mine, events)),
        other=tuple(other),
    )


def _measured_names(problem: Problem) -> list[str]:
    return [name for name, response in problem.responses.items() if not response.is_derived]


def _missing(problem: Problem, mine: Sequence[Experiment]) -> Iterator[str]:
    for experiment in mine:
        if experiment.status is not Status.MEASURED or problem.broke_a_limit(experiment):
            continue
        absent = [name for name in _measured_names(problem) if not experiment.values(name)]
        if absent:
            yield f"{experiment.id} is measured, but has no {', '.join(absent)}."


def _voided(mine: Sequence[Experiment]) -> Iterator[str]:
    for experiment in mine:
        for m in experiment.history:
            if m.void_reason is not None:
                yield f"{experiment.id}: {m.response} {m.value} was withdrawn ({m.void_reason})."


def _corrected(mine: Sequence[Experiment]) -> Iterator[str]:
    for experiment in mine:
        by_id = {m.id: m for m in experiment.history}
        for m in experiment.history:
            if m.superseded_by is None:
                continue
            new = _last(by_id, m)
            why = f" ({new.note})" if new.note else ""
            yield f"{experiment.id}: {m.response} {m.value} was corrected to {new.value}{why}."


def _last(by_id: Mapping[int, Measurement], measurement: Measurement) -> Measurement:
    while measurement.superseded_by is not None and measurement.superseded_by in by_id:
        measurement = by_id[measurement.superseded_by]
    return measurement


def _disagreeing(problem: Problem, named: Mapping[str, Named], mine: Sequence[Experiment]) -> Iterator[str]:
    for experiment in mine:
        for name in _measured_names(problem):
            response, values = problem.responses[name], experiment.values(name)
            if response.is_yes_no:
                if len({bool(v.value) for v in values}) > 1:
                    yield f"{experiment.id}: {name} is both yes and no ({join_replicates(values)})."
                continue
            numbers = [float(v.value) for v in values if not v.is_bound]
            if len(numbers) < 2:
                continue
            middle = sum(numbers) / len(numbers)
            relative = response.relative_noise or _DEFAULT_NOISE
            sd = response.absolute_noise or abs(middle) * relative
            if max(numbers) - min(numbers) > _APART * 2**0.5 * sd:
                apart = with_unit(max(numbers) - min(numbers), named[name].unit)
                shown = f"{name} {join_replicates(values)}"
                yield f"{experiment.id}: {shown} are {apart} apart, more than they scatter."


def _waiting(
    problem: Problem, named: Mapping[str, Named], mine: Sequence[Experiment], events: Sequence[Event]
) -> Iterator[Waiting]:
    touched: dict[str, datetime] = {}
    for event in events:
        if event.experiment_id is not None:
            touched[event.experiment_id] = max(touched.get(event.experiment_id, _EARLIEST), event.at)
    for experiment in mine:
        if not experiment.is_pending:
            continue
        since = touched.get(experiment.id)
        yield Waiting(
            experiment=experiment.id,
            status=str(experiment.status),
            missing=tuple(named[n] for n in _measured_names(problem) if not experiment.values(n)),
            since=None if since is None else since.astimezone().replace(tzinfo=None),
        )
