"""What the tests of the models share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from torch import Tensor

from ovenbird.datasets import Dataset, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs, NumberForecast, learn
from ovenbird.models.encoding import codes_of_conditions
from ovenbird.models.evidence import gather_evidence
from ovenbird.models.features import Feature
from ovenbird.models.latent_surrogate import FittedLatentSurrogate, LatentSurrogate
from ovenbird.models.threads import one_thread

DatasetOf = Callable[..., Dataset]


@pytest.fixture(scope="session", autouse=True)
def _few_threads() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="session")
def plane() -> ParameterSpace:
    """Two numbers, x and z from 0 to 10."""
    return ParameterSpace(
        (
            NumericParameter(name="x", low=0, high=10, step=0.5),
            NumericParameter(name="z", low=0, high=10, step=0.5),
        )
    )


@pytest.fixture(scope="session")
def codes_at() -> Callable[..., Tensor]:
    """Codes of one experiment's conditions, those not named being unstated."""

    def codes(space: ParameterSpace, **conditions: object) -> Tensor:
        return codes_of_conditions(space, space.complete(conditions, "test", in_range=False))

    return codes


@pytest.fixture(scope="session")
def learned(dataset_of: DatasetOf) -> Callable[..., Beliefs]:
    """Beliefs after some experiments, from `made`."""

    def fit(
        space: ParameterSpace,
        responses: Sequence[Response],
        rows: Sequence[dict[str, Any]] = (),
        comparisons: Sequence[tuple[str, str, str]] = (),
        features: Mapping[str, Feature] | None = None,
    ) -> Beliefs:
        by_name = {response.name: response for response in responses}
        return learn(dataset_of(space, rows, comparisons), space, by_name, features or {})

    return fit


@pytest.fixture(scope="session")
def fitted(dataset_of: DatasetOf) -> Callable[..., FittedLatentSurrogate]:
    """One surrogate of linked responses after some experiments."""

    def fit(
        space: ParameterSpace, responses: Sequence[Response], rows: Sequence[dict[str, Any]] = ()
    ) -> FittedLatentSurrogate:
        by_name = {response.name: response for response in responses}
        evidence = gather_evidence(dataset_of(space, rows), space, by_name)
        return LatentSurrogate(space, tuple(responses)).fit(evidence)

    return fit


@pytest.fixture(scope="session")
def medians() -> Callable[[Beliefs, str, Tensor], Tensor]:
    """Median of a number, or probability of yes, at some codes."""

    def at(beliefs: Beliefs, response: str, codes: Tensor) -> Tensor:
        forecast = beliefs.forecast(response, codes)
        return forecast.median if isinstance(forecast, NumberForecast) else forecast.probability

    return at
