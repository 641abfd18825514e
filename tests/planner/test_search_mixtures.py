"""Mixtures: every total exact, every composition as likely as any other, every one within reach."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from ovenbird.datasets import CategoricalParameter, InputError, NumericParameter, ParameterSpace
from ovenbird.models.encoding import conditions_of_codes
from ovenbird.planner import maximise as module
from ovenbird.planner.maximise import maximise
from ovenbird.planner.rules import LinearRule, MixtureRule
from ovenbird.planner.search_space import SearchSpace

Obeys = Callable[..., bool]
NAMES = tuple("abcdefgh")


def shares(step: float, n: int = 8, high: float = 1.0) -> ParameterSpace:
    return ParameterSpace(tuple(NumericParameter(name=m, low=0, high=high, step=step) for m in NAMES[:n]))


@pytest.mark.parametrize("at_most", [None, 3])
def test_eight_components_in_steps_of_a_hundredth(at_most: int | None, obeys: Obeys) -> None:
    space = shares(0.01)
    rules = (MixtureRule(components=NAMES, total=1, at_most_components=at_most),)
    search, generator = SearchSpace(space, rules), np.random.default_rng(0)
    sample = search.sample(1000, generator)
    assert len(sample) == 1000
    near = search.neighbours(sample[0], generator)
    assert len(near) > 20
    assert all(obeys(space, rules, row) for row in conditions_of_codes(space, torch.cat([sample, near])))
    # Of evenly drawn shares each follows Beta(1, 7) up to the step; of three components Beta(1, 2).
    in_use = sample[sample > 0]
    mean = 1 / 8 if at_most is None else float(sample.sum() / len(in_use))
    assert abs(float(sample.mean(dim=0).max()) - 1 / 8) < 0.02 and 0.1 < mean < 0.4
    if at_most is None:
        assert abs(float((sample[:, 0] > 0.3).double().mean()) - 0.7**7) < 0.03


def test_an_equality_of_percentages_is_a_mixture_too(obeys: Obeys) -> None:
    space = ParameterSpace(tuple(NumericParameter(name=m, low=0, high=100, step=1) for m in NAMES))
    rules = (LinearRule(coefficients=dict.fromkeys(NAMES, 2.0), at_least=200, at_most=200),)
    search = SearchSpace(space, rules)
    assert search.size == math.comb(107, 7)
    sample = search.sample(300, np.random.default_rng(0))
    assert len(sample) == 300 and float((sample.sum(dim=1) - 100).abs().max()) < 1e-9
    assert float(sample.max()) < 95, "repairs would pile up at pure components"


def test_components_that_apply_only_with_a_choice(obeys: Obeys) -> None:
    doped = {"dopant": ("niobium", "both")}
    space = ParameterSpace(
        (
            NumericParameter(name="a", low=0.2, high=1, step=0.05),
            CategoricalParameter(name="dopant", values=("none", "niobium", "both")),
            NumericParameter(name="b", low=0.05, high=0.5, step=0.05, when=doped),
            NumericParameter(name="c", low=0.1, high=0.5, step=0.1, when={"dopant": ("both",)}),
        )
    )
    rules = (MixtureRule(components=("a", "b", "c"), total=1),)
    search = SearchSpace(space, rules)
    everything = torch.cat(list(search.everything()))
    # Undoped: a = 1. With niobium b = 0.05 to 0.5. With both c = 0.1, 0.2, ... 0.5 and what b leaves.
    both = sum(1 for c in range(2, 11, 2) for b in range(1, 11) if 20 - b - c >= 4)
    assert len(everything) == search.size == 1 + 10 + both
    sample = search.sample(500, np.random.default_rng(0))
    assert set(map(tuple, sample.tolist())) == set(map(tuple, everything.tolist()))
    assert all(obeys(space, rules, row) for row in conditions_of_codes(space, sample))


def test_a_mixture_with_a_rare_further_rule_is_found_and_not_piled_up(obeys: Obeys) -> None:
    space = shares(0.01)
    rules = (
        MixtureRule(components=NAMES, total=1),
        LinearRule(coefficients={"a": 1, "b": 1}, at_least=0.9),
    )
    sample = SearchSpace(space, rules).sample(300, np.random.default_rng(0))
    assert len(sample) > 200
    assert all(obeys(space, rules, row) for row in conditions_of_codes(space, sample))
    together = sample[:, 0] + sample[:, 1]
    assert float((together > 0.905).double().mean()) > 0.3, "not all on the bound"


def test_a_mixture_that_cannot_be_is_named() -> None:
    rules = (MixtureRule(components=("a", "b"), total=1),)
    with pytest.raises(InputError, match=r"a \+ b = 1"):
        SearchSpace(shares(0.1, 2, high=0.4), rules).sample(5, np.random.default_rng(0))


@pytest.mark.parametrize("seed", range(5))
def test_the_best_mixture_is_found(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENUMERATE_UP_TO", 0)
    space = shares(0.05, 5)
    search = SearchSpace(space, (MixtureRule(components=NAMES[:5], total=1, at_most_components=4),))
    generator = np.random.default_rng(seed)
    centres = torch.tensor(generator.dirichlet(np.ones(5), size=6))
    heights = torch.tensor(generator.normal(size=6))

    def score(codes: torch.Tensor) -> torch.Tensor:
        return (-8 * torch.cdist(codes, centres) ** 2).exp() @ heights

    best = max(float(score(codes).max()) for codes in search.everything())
    found = maximise(score, search, torch.zeros(0, 5, dtype=torch.float64), generator)
    assert found.score >= best - 0.01 * abs(best)
