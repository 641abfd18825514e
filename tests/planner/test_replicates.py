"""Deliberate replicates: of what, why, how many, and what is said of them."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from ovenbird.datasets import OWN_LAB, Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.outliers import Outlier
from ovenbird.planner.acquisition import Improvement
from ovenbird.planner.answers import after_an_answer
from ovenbird.planner.choice import Choice
from ovenbird.planner.goal import Goal
from ovenbird.planner.known import keys_of, known_experiments
from ovenbird.planner.limits import YesNoLimit
from ovenbird.planner.problem import Problem
from ovenbird.planner.reasons_of_repeats import why_again
from ovenbird.planner.replicates import replicates, room_for_replicates, worth_of_doubt
from ovenbird.planner.search_space import SearchSpace
from ovenbird.planner.suggest import suggest
from ovenbird.planner.suggestion import Suggestions

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]
NUMBER = r"(-?\d+(?:\.\d+)?)"
NOISY = Response(name="y", absolute_noise=1.0)
NOTHING = Improvement(torch.tensor([math.nan]), torch.tensor([math.nan]))
EXACT = Response(name="y", absolute_noise=0.01)


@pytest.fixture(scope="module")
def plain(line: ParameterSpace) -> Problem:
    return Problem(space=line, responses={"y": NOISY}, goal=Goal.single("y", "maximise"))


@pytest.fixture(scope="module")
def two_tops(
    plain: Problem, line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> Callable[..., Suggestions]:
    """Suggest among two tops measured alike and two poor places not measured yet."""

    def run(response: Response, pending: tuple[float, ...] = ()) -> Suggestions:
        values = [(0.0, 0.0), (2.5, 5.0), (7.5, 4.6), (10.0, 0.1)]
        rows = [made({"x": x}, y=y) for x, y in values]
        data = dataset_of(line, rows + [made({"x": x}, status="planned") for x in pending])
        problem = replace(plain, responses={"y": response})
        listed = torch.tensor([[2.5], [7.5], [0.0], [0.5], [9.5]], dtype=torch.float64)
        return suggest(problem, data, learned(problem, data), 4, 0, listed)[0]

    return run


def test_one_of_two_tops_is_repeated_where_only_poor_conditions_are_new(
    two_tops: Callable[..., Suggestions],
) -> None:
    repeats = [s for s in two_tops(NOISY) if s.replicates]
    (again,) = repeats
    assert again.purpose == "replicate_best" and again.parameters["x"] in (2.5, 7.5)
    assert again.improvement == {"probability": None, "expected": None}
    said = " ".join(again.reasons)
    assert f"Repeats {again.replicates} (y " in said
    here, instead = map(float, re.findall(rf"Worth {NUMBER} .* the best new conditions {NUMBER}\.", said)[0])
    assert here > instead and here > 0.1 * 1.0, "more than a tenth of the noise"
    assert "takes its place as the best made" in again.reasons[-1]


def test_nothing_is_repeated_where_repeating_shows_nothing(two_tops: Callable[..., Suggestions]) -> None:
    assert not any(s.replicates for s in two_tops(EXACT))


def test_what_is_being_repeated_is_not_repeated_again(two_tops: Callable[..., Suggestions]) -> None:
    (again,) = [s for s in two_tops(NOISY) if s.replicates]
    place = float(str(again.parameters["x"]))
    others = two_tops(NOISY, pending=(place,))
    assert all(s.parameters["x"] != place for s in others)


def test_one_in_four_is_a_replicate_at_most(
    plain: Problem, made: Made, dataset_of: DatasetOf, line: ParameterSpace
) -> None:
    def room(own: list[float], n: int, paper: tuple[float, ...] = ()) -> int:
        data = dataset_of(line, [made({"x": x}, y=1) for x in (*paper, *own)])
        sources = ["paper"] * len(paper) + [OWN_LAB] * len(own)
        experiments = (replace(e, source=s) for e, s in zip(data.experiments, sources, strict=True))
        return room_for_replicates(known_experiments(plain, Dataset(tuple(experiments), ())), n)

    assert [room([], n) for n in (1, 4, 5, 9)] == [0, 0, 1, 2]
    assert [room([1.0, 2, 3, 4, 5, 6, 7][:k], 1) for k in (0, 3, 4, 7)] == [0, 0, 1, 1]
    assert room([1.0, 2, 3, 3], 1) == 0, "one in five is a replicate already"
    assert room([1.0, 2, 3, 3, 4, 5, 6, 7], 1) == 1
    assert room([1.0, 2, 3, 4], 1, paper=(3.0,)) == 1, "the anchor does not count"
    assert room([1.0, 2, 3, 4], 1, paper=(3.0, 2.0)) == 0


def test_grounds_of_replicates(
    firing: Problem, mill: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    best = {"temperature": 850, "hold": 6, "milling": "planetary", "speed": 450, "time": 6}
    doubtful = {"temperature": 800, "hold": 6, "milling": "planetary", "speed": 300, "time": 6}
    off_grid = {"temperature": 803.3, "hold": 6, "milling": "none"}
    failed = {"temperature": 900, "hold": 12, "milling": "planetary", "speed": 600, "time": 3}
    pending = {"temperature": 880, "hold": 6, "milling": "none"}
    rows = [
        made(best, pure=True, capacity=250),
        made(doubtful, pure=True, capacity=180),
        made(doubtful, pure=False, capacity=60),
        made(off_grid, pure=True, capacity=240),
        made(failed, failure="process"),
        made(pending, pure=True, capacity=150),
        made(pending, status="running"),
    ]
    data = dataset_of(mill, rows)
    found = replicates(
        firing, learned(firing, data), known_experiments(firing, data), SearchSpace(mill, firing.rules)
    )
    grounds = {f"E{one.row + 1}": one.ground for one in found}
    assert grounds["E2"] == "replicate_suspicious", "pure and impure under the same conditions"
    assert grounds["E1"] in ("replicate_best", "replicate_boundary")
    assert not {"E3", "E4", "E5", "E6", "E7"} & set(grounds), "once each, on the steps, not while pending"


@pytest.fixture(scope="module")
def fading(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> Callable[[Callable[[float], float]], tuple[Problem, Dataset, Beliefs]]:
    """Everything measured: pure below 6 and impure from there on, and y as told."""

    def build(y: Callable[[float], float]) -> tuple[Problem, Dataset, Beliefs]:
        pure = Response(name="pure", kind="yes_no", falls_with=("x",))
        problem = Problem(
            space=line,
            responses={"y": EXACT, "pure": pure},
            goal=Goal.single("y", "maximise"),
            limits=(YesNoLimit(response="pure", side="at_least", probability=0.7),),
        )
        data = dataset_of(line, [made({"x": x / 2}, y=y(x / 2), pure=x < 12) for x in range(21)])
        return problem, data, learned(problem, data)

    return build


def test_what_one_more_answer_could_move_is_a_boundary(
    fading: Callable[..., Any], line: ParameterSpace
) -> None:
    problem, data, beliefs = fading(lambda x: 10 - x)
    known = known_experiments(problem, data)
    found = replicates(problem, beliefs, known, SearchSpace(line))
    near = {data.experiments[one.row].executed["x"] for one in found if one.ground == "replicate_boundary"}
    assert near and near <= {5.0, 5.5, 6.0, 6.5}
    best = next(o for o in found if o.ground == "replicate_best")
    assert data.experiments[best.row].executed["x"] == 0.0


def test_the_answers_of_a_repeat_are_foretold(fading: Callable[..., Any]) -> None:
    # The best stands where pure gives way to impure, and all else is measured: it is asked again.
    problem, data, beliefs = fading(lambda x: x)
    codes = torch.tensor([[5.5]], dtype=torch.float64)
    now, yes, no = (float(p) for p in after_an_answer(problem.limits[0], beliefs, codes))
    assert no < 0.7 < now < yes
    # The law of total probability: what the answers would make of it averages to what it is.
    assert now * yes + (1 - now) * no == pytest.approx(now, abs=0.01)
    choice = Choice(codes[0], None, "replicate_best", NOTHING, repeats=11)
    known = known_experiments(problem, data)
    said = " ".join(why_again(problem, beliefs, known, choice, "much", lambda e: e.id))
    told = re.findall(
        rf"is {NUMBER} % here, at least {NUMBER} % is wanted; a yes would make it {NUMBER} %, a no {NUMBER} %",
        said,
    )
    assert [float(n) for n in told[0]] == pytest.approx([100 * now, 70, 100 * yes, 100 * no], abs=0.51)


@pytest.mark.parametrize(
    ("z", "others", "positive"),
    [(4.0, 9.0, True), (-4.0, 9.0, False), (-4.0, 0.0, False), (4.0, 30.0, False)],
    ids=["may be the best", "poor anyway", "poor and alone", "far behind"],
)
def test_a_doubtful_value_is_worth_checking_where_it_could_be_the_best(
    plain: Problem,
    line: ParameterSpace,
    made: Made,
    dataset_of: DatasetOf,
    z: float,
    others: float,
    positive: bool,
) -> None:
    (experiment,) = dataset_of(line, [made({"x": 1}, y=5 + z)]).experiments
    outlier = Outlier("E1", "y", 5 + z, 5.0, 1.0)
    worth = worth_of_doubt(outlier, experiment, plain, 6.0, others)
    odds = 39 * abs(z) * math.exp((1 - z**2) / 2)
    right = min(odds / (1 + odds), 1 / 11)
    alternative = max(6.0, others)
    with_it = right * max(6 + z, others) + (1 - right) * alternative
    assert worth == pytest.approx(with_it - max(6 + right * z, others), abs=1e-12)
    assert (worth > 1e-9) == positive


def test_ten_pending_leave_no_duplicates_and_no_near_twins(
    firing: Problem, fired: Dataset, learned: Learned, mill: ParameterSpace, dataset_of: DatasetOf, made: Made
) -> None:
    pool, _ = suggest(firing, fired, learned(firing, fired), 4, 1)
    assert len(pool) == 4
    rows = [
        made(e.executed, pure=True, capacity=c)
        for e, c in zip(fired.experiments[:4], (100, 90, 183, 250), strict=True)
    ]
    waiting = [made(s.parameters, status="planned") for s in pool]
    waiting += [
        made(
            {"temperature": 700 + 20 * i, "hold": 6, "milling": "planetary", "speed": 500, "time": 5 + i},
            status="running",
        )
        for i in range(6)
    ]
    data = dataset_of(mill, rows + waiting)
    items, _ = suggest(firing, data, learned(firing, data), 4, 0)
    known = known_experiments(firing, data)
    from ovenbird.models.encoding import codes_of_all

    codes = codes_of_all(mill, [s.parameters for s in items])
    pending = set(keys_of(known.pending_codes))
    keys = keys_of(codes)
    assert len(items) == 4 and len(set(keys)) == 4 and not pending & set(keys)
    spans = torch.tensor([300.0, 12, 0.5, 400, 11.5])
    for one, item in zip(codes, items, strict=True):
        others = torch.cat([known.pending_codes, codes[(codes != one).any(dim=1)]])
        distance = ((others - one).nan_to_num() / spans).abs().max(dim=1).values
        assert float(distance.min()) > 0.05, f"{item.parameters} is a twin"
