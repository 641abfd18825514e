"""Functions as samples and as a BoTorch model."""

import torch
from botorch.posteriors.ensemble import EnsemblePosterior
from botorch.sampling.index_sampler import IndexSampler
from torch import Tensor

from ovenbird.models.ensemble_samples import EnsembleModel, EnsembleSamples

SLOPES = torch.arange(-5.0, 5.0, dtype=torch.float64)


def rising(codes: Tensor) -> Tensor:
    """Ten lines through the origin."""
    return SLOPES[:, None] * codes[:, 0]


def waving(codes: Tensor) -> Tensor:
    return torch.sin(SLOPES[:, None] + codes[:, 1])


def test_a_draw_picks_one_function_for_all_conditions() -> None:
    base = torch.tensor([[1.0, 0.0], [3.0, 0.0]], dtype=torch.float64)
    draws = torch.tensor([[-9.0], [-0.01], [0.01], [9.0]], dtype=torch.float64)
    samples = EnsembleSamples([rising], base, draws)
    picked = torch.tensor([-5.0, -1.0, 0.0, 4.0], dtype=torch.float64)
    torch.testing.assert_close(samples.at_base[..., 0], picked[:, None] * torch.tensor([[1.0, 3.0]]).double())
    torch.testing.assert_close(samples.at(base[:1] * 7)[..., 0], 7 * picked[:, None])


def test_every_function_is_picked_equally_often_and_independently_of_the_other_response() -> None:
    draws = torch.randn(20000, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    at = torch.tensor([[1.0, 0.3]], dtype=torch.float64)
    drawn = EnsembleSamples([rising, waving], at, draws).at_base[:, 0]
    shares = torch.bincount((drawn[:, 0] + 5).round().long(), minlength=10) / len(draws)
    torch.testing.assert_close(shares, torch.full((10,), 0.1), atol=0.01, rtol=0)
    assert abs(float(torch.corrcoef(drawn.T)[0, 1])) < 0.03


def test_no_conditions_are_no_trouble() -> None:
    none = torch.zeros(0, 2, dtype=torch.float64)
    assert EnsembleSamples([rising, waving], none, torch.zeros(3, 2).double()).at_base.shape == (3, 0, 2)


def test_the_model_holds_each_function_at_each_batch() -> None:
    batches = torch.rand(2, 4, 3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    model = EnsembleModel([rising, waving])
    posterior = model.posterior(batches)
    assert isinstance(posterior, EnsemblePosterior) and posterior.values.shape == (2, 4, 10, 3, 2)
    torch.testing.assert_close(posterior.values[1, 2, 7, :, 0], SLOPES[7] * batches[1, 2, :, 0])
    torch.testing.assert_close(posterior.mean[..., 0], SLOPES.mean() * batches[..., 0])
    assert IndexSampler(torch.Size([16]), seed=0)(posterior).shape == (16, 2, 4, 3, 2)
    for part in (model.subset_output([1]).posterior(batches), model.posterior(batches, output_indices=[1])):
        assert isinstance(part, EnsemblePosterior) and torch.equal(part.values, posterior.values[..., 1:])
    assert model.num_outputs == 2 and model.batch_shape == torch.Size()
