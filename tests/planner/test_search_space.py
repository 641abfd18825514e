"""What may be proposed: nothing but valid conditions, and all of them."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ovenbird.datasets import CategoricalParameter, InputError, NumericParameter, ParameterSpace
from ovenbird.models.encoding import codes_of_conditions, conditions_of_codes
from ovenbird.planner.rules import ExcludeRule, LinearRule, Rule
from ovenbird.planner.search_space import SearchSpace

Obeys = Callable[..., bool]
Spaces = Callable[..., st.SearchStrategy[ParameterSpace]]
ConditionsIn = Callable[[ParameterSpace], st.SearchStrategy[dict[str, float | str | None]]]
RulesIn = Callable[..., st.SearchStrategy[tuple[Rule, ...]]]
Mixture = tuple[ParameterSpace, tuple[Rule, ...]]
Row = tuple[float | str | None, ...]


def brute_force(space: ParameterSpace) -> Iterator[dict[str, float | str | None]]:
    """All conditions of a space, by trying every combination."""

    def settings_of(parameter: NumericParameter | CategoricalParameter) -> list[float | str | None]:
        if isinstance(parameter, CategoricalParameter):
            return [*parameter.values, None]
        steps = round((parameter.high - parameter.low) / parameter.grid_step)
        return [*(round(parameter.low + i * parameter.grid_step, 9) for i in range(steps + 1)), None]

    for values in itertools.product(*map(settings_of, space)):
        row = dict(zip(space.names, values, strict=True))
        if all((row[p.name] is None) == (space.applies(p, row) is False) for p in space):
            yield row


def rows_of(space: ParameterSpace, codes: Tensor) -> list[Row]:
    return [
        tuple(round(v, 9) if isinstance(v, float) else v for v in row.values())
        for row in conditions_of_codes(space, codes)  # pyright: ignore[reportReturnType]
    ]


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_enumeration_is_complete_and_without_repeats(
    data: st.DataObject,
    random_spaces: Spaces,
    random_conditions: ConditionsIn,
    random_rules: RulesIn,
    obeys: Obeys,
) -> None:
    space = data.draw(random_spaces(most_settings=4))
    rules = data.draw(random_rules(space, data.draw(random_conditions(space))))
    search = SearchSpace(space, rules)
    everything = list(brute_force(space))
    assert search.size == len(everything)
    found = [row for codes in search.everything(chunk=7) for row in rows_of(space, codes)]
    expected = {tuple(row.values()) for row in everything if obeys(space, rules, row)}
    assert len(found) == len(set(found)) and set(found) == expected


@settings(deadline=None, max_examples=60)
@given(data=st.data(), seed=st.integers(0, 1000))
def test_whatever_is_sampled_or_near_it_may_be_made(
    data: st.DataObject,
    seed: int,
    random_spaces: Spaces,
    random_conditions: ConditionsIn,
    random_rules: RulesIn,
    obeys: Obeys,
) -> None:
    space = data.draw(random_spaces())
    rules = data.draw(random_rules(space, data.draw(random_conditions(space))))
    search, generator = SearchSpace(space, rules), np.random.default_rng(seed)
    sample = search.sample(30, generator)
    rows = rows_of(space, sample)
    assert 0 < len(rows) <= 30 and len(set(rows)) == len(rows)
    near = search.neighbours(sample[0], generator)
    assert rows[0] not in rows_of(space, near)
    for row in [*conditions_of_codes(space, sample), *conditions_of_codes(space, near)]:
        assert obeys(space, rules, row)


@settings(deadline=None, max_examples=40)
@given(data=st.data(), shift=st.floats(-0.49, 0.49))
def test_neighbours_of_what_was_made_off_the_grid_are_on_it(
    data: st.DataObject, shift: float, random_spaces: Spaces, random_conditions: ConditionsIn, obeys: Obeys
) -> None:
    space = data.draw(random_spaces())
    made = data.draw(random_conditions(space))
    for parameter in space:
        value = made[parameter.name]
        if isinstance(value, float) and isinstance(parameter, NumericParameter):
            made[parameter.name] = value + shift * parameter.grid_step
    near = SearchSpace(space).neighbours(codes_of_conditions(space, made)[0], np.random.default_rng(0))
    assert all(obeys(space, (), row) for row in conditions_of_codes(space, near))


def test_a_small_space_is_sampled_whole(mill: ParameterSpace) -> None:
    rules = (
        ExcludeRule(settings={"milling": ("planetary",)}),
        LinearRule(coefficients={"hold": 1}, at_most=0.5),
    )
    search = SearchSpace(mill, rules)
    sample = search.sample(500, np.random.default_rng(0))
    assert set(rows_of(mill, sample)) == set(rows_of(mill, torch.cat(list(search.everything()))))


def test_the_same_seed_draws_the_same_sample(mill: ParameterSpace) -> None:
    search = SearchSpace(mill)
    one, same, other = (search.sample(50, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_a_sample_covers_every_part_of_the_space(mill: ParameterSpace) -> None:
    rows = conditions_of_codes(mill, SearchSpace(mill).sample(400, np.random.default_rng(0)))
    speeds = [row["speed"] for row in rows if row["milling"] == "planetary"]
    assert 0.3 < len(speeds) / len(rows) <= 1
    assert set(speeds) == {200.0 + 50 * i for i in range(9)}
    assert len({row["temperature"] for row in rows}) == 31


def test_a_mixture_sums_to_one_in_every_sample_and_step(mixture: Mixture, obeys: Obeys) -> None:
    space, rules = mixture
    search, generator = SearchSpace(space, rules), np.random.default_rng(0)
    everything = torch.cat(list(search.everything()))
    assert len(everything) == 231, "shares of 20 parts among three: 22 over 2"
    sample = search.sample(231, generator)
    assert len(sample) > 200
    near = search.neighbours(sample[0], generator)
    assert len(near) >= 4
    for row in conditions_of_codes(space, torch.cat([sample, near])):
        assert obeys(space, rules, row)


def test_a_mixture_of_many_is_found_though_it_is_rare(obeys: Obeys) -> None:
    names = "abcdef"
    space = ParameterSpace(tuple(NumericParameter(name=n, low=0, high=1, step=0.01) for n in names))
    rules = (
        LinearRule(coefficients=dict.fromkeys(names, 1.0), at_least=1, at_most=1),
        LinearRule(coefficients={"a": 1}, at_least=0.3),
    )
    sample = SearchSpace(space, rules).sample(100, np.random.default_rng(1))
    assert len(sample) == 100
    assert all(obeys(space, rules, row) for row in conditions_of_codes(space, sample))


def test_every_condition_of_a_mixture_is_reached_by_neighbours(mixture: Mixture) -> None:
    space, rules = mixture
    search, generator = SearchSpace(space, rules), np.random.default_rng(0)
    start = torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64)
    reached, front = set(rows_of(space, start)), [start[0]]
    while front:
        near = search.neighbours(front.pop(), generator)
        new = [row for row, name in zip(near, rows_of(space, near), strict=True) if name not in reached]
        reached |= set(rows_of(space, near))
        front += new
    assert len(reached) == 231


def test_rules_that_leave_nothing_are_named(mill: ParameterSpace) -> None:
    rules = (LinearRule(coefficients={"hold": 1}, at_least=13),)
    with pytest.raises(InputError, match="hold"):
        SearchSpace(mill, rules).sample(5, np.random.default_rng(0))


def test_many_categories_are_not_counted_out() -> None:
    space = ParameterSpace(
        tuple(CategoricalParameter(name=f"c{i}", values=tuple("abcdefgh")) for i in range(8))
    )
    search = SearchSpace(space)
    assert search.size == float("inf") or search.size == 8**8
    assert len(search.sample(20, np.random.default_rng(0))) == 20
