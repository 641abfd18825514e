"""First experiments without data: conditions far from each other and from what is already known."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..datasets import ParameterSpace
from ..models.encoding import Encoding, activity


def space_filling(
    space: ParameterSpace,
    candidates: Tensor,
    n: int,
    known: Tensor,
    generator: np.random.Generator,
    preference: Callable[[Tensor], Tensor] | None = None,
) -> list[int]:
    """Choose candidates one by one, each as far as possible from all before (maximin design).

    Distances are those of the encoding, where a change of category and a change over the whole range
    of a number count alike.

    Parameters
    ----------
    space
        The parameters.
    candidates : Tensor, shape (n_candidates, n_parameters)
        Codes to choose from.
    n
        How many.
    known : Tensor, shape (n_known, n_parameters)
        Codes of experiments that are there or pending.
    generator
        Breaks the tie for the very first choice.
    preference
        Weight between 0 and 1 of each candidate, e.g. the probability that it meets all limits.

    Returns
    -------
    list of int
        Rows of `candidates`.
    """
    if not len(candidates):
        return []
    encoding = Encoding(space, space.names)
    inputs = encoding.columns(candidates, activity(space, candidates))
    weight = torch.ones(len(candidates), dtype=inputs.dtype) if preference is None else preference(candidates)
    if len(known):
        distance = torch.cdist(inputs, encoding.columns(known, activity(space, known))).min(dim=1).values
    else:
        # No reference yet: begin at one of the more central candidates, as a chemist would.
        spread = torch.cdist(inputs, inputs.mean(dim=0, keepdim=True))[:, 0]
        distance = spread.max() - spread + 1e-3 * torch.as_tensor(generator.random(len(inputs)))
    chosen: list[int] = []
    for _ in range(min(n, len(candidates))):
        score = distance * weight
        score[chosen] = -1.0
        best = int(score.argmax())
        to_best = torch.cdist(inputs, inputs[best : best + 1])[:, 0]
        distance = to_best if not chosen and not len(known) else torch.minimum(distance, to_best)
        chosen.append(best)
    return chosen
