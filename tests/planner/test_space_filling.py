"""First designs lie far apart, far from what is there, and where they may succeed."""

import numpy as np
import pytest
import torch
from torch import Tensor

from ovenbird.datasets import NumericParameter, ParameterSpace
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


def test_each_choice_is_the_farthest_from_what_is_there() -> None:
    space = ParameterSpace((NumericParameter(name="x", low=0, high=10),))
    candidates = torch.linspace(0, 10, 101, dtype=torch.float64)[:, None]
    known = torch.tensor([[0.0], [2.0]], dtype=torch.float64)
    rows = space_filling(space, candidates, 3, known, np.random.default_rng(0))
    # 10 is farthest; then the middle of 2 to 10; then one of the middles of the two halves.
    assert candidates[rows, 0].tolist()[:2] == [10.0, 6.0]
    assert float(candidates[rows[2], 0]) in (4.0, 8.0)


def test_what_cannot_succeed_is_left_out() -> None:
    space = ParameterSpace((NumericParameter(name="x", low=0, high=10),))
    candidates = torch.linspace(0, 10, 101, dtype=torch.float64)[:, None]

    def left_half(codes: Tensor) -> Tensor:
        return (codes[:, 0] <= 5).double()

    known = torch.tensor([[1.0]], dtype=torch.float64)
    rows = space_filling(space, candidates, 4, known, np.random.default_rng(0), left_half)
    assert candidates[rows, 0].max() <= 5
    assert float(candidates[rows[0], 0]) == 5.0


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
