"""Planning a week: which samples, on which machines, when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..datasets import Conditions, Dataset
from ..models.beliefs import Beliefs
from ..models.encoding import conditions_of_codes
from .batch_of_week import batch_of_week
from .bottleneck import bottleneck
from .choice import Proposal
from .chooser import Chooser
from .gate_decision import gate_decisions, stands_at_gate, stopped
from .impossible_week import has_no_hours, why_impossible
from .known import known_experiments
from .lab import Lab
from .lab_sample import Horizon, LabSample
from .problem import Problem
from .schedule import EFFORT, schedule
from .suggest import suggestions_of
from .timetable import SampleInPlan, Timetable
from .week_plan import GateDecision, WeekPlan
from .week_room import WeekRoom, new_sample

_N_WAITING = 4  # suggestions that would be next, to see what one more machine would bring


@dataclass(frozen=True, kw_only=True)
class Week:
    """A week to be planned.

    Attributes
    ----------
    name
        ISO week (``2026-W48``).
    horizon
        From when until when.
    n_new
        New samples that it may hold at most, the control included.
    control
        Conditions that are made once a week and are not in it yet, or None.
    before
        The timetable that holds so far, or None.
    kept
        Samples that go on whatever they are worth.
    """

    name: str
    horizon: Horizon
    n_new: int
    control: Conditions | None = None
    before: Timetable | None = None
    kept: frozenset[str] = frozenset()


def plan_week(
    problem: Problem,
    dataset: Dataset,
    beliefs: Beliefs,
    lab: Lab,
    standing: Sequence[LabSample],
    week: Week,
    *,
    seed: int = 0,
    effort: float = EFFORT,
) -> WeekPlan:
    """Choose the samples of a week and put them, with those under way, on machines and hours.

    Parameters
    ----------
    problem, dataset, beliefs
        What is wanted, known and believed.
    lab, standing, week
        What there is, which samples are planned or under way, and when.
    seed, effort
        Of the search for the timetable; same data, lab, progress and seed give the same plan.

    Returns
    -------
    WeekPlan
        New samples are called ``NEW-1`` and so on; its timetable is empty if nothing fits, and its messages
        say what is missing.
    """
    began = perf_counter()
    decisions, going = _decided(problem, dataset, beliefs, lab, standing, week, seed)
    standing, without_room = _with_room(lab, going, week.horizon)
    room = WeekRoom(lab, standing, week.horizon)
    proposal = batch_of_week(problem, dataset, beliefs, room, week.n_new, seed, week.control)
    conditions = _conditions(problem, [choice.codes for choice in proposal.choices])
    suggestions = suggestions_of(problem, beliefs, proposal)
    chosen = perf_counter()
    samples = room.samples(conditions)
    found = schedule(lab, samples, week.horizon, seed=seed, effort=effort, before=week.before)
    timed = perf_counter()
    waiting = _waiting(problem, beliefs, dataset, room, conditions, seed)
    timetable = found or Timetable()
    held_up = bottleneck(lab, samples, week.horizon, timetable, waiting, seed)
    left_out = _room_left(problem, room, week, conditions, waiting)
    seconds = {"choice": chosen - began, "timetable": timed - chosen, "bottleneck": perf_counter() - timed}
    return WeekPlan(
        week=week.name,
        start=week.horizon.start,
        end=week.horizon.end,
        timetable=timetable,
        samples=_in_plan(lab, standing, conditions, proposal),
        suggestions=tuple(
            replace(s, id=new_sample(i, s.parameters).id) for i, s in enumerate(suggestions, 1)
        ),
        decisions=decisions,
        bottleneck=held_up,
        messages=(*suggestions.messages, *without_room, *left_out),
        seconds=seconds,
        units=problem.units,
    )


def _decided(
    problem: Problem,
    dataset: Dataset,
    beliefs: Beliefs,
    lab: Lab,
    standing: Sequence[LabSample],
    week: Week,
    seed: int,
) -> tuple[tuple[GateDecision, ...], list[LabSample]]:
    """Which samples at a gate go on, and all samples without the steps that are not worth their cost."""
    control = dict(lab.control or {})
    at_gate = [
        sample
        for sample in standing
        if stands_at_gate(lab, problem, sample)
        and dataset.by_id[sample.id].measurements
        and dict(sample.conditions) != control
    ]
    if not at_gate:
        return (), list(standing)
    known = known_experiments(problem, dataset)
    best = Chooser(problem, beliefs, known, np.random.default_rng(seed), seed, None).by_acquisition(1)
    room = WeekRoom(lab, standing, week.horizon)
    decisions = gate_decisions(
        problem,
        beliefs,
        known,
        room,
        at_gate,
        [dataset.by_id[sample.id] for sample in at_gate],
        best[0].codes if best else None,
        seed,
    )
    stops = {d.experiment for d in decisions if not d.goes_on} - week.kept
    return decisions, [stopped(lab, s) if s.id in stops else s for s in standing]


def _with_room(
    lab: Lab, standing: Sequence[LabSample], horizon: Horizon
) -> tuple[list[LabSample], list[str]]:
    """Standing samples that fit together, those under way first, and a sentence for each that does not."""

    def fits(samples: Sequence[LabSample]) -> bool:
        return WeekRoom(lab, samples, horizon).has_room([], thorough=True)

    if fits(standing):
        return list(standing), []
    kept: list[LabSample] = []
    said = []
    for sample in sorted(standing, key=lambda s: (not s.under_way, not s.done)):
        late = replace(sample, carried_over=True)
        if fits([*kept, sample]):
            kept.append(sample)
        elif not sample.under_way and not sample.done:
            missing = WeekRoom(lab, [*kept, sample], horizon).missing_material([])
            why = f"cannot be weighed in ({_grams(missing)} missing)" if missing else "finds no room"
            said.append(f"{sample.id} {why} and stays planned: it is for a later week.")
        elif fits([*kept, late]):
            kept.append(late)
            said.append(f"{sample.id} cannot end within this plan; what remains goes on after it.")
        else:
            kept.append(stopped(lab, sample))
            said.append(f"{sample.id} cannot go on, within this plan or soon after: it waits.")
    return kept, said


def _grams(missing: Mapping[str, float]) -> str:
    return ", ".join(f"{grams:.3g} g of {name}" for name, grams in missing.items())


def _conditions(problem: Problem, codes: Sequence[Tensor]) -> list[Conditions]:
    return list(conditions_of_codes(problem.space, torch.stack(list(codes)))) if codes else []


def _waiting(
    problem: Problem,
    beliefs: Beliefs,
    dataset: Dataset,
    room: WeekRoom,
    chosen: Sequence[Conditions],
    seed: int,
) -> list[Conditions]:
    """What could be made besides: the best suggestion of all, and more of the quickest that were chosen."""
    best: list[Conditions] = []
    if any(beliefs.evidence.size.get(name) for name in problem.goal_sources):
        known = known_experiments(problem, dataset)
        chooser = Chooser(problem, beliefs, known, np.random.default_rng(seed), seed, None)
        best = _conditions(problem, [choice.codes for choice in chooser.by_acquisition(1)])
    places = room.open_places(chosen)
    frame = pd.DataFrame(list(chosen), columns=list(problem.space.names))
    added = room.machine_time.added(frame, places) if chosen else np.zeros(0)
    quickest = [chosen[i] for i in np.argsort(added, kind="stable")]
    return [*best, *quickest][:_N_WAITING]


def _in_plan(
    lab: Lab, standing: Sequence[LabSample], conditions: Sequence[Conditions], proposal: Proposal
) -> tuple[SampleInPlan, ...]:
    def grams(of: Conditions) -> dict[str, float]:
        weighed = {p.name: p.grams_of(of, lab.sample_g or 0.0) for p in lab.precursors}
        return {name: round(value, 4) for name, value in weighed.items() if value > 0}

    old = [
        SampleInPlan(experiment=s.id, conditions=s.conditions, is_new=False, grams=grams(s.conditions))
        for s in standing
    ]
    new = [
        SampleInPlan(
            experiment=new_sample(number, one).id,
            conditions=one,
            is_new=True,
            role=choice.purpose,
            grams=grams(one),
        )
        for number, (one, choice) in enumerate(zip(conditions, proposal.choices, strict=True), 1)
    ]
    return (*old, *new)


def _room_left(
    problem: Problem,
    room: WeekRoom,
    week: Week,
    chosen: Sequence[Conditions],
    waiting: Sequence[Conditions],
) -> list[str]:
    """Why the week does not hold as many samples as were wanted, and what would help."""
    n_chosen = len(chosen)
    if n_chosen >= week.n_new:
        return []
    if has_no_hours(room.lab.calendar, week.horizon):
        return ["Nobody is there in the whole time: it is holidays, or outside the working days and hours."]
    quickest = _quickest(problem, room)
    further = [[*chosen, one] for one in (*waiting, quickest)]
    missing = [room.missing_material(one) for one in further]
    if all(missing):
        return [f"No further sample can be weighed in: {_grams(missing[0])} missing."]
    holds = f"The week holds {n_chosen} new sample{'' if n_chosen == 1 else 's'} of {week.n_new} wanted"
    if any(room.has_room(one) for one in further):
        kept = " that are expected to keep the limits" if problem.limits else ""
        return [f"{holds}: there is room for more, but no other new conditions were found{kept}."]
    if chosen:
        return [f"{holds}: no other finds room on the machines."]
    return why_impossible(room.lab, room.standing, new_sample(1, quickest), week.horizon)


def _quickest(problem: Problem, room: WeekRoom) -> Conditions:
    from ..models.encoding import frame_of_codes
    from .search_space import SearchSpace

    search = SearchSpace(problem.space, problem.hard_rules)
    codes = search.sample(1000, np.random.default_rng(0))
    added = room.machine_time.added(frame_of_codes(problem.space, codes))
    return conditions_of_codes(problem.space, codes[int(added.argmin())][None])[0]
