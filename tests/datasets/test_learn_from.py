import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from ovenbird.datasets import (
    NOT_STATED,
    CategoricalParameter,
    Comparison,
    Conditions,
    InputError,
    NotFound,
    ParameterSpace,
    QualifiedValue,
    Response,
    Status,
)
from ovenbird.datasets.learn_from import load_source
from ovenbird.datasets.store import NewExperiment, Store

Responses = Mapping[str, Response]


def test_the_bundled_paper(space: ParameterSpace, responses: Responses, tmp_path: Path) -> None:
    data, messages = load_source("bundled:ltvo", tmp_path, space, responses)
    assert len(data) == 16
    assert messages == []
    assert {e.status for e in data.experiments} == {Status.MEASURED}
    assert {e.source for e in data.experiments} == {"10.1039/d5ta07405c"}
    assert data.by_id["SS-700C"].executed["hold_time"] is NOT_STATED
    assert data.by_id["SS-700C-0h"].executed["hold_time"] == 0.0
    assert data.by_id["SS-700C"].executed["milling_speed"] is None
    assert data.by_id["SOL-900C-3h"].values("bet_surface_area") == (QualifiedValue(80.0, ">"),)
    # This space has no response oxidised: 40 statements less 4 on it and 11 on other quantities.
    assert len(data.comparisons) == 25
    assert {c.response for c in data.comparisons} <= set(responses)


def test_a_table_without_ids_gets_some(space: ParameterSpace, responses: Responses, tmp_path: Path) -> None:
    text = "route,milling,phase_pure,status,failure,hue\nsolution,none,yes,planned,,\n"
    (tmp_path / "earlier.csv").write_text(text + "solution,none,,failed,process,\nmelt,none,yes,,,\n")
    data, messages = load_source("earlier.csv", tmp_path, space, responses)
    assert [e.id for e in data.experiments] == ["earlier-row2", "earlier-row3"]
    assert [e.status for e in data.experiments] == [Status.MEASURED, Status.FAILED]
    assert messages[0] == "earlier.csv: left aside what is no parameter or response here: hue"
    assert "row 4 is left out" in messages[1]


def test_another_dataset_is_read_and_never_written(
    space: ParameterSpace, responses: Responses, milled: Conditions, tmp_path: Path
) -> None:
    other = Store(f"sqlite:///{tmp_path}/other.db")
    values = {
        "phase_pure": (QualifiedValue(True),),
        "colour": (QualifiedValue(1.0),),
        "discharge_capacity": (QualifiedValue(999.0),),
    }
    measured = NewExperiment(
        status=Status.RUNNING, planned=milled, executed={**milled, "pressure": 5.0}, values=values
    )
    planned = NewExperiment(status=Status.PLANNED, planned=milled, executed=milled)
    strange = NewExperiment(
        status=Status.MEASURED, planned={"route": "melt"}, executed={"route": "melt"}, values=values
    )
    other.add([measured, planned, strange], prefix="O", action="add")
    other.compare(Comparison(better="O-001", worse="O-003", response="discharge_capacity"))
    files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in tmp_path.iterdir()}
    data, messages = load_source("sqlite:///other.db", tmp_path, space, responses)
    (experiment,) = data.experiments
    assert (experiment.id, experiment.status) == ("other:O-001", Status.MEASURED)
    assert experiment.executed == milled
    assert [m.response for m in experiment.history] == ["phase_pure"]
    assert data.comparisons == ()
    assert "O-001: discharge_capacity is 999" in messages[0]
    assert "O-003: route is 'melt'" in messages[1]
    assert files == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in tmp_path.iterdir()}


def test_a_source_that_is_not_there(space: ParameterSpace, responses: Responses, tmp_path: Path) -> None:
    for entry in ("absent.csv", "sqlite:///absent.db"):
        with pytest.raises(NotFound, match="there is no such"):
            load_source(entry, tmp_path, space, responses)
    with pytest.raises(InputError, match="bundled:nmc does not exist, allowed are bundled:ltvo"):
        load_source("bundled:nmc", tmp_path, space, responses)
    with pytest.raises(InputError, match=r"'results.doc' is no source, allowed are bundled:NAME"):
        load_source("results.doc", tmp_path, space, responses)
    assert list(tmp_path.iterdir()) == []


def test_a_campaign_of_something_else_uses_what_it_can(tmp_path: Path) -> None:
    space = ParameterSpace((CategoricalParameter(name="route", values=("solution",)),))
    responses = {"bet_surface_area": Response(name="bet_surface_area", unit="m2/g")}
    data, messages = load_source("bundled:ltvo", tmp_path, space, responses)
    assert [e.id for e in data.experiments] == ["SOL-600C-3h", "SOL-700C-3h", "SOL-900C-3h"]
    assert len(messages) == 13
    assert [(c.better, c.worse) for c in data.comparisons] == [("SOL-700C-3h", "SOL-900C-3h")]
