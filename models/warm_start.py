"""Hyperparameters of one prior as a place where the search for those of a similar one may begin."""

from collections.abc import Iterator

import numpy as np

from .latent_prior import LatentPrior
from .physics import constants


def carried_over(own: LatentPrior, other: LatentPrior, theta: np.ndarray) -> np.ndarray:
    """Hyperparameters of another prior where `own` has the same, and elsewhere its prior mean."""
    known = dict(zip(_names(other), theta.tolist(), strict=True))
    means = zip(_names(own), own.prior_mean.tolist(), strict=True)
    return np.array([known.get(name, mean) for name, mean in means])


def _names(prior: LatentPrior) -> Iterator[tuple[str, ...]]:
    """What each hyperparameter is: the response, the part, and what it belongs to."""
    for output in prior.outputs:
        parents = [prior.names[i] for i in output.parents]
        labels = {
            "lengths": [*(p.name for p in output.encoding.parameters), *output.features],
            "constants": [
                f"{name} {i}" for name, f in output.features.items() for i in range(len(constants(f)))
            ],
            "chain": parents,
            "deviations": [
                f"{parents[branch.parent]} {branch.parameter} {category}"
                for branch in output.branches
                for category in branch.categories
            ],
        }
        for part, (mean, _) in output.hyperparameters.items():
            for label in labels.get(part, [""] * len(mean)):
                yield output.name, part, label
