"""Hypervolume improvement against BoTorch's own and against volumes known in closed form."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from botorch.acquisition.multi_objective import logei
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective
from botorch.models.model import ModelList
from botorch.sampling.list_sampler import ListSampler
from botorch.sampling.normal import IIDNormalSampler
from botorch.utils.multi_objective.hypervolume import Hypervolume, infer_reference_point
from botorch.utils.multi_objective.pareto import is_non_dominated
from torch import Tensor

from ovenbird.datasets import Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.planner.cost import Cost, CostTerm
from ovenbird.planner.goal import Goal, Objective, Sense
from ovenbird.planner.hypervolume import HypervolumeImprovement, reference_point
from ovenbird.planner.known import known_experiments
from ovenbird.planner.limits import NumberLimit, YesNoLimit
from ovenbird.planner.problem import Problem

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]
Told = Callable[..., Beliefs]

CANDIDATES = torch.linspace(0, 10, 41, dtype=torch.float64)[:, None]
PLACES = torch.tensor([[0.5], [2.0], [4.0], [9.0]], dtype=torch.float64)
Y, Z, W = (Response(name=name) for name in "yzw")
PURE = Response(name="pure", kind="yes_no")


def goal_of(**senses: Sense) -> Goal:
    return Goal(tuple(Objective(response=n, sense=s) for n, s in senses.items()))


BOTH = goal_of(y="maximise", z="maximise")


@pytest.fixture(scope="module")
def waves(line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned) -> Beliefs:
    """Two responses that are large in different places, learned from four exact values each."""
    exact = [Response(name="y", absolute_noise=0.05), Response(name="z", absolute_noise=0.05)]
    rows = [
        made({"x": x}, y=4 * math.sin(x / 1.7) + 0.2 * x, z=3 * math.cos(x / 2.1))
        for x in PLACES[:, 0].tolist()
    ]
    problem = Problem(space=line, responses={r.name: r for r in exact}, goal=BOTH)
    return learned(problem, dataset_of(line, rows))


@pytest.mark.parametrize("senses", [("maximise", "maximise"), ("maximise", "minimise")])
def test_it_is_the_log_noisy_expected_hypervolume_improvement_of_botorch(
    senses: tuple[Sense, Sense],
    waves: Beliefs,
    led: Callable[[Beliefs], Beliefs],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Its kernel in C++ would be compiled first, which takes minutes.
    monkeypatch.setattr(logei, "_try_load_fused_kernel", lambda: None)
    monkeypatch.setattr(logei, "_C", None)
    beliefs, goal = led(waves), goal_of(y=senses[0], z=senses[1])
    signs = torch.tensor([1.0 if s == "maximise" else -1.0 for s in senses], dtype=torch.float64)
    reference = torch.tensor([-3.0, -3.0], dtype=torch.float64)
    ours = HypervolumeImprovement(beliefs, goal, (), PLACES, 0, reference=reference)

    def objective(samples: Tensor, X: Tensor | None = None) -> Tensor:
        units = [beliefs.in_units(name, samples[..., i]) for i, name in enumerate("yz")]
        return torch.stack(units, dim=-1) * signs / ours.spread

    # Two Sobol sequences agree in their leading bits; drawn at random they are independent.
    samplers = [IIDNormalSampler(torch.Size([2048]), seed=seed) for seed in (1, 2)]
    theirs = qLogNoisyExpectedHypervolumeImprovement(
        ModelList(*(beliefs.surrogate_of(name).model for name in "yz")),
        ref_point=reference / ours.spread,
        X_baseline=PLACES,
        sampler=ListSampler(*samplers),
        objective=GenericMCMultiOutputObjective(objective),
        prune_baseline=False,
        cache_root=False,
    )
    with torch.no_grad():
        expected = theirs(CANDIDATES[:, None]).numpy()
    value = ours(CANDIDATES).numpy()
    promising = expected > expected.max() - 2.0
    assert promising.sum() >= 3
    np.testing.assert_allclose(value[promising], expected[promising], atol=0.3)
    assert expected[int(value.argmax())] > expected.max() - 0.15


def certain(line: ParameterSpace, told: Told, **curves: Callable[[Tensor], Tensor]) -> Beliefs:
    """Beliefs that are (almost) sure of some curves."""
    responses = [PURE if name == "pure" else Response(name=name) for name in curves]
    return told(line, responses, curves, variance=1e-12)


def gain_of(front: Tensor, point: Tensor, reference: Tensor) -> tuple[float, float]:
    """Volume of a front and what a point adds to it, by BoTorch's exact recursion."""
    measure = Hypervolume(reference)

    def volume(points: Tensor) -> float:
        return measure.compute(points[is_non_dominated(points)])

    before = volume(front)
    return before, volume(torch.cat([front, point[None]])) - before


CURVES: dict[str, Callable[[Tensor], Tensor]] = {
    "y": lambda c: c[:, 0],
    "z": lambda c: 12 - c[:, 0] - 2 * torch.sin(c[:, 0]),
    "w": lambda c: 3 + torch.cos(2 * c[:, 0]),
    "v": lambda c: (c[:, 0] - 3).abs(),
}


@pytest.mark.parametrize("names", ["yz", "yzw", "yzwv"])
def test_where_all_is_certain_the_gain_is_the_exact_volume(
    names: str, line: ParameterSpace, told: Told
) -> None:
    beliefs = certain(line, told, **{name: CURVES[name] for name in names})
    senses: dict[str, Sense] = dict.fromkeys(names, "maximise")
    goal = goal_of(**senses)
    reference = torch.zeros(len(names), dtype=torch.float64)
    ours = HypervolumeImprovement(beliefs, goal, (), PLACES, 0, reference=reference)
    found = ours.improvement(CANDIDATES)
    log_value = ours(CANDIDATES)
    at = torch.stack([CURVES[name](CANDIDATES) for name in names], dim=1)
    front = torch.stack([CURVES[name](PLACES) for name in names], dim=1)
    unit = float(ours.spread.prod())
    for i, point in enumerate(at):
        before, gain = gain_of(front, point, reference)
        assert float(found.expected[i]) == pytest.approx(gain / before, abs=1e-4)
        if gain > 0.05 * unit:
            assert float(log_value[i]) == pytest.approx(math.log(gain / unit), abs=0.05)
        beaten = bool((front >= point - 1e-9).all(dim=1).any())
        assert float(found.probability[i]) == pytest.approx(0.0 if beaten else 1.0)


def test_pending_conditions_take_away_their_own_gain(waves: Beliefs) -> None:
    reference = torch.tensor([-3.0, -3.0], dtype=torch.float64)
    alone = HypervolumeImprovement(waves, BOTH, (), PLACES, 0, reference=reference)
    best = CANDIDATES[int(alone(CANDIDATES).argmax())][None]
    more = HypervolumeImprovement(waves, BOTH, (), torch.cat([PLACES, best]), 0, reference=reference)
    assert float(more(best)) < float(alone(best)) - 1
    before, after = alone.improvement(best), more.improvement(best)
    assert float(after.expected) < 0.2 * float(before.expected)
    assert float(after.probability) < 0.05 < float(before.probability)


def test_what_breaks_a_limit_gains_nothing_and_holds_no_front(line: ParameterSpace, told: Told) -> None:
    curves = {name: CURVES[name] for name in "yz"}
    beliefs = certain(line, told, **curves, pure=lambda c: 40 * (5 - c[:, 0]))
    limits = (YesNoLimit(response="pure", side="at_least", probability=0.8),)
    reference = torch.zeros(2, dtype=torch.float64)
    limited = HypervolumeImprovement(beliefs, BOTH, limits, PLACES, 0, reference=reference)
    kept = CANDIDATES[:, 0] < 4.9
    found = limited.improvement(CANDIDATES)
    assert float(found.probability[CANDIDATES[:, 0] > 5.1].max()) < 1e-6
    # The place at 9 is impure: the front is that of the other three.
    free = HypervolumeImprovement(beliefs, BOTH, (), PLACES[:3], 0, reference=reference)
    expected = free.improvement(CANDIDATES).expected
    assert found.expected[kept].tolist() == pytest.approx(expected[kept].tolist(), abs=1e-6)
    beyond = CANDIDATES[:, 0] > 5.1
    assert float(limited(CANDIDATES)[beyond].max()) < float(limited(CANDIDATES)[kept].max()) - 5
    nothing = HypervolumeImprovement(beliefs, BOTH, limits, PLACES[3:], 0, reference=reference)
    assert torch.isnan(nothing.improvement(CANDIDATES).expected).all()
    assert float(nothing.improvement(CANDIDATES).probability[kept].min()) > 0.99


def test_a_number_must_keep_its_bound_in_the_same_sample(line: ParameterSpace, told: Told) -> None:
    curves = {name: CURVES[name] for name in "yz"}
    beliefs = certain(line, told, **curves)
    limits = (NumberLimit(response="y", side="at_most", bound=6.0),)
    found = HypervolumeImprovement(
        beliefs, BOTH, limits, PLACES, 0, reference=torch.zeros(2, dtype=torch.float64)
    ).improvement(CANDIDATES)
    assert float(found.expected[CANDIDATES[:, 0] > 6.3].max()) < 1e-6 < float(found.expected.max())


HOURS = Cost(name="process_hours", unit="h", terms=(CostTerm(constant=2, per_unit={"x": 1}),))


def test_a_cost_is_an_objective_without_error(line: ParameterSpace, told: Told) -> None:
    beliefs = told(line, [Y], {"y": lambda c: torch.sqrt(c[:, 0])}, variance=0.09)
    goal = goal_of(y="maximise", process_hours="minimise")
    reference = torch.tensor([0.0, -12.0], dtype=torch.float64)
    place = torch.tensor([[4.0]], dtype=torch.float64)
    ours = HypervolumeImprovement(beliefs, goal, (), place, 0, {"process_hours": HOURS}, reference=reference)
    cheaper, dearer = torch.tensor([[1.0]]).double(), torch.tensor([[5.0]]).double()
    assert float(ours.improvement(cheaper).probability) == 1.0, "nothing known is as cheap"
    # It is better only if its capacity is: P(N(sqrt 5, .09) > N(2, .09)), the two independent.
    wanted = 0.5 * math.erfc(-(math.sqrt(5) - 2) / (0.3 * math.sqrt(2)) / math.sqrt(2))
    assert float(ours.improvement(dearer).probability) == pytest.approx(wanted, abs=0.05)


@pytest.fixture(scope="module")
def traded(line: ParameterSpace) -> Problem:
    return Problem(space=line, responses={"y": Y, "z": Z, "pure": PURE}, goal=BOTH)


def known_at(problem: Problem, places: Sequence[float], made: Made, dataset_of: DatasetOf) -> Any:
    rows = [made({"x": x}, y=1.0, z=1.0) for x in places]
    return known_experiments(problem, dataset_of(problem.space, rows))


def test_the_reference_point_is_that_of_botorch_on_a_wide_front(
    traded: Problem, line: ParameterSpace, told: Told, made: Made, dataset_of: DatasetOf
) -> None:
    beliefs = certain(line, told, y=lambda c: c[:, 0], z=lambda c: 9 - c[:, 0], pure=lambda c: c[:, 0] + 9)
    known = known_at(traded, [0.0, 3.0, 8.0], made, dataset_of)
    front = torch.tensor([[0.0, 9.0], [3.0, 6.0], [8.0, 1.0]], dtype=torch.float64)
    expected = infer_reference_point(front, scale=0.1)
    assert reference_point(traded, beliefs, known).tolist() == pytest.approx(expected.tolist(), abs=1e-3)


def test_a_narrow_front_may_grow_by_the_usual_spread(
    traded: Problem, line: ParameterSpace, told: Told, made: Made, dataset_of: DatasetOf
) -> None:
    # Told numbers have a spread of 1.
    beliefs = certain(line, told, y=lambda c: c[:, 0], z=lambda c: 9 - c[:, 0], pure=lambda c: c[:, 0] + 9)
    known = known_at(traded, [4.0], made, dataset_of)
    assert reference_point(traded, beliefs, known).tolist() == pytest.approx([2.9, 3.9], abs=1e-3)


def test_where_nothing_keeps_the_limits_everything_made_lies_above_the_reference(
    traded: Problem, line: ParameterSpace, told: Told, made: Made, dataset_of: DatasetOf
) -> None:
    beliefs = certain(line, told, y=lambda c: c[:, 0], z=lambda c: 9 - c[:, 0], pure=lambda c: -9 - c[:, 0])
    limits = (YesNoLimit(response="pure", side="at_least", probability=0.8),)
    limited = replace(traded, limits=limits)
    known = known_at(limited, [2.0, 4.0], made, dataset_of)
    assert reference_point(limited, beliefs, known).tolist() == pytest.approx([1.0, 4.0], abs=1e-3)
    nowhere = known_at(limited, [], made, dataset_of)
    low = reference_point(limited, beliefs, nowhere)
    assert float(low[0]) < 1.0 and float(low[1]) < 1.0, "below what the space has to offer"
