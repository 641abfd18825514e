"""What counts as made, as pending, and as the best so far."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from ovenbird.datasets import Dataset, InputError, ParameterSpace
from ovenbird.models.beliefs import Beliefs
from ovenbird.planner.goal import Goal
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
    lowest = replace(firing, goal=Goal(response="capacity", sense="minimise"))
    best = known.best(lowest, fired_beliefs)
    assert best is not None and known.experiments[best].id == "E1", "E2 is lower, but impure"
    near = replace(firing, goal=Goal(response="capacity", sense="target", target=185))
    best = known.best(near, fired_beliefs)
    assert best is not None and known.experiments[best].id == "E3"
    hopeless = NumberLimit(response="capacity", side="at_least", bound=360, with_probability=0.95)
    assert known.best(replace(firing, limits=(hopeless,)), fired_beliefs) is None


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
        Goal(response="y", **keys)


def test_a_measured_no_breaks_a_yes_limit_and_the_reverse(
    firing: Problem, mill: ParameterSpace, made: Made, dataset_of: DatasetOf
) -> None:
    (sample,) = dataset_of(mill, [made(AT | {"hold": 1}, pure=False)]).experiments
    unwanted = replace(firing, limits=(YesNoLimit(response="pure", side="at_most", probability=0.2),))
    assert firing.broke_a_limit(sample) and not unwanted.broke_a_limit(sample)
