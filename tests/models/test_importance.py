"""How much each parameter matters, against closed forms."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ovenbird.datasets import CategoricalParameter, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.importance import importance, total_sobol_indices

Made = Callable[..., dict[str, Any]]
Learned = Callable[..., Beliefs]


def cube(n: int) -> ParameterSpace:
    return ParameterSpace(tuple(NumericParameter(name=f"x{i}", low=-np.pi, high=np.pi) for i in range(n)))


def test_the_ishigami_function_has_its_known_indices() -> None:
    """Ishigami & Homma 1990: total indices 0.5576, 0.4424 and 0.2437 for a = 7, b = 0.1."""

    def ishigami(codes: Tensor) -> Tensor:
        x, y, z = codes.T
        return x.sin() + 7 * y.sin() ** 2 + 0.1 * z**4 * x.sin()

    found = total_sobol_indices(ishigami, cube(3), 0)
    assert found == pytest.approx({"x0": 0.5576, "x1": 0.4424, "x2": 0.2437}, abs=0.05)


def test_a_linear_function_splits_its_variance() -> None:
    found = total_sobol_indices(lambda codes: codes @ torch.tensor([1.0, 2.0, 0.0]).double(), cube(3), 1)
    assert found == pytest.approx({"x0": 0.2, "x1": 0.8, "x2": 0.0}, abs=0.04)


def test_nothing_matters_to_a_constant() -> None:
    found = total_sobol_indices(lambda codes: torch.ones(len(codes)).double(), cube(2), 0)
    assert found == {"x0": 0.0, "x1": 0.0}


def test_what_applies_rarely_matters_less(mill: ParameterSpace) -> None:
    """Speed acts only where there is milling: half of the space."""
    speed, milled = mill.names.index("speed"), mill.names.index("milling")

    def curve(codes: Tensor) -> Tensor:
        return torch.where(codes[:, milled] == 1, codes[:, speed] / 100, torch.zeros(len(codes)).double())

    found = total_sobol_indices(curve, mill, 0)
    assert found["milling"] > found["speed"] > 0.05
    assert found["temperature"] == found["hold"] == found["time"] == 0.0


def test_a_learned_response_depends_on_what_moves_it(made: Made, learned: Learned) -> None:
    space = ParameterSpace(
        (
            NumericParameter(name="x", low=0, high=10, step=0.5),
            NumericParameter(name="z", low=0, high=10, step=0.5),
            CategoricalParameter(name="route", values=("a", "b")),
        )
    )
    generator = np.random.default_rng(0)
    rows = [
        made({"x": x, "z": z, "route": route}, y=3 * x + (20 if route == "b" else 0))
        for x, z, route in zip(
            generator.integers(0, 11, 20).tolist(),
            generator.integers(0, 11, 20).tolist(),
            generator.choice(["a", "b"], 20).tolist(),
            strict=True,
        )
    ]
    found = importance(learned(space, [Response(name="y")], rows), "y")
    assert list(found)[-1] == "z" and found["z"] < 0.1
    assert found["x"] > 0.2 and found["route"] > 0.2
