"""Numbers keep the unit in which they were written, whatever the campaign file says later."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ovenbird.datasets import (
    NOT_STATED,
    CategoricalParameter,
    Experiment,
    InputError,
    NumericParameter,
    ParameterSpace,
    QualifiedValue,
    Response,
    Status,
)
from ovenbird.datasets.learn_from import load_source
from ovenbird.datasets.store import NewExperiment, Store
from ovenbird.datasets.stored_units import units_of

CONDITIONS = {"route": "sol", "temperature": 700.0, "share": 0.4, "time": NOT_STATED, "speed": None}
VALUES = {
    "capacity": (QualifiedValue(250.0, "~"), QualifiedValue(248.0)),
    "retention": (QualifiedValue(0.9),),
    "pure": (QualifiedValue(True),),
}
UNITS = {
    "temperature": "degC",
    "share": None,
    "time": "h",
    "speed": "rpm",
    "capacity": "mAh/g",
    "retention": None,
}


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/earlier.db"
    new = NewExperiment(status=Status.MEASURED, planned=CONDITIONS, executed=CONDITIONS, values=VALUES)
    Store(url, UNITS).add([new], prefix="E", action="add")
    return url


def found(url: str, units: Mapping[str, str | None]) -> Experiment:
    return Store(url, units).experiment("E-001")


def test_the_same_units_give_back_the_same(url: str) -> None:
    experiment = found(url, UNITS)
    assert (experiment.planned, experiment.executed) == (CONDITIONS, CONDITIONS)
    assert {name: experiment.values(name) for name in VALUES} == VALUES


def test_every_number_is_kept_with_its_unit(url: str) -> None:
    with create_engine(url).connect() as connection:
        (executed,) = connection.execute(text("SELECT executed FROM experiment")).scalars()
        units = connection.execute(text("SELECT response, unit FROM measurement ORDER BY id")).all()
    assert '"temperature": {"value": 700.0, "unit": "degC"}' in executed
    assert [tuple(row) for row in units] == [
        ("capacity", "mAh/g"), ("capacity", "mAh/g"), ("retention", ""), ("pure", None)
    ]  # fmt: skip


def test_numbers_are_converted_to_the_units_of_now(url: str) -> None:
    now = {**UNITS, "temperature": "K", "share": "%", "time": "min", "capacity": "Ah/g", "retention": "%"}
    experiment = found(url, now)
    assert experiment.executed == {**CONDITIONS, "temperature": 973.15, "share": 40.0}
    assert experiment.planned == experiment.executed
    assert experiment.values("capacity") == (QualifiedValue(0.25, "~"), QualifiedValue(0.248))
    assert experiment.values("retention") == (QualifiedValue(90.0),)
    assert experiment.values("pure") == (QualifiedValue(True),)
    back = Store(url, now)
    back.amend(
        "E-001", values={"retention": [QualifiedValue(80.0)]}, executed=experiment.executed, reason="r"
    )
    assert found(url, UNITS).executed == CONDITIONS
    assert found(url, UNITS).values("retention") == (QualifiedValue(0.8),)


def test_a_unit_that_does_not_convert_is_refused(url: str) -> None:
    store = Store(url, {**UNITS, "temperature": "bar", "retention": "h"})
    for read in (store.dataset, lambda: store.experiment("E-001")):
        with pytest.raises(InputError) as caught:
            read()
        assert caught.value.faults == (
            "earlier.db E-001: temperature is kept in degC, which does not convert to bar; put the old unit "
            "back, or give what is new a name of its own",
            "earlier.db E-001: retention is kept without a unit, which does not convert to h; put the old unit "
            "back, or give what is new a name of its own",
        )
    assert [e.id for e in found_all(store)] == []


def found_all(store: Store) -> tuple[Experiment, ...]:
    return store.readable_dataset()[0].experiments


def test_a_withdrawn_number_stands_in_nobodys_way(url: str) -> None:
    Store(url, UNITS).void("E-001", response="retention", reason="leak")
    experiment = found(url, {**UNITS, "retention": "h"})
    assert experiment.values("retention") == ()
    assert [m.note for m in experiment.history if m.response == "retention"] == ["in no unit"]


def test_numbers_of_other_names_stay_what_they_are(url: str) -> None:
    assert found(url, {}).executed == CONDITIONS
    Store(url).record("E-001", {"colour": [QualifiedValue(5.0)]})
    assert found(url, {**UNITS, "colour": "cm"}).values("colour") == (QualifiedValue(5.0),)


def test_another_dataset_is_learned_from_in_the_units_of_the_campaign(url: str, tmp_path: Path) -> None:
    strange = NewExperiment(
        status=Status.MEASURED, planned={"temperature": 1.0}, executed={"temperature": 1.0}
    )
    Store(url, {"temperature": "bar"}).add([strange], prefix="E", action="add")
    space = ParameterSpace(
        (
            CategoricalParameter(name="route", values=("sol",)),
            NumericParameter(name="temperature", unit="K", low=800, high=1200),
        )
    )
    responses = {
        "capacity": Response(name="capacity", unit="Ah/g"),
        "pure": Response(name="pure", kind="yes_no"),
    }
    assert units_of(space, responses) == {"temperature": "K", "capacity": "Ah/g"}
    data, messages = load_source("sqlite:///earlier.db", tmp_path, space, responses)
    (experiment,) = data.experiments
    assert experiment.executed == {"route": "sol", "temperature": 973.15}
    assert experiment.values("capacity") == (QualifiedValue(0.25, "~"), QualifiedValue(0.248))
    assert messages == [
        "earlier.db E-002: temperature is kept in bar, which does not convert to K; put the old unit back, or "
        "give what is new a name of its own; the experiment is left out"
    ]
