"""What is proposed: new, allowed, within the limits if anything is, and the same whatever it is called."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import torch
from torch import Tensor

from ovenbird.datasets import Dataset, NumericParameter, ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.encoding import codes_of_frame, conditions_of_codes
from ovenbird.models.evidence import PROCESS_WORKS
from ovenbird.planner import maximise as maximise_module
from ovenbird.planner.feasibility import probability_met, required_probability
from ovenbird.planner.goal import Goal
from ovenbird.planner.limits import NumberLimit, YesNoLimit
from ovenbird.planner.problem import Problem
from ovenbird.planner.propose import Proposal, propose
from ovenbird.planner.rules import ExcludeRule

Made = Callable[..., dict[str, Any]]
DatasetOf = Callable[..., Dataset]
Learned = Callable[[Problem, Dataset], Beliefs]
Obeys = Callable[..., bool]
NUMBER = Response(name="y", absolute_noise=0.3)


def chosen(problem: Problem, proposal: Proposal) -> list[dict[str, Any]]:
    codes = [choice.codes for choice in proposal.choices]
    return conditions_of_codes(problem.space, torch.stack(codes)) if codes else []


@pytest.fixture(scope="module")
def on_a_line(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> Callable[..., Any]:
    """Propose on a line after values at some places, by the goal; returns the places chosen and the proposal."""

    def run(
        values: dict[float, object],
        n: int = 1,
        goal: Goal | None = None,
        pending: Sequence[float] = (),
        candidates: Sequence[float] | None = None,
        **changes: Any,
    ) -> tuple[list[float], Proposal]:
        rows = [made({"x": x}, y=y) for x, y in values.items()]
        rows += [made({"x": x}, status="planned") for x in pending]
        problem = Problem(space=line, responses={"y": NUMBER}, goal=goal or Goal.single("y", "maximise"))
        problem, dataset = replace(problem, **changes), dataset_of(line, rows)
        given = None if candidates is None else torch.tensor(candidates, dtype=torch.float64).reshape(-1, 1)
        proposal = propose(problem, dataset, learned(problem, dataset), n, 0, given)
        return [row["x"] for row in chosen(problem, proposal)], proposal

    return run


PARABOLA: dict[float, object] = {x: 10 - (x - 6) ** 2 / 4 for x in (0.0, 2.0, 4.0, 9.0, 10.0)}


def test_four_distinct_new_experiments_that_keep_rules_and_limits(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs, obeys: Obeys
) -> None:
    proposal = propose(firing, fired, fired_beliefs, 4, 0)
    rows = chosen(firing, proposal)
    assert len({tuple(row.values()) for row in rows}) == 4
    made = [dict(e.executed) for e in fired.experiments]
    for row, choice in zip(rows, proposal.choices, strict=True):
        assert row not in made
        assert obeys(firing.space, firing.rules, row)
        met = probability_met(firing.limits[0], fired_beliefs, choice.codes[None])
        assert float(met) >= required_probability(firing.limits[0]) - 1e-6
        assert choice.purpose == "improve"
    assert proposal.messages == ()


def test_large_spaces_keep_rules_and_limits_too(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs, obeys: Obeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maximise_module, "ENUMERATE_UP_TO", 100)
    proposal = propose(firing, fired, fired_beliefs, 2, 0)
    for row, choice in zip(chosen(firing, proposal), proposal.choices, strict=True):
        assert obeys(firing.space, firing.rules, row)
        assert float(probability_met(firing.limits[0], fired_beliefs, choice.codes[None])) >= 0.8 - 1e-6


def test_the_same_seed_proposes_the_same(firing: Problem, fired: Dataset, fired_beliefs: Beliefs) -> None:
    one, same = (chosen(firing, propose(firing, fired, fired_beliefs, 2, 5)) for _ in range(2))
    assert one == same


def test_a_limit_out_of_reach_is_named_with_the_best_probability_found(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    hard = NumberLimit(response="capacity", side="at_least", bound=365, with_probability=0.99)
    problem = replace(firing, limits=(*firing.limits, hard))
    proposal = propose(problem, fired, fired_beliefs, 2, 0)
    assert [choice.purpose for choice in proposal.choices] == ["feasibility"] * 2
    (message,) = proposal.messages
    assert "capacity binds" in message and "pure" not in message
    stated, found = re.findall(r"(\d+) ?%", message)
    codes = torch.stack([choice.codes for choice in proposal.choices])
    assert int(stated) == 99
    assert int(found) == pytest.approx(
        100 * float(probability_met(hard, fired_beliefs, codes).max()), abs=1.0
    )


def test_a_value_that_is_not_obeyed_is_said(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    values = [10, 12, 15, 16, 19, 20, 2200, 24, 27, 29]
    data = dataset_of(line, [made({"x": float(x)}, y=y) for x, y in enumerate(values)])
    goal = Goal.single("y", "maximise")
    problem = Problem(space=line, responses={"y": Response(name="y")}, goal=goal)
    proposal = propose(problem, data, learned(problem, data), 1, 0)
    (message,) = proposal.messages
    assert message.startswith("E7: y 2200 measured") and "not obeyed; correct it" in message
    assert float(proposal.choices[0].codes[0]) > 8, "the others rise"


def test_an_upper_limit_on_yes_is_named_as_it_was_stated(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    contrary = YesNoLimit(response="pure", side="at_most", probability=0.0001)
    problem = replace(firing, limits=(contrary,))
    (message,) = propose(problem, fired, fired_beliefs, 1, 0).messages
    assert "pure binds" in message and "at most" in message


def test_the_top_of_a_parabola_is_proposed(on_a_line: Callable[..., Any]) -> None:
    (x,), _ = on_a_line(PARABOLA)
    assert 5 <= x <= 7


def test_maximising_is_minimising_the_opposite(on_a_line: Callable[..., Any]) -> None:
    # Values on both sides of 0, so that the logarithm is no choice for either.
    centred: dict[float, object] = {x: float(str(y)) - 5 for x, y in PARABOLA.items()}
    turned = {x: -float(str(y)) for x, y in centred.items()}
    up, _ = on_a_line(centred, n=3)
    down, _ = on_a_line(turned, n=3, goal=Goal.single("y", "minimise"))
    assert up[0] == down[0]
    # Later choices of the batch may differ where two are worth the same: the samples are mirrored.
    assert max(abs(a - b) for a, b in zip(sorted(up), sorted(down), strict=True)) <= 1.0


def test_a_target_is_aimed_at(on_a_line: Callable[..., Any]) -> None:
    straight: dict[float, object] = {0.0: 0.0, 3.0: 3.0, 8.0: 8.0, 10.0: 10.0}
    (x,), _ = on_a_line(straight, goal=Goal.single("y", "target", 5.0))
    assert 4 <= x <= 6


def test_nothing_measured_or_pending_is_repeated(on_a_line: Callable[..., Any]) -> None:
    free = {5.5, 6.0, 7.5}
    everywhere = [i / 2 for i in range(21) if i / 2 not in free]
    values = {x: 10 - (x - 6) ** 2 / 4 for x in everywhere[::2]}
    found, proposal = on_a_line(values, n=5, pending=everywhere[1::2])
    assert set(found) == free and len(found) == 3
    assert "Only 3 of 5" in proposal.messages[0]


def test_a_hair_of_unit_conversion_does_not_make_new_conditions(on_a_line: Callable[..., Any]) -> None:
    free = {1.0}
    values = {i / 2 + 3e-13: 1.0 + i for i in range(21) if i / 2 not in free}
    assert set(on_a_line(values, n=2)[0]) == free


def test_a_pending_experiment_moves_the_choice_elsewhere(on_a_line: Callable[..., Any]) -> None:
    (first,), _ = on_a_line(PARABOLA)
    (second,), _ = on_a_line(PARABOLA, pending=[first])
    assert second != first
    batch, _ = on_a_line(PARABOLA, n=2)
    assert batch[0] == first and batch[1] != first


def test_a_first_design_needs_no_data(on_a_line: Callable[..., Any]) -> None:
    found, proposal = on_a_line({}, n=4)
    assert len(set(found)) == 4
    assert min(abs(a - b) for i, a in enumerate(found) for b in found[:i]) >= 2
    assert all(choice.purpose == "explore" for choice in proposal.choices)
    assert "y" in proposal.messages[0]


def test_a_design_keeps_away_from_what_is_planned(on_a_line: Callable[..., Any]) -> None:
    found, _ = on_a_line({}, n=1, pending=[0.0, 1.0])
    assert found == [10.0]


def test_candidates_are_chosen_from_the_given_rows(on_a_line: Callable[..., Any]) -> None:
    rows = [0.25, 3.3, 6.25, 9.9]
    found, proposal = on_a_line(PARABOLA, n=2, candidates=rows)
    assert set(found) <= set(rows) and found[0] == 6.25
    assert [rows[choice.row] for choice in proposal.choices] == found


def test_candidates_that_break_a_rule_or_were_made_are_passed_over(on_a_line: Callable[..., Any]) -> None:
    rules = (ExcludeRule(settings={"x": (6.25,)}),)
    found, proposal = on_a_line(PARABOLA, n=3, candidates=[6.25, 4.0, 3.3], rules=rules)
    assert found == [3.3]
    assert "the given candidates" in proposal.messages[0]


@pytest.mark.parametrize("values", [PARABOLA, {}], ids=["with data", "without data"])
def test_candidates_listed_twice_are_chosen_once(
    values: dict[float, object], on_a_line: Callable[..., Any]
) -> None:
    found, proposal = on_a_line(values, n=4, candidates=[6.25, 6.25, 3.3, 3.3])
    assert sorted(found) == [3.3, 6.25]
    assert any("Only 2 of 4" in message for message in proposal.messages)


@pytest.mark.parametrize("values", [PARABOLA, {}], ids=["with data", "without data"])
@pytest.mark.parametrize("candidates", [[], [4.0]], ids=["none given", "all excluded"])
def test_exhausted_candidates_give_a_message_instead_of_a_choice(
    values: dict[float, object], candidates: list[float], on_a_line: Callable[..., Any]
) -> None:
    rules = (ExcludeRule(settings={"x": (4.0,)}),)
    found, proposal = on_a_line(values, n=2, candidates=candidates, rules=rules)
    assert found == []
    assert "Only 0 of 2" in proposal.messages[0]


def test_conditional_candidates_come_as_a_table(
    firing: Problem, fired: Dataset, fired_beliefs: Beliefs
) -> None:
    frame = pd.DataFrame(
        {
            "temperature": [805.0, 700, 610, 900],
            "hold": [6.0, 3, 0, 14],
            "milling": ["planetary", "none", "none", "planetary"],
            "speed": [520.0, None, None, 300],
            "time": [7.25, None, None, 4],
        }
    )
    proposal = propose(firing, fired, fired_beliefs, 4, 0, codes_of_frame(firing.space, frame))
    # The second was made, the last breaks the rule; the third is impure and comes last.
    assert [choice.row for choice in proposal.choices] == [0, 2]


def test_a_furnace_that_broke_may_be_tried_again_and_a_failed_process_not(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    problem = Problem(space=line, responses={"y": NUMBER}, goal=Goal.single("y", "maximise"))
    base = [made({"x": x}, y=y) for x, y in PARABOLA.items()]

    def places(*failures: dict[str, Any]) -> list[float]:
        dataset = dataset_of(line, [*base, *failures])
        return [
            row["x"] for row in chosen(problem, propose(problem, dataset, learned(problem, dataset), 1, 0))
        ]

    (best,) = places()
    assert places(made({"x": best}, failure="equipment")) == [best]
    (other,) = places(made({"x": best}, failure="process"), made({"x": best + 0.5}, failure="process"))
    assert other not in (best, best + 0.5)


def test_kelvin_or_celsius_is_the_same_proposal(made: Made, dataset_of: DatasetOf, learned: Learned) -> None:
    found: list[list[float]] = []
    for unit, shift in (("degC", 0.0), ("K", 273.15)):
        parameter = NumericParameter(name="t", unit=unit, low=600 + shift, high=900 + shift, step=10)
        space = ParameterSpace((parameter,))
        problem = Problem(space=space, responses={"y": NUMBER}, goal=Goal.single("y", "maximise"))
        rows = [made({"t": t + shift}, y=10 - ((t - 720) / 60) ** 2) for t in (600, 660, 800, 900)]
        dataset = dataset_of(space, rows)
        proposal = propose(problem, dataset, learned(problem, dataset), 2, 0)
        found.append([row["t"] - shift for row in chosen(problem, proposal)])
    assert found[0] == pytest.approx(found[1])


def test_what_was_made_off_the_steps_does_not_lead_off_them(
    mill: ParameterSpace,
    firing: Problem,
    made: Made,
    dataset_of: DatasetOf,
    learned: Learned,
    obeys: Obeys,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(maximise_module, "ENUMERATE_UP_TO", 100)
    odd = {"temperature": 703.7, "hold": 3.21, "milling": "planetary", "speed": 433.0, "time": 3.33}
    rows = [
        made(odd | {"speed": s}, pure=True, capacity=c) for s, c in ((233.0, 120), (433.0, 260), (597.0, 180))
    ]
    dataset = dataset_of(mill, rows)
    for row in chosen(firing, propose(firing, dataset, learned(firing, dataset), 3, 0)):
        assert obeys(mill, firing.rules, row)


def test_values_without_stated_conditions_still_lead_to_a_proposal(
    firing: Problem, mill: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned, obeys: Obeys
) -> None:
    dataset = dataset_of(
        mill, [made({"temperature": 700, "milling": "none"}, capacity=c) for c in (100, 120)]
    )
    proposal = propose(firing, dataset, learned(firing, dataset), 2, 0)
    rows: list[dict[str, Any]] = chosen(firing, proposal)
    assert len(rows) == 2 and all(obeys(mill, firing.rules, row) for row in rows)
    values: list[Tensor] = [choice.improvement.probability for choice in proposal.choices]
    assert torch.isfinite(torch.cat(values)).all()


def test_where_the_process_is_likely_to_fail_is_no_place_within_the_limits(
    line: ParameterSpace, made: Made, dataset_of: DatasetOf, learned: Learned
) -> None:
    """Much better further up, but everything there has failed: it is not proposed as an improvement."""
    rows = [made({"x": x}, y=x) for x in (0.0, 1.0, 2.0, 3.0)]
    rows += [made({"x": x}, failure="process") for x in (6.0, 7.0, 8.0, 9.0, 10.0)]
    problem = Problem(space=line, responses={"y": NUMBER}, goal=Goal.single("y", "maximise"))
    dataset = dataset_of(line, rows)
    beliefs = learned(problem, dataset)
    proposal = propose(problem, dataset, beliefs, 3, 0)
    works = [float(beliefs.probability_of_yes(PROCESS_WORKS, c.codes[None])[0]) for c in proposal.choices]
    assert all(p >= 0.5 for p, c in zip(works, proposal.choices, strict=True) if c.purpose == "improve")
    assert proposal.choices[0].purpose == "improve" and chosen(problem, proposal)[0]["x"] < 6
