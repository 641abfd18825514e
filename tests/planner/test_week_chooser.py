"""Choosing samples together with their places on the machines."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from ovenbird.datasets import Conditions, Dataset, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.encoding import codes_of_all, conditions_of_codes
from ovenbird.planner.acquisition import Improvement
from ovenbird.planner.choice import Choice, Purpose
from ovenbird.planner.goal import Goal
from ovenbird.planner.known import Known, keys_of, known_experiments
from ovenbird.planner.lab import Lab
from ovenbird.planner.lab_sample import Horizon
from ovenbird.planner.problem import Problem
from ovenbird.planner.week_chooser import WeekChooser
from ovenbird.planner.week_room import WeekRoom

from .small_week import CALCINE, CELLS, FURNACE, LOOK, MIX, lab_of, sample, until

Told = Callable[..., Beliefs]
LAB = lab_of(MIX, CALCINE, LOOK, replace(CELLS, hours={"constant": 24.0}))
ONE_RUN, TWO_RUNS = until("wed 18:00"), until("thu 18:00")  # a night in the furnace, a day of cycling


@pytest.fixture(scope="module")
def known(kiln: Problem, fired_in_kiln: Dataset) -> Known:
    return known_experiments(kiln, fired_in_kiln)


@pytest.fixture(scope="module")
def chooser(kiln: Problem, kiln_beliefs: Beliefs, known: Known) -> Callable[..., WeekChooser]:
    def build(
        horizon: Horizon, lab: Lab = LAB, standing: Sequence[Conditions] = (), *, by_machine_time: bool = True
    ) -> WeekChooser:
        room = WeekRoom(
            lab, [replace(sample(f"S{n}"), conditions=c) for n, c in enumerate(standing)], horizon
        )
        generator = np.random.default_rng(0)
        return WeekChooser(kiln, kiln_beliefs, known, generator, 0, room, by_machine_time=by_machine_time)

    return build


def rows(problem: Problem, choices: Sequence[Choice]) -> list[Conditions]:
    return list(conditions_of_codes(problem.space, torch.stack([choice.codes for choice in choices])))


def settings(problem: Problem, choices: Sequence[Choice]) -> set[tuple[object, object]]:
    return {(row["temperature"], row["hold"]) for row in rows(problem, choices)}


def test_the_fourth_crucible_is_filled(kiln: Problem, chooser: Callable[..., WeekChooser]) -> None:
    """The furnace runs once in this week, so that all samples have its settings, and each another dose."""
    choices = chooser(ONE_RUN).by_week(6)
    assert len(choices) == 4 and len(settings(kiln, choices)) == 1
    assert len({row["dose"] for row in rows(kiln, choices)}) == 4


@pytest.mark.parametrize(("temperature", "hold"), [(850.0, 6.0), (750.0, 3.0)])
def test_what_is_planned_already_is_filled_up(
    kiln: Problem, chooser: Callable[..., WeekChooser], temperature: float, hold: float
) -> None:
    """Also where a shorter firing would be over in the evening: there is no time for it besides."""
    stands: Conditions = {"temperature": temperature, "hold": hold, "dose": 1.0}
    choices = chooser(ONE_RUN, standing=[stands, stands]).by_week(6)
    assert len(choices) == 2 and settings(kiln, choices) == {(temperature, hold)}
    assert chooser(ONE_RUN, standing=[stands] * 4).by_week(6) == []


def test_a_second_run_is_another_setting_or_more_of_the_same(
    kiln: Problem, chooser: Callable[..., WeekChooser]
) -> None:
    choices = chooser(TWO_RUNS).by_week(8)
    assert len(choices) == 8 and len(settings(kiln, choices)) <= 2


def test_nothing_is_chosen_twice_or_again_but_as_a_replicate(
    known: Known, chooser: Callable[..., WeekChooser]
) -> None:
    choices = chooser(TWO_RUNS).by_week(6)
    keys = [keys_of(choice.codes[None])[0] for choice in choices]
    assert len(set(keys)) == 6
    for key, choice in zip(keys, choices, strict=True):
        assert (key in known.keys) == (choice.repeats is not None) == choice.purpose.startswith("replicate")
    assert sum(choice.repeats is not None for choice in choices) <= 2, "one in four"


def test_by_worth_alone_the_best_comes_first(
    kiln: Problem, kiln_beliefs: Beliefs, chooser: Callable[..., WeekChooser]
) -> None:
    """What is ranked first costs nothing to choose well; by machine time a shorter firing may come first."""
    here = chooser(until("fri 18:00"), by_machine_time=False)
    (first,) = here.by_week(1)
    (quick,) = chooser(until("fri 18:00")).by_week(1)
    assert here.value([first]) >= here.value([quick]) - 1e-12
    hours = [CALCINE.hours_of(row) for row in rows(kiln, [quick, first])]
    assert hours[0] <= hours[1]


def test_where_no_data_are_samples_spread_and_still_share_runs(
    kiln: Problem, dataset_of: Callable[..., Dataset], learned: Callable[[Problem, Dataset], Beliefs]
) -> None:
    nothing = dataset_of(kiln.space, [])
    here = WeekChooser(
        kiln,
        learned(kiln, nothing),
        known_experiments(kiln, nothing),
        np.random.default_rng(0),
        0,
        WeekRoom(LAB, [], TWO_RUNS),
    )
    choices = here.by_spread(8)
    assert len(choices) == 8 and {choice.purpose for choice in choices} == {"explore"}
    found, doses = rows(kiln, choices), [float(str(row["dose"])) for row in rows(kiln, choices)]
    assert len(settings(kiln, choices)) == 2 and len({tuple(row.values()) for row in found}) == 8
    assert max(doses) - min(doses) >= 7, "over most of the range of doses"
    assert len({row["temperature"] for row in found}) == 2


def test_the_control_takes_its_place_once(kiln: Problem, chooser: Callable[..., WeekChooser]) -> None:
    control: Conditions = {"temperature": 700.0, "hold": 3.0, "dose": 5.0}
    here = chooser(ONE_RUN)
    begun = here.control(control)
    assert [choice.purpose for choice in begun] == ["control"] and rows(kiln, begun) == [control]
    choices = here.by_week(5, begun)
    assert len(choices) == 4 and settings(kiln, choices) == {(700.0, 3.0)}
    assert rows(kiln, choices).count(control) == 1
    assert here.chosen == choices


def test_a_control_that_finds_no_room_is_left_out(chooser: Callable[..., WeekChooser]) -> None:
    control: Conditions = {"temperature": 700.0, "hold": 3.0, "dose": 5.0}
    stands: Conditions = {"temperature": 850.0, "hold": 6.0, "dose": 1.0}
    assert chooser(ONE_RUN, standing=[stands]).control(control) == []


def test_a_control_that_was_made_before_repeats_the_last_of_it(
    kiln: Problem, fired_in_kiln: Dataset, chooser: Callable[..., WeekChooser]
) -> None:
    made_before = fired_in_kiln.experiments[3]
    (choice,) = chooser(ONE_RUN).control(made_before.executed)
    assert choice.repeats == 3


@pytest.fixture(scope="module")
def told_value(
    line: ParameterSpace, told: Told, dataset_of: Callable[..., Dataset], made: Callable[..., object]
) -> Callable[..., float]:
    """What a batch is worth where y = x is expected with variance 1, each place independent of all others."""
    response = Response(name="y")
    problem = Problem(space=line, responses={"y": response}, goal=Goal.single("y", "maximise"))
    beliefs = told(line, [response], {"y": lambda codes: codes[:, 0]}, variance=1.0)
    data = dataset_of(line, [made({"x": 5.0}, y=5.0)])
    known = known_experiments(problem, data)
    here = WeekRoom(LAB, [], ONE_RUN)

    def value(*places: float, purpose: Purpose = "improve", seeds: int = 8) -> float:
        nothing = Improvement(torch.zeros(1), torch.zeros(1))
        choices = [Choice(torch.tensor([x], dtype=torch.float64), None, purpose, nothing) for x in places]
        choosers = [
            WeekChooser(problem, beliefs, known, np.random.default_rng(0), seed, here)
            for seed in range(seeds)
        ]
        return float(np.mean([chooser.value(choices) for chooser in choosers]))

    return value


def expected_best(*means: float) -> float:
    """Mean of the largest of independent normals of variance 1, by integration of its distribution."""
    grid = torch.linspace(-10, 30, 40001, dtype=torch.float64)
    below = torch.stack([torch.special.ndtr(grid - mean) for mean in means]).prod(dim=0)
    return float(grid[-1] - torch.trapezoid(below, grid))


def test_a_batch_is_worth_what_its_best_adds_to_the_best_made(told_value: Callable[..., float]) -> None:
    for places in ((5.5,), (5.5, 6.0), (4.0, 5.5, 6.0)):
        gain = expected_best(5.0, *places) - expected_best(5.0)
        assert told_value(*places) == pytest.approx(gain, rel=0.08)


def test_the_order_of_a_batch_does_not_change_its_worth(told_value: Callable[..., float]) -> None:
    assert told_value(6.0, 5.5, 4.0) == pytest.approx(told_value(4.0, 5.5, 6.0), rel=0.08)


def test_what_only_shows_where_a_limit_runs_counts_nothing(told_value: Callable[..., float]) -> None:
    assert told_value() == 0.0 and told_value(6.0, purpose="feasibility", seeds=1) == 0.0


def fill(chooser: WeekChooser, drawn: Tensor) -> list[set[tuple[float, ...]]]:
    places = chooser.room.open_places([])
    return [{tuple(row[:2].tolist()) for row in codes} for codes in chooser._to_fill(drawn, places)]


def test_for_every_run_with_room_there_are_candidates_that_fill_it(
    kiln: Problem, chooser: Callable[..., WeekChooser]
) -> None:
    hot: Conditions = {"temperature": 850.0, "hold": 6.0, "dose": 1.0}
    cool: Conditions = {"temperature": 700.0, "hold": 3.0, "dose": 1.0}
    here = chooser(until("fri 18:00"), standing=[hot, cool])
    drawn = here.search.sample(64, np.random.default_rng(0))
    assert fill(here, drawn) == [{(850.0, 6.0)}, {(700.0, 3.0)}]
    for codes in here._to_fill(drawn, here.room.open_places([])):
        assert bool(here.search.valid(codes).all()) and len(codes) > 5
    assert codes_of_all(kiln.space, [hot])[0, :2].tolist() == [850.0, 6.0]


def test_without_a_run_to_fill_there_is_nothing_to_fill(chooser: Callable[..., WeekChooser]) -> None:
    single = lab_of(replace(CALCINE, on="furnace"), machines=[replace(FURNACE, slots=1)])
    here = chooser(ONE_RUN, lab=single, standing=[{"temperature": 850.0, "hold": 6.0, "dose": 1.0}])
    assert here._to_fill(here.search.sample(16, np.random.default_rng(0))) == []
