"""What every surrogate must stand, whatever the evidence; a newcomer passes by joining the list of cases."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ovenbird.datasets import CategoricalParameter, Dataset, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, NumberForecast
from ovenbird.models.encoding import codes_of_conditions
from ovenbird.models.evidence import gather_evidence
from ovenbird.models.latent_surrogate import LatentSurrogate
from ovenbird.models.sklearn_surrogate import SklearnSurrogate
from ovenbird.models.surrogate import FittedSurrogate, Surrogate

Made = Callable[..., dict[str, Any]]
CodesAt = Callable[..., Tensor]
Medians = Callable[[Beliefs, str, Tensor], Tensor]


@dataclass(frozen=True)
class Case:
    """A kind of response, how its values are made from a share between 0 and 1, and who learns it."""

    responses: tuple[Response, ...]
    unit: float  # a share of 1 in units of the response
    surrogate: Callable[[ParameterSpace, tuple[Response, ...]], Surrogate] = LatentSurrogate

    @property
    def target(self) -> str:
        return self.responses[-1].name

    def results(self, share: float) -> dict[str, float | bool]:
        return {r.name: bool(share > 0.5) if r.is_yes_no else share * self.unit for r in self.responses}

    def learn(self, dataset: Dataset, space: ParameterSpace) -> Beliefs:
        by_name = {r.name: r for r in self.responses}
        evidence = gather_evidence(dataset, space, by_name)
        return Beliefs(space, by_name, (self.surrogate(space, self.responses).fit(evidence),), evidence)


CASES = {
    "number": Case((Response(name="y"),), 10.0),
    "noisy number": Case((Response(name="y", absolute_noise=0.5),), 10.0),
    "plausible number": Case((Response(name="y", plausible=(0, 300), relative_noise=0.04),), 250.0),
    "yes or no": Case((Response(name="pure", kind="yes_no"),), 1.0),
    "chain": Case(
        (
            Response(name="area", plausible=(0, 300)),
            Response(name="y", plausible=(0, 300), through=("area",)),
        ),
        250.0,
    ),
    "trees: number": Case((Response(name="y"),), 10.0, SklearnSurrogate),
    "trees: plausible number": Case(
        (Response(name="y", plausible=(0, 300), relative_noise=0.04),), 250.0, SklearnSurrogate
    ),
    "trees: yes or no": Case((Response(name="pure", kind="yes_no"),), 1.0, SklearnSurrogate),
    "trees: two numbers": Case(
        (Response(name="area", plausible=(0, 300)), Response(name="y", plausible=(0, 300))),
        250.0,
        partial(SklearnSurrogate, estimator="random_forest"),
    ),
}

Learn = Callable[..., Beliefs]


@pytest.fixture(params=CASES.values(), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def learn(case: Case, dataset_of: Callable[..., Dataset], made: Made) -> Learn:
    def fit(space: ParameterSpace, rows: Sequence[tuple[dict[str, object], float]]) -> Beliefs:
        return case.learn(
            dataset_of(space, [made(where, **case.results(share)) for where, share in rows]), space
        )

    return fit


def check_sane(beliefs: Beliefs, case: Case, codes: Tensor) -> None:
    for response in case.responses:
        forecast = beliefs.forecast(response.name, codes)
        if isinstance(forecast, NumberForecast):
            assert torch.isfinite(torch.stack([forecast.low, forecast.median, forecast.high])).all()
            assert torch.all(forecast.low <= forecast.median) and torch.all(forecast.median <= forecast.high)
            if response.plausible is not None:
                assert torch.all(
                    (forecast.low >= response.plausible[0]) & (forecast.high <= response.plausible[1])
                )
            assert torch.all(forecast.low < forecast.high)
        else:
            assert torch.all((forecast.probability > 0) & (forecast.probability < 1))


def everywhere(space: ParameterSpace) -> Tensor:
    codes = torch.rand(15, len(space), generator=torch.Generator().manual_seed(0)).double()
    for column, parameter in enumerate(space):
        if isinstance(parameter, CategoricalParameter):
            codes[:, column] = (codes[:, column] * len(parameter.values)).floor()
        else:
            codes[:, column] = parameter.low + (parameter.high - parameter.low) * codes[:, column]
    return codes


SHARES: dict[str, list[float]] = {
    "no rows": [],
    "one row": [0.7],
    "two rows": [0.2, 0.9],
    "all the same": [0.8] * 6,
    "all zero": [0.0] * 4,
    "at the ceiling": [1.0, 1.0, 0.9, 1.0],
    "seven": [0.1, 0.3, 0.2, 0.6, 0.9, 0.7, 0.95],
}


@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES.keys())
def test_any_amount_of_evidence_gives_sane_forecasts(
    shares: list[float], case: Case, learn: Learn, mill: ParameterSpace
) -> None:
    rows = []
    for number, share in enumerate(shares):
        where: dict[str, object] = {"temperature": 600 + 40 * number, "hold": number, "milling": "none"}
        if number % 2:
            where |= {"milling": "planetary", "speed": 200 + 50 * number, "time": number}
        rows.append((where, share))
    beliefs = learn(mill, rows)
    check_sane(beliefs, case, everywhere(mill))
    assert isinstance(beliefs.surrogates[0], FittedSurrogate)


def test_contradicting_duplicates_end_between_each_other(
    case: Case, learn: Learn, line: ParameterSpace, medians: Medians
) -> None:
    where = {"x": 5.0}
    beliefs = learn(line, [(where, 0.3), (where, 0.7)] * 4)
    check_sane(beliefs, case, everywhere(line))
    middle = float(medians(beliefs, case.target, torch.tensor([[5.0]], dtype=torch.float64))[0])
    assert 0.3 * case.unit < middle < 0.7 * case.unit


def test_a_parameter_that_never_varies_does_no_harm(case: Case, learn: Learn) -> None:
    space = ParameterSpace(
        (
            NumericParameter(name="x", low=0, high=10),
            NumericParameter(name="fixed", low=5, high=5),
            CategoricalParameter(name="only", values=("one",)),
        )
    )
    rows: list[tuple[dict[str, object], float]] = [
        ({"x": x, "fixed": 5, "only": "one"}, x / 10) for x in (1.0, 4.0, 9.0)
    ]
    check_sane(learn(space, rows), case, everywhere(space))


def test_thirty_parameters_on_ten_rows(case: Case, learn: Learn) -> None:
    space = ParameterSpace(tuple(NumericParameter(name=f"p{i}", low=0, high=1) for i in range(30)))
    inputs = np.random.default_rng(0).uniform(size=(10, 30))
    rows = [({f"p{i}": x for i, x in enumerate(row)}, float(row[0])) for row in inputs]
    check_sane(learn(space, rows), case, everywhere(space))


def test_a_value_a_thousand_times_too_large_leaves_the_rest_standing(
    case: Case, learn: Learn, line: ParameterSpace, medians: Medians
) -> None:
    beliefs = learn(line, [({"x": 1.0}, 0.3), ({"x": 3.0}, 0.4), ({"x": 5.0}, 0.5), ({"x": 9.5}, 500.0)])
    check_sane(beliefs, case, everywhere(line))
    if case.responses[-1].plausible is not None:
        near = float(medians(beliefs, case.target, torch.tensor([[3.0]], dtype=torch.float64))[0])
        assert 0.15 * case.unit < near < 0.8 * case.unit


def test_evidence_moves_the_forecast_towards_it(
    case: Case, learn: Learn, line: ParameterSpace, medians: Medians
) -> None:
    at = torch.tensor([[2.0], [8.0]], dtype=torch.float64)
    rows: list[tuple[dict[str, object], float]] = [({"x": 2.0}, 0.15), ({"x": 8.0}, 0.85)] * 2
    low, high = medians(learn(line, rows), case.target, at).tolist()
    assert high - low > 0.3 * case.unit


def test_the_order_of_rows_does_not_matter(
    case: Case, learn: Learn, mill: ParameterSpace, medians: Medians
) -> None:
    rows: list[tuple[dict[str, object], float]] = [
        ({"temperature": 620, "hold": 1, "milling": "none"}, 0.1),
        ({"temperature": 700, "hold": 12, "milling": "planetary", "speed": 300, "time": 2}, 0.9),
        ({"temperature": 880, "milling": "planetary", "speed": 600, "time": 12}, 0.4),
        ({"temperature": 760, "hold": 5, "milling": "none"}, 0.6),
    ]
    codes = everywhere(mill)
    one = medians(learn(mill, rows), case.target, codes)
    other = medians(learn(mill, [rows[i] for i in (2, 0, 3, 1)]), case.target, codes)
    torch.testing.assert_close(other, one, atol=2e-3 * case.unit, rtol=0)


def test_the_order_of_rows_does_not_matter_to_the_posterior(
    case: Case, dataset_of: Callable[..., Dataset], made: Made, line: ParameterSpace
) -> None:
    """With the same hyperparameters the agreement must be exact: only rounding may differ."""
    rows = [made({"x": x}, **case.results(s)) for x, s in ((1.0, 0.2), (4.0, 0.9), (6.0, 0.3), (9.0, 0.8))]
    by_name = {r.name: r for r in case.responses}
    models = []
    for order in ((0, 1, 2, 3), (3, 1, 0, 2)):
        evidence = gather_evidence(dataset_of(line, [rows[i] for i in order]), line, by_name)
        models.append(LatentSurrogate(line, case.responses).fit(evidence).model)
    first, second = models
    same = type(second)(second.prior, first.theta.numpy(), second.evidence)
    codes = everywhere(line)
    for a, b in zip(first.marginals(codes), same.marginals(codes), strict=True):
        torch.testing.assert_close(b, a, atol=1e-6, rtol=1e-6)


def test_what_is_known_is_known_best_where_it_was_measured(
    case: Case, learn: Learn, line: ParameterSpace
) -> None:
    rows: list[tuple[dict[str, object], float]] = [({"x": x}, s) for x, s in ((0, 0.2), (1, 0.4), (2, 0.8))]
    beliefs = learn(line, rows * 2)
    places = torch.tensor([[1.0], [10.0]], dtype=torch.float64)
    mean, variance = beliefs.latent(case.target, places)
    assert float(variance[1]) > 1.5 * float(variance[0])
    assert torch.all(beliefs.surrogates[0].noise_variance(case.target, mean) > 0)


def test_one_class_only_is_believed_but_not_for_certain(
    dataset_of: Callable[..., Dataset], made: Made, line: ParameterSpace
) -> None:
    case = CASES["yes or no"]
    seen = []
    for n in (0, 1, 3, 8):
        beliefs = case.learn(dataset_of(line, [made({"x": 5.0}, pure=True)] * n), line)
        seen.append(float(beliefs.probability_of_yes("pure", torch.tensor([[5.0]], dtype=torch.float64))))
    assert seen[0] == pytest.approx(0.5, abs=0.01)
    assert seen == sorted(seen) and 0.7 < seen[1] < 0.98 < seen[-1] + 0.05 < 1.05 and seen[-1] < 0.9999


def test_one_yes_is_believed_as_much_as_the_closed_form_says(
    made: Made, dataset_of: Callable[..., Dataset], line: ParameterSpace
) -> None:
    """The moments of N(g; 0, v) Phi(g) are exact; the probability of the next yes is nearly that of the formula."""
    case = CASES["yes or no"]
    at = codes_of_conditions(line, {"x": 5.0})
    nothing = case.learn(dataset_of(line, []), line)
    surrogate = LatentSurrogate(line, case.responses).fit(
        gather_evidence(dataset_of(line, [made({"x": 5.0}, pure=True)]), line, {"pure": case.responses[0]})
    )
    model = surrogate.model
    before = float(model.prior.variance(model.theta, model.points(at)))
    mean, variance = (float(x) for x in surrogate.marginals(at))
    assert mean == pytest.approx(math.sqrt(2 / math.pi) * before / math.sqrt(1 + before), rel=1e-4)
    assert variance == pytest.approx(before - 2 / math.pi * before**2 / (1 + before), rel=1e-4)
    repeat = 0.5 * (1 + math.erf(mean / math.sqrt(2 * (1 + variance))))
    assert repeat == pytest.approx(0.5 + math.asin(before / (1 + before)) / math.pi, abs=0.06)
    assert float(nothing.probability_of_yes("pure", at)) == pytest.approx(0.5, abs=1e-6)
