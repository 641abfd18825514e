"""Ensembles of estimators: they learn, and what they say of their own doubt holds."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from botorch.posteriors.ensemble import EnsemblePosterior
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ovenbird.datasets import Dataset, InputError, NumericParameter, ParameterSpace, Response
from ovenbird.models import sklearn_surrogate
from ovenbird.models.encoding import codes_of_conditions
from ovenbird.models.evidence import Evidence, Observation, gather_evidence
from ovenbird.models.features import Belief, PowerLaw
from ovenbird.models.latent_surrogate import LatentSurrogate
from ovenbird.models.sklearn_surrogate import FittedSklearnSurrogate, SklearnSurrogate
from ovenbird.models.stacking import Candidate, FittedStack, StackedSurrogate
from ovenbird.models.surrogate import FittedComponent
from ovenbird.models.tuning import KINDS

Y, PURE = Response(name="y"), Response(name="pure", kind="yes_no")


def square(n: int = 3) -> ParameterSpace:
    return ParameterSpace(tuple(NumericParameter(name=f"p{i}", low=0, high=1) for i in range(n)))


def measured(codes: np.ndarray, numbers: Iterable[float]) -> list[Observation]:
    return [
        Observation(
            experiment=f"E{i}",
            response="y",
            kind="value",
            codes=torch.as_tensor(row[None]),
            number=float(number),
        )
        for i, (row, number) in enumerate(zip(codes, numbers, strict=True))
    ]


def answered(codes: np.ndarray, answers: Iterable[bool], copies: int = 1) -> list[Observation]:
    return [
        Observation(
            experiment=f"E{i}",
            response="pure",
            kind="yes" if answer else "no",
            codes=torch.as_tensor(row[None]),
        )
        for i, (row, answer) in enumerate(zip(codes, answers, strict=True))
        for _ in range(copies)
    ]


def fit(
    observations: Sequence[Observation],
    space: ParameterSpace | None = None,
    response: Response = Y,
    seed: int = 0,
    **settings: object,
) -> FittedSklearnSurrogate:
    space = space or square(observations[0].codes.shape[1])
    recipe = replace(SklearnSurrogate(space, (response,)), **settings)
    return recipe.fit(Evidence(space, tuple(observations)), seed)


def in_units(fitted: FittedSklearnSurrogate, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of measurements on a linear scale."""
    mean, variance = (x[:, 0] for x in fitted.marginals(torch.as_tensor(codes)))
    sd = (variance + fitted.noise_variance("y", mean)).sqrt()
    scale = fitted.scales["y"]
    assert scale is not None and scale.low is None
    return scale.to_values(mean).numpy(), (sd * scale.spread).numpy()


def yes(fitted: FittedSklearnSurrogate, codes: np.ndarray) -> np.ndarray:
    mean, variance = (x[:, 0] for x in fitted.marginals(torch.as_tensor(codes)))
    return torch.special.ndtr(mean / (1 + variance).sqrt()).numpy()


def wave(codes: np.ndarray) -> np.ndarray:
    return np.sin(5 * codes[:, 0]) + codes[:, 1] ** 2


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    return np.random.default_rng(5).random((24, 3))


@pytest.fixture(scope="module")
def waves(points: np.ndarray) -> FittedSklearnSurrogate:
    return fit(measured(points, wave(points)))


def test_it_keeps_the_protocol_of_a_component(waves: FittedSklearnSurrogate) -> None:
    assert isinstance(waves, FittedComponent)
    assert waves.components == ((1.0, waves),) and waves.lead is waves and waves.contradictions == ()


def test_left_out_forecasts_are_those_of_members_that_did_not_draw_the_experiment(points: np.ndarray) -> None:
    observations = measured(points, wave(points))
    versus = Observation(
        experiment="E1 > E2",
        response="y",
        kind="beats",
        codes=observations[1].codes,
        other_codes=observations[2].codes,
    )
    fitted = fit([*observations[:4], versus, *observations[4:]])
    learned, left = fitted.learned[0], fitted.left_out()
    assert isinstance(learned, sklearn_surrogate.LearnedNumber)
    # Which column of the counts is which experiment: the ensemble orders them by their numbers.
    order = np.argsort(wave(points))
    scale = learned.scale
    for column, i in enumerate(order):
        row = i if i < 4 else i + 1
        told = [
            float(member(points[i : i + 1])[0])
            for member, counts in zip(learned.bag.members, learned.bag.counts, strict=True)
            if counts[column] == 0
        ]
        assert 20 < len(told) < 55
        mean = sum(told) / len(told)
        between = sum((x - mean) ** 2 for x in told) / len(told)
        variance = learned.variances.between_factor * between + learned.variances.noise
        assert float(left.mean[row]) == pytest.approx(mean, abs=1e-12)
        assert float(left.variance[row]) == pytest.approx(variance, rel=1e-9)
        density = norm.logpdf(
            wave(points)[i], scale.centre + scale.spread * mean, scale.spread * math.sqrt(variance)
        )
        assert float(left.log_density[row]) == pytest.approx(density, abs=1e-9)
    assert left.mean[4].isnan() and left.variance[4].isnan() and left.log_density[4].isnan()


def test_left_out_forecasts_are_about_those_of_a_fit_without_the_experiment(points: np.ndarray) -> None:
    observations = measured(points, wave(points))
    fitted = fit(observations)
    scale = fitted.scales["y"]
    assert scale is not None
    left = scale.to_values(fitted.left_out().mean).numpy()
    again, at_home = [], in_units(fitted, points)[0]
    for i in range(0, 24, 3):
        refitted = fit([o for o in observations if o.experiment != f"E{i}"])
        again.append(in_units(refitted, points[i : i + 1])[0][0])
    chosen = slice(0, 24, 3)
    # Noise of some 35 members, not the knowledge of the value itself, tells the two apart.
    apart = np.abs(left[chosen] - again).mean()
    assert apart < 0.25 * np.std(wave(points))
    assert apart < 0.7 * np.abs(at_home[chosen] - again).mean()


@pytest.mark.parametrize("kind", ["extra_trees", "random_forest", "gradient_boosting"])
def test_nine_of_ten_values_fall_into_the_intervals(kind: str) -> None:
    covered, foretold = [], []
    for seed in range(2 if kind == "gradient_boosting" else 4):
        generator = np.random.default_rng(seed)
        codes, test = generator.random((40, 4)), generator.random((300, 4))
        values = wave(codes) + 0.3 * generator.standard_normal(40)
        truth = wave(test) + 0.3 * generator.standard_normal(300)
        fitted = fit(measured(codes, values), seed=seed, estimator=kind)
        mean, sd = in_units(fitted, test)
        covered.append(np.mean(np.abs(truth - mean) < 1.645 * sd))
        foretold.append(1 - np.var(truth - mean) / np.var(truth))
        left = fitted.left_out()
        scale = fitted.scales["y"]
        assert scale is not None
        inside = (scale.to_latent(torch.as_tensor(values)) - left.mean).abs() < 1.645 * left.variance.sqrt()
        assert 0.75 < float(inside.double().mean()) <= 1.0
    assert 0.8 < np.mean(covered) < 0.98
    assert np.mean(foretold) > 0.35


def test_probabilities_of_yes_come_true_as_often_as_they_say() -> None:
    said, happened = [], []
    for seed in range(5):
        generator = np.random.default_rng(seed)
        codes, test = generator.random((40, 3)), generator.random((300, 3))
        chance, answers = (norm.cdf(4 * (c[:, 0] - 0.5) + 2 * (c[:, 1] - 0.6)) for c in (test, codes))
        fitted = fit(answered(codes, generator.random(40) < answers), response=PURE, seed=seed)
        said.append(yes(fitted, test))
        happened.append(chance)
    said, happened = np.concatenate(said), np.concatenate(happened)
    for low, high in ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0)):
        chosen = (said >= low) & (said < high)
        assert chosen.sum() > 50
        assert said[chosen].mean() == pytest.approx(happened[chosen].mean(), abs=0.1)


def test_equal_seeds_give_equal_answers_and_others_do_not(points: np.ndarray) -> None:
    observations, at = measured(points, wave(points)), torch.rand(7, 3, generator=torch.Generator()).double()
    one, same, other = (fit(observations, seed=seed).marginals(at) for seed in (3, 3, 4))
    assert torch.equal(one[0], same[0]) and torch.equal(one[1], same[1])
    assert not torch.equal(one[0], other[0])


def test_repeats_of_one_experiment_are_left_out_together() -> None:
    """Answers by chance, each told three times: who saw one of the three would know the other two."""
    generator = np.random.default_rng(1)
    codes, answers = generator.random((30, 2)), generator.random(30) < 0.5
    fitted = fit(answered(codes, list(answers), copies=3), response=PURE)
    left = fitted.left_out()
    assert fitted.learned[0].bag.counts.shape == (100, 30)
    assert float(left.log_density.exp().mean()) < 0.56
    assert torch.equal(left.mean[0::3], left.mean[1::3]) and torch.equal(left.mean[0::3], left.mean[2::3])


FOREIGN = {
    "ridge": Ridge(),
    "neighbours": KNeighborsRegressor(n_neighbors=25),
    "pipeline": make_pipeline(StandardScaler(), KNeighborsRegressor(3)),
}


@pytest.mark.parametrize("estimator", [*KINDS, *FOREIGN.values()], ids=[*KINDS, *FOREIGN])
@pytest.mark.parametrize("numbers", [[], [7.0], [7.0, 7.0], [1e-30, 2e6], [4.0] * 6], ids=str)
def test_little_to_learn_from_is_answered_with_wide_intervals(
    numbers: list[float], estimator: object, points: np.ndarray
) -> None:
    fitted = fit(measured(points[: len(numbers)], numbers), square(), estimator=estimator)
    mean, sd = in_units(fitted, np.vstack([points, np.zeros(3), np.ones(3)]))
    assert np.isfinite(mean).all() and np.isfinite(sd).all()
    assert torch.isfinite(fitted.marginals(torch.zeros(0, 3).double())[0]).all()
    assert fitted.left_out().log_density.shape == (len(numbers),)
    size = max([abs(x) for x in numbers], default=1.0)
    assert (sd > (0.2 if len(numbers) < 3 else 0.05) * size).all()
    if not numbers:
        assert np.abs(mean).max() < 1e-9 and np.all(sd > 1.0)


@pytest.mark.parametrize("estimator", ["extra_trees", LogisticRegression(), KNeighborsClassifier(5)], ids=str)
def test_one_class_is_believed_as_far_as_the_rule_of_succession_goes(estimator: object) -> None:
    generator, seen = np.random.default_rng(0), []
    for n in (0, 1, 4, 16):
        codes = generator.random((n, 2))
        fitted = fit(answered(codes, [True] * n), square(2), PURE, estimator=estimator)
        everywhere = yes(fitted, generator.random((50, 2)))
        assert np.all(everywhere <= (n + 0.5) / (n + 1) + 1e-6)
        seen.append(everywhere.mean())
        assert not fitted.left_out().log_density.isinf().any()
    assert seen[0] == pytest.approx(0.5, abs=1e-6)
    assert seen == sorted(seen) and seen[-1] > 0.8


def test_samples_are_functions_the_same_at_base_and_candidates(
    waves: FittedSklearnSurrogate, points: np.ndarray
) -> None:
    base, draws = torch.as_tensor(points[:5]), torch.randn(200, 1, dtype=torch.float64)
    samples = waves.samples(("y",), base, draws)
    assert samples.at_base.shape == (200, 5, 1) and waves.n_draws(1, 5) == 1
    mixed = torch.cat([torch.as_tensor(points[7:9]), base])
    assert torch.equal(samples.at(mixed)[:, 2:], samples.at_base)
    # Equal steps through the draws visit every member once: the moments are those of the marginals.
    each = torch.special.ndtri((torch.arange(100, dtype=torch.float64) + 0.5) / 100)[:, None]
    all_members = waves.samples(("y",), base[:0], each).at(base)[..., 0]
    mean, variance = waves.marginals(base)
    torch.testing.assert_close(all_members.mean(dim=0), mean[:, 0])
    torch.testing.assert_close(all_members.var(dim=0, correction=0), variance[:, 0])
    posterior = waves.model.posterior(base)
    assert isinstance(posterior, EnsemblePosterior)
    torch.testing.assert_close(posterior.mean, mean)


def test_a_straight_line_is_learned_by_ridge_and_nearness_by_neighbours() -> None:
    generator = np.random.default_rng(0)
    codes, test = generator.random((30, 2)), generator.random((50, 2))
    line = 3 * codes[:, 0] - codes[:, 1] + 0.01 * generator.standard_normal(30)
    mean, sd = in_units(fit(measured(codes, line), estimator=Ridge(1e-3)), test)
    error = mean - (3 * test[:, 0] - test[:, 1])
    assert np.abs(error).mean() < 0.15 and np.mean(np.abs(error) < 1.645 * sd) > 0.8
    near = fit(measured(codes, line), estimator=FOREIGN["pipeline"])
    assert np.abs(in_units(near, test)[0] - (3 * test[:, 0] - test[:, 1])).mean() < 0.4
    answers = fit(answered(codes, list(line > 1)), response=PURE, estimator=LogisticRegression(C=30))
    truly = 3 * test[:, 0] - test[:, 1] > 1
    assert yes(answers, test)[truly].mean() > 0.8 > 0.25 > yes(answers, test)[~truly].mean()


def test_what_cannot_learn_is_refused() -> None:
    with pytest.raises(
        InputError, match="estimator 'forrest' is unknown, allowed are extra_trees, random_forest"
    ):
        SklearnSurrogate(square(), (Y,), estimator="forrest")
    with pytest.raises(InputError, match="y: a classifier learns yes or no"):
        SklearnSurrogate(square(), (PURE, Y), estimator=LogisticRegression())
    with pytest.raises(ValueError, match="alpha"):
        fit(measured(np.random.default_rng(0).random((8, 3)), range(8)), estimator=Ridge(alpha=-1.0))


def test_a_bound_speaks_only_where_it_is_broken(points: np.ndarray) -> None:
    observations, at = measured(points, wave(points)), points[:1]

    def with_bound(kind: str, number: float) -> np.ndarray:
        bound = replace(observations[0], experiment="B", kind=kind, number=number)
        return in_units(fit([*observations, bound]), at)[0]

    plain, high = in_units(fit(observations), at)[0], wave(points).max()
    assert with_bound("above", wave(points).min()) == pytest.approx(plain, abs=0.15)
    assert with_bound("above", high + 1)[0] > plain[0] + 0.2
    assert with_bound("below", wave(points).min() - 1)[0] < plain[0] - 0.2


def test_bounds_are_foretold_without_their_experiment(points: np.ndarray) -> None:
    observations = measured(points, wave(points))
    bounds = [replace(observations[i], kind="above", number=number) for i, number in ((3, -9.0), (4, 9.0))]
    left = fit([*observations[:3], *bounds, *observations[5:]]).left_out()
    assert float(left.log_density[3]) > math.log(0.97) and float(left.log_density[4]) < math.log(0.05)
    only = fit(bounds)
    assert torch.isfinite(only.left_out().log_density).all()
    assert torch.isfinite(only.marginals(torch.as_tensor(points))[0]).all()


def test_another_lab_counts_half() -> None:
    codes = np.full((20, 1), 0.5)
    observations = measured(codes, [0.0] * 10 + [3.0] * 10)
    foreign = [*observations[:10], *(replace(o, source="paper") for o in observations[10:])]
    mean = in_units(fit(foreign), codes[:1])[0][0]
    assert mean == pytest.approx(1.0, abs=0.25)
    assert in_units(fit(observations), codes[:1])[0][0] == pytest.approx(1.5, abs=0.25)


def test_noise_is_never_below_the_declared_one(points: np.ndarray) -> None:
    values = wave(points) + 3
    exact = fit(measured(points, values))
    declared = Response(name="y", absolute_noise=2.0)
    loud = fit(measured(points, values), response=declared)
    mean = torch.zeros(1, dtype=torch.float64)
    scale = loud.scales["y"]
    assert scale is not None
    assert float(loud.noise_variance("y", mean)) == pytest.approx((2.0 / scale.spread) ** 2)
    assert float(exact.noise_variance("y", mean)) < 0.5


def test_what_nobody_stated_is_averaged_over(
    dataset_of: Callable[..., Dataset], made: Callable[..., dict[str, object]], plane: ParameterSpace
) -> None:
    rows = [made({"x": 2.0, "z": z}, y=1.0) for z in (1.0, 5.0, 9.0)] * 2 + [made({"x": 8.0}, y=5.0)] * 6
    evidence = gather_evidence(dataset_of(plane, rows), plane, {"y": Y})
    at = torch.cat([codes_of_conditions(plane, {"x": 8.0, "z": z}) for z in (0.5, 5.0, 9.5)])
    for estimator in ("extra_trees", KNeighborsRegressor(3)):
        fitted = SklearnSurrogate(plane, (Y,), estimator=estimator).fit(evidence)
        assert np.all(in_units(fitted, at.numpy())[0] > 3.5)


def test_only_what_may_matter_is_looked_at_and_features_are(points: np.ndarray) -> None:
    observations = measured(points, points[:, 0] * points[:, 1])
    known = Response(name="y", depends_on=("p0", "p1"))
    feature = PowerLaw(name="dose", exponents={"p0": Belief(1.0), "p1": Belief(1.0)})
    fitted = fit(
        observations,
        response=known,
        features={"dose": feature, "other": PowerLaw(name="other", exponents={"p2": Belief(1.0)})},
    )
    assert fitted.learned[0].inputs(torch.as_tensor(points)).shape == (24, 3)
    moved = points.copy()
    moved[:, 2] = 1 - moved[:, 2]
    before, after = (fitted.marginals(torch.as_tensor(x))[0] for x in (points, moved))
    assert torch.equal(before, after)


def test_doubt_grows_away_from_the_data() -> None:
    codes = np.linspace(0, 0.3, 12)[:, None]
    _, sd = in_units(fit(measured(codes, codes[:, 0])), np.array([[0.15], [0.95]]))
    assert sd[1] > 1.3 * sd[0]


def test_it_stacks_with_a_gaussian_process(points: np.ndarray) -> None:
    space = square()
    candidates = (
        Candidate("process", LatentSurrogate(space, (Y,))),
        Candidate("trees", SklearnSurrogate(space, (Y,))),
    )
    steps = np.where(points[:, 0] > 0.5, 1.0, 0.0) + np.where(points[:, 1] > 0.3, 2.0, 0.0)
    stack = StackedSurrogate(candidates).fit(Evidence(space, tuple(measured(points, steps))))
    assert isinstance(stack, FittedStack) and len(stack.members) == 2
    drawn = stack.samples(("y",), torch.as_tensor(points[:3]), torch.randn(64, stack.n_draws(1, 3)).double())
    assert torch.isfinite(drawn.at(torch.as_tensor(points))).all()


def test_tuning_waits_for_enough_values(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def record(kind: str, X: np.ndarray, *_: object) -> dict[str, float]:
        asked.append(len(X))
        return {"min_samples_leaf": 20}

    monkeypatch.setattr(sklearn_surrogate, "tuned", record)
    codes = np.random.default_rng(0).random((50, 2))
    fit(measured(codes[:49], wave(codes[:49])), tuning_seconds=5.0)
    assert asked == []
    coarse = fit(measured(codes, wave(codes)), tuning_seconds=5.0)
    assert asked == [50]
    assert float(coarse.marginals(torch.as_tensor(codes))[0].std()) < 0.7
