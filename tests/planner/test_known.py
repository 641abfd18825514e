"""What counts as made, as pending, and as the best so far."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from ovenbird.datasets import Dataset, InputError, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.planner.goal import Goal, Objective
from ovenbird.planner.known import Known, known_experiments
from ovenbird.planner.limits import NumberLimit, YesNoLimit
from ovenbird.planner.problem import Problem

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]

AT: dict[str, object] = {"temperature": 700, "milling": "none"}


@pytest.fixture
def known_of(firing: Problem, mill: ParameterSpace, dataset_of: DatasetOf) -> Callable[..., Known]:
    def collect(*rows: dict[str, Any]) -> Known:
        return known_experiments(firing, dataset_of(mill, rows))

    return collect


def test_what_waits_for_its_goal_value_is_pending(known_of: Callable[..., Known], made: Made) -> None:
    known = known_of(
        made(AT | {"hold": 1}, status="planned"),
        made(AT | {"hold": 2}, status="running", pure=True),
        made(AT | {"hold": 3}, status="running", pure=True, capacity=100),
        made(AT | {"hold": 4}, status="running", pure=False),
        made(AT | {"hold": 5}, pure=True),
        made(AT | {"hold": 6}, capacity="~90"),
    )
    # The fourth broke its limit: nobody will measure its capacity.
    assert known.is_pending.tolist() == [True, True, False, False, False, False]
    assert known.is_measured.tolist() == [False, False, True, False, False, True]


def test_what_taught_nothing_or_cannot_be_placed_is_left_out(
    known_of: Callable[..., Known], made: Made
) -> None:
    known = known_of(
        made(AT | {"hold": 1}, failure="equipment"),
        made(AT | {"hold": 2}, failure="process", capacity=100),
        made(AT | {"hold": 3}, status="dropped"),
        made(AT, capacity=120),
    )
    assert [e.id for e in known.experiments] == ["E2"]
    assert not known.is_measured.any(), "what failed is no incumbent"
    assert len(known.keys) == 1


def test_nothing_known_is_an_empty_table(known_of: Callable[..., Known], mill: ParameterSpace) -> None:
    known = known_of()
    assert known.codes.shape == (0, len(mill)) and known.keys == frozenset()


def test_the_best_keeps_its_limits(firing: Problem, fired: Dataset, fired_beliefs: Beliefs) -> None:
    known = known_experiments(firing, fired)
    best = known.best(firing, fired_beliefs)
    assert best is not None and known.experiments[best].id == "E4"
    lowest = replace(firing, goal=Goal.single("capacity", "minimise"))
    best = known.best(lowest, fired_beliefs)
    assert best is not None and known.experiments[best].id == "E1", "E2 is lower, but impure"
    near = replace(firing, goal=Goal.single("capacity", "target", 185))
    best = known.best(near, fired_beliefs)
    assert best is not None and known.experiments[best].id == "E3"
    hopeless = NumberLimit(response="capacity", side="at_least", bound=360, with_probability=0.95)
    assert known.best(replace(firing, limits=(hopeless,)), fired_beliefs) is None


def test_the_front_is_what_nothing_betters_in_all_objectives(
    line: ParameterSpace, told: Callable[..., Beliefs], made: Made, dataset_of: DatasetOf
) -> None:
    """Merits at x = 0..5: y rises to 4, z falls from 1 on; 0 is dominated by 1, 5 by 4, and 3 is impure."""
    names = [Response(name="y"), Response(name="z"), Response(name="pure", kind="yes_no")]
    curves = {
        "y": lambda c: c[:, 0].clamp_max(4.0),
        "z": lambda c: (c[:, 0] - 1).abs(),
        "pure": lambda c: 9 * ((c[:, 0] - 3).abs() - 0.5),
    }
    goal = Goal((Objective(response="y", sense="maximise"), Objective(response="z", sense="minimise")))
    problem = Problem(
        space=line,
        responses={r.name: r for r in names},
        goal=goal,
        limits=(YesNoLimit(response="pure", side="at_least", probability=0.9),),
    )
    beliefs = told(line, names, curves, variance=1e-6)
    rows = [made({"x": x}, y=1.0, z=1.0) for x in (0, 1, 2, 3, 4, 4, 5)] + [made({"x": 6}, y=1.0)]
    known = known_experiments(problem, dataset_of(line, rows))
    front = [float(known.codes[row, 0]) for row in known.front(problem, beliefs)]
    assert front == [4.0, 2.0, 1.0], "the replicate at 4 stands for both, the best in y first"
    best = known.best(problem, beliefs)
    assert best is not None and float(known.codes[best, 0]) == 4.0
    rows[4] = made({"x": 4}, y=1.0, z=1.0, pure=False)
    spoiled = known_experiments(problem, dataset_of(line, rows))
    front = [float(spoiled.codes[row, 0]) for row in spoiled.front(problem, beliefs)]
    assert front == [4.0, 2.0, 1.0], "the replicate that broke no limit stands for the place"
    hopeless = NumberLimit(response="y", side="at_least", bound=99)
    assert known.front(replace(problem, limits=(hopeless,)), beliefs) == []


def test_of_many_measured_those_near_the_front_stay_incumbents(
    line: ParameterSpace, told: Callable[..., Beliefs]
) -> None:
    fine = ParameterSpace((NumericParameter(name="x", low=0, high=10, step=0.05),))
    names = [Response(name="y"), Response(name="z")]
    # From 5 on both grow worse: what lies there is dominated by all that lies between it and 5.
    curves = {"y": lambda c: 5 - (c[:, 0] - 5).abs(), "z": lambda c: -c[:, 0]}
    goal = Goal((Objective(response="y", sense="maximise"), Objective(response="z", sense="maximise")))
    problem = Problem(space=fine, responses={r.name: r for r in names}, goal=goal)
    codes = torch.linspace(0, 10, 101, dtype=torch.float64)[:, None]
    true, false = torch.ones(101, dtype=torch.bool), torch.zeros(101, dtype=torch.bool)
    known = Known((), codes, is_pending=false, is_measured=true, is_rival=true)
    incumbents = known.incumbents(problem, told(fine, names, curves, variance=1e-6))
    assert len(incumbents) < 101 and float(incumbents.max()) <= 5.0


def test_incumbents_are_the_measured_and_the_pending(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    known = known_experiments(firing, fired)
    incumbents = {tuple(row) for row in known.incumbents(firing, fired_beliefs).tolist()}
    expected = [known.codes[i] for i, e in enumerate(known.experiments) if e.id != "E5"]
    assert incumbents == {tuple(row) for row in torch.stack(expected).tolist()}


def test_of_many_measured_the_best_stay_incumbents(
    firing: Problem, mill: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    rows = [
        made({"temperature": 700 + 10 * (i % 20), "hold": i / 4, "milling": "none"}, capacity=100 + 3 * i)
        for i in range(48)
    ]
    dataset = dataset_of(mill, rows)
    free = replace(firing, limits=())
    incumbents = known_experiments(free, dataset).incumbents(free, learned(free, dataset))
    assert len(incumbents) < 48
    assert float(incumbents[:, 1].max()) == 47 / 4 and float(incumbents[:, 1].mean()) > 6.5


@pytest.mark.parametrize(
    "keys",
    [{"sense": "target"}, {"sense": "maximise", "target": 3.0}, {"sense": "target", "target": float("inf")}],
)
def test_a_goal_that_makes_no_sense_is_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="target"):
        Goal.single("y", **keys)


def test_a_measured_no_breaks_a_yes_limit_and_the_reverse(
    firing: Problem, mill: ParameterSpace, made: Made, dataset_of: DatasetOf
) -> None:
    (sample,) = dataset_of(mill, [made(AT | {"hold": 1}, pure=False)]).experiments
    unwanted = replace(firing, limits=(YesNoLimit(response="pure", side="at_most", probability=0.2),))
    assert firing.broke_a_limit(sample) and not unwanted.broke_a_limit(sample)
