"""The posterior through inducing points, against the exact one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from botorch.posteriors.gpytorch import GPyTorchPosterior
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ovenbird.datasets import ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.evidence_terms import EvidenceTerms
from ovenbird.models.expectation_propagation import Sites, condition
from ovenbird.models.inducing_model import MOST_EXACT, InducingModel, condition_model
from ovenbird.models.inducing_points import choose_inducing_points
from ovenbird.models.latent_model import LatentModel
from ovenbird.models.latent_samples import LatentSamples
from ovenbird.models.latent_surrogate import FittedLatentSurrogate, LatentSurrogate

Learned = Callable[..., Beliefs]
Made = Callable[..., dict[str, Any]]

AREA = Response(name="area", plausible=(0, 300))
CAPACITY = Response(name="capacity", absolute_noise=2.0, through=("area",), rises_with=("x",))
PURE = Response(name="pure", kind="yes_no")
NOISE = 0.3
WAVY = Response(name="y", absolute_noise=NOISE)


def some_codes(n: int, seed: int = 0) -> Tensor:
    return 10 * torch.rand(n, 2, generator=torch.Generator().manual_seed(seed)).double()


def wavy(codes: Tensor) -> Tensor:
    return 3 * torch.sin(codes[:, 0]) + torch.cos(1.3 * codes[:, 1] + 0.2 * codes[:, 0])


def model_of(beliefs: Beliefs, response: str) -> LatentModel:
    lead = beliefs.surrogate_of(response).lead
    assert isinstance(lead, FittedLatentSurrogate)
    return lead.model


@pytest.fixture(scope="module")
def exact(learned: Learned, plane: ParameterSpace, made: Made) -> dict[str, LatentModel]:
    """Posteriors from every kind of evidence: a chain of numbers, and a yes/no response."""
    rows = [
        made({"x": 1, "z": 2}, area=50, capacity=100, pure=False),
        made({"x": 4, "z": 9}, area="~120", pure=True),
        made({"x": 8, "z": 5}, area=">200", capacity=[240, 250, 244], pure=True),
        made({"x": 9, "z": 1}, capacity="<150", pure=False),
        made({"x": 6, "z": 3}, area=90, capacity=160),
        made({"x": 3}, area=70, capacity=130, pure=True),
        made({"x": 5, "z": 5}),
        made({"x": 2, "z": 7}),
    ]
    told = [("E7", "E8", "area"), ("E7", "E8", "pure"), ("E3", "E8", "capacity")]
    beliefs = learned(plane, (AREA, CAPACITY, PURE), rows, told)
    return {name: model_of(beliefs, name) for name in ("capacity", "pure")}


@pytest.fixture(scope="module")
def many(learned: Learned, plane: ParameterSpace, made: Made) -> LatentModel:
    """Exact posterior of 250 noisy values of a wavy function."""
    codes = some_codes(250, seed=1)
    noise = NOISE * torch.randn(250, generator=torch.Generator().manual_seed(2)).double()
    values = (wavy(codes) + noise).tolist()
    rows = [made({"x": x, "z": z}, y=y) for (x, z), y in zip(codes.tolist(), values, strict=True)]
    evidence = learned(plane, (WAVY,), rows).evidence
    return LatentSurrogate(plane, (WAVY,), smooth=True).fit(evidence).model


def sparse_copy(model: LatentModel, most: int) -> InducingModel:
    return InducingModel(model.prior, model.theta.numpy(), model.evidence, model.outputs, most)


def joint(model: LatentModel, codes: Tensor) -> GPyTorchPosterior:
    found = model.posterior(codes)
    assert isinstance(found, GPyTorchPosterior)
    return found


@pytest.mark.parametrize("name", ["capacity", "pure"])
def test_with_all_points_it_equals_the_exact_posterior(exact: dict[str, LatentModel], name: str) -> None:
    model = exact[name]
    sparse = sparse_copy(model, 1000)
    codes = some_codes(30)
    for ours, theirs in zip(sparse.marginals(codes), model.marginals(codes), strict=True):
        torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=2e-5)
    ours, theirs = joint(sparse, codes[:4]), joint(model, codes[:4])
    torch.testing.assert_close(
        ours.distribution.covariance_matrix, theirs.distribution.covariance_matrix, atol=5e-5, rtol=5e-5
    )
    assert sparse.log_evidence == pytest.approx(model.log_evidence, abs=1e-3)
    assert sparse.log_probability == pytest.approx(model.log_probability, abs=1e-3)
    torch.testing.assert_close(sparse.terms.sd, model.terms.sd, atol=1e-6, rtol=1e-6)


def test_with_all_points_slopes_are_those_of_the_exact_posterior(exact: dict[str, LatentModel]) -> None:
    model = exact["capacity"]
    position = model.prior.names.index("capacity")
    for name in model.prior.outputs[position].trends:
        slope = sparse_copy(model, 1000).slope(position, name)
        assert slope == pytest.approx(model.slope(position, name), abs=1e-4)


@pytest.mark.parametrize("name", ["capacity", "pure"])
@pytest.mark.parametrize("size", [1, 3])
def test_leaving_out_is_conditioning_on_the_other_sites(
    exact: dict[str, LatentModel], name: str, size: int
) -> None:
    model = exact[name]
    n = len(model.evidence)
    blocks = [sorted({i, (i + 1) % n, (i + 3) % n}) if size == 3 else [i] for i in range(n)]
    found = sparse_copy(model, 1000)
    means, variances = found.left_out(blocks)
    mean, covariance, terms = model.evidence.moments(model.prior, model.theta)
    for i, block in enumerate(blocks):
        kept = torch.tensor([float(j not in block) for j in range(n)], dtype=torch.float64)
        sites = Sites(found.sites.precision * kept + 1e-12, found.sites.shift * kept)
        given = condition(mean, covariance, sites)
        explained = (given.whiten(covariance[:, [i]]) ** 2).sum()
        expected = float(covariance[i, i] - explained + terms.sd[i] ** 2)
        assert float(means[i]) == pytest.approx(float(mean[i] + covariance[i] @ given.weights), abs=1e-4)
        assert float(variances[i]) == pytest.approx(expected, rel=1e-4)


def test_outputs_can_be_chosen(exact: dict[str, LatentModel]) -> None:
    sparse, codes = sparse_copy(exact["capacity"], 1000), some_codes(5)
    assert sparse.num_outputs == 2
    both, last = sparse.marginals(codes), sparse.subset_output([1]).marginals(codes)
    torch.testing.assert_close(last[0][:, 0], both[0][:, 1])
    torch.testing.assert_close(last[1][:, 0], both[1][:, 1])
    assert isinstance(sparse.for_outputs([1]), InducingModel)


def test_more_inducing_points_come_closer(many: LatentModel) -> None:
    codes = some_codes(200, seed=5)
    mean, variance = many.marginals(codes)
    errors = []
    for most in (10, 30, 100, 250):
        sparse_mean, sparse_variance = sparse_copy(many, most).marginals(codes)
        errors.append(
            float(
                ((sparse_mean - mean) ** 2 / variance).mean()
                + (sparse_variance / variance).log().abs().mean()
            )
        )
    assert errors == sorted(errors, reverse=True)
    assert errors[2] < 0.1 < errors[0] and errors[3] < 1e-2


def test_points_that_explain_everything_are_enough(many: LatentModel) -> None:
    """Evidence at few distinct conditions takes no more inducing points than those."""
    prior, theta = many.prior, many.theta
    places = many.evidence.points.at(torch.arange(12).repeat(20))
    chosen = choose_inducing_points(prior, theta, places, 100)
    assert len(chosen) == 12
    covariance = prior.covariance(theta, chosen.points, chosen.points)
    torch.testing.assert_close(chosen.factor @ chosen.factor.T, covariance)


@pytest.mark.parametrize("most", [15, 60, 1000])
def test_forecasts_are_not_too_sure(many: LatentModel, most: int) -> None:
    codes = some_codes(2000, seed=9)
    sparse = sparse_copy(many, most)
    mean, variance = (x[:, 0] for x in sparse.marginals(codes))
    # What the scale makes of a value is linear: two values tell its slope.
    target, values = many.evidence.target, wavy(many.evidence.points.codes)
    slope, offset = np.polyfit(values.numpy(), target.numpy(), 1)
    truth = slope * wavy(codes) + offset
    share = float(((mean - truth).abs() < 1.645 * variance.sqrt()).double().mean())
    assert 0.8 <= share <= 0.999, "honest, and not without news"


def test_samples_have_the_moments_of_the_posterior(exact: dict[str, LatentModel]) -> None:
    sparse = sparse_copy(exact["capacity"], 5)
    base, codes = some_codes(2), some_codes(3, seed=7)
    draws = torch.randn(40_000, 2 * 3, generator=torch.Generator().manual_seed(0)).double()
    samples = LatentSamples(sparse, base, draws)
    for drawn, places in ((samples.at_base, base), (samples.at(codes), codes)):
        mean, variance = sparse.marginals(places)
        torch.testing.assert_close(drawn.mean(0), mean, atol=0.05, rtol=0)
        torch.testing.assert_close(drawn.var(0) / variance, torch.ones_like(variance), atol=0.05, rtol=0)
    first = torch.stack([samples.at_base[:, 0, 1], samples.at(codes)[:, 0, 1]])
    expected = joint(sparse.for_outputs([1]), torch.stack([base[0], codes[0]])).distribution
    torch.testing.assert_close(torch.cov(first), expected.covariance_matrix, atol=0.03, rtol=0)


def test_the_joint_posterior_is_positive(many: LatentModel) -> None:
    covariance = joint(sparse_copy(many, 40), some_codes(60, seed=3)).distribution.covariance_matrix
    assert float(torch.linalg.eigvalsh(covariance).min()) > 0


def test_posterior_has_gradients(many: LatentModel) -> None:
    sparse, codes = sparse_copy(many, 40), some_codes(1, seed=4).requires_grad_()

    def summary(places: Tensor) -> Tensor:
        found = joint(sparse, places)
        return found.mean.sum() + found.variance.sum()

    assert torch.autograd.gradcheck(summary, (codes,), atol=1e-4, rtol=1e-3)


def test_exact_while_evidence_is_little(many: LatentModel) -> None:
    model = condition_model(many.prior, many.theta.numpy(), many.evidence)
    assert len(many.evidence) < MOST_EXACT and not isinstance(model, InducingModel)


class _LargestTensor(TorchDispatchMode):
    """Watch the number of elements of all tensors that come into being."""

    elements = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and not result.is_sparse:
            self.elements = max(self.elements, result.numel())
        return result


def repeated(evidence: EvidenceTerms, n: int) -> EvidenceTerms:
    """Evidence of n values at as many new conditions, with all else from the first term."""
    codes = some_codes(n, seed=11)
    first = torch.zeros(n, dtype=torch.long)
    points = replace(evidence.points.at(first), codes=codes, columns=(codes / 10,))
    places = torch.arange(n).repeat(2, 1)
    ones = torch.ones(n, dtype=torch.float64)
    functional = torch.sparse_coo_tensor(places, ones, (n, n), check_invariants=True)
    columns = {name: value for name, value in vars(evidence).items() if isinstance(value, Tensor)}
    rest = {name: column[first] for name, column in columns.items() if column.ndim == 1}
    noise = 0.3 * torch.randn(n, generator=torch.Generator().manual_seed(3)).double()
    target = {"target": torch.sin(codes[:, 0]) + noise}
    return replace(evidence, points=points, functional=functional, **(rest | target))


def test_memory_does_not_grow_with_the_square_of_the_evidence(many: LatentModel) -> None:
    n = 5000
    evidence = repeated(many.evidence, n)
    # Half of the values become sides, so that expectation propagation has something to do.
    is_gaussian = torch.arange(n) % 2 == 0
    evidence = replace(evidence, is_gaussian=is_gaussian)
    with _LargestTensor() as watched:
        model = InducingModel(many.prior, many.theta.numpy(), evidence, most=100)
        mean, variance = model.marginals(some_codes(5000))
        left_out, _ = model.left_out([[i] for i in range(n)])
    assert watched.elements < n * n / 2
    assert torch.isfinite(mean).all() and bool((variance > 0).all()) and torch.isfinite(left_out).all()
