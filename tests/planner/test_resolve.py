"""Where nothing meets the limits, a batch finds out most about them instead of repeating itself."""

from collections.abc import Callable
from typing import Any

import torch

from ovenbird.datasets import Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.encoding import conditions_of_codes
from ovenbird.planner.feasibility import log_probability_met, probability_met
from ovenbird.planner.goal import Goal
from ovenbird.planner.limits import NumberLimit, YesNoLimit
from ovenbird.planner.problem import Problem
from ovenbird.planner.propose import propose
from ovenbird.planner.resolve import LimitResolution

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]

MAXIMISE = Goal.single("y", "maximise")
Y = Response(name="y", absolute_noise=0.3)


def test_far_out_near_and_far_are_still_told_apart(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    """A bound that nothing comes near: the best direction is proposed, not the first grid points."""
    limit = NumberLimit(response="y", side="at_least", bound=1000.0)
    problem = Problem(space=line, responses={"y": Y}, goal=MAXIMISE, limits=(limit,))
    data = dataset_of(line, [made({"x": x}, y=100 + 2 * x) for x in (0.0, 1.0, 2.0, 3.0)])
    beliefs = learned(problem, data)
    places = torch.tensor([[2.5], [6.0], [10.0]], dtype=torch.float64)
    assert torch.all(log_probability_met(limit, beliefs, places).diff() > 0)
    (first,) = propose(problem, data, beliefs, 1, 0).choices
    assert first.purpose == "feasibility" and float(first.codes[0]) >= 6


def test_a_batch_does_not_ask_the_same_question_twice(
    mill: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    """Purity does not depend on milling: four millings of one calcination would be one question."""
    pure = Response(name="pure", kind="yes_no", depends_on=("temperature", "hold"))
    limit = YesNoLimit(response="pure", side="at_least", probability=0.999)
    problem = Problem(space=mill, responses={"y": Y, "pure": pure}, goal=MAXIMISE, limits=(limit,))
    cold = [{"temperature": t, "hold": h, "milling": "none"} for t, h in ((600, 1), (640, 3), (680, 0))]
    data = dataset_of(mill, [made(c, y=5.0, pure=i == 2) for i, c in enumerate(cold)])
    proposal = propose(problem, data, learned(problem, data), 4, 0)
    assert {choice.purpose for choice in proposal.choices} == {"feasibility"}
    rows = conditions_of_codes(mill, torch.stack([choice.codes for choice in proposal.choices]))
    calcinations = {(row["temperature"], row["hold"]) for row in rows}
    assert len(calcinations) == 4
    assert "pure binds" in proposal.messages[0] and "99.9 %" in proposal.messages[0]


def test_news_is_what_recent_experiments_do_not_tell(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    pure = Response(name="pure", kind="yes_no")
    limit = YesNoLimit(response="pure", side="at_least", probability=0.99)
    problem = Problem(space=line, responses={"y": Y, "pure": pure}, goal=MAXIMISE, limits=(limit,))
    beliefs = learned(problem, dataset_of(line, [made({"x": 5}, y=1.0, pure=True)]))
    places = torch.tensor([[0.0], [0.5], [10.0]], dtype=torch.float64)
    alone = LimitResolution(beliefs, (limit,), places[:0], 0)(places)
    beside = LimitResolution(beliefs, (limit,), places[:1], 0)(places)
    lost = alone - beside
    assert float(lost[0]) > float(lost[1]) > float(lost[2]) >= 0
    missing = torch.log(torch.tensor(0.99)) - probability_met(limit, beliefs, places).log()
    torch.testing.assert_close(alone, -missing.clamp_min(0), atol=1e-6, rtol=0)
