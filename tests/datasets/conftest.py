"""The LTVO campaign's parameters and responses, as the design shows them, with a nested condition more."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ovenbird.datasets import CategoricalParameter, NumericParameter, ParameterSpace, Response
from ovenbird.datasets.store import Store


@pytest.fixture(scope="session")
def space() -> ParameterSpace:
    milled = {"milling": ("planetary",)}
    return ParameterSpace(
        (
            CategoricalParameter(name="route", values=("solid_state", "solution")),
            NumericParameter(name="calcination_temperature", unit="degC", low=600, high=900, step=10),
            NumericParameter(name="hold_time", unit="h", low=0, high=12, step=0.5),
            CategoricalParameter(name="milling", values=("none", "planetary")),
            NumericParameter(name="milling_speed", unit="rpm", low=200, high=600, step=10, when=milled),
            CategoricalParameter(name="additive", values=("none", "carbon"), when=milled),
            NumericParameter(
                name="carbon content (%)", unit="%", low=1, high=10, when={"additive": ("carbon",)}
            ),
        )
    )


@pytest.fixture(scope="session")
def responses() -> Mapping[str, Response]:
    declared = (
        Response(name="phase_pure", kind="yes_no"),
        Response(name="bet_surface_area", unit="m2/g", plausible=(0, 300)),
        Response(name="discharge_capacity", unit="mAh/g", plausible=(0, 370)),
        Response(name="charge_capacity", unit="mAh/g", plausible=(0, 370)),
        Response(name="retention", kind="fraction"),
        Response(name="usable_capacity", unit="mAh/g", smallest_of=("discharge_capacity", "charge_capacity")),
    )
    return {response.name: response for response in declared}


@pytest.fixture
def milled() -> dict[str, float | str | None]:
    """Conditions of a milled sample."""
    return {
        "route": "solid_state",
        "calcination_temperature": 700.0,
        "hold_time": 3.0,
        "milling": "planetary",
        "milling_speed": 450.0,
        "additive": "none",
        "carbon content (%)": None,
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ltvo.db"


@pytest.fixture
def store(file: Path) -> Store:
    return Store(f"sqlite:///{file}")
