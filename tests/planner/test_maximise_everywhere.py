"""Without enumeration the search comes within 1 % of the best acquisition there is."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from torch import Tensor

from ovenbird.datasets import CategoricalParameter, Dataset, NumericParameter, Parameter, ParameterSpace
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.encoding import Encoding, activity, conditions_of_codes
from ovenbird.planner import maximise as module
from ovenbird.planner.acquisition import NoisyImprovement
from ovenbird.planner.feasibility import shortfall
from ovenbird.planner.known import known_experiments
from ovenbird.planner.maximise import Score, in_chunks, maximise
from ovenbird.planner.problem import Problem
from ovenbird.planner.rules import LinearRule
from ovenbird.planner.search_space import SearchSpace

Obeys = Callable[..., bool]


@pytest.fixture(autouse=True)
def _never_enumerate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENUMERATE_UP_TO", 0)


class Counted:
    """A score that counts what it is asked."""

    def __init__(self, score: Score) -> None:
        self.score, self.asked = score, 0

    def __call__(self, codes: Tensor) -> Tensor:
        self.asked += len(codes)
        return self.score(codes)


def random_space(generator: np.random.Generator) -> SearchSpace:
    """Up to six parameters, some conditional, with 1000 to 20,000 conditions, half of them with a rule."""
    while True:
        parameters: list[Parameter] = []
        for number in range(int(generator.integers(2, 7))):
            parents = [p for p in parameters if isinstance(p, CategoricalParameter)]
            when = {}
            if parents and generator.random() < 0.4:
                parent = parents[int(generator.integers(len(parents)))]
                some = generator.permutation(parent.values)[
                    : int(generator.integers(1, len(parent.values) + 1))
                ]
                when = {parent.name: tuple(map(str, some))}
            name = f"p{number}"
            if generator.random() < 0.35:
                values = tuple("abcdef"[: int(generator.integers(2, 7))])
                parameters.append(CategoricalParameter(name=name, values=values, when=when))
            else:
                steps = int(np.exp(generator.uniform(np.log(2), np.log(300))))
                high = round(0.1 * steps, 9)
                parameters.append(NumericParameter(name=name, low=0, high=high, step=0.1, when=when))
        space = ParameterSpace(tuple(parameters))
        numbers = {p.name: p.high for p in space if isinstance(p, NumericParameter)}
        bound = sum(numbers.values()) * generator.uniform(0.3, 0.8)
        rule = (
            LinearRule(coefficients=dict.fromkeys(numbers, 1.0), at_most=bound) if len(numbers) > 1 else None
        )
        search = SearchSpace(space, (rule,) if rule and generator.random() < 0.5 else ())
        if 1000 <= search.size <= 20_000:
            return search


def acquisition_like(space: ParameterSpace, generator: np.random.Generator) -> Score:
    """Log of a smoothed improvement of a random smooth function with many hills over a high bar."""
    encoding = Encoding(space, space.names)
    width = sum(encoding.group_sizes)
    lengths = torch.tensor(np.exp(generator.uniform(math.log(0.3), math.log(2), size=width)))
    waves = torch.tensor(generator.standard_t(5, size=(width, 150))) / lengths[:, None]
    phases = torch.tensor(generator.random(150) * 2 * math.pi)
    heights = torch.tensor(generator.normal(size=150)) * math.sqrt(2 / 150)

    def score(codes: Tensor) -> Tensor:
        values = torch.cos(encoding.columns(codes, activity(space, codes)) @ waves + phases) @ heights
        return torch.nn.functional.softplus((values - 1.5) / 0.2).clamp_min(1e-30).log()

    return score


def test_generated_spaces_are_searched_as_if_enumerated() -> None:
    gaps, asked, sizes = [], [], []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        search = random_space(generator)
        score = Counted(acquisition_like(search.space, generator))
        best = max(float(in_chunks(score.score, codes).max()) for codes in search.everything())
        found = maximise(score, search, torch.zeros(0, len(search.space)).double(), generator)
        gaps.append(1 - math.exp(found.score - best))
        asked.append(score.asked)
        sizes.append(sum(map(len, search.everything())))
    assert np.mean(np.array(gaps) <= 0.01) >= 0.95, sorted(gaps)[-4:]
    assert np.mean(gaps) < 0.01
    assert max(asked) < 2500 and np.mean(asked) < 0.5 * np.mean(sizes)


def limited(problem: Problem, beliefs: Beliefs, base: Tensor) -> Score:
    """The acquisition, with what misses a limit far below what meets all."""
    acquisition = NoisyImprovement(beliefs, problem.goal, problem.limits, base, 0)

    def score(codes: Tensor) -> Tensor:
        missed = shortfall(problem.limits, beliefs, codes)
        return acquisition(codes) - torch.where(missed > 1e-9, 1e3 + missed, 0.0)

    return score


@pytest.mark.parametrize("with_limits", [False, True])
def test_the_real_acquisition_is_maximised(
    with_limits: bool, firing: Problem, fired: Dataset, fired_beliefs: Beliefs, obeys: Obeys
) -> None:
    temperature = NumericParameter(name="temperature", unit="degC", low=600, high=900, step=50)
    hold = NumericParameter(name="hold", unit="h", low=0, high=12, step=1)
    others = firing.space.parameters[2:]
    search = SearchSpace(ParameterSpace((temperature, hold, *others)), firing.rules)
    base = known_experiments(firing, fired).incumbents(firing, fired_beliefs)
    real = limited(firing, fired_beliefs, base)
    if not with_limits:
        real = NoisyImprovement(fired_beliefs, firing.goal, firing.limits, base, 0)
    best = max(float(in_chunks(real, codes).max()) for codes in search.everything())
    for seed in range(3):
        score = Counted(real)
        found = maximise(score, search, base, np.random.default_rng(seed))
        assert math.exp(found.score - best) >= 0.99
        assert score.asked < search.size / 3
        assert obeys(search.space, search.rules, conditions_of_codes(search.space, found.codes[None])[0])


def test_fine_settings_reach_what_gradients_reach(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    free = [
        NumericParameter(name=p.name, low=p.low, high=p.high, when=p.when)
        if isinstance(p, NumericParameter)
        else p
        for p in firing.space
    ]
    search = SearchSpace(ParameterSpace(tuple(free)))
    base = known_experiments(firing, fired).incumbents(firing, fired_beliefs)
    score = NoisyImprovement(fired_beliefs, firing.goal, firing.limits, base, 0)
    found = maximise(score, search, base, np.random.default_rng(0))
    low = np.array([600, 0, 200, 0.5])
    span = np.array([300, 12, 400, 11.5])

    def cost(point: np.ndarray) -> tuple[float, np.ndarray]:
        points = np.vstack([point, point + 1e-4 * np.eye(4), point - 1e-4 * np.eye(4)])
        codes = np.insert(low + span * points, 2, 1.0, axis=1)
        values = score(torch.as_tensor(codes)).numpy()
        return -float(values[0]), -(values[1:5] - values[5:]) / 2e-4

    starts = np.random.default_rng(0).random((10, 4))
    reached = [
        -float(minimize(cost, x, jac=True, method="L-BFGS-B", bounds=[(0, 1)] * 4).fun) for x in starts
    ]
    assert math.exp(found.score - max(reached)) >= 0.99


@pytest.mark.parametrize("with_conditions", [False, True])
def test_fifteen_parameters(with_conditions: bool, obeys: Obeys) -> None:
    parameters: list[Parameter] = []
    for number in range(15):
        if with_conditions and number in (0, 1, 6):
            parameters.append(CategoricalParameter(name=f"p{number}", values=tuple("abcd")))
            continue
        when = {"p0": ("a", "b")} if with_conditions and number in (2, 3) else {}
        step = 0.05 if number % 2 else None
        parameters.append(NumericParameter(name=f"p{number}", low=0, high=1, step=step, when=when))
    names = [f"p{number}" for number in (4, 5, 7)]
    rules = (LinearRule(coefficients=dict.fromkeys(names, 1.0), at_most=1.5),)
    search = SearchSpace(ParameterSpace(tuple(parameters)), rules)
    centre = search.sample(1, np.random.default_rng(1))
    encoding = Encoding(search.space, search.space.names)
    aim = encoding.columns(centre, activity(search.space, centre))

    def score(codes: Tensor) -> Tensor:
        away = (encoding.columns(codes, activity(search.space, codes)) - aim).square()
        return -away.sum(dim=1) - 0.3 * (1 - torch.cos(12 * away.sqrt())).sum(dim=1)

    counted = Counted(score)
    found = maximise(counted, search, torch.zeros(0, 15, dtype=torch.float64), np.random.default_rng(0))
    assert obeys(search.space, rules, conditions_of_codes(search.space, found.codes[None])[0])
    drawn = float(score(search.sample(counted.asked, np.random.default_rng(2))).max())
    assert found.score > 0.2 * drawn, "at most a fifth of the loss of as many random conditions"


def test_categories_too_many_to_go_through() -> None:
    values = tuple(f"v{i}" for i in range(40))
    space = ParameterSpace(tuple(CategoricalParameter(name=n, values=values) for n in "abcd"))
    worth = torch.tensor(np.random.default_rng(0).normal(size=(4, 40)))

    def score(codes: Tensor) -> Tensor:
        return sum((worth[c][codes[:, c].long()] for c in range(4)), torch.zeros(len(codes)).double())

    counted = Counted(score)
    found = maximise(counted, SearchSpace(space), torch.zeros(0, 4).double(), np.random.default_rng(0))
    assert found.score == pytest.approx(float(worth.max(dim=1).values.sum()))
    assert counted.asked < 5000
