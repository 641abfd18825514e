from collections.abc import Mapping

import pytest

from ovenbird.datasets import InputError, QualifiedValue, Response


def test_a_value_is_read_in_the_unit_of_the_response() -> None:
    assert Response(name="loss", unit="%").parse("40 %") == QualifiedValue(40.0)
    assert Response(name="loss", kind="fraction").parse("40 %") == QualifiedValue(0.4)
    assert Response(name="pure", kind="yes_no").parse("yes") == QualifiedValue(True)


@pytest.mark.parametrize(
    ("name", "text", "phrase"),
    [
        ("discharge_capacity", "371", "plausible are 0 to 370 mAh/g"),
        ("discharge_capacity", "high", "discharge_capacity: 'high' is not a number"),
        ("retention", "1.2", "plausible are 0 to 1"),
        ("phase_pure", "255", "neither yes nor no"),
        ("usable_capacity", "255", "computed from discharge_capacity and charge_capacity"),
    ],
)
def test_a_value_that_cannot_be_is_refused(
    responses: Mapping[str, Response], name: str, text: str, phrase: str
) -> None:
    with pytest.raises(InputError, match=phrase):
        responses[name].parse(text)


@pytest.mark.parametrize(
    ("declared", "phrase"),
    [
        ({"kind": "yes_no", "unit": "h"}, "has no unit"),
        ({"plausible": (1.0, 0.0)}, "the smaller first"),
        ({"relative_noise": 0.0}, "noise must be above 0"),
        ({"relative_noise": 0.1, "absolute_noise": 1.0}, "either in percent or in the unit"),
        ({"rises_with": ("a",), "falls_with": ("a",)}, "both rise and fall"),
        ({"smallest_of": ("a",)}, "at least two"),
        ({"ratio_of": ("a",)}, "numerator first"),
        ({"ratio_of": ("a", "b"), "through": ("c",)}, "computed in one way"),
    ],
)
def test_a_response_that_contradicts_itself_is_refused(declared: dict[str, object], phrase: str) -> None:
    with pytest.raises(InputError, match=phrase):
        Response(name="r", **declared)  # pyright: ignore[reportArgumentType]
