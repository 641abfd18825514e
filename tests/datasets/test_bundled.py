import csv
import io

import pytest

from ovenbird.datasets import InputError
from ovenbird.datasets.bundled import bundled_comparisons, bundled_names, bundled_table
from ovenbird.datasets.comparison_table import read_comparisons


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_powder_of_the_paper_is_there_with_its_provenance() -> None:
    powders = rows(bundled_table("ltvo").read_text(encoding="utf-8"))
    assert len(powders) == 16
    assert all(row["source"].startswith("10.1039/d5ta07405c; ") and row["note"] for row in powders)
    best = next(row for row in powders if row["id"] == "SS-700C-3h-M450-6h")
    assert best["bet_surface_area [m2/g]"] == "~20"
    assert best["discharge_capacity [mAh/g]"] == "255"
    # Not stated stays empty, and no hold stays zero.
    holds = {row["id"]: row["hold_time [h]"] for row in powders}
    assert (holds["SS-700C"], holds["SS-700C-0h"]) == ("", "0")


def test_every_statement_of_the_paper_stays_traceable() -> None:
    file = bundled_comparisons("ltvo")
    assert file is not None
    statements = rows(file.read_text(encoding="utf-8"))
    assert [row["ordering_id"] for row in statements] == [f"O{n:02d}" for n in range(1, 41)]
    assert {row["basis"] for row in statements} == {"stated", "stated_numbers", "implied"}
    first = read_comparisons(file)[0]
    assert (first.better, first.worse) == ("SS-700C-3h-M280-6h", "SS-700C-3h")
    assert (first.response, first.source) == ("discharge_capacity", "10.1039/d5ta07405c")
    assert first.note == "stated_numbers; Results, solid-state synthesis; Fig. 1c; 220 v ~100"


def test_an_unknown_name_tells_the_known_ones() -> None:
    assert bundled_names() == ["ltvo"]
    with pytest.raises(InputError, match="bundled:nmc does not exist, allowed are bundled:ltvo"):
        bundled_table("nmc")
