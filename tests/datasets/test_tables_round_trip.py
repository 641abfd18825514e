"""Tables and frames that Ovenbird wrote read back as they were."""

import io
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovenbird.datasets import (
    Conditions,
    Dataset,
    Experiment,
    Measurement,
    ParameterSpace,
    QualifiedValue,
    Response,
    Status,
)
from ovenbird.datasets.tables import (
    TableRow,
    frame_from_dataset,
    read_table,
    rows_from_frame,
    write_table,
)

Responses = Mapping[str, Response]

numbers = st.floats(0, 300).map(lambda x: round(x, 6))
quantities = st.builds(QualifiedValue, numbers, st.sampled_from(["=", "~", "<", ">"]))
shares = st.builds(QualifiedValue, st.floats(0, 1), st.sampled_from(["=", "<"]))
truths = st.booleans().map(QualifiedValue)
words = st.text(st.characters(codec="utf-8", exclude_characters=";\0\r", exclude_categories=["C"])).map(
    str.strip
)


def stated(values: st.SearchStrategy[float] | st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    return st.none() | values


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, object]:
    milling = draw(stated(st.sampled_from(["none", "planetary"])))
    additive = draw(stated(st.sampled_from(["none", "carbon"]))) if milling != "none" else None
    return {
        "route": draw(stated(st.sampled_from(["solid_state", "solution"]))),
        "calcination_temperature": draw(stated(st.floats(600, 900))),
        "hold_time": draw(stated(st.floats(0, 12))),
        "milling": milling,
        "milling_speed": draw(stated(st.floats(200, 600))) if milling != "none" else None,
        "additive": additive,
        "carbon content (%)": draw(stated(st.floats(1, 10)))
        if milling != "none" and additive != "none"
        else None,
    }


@st.composite
def experiments(draw: st.DrawFn) -> tuple[dict[str, object], dict[str, list[QualifiedValue]], str, str]:
    values = {
        "phase_pure": draw(st.lists(truths, max_size=2)),
        "bet_surface_area": draw(st.lists(quantities, max_size=3)),
        "retention": draw(st.lists(shares, max_size=1)),
    }
    return draw(conditions()), values, draw(words), draw(words)


def dataset_of(drawn: list[tuple[Conditions, dict[str, list[QualifiedValue]], str, str]]) -> Dataset:
    return Dataset(
        tuple(
            Experiment(
                id=f"E-{i}",
                status=Status.FAILED if i == 3 else Status.MEASURED,
                failure="process" if i == 3 else None,
                planned=given_conditions,
                executed=given_conditions,
                source=source,
                note=note,
                history=tuple(
                    Measurement(response=response, value=value, replicate=n)
                    for response, replicates in values.items()
                    for n, value in enumerate(replicates, start=1)
                ),
            )
            for i, (given_conditions, values, source, note) in enumerate(drawn)
        )
    )


def said(row: TableRow) -> tuple[object, ...]:
    return row.id, row.conditions, dict(row.values), row.source, row.note, row.status, row.failure


def known(experiment: Experiment) -> tuple[object, ...]:
    names = dict.fromkeys(m.response for m in experiment.history)
    values = {name: experiment.values(name) for name in names}
    return (
        experiment.id,
        experiment.executed,
        values,
        experiment.source,
        experiment.note,
        experiment.status,
        experiment.failure,
    )


@settings(deadline=None)
@given(st.lists(experiments(), min_size=1, max_size=5))
def test_tables_and_frames_give_back_what_was_written(
    space: ParameterSpace,
    responses: Responses,
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[dict[str, object], dict[str, list[QualifiedValue]], str, str]],
) -> None:
    complete = [(space.complete(stated, "here"), *rest) for stated, *rest in drawn]
    data = dataset_of(complete)  # pyright: ignore[reportArgumentType]
    file = tmp_path_factory.getbasetemp() / "round_trip.csv"
    write_table(file, data, space, responses)
    expected = [known(experiment) for experiment in data.experiments]
    assert [said(row) for row in read_table(file, space, responses).rows] == expected
    frame = frame_from_dataset(data, space, responses)
    assert [said(row) for row in rows_from_frame(frame, space, responses).rows] == expected


def test_a_written_table_reads_like_a_typed_one(
    space: ParameterSpace, responses: Responses, milled: Conditions
) -> None:
    values: dict[str, list[QualifiedValue]] = {
        "phase_pure": [QualifiedValue(True)],
        "discharge_capacity": [QualifiedValue(251.0), QualifiedValue(250.0, "~")],
    }
    data = dataset_of([(milled, values, "us", "")])
    buffer = io.StringIO()
    write_table(buffer, data, space, responses)
    assert buffer.getvalue() == (
        "id,status,route,calcination_temperature [degC],hold_time [h],milling,milling_speed [rpm],additive,"
        "carbon content (%) [%],phase_pure,bet_surface_area [m2/g],discharge_capacity [mAh/g],"
        "charge_capacity [mAh/g],retention,source,note\n"
        "E-0,measured,solid_state,700,3,planetary,450,none,,yes,,251; ~250,,,us,\n"
    )


def test_a_frame_holds_plain_numbers_as_numbers(
    space: ParameterSpace, responses: Responses, milled: Conditions
) -> None:
    data = dataset_of([(milled, {"bet_surface_area": [QualifiedValue(20.0)]}, "", "")])
    frame = frame_from_dataset(data, space, responses)
    assert frame["bet_surface_area"].tolist() == [20.0]
    assert frame["hold_time"].dtype == float
    assert list(frame.columns[:4]) == ["id", "status", "route", "calcination_temperature"]
    assert list(frame.columns[-2:]) == ["source", "note"]
    assert frame_from_dataset(Dataset(), space, responses).empty
