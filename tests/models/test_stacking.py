"""Weights of surrogates by what they foretell."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from ovenbird.datasets import Dataset, NumericParameter, ParameterSpace, Response
from ovenbird.models import stacking
from ovenbird.models.beliefs import Beliefs, NumberForecast
from ovenbird.models.candidates import stack_of
from ovenbird.models.evidence import gather_evidence
from ovenbird.models.fitted_latent_surrogate import FittedLatentSurrogate
from ovenbird.models.mixture import left_out_density
from ovenbird.models.stacking import FittedStack, stacking_weights
from ovenbird.models.surrogate import FittedSurrogate

Made = Callable[..., dict[str, Any]]
Learned = Callable[..., Beliefs]
DatasetOf = Callable[..., Dataset]

EQUAL = torch.ones(3, dtype=torch.float64)


@given(seed=st.integers(0, 200), n=st.integers(1, 30))
def test_weights_maximise_the_penalised_log_score(seed: int, n: int) -> None:
    """Against a general optimiser over the softmax of the weights."""
    densities = np.random.default_rng(seed).normal(0, 2, size=(3, n))
    found = stacking_weights(torch.as_tensor(densities), EQUAL).numpy()

    def loss(logits: np.ndarray) -> float:
        weights = np.exp(logits - logits.max())
        weights /= weights.sum()
        score = np.log((weights[:, None] * np.exp(densities)).sum(axis=0)).sum()
        return -score - 2 / 3 * np.log(np.maximum(weights, 1e-300)).sum()

    best = minimize(loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12}).fun
    assert loss(np.log(found)) == pytest.approx(best, abs=1e-4)
    assert found.sum() == pytest.approx(1) and (found > 0).all()


def test_without_observations_the_prior_decides() -> None:
    prior = torch.tensor([3.0, 1.0], dtype=torch.float64)
    found = stacking_weights(torch.zeros(2, 0, dtype=torch.float64), prior)
    torch.testing.assert_close(found, torch.tensor([0.75, 0.25]).double())


def test_what_cannot_say_gains_nothing_from_it() -> None:
    known = torch.tensor([[-1.0, -1.0, -1.0], [torch.nan, torch.nan, torch.nan]], dtype=torch.float64)
    found = stacking_weights(known, torch.ones(2).double())
    assert found[0] > found[1]


@pytest.fixture(scope="module")
def box() -> ParameterSpace:
    return ParameterSpace(tuple(NumericParameter(name=n, low=0, high=10, step=0.5) for n in "xz"))


def rows_of(
    made: Made, curve: Callable[[float, float], float], n: int, seed: int = 0
) -> list[dict[str, Any]]:
    places = np.random.default_rng(seed).integers(0, 21, size=(n, 2)) / 2
    return [made({"x": x, "z": z}, y=curve(x, z)) for x, z in places.tolist()]


def stacked(beliefs: Beliefs) -> FittedStack:
    (surrogate,) = beliefs.surrogates
    assert isinstance(surrogate, FittedStack)
    return surrogate


def test_ratios_that_scatter_alike_are_learned_on_the_logarithm(
    made: Made, learned: Learned, box: ParameterSpace
) -> None:
    noise = np.random.default_rng(5)
    rows = rows_of(made, lambda x, z: float(np.exp(0.6 * x + 0.3 * noise.normal())), 30)
    stack = stacked(learned(box, [Response(name="y")], rows))
    weights = {item.name: item.weight for item in stack.weighed}
    assert weights["Gaussian process on the logarithm"] > 0.6
    assert sum(weights.values()) == pytest.approx(1)
    best = max(stack.weighed, key=lambda item: item.log_density)
    assert best.name.endswith("logarithm")


def test_a_staircase_is_left_to_the_trees(made: Made, learned: Learned, box: ParameterSpace) -> None:
    noise = np.random.default_rng(6)
    rows = rows_of(
        made, lambda x, z: 50.0 * (x > 5) - 40.0 * (z > 3) + 30 * (x > 7.5) + noise.normal() - 50, 70
    )
    stack = stacked(learned(box, [Response(name="y")], rows))
    weights = {item.name: item.weight for item in stack.weighed}
    assert weights["extra trees"] > 0.3


def test_the_stack_foretells_about_as_well_as_its_best_candidate(
    made: Made, learned: Learned, box: ParameterSpace
) -> None:
    noise = np.random.default_rng(7)
    rows = rows_of(made, lambda x, z: 20 + 5 * np.sin(x) + z + 0.5 * noise.normal(), 25)
    stack = stacked(learned(box, [Response(name="y")], rows))
    together = float(left_out_density(stack).mean())
    assert together > max(item.log_density for item in stack.weighed) - 0.1


def test_a_mixture_says_what_its_members_say(made: Made, learned: Learned, box: ParameterSpace) -> None:
    beliefs = learned(box, [Response(name="y")], rows_of(made, lambda x, z: 3 * x + z + 1, 12))
    stack = stacked(beliefs)
    codes = torch.tensor([[2.0, 3.0], [8.0, 1.0]], dtype=torch.float64)
    forecast = beliefs.forecast("y", codes)
    assert isinstance(forecast, NumberForecast)
    generator = np.random.default_rng(0)
    drawn = []
    for weight, member in stack.components:
        mean, variance = member.marginals(codes)
        sd = (variance + member.noise_variance("y", mean)).sqrt()
        scale = member.scales["y"]
        assert scale is not None
        normal = torch.as_tensor(generator.normal(size=(round(40_000 * weight), 2)))
        drawn.append(scale.to_values(mean[:, 0] + sd[:, 0] * normal))
    low, median, high = torch.quantile(torch.cat(drawn), torch.tensor([0.05, 0.5, 0.95]).double(), dim=0)
    spread = high - low
    for found, expected in ((forecast.low, low), (forecast.median, median), (forecast.high, high)):
        assert torch.all((found - expected).abs() < 0.03 * spread)


def test_what_the_leading_process_does_not_obey_no_candidate_obeys(
    made: Made, learned: Learned, box: ParameterSpace
) -> None:
    rows = rows_of(made, lambda x, z: 100 + 5 * x + z, 20)
    wrong = {**rows[7], "results": {"y": 100_000.0}}
    clean = learned(box, [Response(name="y")], rows[:7] + rows[8:])
    stained = learned(box, [Response(name="y")], [*rows[:7], wrong, *rows[8:]])
    lead = stained.surrogate_of("y").lead
    assert isinstance(lead, FittedLatentSurrogate)
    assert [item.experiment for item in lead.outliers] == ["E8"]
    codes = torch.tensor([[2.0, 3.0], [8.0, 1.0], [5.0, 9.0]], dtype=torch.float64)
    before, after = clean.forecast("y", codes), stained.forecast("y", codes)
    assert isinstance(before, NumberForecast) and isinstance(after, NumberForecast)
    assert torch.all((before.median - after.median).abs() < 4)
    assert torch.all(after.high - after.low < 40)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("gaussian_process", {"Gaussian process", "Gaussian process on the logarithm"}),
        ("random_forest", {"random forest", "random forest on the logarithm"}),
    ],
)
def test_a_declared_surrogate_is_used_alone(
    kind: str, expected: set[str], made: Made, dataset_of: DatasetOf, box: ParameterSpace
) -> None:
    response = Response(name="y", surrogate=kind)
    data = dataset_of(box, rows_of(made, lambda x, z: 1 + x, 12))
    evidence = gather_evidence(data, box, {"y": response})
    stack = stack_of(box, (response,), {}, {}, evidence)
    assert {candidate.name for candidate in stack.candidates} == expected
    assert np.isfinite(float(stack.fit(evidence).marginals(torch.tensor([[3.0, 3.0]]).double())[0]))


def test_few_values_are_left_to_the_process_that_knows_most(
    made: Made, dataset_of: DatasetOf, box: ParameterSpace
) -> None:
    response = Response(name="y", rises_with=("x",))
    evidence = gather_evidence(dataset_of(box, rows_of(made, lambda x, z: -x, 4)), box, {"y": response})
    assert [c.name for c in stack_of(box, (response,), {}, {}, evidence).candidates] == ["Gaussian process"]


def test_an_observation_that_no_candidate_can_foretell_decides_nothing(
    monkeypatch: pytest.MonkeyPatch, made: Made, dataset_of: DatasetOf, box: ParameterSpace
) -> None:
    response = Response(name="y")
    evidence = gather_evidence(dataset_of(box, rows_of(made, lambda x, z: 1 + x, 12)), box, {"y": response})

    def silent_on_the_first(surrogate: FittedSurrogate) -> torch.Tensor:
        density = left_out_density(surrogate)
        density[0] = torch.nan
        return density

    monkeypatch.setattr(stacking, "left_out_density", silent_on_the_first)
    stack = stack_of(box, (response,), {}, {}, evidence).fit(evidence)
    assert isinstance(stack, FittedStack)
    assert sum(stack.weights) == pytest.approx(1)


def test_who_asks_for_trees_changes_no_linked_response(
    made: Made, learned: Learned, box: ParameterSpace
) -> None:
    area = Response(name="a", rises_with=("x",))
    y = Response(name="y", through=("a",), surrogate="extra_trees")
    rows = [
        {**row, "results": {"a": 2 * row["results"]["y"], **row["results"]}}
        for row in rows_of(made, lambda x, z: 1 + x, 10)
    ]
    beliefs = learned(box, [area, y], rows)
    assert isinstance(beliefs.surrogate_of("a").lead, FittedLatentSurrogate)
    assert not isinstance(beliefs.surrogate_of("y").lead, FittedLatentSurrogate)
