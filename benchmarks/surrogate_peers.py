"""The models of other libraries, each used as its documentation recommends.

Every library is imported where it is used: BayBE lives in an environment of its own
(`baybe==0.15.0 botorch==0.18.1`), and Ovenbird is needed in none of them.
"""

import importlib
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from surrogate_tables import Model, NumberForecast, NumberModel, Table, YesNoModel, normal_forecast

if TYPE_CHECKING:
    from sklearn.gaussian_process.kernels import Kernel

_N_TREES = 500
_LEAST_SD_SHARE = 1e-3  # of the training sd: trees may all agree, and a density needs some spread
_RESTARTS = 2
_REGRESSION_CLIP = 0.01  # a regression of 0 and 1 leaves that range


def botorch_numbers(table: Table, training: np.ndarray, test: np.ndarray, seed: int) -> NumberForecast:
    """SingleTaskGP with its defaults on one-hot columns, inputs and outcome scaled by BoTorch."""
    import torch
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from botorch.models.transforms import Normalize, Standardize
    from gpytorch.mlls import ExactMarginalLogLikelihood

    torch.manual_seed(seed)  # a fit that fails starts again from random values
    columns = torch.as_tensor(table.columns)
    outcomes = torch.as_tensor(table.outcomes)[:, None]
    # The bounds are those of the table: a level without training row has no range of its own.
    scaled = Normalize(columns.shape[1], bounds=torch.as_tensor(table.bounds))
    gp = SingleTaskGP(
        columns[training], outcomes[training], input_transform=scaled, outcome_transform=Standardize(1)
    )
    fit_gpytorch_mll(ExactMarginalLogLikelihood(gp.likelihood, gp))
    with torch.no_grad():
        posterior = gp.posterior(columns[test], observation_noise=True)
        return _normal_of_posterior(posterior)


def _normal_of_posterior(posterior: Any) -> NumberForecast:
    mean, variance = (x.squeeze(-1).numpy() for x in (posterior.mean, posterior.variance))
    return normal_forecast(mean, np.sqrt(variance))


@cache  # building it is slow for columns of many values, and a campaign does it once
def baybe_space(table: Table) -> Any:
    """Search space of the rows of a table."""
    # By name, since the environment of the linters does not have it.
    parameters = importlib.import_module("baybe.parameters")
    space = importlib.import_module("baybe.searchspace").SearchSpace
    columns = [
        parameters.NumericalDiscreteParameter(c, sorted(table.pool[c].unique())) for c in table.numeric
    ]
    columns += [parameters.CategoricalParameter(c, values) for c, values in table.levels.items()]
    return space.from_dataframe(table.pool, columns)


def baybe_numbers(table: Table, training: np.ndarray, test: np.ndarray, seed: int) -> NumberForecast:
    """BayBE's default GaussianProcessSurrogate on the search space of the table.

    Its own posterior is that of the noiseless function; a measurement has the noise of its likelihood too.
    """
    import torch

    target = importlib.import_module("baybe.targets").NumericalTarget("outcome")
    surrogate = importlib.import_module("baybe.surrogates").GaussianProcessSurrogate()

    torch.manual_seed(seed)
    space = baybe_space(table)
    measurements = table.conditions.iloc[training].assign(outcome=table.outcomes[training])
    surrogate.fit(space, target.to_objective(), measurements)
    columns = space.transform(table.conditions.iloc[test]).to_numpy(float)
    with torch.no_grad():
        posterior = surrogate.to_botorch().posterior(torch.as_tensor(columns), observation_noise=True)
        return _normal_of_posterior(posterior)


def regression_of_yes_no(numbers: NumberModel) -> YesNoModel:
    """Yes/no by regression of 1 and 0, for libraries without a model of it: mean clipped to 0.01..0.99."""

    def yes_no(table: Table, training: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
        mean = numbers(table, training, test, seed).median
        return np.clip(mean, _REGRESSION_CLIP, 1 - _REGRESSION_CLIP)

    return yes_no


def forest_numbers(table: Table, training: np.ndarray, test: np.ndarray, seed: int) -> NumberForecast:
    """Random forest: mean and standard deviation over its trees, as normal distributions."""
    from sklearn.ensemble import RandomForestRegressor

    columns, outcomes = table.unit_columns, table.outcomes[training]
    forest = RandomForestRegressor(_N_TREES, random_state=seed).fit(columns[training], outcomes)
    trees = np.stack([tree.predict(columns[test]) for tree in forest.estimators_])
    return normal_forecast(trees.mean(0), np.maximum(trees.std(0), _LEAST_SD_SHARE * outcomes.std()))


def forest_yes_no(table: Table, training: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    """Random forest: share of yes in the leaves, kept half a training row away from 0 and 1."""
    from sklearn.ensemble import RandomForestClassifier

    outcomes = table.outcomes[training]
    forest = RandomForestClassifier(_N_TREES, random_state=seed)
    forest.fit(table.unit_columns[training], outcomes)
    # Only the classes of the training rows have a column.
    probability = np.asarray(forest.predict_proba(table.unit_columns[test])) @ forest.classes_
    least = 0.5 / len(training)
    return np.clip(probability, least, 1 - least)


def _matern(n_columns: int) -> "Kernel":
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern

    return ConstantKernel() * Matern(nu=2.5).set_params(length_scale=np.ones(n_columns))


def sklearn_gp_numbers(table: Table, training: np.ndarray, test: np.ndarray, seed: int) -> NumberForecast:
    """Gaussian process with a Matern kernel, a length scale a column, and learned noise."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import WhiteKernel

    columns = table.unit_columns
    gp = GaussianProcessRegressor(
        _matern(columns.shape[1]) + WhiteKernel(),
        normalize_y=True,
        n_restarts_optimizer=_RESTARTS,
        random_state=seed,
    )
    gp.fit(columns[training], table.outcomes[training])
    mean, sd = gp.predict(columns[test], return_std=True)
    return normal_forecast(np.asarray(mean), np.asarray(sd))


def sklearn_gp_yes_no(table: Table, training: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    """Gaussian process classifier (Laplace) with a Matern kernel and a length scale a column."""
    from sklearn.gaussian_process import GaussianProcessClassifier

    columns, outcomes = table.unit_columns, table.outcomes[training]
    if len(np.unique(outcomes)) == 1:
        # It refuses training rows of one class; (k + 1/2) / (n + 1) is what their number alone says.
        return np.full(len(test), (outcomes.sum() + 0.5) / (len(outcomes) + 1))
    gp = GaussianProcessClassifier(
        _matern(columns.shape[1]), n_restarts_optimizer=_RESTARTS, random_state=seed
    )
    gp.fit(columns[training], outcomes)
    return np.asarray(gp.predict_proba(columns[test]))[:, 1]


PEERS = {
    "botorch": Model(botorch_numbers, regression_of_yes_no(botorch_numbers)),
    "sklearn_forest": Model(forest_numbers, forest_yes_no),
    "sklearn_gp": Model(sklearn_gp_numbers, sklearn_gp_yes_no),
    "baybe": Model(baybe_numbers, regression_of_yes_no(baybe_numbers)),
}
