"""What one prior learned begins the search of another one."""

from dataclasses import replace

import numpy as np
import torch

from ovenbird.datasets import ParameterSpace
from ovenbird.models.encoding import Encoding
from ovenbird.models.features import Belief, PowerLaw
from ovenbird.models.latent_prior import LatentPrior
from ovenbird.models.output_prior import OutputPrior
from ovenbird.models.warm_start import carried_over


def test_hyperparameters_are_carried_over_by_what_they_are(mill: ParameterSpace) -> None:
    dose = PowerLaw(name="dose", exponents={"speed": Belief(3.0, 0.6), "time": Belief(1.0, 0.3)})
    everything = Encoding(mill, mill.names)
    area = OutputPrior(name="area", encoding=everything, features={"dose": dose}, learns_noise=True)
    capacity = OutputPrior(name="capacity", encoding=Encoding(mill, ("hold", "speed")), parents=(0,))
    full = LatentPrior(mill, (area, capacity))
    bare = LatentPrior(mill, (replace(area, features={}), replace(capacity, parents=())))
    theta = np.arange(len(full.prior_mean)) + 0.5
    carried = carried_over(bare, full, theta)
    for position, kept in ((0, len(area.encoding.parameters)), (1, len(capacity.encoding.parameters))):
        for part in ("lengths", "amplitude", "noise"):
            found = bare._part(torch.as_tensor(carried), position, part)
            known = full._part(torch.as_tensor(theta), position, part)
            assert torch.equal(found, known[:kept])
    # And back: what the other does not have is as expected before any data.
    back = carried_over(full, bare, carried)
    means = torch.as_tensor(full.prior_mean)
    for position, part in ((0, "constants"), (1, "chain")):
        found = full._part(torch.as_tensor(back), position, part)
        assert len(found) and torch.equal(found, full._part(means, position, part))
