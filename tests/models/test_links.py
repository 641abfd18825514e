"""Which responses are learned together, and what that is good for."""

from collections.abc import Callable
from typing import Any

import torch

from ovenbird.datasets import ParameterSpace, Response
from ovenbird.models.beliefs import Beliefs
from ovenbird.models.links import linked_groups, parents_of

Made = Callable[..., dict[str, Any]]
Learned = Callable[..., Beliefs]


def named(*responses: Response) -> dict[str, Response]:
    return {r.name: r for r in responses}


def test_linked_responses_are_learned_together_parents_first() -> None:
    a, b, c = Response(name="a", through=("c",)), Response(name="b"), Response(name="c")
    responses = named(a, b, c)
    groups = [tuple(r.name for r in group) for group in linked_groups(responses, parents_of(responses))]
    assert sorted(groups) == [("b",), ("c", "a")]


def test_what_a_derived_response_is_computed_from_is_a_pair() -> None:
    charge, discharge = Response(name="charge"), Response(name="discharge", through=("area",))
    area, least = Response(name="area"), Response(name="least", smallest_of=("discharge", "charge"))
    responses = named(charge, discharge, area, least)
    assert parents_of(responses)["charge"] == ("discharge",)
    together = linked_groups(responses, parents_of(responses))
    assert [tuple(r.name for r in g) for g in together] == [("area", "discharge", "charge")]
    apart = linked_groups(responses, parents_of(responses, pairs=False))
    assert [tuple(r.name for r in g) for g in apart] == [("charge",), ("area", "discharge")]


def test_pairs_that_are_connected_already_make_no_circle() -> None:
    parent, child = Response(name="parent"), Response(name="child", through=("parent",))
    both = (
        Response(name="x", ratio_of=("child", "parent")),
        Response(name="y", ratio_of=("parent", "child")),
    )
    assert parents_of(named(parent, child, *both)) == {"parent": (), "child": ("parent",)}


def test_a_small_discharge_makes_a_small_charge_likely(
    learned: Learned, line: ParameterSpace, made: Made
) -> None:
    """Three cells with both numbers, and a discharge far below: its charge will not be as usual."""
    charge = Response(name="charge", plausible=(0, 370), relative_noise=0.04)
    discharge = Response(name="discharge", plausible=(0, 370), relative_noise=0.04)
    least = Response(name="least", smallest_of=("discharge", "charge"))
    rows = [
        made({"x": x}, discharge=d, charge=c) for x, d, c in ((6, 220, 240), (8, 255, 275), (10, 290, 300))
    ]
    rows.append(made({"x": 0}, discharge=80))
    at = torch.zeros(1, 1, dtype=torch.float64)

    def median(*responses: Response) -> float:
        return float(learned(line, responses, rows).forecast("charge", at).median)  # pyright: ignore

    assert median(charge, discharge, least) < median(charge, discharge) - 10
