"""A bench with powders whose surface was measured, and whose cycling is still to come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from ovenbird.datasets import Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.planner.chooser import Chooser
from ovenbird.planner.gate_decision import gate_decisions
from ovenbird.planner.goal import Goal
from ovenbird.planner.known import Known, known_experiments
from ovenbird.planner.lab import Lab, Resource, Step
from ovenbird.planner.lab_sample import Horizon, LabSample
from ovenbird.planner.problem import Problem
from ovenbird.planner.week_plan import GateDecision
from ovenbird.planner.week_room import WeekRoom

from .small_week import lab_of, until

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]
FIRE = Step(name="fire", on="furnace", hours={"constant": 9.0})
SORB = Step(name="sorb", on="xrd", hours={"constant": 1.0}, gives=("bet",))
CELLS = Step(name="cells", on="cycler", hours={"constant": 60.0}, gives=("y",))
POOR, MIDDLING, BEST = "E8", "E9", "E10"
_AT_GATE = {5.0: 5.0, 8.0: 28.0, 8.5: 40.0}  # surface by x: the first far less than its x promised
WEEK = until("fri 18:00")


def lab_with(channels: int) -> Lab:
    cycler = Resource(name="cycler", count=channels, unattended=True)
    return lab_of(FIRE, SORB, CELLS, machines=[Resource(name="furnace", unattended=True), cycler])


@dataclass(frozen=True)
class Bench:
    """Powders with 100 mAh/g and more with their surface: seven are finished, and three at the gate."""

    problem: Problem
    data: Dataset
    beliefs: Beliefs
    known: Known
    best_new: Tensor

    def at_gate(self, *names: str) -> list[LabSample]:
        done = frozenset({"fire", "sorb"})
        return [LabSample(id=n, conditions=self.data.by_id[n].executed, done=done) for n in names]

    def decide(
        self, lab: Lab, names: Sequence[str], standing: Sequence[LabSample] = (), horizon: Horizon = WEEK
    ) -> list[GateDecision]:
        some = self.at_gate(*names)
        room = WeekRoom(lab, [*standing, *some], horizon)
        rows = [self.data.by_id[name] for name in names]
        return list(
            gate_decisions(self.problem, self.beliefs, self.known, room, some, rows, self.best_new, 0)
        )


def bench_of(line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned) -> Bench:
    surface = Response(name="bet", unit="m2/g", absolute_noise=1.0)
    y = Response(name="y", unit="mAh/g", absolute_noise=5.0, through=("bet",))
    problem = Problem(space=line, responses={"bet": surface, "y": y}, goal=Goal.single("y", "maximise"))
    rows = [made({"x": x}, bet=3 * x, y=100 + 10 * x) for x in (0, 1.5, 3, 4.5, 6, 7.5, 9)]
    rows += [made({"x": x}, status="running", bet=bet) for x, bet in _AT_GATE.items()]
    data = dataset_of(line, rows)
    beliefs, known = learned(problem, data), known_experiments(problem, data)
    (best,) = Chooser(problem, beliefs, known, np.random.default_rng(0), 0, None).by_acquisition(1)
    return Bench(problem, data, beliefs, known, best.codes)
