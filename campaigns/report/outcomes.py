"""What came against what was forecast when the sample was planned."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ...datasets import NOT_STATED, Dataset, Experiment, Status, shortest
from ...datasets.qualified_value import join_replicates
from ...datasets.store import Event
from ...planner.lab import Lab
from ...planner.problem import Problem, measured
from .week_summary import Deviation, LastWeek, Named, Outcome

_SD_OF_INTERVAL = 1.6448536269514722  # standard deviations from the median to an end of a 90 % interval
_ONE_IN_TEN = 0.1
_CERTAIN = 1e-3


def outcomes(
    problem: Problem, named: Mapping[str, Named], experiments: Sequence[Experiment]
) -> list[Outcome]:
    """Every stored forecast of which the outcome is known, experiment by experiment."""
    return [
        outcome
        for experiment in experiments
        for response in problem.responses
        if (outcome := _outcome(problem, named[response], experiment)) is not None
    ]


def _outcome(problem: Problem, named: Named, experiment: Experiment) -> Outcome | None:
    said: Any = (experiment.forecast or {}).get("forecast", {})
    forecast = said.get(named.name)
    response = problem.responses[named.name]
    if not forecast:
        return None
    if response.is_yes_no:
        answers = [value for value in experiment.values(named.name) if isinstance(value.value, bool)]
        if not answers or "probability" not in forecast:
            return None
        p, share = float(forecast["probability"]), sum(bool(a.value) for a in answers) / len(answers)
        chance = p if share >= 0.5 else 1 - p
        bits = -math.log2(min(max(chance, _CERTAIN), 1.0))
        return Outcome(
            experiment=experiment.id,
            response=named,
            median=p,
            low=p,
            high=p,
            measured=share,
            shown=join_replicates(answers),
            surprise=-bits,
            is_surprise=chance < _ONE_IN_TEN,
        )
    value = measured(experiment, response)
    if value is None or "median" not in forecast:
        return None
    low, median, high = (float(forecast[part]) for part in ("low", "median", "high"))
    side = high - median if value > median else median - low
    shown = join_replicates(experiment.values(named.name)) or shortest(float(f"{value:.4g}"))
    return Outcome(
        experiment=experiment.id,
        response=named,
        median=median,
        low=low,
        high=high,
        measured=value,
        shown=shown,
        surprise=(value - median) / max(side / _SD_OF_INTERVAL, 1e-12),
        is_surprise=not low <= value <= high,
    )


def last_week(
    problem: Problem,
    named: Mapping[str, Named],
    own: Dataset,
    lab: Lab | None,
    events: Sequence[Event],
    since: datetime,
) -> LastWeek:
    """What came in since a moment, on the lab's clock."""
    fresh = [e for e in own.experiments if e.is_own and any(_is_since(m.at, since) for m in e.measurements)]
    changed = {e.experiment_id for e in events if _is_since(e.at, since) and e.experiment_id}
    touched = [e for e in own.experiments if e.is_own and e.id in changed]
    return LastWeek(
        since=since,
        outcomes=tuple(outcomes(problem, named, fresh)),
        gates=tuple(_gates(lab, fresh, since)) if lab is not None else (),
        skipped=tuple(_skipped(touched)),
        deviations=tuple(d for e in own.experiments if e.id in changed for d in _deviations(e, named)),
        without_forecast=tuple(e.id for e in fresh if not e.forecast),
    )


def _is_since(moment: datetime | None, since: datetime) -> bool:
    """Whether a stored moment (UTC) is not before one on the lab's clock."""
    return moment is not None and moment.astimezone().replace(tzinfo=None) >= since


def _gates(lab: Lab, fresh: Sequence[Experiment], since: datetime) -> list[str]:
    said = []
    for experiment in fresh:
        for step in lab.steps_of(experiment.executed):
            new = [m for m in experiment.measurements if m.response == step.gate and _is_since(m.at, since)]
            if not step.gate or not new:
                continue
            passed = all(m.value.value is not False for m in new)
            behind = lab.behind(step, experiment.executed)
            what = "passed" if passed else "failed"
            then = "" if passed or not behind else f"; it goes no further ({', '.join(sorted(behind))})"
            said.append(
                f"{experiment.id} {what} {step.name}: {step.gate} is {'yes' if passed else 'no'}{then}."
            )
    return said


def _skipped(touched: Sequence[Experiment]) -> list[str]:
    said = []
    for experiment in touched:
        note = f": {experiment.note}" if experiment.note else ""
        if experiment.status is Status.DROPPED:
            said.append(f"{experiment.id} was dropped{note}.")
        elif experiment.status is Status.FAILED:
            said.append(f"{experiment.id} failed ({experiment.failure}){note}.")
        elif experiment.status is Status.MEASURED and "stopped in" in experiment.note:
            said.append(f"{experiment.id}: {experiment.note}.")
    return said


def _deviations(experiment: Experiment, named: Mapping[str, Named]) -> list[Deviation]:
    return [
        Deviation(
            experiment=experiment.id,
            parameter=named[name],
            planned=_shown(experiment.planned.get(name)),
            executed=_shown(value),
        )
        for name, value in experiment.executed.items()
        if name in named and value != experiment.planned.get(name)
    ]


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if value is NOT_STATED:
        return "not stated"
    return shortest(value) if isinstance(value, float) else str(value)
