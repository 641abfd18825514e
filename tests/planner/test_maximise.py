"""The search finds what enumeration finds."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from ovenbird.datasets import CategoricalParameter, NumericParameter, ParameterSpace
from ovenbird.models.encoding import Encoding, activity, conditions_of_codes
from ovenbird.planner import maximise as module
from ovenbird.planner.maximise import Score, in_chunks, maximise
from ovenbird.planner.rules import LinearRule, Rule
from ovenbird.planner.search_space import SearchSpace

Mixture = tuple[ParameterSpace, tuple[Rule, ...]]
Obeys = Callable[..., bool]
NO_STARTS = torch.zeros(0, 5, dtype=torch.float64)


def smooth(space: ParameterSpace, seed: int) -> Score:
    """A sum of random bumps over the encoding, as an acquisition function would be."""
    encoding = Encoding(space, space.names)
    generator = torch.Generator().manual_seed(seed)
    width = sum(encoding.group_sizes)
    centres = torch.rand(6, width, generator=generator).double()
    heights = torch.randn(6, generator=generator).double()

    def score(codes: Tensor) -> Tensor:
        columns = encoding.columns(codes, activity(space, codes))
        return (-3 * torch.cdist(columns, centres) ** 2).exp() @ heights

    return score


@pytest.fixture(scope="module")
def furnace() -> ParameterSpace:
    milled = {"milling": ("planetary",)}
    return ParameterSpace(
        (
            NumericParameter(name="temperature", low=600, high=900, step=10),
            NumericParameter(name="hold", low=0, high=12, step=1),
            CategoricalParameter(name="milling", values=("none", "planetary")),
            NumericParameter(name="speed", low=200, high=600, step=20, when=milled),
            NumericParameter(name="time", low=1, high=12, step=1, when=milled),
        )
    )


def best_of_all(score: Score, search: SearchSpace) -> tuple[float, float, int]:
    scores = torch.cat([in_chunks(score, codes) for codes in search.everything()])
    return float(scores.max()), float(scores.mean()), len(scores)


@pytest.mark.parametrize("seed", range(6))
def test_climbing_reaches_what_enumeration_finds(
    seed: int, furnace: ParameterSpace, monkeypatch: pytest.MonkeyPatch, obeys: Obeys
) -> None:
    rules = (LinearRule(coefficients={"time": 1, "hold": 1}, at_most=18),)
    search, score = SearchSpace(furnace, rules), smooth(furnace, seed)
    best, typical, n = best_of_all(score, search)
    assert n > 80_000
    asked = 0

    def counted(codes: Tensor) -> Tensor:
        nonlocal asked
        asked += len(codes)
        return score(codes)

    monkeypatch.setattr(module, "ENUMERATE_UP_TO", 10)
    found = maximise(counted, search, NO_STARTS, np.random.default_rng(seed))
    assert found.score - typical >= 0.99 * (best - typical)
    assert float(score(found.codes[None])) == pytest.approx(found.score)
    assert asked < n / 2, "the point of climbing is not to look everywhere"
    assert obeys(furnace, rules, conditions_of_codes(furnace, found.codes[None])[0])


@pytest.mark.parametrize("seed", range(4))
def test_climbing_works_on_mixtures(seed: int, mixture: Mixture, monkeypatch: pytest.MonkeyPatch) -> None:
    space, rules = mixture
    search, score = SearchSpace(space, rules), smooth(space, seed)
    best, typical, _ = best_of_all(score, search)
    monkeypatch.setattr(module, "ENUMERATE_UP_TO", 10)
    monkeypatch.setattr(module, "_N_SAMPLED", 10)
    found = maximise(score, search, NO_STARTS[:, :3], np.random.default_rng(seed))
    assert found.score - typical >= 0.99 * (best - typical)


def test_a_narrow_peak_beside_a_start_is_found(
    furnace: ParameterSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ENUMERATE_UP_TO", 10)
    peak = torch.tensor([710.0, 5.0, 1.0, 420.0, 7.0], dtype=torch.float64)
    scale = torch.tensor([20.0, 2.0, 0.3, 40.0, 2.0], dtype=torch.float64)

    def score(codes: Tensor) -> Tensor:
        return -((codes - peak) / scale).abs().sum(dim=1).clamp_max(6.0)

    start = torch.tensor([[703.3, 5.2, 1.0, 431.0, 7.0]], dtype=torch.float64)
    found = maximise(score, SearchSpace(furnace), start, np.random.default_rng(0))
    assert found.codes.tolist() == peak.tolist()


def test_small_spaces_are_searched_completely(line: ParameterSpace) -> None:
    def needle(codes: Tensor) -> Tensor:
        return (codes[:, 0] == 7.5).double()

    found = maximise(needle, SearchSpace(line), NO_STARTS[:, :1], np.random.default_rng(0))
    assert found.codes.tolist() == [7.5] and found.score == 1.0


@pytest.mark.parametrize("enumerate_up_to", [10, 20_000])
def test_where_nothing_is_allowed_the_score_says_so(
    enumerate_up_to: int, line: ParameterSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ENUMERATE_UP_TO", enumerate_up_to)

    def never(codes: Tensor) -> Tensor:
        return torch.full((len(codes),), -math.inf, dtype=torch.float64)

    assert maximise(never, SearchSpace(line), NO_STARTS[:, :1], np.random.default_rng(0)).score == -math.inf
