import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovenbird.datasets import InputError, QualifiedValue
from ovenbird.datasets.quantity import converted, parse_quantity
from ovenbird.datasets.units import check_unit, convert


@settings(deadline=None)
@given(st.floats(0, 5000))
def test_kelvin_to_celsius_is_a_shift(kelvin: float) -> None:
    assert convert(kelvin, "K", "degC") == pytest.approx(kelvin - 273.15, abs=1e-9)


@pytest.mark.parametrize(
    ("value", "written_in", "unit", "expected"),
    [
        (90, "min", "h", 1.5),
        (0.25, "Ah/g", "mAh/g", 250),
        (1292, "°F", "degC", 700),
        (2.5, "m²/g", "m2/g", 2.5),
        (20, "m2/g", "cm2/g", 200_000),
        (5, "%", "", 0.05),
        (10, "1/s", "rpm", 95.49296585513721),
    ],
)
def test_units_of_the_lab(value: float, written_in: str, unit: str, expected: float) -> None:
    assert convert(value, written_in, unit) == pytest.approx(expected, rel=1e-12)


def test_what_does_not_convert_is_refused() -> None:
    with pytest.raises(InputError, match="bar does not convert to degC"):
        convert(1, "bar", "degC")
    with pytest.raises(InputError, match="'wobble' is unknown"):
        check_unit("wobble")


@pytest.mark.parametrize("unit", ["delta_degC", "%degC", "degC%", "degC*m", "degC^2"])
def test_a_difference_of_temperatures_is_no_temperature(unit: str) -> None:
    with pytest.raises(InputError) as caught:
        convert(5.0, unit, "degC")
    assert str(caught.value) == f"{unit} does not convert to degC"


def test_typed_kelvin_become_round_celsius() -> None:
    assert parse_quantity("~973.15", "degC", "K") == QualifiedValue(700.0, "~")
    assert parse_quantity(">1173.15", "degC", "K") == QualifiedValue(900.0, ">")


def test_percent_counts_as_a_unit() -> None:
    assert parse_quantity("40 %", None) == QualifiedValue(0.4)
    assert parse_quantity("<40", None, "%") == QualifiedValue(0.4, "<")
    assert parse_quantity("40 %", "%") == QualifiedValue(40.0)
    assert parse_quantity("40", "%", "%") == QualifiedValue(40.0)
    with pytest.raises(InputError, match="its column is in K"):
        parse_quantity("40 %", "degC", "K")
    with pytest.raises(InputError, match="does not convert"):
        parse_quantity("40 %", "mAh/g")


def test_a_bare_number_takes_no_unit() -> None:
    with pytest.raises(InputError, match="without a unit"):
        converted(1.0, "h", None)


@pytest.mark.parametrize(
    "unit", ["g/cm3", "mA/cm2", "mAh/cm3", "W/m2", "m2/g", "kg m2", "wt%", "mol%", "at.%", "inH2O"]
)
def test_units_as_chemists_write_them_are_known(unit: str) -> None:
    assert convert(2.5, unit, unit) == 2.5


def test_squares_and_percents_convert() -> None:
    assert convert(1.0, "g/cm3", "kg/m3") == pytest.approx(1000)
    assert convert(3.0, "wt%", "%") == 3.0
