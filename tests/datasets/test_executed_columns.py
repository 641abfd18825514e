"""Columns such as ``executed hold_time [min]``: what was done in another way than planned."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ovenbird.datasets import NOT_STATED, Conditions, Experiment, InputError, ParameterSpace, Response, Status
from ovenbird.datasets.store import ImportResult, ImportTerms, NewExperiment, Store
from ovenbird.datasets.tables import frame_from_dataset, read_table, rows_from_frame, write_table

Responses = Mapping[str, Response]
Import = Callable[..., ImportResult]
Refused = Callable[..., tuple[str, ...]]


@pytest.fixture
def planned(store: Store, milled: Conditions) -> Experiment:
    """LTVO-001: milled at 450 rpm; LTVO-002: not milled."""
    unmilled = {**milled, "milling": "none", "milling_speed": None, "additive": None}
    new = [NewExperiment(status=Status.PLANNED, planned=c, executed=c) for c in (milled, unmilled)]
    store.add(new, prefix="LTVO", action="accept")
    return store.experiment("LTVO-001")


@pytest.fixture
def add(store: Store, space: ParameterSpace, responses: Responses, tmp_path: Path) -> Import:
    """Imports a table that is typed as text."""

    def run(*lines: str) -> ImportResult:
        file = tmp_path / "results.csv"
        file.write_text("\n".join(lines) + "\n")
        contents = read_table(file, space, responses)
        return store.import_rows(
            contents.rows,
            prefix="LTVO",
            digest=contents.digest,
            action="import",
            terms=ImportTerms(space=space),
        )

    return run


@pytest.fixture
def refused(add: Import, store: Store) -> Refused:
    """Sentences about a table that is not imported."""

    def run(*lines: str) -> tuple[str, ...]:
        before = (store.dataset(), store.events())
        with pytest.raises(InputError) as caught:
            add(*lines)
        assert (store.dataset(), store.events()) == before
        return caught.value.faults

    return run


def test_planned_stays_and_executed_is_recorded(planned: Experiment, store: Store, add: Import) -> None:
    header = "id,executed hold_time [min],executed  calcination_temperature [K],executed milling_speed"
    result = add(header, "ltvo-001,240,,400", "LTVO-002,,,")
    assert (result.filled_in, result.unchanged) == (("LTVO-001",), 1)
    found = store.experiment("LTVO-001")
    assert found.planned == planned.planned
    assert found.executed == {**planned.executed, "hold_time": 4.0, "milling_speed": 400.0}
    assert found.status is Status.PLANNED
    detail = store.events("LTVO-001")[-1].detail
    assert (detail["executed"]["hold_time"], detail["executed_before"]["hold_time"]) == (4.0, 3.0)
    assert store.experiment("LTVO-002").executed["hold_time"] == 3.0


def test_the_same_again_changes_nothing(planned: Experiment, store: Store, add: Import) -> None:
    add("id,executed hold_time", f"{planned.id},4")
    result = add("id,executed hold_time,executed route,note", f"{planned.id},4.0,solid_state,")
    assert (result.filled_in, result.unchanged) == ((), 1)
    result = add("id,executed hold_time,executed milling_speed", f"{planned.id},4,400")
    assert result.filled_in == (planned.id,)
    assert store.experiment(planned.id).executed["milling_speed"] == 400.0
    assert [e.action for e in store.events(planned.id)] == ["accept", "import", "import"]


def test_another_value_is_a_correction(planned: Experiment, add: Import, refused: Refused) -> None:
    add("id,executed hold_time", f"{planned.id},4")
    sentence = (
        "results.csv row 2: executed hold_time of LTVO-001 is 4, the table says 5; to correct it, use "
        "ovenbird amend"
    )
    assert refused("id,executed hold_time", f"{planned.id},5") == (sentence,)
    assert refused("id,executed hold_time", f"{planned.id},3")[0].endswith("is 4, the table says 3; to correct it, use ovenbird amend")  # fmt: skip


def test_an_old_copy_does_not_undo_a_correction(
    planned: Experiment, store: Store, add: Import, refused: Refused
) -> None:
    add("id,executed hold_time", f"{planned.id},4")
    store.amend(planned.id, executed=planned.planned, reason="it was 3 h after all")
    (fault,) = refused("id,executed hold_time,bet_surface_area", f"{planned.id},4,20")
    assert "executed hold_time of LTVO-001 is 3, the table says 4" in fault
    assert add("id,executed hold_time,bet_surface_area", f"{planned.id},,20").filled_in == (planned.id,)


def test_conditions_stay_consistent(planned: Experiment, store: Store, add: Import, refused: Refused) -> None:
    assert refused("id,executed milling_speed", "LTVO-002,400") == (
        "results.csv row 2: milling_speed is 400, but it does not apply when milling is none; leave it empty",
    )
    add("id,executed milling", f"{planned.id},none", "LTVO-002,planetary")
    first, second = (store.experiment(id_).executed for id_ in ("LTVO-001", "LTVO-002"))
    assert (first["milling"], first["milling_speed"], first["additive"]) == ("none", None, None)
    assert (second["milling_speed"], second["additive"]) == (NOT_STATED, NOT_STATED)
    # What was not stated may be told later.
    add("id,executed milling,executed milling_speed", f"{planned.id},none,", "LTVO-002,planetary,450")
    assert store.experiment("LTVO-002").executed["milling_speed"] == 450.0


def test_every_wrong_cell_is_told(planned: Experiment, refused: Refused) -> None:
    found = refused(
        "id,executed hold_time,executed milling,executed route [h],executed colour,phase_pure",
        f"{planned.id},15,jet,,,maybe",
        "LTVO-002,~4,planetary,melt,,yes",
    )
    expected = [
        "results.csv header: column 'executed route [h]': it holds no numbers, so it has no unit",
        "results.csv header: unknown column 'executed colour', allowed are id, status, route, calcination_te",
        "results.csv row 2: executed hold_time is 15 h, allowed are 0 to 12 h; correct the entry or widen",
        "results.csv row 2: executed milling is 'jet', allowed are none or planetary",
        "results.csv row 2: phase_pure: 'maybe' is neither yes nor no",
        "results.csv row 3: executed hold_time: '~4' is no plain number, allowed are 0 to 12 h",
        "results.csv row 3: executed route is 'melt', allowed are solid_state or solution",
    ]
    assert len(found) == len(expected)
    for phrase in expected:
        assert any(fault.startswith(phrase) for fault in found), phrase
    (twice,) = refused("id,executed hold_time,executed  hold_time [min]", f"{planned.id},4,")
    assert "the column executed hold_time stands 2 times" in twice


HEAD = "id,route,calcination_temperature,hold_time,milling,executed hold_time,executed milling,executed milling_speed"


def test_a_new_experiment_was_executed_otherwise(store: Store, add: Import, refused: Refused) -> None:
    add(HEAD.replace(",milling,", ",milling,milling_speed,additive,"), "X,solution,700,3,none,,,4,,")
    found = store.experiment("X")
    assert (found.planned["hold_time"], found.executed["hold_time"]) == (3.0, 4.0)
    detail = store.events("X")[0].detail
    assert (detail["executed"]["hold_time"], detail["executed_before"]["hold_time"]) == (4.0, 3.0)
    (fault,) = refused(HEAD, "Y,solution,700,3,none,,,400")
    assert fault == (
        "results.csv row 2: milling_speed is 400, but it does not apply when milling is none; leave it empty"
    )


def test_a_row_without_id_is_told_apart_by_what_was_executed(
    store: Store, add: Import, refused: Refused
) -> None:
    head, row = f"{HEAD},bet_surface_area", ",solution,700,3,none,{},,,20"
    add(head, row.format(""))
    assert add(head, row.format("4")).added == ("LTVO-002",)
    for again in ("", "4"):
        (fault,) = refused(head, row.format(again), ",solution,700,5,none,,,,7")
        assert "row 2 says again what LTVO-00" in fault
    assert store.experiment("LTVO-002").planned["hold_time"] == 3.0


def test_executed_and_planned_columns_go_together(planned: Experiment, store: Store, add: Import) -> None:
    add(f"{HEAD},milling_speed,additive", f"{planned.id},solid_state,700,3,planetary,3.5,,,450,none")
    found = store.experiment(planned.id)
    assert (found.planned["hold_time"], found.executed["hold_time"]) == (3.0, 3.5)


def test_written_tables_state_what_was_executed(
    planned: Experiment,
    store: Store,
    add: Import,
    space: ParameterSpace,
    responses: Responses,
    tmp_path: Path,
) -> None:
    add("id,executed hold_time", f"{planned.id},4")
    frame = frame_from_dataset(store.dataset(), space, responses)
    assert list(frame["hold_time"]) == [4.0, 3.0]
    assert not [name for name in frame.columns if name.startswith("executed")]
    write_table(tmp_path / "out.csv", store.dataset(), space, responses)
    contents = read_table(tmp_path / "out.csv", space, responses)
    again = store.import_rows(
        contents.rows, prefix="L", digest="d", action="import", terms=ImportTerms(space=space)
    )
    assert (again.added, again.filled_in, again.unchanged) == ((), (), 2)


def test_a_data_frame_may_say_it_too(
    planned: Experiment, store: Store, space: ParameterSpace, responses: Responses
) -> None:
    import pandas as pd

    frame = pd.DataFrame({"id": [planned.id, "LTVO-002"], "executed hold_time [min]": [240, None]})
    rows = rows_from_frame(frame, space, responses).rows
    store.import_rows(rows, prefix="LTVO", digest=None, action="add", terms=ImportTerms(space=space))
    assert store.experiment(planned.id).executed["hold_time"] == 4.0


def test_a_parameter_may_be_called_executed(milled: Conditions) -> None:
    from ovenbird.datasets import NumericParameter
    from ovenbird.datasets.columns import read_header

    space = ParameterSpace(tuple(NumericParameter(name=name, low=0, high=1) for name in ("x", "executed x")))
    columns, unknown, faults = read_header(
        ["x", "executed x", "executed executed x"], "header", space, {}, lenient=False
    )
    assert (unknown, faults) == ([], [])
    assert [c.is_executed for c in columns] == [False, False, True]
