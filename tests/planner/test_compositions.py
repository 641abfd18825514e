"""Mixtures are counted, listed and drawn as counting them out does."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.planner.compositions import Compositions


def counted_out(parts: list[list[int]], total: int, at_most: int | None) -> set[tuple[int, ...]]:
    found = set()
    for row in itertools.product(*(range(len(part)) for part in parts)):
        values = [part[position] for part, position in zip(parts, row, strict=True)]
        few = at_most is None or sum(value != 0 for value in values) <= at_most
        if sum(values) == total and few:
            found.add(row)
    return found


PARTS = st.lists(
    st.lists(st.integers(0, 12), min_size=1, max_size=6, unique=True).map(sorted), min_size=1, max_size=4
)


@given(
    parts=PARTS,
    total=st.integers(0, 25),
    at_most=st.one_of(st.none(), st.integers(1, 3)),
    unit=st.sampled_from([1.0, 0.1, 0.05, 2.5]),
)
def test_every_way_is_listed_once(
    parts: list[list[int]], total: int, at_most: int | None, unit: float
) -> None:
    settings = [np.round(np.array(part) * unit, 12) for part in parts]
    ways = Compositions(settings, total * unit, at_most)
    expected = counted_out(parts, total, at_most)
    assert ways.is_countable and ways.count == len(expected)
    if expected:
        listed = [tuple(row) for row in ways.at(np.arange(len(expected))).tolist()]
        assert len(listed) == len(set(listed)) and set(listed) == expected


def test_a_fine_mixture_of_eight_has_as_many_ways_as_stars_and_bars() -> None:
    ways = Compositions([np.linspace(0, 1, 101)] * 8, 1.0)
    assert ways.count == math.comb(107, 7)


@pytest.mark.parametrize("at_most", [None, 2])
def test_draws_are_even_over_all_ways(at_most: int | None) -> None:
    settings = [np.array([0.0, 0.2, 0.4, 0.6]), np.array([0.0, 0.4, 0.5, 1.0]), np.linspace(0, 1, 11)]
    ways = Compositions(settings, 1.0, at_most)
    drawn, n = ways.draw(20_000, np.random.default_rng(0)), int(ways.count)
    _, times = np.unique(drawn, axis=0, return_counts=True)
    assert len(times) == n
    chi_squared = ((times - 20_000 / n) ** 2 / (20_000 / n)).sum()
    assert chi_squared < n + 4 * math.sqrt(2 * n)


def test_a_total_between_the_steps_has_no_way() -> None:
    assert not Compositions([np.array([0.0, 0.5, 1.0])] * 2, 0.75).may_exist
    assert not Compositions([np.array([0.6, 0.8])] * 2, 1.0).may_exist


def test_steps_of_a_third_still_fill_a_whole() -> None:
    thirds = np.round(np.arange(4) / 3, 12)
    assert Compositions([thirds] * 3, 1.0).count == math.comb(5, 2)
