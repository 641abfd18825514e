"""The acquisition value against BoTorch's own and against closed forms."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.objective import GenericMCObjective
from botorch.sampling.normal import SobolQMCNormalSampler
from torch import Tensor

from ovenbird.datasets import Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.planner.acquisition import NoisyImprovement
from ovenbird.planner.goal import Goal
from ovenbird.planner.limits import Limit, NumberLimit, YesNoLimit
from ovenbird.planner.problem import Problem

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]

MAXIMISE = Goal.single("y", "maximise")
CANDIDATES = torch.linspace(0, 10, 41, dtype=torch.float64)[:, None]
PLACES = (0.5, 2.0, 4.0, 9.0)
EXACT = Response(name="y", absolute_noise=0.01)
NOISY = Response(name="y", absolute_noise=1.5)
PURE = Response(name="pure", kind="yes_no")


@pytest.fixture(scope="module")
def believed(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> Callable[..., Beliefs]:
    """Beliefs about a wave that is pure below x = 6."""

    def build(*responses: Response) -> Beliefs:
        results = [{"y": 4 * math.sin(x / 1.7) + 0.2 * x, "pure": x < 6} for x in PLACES]
        asked = {r.name for r in responses}
        rows = [
            made({"x": x}, **{n: v for n, v in result.items() if n in asked})
            for x, result in zip(PLACES, results, strict=True)
        ]
        problem = Problem(space=line, responses={r.name: r for r in responses}, goal=MAXIMISE)
        return learned(problem, dataset_of(line, rows))

    return build


def value_of(
    beliefs: Beliefs, goal: Goal = MAXIMISE, limits: tuple[Limit, ...] = (), seed: int = 0
) -> NoisyImprovement:
    known = torch.tensor(PLACES, dtype=torch.float64)[:, None]
    return NoisyImprovement(beliefs, goal, limits, known, seed)


@pytest.mark.parametrize(
    "response", [EXACT, NOISY, Response(name="y", plausible=(-10, 10))], ids=["exact", "noisy", "plausible"]
)
@pytest.mark.parametrize("sense", ["maximise", "minimise"])
def test_it_is_the_log_noisy_expected_improvement_of_botorch(
    response: Response, sense: str, believed: Callable[..., Beliefs], led: Callable[[Beliefs], Beliefs]
) -> None:
    beliefs = led(believed(response))
    ours = value_of(beliefs, Goal.single("y", sense))  # pyright: ignore[reportArgumentType]
    sign = 1.0 if sense == "maximise" else -1.0

    def objective(samples: Tensor, X: Tensor | None = None) -> Tensor:
        return sign * beliefs.in_units("y", samples[..., 0]) / ours.spread

    theirs = qLogNoisyExpectedImprovement(
        beliefs.surrogates[0].model,
        torch.tensor(PLACES, dtype=torch.float64)[:, None],
        sampler=SobolQMCNormalSampler(torch.Size([2048]), seed=1),
        objective=GenericMCObjective(objective),
        prune_baseline=False,
        cache_root=False,
    )
    with torch.no_grad():
        expected = theirs(CANDIDATES[:, None]).numpy()
    value = ours(CANDIDATES).numpy()
    promising = expected > expected.max() - 2.0
    assert promising.sum() >= 3
    np.testing.assert_allclose(value[promising], expected[promising], atol=0.25)
    ranks = value[promising].argsort().argsort(), expected[promising].argsort().argsort()
    assert float(np.corrcoef(*ranks)[0, 1]) > 0.9
    assert expected[int(value.argmax())] > expected.max() - 0.1


def test_without_noise_the_gain_is_the_expected_improvement_of_the_textbook(
    believed: Callable[..., Beliefs],
    led: Callable[[Beliefs], Beliefs],
    normal_cdf: Callable[[float], float],
) -> None:
    beliefs = led(believed(EXACT))
    scale = beliefs.surrogates[0].scales["y"]
    assert scale is not None
    best = max(4 * math.sin(x / 1.7) + 0.2 * x for x in PLACES)
    mean, variance = beliefs.latent("y", CANDIDATES)
    found = value_of(beliefs).improvement(CANDIDATES)
    for i in range(len(CANDIDATES)):
        if min(abs(float(CANDIDATES[i]) - x) for x in PLACES) < 0.6:
            continue
        centre, sd = (
            float(mean[i]) * scale.spread + scale.centre,
            math.sqrt(float(variance[i])) * scale.spread,
        )
        u = (centre - best) / sd
        density = math.exp(-0.5 * u**2) / math.sqrt(2 * math.pi)
        assert float(found.expected[i]) == pytest.approx(
            sd * (u * normal_cdf(u) + density), rel=0.12, abs=0.03
        )
        assert float(found.probability[i]) == pytest.approx(normal_cdf(u), abs=0.04)


def test_a_pending_experiment_takes_away_its_own_gain(believed: Callable[..., Beliefs]) -> None:
    beliefs = believed(EXACT)
    alone = value_of(beliefs)
    best = CANDIDATES[int(alone(CANDIDATES).argmax())]
    known = torch.cat([torch.tensor(PLACES, dtype=torch.float64)[:, None], best[None]])
    with_pending = NoisyImprovement(beliefs, MAXIMISE, (), known, 0)
    before, after = alone.improvement(best[None]), with_pending.improvement(best[None])
    assert float(after.expected) < 0.02 * float(before.expected)
    assert float((CANDIDATES[int(with_pending(CANDIDATES).argmax())] - best).abs()) > 0.4


def test_what_breaks_a_limit_is_worth_little(believed: Callable[..., Beliefs]) -> None:
    beliefs = believed(NOISY, PURE)
    limit = YesNoLimit(response="pure", side="at_least", probability=0.9)
    limited = value_of(beliefs, limits=(limit,))
    chance = beliefs.probability_of_yes("pure", CANDIDATES)
    pure, impure = chance > 0.8, chance < 0.2
    assert pure.any() and impure.any()
    value = limited(CANDIDATES)
    assert float(value[impure].max()) < float(value[pure].max()) - math.log(2)
    promised = limited.improvement(CANDIDATES).probability
    assert torch.all(promised <= chance + 0.05)


def test_independent_limits_multiply_the_value(believed: Callable[..., Beliefs]) -> None:
    """Improvement and purity have independent surrogates: E[gain x pure] = E[gain] P(pure), incumbent aside."""
    beliefs = believed(EXACT, PURE)
    nowhere = torch.zeros(0, 1, dtype=torch.float64)
    limit = YesNoLimit(response="pure", side="at_least", probability=0.9)
    limited = NoisyImprovement(beliefs, MAXIMISE, (limit,), nowhere, 0).improvement(CANDIDATES).probability
    free = NoisyImprovement(beliefs, MAXIMISE, (), nowhere, 0).improvement(CANDIDATES).probability
    chance = beliefs.probability_of_yes("pure", CANDIDATES)
    torch.testing.assert_close(limited, free * chance, atol=0.05, rtol=0)


def test_nothing_known_that_meets_the_limits_gives_no_gain_to_quote(believed: Callable[..., Beliefs]) -> None:
    out_of_reach = NumberLimit(response="y", side="at_least", bound=1e3)
    value = value_of(believed(NOISY), limits=(out_of_reach,))
    assert torch.isnan(value.improvement(CANDIDATES).expected).all()
    assert torch.isfinite(value(CANDIDATES)).all()


def test_a_target_is_approached_from_both_sides(believed: Callable[..., Beliefs]) -> None:
    beliefs = believed(EXACT)
    goal = Goal.single("y", "target", 1.0)
    best = CANDIDATES[int(value_of(beliefs, goal)(CANDIDATES).argmax())]
    mean, variance = beliefs.latent("y", best[None])
    scale = beliefs.surrogates[0].scales["y"]
    assert scale is not None
    away = abs(float(mean) * scale.spread + scale.centre - 1.0)
    assert away < 2 * math.sqrt(float(variance)) * scale.spread + 0.5


@pytest.mark.parametrize("scale", [1e-3, 1e4])
def test_the_unit_of_the_goal_does_not_change_the_ranking(
    scale: float, line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    values = []
    for factor in (1.0, scale):
        response = Response(name="y", absolute_noise=0.3 * factor)
        problem = Problem(space=line, responses={"y": response}, goal=MAXIMISE)
        rows = [made({"x": x}, y=factor * (4 * math.sin(x / 1.7) + 0.2 * x)) for x in PLACES]
        values.append(value_of(learned(problem, dataset_of(line, rows)))(CANDIDATES))
    torch.testing.assert_close(values[0], values[1], atol=1e-2, rtol=0)


def test_the_same_seed_gives_the_same_value(believed: Callable[..., Beliefs]) -> None:
    beliefs = believed(NOISY)
    one, same, other = (value_of(beliefs, seed=seed)(CANDIDATES) for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_any_surrogate_that_keeps_the_protocol_can_be_improved_on(
    told: Callable[..., Beliefs], line: ParameterSpace, normal_cdf: Callable[[float], float]
) -> None:
    """Independent normals everywhere and nothing known: what promises to improve is what is pure."""
    curves = {"y": lambda codes: codes[:, 0], "pure": lambda codes: 3 - codes[:, 0]}
    beliefs = told(line, [Response(name="y"), PURE], curves, 0.25)
    limit = YesNoLimit(response="pure", side="at_least", probability=0.5)
    nothing = torch.zeros(0, 1, dtype=torch.float64)
    places = torch.linspace(2, 10, 9, dtype=torch.float64)[:, None]  # y is all but surely above nothing here
    promised = NoisyImprovement(beliefs, MAXIMISE, (limit,), nothing, 0).improvement(places).probability
    expected = [normal_cdf((3 - float(x)) / math.sqrt(1.25)) for x in places[:, 0]]
    torch.testing.assert_close(promised, torch.tensor(expected, dtype=torch.float64), atol=0.02, rtol=0)
