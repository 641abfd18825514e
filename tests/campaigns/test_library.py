"""Ready campaign files."""

from dataclasses import replace
from pathlib import Path

import pytest

from ovenbird.campaigns.definition import read_definition
from ovenbird.campaigns.library import library_names, library_path
from ovenbird.datasets import NotFound


@pytest.mark.parametrize("name", library_names())
def test_every_campaign_of_the_library_is_in_order(name: str) -> None:
    assert read_definition(library_path(name)).name == name


def test_ltvo_says_what_the_design_says(tmp_path: Path, design_example: str) -> None:
    file = tmp_path / "ltvo.yaml"
    file.write_text(design_example, encoding="utf-8")
    example, ours = read_definition(file), read_definition(library_path("ltvo"))
    # What the library adds to the design: why the rule is there, that sintering coarsens, and that the
    # capacity of an impure powder does not count.
    rules = (replace(ours.rules[0], reason=""), *ours.rules[1:])
    coarsens = ours.responses["bet_surface_area"]
    assert coarsens.falls_with == ("thermal_dose",)
    counted = {n for n, r in ours.responses.items() if r.only_if == {"phase_pure": True}}
    assert counted == {"discharge_capacity", "charge_capacity"}
    responses = {name: replace(r, only_if={}) for name, r in ours.responses.items()}
    responses["bet_surface_area"] = replace(coarsens, falls_with=())
    assert replace(ours, text="", path=None, rules=rules, responses=responses) == replace(
        example, text="", path=None, dataset=None
    )


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(NotFound, match="the library has no campaign 'lvto', it has ltvo"):
        library_path("lvto")
