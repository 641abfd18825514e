"""The timetable of a week by constraint programming (OR-tools CP-SAT)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .lab import Lab
from .lab_sample import Horizon, LabSample
from .lab_work import LabWork, Task, lab_work
from .lower_bound import gap
from .placement import PlacedRun, Placement
from .quick_schedule import quick_placement
from .schedule_model import PossibleRun, ScheduleModel
from .timetable import Timetable

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

EFFORT = 4.0  # deterministic time of CP-SAT, about seconds on a quiet machine
_MOST_SECONDS = 45.0


def schedule(
    lab: Lab,
    samples: Sequence[LabSample],
    horizon: Horizon,
    *,
    seed: int = 0,
    effort: float = EFFORT,
    before: Timetable | None = None,
) -> Timetable | None:
    """Put samples on machines and hours such that they end as early as possible.

    What is minimised is `LabWork.cost`: the last end counts most, though not more than everything else
    together, then the ends of the samples, then all ends. A quick timetable by rules of thumb is where the
    search starts, so that there is an answer at any size; the deterministic effort of one search worker makes
    it the same on every machine, unless that machine is so slow that the limit of 45 s cuts it off.

    Parameters
    ----------
    lab, samples, horizon
        What there is, what is to be done, and when.
    seed
        Of the search.
    effort
        Deterministic time; 0 takes the quick timetable if there is one.
    before
        An earlier timetable: what can stay where it was does so unless moving it gains an hour.

    Returns
    -------
    Timetable or None
        None if there is none, or none was found with this effort.
    """
    work = lab_work(lab, samples, horizon)
    if not work.tasks and not work.open_runs:
        return Timetable()
    if _cannot_fit(work):
        return None
    quick = quick_placement(work)
    if effort <= 0 and quick is not None:
        return quick.timetable(work, "feasible", gap(work, quick), before)
    return _solved(ScheduleModel(work, before, quick), quick, seed, effort)


def _cannot_fit(work: LabWork) -> bool:
    """Whether a task has no place in time even if everything else were out of its way."""
    for task in work.tasks:
        hands = task.duration if task.attended else task.hands_on_start
        starts = work.time.starts(hands, before=task.last_start)
        if not any(last >= task.released and first + task.duration <= task.due for first, last in starts):
            return True
        if task.resource is not None and task.uses > _room(work, task):
            return True
    return False


def _room(work: LabWork, task: Task) -> int:
    assert task.resource is not None
    return work.lab.runs_take(task.resource, task.uses) if task.resource.slots > 1 else task.resource.count


def _solved(model: ScheduleModel, hint: Placement | None, seed: int, effort: float) -> Timetable | None:
    """Search, from a hint if there is one."""
    cp, work = model.cp, model.work
    if hint is not None:
        _give_hint(model, hint)
    solver = cp.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = effort
    solver.parameters.max_time_in_seconds = _MOST_SECONDS
    found = solver.solve(model.model)
    if found not in (cp.OPTIMAL, cp.FEASIBLE):
        return None if hint is None else hint.timetable(work, "feasible", gap(work, hint), model.before)
    placement = Placement(
        starts=tuple(int(solver.value(v)) for v in model.starts),
        ends=tuple(int(solver.value(v)) for v in model.ends),
        runs=tuple(_placed(model, solver)),
        open_ends=tuple(int(solver.value(v)) for v in model.open_ends),
    )
    if found == cp.OPTIMAL:
        return placement.timetable(work, "optimal", 0.0, model.before)
    return placement.timetable(work, "feasible", gap(work, placement), model.before)


def _placed(model: ScheduleModel, solver: "cp_model.CpSolver") -> list[PlacedRun]:
    runs = []
    for slot in model.slots:
        inside = [
            number
            for number, member in zip(slot.tasks, slot.members, strict=True)
            if member is None or solver.boolean_value(member)
        ]
        if inside:
            runs.append(PlacedRun(tuple(inside), solver.value(slot.start), solver.value(slot.end)))
    return runs


def _give_hint(model: ScheduleModel, hint: Placement) -> None:
    for variable, value in zip(
        [*model.starts, *model.ends, *model.open_ends],
        [*hint.starts, *hint.ends, *hint.open_ends],
        strict=True,
    ):
        model.model.add_hint(variable, value)
    for positions in model.work.groups_of_runs.values():
        slots = [slot for slot in model.slots if slot.present is not None and slot.tasks == positions]
        runs = sorted((r for r in hint.runs if r.tasks[0] in positions), key=lambda r: (r.start, r.tasks))
        for slot, run in zip(slots, runs, strict=False):
            _hint_run(model, slot, run)
        for slot in slots[len(runs) :]:
            assert slot.present is not None
            model.model.add_hint(slot.present, False)
            for place in range(len(positions)):
                model.model.add_hint(model.member(slot, place), False)


def _hint_run(model: ScheduleModel, slot: PossibleRun, run: PlacedRun) -> None:
    assert slot.present is not None
    model.model.add_hint(slot.present, True)
    model.model.add_hint(slot.start, run.start)
    model.model.add_hint(slot.end, run.end)
    for place, number in enumerate(slot.tasks):
        model.model.add_hint(model.member(slot, place), number in run.tasks)
