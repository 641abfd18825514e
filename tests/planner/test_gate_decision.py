"""Samples that were measured cheaply: which of them are worth their dear measurements."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ovenbird.datasets import Dataset, ParameterSpace
from ovenbird.models.beliefs import Beliefs
from ovenbird.planner.gate_decision import gate_decisions, stands_at_gate, stopped
from ovenbird.planner.known import known_experiments
from ovenbird.planner.lab_sample import UnderWay
from ovenbird.planner.problem import Problem
from ovenbird.planner.week_room import WeekRoom

from .gate_bench import BEST, MIDDLING, POOR, WEEK, Bench, bench_of, lab_with
from .small_week import at, until

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
NUMBER = r"([\d.e-]+)"


@pytest.fixture(scope="module")
def bench(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Callable[[Problem, Dataset], Beliefs]
) -> Bench:
    return bench_of(line, made, dataset_of, learned)


def test_what_cannot_matter_stops_and_what_may_be_the_best_goes_on(bench: Bench) -> None:
    poor, best = bench.decide(lab_with(8), [POOR, BEST])
    assert (poor.experiment, poor.goes_on) == (POOR, False)
    assert (best.experiment, best.goes_on) == (BEST, True)
    assert 0 <= poor.value < 0.1 < best.value, "5 m2/g promise 117 mAh/g, 40 m2/g 233, and 190 were measured"
    assert poor.sentence.startswith(f"{POOR} stops before cells (bet 5): ")
    assert best.sentence.startswith(f"{BEST} goes on to cells (bet 40): ")


def test_nothing_stops_for_machines_that_would_stand_still(bench: Bench) -> None:
    """One channel holds one sample of 60 h in a week: worth less than a new one, it must make way."""
    (roomy,) = bench.decide(lab_with(2), [MIDDLING])
    (tight,) = bench.decide(lab_with(1), [MIDDLING])
    assert roomy.value == tight.value
    dear = tight.value / tight.cost < 0.5 * tight.value_of_new / tight.cost_of_new
    assert dear and roomy.goes_on and not tight.goes_on
    (best,) = bench.decide(lab_with(1), [BEST])
    assert best.goes_on, "it is worth its channel"


def test_a_sample_does_not_stop_for_one_that_finds_no_room_anyway(bench: Bench) -> None:
    """One channel is taken all week; of the other it depends on whether a new one could still use it."""
    begun = UnderWay(step="cells", start=at("FRI 15:00"), ready=at("fri 15:00"), run="CY1", machine=1)
    others = [replace(bench.at_gate(BEST)[0], id="long", under_way={"cells": begun})]
    first = bench.decide(lab_with(2), [MIDDLING], others)
    assert not first[0].goes_on, "the other channel would be free for a new one"
    (decision,) = bench.decide(lab_with(2), [MIDDLING], horizon=until("wed 18:00"))
    assert decision.goes_on, "no new one ends by Wednesday, whatever stops"


def test_the_numbers_of_the_sentence_are_those_of_the_decision(bench: Bench) -> None:
    for decision in bench.decide(lab_with(2), [POOR, MIDDLING, BEST]):
        said = re.search(
            rf"add {NUMBER} mAh/g to what can be recommended for {NUMBER} % of a week's machines \({NUMBER} h\), "
            rf"the best new sample {NUMBER} mAh/g for {NUMBER} %\.$",
            decision.sentence,
        )
        assert said is not None and decision.unit == "mAh/g"
        value, cost, hours, value_new, cost_new = map(float, said.groups())
        assert value == pytest.approx(decision.value, rel=5e-3, abs=1e-9)
        assert value_new == pytest.approx(decision.value_of_new, rel=5e-3)
        assert [cost, cost_new] == pytest.approx([100 * decision.cost, 100 * decision.cost_of_new], abs=0.5)
        assert hours == 60


def test_the_cost_is_the_machine_time_that_remains(bench: Bench) -> None:
    """60 h of cycling keep one of two channels for 72 of the 105 h; a new sample needs its firing too."""
    (decision,) = bench.decide(lab_with(2), [MIDDLING])
    assert decision.cost == pytest.approx(72 / 105 / 2, abs=2e-3)
    assert decision.cost_of_new == pytest.approx(72 / 105 / 2 + 9 / 105 + 1 / 45, abs=3e-3)


def test_without_anything_new_or_anything_made_nothing_is_decided(
    bench: Bench, line: ParameterSpace, made: Made, dataset_of: DatasetOf
) -> None:
    known = bench.known
    some, room = bench.at_gate(POOR), WeekRoom(lab_with(1), [], WEEK)
    rows = [bench.data.by_id[POOR]]
    assert gate_decisions(bench.problem, bench.beliefs, known, room, some, rows, None, 0) == ()
    assert gate_decisions(bench.problem, bench.beliefs, known, room, [], [], bench.best_new, 0) == ()
    nothing = known_experiments(bench.problem, dataset_of(line, [made({"x": 1.0}, bet=3.0)]))
    assert gate_decisions(bench.problem, bench.beliefs, nothing, room, some, rows, bench.best_new, 0) == ()


def test_who_stands_at_a_gate(bench: Bench) -> None:
    lab = lab_with(1)
    (sample,) = bench.at_gate(POOR)
    assert stands_at_gate(lab, bench.problem, sample)
    assert not stands_at_gate(lab, bench.problem, replace(sample, done=frozenset({"fire"}))), (
        "nothing measured"
    )
    assert not stands_at_gate(lab, bench.problem, replace(sample, done=frozenset({"fire", "sorb", "cells"})))
    assert not stands_at_gate(lab, bench.problem, replace(sample, left_out=frozenset({"cells"})))
    begun = UnderWay(step="cells", start=at("mon 09:00"), ready=at("wed 21:00"))
    assert not stands_at_gate(lab, bench.problem, replace(sample, under_way={"cells": begun}))


def test_a_stopped_sample_has_no_steps_left(bench: Bench) -> None:
    (sample,) = bench.at_gate(POOR)
    assert stopped(lab_with(1), sample).remaining(lab_with(1)) == ()
    fresh = replace(sample, done=frozenset(), left_out=frozenset({"sorb"}))
    assert stopped(lab_with(1), fresh).left_out == {"fire", "sorb", "cells"}
