"""What every surrogate can do: learn from evidence, and say what it believes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from botorch.models.model import Model
from torch import Tensor

from .evidence import Evidence
from .output_scale import OutputScale


class ConditionalSamples(Protocol):
    """Joint latent samples at base conditions, and given those at any candidate."""

    at_base: Tensor
    """Shape (n_samples, n_base, n_responses)."""

    def at(self, codes: Tensor) -> Tensor:
        """Samples at candidates, each joint with the base, shape (n_samples, n_candidates, n_responses)."""
        ...


@dataclass(frozen=True)
class LeftOut:
    """What each observation was expected to show by a surrogate that did not know its experiment.

    Shape (n_observations,) each, in the order of the evidence; NaN where a surrogate cannot say. Of several
    surrogates (n_surrogates, n_observations).

    Attributes
    ----------
    mean, variance
        Of what would be measured, on the latent scale; the probability of a yes, a bound or an ordering
        is Phi of the distance from its threshold over the root of the variance.
    log_density
        Log density of a value in response units, log probability of any other kind.
    """

    mean: Tensor
    variance: Tensor
    log_density: Tensor

    @staticmethod
    def of_several(parts: "Sequence[LeftOut]") -> "LeftOut":
        """Those of one or several surrogates together, shape (n_surrogates, n_observations) each."""
        columns = zip(*((one.mean, one.variance, one.log_density) for one in parts), strict=True)
        return LeftOut(*(torch.cat([torch.atleast_2d(x) for x in column]) for column in columns))


@runtime_checkable
class FittedSurrogate(Protocol):
    """Beliefs about one or several linked responses after seeing evidence.

    The model's outputs are latent: `scales` turns those of numbers into response units; for a yes/no
    response (scale None) the probability of yes is Phi(latent).
    """

    @property
    def responses(self) -> tuple[str, ...]:
        """Names of the responses, in the order of the model's outputs."""
        ...

    @property
    def scales(self) -> Mapping[str, OutputScale | None]:
        """Output scale of each response, None for yes/no."""
        ...

    @property
    def evidence(self) -> Evidence:
        """What it learned from."""
        ...

    @property
    def model(self) -> Model:
        """BoTorch model of the latent outputs over codes."""
        ...

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Sentences on declared knowledge that the data contradict."""
        ...

    @property
    def components(self) -> tuple[tuple[float, "FittedComponent"], ...]:
        """Weights and surrogates of which this one is a mixture; itself with weight 1 if it is none."""
        ...

    @property
    def lead(self) -> "FittedComponent":
        """The one that speaks for all where only one can be shown."""
        ...

    def marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Latent means and variances at codes, shape (n, n_responses) each."""
        ...

    def component_marginals(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """What `marginals` of each component would say, shape (n_components, n, n_responses) each."""
        ...

    def component_left_out(self) -> LeftOut:
        """What `left_out` of each component would say, shape (n_components, n_observations) each."""
        ...

    def noise_variance(self, response: str, latent_mean: Tensor) -> Tensor:
        """Variance of a measurement around the truth, on the latent scale, shape of `latent_mean`."""
        ...

    def n_draws(self, n_responses: int, n_base: int) -> int:
        """Number of standard normal draws that one joint sample takes."""
        ...

    def samples(self, responses: Sequence[str], base: Tensor, draws: Tensor) -> ConditionalSamples:
        """Samples of some of the responses from standard normal draws.

        Parameters
        ----------
        responses
            Names, in the order of the surrogate.
        base : Tensor, shape (n_base, n_parameters)
            Codes at which samples are joint.
        draws : Tensor, shape (n_samples, n_draws(len(responses), n_base))
            Independent standard normal draws.
        """
        ...


@runtime_checkable
class FittedComponent(FittedSurrogate, Protocol):
    """A surrogate that is no mixture: its latent marginals are normal."""

    def left_out(self) -> LeftOut:
        """Forecast every observation without anything else that its experiment says."""
        ...


class Surrogate(Protocol):
    """A recipe that turns evidence into beliefs; fitting returns a new object and changes nothing."""

    def fit(self, evidence: Evidence, seed: int = 0) -> FittedSurrogate:
        """Learn from evidence (only that about the surrogate's responses is looked at)."""
        ...
