"""How much each parameter matters to a response, over the whole parameter space."""

from collections.abc import Callable, Mapping

from scipy.stats import qmc
from torch import Tensor

from ..datasets import ParameterSpace
from .beliefs import Beliefs, NumberForecast
from .encoding import quantile_codes

_N_PLACES = 1024


def importance(beliefs: Beliefs, response: str, seed: int = 0) -> Mapping[str, float]:
    """Total Sobol index of every parameter for the forecast of a response.

    The share of the variance of the forecast (median, or probability of yes) over the space that would
    be left if all other parameters were known: 0 if a parameter does not matter, up to 1 if nothing else
    does; interactions count for each that takes part, so that the sum may pass 1. Jansen's estimator
    (Saltelli et al., Comput. Phys. Commun. 181 (2010) 259, table 2).

    Returns
    -------
    Mapping of parameter name to index, the largest first
    """

    def forecast(codes: Tensor) -> Tensor:
        found = beliefs.forecast(response, codes)
        return found.median if isinstance(found, NumberForecast) else found.probability

    indices = total_sobol_indices(forecast, beliefs.space, seed)
    return dict(sorted(indices.items(), key=lambda item: -item[1]))


def total_sobol_indices(
    function: Callable[[Tensor], Tensor], space: ParameterSpace, seed: int
) -> dict[str, float]:
    """Total Sobol index of every parameter for a function of codes, (n, n_parameters) to (n,).

    Parameters are independent and uniform over their settings; those that exist only with certain values
    of others have a value in every draw, which matters only where they apply.
    """
    n = len(space)
    draws = qmc.Sobol(2 * n, rng=seed).random(_N_PLACES)
    here, elsewhere = quantile_codes(space, draws[:, :n]), quantile_codes(space, draws[:, n:])
    values = function(here)
    variance = float(values.var())
    indices = {}
    for position, name in enumerate(space.names):
        moved = here.clone()
        moved[:, position] = elsewhere[:, position]
        change = float(((values - function(moved)) ** 2).mean()) / 2
        indices[name] = min(change / variance, 1.0) if variance > 0 else 0.0
    return indices
