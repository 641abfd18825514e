"""Laboratories drawn from what the surrogates believe of the campaign's own: joint samples of all responses.

Each laboratory is one sample of all responses, joint over a net of conditions that fills the space; any
other conditions follow from it: their conditional mean given the net, and one common deviate times their
conditional standard deviation. So each condition has its marginal distribution, each has the right joint
distribution with the net, and the truth is one continuous function; what the net leaves open between
neighbours deviates together.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ...datasets import Dataset
from ...models.beliefs import Beliefs, learn
from ...models.encoding import codes_of_frame
from ...models.evidence import PROCESS_WORKS
from ...models.joint_samples import JointSamples
from ...models.threads import one_thread
from ...planner.search_space import SearchSpace
from ...planner.space_filling import space_filling
from ..definition import Definition
from .function_lab import with_scatter
from .labs import Lab, digest

_N_NET, _N_POOL = 150, 1000
_CHUNK = 5000


@dataclass(frozen=True)
class PosteriorLabs:
    """Laboratories as the surrogates of a campaign believe them possible.

    Attributes
    ----------
    definition
        The campaign.
    dataset
        What it has learned from.
    """

    definition: Definition
    dataset: Dataset
    n_enumerated = 2000

    @property
    def fingerprint(self) -> str:
        """Of what was learned from."""
        return digest("posterior", self.definition.text, self.dataset.fingerprint)

    @cached_property
    def _beliefs(self) -> Beliefs:
        d = self.definition
        with one_thread():
            return learn(self.dataset, d.space, d.responses, d.features)

    @cached_property
    def _net(self) -> Tensor:
        """Conditions that fill the space."""
        space = self.definition.space
        generator = np.random.default_rng(0)
        pool = SearchSpace(space, self.definition.rules).sample(_N_POOL, generator)
        return pool[space_filling(space, pool, _N_NET, pool[:0], generator)]

    def draw(self, number: int) -> Lab:
        """The laboratory of a number."""
        return PosteriorLab(self.definition, self._beliefs, self._net, number)


@dataclass(frozen=True)
class PosteriorLab:
    """One joint sample of all responses."""

    definition: Definition
    beliefs: Beliefs
    net: Tensor = field(repr=False)
    number: int = 0

    @property
    def candidates(self) -> None:
        """Anything can be made."""
        return None

    @cached_property
    def _sample(self) -> JointSamples:
        names = [name for surrogate in self.beliefs.surrogates for name in surrogate.responses]
        with one_thread():
            return JointSamples(self.beliefs.surrogates, names, self.net, n_samples=1, seed=self.number)

    def truth(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The sampled function at conditions."""
        codes = codes_of_frame(self.definition.space, frame)
        parts = [self._truth(part) for part in codes.split(_CHUNK)] if len(codes) else [self._truth(codes)]
        return pd.DataFrame(np.concatenate(parts), columns=list(self._sample.responses), index=frame.index)

    def measure(self, frame: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
        """Results that scatter around the sample as the surrogates believe measurements do."""
        truth = self.truth(frame)
        codes = codes_of_frame(self.definition.space, frame)
        measured = [r for r in self.definition.responses.values() if not r.is_derived]
        sd = {r.name: self._noise_sd(r.name, codes) for r in measured if not r.is_yes_no}
        return with_scatter(frame, truth, measured, generator, sd)

    def _truth(self, codes: Tensor) -> np.ndarray:
        with one_thread():
            latent = self._sample.at(codes)
        columns = []
        for name in self._sample.responses:
            value = latent[name][0]
            is_yes_no = name == PROCESS_WORKS or self.definition.responses[name].is_yes_no
            columns.append(torch.special.ndtr(value) if is_yes_no else self.beliefs.in_units(name, value))
        return torch.stack(columns, dim=1).numpy()

    def _noise_sd(self, name: str, codes: Tensor) -> np.ndarray:
        """Standard deviation of a measurement in response units."""
        surrogate = self.beliefs.surrogate_of(name)
        with one_thread():
            latent = self._sample.at(codes)[name][0]
            sd = surrogate.noise_variance(name, latent).sqrt()
        low, high = (self.beliefs.in_units(name, latent + side * sd) for side in (-1.0, 1.0))
        return ((high - low).abs() / 2).numpy()
