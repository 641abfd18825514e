"""What a forecast would be without an experiment, against learning without it."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ovenbird.datasets import ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.fitted_latent_surrogate import FittedLatentSurrogate
from ovenbird.models.influence import carried_by
from ovenbird.models.latent_model import LatentModel

Made = Callable[..., dict[str, Any]]
Learned = Callable[..., Beliefs]

Y = Response(name="y", absolute_noise=0.5)
PURE = Response(name="pure", kind="yes_no")
PLACE = torch.tensor([4.0, 4.0], dtype=torch.float64)


@pytest.fixture
def rows(made: Made) -> list[dict[str, Any]]:
    return [
        made({"x": 1, "z": 2}, y=3, pure=True),
        made({"x": 4, "z": 5}, y=[9, 9.4], pure=True),
        made({"x": 9, "z": 9}, y=5, pure=False),
        made({"x": 6}, y=7, pure=True),
    ]


def refitted(lead: FittedLatentSurrogate, experiment: str, place: Tensor) -> tuple[float, float]:
    """Latent mean and variance after expectation propagation without one experiment."""
    kept = [i for i, o in enumerate(lead.evidence.observations) if experiment not in o.experiments]
    terms = lead.model.evidence.subset(torch.tensor(kept))
    mean, variance = LatentModel(lead.model.prior, lead.model.theta.numpy(), terms).marginals(place[None])
    return float(mean[0, 0]), float(variance[0, 0])


@pytest.mark.parametrize(("response", "tolerance"), [(Y, 1e-3), (PURE, 0.1)], ids=["values", "answers"])
def test_it_is_what_learning_without_the_experiment_forecasts(
    response: Response, tolerance: float, rows: list[dict[str, Any]], learned: Learned, plane: ParameterSpace
) -> None:
    beliefs = learned(plane, [response], rows)
    lead = beliefs.surrogate_of(response.name).lead
    assert isinstance(lead, FittedLatentSurrogate)
    scale = lead.scales[response.name]
    mean, variance = (float(x[0, 0]) for x in lead.marginals(PLACE[None]))
    found = carried_by(beliefs, response.name, PLACE)
    assert {item.experiment for item in found} == {"E1", "E2", "E3", "E4"}
    for item in found:
        expected, widened = refitted(lead, item.experiment, PLACE)
        latent = torch.tensor([expected, mean], dtype=torch.float64)
        if scale is None:
            sd = torch.tensor([1 + widened, 1 + variance], dtype=torch.float64).sqrt()
            without, here = torch.special.ndtr(latent / sd).tolist()
        else:
            without, here = scale.to_values(latent).tolist()
        assert item.without == pytest.approx(without, abs=tolerance)
        assert item.shift == pytest.approx(here - without, abs=2 * tolerance)
        assert item.widening == pytest.approx((widened / variance) ** 0.5, rel=max(tolerance, 1e-4))


def test_the_nearest_experiment_carries_most(
    rows: list[dict[str, Any]], learned: Learned, plane: ParameterSpace
) -> None:
    carried = carried_by(learned(plane, [Y], rows), "y", torch.tensor([4.0, 5.0], dtype=torch.float64))
    assert carried[0].experiment == "E2"
    assert carried[0].shift > 0 and carried[0].widening > 1.2
    assert [abs(item.shift) for item in carried] == sorted(
        (abs(item.shift) for item in carried), reverse=True
    )


def test_nothing_carries_a_forecast_without_experiments(learned: Learned, plane: ParameterSpace) -> None:
    assert carried_by(learned(plane, [Y]), "y", PLACE) == []
