"""What experiments and comparisons say about the responses: the input of every surrogate."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..datasets import Dataset, Experiment, ParameterSpace, QualifiedValue, Response
from .encoding import codes_of_each
from .outliers import Outlier

EvidenceKind = Literal["value", "above", "below", "yes", "no", "beats"]

PROCESS_WORKS = "synthesis works"  # learned from experiments that failed because of their conditions
_APPROXIMATE_SHARE = 0.075  # what ~ adds to the noise, as a share of the value
WITHIN_SHARE = 0.5  # share of the noise variance within an experiment, until replicates tell
_UNKNOWN_ANSWER = 4.0  # times the usual noise where nobody looked whether a value counts


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
    replicates
        The values of which `number` is the mean, where they are replicates of one experiment; else empty.
    noise_factor
        How many times the usual noise variance applies: more than 1 where it is not known whether the
        sample is what the response is declared for.
    other_codes
        Conditions of the smaller one of a comparison, else None.
    source, other_source
        Lab or paper of each, empty for the campaign's own lab.
    is_doubted
        Whether it was found not to fit all others.
    """

    experiment: str
    response: str
    kind: EvidenceKind
    codes: Tensor
    number: float = float("nan")
    extra_sd: float = 0.0
    replicates: tuple[float, ...] = ()
    noise_factor: float = 1.0
    other_codes: Tensor | None = None
    source: str = ""
    other_source: str = ""
    is_doubted: bool = False

    @property
    def experiments(self) -> tuple[str, ...]:
        """Ids of the experiments it speaks of."""
        return tuple(self.experiment.split(" > "))

    @property
    def n_values(self) -> int:
        """Number of values of which it is the mean."""
        return max(len(self.replicates), 1)

    @property
    def noise_share(self) -> float:
        """How many times the noise variance of one value it has if half of that lies within experiments."""
        return self.noise_factor * (1 - WITHIN_SHARE + WITHIN_SHARE / self.n_values)

    def without_replicate(self, position: int) -> "Observation":
        """The same without one of its replicates."""
        kept = self.replicates[:position] + self.replicates[position + 1 :]
        return replace(self, number=float(np.mean(kept)), replicates=kept if len(kept) > 1 else ())


@dataclass(frozen=True)
class SetAside:
    """Something measured from which nothing is learned.

    Attributes
    ----------
    experiment
        Id; of both in a comparison (``A > B``).
    response
        What was measured.
    why
        In words.
    """

    experiment: str
    response: str
    why: str

    def __str__(self) -> str:
        return f"{self.experiment}: {self.response} is not learned from, because {self.why}."


@dataclass(frozen=True)
class Evidence:
    """All that a dataset says about the responses of a campaign.

    Attributes
    ----------
    space
        The parameters.
    observations
        In the order of the dataset; comparisons last.
    set_aside
        What was measured on samples that are not what the response is declared for.
    """

    space: ParameterSpace
    observations: tuple[Observation, ...]
    set_aside: tuple[SetAside, ...] = ()

    def about(self, responses: Sequence[str]) -> "Evidence":
        """Only what concerns some responses."""
        return Evidence(
            self.space,
            tuple(o for o in self.observations if o.response in responses),
            tuple(a for a in self.set_aside if a.response in responses),
        )

    def without(self, experiment: str) -> "Evidence":
        """Everything but what one experiment says, comparisons with it included."""
        kept = (o for o in self.observations if experiment not in o.experiments)
        aside = (a for a in self.set_aside if experiment not in a.experiment.split(" > "))
        return Evidence(self.space, tuple(kept), tuple(aside))

    def doubting(self, outliers: Iterable[Outlier]) -> "Evidence":
        """The same observations, those of some experiments and responses marked as doubted."""
        doubted = {(outlier.experiment, outlier.response) for outlier in outliers}
        marked = (
            replace(o, is_doubted=True) if (o.experiment, o.response) in doubted else o
            for o in self.observations
        )
        return replace(self, observations=tuple(marked))

    def told_with(self, position: int) -> list[int]:
        """Positions of all observations that stand or fall with one of them.

        Those that speak of the same experiment; a comparison speaks of two and falls with itself alone.
        """
        one = self.observations[position]
        if one.kind == "beats":
            return [position]
        return self._positions[one.experiment]

    @cached_property
    def _positions(self) -> Mapping[str, list[int]]:
        """Positions of the observations that speak of each experiment."""
        positions: dict[str, list[int]] = {}
        for position, observation in enumerate(self.observations):
            for name in observation.experiments:
                positions.setdefault(name, []).append(position)
        return positions

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
    each = codes_of_each(space, (e.executed for e in dataset.experiments))
    codes = {e.id: block for e, block in zip(dataset.experiments, each, strict=True)}
    observations: list[Observation] = []
    set_aside: list[SetAside] = []
    any_process_failure = any(e.failure == "process" for e in dataset.experiments)
    for experiment in dataset.experiments:
        if experiment.failure == "equipment":
            continue
        for response in responses.values():
            if why := other_sample(experiment, response):
                if experiment.values(response.name):
                    set_aside.append(SetAside(experiment.id, response.name, why))
                continue
            observations += _of_experiment(experiment, response, codes[experiment.id])
        works = False if experiment.failure == "process" else True if experiment.measurements else None
        if any_process_failure and works is not None:
            observations.append(
                Observation(
                    experiment=experiment.id,
                    response=PROCESS_WORKS,
                    kind="yes" if works else "no",
                    codes=codes[experiment.id],
                    source=_source(experiment),
                )
            )
    compared, incomparable = _comparisons(dataset, responses, codes)
    return Evidence(space, (*observations, *compared), (*set_aside, *incomparable))


def _comparisons(
    dataset: Dataset, responses: Mapping[str, Response], codes: Mapping[str, Tensor]
) -> tuple[list[Observation], list[SetAside]]:
    compared: list[Observation] = []
    set_aside: list[SetAside] = []
    for comparison in dataset.comparisons:
        response = responses.get(comparison.response)
        known = {comparison.better, comparison.worse} <= codes.keys()
        if response is None or response.is_derived or not known:
            continue
        larger, smaller = (dataset.by_id[name] for name in (comparison.larger, comparison.smaller))
        both = f"{larger.id} > {smaller.id}"
        reasons = [f"of {e.id} {why}" for e in (larger, smaller) if (why := other_sample(e, response))]
        if reasons:
            set_aside.append(SetAside(both, response.name, " and ".join(reasons)))
            continue
        compared.append(
            Observation(
                experiment=both,
                response=response.name,
                kind="beats",
                codes=codes[larger.id],
                other_codes=codes[smaller.id],
                source=_source(larger),
                other_source=_source(smaller),
            )
        )
    return compared, set_aside


def _source(experiment: Experiment) -> str:
    return "" if experiment.is_own else experiment.source


def _answers(experiment: Experiment, name: str) -> set[bool]:
    return {bool(value.value) for value in experiment.values(name)}


def other_sample(experiment: Experiment, response: Response) -> str:
    """Why the sample is not what the response is declared for; empty if it is, or may be."""
    for name, wanted in response.only_if.items():
        if _answers(experiment, name) == {not wanted}:
            return f"{name} is {'no' if wanted else 'yes'}"
    return ""


def _of_experiment(experiment: Experiment, response: Response, codes: Tensor) -> Iterator[Observation]:
    values = experiment.values(response.name)
    if not values:
        return
    surely = all(_answers(experiment, name) == {wanted} for name, wanted in response.only_if.items())
    base = Observation(
        experiment=experiment.id,
        response=response.name,
        kind="value",
        codes=codes,
        noise_factor=1.0 if surely else _UNKNOWN_ANSWER,
        source=_source(experiment),
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
        numbers = [float(value.value) for value in plain]
        mean = float(np.mean(numbers))
        extra_sd = _APPROXIMATE_SHARE * float(np.mean(np.abs(numbers))) if _mostly_approximate(plain) else 0.0
        # Rounded values scatter by how they were rounded: that says nothing of the cells.
        replicates = tuple(numbers) if len(numbers) > 1 and not extra_sd else ()
        yield replace(base, number=mean, replicates=replicates, extra_sd=extra_sd)


def _mostly_approximate(values: Sequence[QualifiedValue]) -> bool:
    return sum(value.qualifier == "~" for value in values) > len(values) / 2


def spread_weights(codes: Tensor) -> Tensor:
    """Weights of the imputations of one experiment, shape (n_imputations,)."""
    return torch.full((len(codes),), 1 / len(codes), dtype=torch.float64)
