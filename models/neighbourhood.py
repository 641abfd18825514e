"""Whether others surround a value: at the edge of what was tried, a new effect looks like an error."""

from collections.abc import Collection

import numpy as np
import torch
from torch import Tensor

from ..datasets import CategoricalParameter
from .encoding import activity
from .fitted_latent_surrogate import FittedLatentSurrogate

_WILD = 10.0  # times the size and the spread of all others: no condition changes a response so much


def is_contradicted(fitted: FittedLatentSurrogate, position: int, not_counted: Collection[int]) -> bool:
    """Whether other values speak against one, since they were made on all sides of it.

    The only value of a category, or beyond all others in some parameter, may be the first sight of
    something new: then only a value of another order of magnitude is taken to be wrong.

    Parameters
    ----------
    position
        Of the value among the observations.
    not_counted
        Values that do not speak against it, itself among them.
    """
    observations = fitted.evidence.observations
    one = observations[position]
    others = [
        o
        for i, o in enumerate(observations)
        if i not in not_counted and o.kind == "value" and o.response == one.response
    ]
    if not others:
        return False
    numbers = np.array([o.number for o in others])
    usual = max(abs(float(np.median(numbers))), float(np.ptp(numbers)))
    if abs(one.number - float(np.median(numbers))) > _WILD * usual:
        return True
    return _is_surrounded(fitted, one.response, one.codes[:1], torch.cat([o.codes[:1] for o in others]))


def _is_surrounded(fitted: FittedLatentSurrogate, response: str, here: Tensor, others: Tensor) -> bool:
    encoding = fitted.model.prior.outputs[fitted.responses.index(response)].encoding
    at, active = activity(encoding.space, here), activity(encoding.space, others)
    for parameter in encoding.parameters:
        if not at[parameter.name]:
            continue
        column = encoding.space.names.index(parameter.name)
        there, value = others[active[parameter.name], column], here[0, column]
        if isinstance(parameter, CategoricalParameter):
            if not (there == value).any():
                return False
        elif not ((there <= value).any() and (there >= value).any()):
            return False
    return True
