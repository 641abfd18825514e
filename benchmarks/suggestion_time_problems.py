"""Made-up problems of any size, and how each library is asked for suggestions in them.

Every library is imported where it is used, so that each can be timed in an environment of its own.
"""

import importlib
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

KINDS = ("ranges", "conditions", "list")
LIST_LENGTH = 1000  # conditions in the list that nobody has made yet
_PARAMETERS_PER_GROUP = 5  # of which a method and the two settings that only one of its values has
_OFF, _ON = "none", "planetary"
_NOISE = 0.04
_REPEATS, _LONG_S = 3, 20.0
_RESTARTS, _RAW_SAMPLES = 10, 512  # as in BoTorch's tutorials


@dataclass(frozen=True)
class TimedProblem:
    """Experiments already made, and what may be made next.

    Attributes
    ----------
    kind
        ``ranges``: numbers between 0 and 1. ``conditions``: a fifth of the parameters choose a method, and
        two fifths exist for one of its values only. ``list``: numbers, to be chosen from 1000 random rows.
    n_parameters
        How many, conditional ones included.
    made : DataFrame, n rows
        Conditions (NaN where they do not apply) and their outcome `y`, the larger the better.
    pool : DataFrame or None
        Rows to choose from.
    """

    kind: str
    n_parameters: int
    made: pd.DataFrame
    pool: pd.DataFrame | None

    @property
    def methods(self) -> list[str]:
        """Names of the parameters that choose a method."""
        return [f"method{i}" for i in range(_n_groups(self.kind, self.n_parameters))]

    @property
    def numbers(self) -> list[str]:
        """Names of the others."""
        return [f"x{i}" for i in range(self.n_parameters - len(self.methods))]

    @property
    def names(self) -> list[str]:
        """All parameters."""
        return [*self.methods, *self.numbers]

    @property
    def flat(self) -> pd.DataFrame:
        """What was made, for libraries without conditions: what does not apply is at its lowest."""
        return self.made.fillna(0.0)


def made_up(kind: str, n_parameters: int, n: int, seed: int = 0) -> TimedProblem:
    """Problem with n experiments of a smooth function and 4 % noise."""
    generator = np.random.default_rng([seed, n_parameters, n])
    n_groups = _n_groups(kind, n_parameters)
    x = generator.random((n, n_parameters - n_groups))
    on = generator.random((n, n_groups)) < 0.5
    applies = np.ones(x.shape, dtype=bool)
    applies[:, : 2 * n_groups] = np.repeat(on, 2, axis=1)
    weights = 2 / np.arange(1, x.shape[1] + 1)
    distance = (weights * np.where(applies, (x - 0.4) ** 2, 0.1)).sum(1)
    columns: dict[str, np.ndarray] = {f"method{i}": np.where(on[:, i], _ON, _OFF) for i in range(n_groups)}
    columns |= {f"x{i}": np.where(applies[:, i], x[:, i], np.nan) for i in range(x.shape[1])}
    columns["y"] = 100 * np.exp(-distance) * (1 + _NOISE * generator.standard_normal(n))
    pool = None
    if kind == "list":
        rows = generator.random((LIST_LENGTH, n_parameters))
        pool = pd.DataFrame(rows, columns=[f"x{i}" for i in range(n_parameters)])
    return TimedProblem(kind, n_parameters, pd.DataFrame(columns), pool)


def _n_groups(kind: str, n_parameters: int) -> int:
    return n_parameters // _PARAMETERS_PER_GROUP if kind == "conditions" else 0


@dataclass(frozen=True)
class Seconds:
    """Time of one suggestion of q experiments from nothing but the table of what was made.

    Attributes
    ----------
    space
        Building the search space, where a library has one.
    suggest
        Everything else: taking in the experiments, learning, choosing.
    """

    space: float
    suggest: float

    @property
    def total(self) -> float:
        """From the table to the suggestion."""
        return self.space + self.suggest


def ovenbird(problem: TimedProblem, q: int) -> Seconds:
    """Ovenbird by its public interface."""
    from ovenbird.campaigns import Campaign

    start = time.perf_counter()
    parameters: dict[str, object] = {name: [_OFF, _ON] for name in problem.methods}
    for i, name in enumerate(problem.numbers):
        conditional = i < 2 * len(problem.methods)
        when = {"when": {problem.methods[i // 2]: _ON}} if conditional else {}
        parameters[name] = {"from": 0.0, "to": 1.0, **when}
    campaign = Campaign.create(
        name="timed", parameters=parameters, responses={"y": {}}, goal={"maximise": "y"}
    )
    space = time.perf_counter()
    campaign.add(problem.made)
    campaign.suggest(q, seed=0, candidates=problem.pool)
    return Seconds(space - start, time.perf_counter() - space)


def botorch(problem: TimedProblem, q: int) -> Seconds:
    """SingleTaskGP and qLogNoisyExpectedImprovement, each with its defaults, searched from ten restarts."""
    import torch
    from botorch.acquisition.logei import qLogNoisyExpectedImprovement
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from botorch.optim import optimize_acqf, optimize_acqf_discrete, optimize_acqf_mixed
    from gpytorch.mlls import ExactMarginalLogLikelihood

    start = time.perf_counter()
    torch.manual_seed(0)
    columns = problem.flat[problem.names].replace({_OFF: 0.0, _ON: 1.0}).to_numpy(float)
    made, y = torch.as_tensor(columns), torch.tensor(problem.made["y"].to_numpy(float))[:, None]
    gp = SingleTaskGP(made, y)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(gp.likelihood, gp))
    acquisition = qLogNoisyExpectedImprovement(gp, made, prune_baseline=True)
    bounds = torch.tensor([[0.0], [1.0]], dtype=torch.float64).expand(2, problem.n_parameters).contiguous()
    if problem.pool is not None:
        choices = torch.tensor(problem.pool[problem.names].to_numpy(float))
        optimize_acqf_discrete(acquisition, q=q, choices=choices)
    elif problem.methods:
        k = len(problem.methods)
        fixed: list[dict[int, float]] = [{j: float(i >> j & 1) for j in range(k)} for i in range(2**k)]
        optimize_acqf_mixed(
            acquisition,
            bounds,
            q=q,
            fixed_features_list=fixed,
            num_restarts=_RESTARTS,
            raw_samples=_RAW_SAMPLES,
        )
    else:
        optimize_acqf(acquisition, bounds, q, _RESTARTS, raw_samples=_RAW_SAMPLES, sequential=q > 1)
    return Seconds(0.0, time.perf_counter() - start)


def baybe(problem: TimedProblem, q: int) -> Seconds:
    """BayBE's Campaign with its default recommender; a list is a search space made from a DataFrame."""
    # By name, since the environment of the linters does not have it.
    parameters = importlib.import_module("baybe.parameters")
    space_of = importlib.import_module("baybe.searchspace").SearchSpace
    target = importlib.import_module("baybe.targets").NumericalTarget("y")
    campaign_of = importlib.import_module("baybe").Campaign

    start = time.perf_counter()
    if problem.pool is not None:
        rows = pd.concat([problem.made[problem.names], problem.pool], ignore_index=True)
        columns = [parameters.NumericalDiscreteParameter(c, sorted(rows[c].unique())) for c in problem.names]
        space = space_of.from_dataframe(rows, columns)
    else:
        choices = [parameters.CategoricalParameter(c, [_OFF, _ON]) for c in problem.methods]
        numbers = [parameters.NumericalContinuousParameter(c, (0.0, 1.0)) for c in problem.numbers]
        space = space_of.from_product([*choices, *numbers])
    built = time.perf_counter()
    # What was made is no candidate any more; a list says so, ranges need not.
    listed = {"allow_recommending_already_measured": False} if problem.pool is not None else {}
    campaign = campaign_of(space, target.to_objective(), **listed)
    campaign.add_measurements(problem.flat)
    campaign.recommend(batch_size=q)
    return Seconds(built - start, time.perf_counter() - built)


LIBRARIES: dict[str, Callable[[TimedProblem, int], Seconds]] = {
    "ovenbird": ovenbird,
    "botorch": botorch,
    "baybe": baybe,
}


def timed(library: str, kind: str, n_parameters: int, n: int, q: int) -> Seconds:
    """Time of one suggestion in this process, after a small one that loads everything.

    Median of three problems; of fewer if they take long.
    """
    suggest = LIBRARIES[library]
    taken: list[Seconds] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits that stop early; only the time counts here
        suggest(made_up("ranges", 2, 6), 1)
        for seed in range(_REPEATS):
            taken.append(suggest(made_up(kind, n_parameters, n, seed), q))
            if sum(t.total for t in taken) > _LONG_S:
                break
    return sorted(taken, key=lambda t: t.total)[len(taken) // 2]
