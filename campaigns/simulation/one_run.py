"""One run: one strategy on one laboratory, from the start to the end of the budget."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import pandas as pd

from ...models.evidence import PROCESS_WORKS
from ..definition import Definition
from ..virtual_lab.true_optimum import (
    NothingFeasible,
    TrueOptimum,
    find_true_optimum,
    true_regret,
    truly_feasible,
)
from .labs import Lab, LabSource
from .replayed import Replayed
from .settings import Settings
from .strategy import Ovenbird, Random, SpaceFilling, StrategyMaker


@dataclass(frozen=True)
class RunKey:
    """Which run: laboratory, repetition with other scatter, strategy."""

    lab: int
    seed: int
    strategy: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """What came of a run.

    Attributes
    ----------
    key
        Which run.
    best
        Value of the goal at the truly best conditions of the laboratory, as a merit.
    conditions
        Own experiments, in order.
    regret
        True regret after each of them, in the unit of the goal.
    feasible
        Whether each is truly feasible.
    chosen
        Whether the strategy chose it; what the start drew at random it did not.
    seconds
        Spent on choosing.
    """

    key: RunKey
    best: float
    conditions: tuple[Mapping[str, float | str | None], ...]
    regret: tuple[float, ...]
    feasible: tuple[bool, ...]
    chosen: tuple[bool, ...]
    seconds: float


@dataclass(frozen=True)
class Plan:
    """Everything that runs have in common; what is sent to other processes.

    The budget of the campaign file counts for nothing: each run has that of the settings, and only so is
    Ovenbird comparable with strategies that know of no budget.
    """

    campaign_class: type[Replayed]
    definition: Definition
    settings: Settings
    source: LabSource

    def optimum(self, number: int) -> TrueOptimum | None:
        """What is best in a laboratory; None if nothing in it is truly feasible."""
        lab, problem = self.source.draw(number), self._campaign().problem
        try:
            return find_true_optimum(
                problem, lab.truth, candidates=lab.candidates, most_enumerated=self.source.n_enumerated
            )
        except NothingFeasible:
            return None

    def run(self, key: RunKey, optimum: TrueOptimum) -> Run:
        """Replay one strategy: the same in every process."""
        lab, campaign = self.source.draw(key.lab), self._campaign()
        scatter, start = (np.random.default_rng([key.lab, key.seed, purpose]) for purpose in (0, 1))
        strategy = _maker(key.strategy)(campaign, _seed(key))
        first = Random(campaign, int(start.integers(2**31)))
        made: list[pd.DataFrame] = []
        seconds, n_made = 0.0, 0
        n_random = self.settings.start.n_random
        while n_made < self.settings.budget:
            before = perf_counter()
            is_start = n_made < n_random
            n = min(self.settings.batch, (n_random if is_start else self.settings.budget) - n_made)
            frame = (first if is_start else strategy).propose(n, _left(lab, made))
            seconds += 0.0 if is_start else perf_counter() - before
            if frame.empty:
                break
            campaign.add(_known_columns(lab.measure(frame, scatter), campaign))
            made.append(frame)
            n_made += len(frame)
        return _record(key, campaign, lab, optimum, made, n_random, seconds)

    def _campaign(self) -> Replayed:
        definition = replace(self.definition, budget=None)
        if not self.settings.start.learns:
            definition = replace(definition, learn_from=())
        return self.campaign_class(definition, dataset="sqlite://")


def _record(
    key: RunKey,
    campaign: Replayed,
    lab: Lab,
    optimum: TrueOptimum,
    made: list[pd.DataFrame],
    n_random: int,
    seconds: float,
) -> Run:
    names, problem = list(campaign.space.names), campaign.problem
    frame = pd.concat(made)[names] if made else pd.DataFrame(columns=names)
    truth = lab.truth(frame)
    return Run(
        key=key,
        best=optimum.merit,
        conditions=tuple(
            {str(name): None if value != value or value is None else value for name, value in row.items()}
            for row in frame.to_dict("records")
        ),
        regret=tuple(true_regret(problem, optimum, frame, truth).tolist()),
        feasible=tuple(truly_feasible(problem, frame, truth).tolist()),
        chosen=tuple(number >= n_random for number in range(len(frame))),
        seconds=round(seconds, 3),
    )


def _maker(name: str) -> StrategyMaker:
    if name in ("tpe", "gp"):
        from .optuna_strategy import gp, tpe

        return tpe if name == "tpe" else gp
    if name == "one_factor":
        from .one_factor import OneFactor

        return OneFactor
    makers: dict[str, StrategyMaker] = {"ovenbird": Ovenbird, "random": Random, "space_filling": SpaceFilling}
    return makers[name]


def _seed(key: RunKey) -> int:
    parts = np.random.SeedSequence([key.lab, key.seed, zlib.crc32(key.strategy.encode())])
    return int(parts.generate_state(1)[0])


def _left(lab: Lab, made: list[pd.DataFrame]) -> pd.DataFrame | None:
    """Candidates that have not been made yet."""
    if lab.candidates is None:
        return None
    return lab.candidates.drop(index=[label for frame in made for label in frame.index])


def _known_columns(table: pd.DataFrame, campaign: Replayed) -> pd.DataFrame:
    """Results that the campaign has a response for."""
    responses = [name for name, r in campaign.definition.responses.items() if not r.is_derived]
    known = {*campaign.space.names, *responses, "failure"} - {PROCESS_WORKS}
    return table[[column for column in table.columns if column in known]]
