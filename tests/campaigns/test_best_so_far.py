"""The best of what was measured, by hand."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ovenbird.campaigns.best_so_far import best_so_far
from ovenbird.campaigns.definition import definition_from
from ovenbird.datasets import Dataset, Experiment, Measurement, QualifiedValue, Response, Status
from ovenbird.planner.problem import Problem, measured


def experiment(id_: str, **values: Sequence[Any]) -> Experiment:
    history = tuple(
        Measurement(response=name, value=v if isinstance(v, QualifiedValue) else QualifiedValue(v))
        for name, several in values.items()
        for v in several
    )
    conditions = {"x": 0.5}
    return Experiment(
        id=id_, status=Status.MEASURED, planned=conditions, executed=conditions, history=history
    )


def problem(minimal: Callable[..., dict[str, Any]], **changes: object) -> Problem:
    usual = {"responses": {"y": {}, "z": {}, "ok": {"kind": "yes_no"}}, "goal": {"maximise": "y"}}
    d = definition_from(minimal(**usual | changes))
    return Problem(space=d.space, responses=d.responses, goal=d.goal, limits=d.limits)


@pytest.mark.parametrize(
    ("goal", "best"),
    [({"maximise": "y"}, "C"), ({"minimise": "y"}, "A"), ({"target": {"y": 2.2}}, "B")],
)
def test_best_depends_on_what_is_wanted(
    minimal: Callable[..., dict[str, Any]], goal: dict[str, Any], best: str
) -> None:
    data = Dataset((experiment("A", y=[1.0]), experiment("B", y=[1.0, 3.0]), experiment("C", y=[4.0])))
    (found,) = best_so_far(problem(minimal, goal=goal), data)
    assert found.experiment.id == best


def test_what_broke_a_limit_is_not_best(minimal: Callable[..., dict[str, Any]]) -> None:
    limits = {"ok": {"probability_at_least": 0.5}, "z": {"at_most": 5}}
    data = Dataset(
        (
            experiment("A", y=[9.0], ok=[False]),
            experiment("B", y=[8.0], z=[6.0]),
            experiment("C", y=[7.0], z=[5.0], ok=[True]),
            experiment("D", y=[QualifiedValue(99.0, ">")]),
            experiment("E", y=[9.5], z=[QualifiedValue(30.0, ">")], ok=[True]),
        )
    )
    (found,) = best_so_far(problem(minimal, limits=limits), data)
    assert (found.experiment.id, found.values) == ("C", {"y": 7.0})
    assert best_so_far(problem(minimal), Dataset()) == ()


def test_only_an_answer_ends_the_waiting_a_number_beyond_its_limit_does_not(
    minimal: Callable[..., dict[str, Any]],
) -> None:
    wanted = problem(minimal, limits={"ok": {"probability_at_least": 0.5}, "z": {"at_most": 5}})
    impure, beyond = experiment("A", ok=[False]), experiment("B", z=[6.0], ok=[True])
    assert [limit.response for limit in wanted.broken_limits(impure)] == ["ok"]
    assert [limit.response for limit in wanted.broken_limits(beyond)] == ["z"]
    assert wanted.broke_a_limit(impure) and not wanted.broke_a_limit(beyond)
    at_least = experiment("C", z=[QualifiedValue(5.0, ">")], ok=[True])
    unknown = experiment("D", z=[QualifiedValue(4.0, ">")], ok=[True])
    assert [limit.response for limit in wanted.broken_limits(at_least)] == ["z"]
    assert not wanted.broken_limits(unknown)


def test_derived_values_need_all_their_parts() -> None:
    smallest = Response(name="s", smallest_of=("y", "z"))
    ratio = Response(name="r", ratio_of=("y", "z"))
    both, one = experiment("A", y=[6.0, 8.0], z=[2.0]), experiment("B", y=[6.0])
    assert (measured(both, smallest), measured(both, ratio)) == (2.0, 3.5)
    assert (measured(one, smallest), measured(one, ratio)) == (None, None)
    assert measured(experiment("C", y=[6.0], z=[0.0]), ratio) is None


def test_what_does_not_count_is_not_the_best(minimal: Callable[..., dict[str, Any]]) -> None:
    responses = {"y": {"only_if": {"ok": True}}, "z": {}, "ok": {"kind": "yes_no"}}
    data = Dataset((experiment("A", y=[24.0], ok=[True]), experiment("B", y=[500.0], ok=[False])))
    (found,) = best_so_far(problem(minimal, responses=responses), data)
    assert found.experiment.id == "A"
