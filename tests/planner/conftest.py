"""What the tests of the planner share."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import strategies as st
from torch import Tensor

from ovenbird.datasets import CategoricalParameter, Dataset, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, learn
from ovenbird.models.evidence import Evidence
from ovenbird.models.latent_model import LatentModel
from ovenbird.models.output_scale import OutputScale
from ovenbird.models.surrogate import LeftOut
from ovenbird.models.threads import one_thread
from ovenbird.planner.goal import Goal
from ovenbird.planner.limits import YesNoLimit
from ovenbird.planner.problem import Problem
from ovenbird.planner.rules import ExcludeRule, LinearRule, MixtureRule, Rule

Conditions = Mapping[str, float | str | None]
Curve = Callable[[Tensor], Tensor]
Made = dict[str, Any]


@pytest.fixture(scope="session", autouse=True)
def _few_threads() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="session")
def mixture() -> tuple[ParameterSpace, tuple[Rule, ...]]:
    """Three shares in steps of 5 % that sum to one."""
    space = ParameterSpace(tuple(NumericParameter(name=n, low=0, high=1, step=0.05) for n in "abc"))
    return space, (LinearRule(coefficients={"a": 1, "b": 1, "c": 1}, at_least=1, at_most=1),)


@pytest.fixture(scope="session")
def obeys() -> Callable[[ParameterSpace, Sequence[Rule], Conditions], bool]:
    """Whether conditions are in range, on their step, present exactly where they apply, and within the rules."""

    def on_grid(parameter: NumericParameter, value: float) -> bool:
        if not parameter.low - 1e-9 <= value <= parameter.high + 1e-9:
            return False
        steps = (value - parameter.low) / parameter.grid_step
        return abs(steps - round(steps)) < 1e-6

    def within(rule: Rule, conditions: Conditions) -> bool:
        if isinstance(rule, ExcludeRule):
            return not all(conditions[name] in values for name, values in rule.settings.items())
        if isinstance(rule, MixtureRule):
            shares = [float(conditions[name] or 0) for name in rule.components]
            few = rule.at_most_components is None or sum(s > 0 for s in shares) <= rule.at_most_components
            return abs(sum(shares) - rule.total) < 1e-9 * max(1, rule.total) and few
        assert isinstance(rule, LinearRule)
        total = sum(w * float(conditions[name] or 0) for name, w in rule.coefficients.items())
        return rule.at_least - 1e-6 <= total <= rule.at_most + 1e-6

    def check(space: ParameterSpace, rules: Sequence[Rule], conditions: Conditions) -> bool:
        for parameter in space:
            value = conditions[parameter.name]
            if (value is None) != (space.applies(parameter, conditions) is False):
                return False
            if value is None:
                continue
            if isinstance(parameter, CategoricalParameter):
                if value not in parameter.values:
                    return False
            elif not on_grid(parameter, float(value)):
                return False
        return all(within(rule, conditions) for rule in rules)

    return check


@st.composite
def _rules(draw: st.DrawFn, space: ParameterSpace, witness: Conditions) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    numbers = [p.name for p in space if isinstance(p, NumericParameter)]
    if numbers and draw(st.booleans()):
        chosen = draw(st.lists(st.sampled_from(numbers), min_size=1, unique=True))
        weights = {name: float(draw(st.sampled_from([-2, 1, 1, 3]))) for name in chosen}
        total = sum(w * float(witness[name] or 0) for name, w in weights.items())
        side = draw(st.sampled_from(["at_least", "at_most"]))
        low, high = (total, math.inf) if side == "at_least" else (-math.inf, total)
        rules.append(LinearRule(coefficients=weights, at_least=low, at_most=high))
    if draw(st.booleans()):
        parameter = draw(st.sampled_from(space.parameters))
        if isinstance(parameter, CategoricalParameter):
            others = tuple(v for v in parameter.values if v != witness[parameter.name])
            if others:
                rules.append(ExcludeRule(settings={parameter.name: others[:1]}))
    return tuple(rules)


@pytest.fixture(scope="session")
def random_rules() -> Callable[[ParameterSpace, Conditions], st.SearchStrategy[tuple[Rule, ...]]]:
    """Strategy for rules of a space that some given conditions obey."""
    return _rules


@dataclass(frozen=True)
class _Told:
    """A surrogate that believes what it is told: a curve and a variance for each response."""

    curves: Mapping[str, Curve]
    variance: float
    scales: Mapping[str, OutputScale | None]
    noise: float = 0.0
    contradictions: tuple[str, ...] = ()

    @property
    def responses(self) -> tuple[str, ...]:
        return tuple(self.curves)

    @property
    def model(self) -> LatentModel:
        raise AssertionError("closed forms need no samples")

    @property
    def evidence(self) -> Evidence:
        raise AssertionError("it learned from nothing")

    @property
    def components(self) -> "tuple[tuple[float, _Told], ...]":
        return ((1.0, self),)

    @property
    def lead(self) -> "_Told":
        return self

    def left_out(self) -> LeftOut:
        raise AssertionError("it learned from nothing")

    def n_draws(self, n_responses: int, n_base: int) -> int:
        return n_responses * (n_base + 1)

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        means = torch.stack([curve(codes) for curve in self.curves.values()], dim=1)
        return means, torch.full_like(means, self.variance)

    def component_marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        mean, variance = self.marginals(codes)
        return mean.unsqueeze(0), variance.unsqueeze(0)

    def component_left_out(self) -> LeftOut:
        return LeftOut.of_several([self.left_out()])

    def samples(self, responses: Sequence[str], base: Tensor, draws: Tensor) -> "_ToldSamples":
        return _ToldSamples(self, tuple(responses), base, draws)

    def noise_variance(self, response: str, latent_mean: Tensor) -> Tensor:
        return torch.full_like(latent_mean, self.noise)


class _ToldSamples:
    """Samples of a told surrogate: every place is independent of every other."""

    def __init__(self, told: _Told, responses: tuple[str, ...], base: Tensor, draws: Tensor) -> None:
        self.curves, self.sd = [told.curves[name] for name in responses], told.variance**0.5
        n_outputs, n_base = len(responses), len(base)
        split = draws.reshape(len(draws), n_base + 1, n_outputs)
        self.own_draws = split[:, -1:]
        self.at_base = self._means(base) + self.sd * split[:, :n_base]

    def at(self, codes: Tensor) -> Tensor:
        return self._means(codes) + self.sd * self.own_draws

    def _means(self, codes: Tensor) -> Tensor:
        return torch.stack([curve(codes) for curve in self.curves], dim=1)


@pytest.fixture(scope="session")
def told() -> Callable[..., Beliefs]:
    """Beliefs with latent means given as functions of the codes, all of one variance; numbers are unscaled."""

    def build(
        space: ParameterSpace,
        responses: Sequence[Response],
        curves: Mapping[str, Curve],
        variance: float = 1.0,
        noise: float = 0.0,
    ) -> Beliefs:
        by_name = {r.name: r for r in responses}
        unscaled = OutputScale(None, None, 0.0, 1.0)
        scales = {n: None if by_name[n].is_yes_no else unscaled for n in curves}
        return Beliefs(space, by_name, (_Told(curves, variance, scales, noise),), Evidence(space, ()))

    return build


@pytest.fixture(scope="session")
def learned() -> Callable[[Problem, Dataset], Beliefs]:
    """Beliefs of a problem after a dataset."""

    def fit(problem: Problem, dataset: Dataset) -> Beliefs:
        return learn(dataset, problem.space, problem.responses, problem.features)

    return fit


@pytest.fixture(scope="session")
def normal_cdf() -> Callable[[float], float]:
    """Standard normal distribution function."""
    return lambda z: 0.5 * math.erfc(-z / math.sqrt(2))


@pytest.fixture(scope="session")
def firing(mill: ParameterSpace) -> Problem:
    """As much capacity as possible from a pure powder, within a furnace day."""
    capacity = Response(name="capacity", unit="mAh/g", plausible=(0, 370), relative_noise=0.04)
    pure = Response(
        name="pure", kind="yes_no", depends_on=("temperature", "hold"), rises_with=("temperature", "hold")
    )
    return Problem(
        space=mill,
        responses={"pure": pure, "capacity": capacity},
        goal=Goal.single("capacity", "maximise"),
        limits=(YesNoLimit(response="pure", side="at_least", probability=0.8),),
        rules=(LinearRule(coefficients={"time": 1, "hold": 1}, at_most=15),),
    )


@pytest.fixture(scope="session")
def fired(mill: ParameterSpace, dataset_of: Callable[..., Dataset], made: Callable[..., Made]) -> Dataset:
    """Six samples: pure from 700 °C on, better the harder they were milled; E6 is still running."""

    def sample(
        temperature: float, hold: float, milled: tuple[float, float] | None, **results: object
    ) -> Made:
        conditions: dict[str, object] = {"temperature": temperature, "hold": hold, "milling": "none"}
        if milled:
            conditions |= {"milling": "planetary", "speed": milled[0], "time": milled[1]}
        return made(conditions, **results)

    rows = [
        sample(700, 3, None, pure=True, capacity=100),
        sample(620, 0, None, pure=False, capacity="<40"),
        sample(700, 3, (300, 4), pure=True, capacity=[180, 186]),
        sample(800, 6, (450, 6), pure=True, capacity="~250"),
        sample(850, 12, (200, 3), pure=True),
        sample(700, 3, (600, 6), status="running"),
    ]
    return dataset_of(mill, rows)


@pytest.fixture(scope="session")
def fired_beliefs(firing: Problem, fired: Dataset, learned: Callable[[Problem, Dataset], Beliefs]) -> Beliefs:
    """What the six samples teach."""
    return learned(firing, fired)


@pytest.fixture(scope="session")
def kiln() -> Problem:
    """As much y as possible from a pure powder: a firing of 35 settings, and a dose that costs no time."""
    space = ParameterSpace(
        (
            NumericParameter(name="temperature", unit="degC", low=600, high=900, step=50),
            NumericParameter(name="hold", unit="h", low=0, high=12, step=3),
            NumericParameter(name="dose", low=0, high=10, step=0.5),
        )
    )
    pure = Response(
        name="pure", kind="yes_no", depends_on=("temperature", "hold"), rises_with=("temperature", "hold")
    )
    return Problem(
        space=space,
        responses={"pure": pure, "y": Response(name="y", unit="mAh/g", absolute_noise=2.0)},
        goal=Goal.single("y", "maximise"),
        limits=(YesNoLimit(response="pure", side="at_least", probability=0.7),),
        rules=(LinearRule(coefficients={"dose": 1, "hold": 1}, at_most=18),),
    )


@pytest.fixture(scope="session")
def fired_in_kiln(kiln: Problem, dataset_of: Callable[..., Dataset], made: Callable[..., Made]) -> Dataset:
    """Pure from 700 degC on, best in the middle of the doses and not too hot."""

    def sample(temperature: float, hold: float, dose: float) -> Made:
        y = 250 - 3 * (dose - 6) ** 2 - ((temperature - 750) / 20) ** 2 + hold
        return made(
            {"temperature": temperature, "hold": hold, "dose": dose}, pure=temperature >= 700, y=round(y, 1)
        )

    places = [(600, 0, 5), (650, 6, 5), (700, 3, 2), (700, 6, 5), (750, 3, 9), (800, 6, 5), (850, 3, 6)]
    places += [(900, 9, 8)]
    return dataset_of(kiln.space, [sample(*place) for place in places])


@pytest.fixture(scope="session")
def kiln_beliefs(
    kiln: Problem, fired_in_kiln: Dataset, learned: Callable[[Problem, Dataset], Beliefs]
) -> Beliefs:
    """What those firings teach."""
    return learned(kiln, fired_in_kiln)
