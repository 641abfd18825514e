"""Values that fit nothing are listed and not obeyed; new effects, steps and mere scatter are obeyed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from ovenbird.datasets import ParameterSpace, Response
from ovenbird.models.evidence import gather_evidence
from ovenbird.models.latent_surrogate import FittedLatentSurrogate, LatentSurrogate

Fitted = Callable[..., FittedLatentSurrogate]
Made = Callable[..., dict[str, Any]]
INNER = 5  # of ten simulated values, one that others surround
Rows = list[dict[str, Any]]

FREE = Response(name="y")
DECLARED = Response(name="y", absolute_noise=3.0)
CAPACITY = Response(name="y", plausible=(0, 370), relative_noise=0.04)
KINDS = pytest.mark.parametrize("response", [FREE, DECLARED, CAPACITY], ids=["free", "declared", "capacity"])


def simulated(
    made: Made, n: int, seed: int, *, step: bool = False, heavy: bool = False
) -> tuple[Rows, np.ndarray]:
    """Values between about 100 and 250 with a noise of 3, normal or with the tails of a t of 3 degrees."""
    generator = np.random.default_rng(seed)
    places = generator.uniform(0, 10, (n, 2)).round(2)
    x, z = places.T
    truth = 100 + 150 / (1 + np.exp(-6 * (x - 6))) if step else 200 + 40 * np.sin(x / 3) + 5 * z
    noise = generator.standard_t(3, n) / np.sqrt(3) if heavy else generator.standard_normal(n)
    values = truth + 3 * noise
    return [made({"x": a, "z": b}, y=y) for (a, b), y in zip(places.tolist(), values, strict=True)], truth


def listed(surrogate: FittedLatentSurrogate) -> list[str]:
    return [outlier.experiment for outlier in surrogate.outliers]


def medians(surrogate: FittedLatentSurrogate, codes: torch.Tensor) -> np.ndarray:
    scale = surrogate.scales[surrogate.responses[0]]
    assert scale is not None
    return scale.to_values(surrogate.marginals(codes)[0][:, 0]).numpy()


@KINDS
def test_a_wild_value_among_ten_is_listed_and_not_obeyed(
    response: Response, fitted: Fitted, plane: ParameterSpace, made: Made
) -> None:
    factor = 0.01 if response is CAPACITY else 1000.0
    codes = 10 * torch.rand(30, 2, generator=torch.Generator().manual_seed(0)).double()
    rows, _ = simulated(made, 10, seed=1)
    # One of a ceiling is found where others surround it, any other anywhere.
    wild = INNER if response is CAPACITY else 0
    true = float(rows[wild]["results"]["y"])
    rows[wild]["results"]["y"] = factor * true
    surrogate = fitted(plane, (response,), rows)
    without = fitted(plane, (response,), rows[:wild] + rows[wild + 1 :])
    (outlier,) = surrogate.outliers
    assert (outlier.experiment, outlier.response) == (f"E{wild + 1}", "y")
    assert outlier.value == pytest.approx(factor * true)
    assert outlier.expected == pytest.approx(true, abs=4 * outlier.sd) and outlier.sd < 60
    np.testing.assert_allclose(medians(surrogate, codes), medians(without, codes), atol=3)


@KINDS
@pytest.mark.parametrize("step", [False, True], ids=["smooth", "step"])
def test_mere_scatter_and_steps_are_no_outliers(
    response: Response, step: bool, fitted: Fitted, plane: ParameterSpace, made: Made
) -> None:
    """25 values a time with normal noise: at most one false alarm among 200 values."""
    found = [listed(fitted(plane, (response,), simulated(made, 25, seed, step=step)[0])) for seed in range(8)]
    assert sum(map(len, found)) <= 1


@KINDS
def test_gross_errors_are_found_among_heavy_tails(
    response: Response, fitted: Fitted, plane: ParameterSpace, made: Made
) -> None:
    """Two of 25 values wrong by 80, others all around them: most are found, and next to nothing else."""
    hits = extra = 0
    for seed in range(6):
        rows, _ = simulated(made, 25, seed, heavy=True)
        places = np.array([list(row["conditions"].values()) for row in rows])
        inner = np.flatnonzero(((places > 1.5) & (places < 8.5)).all(1))
        wrong = np.random.default_rng(seed).choice(inner, 2, replace=False)
        for i in wrong:
            rows[i]["results"]["y"] -= 80.0
        names = listed(fitted(plane, (response,), rows))
        hits += sum(f"E{i + 1}" in names for i in wrong)
        extra += sum(name not in [f"E{i + 1}" for i in wrong] for name in names)
    assert hits >= 8 and extra <= 2, (hits, extra)


@KINDS
def test_the_first_sight_of_something_new_is_believed(
    response: Response, fitted: Fitted, plane: ParameterSpace, made: Made
) -> None:
    """One powder beyond all others gives twice as much: that is what one hopes for, not an error."""
    places = [(x, z) for x in (1.0, 4.0, 7.0) for z in (2.0, 5.0, 8.0)]
    noise = np.random.default_rng(0).standard_normal(10)
    rows = [made({"x": x, "z": z}, y=120 + e) for (x, z), e in zip(places, noise, strict=False)]
    rows.append(made({"x": 10, "z": 5}, y=240 + noise[-1]))
    surrogate = fitted(plane, (response,), rows)
    assert listed(surrogate) == []
    assert medians(surrogate, torch.tensor([[10.0, 5.0]], dtype=torch.float64))[0] > 200


def test_with_few_values_nothing_is_called_wrong(fitted: Fitted, line: ParameterSpace, made: Made) -> None:
    rows = [made({"x": x}, y=y) for x, y in ((1, 100), (3, 101), (5, 9000), (7, 99), (9, 100))]
    assert listed(fitted(line, (FREE,), rows)) == []


@pytest.mark.parametrize("response", [FREE, DECLARED], ids=["free", "declared"])
def test_a_shorted_cell_does_not_spoil_its_powder(
    response: Response, fitted: Fitted, line: ParameterSpace, made: Made
) -> None:
    cells = {float(x): [200 + 4 * x, 203 + 4 * x, 199 + 4 * x] for x in range(0, 11, 2)}
    spoilt = {**cells, 4.0: [*cells[4.0], 40.0]}
    clean, surrogate = (
        fitted(line, (response,), [made({"x": x}, y=y) for x, y in values.items()])
        for values in (cells, spoilt)
    )
    (outlier,) = surrogate.outliers
    assert (outlier.experiment, outlier.value) == ("E3", 40.0)
    assert outlier.expected == pytest.approx(np.mean(cells[4.0])) and outlier.sd < 10
    codes = torch.linspace(0, 10, 11).double()[:, None]
    np.testing.assert_allclose(medians(surrogate, codes), medians(clean, codes), atol=1.0)


def test_a_wrong_mass_makes_both_capacities_wrong(
    fitted: Callable[..., Any], dataset_of: Callable[..., Any], plane: ParameterSpace, made: Made
) -> None:
    """Two values of one powder that agree with each other, and with nothing else."""
    rows, _ = simulated(made, 20, seed=4)
    for row in rows:
        row["results"]["charge"] = 1.1 * row["results"]["y"] + 2
    rows[2]["results"] = {name: 1.9 * value - 200 for name, value in rows[2]["results"].items()}
    x, z = 4.7, 5.2
    rows[2]["conditions"] = {"x": x, "z": z}
    rows[2]["results"] = {"y": 120.0, "charge": 134.0}
    charge = Response(name="charge", absolute_noise=3.0)
    by_name = {"y": DECLARED, "charge": charge}
    evidence = gather_evidence(dataset_of(plane, rows), plane, by_name)
    surrogate = LatentSurrogate(plane, (DECLARED, charge), parents={"charge": ("y",)}).fit(evidence)
    assert {(o.experiment, o.response) for o in surrogate.outliers} == {("E3", "y"), ("E3", "charge")}


def test_an_outlier_contradicts_no_declared_trend(fitted: Fitted, line: ParameterSpace, made: Made) -> None:
    rising = Response(name="y", absolute_noise=1.0, rises_with=("x",))
    rows = [made({"x": x}, y=10 + 2 * x) for x in range(11)]
    rows[1]["results"]["y"] = 5000.0
    surrogate = fitted(line, (rising,), rows)
    assert listed(surrogate) == ["E2"] and surrogate.contradictions == ()


def test_left_out_an_outlier_is_forecast_as_it_was_to_be(
    fitted: Fitted, plane: ParameterSpace, made: Made
) -> None:
    rows, truth = simulated(made, 15, seed=2)
    rows[4]["results"]["y"] = 1e5
    surrogate = fitted(plane, (FREE,), rows)
    left_out, scale = surrogate.left_out(), surrogate.scales["y"]
    assert listed(surrogate) == ["E5"] and scale is not None
    assert float(scale.to_values(left_out.mean[4])) == pytest.approx(truth[4], abs=40)
    assert float(left_out.variance[4]) < 2
    # One wild value must not decide which surrogate is believed: about its distance, not its square, counts.
    assert -30 < float(left_out.log_density[4]) < -10
