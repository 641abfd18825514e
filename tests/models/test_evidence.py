"""What records say, piece by piece: nothing lost, nothing invented."""

from collections.abc import Callable
from typing import Any

import pytest

from ovenbird.datasets import (
    Dataset,
    Experiment,
    Measurement,
    ParameterSpace,
    QualifiedValue,
    Response,
    Status,
)
from ovenbird.models.evidence import PROCESS_WORKS, Evidence, gather_evidence

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]

RESPONSES = {
    "y": Response(name="y", plausible=(0, 300)),
    "pure": Response(name="pure", kind="yes_no"),
    "least": Response(name="least", smallest_of=("y", "y")),
    "capacity": Response(name="capacity", plausible=(0, 370), only_if={"pure": True}),
}


@pytest.fixture
def gathered(line: ParameterSpace, made: Made, dataset_of: DatasetOf) -> Callable[..., Evidence]:
    def gather(*rows: dict[str, Any], comparisons: tuple[tuple[str, str, str], ...] = ()) -> Evidence:
        placed = [made({"x": x}, **row) for x, row in enumerate(rows)]
        return gather_evidence(dataset_of(line, placed, comparisons), line, RESPONSES)

    return gather


def test_replicates_are_one_value_with_less_noise(gathered: Callable[..., Evidence]) -> None:
    one, two, many = gathered({"y": 250}, {"y": [251, 247]}, {"y": [200] * 50}).observations
    assert (one.number, two.number, many.number) == (250, 249, 200)
    assert one.noise_share == 1 and one.extra_sd == 0
    assert 1 > two.noise_share > many.noise_share > 0, "synthesis scatter does not average out over cells"


def test_approximate_values_are_less_sure(gathered: Callable[..., Evidence]) -> None:
    exact, rough, mostly_exact = gathered({"y": 200}, {"y": "~200"}, {"y": ["~200", 200, 200]}).observations
    assert exact.extra_sd == mostly_exact.extra_sd == 0 < rough.extra_sd < 100


def test_bounds_stand_beside_values(gathered: Callable[..., Evidence]) -> None:
    kinds = [(o.kind, o.number) for o in gathered({"y": [">80", 90, "<120"]}).observations]
    assert sorted(kinds) == [("above", 80), ("below", 120), ("value", 90)]


def test_yes_and_no_are_counted_one_by_one(gathered: Callable[..., Evidence]) -> None:
    assert [o.kind for o in gathered({"pure": [True, False, True]}).observations] == ["yes", "no", "yes"]


def test_withdrawn_and_corrected_values_say_nothing(line: ParameterSpace) -> None:
    history = (
        Measurement(id=1, response="y", value=QualifiedValue(10.0), void_reason="typo"),
        Measurement(id=2, response="y", value=QualifiedValue(20.0), superseded_by=3),
        Measurement(id=3, response="y", value=QualifiedValue(30.0)),
    )
    at = line.complete({"x": 1}, "test")
    sample = Experiment(id="A", status=Status.MEASURED, planned=at, executed=at, history=history)
    (observation,) = gather_evidence(Dataset((sample,)), line, RESPONSES).observations
    assert observation.number == 30


def test_what_was_done_counts_not_what_was_planned(line: ParameterSpace) -> None:
    history = (Measurement(response="y", value=QualifiedValue(10.0)),)
    planned, executed = (line.complete({"x": x}, "test") for x in (1, 7))
    sample = Experiment(id="A", status=Status.MEASURED, planned=planned, executed=executed, history=history)
    (observation,) = gather_evidence(Dataset((sample,)), line, RESPONSES).observations
    assert observation.codes.tolist() == [[7.0]]


def test_one_process_failure_makes_every_success_tell(gathered: Callable[..., Evidence]) -> None:
    without = gathered({"y": 1}, {"pure": True}, {})
    assert PROCESS_WORKS not in without.size
    evidence = gathered({"y": 1}, {"pure": True}, {}, {"failure": "process"}, {"failure": "equipment"})
    works = [(o.experiment, o.kind) for o in evidence.about([PROCESS_WORKS]).observations]
    assert works == [("E1", "yes"), ("E2", "yes"), ("E4", "no")]


def test_comparisons_speak_of_two_experiments(gathered: Callable[..., Evidence]) -> None:
    known = (("E2", "E1", "y"), ("E1", "E9", "y"), ("E1", "E2", "least"), ("E1", "E2", "weight"))
    (observation,) = gathered({}, {}, comparisons=known).observations
    assert observation.kind == "beats" and observation.other_codes is not None
    assert (float(observation.codes), float(observation.other_codes)) == (1.0, 0.0)


def test_leaving_out_an_experiment_leaves_out_its_comparisons(gathered: Callable[..., Evidence]) -> None:
    evidence = gathered({"y": 1}, {"y": 2}, {"y": 3}, comparisons=(("E2", "E1", "y"), ("E3", "E2", "y")))
    assert [o.experiment for o in evidence.without("E1").observations] == ["E2", "E3", "E3 > E2"]
    assert evidence.size == {"y": 5} and evidence.values("y").tolist() == [1, 2, 3]


def numbers(evidence: Evidence) -> list[tuple[str, float, float]]:
    return [
        (o.experiment, o.number, o.noise_factor) for o in evidence.observations if o.response == "capacity"
    ]


def test_an_impure_powder_says_nothing_of_the_pure_phase(gathered: Callable[..., Evidence]) -> None:
    pure, impure = {"pure": True, "capacity": 250}, {"pure": [False, False], "capacity": [90, ">80"]}
    evidence = gathered(pure, impure, {"pure": False}, comparisons=(("E1", "E2", "capacity"),))
    without = gathered(pure, {"pure": [False, False]}, {"pure": False})
    assert [
        (o.experiment, o.response, o.kind, o.number) for o in evidence.observations if o.kind != "no"
    ] == [(o.experiment, o.response, o.kind, o.number) for o in without.observations if o.kind != "no"]
    assert [(a.experiment, a.response) for a in evidence.set_aside] == [
        ("E2", "capacity"),
        ("E1 > E2", "capacity"),
    ]
    assert str(evidence.set_aside[0]) == "E2: capacity is not learned from, because pure is no."
    assert "of E2 pure is no" in evidence.set_aside[1].why
    assert evidence.about(["pure"]).set_aside == () and evidence.without("E2").set_aside == ()


@pytest.mark.parametrize("answer", [{}, {"pure": [True, False]}])
def test_where_nobody_knows_the_purity_a_value_counts_less(
    gathered: Callable[..., Evidence], answer: dict[str, Any]
) -> None:
    evidence = gathered({"pure": True, "capacity": 250}, {"capacity": 240, **answer})
    assert numbers(evidence) == [("E1", 250, 1.0), ("E2", 240, 4.0)] and evidence.set_aside == ()


def test_what_is_told_with_an_observation_is_all_of_its_experiment(gathered: Callable[..., Evidence]) -> None:
    evidence = gathered(
        {"y": [1, ">0"], "pure": True}, {"y": 2}, comparisons=(("E1", "E2", "y"), ("E2", "E1", "pure"))
    )
    told = [
        [i for i, o in enumerate(evidence.observations) if one.experiment in o.experiments]
        if one.kind != "beats"
        else [position]
        for position, one in enumerate(evidence.observations)
    ]
    assert [evidence.told_with(i) for i in range(len(evidence.observations))] == told
