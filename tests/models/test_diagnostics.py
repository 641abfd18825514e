"""Leave-one-out against refitting by hand, and its coverage on data that the model itself made."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from ovenbird.datasets import Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, NumberForecast
from ovenbird.models.diagnostics import LeftOut, leave_one_out, summarise
from ovenbird.models.evidence import gather_evidence
from ovenbird.models.latent_model import LatentModel
from ovenbird.models.latent_surrogate import FittedLatentSurrogate
from ovenbird.models.observed_terms import evidence_terms

Made = Callable[..., dict[str, Any]]
Learned = Callable[..., Beliefs]
Led = Callable[[Beliefs], Beliefs]

RESPONSES = [
    Response(name="area", plausible=(0, 300), relative_noise=0.05),
    Response(name="y", plausible=(0, 300), relative_noise=0.04, through=("area",)),
    Response(name="pure", kind="yes_no"),
]
COMPARED = [("E3", "E1", "y"), ("E4", "E3", "y")]


@pytest.fixture(scope="module")
def rows(made: Made) -> list[dict[str, Any]]:
    return [
        made({"x": 1, "z": 2}, area=30, y=80, pure=True),
        made({"x": 4, "z": 7}, area="~90", y=[150, 160], pure=False),
        made({"x": 6, "z": 1}, y=170, pure=True),
        made({"x": 9}, area=">200", y=220),
        made({"x": 8, "z": 8}, area=210, pure=False),
    ]


def without(dataset: Dataset, name: str) -> Dataset:
    kept = tuple(e for e in dataset.experiments if e.id != name)
    return Dataset(kept, tuple(c for c in dataset.comparisons if name not in (c.better, c.worse)))


def refitted(full: FittedLatentSurrogate, dataset: Dataset, space: ParameterSpace) -> FittedLatentSurrogate:
    """The same hyperparameters and scales, given another dataset."""
    evidence = gather_evidence(dataset, space, {r.name: r for r in full.linked})
    terms = evidence_terms(evidence, full.model.prior, full.linked, full.scales)
    model = LatentModel(full.model.prior, full.model.theta.numpy(), terms)
    return FittedLatentSurrogate(full.linked, full.scales, model, evidence)


def test_leaving_out_is_refitting_without_at_the_same_hyperparameters(
    learned: Learned,
    led: Led,
    dataset_of: Callable[..., Dataset],
    rows: list[dict[str, Any]],
    plane: ParameterSpace,
) -> None:
    beliefs = led(learned(plane, RESPONSES, rows, COMPARED))
    dataset = dataset_of(plane, rows, COMPARED)
    observations = beliefs.evidence.observations
    found = leave_one_out(beliefs)
    assert len(found) == sum(o.kind in ("value", "yes", "no") for o in observations)
    for item in found:
        full = beliefs.surrogate_of(item.response)
        assert isinstance(full, FittedLatentSurrogate)
        reduced = without(dataset, item.experiment)
        blind = Beliefs(plane, beliefs.responses, (refitted(full, reduced, plane),), beliefs.evidence)
        codes = next(
            o.codes for o in observations if (o.experiment, o.response) == (item.experiment, item.response)
        )
        expected = blind.forecast(item.response, codes)
        if isinstance(expected, NumberForecast):
            whole = [expected.low, expected.median, expected.high]
        else:
            whole = [expected.probability] * 3
        # Leaving out holds the sites of the remaining bounds, answers and comparisons where they were.
        expected_numbers = [float(x.mean()) for x in whole]
        assert [item.low, item.median, item.high] == pytest.approx(expected_numbers, rel=0.1)


def test_leaving_out_a_value_is_the_closed_form_for_an_exact_process(
    learned: Learned, led: Led, made: Made, plane: ParameterSpace
) -> None:
    """Rasmussen & Williams 2006, equation 5.12, in numpy."""
    response = Response(name="y", absolute_noise=0.4)
    places = np.random.default_rng(1).uniform(0, 10, size=(8, 2)).round()
    rows = [made({"x": x, "z": z}, y=np.sin(x) * 2 + 0.3 * z) for x, z in places.tolist()]
    beliefs = led(learned(plane, [response], rows))
    fitted = beliefs.surrogates[0]
    assert isinstance(fitted, FittedLatentSurrogate)
    model, scale = fitted.model, fitted.scales["y"]
    assert scale is not None
    train = torch.cat([o.codes for o in fitted.evidence.observations])
    points = model.prior.points(train, torch.zeros(len(train), dtype=torch.long))
    noise = (0.4 / scale.spread) ** 2
    inverse = np.linalg.inv(model.prior.covariance(model.theta, points, points).numpy() + noise * np.eye(8))
    latent = scale.to_latent(torch.tensor(fitted.evidence.values("y"))).numpy()
    residual = latent - model.prior.mean(model.theta, points).numpy()
    mean = latent - inverse @ residual / np.diag(inverse)
    sd = np.sqrt(1 / np.diag(inverse))
    for i, item in enumerate(leave_one_out(beliefs)):
        assert item.median == pytest.approx(mean[i] * scale.spread + scale.centre, abs=1e-4)
        assert item.high - item.low == pytest.approx(2 * 1.6448536 * sd[i] * scale.spread, rel=1e-4)


def test_ninety_per_cent_intervals_hold_about_ninety_per_cent(
    made: Made, learned: Learned, plane: ParameterSpace, fitted: Callable[..., FittedLatentSurrogate]
) -> None:
    response = Response(name="y", absolute_noise=0.5)
    truth = fitted(plane, [response]).model
    covered: list[bool] = []
    for seed in range(8):
        generator = np.random.default_rng(seed)
        places = torch.tensor(generator.uniform(0, 10, size=(18, 2)))
        points = truth.prior.points(places, torch.zeros(18, dtype=torch.long))
        covariance = truth.prior.covariance(truth.theta, points, points).numpy()
        values = 5 * generator.multivariate_normal(np.zeros(18), covariance) + 0.5 * generator.normal(size=18)
        rows = [made({"x": x, "z": z}, y=v) for (x, z), v in zip(places.tolist(), values, strict=True)]
        covered += [item.is_covered() for item in leave_one_out(learned(plane, [response], rows))]
    assert 0.8 <= float(np.mean(covered)) <= 0.98


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_rows_can_be_left_out_too(
    n: int, learned: Learned, rows: list[dict[str, Any]], plane: ParameterSpace
) -> None:
    beliefs = learned(plane, RESPONSES, rows[:n])
    for item in leave_one_out(beliefs):
        assert np.isfinite([item.median, item.low, item.high]).all()
        assert item.low <= item.median <= item.high


def test_a_value_cannot_confirm_itself(learned: Learned, made: Made, plane: ParameterSpace) -> None:
    """Without the only experiment, nothing but the prior is left, whatever the experiment said."""
    response = Response(name="pure", kind="yes_no")
    (item,) = leave_one_out(learned(plane, [response], [made({"x": 5, "z": 5}, pure=True)]))
    assert item.median == pytest.approx(0.5, abs=1e-6) and item.measured == 1.0


def test_the_summary_counts_what_was_left_out(learned: Learned, plane: ParameterSpace) -> None:
    beliefs = learned(plane, RESPONSES)
    items = [
        LeftOut("A", "y", 100.0, 90.0, 80.0, 120.0, 0.8),
        LeftOut("B", "y", 200.0, 230.0, 210.0, 250.0, 0.01),
        LeftOut("A", "pure", 1.0, 0.8, 0.8, 0.8),
        LeftOut("B", "pure", 0.0, 0.4, 0.4, 0.4),
    ]
    summary = summarise(items, beliefs)
    assert set(summary) == {"y", "pure"}
    assert (summary["y"].n, summary["y"].mean_absolute_error) == (2, 20.0)
    assert summary["y"].coverage == {0.5: 0.0, 0.8: 0.5, 0.9: 0.5, 0.95: 0.5}
    assert summary["pure"].brier == pytest.approx((0.04 + 0.16) / 2)
    # Of the other one answer and the rule of succession: 1/3 for the yes, 2/3 for the no.
    assert summary["pure"].brier_of_share == pytest.approx(4 / 9)
    bins = [(b.n, b.forecast, b.observed) for b in summary["pure"].reliability]
    assert bins == [(1, 0.4, 0.0), (1, 0.8, 1.0)]
