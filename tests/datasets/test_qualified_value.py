import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.datasets import InputError, QualifiedValue, parse_number, parse_yes_no, shortest
from ovenbird.datasets.qualified_value import join_replicates, split_replicates

numbers = st.builds(
    QualifiedValue, st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["=", "~", "<", ">"])
)


@given(numbers)
def test_a_number_survives_being_written_and_read(value: QualifiedValue) -> None:
    assert parse_number(str(value)) == value


@given(st.lists(numbers, max_size=5))
def test_replicates_survive_being_written_and_read(values: list[QualifiedValue]) -> None:
    assert [parse_number(part) for part in split_replicates(join_replicates(values))] == values


@pytest.mark.parametrize(
    ("text", "value", "qualifier"),
    [
        ("255", 255.0, "="),
        (" ~250 ", 250.0, "~"),
        ("≈250", 250.0, "~"),
        ("> 80", 80.0, ">"),
        ("<0.5", 0.5, "<"),
        ("40 %", 0.4, "="),
        ("1e3", 1000.0, "="),
        ("-.5", -0.5, "="),
    ],
)
def test_forms_that_chemists_write(text: str, value: float, qualifier: str) -> None:
    assert parse_number(text) == QualifiedValue(value, qualifier)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("text", ["", "abc", "1,5", "1 2", "nan", "inf", "~~3", "5 mAh", "0x10", "1_000"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a number, allowed is"):
        parse_number(text)


@pytest.mark.parametrize("text", [">", "<", "~"])
def test_a_qualifier_needs_a_number(text: str) -> None:
    with pytest.raises(InputError, match="stands without a number"):
        parse_number(text)


def test_yes_and_no() -> None:
    assert parse_yes_no(" Yes") == QualifiedValue(True)
    assert parse_yes_no("n") == QualifiedValue(False)
    assert [str(parse_yes_no(word)) for word in ("true", "FALSE")] == ["yes", "no"]
    with pytest.raises(InputError, match="neither yes nor no"):
        parse_yes_no("1")


def test_impossible_values_cannot_exist() -> None:
    with pytest.raises(InputError, match="not a finite number"):
        QualifiedValue(math.nan)
    with pytest.raises(InputError, match="does not go with yes or no"):
        QualifiedValue(True, "~")
    with pytest.raises(InputError, match="allowed are"):
        QualifiedValue(1.0, "?")  # pyright: ignore[reportArgumentType]


def test_only_bounds_are_bounds() -> None:
    assert [QualifiedValue(1.0, q).is_bound for q in ("=", "~", "<", ">")] == [False, False, True, True]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_shortest_text_is_exact(number: float) -> None:
    assert float(shortest(number)) == number


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("3,5", "; write 3.5"),
        ("~3,25 %", "; write ~3.25 %"),
        ("1,234", "; write 1.234 or 1234"),
        ("3,5,1", ""),
        ("3;5", ""),
    ],
)
def test_a_comma_is_no_point(text: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_number(text)
    assert str(caught.value).endswith(f"~250, >80 or <0.5{hint}")


@pytest.mark.parametrize("digit", ["0", "1"])
def test_a_digit_is_no_yes(digit: str) -> None:
    with pytest.raises(InputError, match=f"'{digit}' is neither yes nor no; write yes or no$"):
        parse_yes_no(digit)
