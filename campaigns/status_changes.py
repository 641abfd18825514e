"""Where an experiment stands after results came in or were withdrawn."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..datasets import Experiment, Measurement, QualifiedValue, Status
from ..planner.problem import Problem


def after_results(
    problem: Problem, known: Experiment, values: Mapping[str, Sequence[QualifiedValue]]
) -> Status | None:
    """Measured once the goal is known or a limit broken: nothing more is awaited; else running.

    Returns
    -------
    Status or None
        The new status; None if it stays what it was.
    """
    if known.status in (Status.FAILED, Status.MEASURED) or not any(values.values()):
        return None
    new = tuple(
        Measurement(response=name, value=value) for name, several in values.items() for value in several
    )
    is_complete = _is_complete(problem, replace(known, history=known.history + new))
    return Status.MEASURED if is_complete else Status.RUNNING


def after_withdrawal(problem: Problem, known: Experiment, response: str | None) -> Status | None:
    """Planned again if no value is left; running if those left do not tell any more what was to be told.

    Parameters
    ----------
    problem
        What is wanted.
    known
        The experiment before.
    response
        Whose values are withdrawn; None: all.

    Returns
    -------
    Status or None
        The new status; None if it stays what it was.
    """
    if known.status not in (Status.MEASURED, Status.RUNNING):
        return None
    left = tuple(m for m in known.measurements if response is not None and m.response != response)
    if not left:
        return Status.PLANNED
    was_complete, is_complete = (_is_complete(problem, e) for e in (known, replace(known, history=left)))
    return Status.RUNNING if was_complete and not is_complete else None


def _is_complete(problem: Problem, experiment: Experiment) -> bool:
    return problem.has_goal_value(experiment) or problem.broke_a_limit(experiment)
