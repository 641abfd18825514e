"""The last experiments of a budget are chosen for what can be recommended after them."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from ovenbird.datasets import Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.planner.feasibility import probability_met
from ovenbird.planner.goal import Goal
from ovenbird.planner.known import known_experiments
from ovenbird.planner.problem import Problem
from ovenbird.planner.propose import propose
from ovenbird.planner.recommendation import RecommendationValue

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]


def test_the_last_one_adds_at_least_as_much_as_the_usual_choice(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    (usual,) = propose(firing, fired, fired_beliefs, 1, 0).choices
    (last,) = propose(firing, fired, fired_beliefs, 1, 0, left=1).choices
    known = known_experiments(firing, fired)
    asked = torch.stack([usual.codes, last.codes])
    values = [
        RecommendationValue(
            firing,
            fired_beliefs,
            made=known.codes[known.is_rival],
            later=asked[:0],
            awaited=known.pending_codes,
            asked=asked,
            seed=seed,
        ).of_asked()
        for seed in range(20, 24)
    ]
    # With other samples than those it was chosen by.
    of_usual, of_last = torch.stack(values).mean(dim=0).tolist()
    assert of_last > 0.9 * of_usual
    assert float(probability_met(firing.limits[0], fired_beliefs, last.codes[None])) >= 0.8 - 1e-6


def test_more_left_than_asked_for_changes_nothing(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    usual, early = (propose(firing, fired, fired_beliefs, 2, 0, left=left) for left in (None, 9))
    for one, other in zip(usual.choices, early.choices, strict=True):
        assert (one.codes.nan_to_num() == other.codes.nan_to_num()).all()


@pytest.mark.parametrize("left", [0, 3])
def test_the_last_ones_are_distinct_new_and_the_same_each_time(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs, left: int
) -> None:
    runs = [propose(firing, fired, fired_beliefs, 3, 0, left=left).choices for _ in range(2)]
    codes = [torch.stack([choice.codes for choice in run]).nan_to_num() for run in runs]
    assert (codes[0] == codes[1]).all()
    assert len(torch.unique(codes[0], dim=0)) == 3


def test_between_two_tops_the_last_one_looks_at_them_again(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    response = Response(name="y", absolute_noise=1.0)
    problem = Problem(space=line, responses={"y": response}, goal=Goal.single("y", "maximise"))
    data = dataset_of(
        line, [made({"x": x}, y=y) for x, y in [(0.0, 0.0), (2.5, 5.0), (7.5, 4.6), (10.0, 0.1)]]
    )
    listed = torch.tensor([[2.5], [7.5], [0.5], [9.5]], dtype=torch.float64)
    (choice,) = propose(problem, data, learned(problem, data), 1, 0, listed, left=1).choices
    assert choice.purpose == "replicate_best" and choice.row in (0, 1)
    assert choice.worth is not None and choice.worth.here > 2 * choice.worth.instead


def test_as_many_are_chosen_as_were_asked_for(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    proposal = propose(firing, fired, fired_beliefs, 40, 0, left=40)
    assert len({tuple(c.codes.nan_to_num().tolist()) for c in proposal.choices if c.repeats is None}) >= 30
    assert len(proposal.choices) == 40
    assert not any("hold no other conditions" in message for message in proposal.messages)
