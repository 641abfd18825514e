"""First designs are spread evenly, apart from what is there, and where they may succeed."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist, pdist
from scipy.stats import qmc
from torch import Tensor

from ovenbird.datasets import CategoricalParameter, NumericParameter, ParameterSpace
from ovenbird.models.encoding import Encoding, activity, conditions_of_codes
from ovenbird.planner.search_space import SearchSpace
from ovenbird.planner.space_filling import space_filling

NOTHING = torch.zeros(0, 5, dtype=torch.float64)


def smallest_distance(space: ParameterSpace, codes: Tensor) -> float:
    columns = Encoding(space, space.names).columns(codes, activity(space, codes))
    distance = torch.cdist(columns, columns)
    return float(distance[~torch.eye(len(codes), dtype=torch.bool)].min())


@pytest.fixture(scope="module")
def pool(mill: ParameterSpace) -> Tensor:
    return SearchSpace(mill).sample(400, np.random.default_rng(0))


@pytest.mark.parametrize("n", [3, 6, 10])
def test_a_design_is_spread_wider_than_chance(n: int, pool: Tensor, mill: ParameterSpace) -> None:
    rows = space_filling(mill, pool, n, NOTHING, np.random.default_rng(0))
    assert len(set(rows)) == n
    drawn = [pool[np.random.default_rng(seed).permutation(len(pool))[:n]] for seed in range(40)]
    by_chance = np.array([smallest_distance(mill, codes) for codes in drawn])
    assert smallest_distance(mill, pool[rows]) > np.quantile(by_chance, 0.9)
    assert smallest_distance(mill, pool[rows]) > 1.5 * by_chance.mean()


def test_a_first_design_tries_both_routes_early(pool: Tensor, mill: ParameterSpace) -> None:
    rows = space_filling(mill, pool, 4, NOTHING, np.random.default_rng(0))
    assert {row["milling"] for row in conditions_of_codes(mill, pool[rows])} == {"none", "planetary"}


def test_what_is_known_is_not_repeated_but_its_gaps_are_filled() -> None:
    space = ParameterSpace((NumericParameter(name="x", low=0, high=10),))
    candidates = torch.linspace(0, 10, 101, dtype=torch.float64)[:, None]
    known = torch.tensor([[0.5], [1.0], [2.0], [5.0]], dtype=torch.float64)
    rows = space_filling(space, candidates, 2, known, np.random.default_rng(0))
    chosen = candidates[rows, 0]
    assert chosen.min() > 6 and float(chosen.max() - chosen.min()) > 1


def test_the_first_experiment_is_in_the_middle() -> None:
    space = ParameterSpace(tuple(NumericParameter(name=n, low=0, high=1, step=0.05) for n in "abc"))
    candidates = SearchSpace(space).sample(1500, np.random.default_rng(0))
    (row,) = space_filling(space, candidates, 1, candidates[:0], np.random.default_rng(0))
    assert float((candidates[row] - 0.5).abs().max()) <= 0.15


@pytest.mark.parametrize(("n", "d"), [(6, 2), (10, 4)])
def test_a_design_is_as_even_as_sobol_points_and_latin_hypercubes(n: int, d: int) -> None:
    space = ParameterSpace(tuple(NumericParameter(name=f"x{i}", low=0, high=1, step=0.05) for i in range(d)))
    places = np.random.default_rng(0).random((2000, d))

    def measures(points: np.ndarray) -> tuple[float, float, float]:
        """Centred discrepancy, closeness, and the largest hole: the smaller, the better."""
        holes = cdist(places, points).min(axis=1).max()
        return float(qmc.discrepancy(points, method="CD")), -float(pdist(points).min()), float(holes)

    ours, sobol, cubes = [], [], []
    for seed in range(8):
        generator = np.random.default_rng(seed)
        candidates = SearchSpace(space).sample(1000, generator)
        rows = space_filling(space, candidates, n, candidates[:0], generator)
        ours.append(measures(candidates[rows].numpy()))
        points = qmc.Sobol(d, rng=generator).random_base2(4)[:n]
        sobol.append(measures(np.rint(points * 20) / 20))
        cubes.append(measures(np.rint(qmc.LatinHypercube(d, rng=generator).random(n) * 20) / 20))
    assert (np.mean(ours, axis=0) < np.mean(sobol, axis=0)).all()
    assert (np.mean(ours, axis=0) < np.mean(cubes, axis=0)).all()


def test_the_first_of_a_design_are_spread_by_themselves() -> None:
    space = ParameterSpace(tuple(NumericParameter(name=n, low=0, high=1, step=0.05) for n in "abc"))
    first, chance = [], []
    for seed in range(6):
        generator = np.random.default_rng(seed)
        candidates = SearchSpace(space).sample(1000, generator)
        rows = space_filling(space, candidates, 12, candidates[:0], generator)
        first.append(qmc.discrepancy(candidates[rows[:5]].numpy(), method="CD"))
        chance += [
            qmc.discrepancy(candidates[generator.permutation(rows)[:5]].numpy(), method="CD")
            for _ in range(10)
        ]
    assert np.mean(first) < 0.75 * np.mean(chance)


@pytest.mark.parametrize("n", [2, 5, 9, 14])
def test_values_of_every_category_are_used_equally_often(n: int) -> None:
    milled = {"milling": ("planetary", "attritor")}
    space = ParameterSpace(
        (
            CategoricalParameter(name="route", values=("dry", "wet", "melt")),
            NumericParameter(name="hold", low=0, high=12, step=0.5),
            CategoricalParameter(name="milling", values=("none", "planetary", "attritor")),
            CategoricalParameter(name="medium", values=("dry", "ethanol"), when=milled),
            NumericParameter(name="time", low=0.5, high=12, step=0.5, when=milled),
        )
    )
    generator = np.random.default_rng(n)
    candidates = SearchSpace(space).sample(800, generator)
    rows = space_filling(space, candidates, n, candidates[:0], generator)
    for made in (rows, rows[: (n + 1) // 2]):
        conditions = conditions_of_codes(space, candidates[made])
        for parameter in space:
            if isinstance(parameter, CategoricalParameter):
                counts = [
                    sum(row[parameter.name] == value for row in conditions) for value in parameter.values
                ]
                assert max(counts) - min(counts) <= (1 if made is rows else 2), (parameter.name, counts)


def test_each_category_and_each_condition_is_covered(mill: ParameterSpace) -> None:
    for seed in range(4):
        generator = np.random.default_rng(seed)
        candidates = SearchSpace(mill).sample(1500, generator)
        rows = space_filling(mill, candidates, 12, NOTHING, generator)
        made = conditions_of_codes(mill, candidates[rows])
        milled = [row for row in made if row["milling"] == "planetary"]
        assert len(milled) == 6
        for group, name, low, high in (
            (milled, "speed", 200, 600),
            (milled, "time", 0.5, 12),
            (milled, "temperature", 600, 900),
            ([row for row in made if row not in milled], "temperature", 600, 900),
        ):
            values = np.array([float(str(row[name])) for row in group])
            thirds = np.floor(3 * (values - low) / (high - low)).clip(0, 2)
            assert set(thirds) == {0, 1, 2}, (name, values)


def test_a_category_known_less_is_tried_more(mill: ParameterSpace) -> None:
    candidates = SearchSpace(mill).sample(1000, np.random.default_rng(0))
    known = candidates[candidates[:, 2] == 1.0][:3]
    rows = space_filling(mill, candidates, 4, known, np.random.default_rng(0))
    assert candidates[rows, 2].tolist().count(1.0) in (0, 1)


def test_what_cannot_succeed_is_left_out() -> None:
    space = ParameterSpace((NumericParameter(name="x", low=0, high=10),))
    candidates = torch.linspace(0, 10, 101, dtype=torch.float64)[:, None]

    def left_half(codes: Tensor) -> Tensor:
        return (codes[:, 0] <= 5).double()

    known = torch.tensor([[1.0]], dtype=torch.float64)
    rows = space_filling(space, candidates, 4, known, np.random.default_rng(0), left_half)
    chosen = candidates[rows, 0]
    assert chosen.max() <= 5 and chosen.max() > 4
    assert 2.5 < float(chosen[0]) < 5, "the middle of what is likely and not known"


def test_what_is_less_likely_to_succeed_is_tried_less_often() -> None:
    space = ParameterSpace((NumericParameter(name="x", low=0, high=10, step=0.1),))
    candidates = torch.linspace(0, 10, 101, dtype=torch.float64)[:, None]

    def rising(codes: Tensor) -> Tensor:
        return 0.02 + 0.098 * codes[:, 0]

    rows = space_filling(space, candidates, 8, candidates[:0], np.random.default_rng(0), rising)
    assert 6 <= int((candidates[rows, 0] > 5).sum()) <= 8


@pytest.mark.parametrize("n_known", [0, 2])
def test_fewer_candidates_than_wanted_are_all_taken_once(
    n_known: int, pool: Tensor, mill: ParameterSpace
) -> None:
    few, known = pool[:3], pool[50 : 50 + n_known]
    assert sorted(space_filling(mill, few, 8, known, np.random.default_rng(0))) == [0, 1, 2]
    assert space_filling(mill, few[:0], 8, known, np.random.default_rng(0)) == []


def test_the_same_seed_gives_the_same_design(pool: Tensor, mill: ParameterSpace) -> None:
    one, same = (space_filling(mill, pool, 5, NOTHING, np.random.default_rng(7)) for _ in range(2))
    assert one == same
