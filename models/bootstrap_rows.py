"""Evidence on one response as the rows from which estimators learn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import ndtri
from torch import Tensor

from ..datasets import CategoricalParameter, ParameterSpace, Response
from .encoding import Encoding, activity
from .evidence import Observation
from .features import Feature
from .listing import Listing
from .observed_terms import declared_noise_sd
from .out_of_bag import Bag, OutOfBag, Rows, out_of_bag
from .output_scale import OutputScale, output_scale
from .physics import column, constants

_TRUST_OF_OTHERS = 0.5  # an unknown offset of another lab scatters about as much again as its values do
_BOUNDS = {"above": 1.0, "below": -1.0}


@dataclass(frozen=True)
class Inputs:
    """From codes to the columns that estimators see.

    Attributes
    ----------
    space
        The parameters.
    encoding
        Those that may matter.
    features
        Physics, at the mean of the beliefs in its constants.
    listing
        Conditions to choose from, if somebody listed them.
    """

    space: ParameterSpace
    encoding: Encoding
    features: Mapping[str, Feature]
    listing: Listing | None = None

    def __call__(self, codes: Tensor) -> np.ndarray:
        """Columns at codes, shape (n, n_columns); one of zeros if nothing varies."""
        active = activity(self.space, codes)
        columns = [self.encoding.columns(codes, active)]
        for feature in self.features.values():
            means = torch.tensor([belief.mean for belief in constants(feature)], dtype=torch.float64)
            columns.append(column(feature, means, self.space, codes, active).unsqueeze(-1))
        if self.listing is not None:
            columns.append(self.listing.log_density(codes).unsqueeze(-1))
        table = torch.cat(columns, dim=-1).numpy()
        return table if table.shape[1] else np.zeros((len(codes), 1))

    def anywhere(self, generator: np.random.Generator, n: int) -> np.ndarray:
        """Columns at conditions drawn evenly from the space, shape (n, n_columns)."""
        shares = generator.random((n, len(self.space)))
        codes = np.empty_like(shares)
        for i, parameter in enumerate(self.space):
            if isinstance(parameter, CategoricalParameter):
                codes[:, i] = np.floor(shares[:, i] * len(parameter.values))
            elif parameter.scale == "log":
                codes[:, i] = parameter.low * (parameter.high / parameter.low) ** shares[:, i]
            else:
                codes[:, i] = parameter.low + (parameter.high - parameter.low) * shares[:, i]
        return self(torch.as_tensor(codes))


def prior_rows(
    inputs: Inputs, is_yes_no: bool, generator: np.random.Generator, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of what may be before any data: evenly spread quantiles, so that their mean is no accident."""
    shares = generator.permutation((np.arange(n) + 0.5) / max(n, 1))
    return inputs.anywhere(generator, n), np.floor(2 * shares) if is_yes_no else ndtri(shares)


class Known:
    """What is known of one response, in numbers.

    Bootstrap draws go by position. Experiments are therefore brought into an order that their content
    decides: entering the same rows in another order must not change a forecast.

    Parameters
    ----------
    response
        What was measured.
    told
        Observations of it, no comparisons.
    inputs
        From codes to columns.
    spread
        Whether each imputation of what nobody stated becomes a row, with a weight of its share; else one
        mean row stands for all.
    logarithmic
        Whether values are told apart by ratio.

    Attributes
    ----------
    outcomes : ndarray, shape (n_observations,)
        Latent values and bounds, or 0 and 1.
    is_exact : ndarray of bool, shape (n_observations,)
        False for bounds.
    weights : ndarray, shape (n_observations,)
        Below 1 for another lab, 0 where a value is doubted.
    """

    def __init__(
        self,
        response: Response,
        told: Sequence[Observation],
        inputs: Inputs,
        *,
        spread: bool,
        logarithmic: bool = False,
    ) -> None:
        self.response, self.told, self.inputs = response, tuple(told), inputs
        self.is_exact = np.array([o.kind not in _BOUNDS for o in told], dtype=bool)
        self.numbers = np.array([o.number for o in told], dtype=float)
        # Where only bounds are known, they tell the order of magnitude.
        trusted = self.is_exact & np.array([not o.is_doubted for o in told], dtype=bool)
        sized = self.numbers[trusted] if trusted.any() else self.numbers
        # Sorted, since a sum in another order is another number, and trees turn that into another split.
        self.scale = (
            None if response.is_yes_no else output_scale(response, np.sort(sized), logarithmic=logarithmic)
        )
        if self.scale is None:
            self.outcomes = np.array([o.kind == "yes" for o in told], dtype=float)
        else:
            self.outcomes = self.scale.to_latent(torch.as_tensor(self.numbers)).numpy()
        self.weights = np.array(
            [0.0 if o.is_doubted else _TRUST_OF_OTHERS if o.source else 1.0 for o in told]
        )
        blocks = _in_blocks(inputs, told)
        if not spread:
            blocks = [block.mean(axis=0, keepdims=True) for block in blocks]
        sizes = np.array([len(block) for block in blocks], dtype=int)
        self._table = np.concatenate([inputs(torch.zeros(0, len(inputs.space)).double()), *blocks])
        self._observation = np.repeat(np.arange(len(told)), sizes)
        self._shares = np.repeat(1 / sizes, sizes)
        contents: dict[str, list[tuple[object, ...]]] = {}
        for o, block in zip(told, blocks, strict=True):
            number = 0.0 if np.isnan(o.number) else o.number
            contents.setdefault(o.experiment, []).append((number, o.kind, o.source, block.ravel().tolist()))
        self._position = {e: i for i, e in enumerate(sorted(contents, key=lambda e: sorted(contents[e])))}
        self._experiment = np.array([self._position[o.experiment] for o in told], dtype=int)

    def rows(self, used: np.ndarray) -> Rows:
        """Rows of some observations; experiments without any get no trust, so that nothing draws them."""
        chosen = np.flatnonzero(used[self._observation])
        observations = self._observation[chosen]
        experiments = self._experiment[observations]
        order = np.lexsort((*self._table[chosen].T, self.outcomes[observations], experiments))
        trust = np.zeros(len(self._position))
        trust[experiments] = self.weights[observations]
        return Rows(
            self._table[chosen][order],
            self.outcomes[observations][order],
            self._shares[chosen][order],
            experiments[order],
            trust,
        )

    def left_out(self, bag: Bag, view: Callable[[np.ndarray], np.ndarray] | None = None) -> OutOfBag:
        """What each observation was expected to be by members that did not see its experiment."""
        outcomes = bag.outcomes(self._table)
        absent = bag.counts[:, self._experiment] == 0
        return out_of_bag(outcomes if view is None else view(outcomes), self._observation, absent)

    def broken_bounds(self, expected: np.ndarray) -> np.ndarray:
        """Which observations are bounds that expected latent values break, shape (n_observations,)."""
        sides = np.array([_BOUNDS.get(o.kind, 0.0) for o in self.told])
        return sides * (self.outcomes - expected) > 0

    def declared_variance(self, latent: np.ndarray) -> np.ndarray:
        """Declared noise variance at latent values, on their scale; 0 if none is declared."""
        assert self.scale is not None
        return declared_variance(self.response, self.scale, torch.as_tensor(latent)).numpy()

    def extra_variance(self) -> np.ndarray:
        """Variance that approximate values add, on the latent scale, shape (n_observations,)."""
        assert self.scale is not None
        slopes = self.scale.slope(torch.as_tensor(self.numbers)).numpy()
        return (np.array([o.extra_sd for o in self.told]) * slopes) ** 2


def _in_blocks(inputs: Inputs, told: Sequence[Observation]) -> list[np.ndarray]:
    """Columns at the codes of each observation, worked out for all together."""
    if not told:
        return []
    ends = np.cumsum([len(o.codes) for o in told])[:-1]
    return np.split(inputs(torch.cat([o.codes for o in told])), ends)


def declared_variance(response: Response, scale: OutputScale, latent: Tensor) -> Tensor:
    """Declared noise variance of a response at latent values, on their scale; 0 if none is declared."""
    values = scale.to_values(latent)
    return (declared_noise_sd(response, values) * scale.slope(values)) ** 2
