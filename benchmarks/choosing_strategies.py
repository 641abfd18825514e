"""How each library chooses the next row of a pool, used as its documentation recommends.

Every library is imported where it is used: BayBE lives in an environment of its own
(`baybe==0.15.0 botorch==0.18.1`), and Ovenbird is needed in none of them.
"""

import importlib
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
from choosing_tables import N_FIRST, Pool
from surrogate_peers import baybe_space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

OURS, WITHOUT_LISTING, RANDOM = "ovenbird", "ovenbird_without_listing", "random"
_STRIDE = 10_000  # between the seeds of runs, so that no two suggestions share one

# From the rows made so far, in order, to the next one. Only outcomes of those rows may be looked at.
Choose = Callable[[Sequence[int]], int]


class Ovenbird:
    """Ovenbird by its public interface: ranges, category names, results; failed experiments as such."""

    def __init__(self, pool: Pool, seed: int, *, reads_listing: bool = True) -> None:
        from ovenbird.campaigns import Campaign

        self._pool, self._seed, self._reads_listing = pool, seed, reads_listing
        parameters: dict[str, object] = {}
        for name in pool.table.numeric:
            column = pool.conditions[name]
            parameters[name] = {"from": float(column.min()), "to": float(column.max())}
        parameters |= {name: list(values) for name, values in pool.table.levels.items()}
        self._campaign = Campaign.create(
            name=pool.table.name.replace("_", "-"),
            parameters=parameters,
            responses={"y": {}},
            goal={"maximise": "y"},
        )
        self._n_told = 0

    def __call__(self, made: Sequence[int]) -> int:
        """Tell what is new, and ask."""
        conditions, merits = self._pool.conditions, self._pool.merits
        for row in made[self._n_told :]:
            result = conditions.loc[[row]]
            if np.isnan(merits[row]):
                (experiment,) = self._campaign.add(result)
                self._campaign.fail(experiment, reason="process")
            else:
                self._campaign.add(result.assign(y=merits[row]))
        self._n_told = len(made)
        candidates = conditions.loc[self._pool.unmade(made)]
        with nullcontext() if self._reads_listing else _density_unread():
            suggestions = self._campaign.suggest(
                1, seed=self._seed * _STRIDE + len(made), candidates=candidates
            )
        (row,) = (suggestion.candidate for suggestion in suggestions)
        assert isinstance(row, int)
        return row


def _density_unread() -> Any:
    """Ovenbird as if it did not look how densely the candidates lie."""
    from ovenbird.models.listing import Listing

    return patch.object(Listing, "of", lambda *_: None)


def ovenbird_without_listing(pool: Pool, seed: int) -> Choose:
    """Ovenbird that does not read from the list where its author has searched."""
    return Ovenbird(pool, seed, reads_listing=False)


def random(pool: Pool, seed: int) -> Choose:
    """Any row."""
    generator = np.random.default_rng([seed, 1])
    return lambda made: int(generator.choice(pool.unmade(made)))


def botorch(pool: Pool, seed: int) -> Choose:
    """SingleTaskGP with its defaults on one-hot columns, and noisy log expected improvement of every row."""
    import torch
    from botorch.acquisition.logei import qLogNoisyExpectedImprovement
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from botorch.optim import optimize_acqf_discrete
    from gpytorch.mlls import ExactMarginalLogLikelihood

    columns = torch.as_tensor(pool.table.unit_columns)
    at_random = random(pool, seed)

    def choose(made: Sequence[int]) -> int:
        merits = pool.training_merits(made)
        if np.isnan(merits).any():
            return at_random(made)
        torch.manual_seed(seed * _STRIDE + len(made))
        known = columns[list(made)]
        gp = SingleTaskGP(known, torch.as_tensor(merits)[:, None])
        fit_gpytorch_mll(ExactMarginalLogLikelihood(gp.likelihood, gp))
        acquisition = qLogNoisyExpectedImprovement(gp, known, prune_baseline=True)
        left = pool.unmade(made)
        best, _ = optimize_acqf_discrete(acquisition, q=1, choices=columns[left])
        return int(left[(columns[left] - best).abs().sum(1).argmin()])

    return choose


class OptunaGP:
    """Optuna's GPSampler; of the pool the row nearest to what it asks for. Failures as constraints."""

    def __init__(self, pool: Pool, seed: int) -> None:
        from optuna.distributions import CategoricalDistribution, FloatDistribution

        self._pool, self._seed, self._at_random = pool, seed, random(pool, seed)
        ranges = {name: pool.conditions[name] for name in pool.table.numeric}
        self._distributions: dict[str, BaseDistribution] = {
            name: FloatDistribution(float(column.min()), float(column.max()))
            for name, column in ranges.items()
        }
        self._distributions |= {
            name: CategoricalDistribution(values) for name, values in pool.table.levels.items()
        }

    def __call__(self, made: Sequence[int]) -> int:
        """Build the study anew, and ask."""
        import optuna

        merits = self._pool.training_merits(made)
        if np.isnan(merits).any():
            return self._at_random(made)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        can_fail = bool(self._pool.fails.any())
        sampler = optuna.samplers.GPSampler(
            seed=self._seed * _STRIDE + len(made),
            n_startup_trials=N_FIRST,
            constraints_func=(lambda trial: trial.user_attrs["constraints"]) if can_fail else None,
        )
        study = optuna.create_study(direction="maximize", sampler=sampler)
        for row, merit in zip(made, merits, strict=True):
            broken = [1.0 if self._pool.fails[row] else -1.0]
            trial = optuna.trial.create_trial(
                params={name: self._value(name, row) for name in self._distributions},
                distributions=self._distributions,
                value=float(merit),
                # Where samplers look; of trials that are added, the function of constraints is never asked.
                system_attrs={"constraints": broken} if can_fail else {},
            )
            study.add_trial(trial)
        return self._nearest(study.ask(self._distributions).params, made)

    def _value(self, name: str, row: int) -> float | str:
        value = self._pool.conditions[name].iloc[row]
        return str(value) if name in self._pool.table.levels else float(value)

    def _nearest(self, asked: dict[str, Any], made: Sequence[int]) -> int:
        """Unmade row of the smallest distance, numbers scaled to 0..1 and categories one-hot."""
        left = self._pool.unmade(made)
        distance = np.zeros(len(left))
        for name, wanted in asked.items():
            column = self._pool.conditions[name].to_numpy()
            if name in self._pool.table.levels:
                distance += 2.0 * (column[left] != wanted)
            else:
                distance += ((column[left] - wanted) / (np.ptp(column) or 1.0)) ** 2
        return int(left[distance.argmin()])


def baybe(pool: Pool, seed: int) -> Choose:
    """BayBE's Campaign with its default recommender on the list; it has no failures, they count as worst."""
    import torch

    # By name, since the environment of the linters does not have it.
    campaign_of = importlib.import_module("baybe").Campaign
    objective = importlib.import_module("baybe.targets").NumericalTarget("y").to_objective()
    names = list(pool.conditions.columns)
    row_of = {values: row for row, values in enumerate(pool.conditions.itertuples(index=False, name=None))}
    at_random = random(pool, seed)

    def choose(made: Sequence[int]) -> int:
        merits = pool.training_merits(made)
        if np.isnan(merits).any():
            return at_random(made)
        torch.manual_seed(seed * _STRIDE + len(made))
        campaign = campaign_of(baybe_space(pool.table), objective, allow_recommending_already_measured=False)
        campaign.add_measurements(pool.conditions.iloc[list(made)].assign(y=merits))
        recommended = campaign.recommend(batch_size=1)
        return row_of[next(recommended[names].itertuples(index=False, name=None))]

    return choose


STRATEGIES: dict[str, Callable[[Pool, int], Choose]] = {
    OURS: Ovenbird,
    WITHOUT_LISTING: ovenbird_without_listing,
    RANDOM: random,
    "botorch": botorch,
    "optuna_gp": OptunaGP,
    "baybe": baybe,
}


def run(pool: Pool, strategy: str, seed: int, budget: int) -> list[int]:
    """Rows that a strategy makes, the random first ones included."""
    made = pool.first_rows(seed)
    choose = STRATEGIES[strategy](pool, seed)
    while len(made) < min(budget, len(pool)):
        row = choose(tuple(made))
        if row in made:
            raise RuntimeError(f"{strategy} chose row {row} of {pool.table.name} for the second time")
        made.append(row)
    return made
