"""How evenly first experiments are spread, beside the usual designs.

    python benchmarks/first_designs.py [--seeds 20]

Prints, as Markdown, means over seeds for designs of n experiments in d numbers, all on one grid of 21
settings each. Ovenbird's design is chosen from its own sample of the space; Sobol sequences and Latin
hypercubes (plain, and with SciPy's optimised discrepancy) are snapped to the grid; the greedy maximin design
takes from the same sample the point farthest from all before. Measures: centred L2 discrepancy (smaller is
better), smallest distance of two points (larger), largest distance of any place from its nearest point
(smaller), and the same for the first half of the experiments. The last line counts designs of a space with
categories, conditions and a rule whose every category is balanced within one.
"""

import argparse
import warnings
from collections.abc import Callable

import numpy as np
import torch
from scipy.spatial.distance import cdist, pdist
from scipy.stats import qmc

from ovenbird.datasets import CategoricalParameter, NumericParameter, ParameterSpace
from ovenbird.models.encoding import frame_of_codes
from ovenbird.planner.rules import LinearRule
from ovenbird.planner.search_space import SearchSpace
from ovenbird.planner.space_filling import space_filling

SIZES = ((4, 2), (8, 2), (16, 2), (8, 3), (16, 3), (10, 5), (16, 5), (32, 5), (20, 8))
STEPS = 20
N_CANDIDATES = 2000
MEASURES = ("discrepancy", "separation", "fill", "half: discrepancy", "half: separation", "half: fill")

Design = Callable[[int, int, int], np.ndarray]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="How evenly first experiments are spread.")
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    torch.set_num_threads(1)
    print(f"| n | d | design | {' | '.join(MEASURES)} |\n|{' ---: |' * 2} --- |{' ---: |' * len(MEASURES)}")
    for n, d in SIZES:
        for name, design in DESIGNS.items():
            figures = np.mean([measured(design(n, d, seed), seed) for seed in range(seeds)], axis=0)
            print(f"| {n} | {d} | {name} | {' | '.join(f'{x:.3f}' for x in figures)} |", flush=True)
    balanced = [is_balanced(n, seed) for n in (4, 7, 12) for seed in range(seeds)]
    print(f"\nMixed space: {sum(balanced)} of {len(balanced)} designs balanced within one.")


def measured(points: np.ndarray, seed: int) -> list[float]:
    """All measures of a design in the unit cube, shape (n, d)."""
    places = np.random.default_rng(10_000 + seed).random((4000, points.shape[1]))
    figures = []
    for part in (points, points[: len(points) // 2]):
        figures += [
            float(qmc.discrepancy(part, method="CD")) ** 0.5,
            float(pdist(part).min()),
            float(cdist(places, part).min(axis=1).max()),
        ]
    return figures


def cube(d: int) -> ParameterSpace:
    """D numbers from 0 to 1."""
    return ParameterSpace(
        tuple(NumericParameter(name=f"x{i}", low=0, high=1, step=1 / STEPS) for i in range(d))
    )


def snapped(points: np.ndarray) -> np.ndarray:
    """Points on the nearest settings."""
    return np.rint(points * STEPS) / STEPS


def ours(n: int, d: int, seed: int) -> np.ndarray:
    """Ovenbird's first experiments."""
    space, generator = cube(d), np.random.default_rng(seed)
    pool = SearchSpace(space).sample(N_CANDIDATES, generator)
    return pool[space_filling(space, pool, n, pool[:0], generator)].numpy()


def sobol(n: int, d: int, seed: int) -> np.ndarray:
    """Scrambled Sobol points."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that n is no power of 2 is the point of trying several
        return snapped(qmc.Sobol(d, rng=np.random.default_rng(seed)).random(n))


def latin_hypercube(n: int, d: int, seed: int) -> np.ndarray:
    """A random Latin hypercube."""
    return snapped(qmc.LatinHypercube(d, rng=np.random.default_rng(seed)).random(n))


def optimised_hypercube(n: int, d: int, seed: int) -> np.ndarray:
    """A Latin hypercube of small centred discrepancy."""
    sampler = qmc.LatinHypercube(d, rng=np.random.default_rng(seed), optimization="random-cd")
    return snapped(sampler.random(n))


def greedy_maximin(n: int, d: int, seed: int) -> np.ndarray:
    """From the middle on always the candidate farthest from all before."""
    pool = SearchSpace(cube(d)).sample(N_CANDIDATES, np.random.default_rng(seed)).numpy()
    chosen = [int(cdist(pool, pool.mean(axis=0, keepdims=True)).argmin())]
    distance = np.full(len(pool), np.inf)
    while len(chosen) < n:
        distance = np.minimum(distance, cdist(pool, pool[chosen[-1:]])[:, 0])
        chosen.append(int(distance.argmax()))
    return pool[chosen]


DESIGNS: dict[str, Design] = {
    "Ovenbird": ours,
    "Sobol": sobol,
    "Latin hypercube": latin_hypercube,
    "optimised Latin hypercube": optimised_hypercube,
    "greedy maximin": greedy_maximin,
}


def is_balanced(n: int, seed: int) -> bool:
    """Whether the values of every category that applies occur equally often, within one."""
    milled = {"milling": ("planetary", "attritor")}
    space = ParameterSpace(
        (
            CategoricalParameter(name="route", values=("dry", "wet", "melt")),
            NumericParameter(name="temperature", low=600, high=900, step=10),
            NumericParameter(name="hold", low=0, high=12, step=0.5),
            CategoricalParameter(name="milling", values=("none", "planetary", "attritor")),
            CategoricalParameter(name="medium", values=("dry", "ethanol"), when=milled),
            NumericParameter(name="time", low=0.5, high=12, step=0.5, when=milled),
        )
    )
    rules = (LinearRule(coefficients={"time": 1, "hold": 1}, at_most=15),)
    generator = np.random.default_rng(seed)
    pool = SearchSpace(space, rules).sample(N_CANDIDATES, generator)
    frame = frame_of_codes(space, pool[space_filling(space, pool, n, pool[:0], generator)])
    for parameter in space:
        if isinstance(parameter, CategoricalParameter):
            counts = [(frame[parameter.name] == value).sum() for value in parameter.values]
            if max(counts) - min(counts) > 1:
                return False
    return True


if __name__ == "__main__":
    main()
