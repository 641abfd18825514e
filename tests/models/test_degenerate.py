"""What the default surrogates make of hardly any, odd and contradictory data: an answer of honest width."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from ovenbird.datasets import CategoricalParameter, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, NumberForecast, YesNoForecast
from ovenbird.models.diagnostics import leave_one_out, summarise
from ovenbird.models.fitted_latent_surrogate import FittedLatentSurrogate

Made = Callable[..., dict[str, Any]]
Learned = Callable[..., Beliefs]
Comparisons = Sequence[tuple[str, str, str]]

Y = Response(name="y")
PURE = Response(name="pure", kind="yes_no")
BOTH = [Y, PURE]


def grid(space: ParameterSpace, n: int = 12) -> Tensor:
    shares = torch.as_tensor(np.random.default_rng(3).random((n, len(space))))
    columns = [
        (shares[:, i] * len(p.values)).floor()
        if isinstance(p, CategoricalParameter)
        else p.low + (p.high - p.low) * shares[:, i]
        for i, p in enumerate(space)
    ]
    return torch.stack(columns, dim=1)


def numbers(beliefs: Beliefs, codes: Tensor, response: str = "y") -> NumberForecast:
    forecast = beliefs.forecast(response, codes)
    assert isinstance(forecast, NumberForecast)
    assert torch.isfinite(torch.stack([forecast.low, forecast.median, forecast.high])).all()
    assert torch.all((forecast.low < forecast.high) & (forecast.low <= forecast.median))
    assert torch.all(forecast.median <= forecast.high)
    return forecast


def answers(beliefs: Beliefs, codes: Tensor) -> Tensor:
    forecast = beliefs.forecast("pure", codes)
    assert isinstance(forecast, YesNoForecast)
    assert torch.all((forecast.probability > 0) & (forecast.probability < 1))
    return forecast.probability


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_rows_leave_everything_open(
    n: int, made: Made, learned: Learned, plane: ParameterSpace
) -> None:
    rows = [made({"x": 2, "z": 3}, y=5, pure=True), made({"x": 7, "z": 1}, y=6, pure=True)][:n]
    beliefs = learned(plane, BOTH, rows)
    far = torch.tensor([[10.0, 10.0]], dtype=torch.float64)
    forecast = numbers(beliefs, far)
    assert float(forecast.high - forecast.low) > 1.0
    assert 0.2 < float(answers(beliefs, far)) < 0.9


def test_one_class_only_is_no_certainty(made: Made, learned: Learned, plane: ParameterSpace) -> None:
    places = np.random.default_rng(0).integers(0, 21, size=(12, 2)) / 2
    beliefs = learned(plane, [PURE], [made({"x": x, "z": z}, pure=False) for x, z in places.tolist()])
    probability = answers(beliefs, grid(plane))
    assert torch.all(probability < 0.5)
    assert float(probability.max()) > 0.005 and float(probability.min()) > 1e-4


def test_equal_values_do_not_promise_that_all_are(
    made: Made, learned: Learned, plane: ParameterSpace
) -> None:
    rows = [made({"x": x, "z": x}, y=7.5) for x in (1, 3, 5, 7, 9)]
    forecast = numbers(learned(plane, [Y], rows), torch.tensor([[1.0, 9.0]]).double())
    assert float(forecast.median) == pytest.approx(7.5, abs=1.0)
    assert float(forecast.high - forecast.low) > 0.2


def test_ten_times_the_same_row_is_not_ten_places(
    made: Made, learned: Learned, plane: ParameterSpace
) -> None:
    other = made({"x": 9, "z": 9}, y=20)
    once = learned(plane, [Y], [made({"x": 2, "z": 2}, y=10), other])
    often = learned(plane, [Y], [made({"x": 2, "z": 2}, y=10)] * 10 + [other])
    here, there = torch.tensor([[2.0, 2.0]]).double(), torch.tensor([[2.0, 10.0]]).double()
    assert float(numbers(often, here).median) == pytest.approx(10, abs=0.5)
    widths = [float(f.high - f.low) for f in (numbers(often, here), numbers(once, here))]
    assert widths[0] < widths[1]
    assert float(numbers(often, there).high - numbers(often, there).low) > 2.0


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_a_misplaced_decimal_point_spoils_nothing(
    factor: float, made: Made, learned: Learned, plane: ParameterSpace
) -> None:
    places = np.random.default_rng(1).integers(0, 21, size=(14, 2)) / 2
    values = [100 + 5 * x + 2 * z for x, z in places.tolist()]
    rows = [made({"x": x, "z": z}, y=y) for (x, z), y in zip(places.tolist(), values, strict=True)]
    wrong = [*rows]
    wrong[5] = {**rows[5], "results": {"y": values[5] * factor}}
    beliefs = learned(plane, [Y], wrong)
    lead = beliefs.surrogate_of("y").lead
    assert isinstance(lead, FittedLatentSurrogate)
    assert [item.experiment for item in lead.outliers] == ["E6"]
    before, after = numbers(learned(plane, [Y], rows), grid(plane)), numbers(beliefs, grid(plane))
    assert torch.all((after.median - before.median).abs() < 15)


def test_a_parameter_that_never_changed_makes_no_difference(made: Made, learned: Learned) -> None:
    fixed = ParameterSpace(
        (
            NumericParameter(name="x", low=0, high=10, step=0.5),
            NumericParameter(name="c", low=5, high=5, step=1),
        )
    )
    rows = [made({"x": x, "c": 5}, y=3 * x) for x in (1, 4, 6, 9)]
    forecast = numbers(learned(fixed, [Y], rows), torch.tensor([[5.0, 5.0]]).double())
    assert float(forecast.median) == pytest.approx(15, abs=3)


@pytest.mark.slow
def test_sixty_parameters_on_fifteen_rows_promise_little(made: Made, learned: Learned) -> None:
    names = [f"p{i}" for i in range(60)]
    space = ParameterSpace(tuple(NumericParameter(name=n, low=0, high=1, step=0.01) for n in names))
    generator = np.random.default_rng(2)
    places = generator.random((15, 60)).round(2)
    rows = [
        made(dict(zip(names, p, strict=True)), y=float(10 + 2 * generator.normal())) for p in places.tolist()
    ]
    forecast = numbers(learned(space, [Y], rows), grid(space))
    assert torch.all((forecast.median > 5) & (forecast.median < 15))
    assert torch.all((forecast.high - forecast.low > 2) & (forecast.high - forecast.low < 40))


def test_comparisons_that_contradict_each_other_cancel(
    made: Made, learned: Learned, plane: ParameterSpace
) -> None:
    rows = [made({"x": 2, "z": 5}), made({"x": 8, "z": 5}), made({"x": 5, "z": 5}, y=10)]
    circle = [("E1", "E2", "y"), ("E2", "E1", "y")]
    codes = torch.tensor([[2.0, 5.0], [8.0, 5.0]], dtype=torch.float64)
    forecast = numbers(learned(plane, [Y], rows, circle), codes)
    width = float((forecast.high - forecast.low).mean())
    assert abs(float(forecast.median[0] - forecast.median[1])) < 0.1 * width


def test_bounds_that_exclude_each_other_are_weighed(
    made: Made, learned: Learned, plane: ParameterSpace
) -> None:
    rows = [made({"x": 2, "z": 5}, y=">80"), made({"x": 2, "z": 5}, y="<60"), made({"x": 9, "z": 9}, y=70)]
    forecast = numbers(learned(plane, [Y], rows), torch.tensor([[2.0, 5.0]]).double())
    assert float(forecast.low) < 75 < float(forecast.high)


value = st.one_of(
    st.floats(-1e4, 1e4).map(lambda v: round(v, 3)),
    st.sampled_from(["~50", ">80", "<3", 0.0, 1e6, 1e-6]),
    st.lists(st.floats(0, 100).map(lambda v: round(v, 2)), min_size=2, max_size=3),
)
answer = st.booleans()


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[dict[str, object], dict[str, object]]]:
    places = st.integers(0, 20).map(lambda i: i / 2)
    rows = []
    for _ in range(draw(st.integers(0, 9))):
        conditions: dict[str, object] = {"x": draw(places)}
        if draw(st.booleans()):
            conditions["z"] = draw(places)
        results = {n: draw(s) for n, s in (("y", value), ("pure", answer)) if draw(st.booleans())}
        rows.append((conditions, results))
    return rows


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(table=tables(), pairs=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=3))
def test_whatever_was_typed_in_gives_forecasts_and_diagnostics(
    table: list[tuple[dict[str, object], dict[str, object]]],
    pairs: list[tuple[int, int]],
    made: Made,
    learned: Learned,
    plane: ParameterSpace,
) -> None:
    rows = [made(conditions, **results) for conditions, results in table]
    said = [(f"E{a}", f"E{b}", "y") for a, b in pairs if a != b and max(a, b) <= len(rows)]
    beliefs = learned(plane, BOTH, rows, said)
    numbers(beliefs, grid(plane))
    answers(beliefs, grid(plane))
    for item in leave_one_out(beliefs):
        assert np.isfinite([item.median, item.low, item.high]).all()
    for summary in summarise(leave_one_out(beliefs), beliefs).values():
        assert summary.n > 0
