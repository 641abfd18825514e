"""What is kept from members, and what is made of what they then foretell."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import norm

from ovenbird.models.out_of_bag import (
    Calibration,
    OutOfBag,
    Rows,
    bagged,
    fit_calibration,
    fit_variances,
    latent_of_members,
    out_of_bag,
)
from ovenbird.models.tuning import Estimator, built


class Mean:
    """Says everywhere what it was told on average, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[float, float, float]] = []

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: Sequence[float] = ()) -> "Mean":
        self.told = list(zip(X[:, 0].tolist(), y.tolist(), list(sample_weight), strict=True))
        self.average = np.average(y, weights=sample_weight)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.full(len(X), self.average)


def nowhere(_: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full((n, 1), -1.0), np.zeros(n)


def test_all_rows_of_an_experiment_are_drawn_together_by_its_trust() -> None:
    """Experiment 0 has three imputations, 1 two values, 2 belongs to another lab, 3 is not to be drawn."""
    rows = Rows(
        inputs=np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]]),
        outcomes=np.arange(6.0),
        shares=np.array([1 / 3, 1 / 3, 1 / 3, 1.0, 1.0, 1.0]),
        experiments=np.array([0, 0, 0, 1, 1, 2]),
        trust=np.array([1.0, 1.0, 0.5, 0.0]),
    )
    made: list[Mean] = []

    def make(_: int) -> Estimator:
        made.append(Mean())
        return made[-1]

    bag = bagged(rows, make, nowhere, 4000, np.random.default_rng(0))
    for counts, member in zip(bag.counts, made[1:], strict=True):
        if not member.told:
            continue  # all of one value, which needs no estimator
        real = [one for one in member.told if one[0] >= 0]
        expected = [
            (row, row, rows.shares[row] * counts[rows.experiments[row]])
            for row in range(6)
            if counts[rows.experiments[row]]
        ]
        np.testing.assert_allclose(np.array(real).reshape(-1, 3), np.array(expected).reshape(-1, 3))
        assert len(member.told) - len(real) == 4 - counts.sum()
    # Four draws among chances of 1, 1 and 1/2, and 1 for the prior.
    np.testing.assert_allclose(bag.counts.mean(axis=0), 4 * np.array([1, 1, 0.5, 0]) / 3.5, atol=0.06)
    assert bag.outcomes(np.zeros((0, 1))).shape == (4000, 0)


def test_a_member_is_the_tree_that_its_predictions_say() -> None:
    generator = np.random.default_rng(0)
    X, y = generator.random((30, 2)), generator.random(30)
    rows = Rows(X, y, np.ones(30), np.arange(30), np.ones(30))
    trees: list[Estimator] = []

    def make(seed: int) -> Estimator:
        trees.append(built("random_forest", {}, seed))
        return trees[-1]

    bag = bagged(rows, make, lambda g, n: (g.random((n, 2)), np.zeros(n)), 5, generator)
    for outcomes, tree in zip(bag.outcomes(X), trees[1:], strict=True):
        np.testing.assert_array_equal(outcomes, tree.predict(X))


def test_out_of_bag_moments_are_those_of_the_members_kept_away() -> None:
    outcomes = np.array([[1.0, 3.0, 10.0], [2.0, 2.0, 20.0], [5.0, 9.0, 60.0]])
    absent = np.array([[True, False], [False, False], [True, False]])
    left = out_of_bag(outcomes, np.array([0, 0, 1]), absent)
    # The first observation has two imputations and was kept from members 0 and 2, which say 2 and 7 of it.
    assert left.mean[0] == pytest.approx(4.5) and left.between[0] == pytest.approx(2.5**2)
    assert left.spread[0] == pytest.approx(1.5**2)  # at its imputations they say 3 and 6 on average
    assert np.isnan([left.mean[1], left.between[1]]).all()


def test_the_factors_of_the_variances_are_found_again() -> None:
    generator = np.random.default_rng(0)
    between = generator.uniform(0.05, 1.0, 4000)
    residuals = np.sqrt(0.4 * between + 0.2) * generator.standard_normal(4000)
    zeros, ones = np.zeros(4000), np.ones(4000)
    found = fit_variances(residuals, OutOfBag(zeros, between, zeros), 1.0, zeros, ones, zeros, ones)
    assert found.between_factor == pytest.approx(0.4, rel=0.15) and found.noise == pytest.approx(
        0.2, rel=0.15
    )


def test_without_residuals_the_factors_are_those_expected() -> None:
    none = np.zeros(0)
    found = fit_variances(none, OutOfBag(none, none, none), 2.0, none, none, none, none)
    assert found.between_factor == pytest.approx(1.0, abs=0.01) and found.noise == pytest.approx(
        0.26, abs=0.01
    )


def test_timid_probabilities_are_made_bold_and_bold_ones_timid() -> None:
    generator = np.random.default_rng(0)
    probits = generator.standard_normal(3000)
    answers = (generator.random(3000) < ndtr(probits)).astype(float)
    for slope, offset in ((0.4, 0.0), (2.0, 0.0), (1.0, 0.5)):
        told = norm.cdf(slope * probits + offset)
        found = fit_calibration(told, answers, np.ones(3000))
        inner = np.abs(probits) < 1.5  # the last half answer of doubt stays
        np.testing.assert_allclose(found.probits(told)[inner], probits[inner], atol=0.2)


def test_one_class_leaves_half_an_answer_of_doubt() -> None:
    found = fit_calibration(np.ones(8), np.ones(8), np.ones(8))
    assert found == Calibration(8.0)
    np.testing.assert_allclose(ndtr(found.probits(np.array([1.0, 0.5, 0.0]))), [8.5 / 9, 0.5, 0.5 / 9])


def test_members_without_doubt_stand_at_one() -> None:
    np.testing.assert_allclose(latent_of_members(np.array([0.0, 0.5, 1.0])), [-1.0, 0.0, 1.0], atol=1e-12)
    inner = latent_of_members(np.array([0.3]))
    np.testing.assert_allclose(inner, ndtri(ndtr(-1) + (1 - 2 * ndtr(-1)) * 0.3))
