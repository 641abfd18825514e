"""What may be wanted, and what is refused."""

import pytest
import torch

from ovenbird.datasets import InputError
from ovenbird.planner.goal import Goal, Objective, Sense


def objective(name: str, sense: Sense = "maximise", target: float | None = None) -> Objective:
    return Objective(response=name, sense=sense, target=target)


@pytest.mark.parametrize(
    ("value", "maximised", "minimised", "near_five"), [(3.0, 3, -3, -2), (5.0, 5, -5, 0), (9.0, 9, -9, -4)]
)
def test_merit_grows_towards_what_is_wanted(
    value: float, maximised: float, minimised: float, near_five: float
) -> None:
    wanted = objective("y"), objective("y", "minimise"), objective("y", "target", 5.0)
    merits = [o.merit(value) for o in wanted]
    assert merits == [maximised, minimised, near_five]
    tensors = [float(o.merit(torch.tensor([value]))[0]) for o in wanted]
    assert tensors == merits


@pytest.mark.parametrize(
    ("objectives", "sentence"),
    [
        ((), "goal: needs at least one objective"),
        (tuple(map(objective, "abcde")), "goal: at most 4 objectives .*got 5; state some of them as limits"),
        ((objective("a"), objective("b"), objective("a")), "goal: a stands twice; give it once"),
        (
            (objective("a"), objective("a", "minimise")),
            "goal: a contradicts itself: maximise and minimise; give it once",
        ),
    ],
)
def test_a_goal_that_cannot_be_meant_is_refused(objectives: tuple[Objective, ...], sentence: str) -> None:
    with pytest.raises(InputError, match=f"^{sentence}$"):
        Goal(objectives)


def test_objectives_keep_their_order_and_are_found_by_name() -> None:
    goal = Goal((objective("b", "minimise"), objective("a"), objective("c", "target", 2.0)))
    assert goal.names == ("b", "a", "c")
    assert goal.on("c") == objective("c", "target", 2.0) and goal.on("d") is None
    assert Goal.single("y", "target", 3.0).objectives == (objective("y", "target", 3.0),)
