"""Whether a sample that was measured cheaply is still worth its dear measurements."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..datasets import Conditions, Experiment
from ..models.beliefs import Beliefs
from ..models.encoding import codes_of_all, conditions_of_codes, distinct
from .known import Known
from .lab import Lab, Step
from .lab_sample import LabSample
from .problem import Problem
from .recommendation import RecommendationValue
from .week_plan import GateDecision
from .week_room import WeekRoom
from .wording import percent, with_unit

_LEAST_RATE = 0.5  # of the value per machine time of a new sample, below which a sample stops
_LEAST_VALUE = 0.002  # of the usual spread of the goal, below which nothing is left to be learned
_MOST_RIVALS = 12


def stands_at_gate(lab: Lab, problem: Problem, sample: LabSample) -> bool:
    """Whether something cheap has been measured, and what the goal is read from is still to come."""
    steps = lab.steps_of(sample.conditions)
    if sample.under_way or not any(step.gives for step in steps if step.name in sample.done):
        return False
    to_come = {response for step in sample.remaining(lab) for response in step.gives}
    return bool(to_come & set(problem.goal_sources))


def stopped(lab: Lab, sample: LabSample) -> LabSample:
    """The sample without its remaining steps."""
    return replace(sample, left_out=sample.left_out | {step.name for step in sample.remaining(lab)})


def gate_decisions(
    problem: Problem,
    beliefs: Beliefs,
    known: Known,
    room: WeekRoom,
    samples: Sequence[LabSample],
    experiments: Sequence[Experiment],
    best_new: Tensor | None,
    seed: int,
) -> tuple[GateDecision, ...]:
    """Weigh what each sample's remaining steps would add to the recommendation against what they cost.

    What has been measured of a sample is known to the surrogates, so a powder with little surface promises
    little capacity. A sample stops if what is left to measure would add next to nothing, or if the best new
    sample is worth more than twice as much per machine time and finds room only in its place: a machine
    that would stand still costs nothing.

    Parameters
    ----------
    problem, beliefs, known
        What is wanted, believed and made.
    room
        The week with all samples in it.
    samples, experiments
        Those at a gate, as the lab and as the dataset know them.
    best_new : Tensor, shape (n_parameters,)
        The best new conditions, or None: then everything goes on.
    seed
        Of the samples of the posterior.
    """
    made = known.rivals(problem, beliefs, _MOST_RIVALS)
    if not samples or best_new is None or not len(made):
        return ()
    space = problem.space
    codes = distinct(codes_of_all(space, [sample.conditions for sample in samples]), space)
    worth = RecommendationValue(
        problem,
        beliefs,
        made=made,
        later=best_new[None],
        awaited=codes[:0],
        asked=torch.cat([codes, best_new[None]]),
        seed=seed,
    )
    *values, value_new = worth.of_asked().clamp_min(0.0).tolist()
    (new,) = conditions_of_codes(space, best_new[None])
    cost_new = room.machine_time.of_steps(room.lab.steps_of(new), new)
    rival = _Rival(new, value_new, cost_new, _unit(problem), _LEAST_VALUE * worth.unit_of_worth)
    return tuple(
        _decision(room, sample, experiment, value, rival)
        for sample, experiment, value in zip(samples, experiments, values, strict=True)
    )


@dataclass(frozen=True)
class _Rival:
    """The best new sample, against which those at a gate are weighed."""

    conditions: Conditions
    value: float
    cost: float
    unit: str
    least: float  # value below which nothing is left to be learned


def _unit(problem: Problem) -> str:
    objectives = problem.goal.objectives
    return (problem.unit_of(objectives[0].response) or "") if len(objectives) == 1 else "of the usual spread"


def _decision(
    room: WeekRoom, sample: LabSample, experiment: Experiment, value: float, rival: _Rival
) -> GateDecision:
    cost = room.machine_time.of_steps(sample.remaining(room.lab), sample.conditions)
    is_dear = value / cost < _LEAST_RATE * rival.value / rival.cost
    goes_on = value >= rival.least and not (is_dear and _is_in_the_way(room, sample, rival.conditions))
    return GateDecision(
        experiment=sample.id,
        goes_on=goes_on,
        value=value,
        cost=cost,
        value_of_new=rival.value,
        cost_of_new=rival.cost,
        unit=rival.unit,
        sentence=_sentence(
            room, sample, experiment, goes_on, (value, cost), (rival.value, rival.cost), rival.unit
        ),
    )


def _is_in_the_way(room: WeekRoom, sample: LabSample, new: Conditions) -> bool:
    """Whether new conditions find room only if a sample stops."""
    if room.has_room([new]):
        return False
    others = [stopped(room.lab, s) if s.id == sample.id else s for s in room.standing]
    return WeekRoom(room.lab, others, room.horizon).has_room([new])


def _sentence(
    room: WeekRoom,
    sample: LabSample,
    experiment: Experiment,
    goes_on: bool,
    here: tuple[float, float],
    instead: tuple[float, float],
    unit: str,
) -> str:
    steps = sample.remaining(room.lab)
    hours = room.machine_time.hours_of_steps(steps, sample.conditions)
    return (
        f"{sample.id} {'goes on to' if goes_on else 'stops before'} {_names(steps)} ({_known(experiment)}): "
        f"that is expected to add {with_unit(here[0], unit)} to what can be recommended for "
        f"{percent(here[1])} of a week's machines ({hours:g} h), the best new sample "
        f"{with_unit(instead[0], unit)} for {percent(instead[1])}."
    )


def _names(steps: Sequence[Step]) -> str:
    return " and ".join(step.name for step in steps)


def _known(experiment: Experiment) -> str:
    names = dict.fromkeys(m.response for m in experiment.measurements)
    shown = (f"{name} {'; '.join(map(str, experiment.values(name)))}" for name in names)
    return ", ".join(shown) or "nothing logged yet"
