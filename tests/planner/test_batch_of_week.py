"""The batch of a week: it fits, it is never less than the naive one, and it wastes no crucible."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ovenbird.datasets import Conditions, Dataset, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.encoding import conditions_of_codes
from ovenbird.planner.batch_of_week import batch_of_week, naive_batch
from ovenbird.planner.choice import Choice, Proposal
from ovenbird.planner.goal import Goal
from ovenbird.planner.known import known_experiments
from ovenbird.planner.lab import Bound, Lab, Resource, Step
from ovenbird.planner.limits import YesNoLimit
from ovenbird.planner.machine_bounds import machine_bounds
from ovenbird.planner.problem import Problem
from ovenbird.planner.week_chooser import WeekChooser
from ovenbird.planner.week_room import WeekRoom

from .small_week import CALCINE, CELLS, FURNACE, LOOK, MIX, NINE_TO_SIX, lab_of, sample, timetable_of, until

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]
Obeys = Callable[..., bool]
A_DAY = replace(CELLS, hours={"constant": 24.0})
LAB = lab_of(MIX, CALCINE, LOOK, A_DAY)
ONE_RUN, TWO_RUNS = until("wed 18:00"), until("thu 18:00")
CONTROL: Conditions = {"temperature": 750.0, "hold": 3.0, "dose": 5.0}


def conditions(problem: Problem, proposal: Proposal) -> list[Conditions]:
    codes = [choice.codes for choice in proposal.choices]
    return list(conditions_of_codes(problem.space, torch.stack(codes))) if codes else []


@st.composite
def small_labs(draw: st.DrawFn) -> Lab:
    """Draw furnaces of some slots, what they share and can do, and perhaps a single pair of hands."""
    furnace = replace(
        FURNACE,
        count=draw(st.sampled_from([1, 1, 2])),
        slots=draw(st.sampled_from([2, 3, 4])),
        bounds=draw(
            st.sampled_from([{}, {"temperature": Bound(at_most=800)}, {"hold": Bound(at_least=3, at_most=6)}])
        ),
    )
    cycler = Resource(name="cycler", count=draw(st.sampled_from([2, 8])), unattended=True)
    people = draw(st.sampled_from([None, 1]))
    cells = replace(A_DAY, hours={"constant": draw(st.sampled_from([10.0, 30.0]))})
    calendar = replace(NINE_TO_SIX, people=people)
    return lab_of(MIX, CALCINE, LOOK, cells, calendar=calendar, machines=[furnace, cycler])


Chosen = tuple[Proposal, list[Choice], WeekChooser]


@pytest.fixture(scope="module")
def chosen(kiln: Problem, fired_in_kiln: Dataset, kiln_beliefs: Beliefs) -> Callable[..., Chosen]:
    """The batch of a week, the naive one that keeps the limits, and a chooser to value both."""

    def choose(room: WeekRoom, n: int, seed: int, control: Conditions | None) -> Chosen:
        problem = replace(kiln, rules=(*kiln.rules, *machine_bounds(room.lab)))
        proposal = batch_of_week(problem, fired_in_kiln, kiln_beliefs, room, n, seed, control)
        known = known_experiments(problem, fired_in_kiln)
        begun = [choice for choice in proposal.choices if choice.purpose == "control"]
        naive = naive_batch(problem, kiln_beliefs, known, room, n - len(begun), seed, begun)
        if any(choice.purpose == "improve" for choice in naive):
            naive = [choice for choice in naive if choice.purpose != "feasibility"]
        generator = np.random.default_rng(seed)
        return proposal, naive, WeekChooser(problem, kiln_beliefs, known, generator, seed, room)

    return choose


@settings(max_examples=8)
@given(
    lab=small_labs(),
    end=st.sampled_from(["tue 18:00", "wed 18:00", "thu 18:00"]),
    n=st.integers(1, 5),
    seed=st.integers(0, 2),
    control=st.sampled_from([None, CONTROL]),
    stands=st.sampled_from([0, 1]),
)
def test_a_batch_fits_and_is_never_less_than_the_naive_one(
    kiln: Problem,
    chosen: Callable[..., Chosen],
    obeys: Obeys,
    lab: Lab,
    end: str,
    n: int,
    seed: int,
    control: Conditions | None,
    stands: int,
) -> None:
    room = WeekRoom(lab, [sample("S", 750.0, done=["mix"])][:stands], until(end))
    assume(room.has_room([]))
    proposal, naive, chooser = chosen(room, n, seed, control)
    found, purposes = conditions(kiln, proposal), [choice.purpose for choice in proposal.choices]
    timetable_of(lab, room.samples(found), room.horizon)
    assert len(found) <= n and len(set(map(str, found))) == len(found)
    assert all(obeys(kiln.space, kiln.rules, row) for row in found)
    new = [row for row, purpose in zip(found, purposes, strict=True) if purpose != "control"]
    assert all(rule.allows(row) for rule in machine_bounds(lab) for row in new)

    said = "The control sample finds no room this time." in proposal.messages
    if control is not None:
        assert purposes.count("control") == found.count(CONTROL) == int(bool(found) and not said)
    assert not {"improve", "feasibility"} <= set(purposes), "nothing that misses a limit fills a place"
    assert len(found) >= len(naive)
    assert chooser.value(proposal.choices) >= chooser.value(naive) - 1e-9


@pytest.fixture(scope="module")
def batch(kiln: Problem, fired_in_kiln: Dataset, kiln_beliefs: Beliefs) -> Callable[..., Proposal]:
    def choose(room: WeekRoom, n: int, seed: int = 0, control: Conditions | None = None) -> Proposal:
        return batch_of_week(kiln, fired_in_kiln, kiln_beliefs, room, n, seed, control)

    return choose


def test_the_fourth_crucible_is_filled(kiln: Problem, batch: Callable[..., Proposal]) -> None:
    """The furnace runs once: where naive suggestions fill one crucible, all four are filled."""
    found = conditions(kiln, batch(WeekRoom(LAB, [], ONE_RUN), 6))
    assert len(found) == 4
    assert (
        len({(row["temperature"], row["hold"]) for row in found}) == 1
        and len({row["dose"] for row in found}) == 4
    )


def test_the_control_shares_its_run_and_is_one_of_those_wanted(
    kiln: Problem, batch: Callable[..., Proposal]
) -> None:
    proposal = batch(WeekRoom(LAB, [], ONE_RUN), 3, control=CONTROL)
    found = conditions(kiln, proposal)
    assert len(found) == 3 and found[0] == CONTROL and found.count(CONTROL) == 1
    assert {(row["temperature"], row["hold"]) for row in found} == {(750.0, 3.0)}
    assert [choice.purpose for choice in proposal.choices].count("control") == 1


def test_where_nothing_is_wanted_nothing_is_chosen(batch: Callable[..., Proposal]) -> None:
    proposal = batch(WeekRoom(LAB, [], ONE_RUN), 0, control=CONTROL)
    assert proposal.choices == () and proposal.messages == ()


def test_where_nothing_fits_nothing_is_chosen(batch: Callable[..., Proposal]) -> None:
    proposal = batch(WeekRoom(LAB, [], until("mon 18:00")), 4, control=CONTROL)
    assert proposal.choices == () and proposal.messages == ()


def test_a_control_that_finds_no_room_is_missed(kiln: Problem, batch: Callable[..., Proposal]) -> None:
    """The furnace runs once, and at another temperature."""
    proposal = batch(WeekRoom(LAB, [sample("S", 700.0, done=["mix"])], ONE_RUN), 2, control=CONTROL)
    assert len(proposal.choices) == 2 and CONTROL not in conditions(kiln, proposal)
    assert proposal.messages == ("The control sample finds no room this time.",)


def test_the_same_seed_chooses_the_same_batch(kiln: Problem, batch: Callable[..., Proposal]) -> None:
    once, again = (conditions(kiln, batch(WeekRoom(LAB, [], TWO_RUNS), 5, seed=3)) for _ in range(2))
    assert once == again


def test_a_place_that_is_left_is_not_filled_with_what_misses_a_limit(
    made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    """Of four new conditions two are too cold to be pure: two places of the oven stay empty."""
    temperature = NumericParameter(name="temperature", low=600, high=900, step=100)
    space = ParameterSpace((temperature, NumericParameter(name="dose", low=0, high=1, step=1)))
    pure = Response(name="pure", kind="yes_no", depends_on=("temperature",), rises_with=("temperature",))
    problem = Problem(
        space=space,
        responses={"pure": pure, "y": Response(name="y", absolute_noise=2.0)},
        goal=Goal.single("y", "maximise"),
        limits=(YesNoLimit(response="pure", side="at_least", probability=0.7),),
    )
    rows = [
        made({"temperature": t, "dose": 0}, pure=t >= 800, y=y)
        for t, y in ((600, 50), (700, 80), (800, 100), (900, 90))
    ]
    data = dataset_of(space, rows * 2)
    oven = Resource(name="furnace", slots=8, unattended=True)
    lab = lab_of(Step(name="fire", on="furnace", hours={"constant": 4.0}), machines=[oven])
    room = WeekRoom(lab, [], until("fri 18:00"))
    proposal = batch_of_week(problem, data, learned(problem, data), room, 4, 0, None)
    found = conditions(problem, proposal)
    assert sorted(str(row["temperature"]) for row in found) == ["800.0", "900.0"]
    assert [choice.purpose for choice in proposal.choices] == ["improve", "improve"]


def test_a_first_week_without_data_is_spread_and_fills_its_runs(
    kiln: Problem, dataset_of: DatasetOf, learned: Learned
) -> None:
    nothing = dataset_of(kiln.space, [])
    room = WeekRoom(LAB, [], TWO_RUNS)
    proposal = batch_of_week(kiln, nothing, learned(kiln, nothing), room, 8, 0, CONTROL)
    found = conditions(kiln, proposal)
    runs = [(row["temperature"], row["hold"]) for row in found]
    assert len(found) == 8 and found[0] == CONTROL and len(set(map(str, found))) == 8
    assert sorted(runs.count(run) for run in set(runs)) == [4, 4], "two runs, both of them full"
    assert len({row["dose"] for row in found}) >= 6
