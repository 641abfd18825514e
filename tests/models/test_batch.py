"""A batch of hyperparameters says what each of them says alone."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from ovenbird.datasets import CategoricalParameter, Dataset, NumericParameter, ParameterSpace, Response
from ovenbird.models.evidence import gather_evidence
from ovenbird.models.expectation_propagation import condition, infer
from ovenbird.models.features import Arrhenius, Belief, Feature, PowerLaw
from ovenbird.models.fitted_latent_ensemble import FittedLatentEnsemble
from ovenbird.models.fitted_latent_surrogate import FittedLatentSurrogate
from ovenbird.models.hyperparameter_ensemble import averaged
from ovenbird.models.latent_model import LatentModel
from ovenbird.models.latent_samples import LatentSamples
from ovenbird.models.latent_surrogate import LatentSurrogate
from ovenbird.models.mixture import FittedMixture, left_out_density

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Together = Callable[..., "tuple[LatentModel, list[LatentModel]]"]

SPACE = ParameterSpace(
    (
        CategoricalParameter(name="route", values=("solid", "solution", "melt")),
        NumericParameter(name="temperature", unit="degC", low=600, high=900, step=10),
        NumericParameter(name="hold", unit="h", low=0, high=12, step=0.5),
        CategoricalParameter(name="milling", values=("none", "planetary")),
        NumericParameter(
            name="speed", unit="rpm", low=200, high=600, step=50, when={"milling": ("planetary",)}
        ),
        NumericParameter(name="time", unit="h", low=0.5, high=12, step=0.5, when={"milling": ("planetary",)}),
    )
)
FEATURES: dict[str, Feature] = {
    "dose": PowerLaw(name="dose", exponents={"speed": Belief(3.0, 0.6), "time": Belief(1.0, 0.3)}),
    "heat": Arrhenius(name="heat", temperature="temperature", time="hold"),
}
AREA = Response(name="area", plausible=(0, 300), rises_with=("dose",), falls_with=("heat",))
CAPACITY = Response(name="capacity", relative_noise=0.04, plausible=(0, 370), through=("area",))
CHARGE = Response(name="charge", plausible=(0, 370), through=("capacity",), rises_with=("temperature",))
PURE = Response(name="pure", kind="yes_no", rises_with=("temperature", "heat"))
GROUPS = {"chain": (AREA, CAPACITY, CHARGE), "yes or no": (PURE,), "number": (Response(name="charge"),)}


def rows(made: Made) -> list[dict[str, Any]]:
    """Every kind of evidence: replicates, bounds, approximate values, yes and no, unstated conditions."""

    def sample(
        route: str,
        temperature: float,
        hold: float | None,
        mill: tuple[float, float] | None,
        **results: object,
    ) -> dict[str, Any]:
        conditions: dict[str, object] = {"route": route, "temperature": temperature, "milling": "none"}
        conditions |= {} if hold is None else {"hold": hold}
        if mill:
            conditions |= {"milling": "planetary", "speed": mill[0], "time": mill[1]}
        return made(conditions, **results)

    return [
        sample("solid", 700, 3, None, area=4, capacity=[100, 108], charge=110, pure=True),
        sample("solid", 700, 3, (300, 6), area=20, capacity=[220, 231, 225], charge=[230, 228], pure=True),
        sample("solid", 700, 3, (600, 12), area="~60", capacity=300, charge=">280"),
        sample("solid", 650, None, None, area="<9", capacity="~90", charge=100, pure=False),
        sample("solution", 700, 3, None, area=80, capacity=280, charge=270, pure=True),
        sample("solution", 800, 6, None, area=40, capacity=260, charge=250, pure=True),
        sample("solution", 600, None, None, area=90, capacity=">150", charge=200, pure=False),
    ]


@pytest.fixture(scope="module", params=list(GROUPS))
def best(request: pytest.FixtureRequest, made: Made, dataset_of: DatasetOf) -> FittedLatentSurrogate:
    group: tuple[Response, ...] = GROUPS[request.param]
    names = {r.name for r in group}
    table = [row | {"results": {k: v for k, v in row["results"].items() if k in names}} for row in rows(made)]
    last = group[-1].name
    data = dataset_of(SPACE, table, [("E2", "E1", last), ("E5", "E4", group[0].name)])
    foreign = [replace(e, source="a paper") if e.id in ("E1", "E5", "E6") else e for e in data.experiments]
    evidence = gather_evidence(replace(data, experiments=tuple(foreign)), SPACE, {r.name: r for r in group})
    return LatentSurrogate(SPACE, group, FEATURES).fit(evidence)


@pytest.fixture(scope="module")
def together(best: FittedLatentSurrogate) -> tuple[LatentModel, list[LatentModel]]:
    """Five hyperparameters in one batch, and one by one."""
    prior = best.model.prior
    draws = torch.randn(5, len(prior.prior_mean), generator=torch.Generator().manual_seed(1)).double()
    theta = (torch.as_tensor(prior.prior_mean) + 0.7 * torch.as_tensor(prior.prior_sd) * draws).numpy()
    alone = [LatentModel(prior, one, best.model.evidence) for one in theta]
    return LatentModel(prior, theta, best.model.evidence), alone


def same(batched: Tensor, alone: list[Tensor], tolerance: float = 1e-10) -> None:
    torch.testing.assert_close(batched, torch.stack(alone), atol=tolerance, rtol=tolerance)


def codes(n: int = 30) -> Tensor:
    generator = torch.Generator().manual_seed(7)
    shares = torch.rand(n, len(SPACE), generator=generator).double()
    columns = [
        (shares[:, i] * len(p.values)).floor()
        if isinstance(p, CategoricalParameter)
        else p.low + shares[:, i] * (p.high - p.low)
        for i, p in enumerate(SPACE)
    ]
    return torch.stack(columns, dim=1)


def test_the_evidence_is_of_every_kind(best: FittedLatentSurrogate) -> None:
    if len(best.responses) > 1:
        observations = best.evidence.observations
        assert {o.kind for o in observations} == {"value", "above", "below", "beats"}
        assert any(o.n_values > 1 for o in observations) and any(o.source for o in observations)
        assert best.model.evidence.is_spread.any() and best.model.prior.outputs[1].branches


def test_the_prior(together: tuple[LatentModel, list[LatentModel]]) -> None:
    batch, alone = together
    prior, points = batch.prior, batch.evidence.points
    asked = batch.points(codes())
    plain = replace(prior.points(asked.codes, asked.output))
    for at in (points, asked, plain):
        same(prior.mean(batch.theta, at), [prior.mean(one.theta, at) for one in alone])
        same(prior.variance(batch.theta, at), [prior.variance(one.theta, at) for one in alone])
        same(prior.chain(batch.theta, at), [prior.chain(one.theta, at) for one in alone])
        of_outputs = [prior.covariance_of_outputs(one.theta, at) for one in alone]
        same(prior.covariance_of_outputs(batch.theta, at), of_outputs)
        for other in (points, asked):
            expected = [prior.covariance(one.theta, at, other) for one in alone]
            same(prior.covariance(batch.theta, at, other), expected)
    for position, output in enumerate(prior.outputs):
        same(prior.noise_sd(batch.theta, position), [prior.noise_sd(one.theta, position) for one in alone])
        shares = [prior.within_share(one.theta, position) for one in alone]
        same(prior.within_share(batch.theta, position), shares)
        for name in output.trends:
            slopes = [prior.slope_covariance(one.theta, asked, position, name) for one in alone]
            same(prior.slope_covariance(batch.theta, asked, position, name), slopes)


def test_copies_of_places_are_what_single_points_are(together: tuple[LatentModel, list[LatentModel]]) -> None:
    model = together[1][0]
    prior, theta, asked = model.prior, model.theta, model.points(codes())
    plain = prior.points(asked.codes, asked.output)
    assert asked.copies and not plain.copies
    torch.testing.assert_close(prior.mean(theta, asked), prior.mean(theta, plain))
    torch.testing.assert_close(prior.variance(theta, asked), prior.variance(theta, plain))
    for other in (asked, plain, model.evidence.points):
        expected = prior.covariance(theta, plain, other)
        torch.testing.assert_close(prior.covariance(theta, asked, other), expected)
        torch.testing.assert_close(prior.covariance(theta, other, asked), expected.T)


def test_points_that_share_places_are_what_single_points_are(
    together: tuple[LatentModel, list[LatentModel]],
) -> None:
    model = together[1][0]
    prior, theta, shared = model.prior, model.theta, model.evidence.points
    assert shared.place is not None or len(prior.outputs) == 1
    plain = prior.points(shared.codes, shared.output, shared.source)
    torch.testing.assert_close(prior.mean(theta, shared), prior.mean(theta, plain))
    torch.testing.assert_close(prior.variance(theta, shared), prior.variance(theta, plain))
    some = torch.arange(0, len(plain.codes), 2)
    for position, output in enumerate(prior.outputs):
        for name in output.trends:
            expected = prior.slope_covariance(theta, plain, position, name)
            torch.testing.assert_close(prior.slope_covariance(theta, shared, position, name), expected)
    for other in (model.points(codes()), plain, shared.at(some)):
        expected = prior.covariance(theta, plain, other)
        torch.testing.assert_close(prior.covariance(theta, shared, other), expected)
        torch.testing.assert_close(prior.covariance(theta, other, shared), expected.T)


def test_the_moments_of_the_evidence_are_those_of_its_functional(
    together: tuple[LatentModel, list[LatentModel]],
) -> None:
    model = together[1][0]
    prior, theta, points = model.prior, model.theta, model.evidence.points
    plain = prior.points(points.codes, points.output, points.source)
    functional = model.evidence.functional.to_dense()
    mean, covariance, _ = model.evidence.moments(prior, theta)
    torch.testing.assert_close(mean, functional @ prior.mean(theta, plain))
    expected = functional @ prior.covariance(theta, plain, plain) @ functional.T
    torch.testing.assert_close(covariance, expected + 1e-8 * torch.eye(len(mean)).double())


def test_the_likelihood_and_the_inference(together: tuple[LatentModel, list[LatentModel]]) -> None:
    batch, alone = together
    evidence, prior = batch.evidence, batch.prior
    parts = [evidence.moments(prior, one.theta) for one in alone]
    mean, covariance, terms = evidence.moments(prior, batch.theta)
    same(mean, [part[0] for part in parts])
    same(covariance, [part[1] for part in parts])
    same(terms.sd, [part[2].sd for part in parts])
    same(terms.scatter, [part[2].scatter for part in parts])
    sites, log_evidence = infer(mean, covariance, terms)
    found = [infer(*part) for part in parts]
    same(sites.precision, [one.precision for one, _ in found], 1e-8)
    same(sites.shift, [one.shift for one, _ in found], 1e-8)
    same(log_evidence, [value for _, value in found])
    given = condition(mean, covariance, sites)
    same(given.weights, [one.given.weights for one in alone], 1e-7)
    assert math.isnan(batch.log_evidence)


def test_the_gradient_of_the_evidence(together: tuple[LatentModel, list[LatentModel]]) -> None:
    batch, alone = together

    def gradient(theta: Tensor) -> Tensor:
        theta = theta.clone().requires_grad_()
        value = infer(*batch.evidence.moments(batch.prior, theta))[1]
        return torch.autograd.grad(value.sum(), theta)[0]

    same(gradient(batch.theta), [gradient(one.theta) for one in alone], 1e-7)


def test_the_posterior(together: tuple[LatentModel, list[LatentModel]], best: FittedLatentSurrogate) -> None:
    batch, alone = together
    for part, expected in zip(
        batch.marginals(codes()), zip(*(one.marginals(codes()) for one in alone), strict=True), strict=True
    ):
        same(part, list(expected), 1e-8)
    blocks = [best.evidence.told_with(i) for i in range(len(best.evidence.observations))]
    for part, expected in zip(
        batch.left_out(blocks), zip(*(one.left_out(blocks) for one in alone), strict=True), strict=True
    ):
        same(part, list(expected), 1e-6)
    for i, one in enumerate(alone):
        view = batch.element(i)
        assert view.log_evidence == pytest.approx(one.log_evidence, abs=1e-9)
        assert view.log_probability == pytest.approx(one.log_probability, abs=1e-9)
        torch.testing.assert_close(
            view.marginals(codes())[0], one.marginals(codes())[0], atol=1e-8, rtol=1e-8
        )


def test_samples(together: tuple[LatentModel, list[LatentModel]]) -> None:
    """Each sample is what its own model makes of its draws."""
    batch, alone = together
    base, at, outputs = codes(4), codes(20)[4:], [len(batch.outputs) - 1]
    for chosen in (list(batch.outputs), outputs):
        generator = torch.Generator().manual_seed(0)
        draws = torch.randn(40, len(chosen) * 5, generator=generator).double()
        member = torch.randint(0, 4, (40,), generator=generator)  # none of the last
        samples = LatentSamples(batch.for_outputs(chosen), base, draws, member)
        for i, one in enumerate(alone[:4]):
            mine = member == i
            expected = LatentSamples(one.for_outputs(chosen), base, draws[mine])
            torch.testing.assert_close(samples.at_base[mine], expected.at_base, atol=1e-6, rtol=1e-6)
            torch.testing.assert_close(samples.at(at)[mine], expected.at(at), atol=1e-6, rtol=1e-6)


def test_an_element_that_fails_leaves_the_others_alone(
    together: tuple[LatentModel, list[LatentModel]],
) -> None:
    batch, _ = together
    mean, covariance, terms = batch.evidence.moments(batch.prior, batch.theta)
    good = infer(mean, covariance, terms)[1]
    broken = covariance.clone()
    broken[1] = -100 * torch.eye(len(broken[1])).double()
    broken[3] = torch.nan
    found = infer(mean, broken, terms)[1]
    assert found[1] == -torch.inf and found[3] == -torch.inf
    others = torch.tensor([0, 2, 4])
    torch.testing.assert_close(found[others], good[others], atol=1e-10, rtol=0)


@pytest.fixture(scope="module")
def ensemble(best: FittedLatentSurrogate) -> FittedLatentEnsemble:
    found = averaged(best, 0)
    assert isinstance(found, FittedLatentEnsemble)
    return found


def test_an_ensemble_is_the_mixture_of_its_components(ensemble: FittedLatentEnsemble) -> None:
    members = tuple(member for _, member in ensemble.components)
    mixture = FittedMixture((1 / len(members),) * len(members), members, ensemble.lead)
    nested = FittedMixture((0.3, 0.7), (ensemble, members[0]), ensemble.lead)
    assert [w for w, _ in nested.components] == pytest.approx([0.3 / 8] * 8 + [0.7])
    for ours, theirs in (
        (ensemble.marginals(codes()), mixture.marginals(codes())),
        (ensemble.component_marginals(codes()), mixture.component_marginals(codes())),
    ):
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b, atol=1e-8, rtol=1e-8)
    both = nested.component_marginals(codes())[0]
    torch.testing.assert_close(both, torch.cat([mixture.component_marginals(codes())[0], both[-1:]]))
    torch.testing.assert_close(left_out_density(ensemble), left_out_density(mixture), atol=1e-6, rtol=1e-6)
    assert left_out_density(nested).shape == left_out_density(mixture).shape
    for name in ensemble.responses:
        at = torch.linspace(-1, 1, 5).double()
        expected = mixture.noise_variance(name, at)
        torch.testing.assert_close(ensemble.noise_variance(name, at), expected)


def test_samples_of_an_ensemble_have_its_moments(ensemble: FittedLatentEnsemble) -> None:
    names, base, at = ensemble.responses, codes(3), codes(12)[6:]
    generator = torch.Generator().manual_seed(0)
    draws = torch.randn(40_000, ensemble.n_draws(len(names), len(base)), generator=generator).double()
    samples = ensemble.samples(names, base, draws)
    for drawn, where in ((samples.at_base, base), (samples.at(at), at)):
        mean, variance = ensemble.marginals(where)
        torch.testing.assert_close(drawn.mean(0) / variance.sqrt(), mean / variance.sqrt(), atol=0.03, rtol=0)
        torch.testing.assert_close(drawn.var(0) / variance, torch.ones_like(variance), atol=0.06, rtol=0)
