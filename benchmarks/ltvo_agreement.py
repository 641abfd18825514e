"""Does Ovenbird agree with the paper? Forecasts at its own conditions, and the orderings it states.

    python benchmarks/ltvo_agreement.py

Prints the forecasts at the paper's powders beside what the paper states, and how many of its 40 orderings
hold: for the campaign as it is (it learns from them), with all orderings held out (only numbers and yes/no
are learned from), and the share that can be compared at all: what no response of the campaign describes
(crystallinity, cation ordering, particle and grain size, retention) cannot.
"""

from dataclasses import dataclass

import torch

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.library import library_path
from ovenbird.datasets import Comparison, Dataset
from ovenbird.datasets.bundled import bundled_comparisons
from ovenbird.datasets.comparison_table import read_comparisons
from ovenbird.models.beliefs import Beliefs, NumberForecast, learn
from ovenbird.models.encoding import codes_of_conditions


@dataclass(frozen=True)
class Score:
    """How many comparable orderings hold, and the mean probability given to them."""

    held: int
    compared: int


def main() -> None:
    """Print both tables."""
    campaign = Campaign.open(library_path("ltvo"), dataset="sqlite://")
    dataset = campaign.dataset()
    file = bundled_comparisons("ltvo")
    assert file is not None
    stated = read_comparisons(file)
    without = Dataset(dataset.experiments, ())
    fits = {
        "orderings learned from": _fit(campaign, dataset),
        "orderings held out": _fit(campaign, without),
    }
    _print_forecasts(fits["orderings learned from"], dataset)
    print(f"\nOrderings stated by the paper: {len(stated)}")
    for name, beliefs in fits.items():
        score = _score(beliefs, dataset, stated)
        print(f"{name}: {score.held} of {score.compared} comparable ones hold")


def _fit(campaign: Campaign, dataset: Dataset) -> Beliefs:
    d = campaign.definition
    return learn(dataset, d.space, d.responses, d.features)


def _score(beliefs: Beliefs, dataset: Dataset, stated: tuple[Comparison, ...]) -> Score:
    held = compared = 0
    for comparison in stated:
        known = {comparison.better, comparison.worse} <= set(dataset.by_id)
        if comparison.response not in beliefs.responses or not known:
            continue
        compared += 1
        larger, smaller = (
            codes_of_conditions(beliefs.space, dataset.by_id[name].executed)
            for name in (comparison.larger, comparison.smaller)
        )
        means = [float(beliefs.latent(comparison.response, codes)[0].mean()) for codes in (larger, smaller)]
        held += means[0] > means[1]
    return Score(held, compared)


def _print_forecasts(beliefs: Beliefs, dataset: Dataset) -> None:
    for experiment in dataset.experiments:
        codes = codes_of_conditions(beliefs.space, experiment.executed)
        parts = []
        for name, response in beliefs.responses.items():
            values = experiment.values(name)
            if not values:
                continue
            forecast = beliefs.forecast(name, codes)
            if isinstance(forecast, NumberForecast):
                low, median, high = (
                    float(torch.mean(x)) for x in (forecast.low, forecast.median, forecast.high)
                )
                said = f"{median:.0f} ({low:.0f} to {high:.0f}) {response.unit or ''}"
            else:
                said = f"P(yes) = {float(forecast.probability.mean()):.2f}"
            parts.append(f"{name} {values[0]}: {said}")
        print(f"{experiment.id:24s} {'; '.join(parts)}")


if __name__ == "__main__":
    main()
