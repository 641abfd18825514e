"""What experiments and comparisons say about the responses: the input of every surrogate."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..datasets import Dataset, Experiment, ParameterSpace, QualifiedValue, Response
from .encoding import codes_of_conditions, distinct

EvidenceKind = Literal["value", "above", "below", "yes", "no", "beats"]

PROCESS_WORKS = "synthesis works"  # learned from experiments that failed because of their conditions
_APPROXIMATE_SHARE = 0.075  # what ~ adds to the noise, as a share of the value
_CELL_SHARE = 0.5  # share of the noise variance that replicates of one experiment average out


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One piece of evidence about one response.

    Attributes
    ----------
    experiment
        Id of the experiment it belongs to (of the larger one in a comparison).
    response
        Name of the response.
    kind
        ``value``, a bound (``above``, ``below``), ``yes``, ``no`` or ``beats`` (a comparison).
    codes : Tensor, shape (n_imputations, n_parameters)
        Conditions, several equally likely rows if some are not stated.
    number
        The value or bound in the unit of the response; NaN for the other kinds.
    extra_sd
        Noise in the unit of the response beyond the usual, for approximate values.
    noise_share
        Share of the usual noise variance that applies: below 1 for the mean of replicates.
    other_codes
        Conditions of the smaller one of a comparison, else None.
    source, other_source
        Lab or paper of each, empty for the campaign's own lab.
    """

    experiment: str
    response: str
    kind: EvidenceKind
    codes: Tensor
    number: float = float("nan")
    extra_sd: float = 0.0
    noise_share: float = 1.0
    other_codes: Tensor | None = None
    source: str = ""
    other_source: str = ""

    @property
    def experiments(self) -> tuple[str, ...]:
        """Ids of the experiments it speaks of."""
        return tuple(self.experiment.split(" > "))


@dataclass(frozen=True)
class Evidence:
    """All that a dataset says about the responses of a campaign.

    Attributes
    ----------
    space
        The parameters.
    observations
        In the order of the dataset; comparisons last.
    """

    space: ParameterSpace
    observations: tuple[Observation, ...]

    def about(self, responses: Sequence[str]) -> "Evidence":
        """Only what concerns some responses."""
        return Evidence(self.space, tuple(o for o in self.observations if o.response in responses))

    def without(self, experiment: str) -> "Evidence":
        """Everything but what one experiment says, comparisons with it included."""
        kept = (o for o in self.observations if experiment not in o.experiments)
        return Evidence(self.space, tuple(kept))

    def told_with(self, position: int) -> list[int]:
        """Positions of all observations that stand or fall with one of them.

        Those that speak of the same experiment; a comparison speaks of two and falls with itself alone.
        """
        one = self.observations[position]
        if one.kind == "beats":
            return [position]
        return [i for i, o in enumerate(self.observations) if one.experiment in o.experiments]

    def values(self, response: str) -> np.ndarray:
        """Numbers measured for a response, bounds left out."""
        return np.array([o.number for o in self.observations if o.response == response and o.kind == "value"])

    @cached_property
    def size(self) -> Mapping[str, int]:
        """Number of observations by response."""
        sizes: dict[str, int] = {}
        for observation in self.observations:
            sizes[observation.response] = sizes.get(observation.response, 0) + 1
        return sizes


def gather_evidence(dataset: Dataset, space: ParameterSpace, responses: Mapping[str, Response]) -> Evidence:
    """Turn records into evidence; experiments that failed for want of equipment teach nothing."""
    codes = {e.id: distinct(codes_of_conditions(space, e.executed), space) for e in dataset.experiments}
    sources = {e.id: "" if e.is_own else e.source for e in dataset.experiments}
    observations: list[Observation] = []
    any_process_failure = any(e.failure == "process" for e in dataset.experiments)
    for experiment in dataset.experiments:
        if experiment.failure == "equipment":
            continue
        for response in responses.values():
            observations += _of_experiment(experiment, response, codes[experiment.id])
        works = False if experiment.failure == "process" else True if experiment.measurements else None
        if any_process_failure and works is not None:
            kind: EvidenceKind = "yes" if works else "no"
            observations.append(
                Observation(
                    experiment=experiment.id,
                    response=PROCESS_WORKS,
                    kind=kind,
                    codes=codes[experiment.id],
                    source=sources[experiment.id],
                )
            )
    for comparison in dataset.comparisons:
        response = responses.get(comparison.response)
        if (
            response is None
            or response.is_derived
            or not {comparison.better, comparison.worse} <= codes.keys()
        ):
            continue
        observations.append(
            Observation(
                experiment=f"{comparison.larger} > {comparison.smaller}",
                response=response.name,
                kind="beats",
                codes=codes[comparison.larger],
                other_codes=codes[comparison.smaller],
                source=sources[comparison.larger],
                other_source=sources[comparison.smaller],
            )
        )
    return Evidence(space, tuple(observations))


def _of_experiment(experiment: Experiment, response: Response, codes: Tensor) -> Iterator[Observation]:
    values = experiment.values(response.name)
    if not values:
        return
    base = Observation(
        experiment=experiment.id,
        response=response.name,
        kind="value",
        codes=codes,
        source="" if experiment.is_own else experiment.source,
    )
    if response.is_yes_no:
        for value in values:
            yield replace(base, kind="yes" if value.value else "no")
        return
    for value in values:
        if value.is_bound:
            yield replace(
                base, kind="above" if value.qualifier == ">" else "below", number=float(value.value)
            )
    plain = [value for value in values if not value.is_bound]
    if plain:
        numbers = np.array([float(value.value) for value in plain])
        share = 1 - _CELL_SHARE + _CELL_SHARE / len(plain)
        extra_sd = _APPROXIMATE_SHARE * float(np.abs(numbers).mean()) if _mostly_approximate(plain) else 0.0
        yield replace(base, number=float(numbers.mean()), noise_share=share, extra_sd=extra_sd)


def _mostly_approximate(values: Sequence[QualifiedValue]) -> bool:
    return sum(value.qualifier == "~" for value in values) > len(values) / 2


def spread_weights(codes: Tensor) -> Tensor:
    """Weights of the imputations of one experiment, shape (n_imputations,)."""
    return torch.full((len(codes),), 1 / len(codes), dtype=torch.float64)
