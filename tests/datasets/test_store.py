import math
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovenbird.datasets import (
    NOT_STATED,
    Comparison,
    Conditions,
    Dataset,
    InputError,
    NotFound,
    QualifiedValue,
    Status,
)
from ovenbird.datasets.store import NewExperiment, Store
from ovenbird.datasets.table_row import TableRow

Values = Mapping[str, tuple[QualifiedValue, ...]]


def planned(conditions: Conditions, **more: object) -> NewExperiment:
    columns = {"status": Status.PLANNED, "planned": conditions, "executed": conditions, **more}
    return NewExperiment(**columns)


def row(number: int, conditions: Conditions | None, **more: object) -> TableRow:
    columns = {"where": f"results.csv row {number}", "number": number, "conditions": conditions, **more}
    return TableRow(**columns)


def number(value: float) -> tuple[QualifiedValue, ...]:
    return (QualifiedValue(value),)


@pytest.fixture
def filled(store: Store, milled: Conditions) -> Store:
    """Two planned experiments, the first with a capacity."""
    store.add([planned(milled), planned(milled)], prefix="LTVO", action="suggest")
    store.record("LTVO-001", {"capacity": [QualifiedValue(251.0), QualifiedValue(248.0, "~")]})
    return store


def test_nothing_is_touched_before_the_first_write(store: Store, file: Path, milled: Conditions) -> None:
    assert store.dataset() == Dataset()
    assert store.events() == ()
    for refused in (
        lambda: store.experiment("LTVO-001"),
        lambda: store.record("LTVO-001", {"capacity": number(1.0)}),
        lambda: store.amend("LTVO-001", executed=milled, reason="typo"),
        lambda: store.void("LTVO-001", reason="leak"),
        lambda: store.set_status("LTVO-001", Status.DROPPED),
        lambda: store.compare(Comparison(better="A", worse="B", response="r")),
    ):
        with pytest.raises(NotFound, match=r"in ltvo.db; it has no experiments yet"):
            refused()
    with pytest.raises(InputError):
        store.import_rows([row(2, None, id="X")], prefix="LTVO", digest=None, action="add")
    assert store.add([], prefix="LTVO", action="add") == []
    assert not file.exists()


def test_what_is_added_comes_back(store: Store, file: Path, milled: Conditions) -> None:
    unmilled = {**milled, "milling": "none", "milling_speed": None, "hold_time": NOT_STATED}
    forecast = {"capacity": {"median": 250.0, "low": 200.0, "high": 300.0}}
    values: Values = {
        "pure": (QualifiedValue(True),),
        "area": (QualifiedValue(80.0, ">"), QualifiedValue(92.5)),
    }
    new = planned(milled, executed=unmilled, forecast=forecast, values=values, source="us", note="été ½")
    assert store.add([new], prefix="LTVO", action="suggest --save") == ["LTVO-001"]
    found = Store(f"sqlite:///{file}").experiment("ltvo-001")
    assert (found.planned, found.executed) == (milled, unmilled)
    assert found.executed["milling_speed"] is None
    assert found.executed["hold_time"] is NOT_STATED
    assert (found.status, found.forecast) == (Status.PLANNED, forecast)
    assert (found.source, found.note) == ("us", "été ½")
    assert found.values("area") == (QualifiedValue(80.0, ">"), QualifiedValue(92.5))
    assert found.values("pure") == (QualifiedValue(True),)
    assert [(m.response, m.replicate) for m in found.history] == [("pure", 1), ("area", 1), ("area", 2)]
    assert all(m.at is not None and m.at.utcoffset() is not None and m.who for m in found.history)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8),
        st.none()
        | st.just(NOT_STATED)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.sampled_from(["", "?", "null", "none", "not_stated", "NaN", "0"]),
        max_size=6,
    )
)
def test_conditions_are_kept_exactly(conditions: Conditions) -> None:
    store = Store.in_memory()
    store.add([planned(conditions)], prefix="X", action="add")
    assert store.experiment("X-001").executed == conditions


def test_a_number_that_is_none_is_not_kept(store: Store) -> None:
    with pytest.raises(InputError, match="hold_time is nan"):
        store.add([planned({"hold_time": math.nan})], prefix="X", action="add")
    assert store.dataset() == Dataset()


def test_fresh_ids_follow_the_highest(store: Store, milled: Conditions) -> None:
    named = [planned(milled, id=id_) for id_ in ("LTVO-041", "other", "LTVO-x", "LTVO-1-2")]
    store.add(named, prefix="LTVO", action="add")
    assert store.add([planned(milled)] * 2, prefix="LTVO", action="add") == ["LTVO-042", "LTVO-043"]
    mixed = [planned(milled), planned(milled, id="ltvo-044")]
    assert store.add(mixed, prefix="LTVO", action="add") == ["LTVO-045", "ltvo-044"]


def test_two_experiments_with_one_id_are_refused(filled: Store, milled: Conditions) -> None:
    before = filled.dataset()
    with pytest.raises(InputError, match="experiment 2: the id a stands twice, already in experiment 1"):
        filled.add([planned(milled, id="A"), planned(milled, id="a")], prefix="LTVO", action="add")
    with pytest.raises(InputError, match=r"the id ltvo-001 is taken in ltvo.db"):
        filled.add([planned(milled), planned(milled, id="ltvo-001")], prefix="LTVO", action="add")
    assert filled.dataset() == before


def test_values_are_appended_as_replicates(filled: Store) -> None:
    filled.record("LTVO-001", {"capacity": number(249.0)}, note="cell 3", status=Status.MEASURED)
    found = filled.experiment("LTVO-001")
    assert [(m.value.value, m.replicate, m.note) for m in found.measurements] == [
        (251.0, 1, ""),
        (248.0, 2, ""),
        (249.0, 3, "cell 3"),
    ]
    assert found.status is Status.MEASURED
    assert filled.experiment("LTVO-002").status is Status.PLANNED


def test_nothing_to_record_is_refused(filled: Store) -> None:
    with pytest.raises(InputError, match="no value to record"):
        filled.record("LTVO-001", {})
    with pytest.raises(InputError, match="use ovenbird fail"):
        filled.record("LTVO-001", {}, status=Status.FAILED)
    assert len(filled.events("LTVO-001")) == 2


def test_a_correction_supersedes_and_keeps_the_history(filled: Store) -> None:
    corrected = {"capacity": [QualifiedValue(215.0)]}
    filled.amend("LTVO-001", values=corrected, reason="mass typed wrong")
    found = filled.experiment("LTVO-001")
    assert found.values("capacity") == (QualifiedValue(215.0),)
    new = found.measurements[0]
    assert (new.replicate, new.note) == (1, "mass typed wrong")
    assert [(m.value.value, m.superseded_by) for m in found.history] == [
        (251.0, new.id),
        (248.0, new.id),
        (215.0, None),
    ]
    filled.amend("LTVO-001", values={"capacity": [*number(216.0), *number(217.0)]}, reason="again")
    again = filled.experiment("LTVO-001")
    assert [(m.value.value, m.replicate) for m in again.measurements] == [(216.0, 1), (217.0, 3)]
    assert len(again.history) == 5
    assert filled.events("LTVO-001")[-2].detail == {
        "reason": "mass typed wrong",
        "values": {"capacity": ["215"]},
        "values_before": {"capacity": "251; ~248"},
    }


def test_executed_conditions_are_corrected_and_the_old_ones_kept(filled: Store, milled: Conditions) -> None:
    hotter = {**milled, "calcination_temperature": 712.0, "hold_time": NOT_STATED}
    filled.amend("LTVO-001", executed=hotter, reason="thermocouple log")
    found = filled.experiment("LTVO-001")
    assert (found.planned, found.executed) == (milled, hotter)
    event = filled.events("LTVO-001")[-1]
    assert event.action == "amend"
    assert event.detail["executed_before"]["calcination_temperature"] == 700.0
    assert event.detail["executed"]["hold_time"] == {"not_stated": True}


def test_a_correction_needs_something_to_correct(filled: Store) -> None:
    before = filled.dataset()
    with pytest.raises(InputError) as caught:
        filled.amend("LTVO-001", reason=" ")
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match="LTVO-001 has no area that could be corrected; use ovenbird log"):
        filled.amend("LTVO-001", values={"capacity": number(1.0), "area": number(1.0)}, reason="typo")
    with pytest.raises(InputError, match="use ovenbird void"):
        filled.amend("LTVO-001", values={"capacity": ()}, reason="typo")
    assert filled.dataset() == before


def test_a_withdrawn_value_stays_in_the_history(filled: Store) -> None:
    filled.record("LTVO-001", {"area": number(20.0)})
    filled.void("LTVO-001", response="capacity", reason="cell leaked")
    found = filled.experiment("LTVO-001")
    assert [m.response for m in found.measurements] == ["area"]
    assert [m.void_reason for m in found.history] == ["cell leaked", "cell leaked", None]
    assert filled.events("LTVO-001")[-1].detail["withdrawn"] == {"capacity": "251; ~248"}
    with pytest.raises(InputError, match="LTVO-001 has no capacity that could be withdrawn"):
        filled.void("LTVO-001", response="capacity", reason="again")
    filled.void("LTVO-001", reason="wrong vial")
    assert filled.experiment("LTVO-001").measurements == ()
    filled.record("LTVO-001", {"capacity": number(250.0)})
    assert filled.experiment("LTVO-001").measurements[0].replicate == 3
    with pytest.raises(InputError, match="give a reason"):
        filled.void("LTVO-001", reason="")


def test_a_failure_has_a_reason(filled: Store) -> None:
    filled.set_status("LTVO-002", Status.FAILED, failure="process", note="sintered to the crucible")
    found = filled.experiment("LTVO-002")
    assert (found.status, found.failure, found.note) == (
        Status.FAILED,
        "process",
        "sintered to the crucible",
    )
    assert filled.events("LTVO-002")[-1].detail["status_before"] == "planned"
    with pytest.raises(InputError, match="allowed are process or equipment"):
        filled.set_status("LTVO-001", Status.FAILED)
    with pytest.raises(InputError, match="goes with the status failed"):
        filled.set_status("LTVO-001", Status.DROPPED, failure="process")
    filled.set_status("LTVO-002", Status.RUNNING)
    assert filled.experiment("LTVO-002").failure is None


def test_an_unknown_id_names_the_known_ones(filled: Store, milled: Conditions) -> None:
    with pytest.raises(NotFound, match=r"no experiment 'X' in ltvo.db; there are LTVO-001 and LTVO-002"):
        filled.record("X", {"capacity": number(1.0)})
    filled.add([planned(milled)] * 8, prefix="LTVO", action="add")
    with pytest.raises(NotFound, match="ids run from LTVO-001 to LTVO-010"):
        filled.events("X")


def test_a_comparison_is_kept_once(filled: Store) -> None:
    statement = Comparison(better="ltvo-001", worse="LTVO-002", response="capacity")
    assert filled.compare(statement)
    assert not filled.compare(statement)
    turned = Comparison(better="LTVO-002", worse="LTVO-001", response="capacity", better_means="smaller")
    assert not filled.compare(turned)
    assert filled.compare(Comparison(better="LTVO-001", worse="lit", response="area"), known_ids=["lit"])
    first, second = filled.dataset().comparisons
    assert (first.better, first.worse) == ("LTVO-001", "LTVO-002")
    assert second.worse == "lit"
    with pytest.raises(InputError, match="LTVO-001 cannot be compared with itself"):
        filled.compare(Comparison(better="LTVO-001", worse="ltvo-001", response="capacity"))
    with pytest.raises(NotFound, match="no experiment 'lit'"):
        filled.compare(Comparison(better="LTVO-001", worse="lit", response="area"))


def test_every_write_leaves_an_event(filled: Store) -> None:
    filled.set_status("LTVO-001", Status.RUNNING)
    events = filled.events()
    assert [(e.action, e.experiment_id) for e in events] == [
        ("suggest", "LTVO-001"),
        ("suggest", "LTVO-002"),
        ("log", "LTVO-001"),
        ("running", "LTVO-001"),
    ]
    assert all(e.who and e.version and e.command and e.at.utcoffset() is not None for e in events)
    assert [e.at for e in events] == sorted(e.at for e in events)
    assert events[2].detail == {"values": {"capacity": ["251", "~248"]}}
    assert len(filled.events("ltvo-002")) == 1


def test_withdrawing_can_change_the_status(filled: Store) -> None:
    filled.set_status("LTVO-001", Status.MEASURED)
    filled.void("LTVO-001", reason="leak", status=Status.RUNNING)
    found = filled.experiment("LTVO-001")
    assert (found.status, found.measurements) == (Status.RUNNING, ())
    detail = filled.events("LTVO-001")[-1].detail
    assert (detail["status_before"], detail["status"]) == ("measured", "running")
    with pytest.raises(InputError, match="a failure needs its reason"):
        filled.void("LTVO-001", reason="leak", status=Status.FAILED)


def test_three_known_ids_are_listed(filled: Store, milled: Conditions) -> None:
    filled.add([planned(milled)], prefix="LTVO", action="add")
    with pytest.raises(NotFound, match=r"there are LTVO-001, LTVO-002 and LTVO-003$"):
        filled.experiment("X")


def test_an_import_adds_and_fills_in(filled: Store, milled: Conditions) -> None:
    rows = [
        row(2, milled, id="ltvo-001", values={"capacity": (QualifiedValue(248.0, "~"), *number(251.0))}),
        row(
            3, {**milled, "hold_time": NOT_STATED}, id="LTVO-002", values={"area": number(20.0)}, note="dark"
        ),
        row(4, milled, id="OLD-7", values={"area": number(30.0)}, source="paper"),
        row(5, milled),
    ]
    result = filled.import_rows(rows, prefix="LTVO", digest="abc", action="add")
    assert result.added == ("OLD-7", "LTVO-003")
    assert result.filled_in == ("LTVO-002",)
    assert result.unchanged == 1
    assert result.ids == ("LTVO-001", "LTVO-002", "OLD-7", "LTVO-003")
    second = filled.experiment("LTVO-002")
    assert (second.status, second.note, second.executed) == (Status.MEASURED, "dark", milled)
    assert filled.experiment("OLD-7").status is Status.MEASURED
    assert filled.experiment("OLD-7").source == "paper"
    assert filled.experiment("LTVO-003").status is Status.PLANNED


def test_importing_again_adds_nothing(filled: Store, milled: Conditions) -> None:
    rows = [row(2, milled, id="OLD-7", values={"area": number(30.0)}, note="n"), row(3, milled)]
    first = filled.import_rows(rows, prefix="LTVO", digest="abc", action="add")
    before = (filled.dataset(), filled.events())
    again = filled.import_rows(rows, prefix="LTVO", digest="abc", action="add")
    assert (again.added, again.filled_in, again.unchanged) == ((), (), 2)
    assert again.ids == first.ids
    assert (filled.dataset(), filled.events()) == before
    # Without a digest (a DataFrame), a row without an id is a replicate, and known ids stay as they are.
    third = filled.import_rows(rows, prefix="LTVO", digest=None, action="add")
    assert (third.added, third.unchanged) == (("LTVO-004",), 1)


def test_an_import_is_all_or_nothing(filled: Store, milled: Conditions, file: Path) -> None:
    before, content = (filled.dataset(), filled.events()), file.read_bytes()
    rows = [
        row(2, milled),
        row(3, milled, id="LTVO-001", values={"capacity": number(215.0)}),
        row(4, {**milled, "hold_time": 5.0}, id="LTVO-002"),
        row(5, None, id="NEW-1", values={"area": number(1.0)}),
    ]
    with pytest.raises(InputError) as caught:
        filled.import_rows(rows, prefix="LTVO", digest="abc", action="add")
    assert caught.value.faults == (
        "results.csv row 3: capacity of LTVO-001 is 251; ~248, the table says 215; to correct it, use ovenbird "
        "amend",
        "results.csv row 4: hold_time of LTVO-002 is 3, the table says 5; to correct it, use ovenbird amend",
        "results.csv row 5: NEW-1 is no known experiment, so the table must state its parameters",
    )
    with pytest.raises(InputError, match=r"row 3: the id A stands twice, already in results.csv row 2"):
        filled.import_rows(
            [row(2, milled, id="A"), row(3, milled, id="A")], prefix="LTVO", digest="d", action="add"
        )
    assert (filled.dataset(), filled.events()) == before
    assert file.read_bytes() == content


def test_results_alone_fill_in_by_id(filled: Store) -> None:
    result = filled.import_rows(
        [row(2, None, id="LTVO-002", values={"area": number(20.0)})], prefix="LTVO", digest=None, action="add"
    )
    assert result.filled_in == ("LTVO-002",)
    assert filled.experiment("LTVO-002").values("area") == number(20.0)


def test_an_old_copy_of_a_table_brings_nothing_back(filled: Store, milled: Conditions) -> None:
    filled.amend("LTVO-001", executed={**milled, "hold_time": 3.5}, reason="log")
    filled.set_status("LTVO-001", Status.MEASURED)
    old = row(2, milled, id="LTVO-001", status=Status.PLANNED)
    result = filled.import_rows([old], prefix="LTVO", digest=None, action="add")
    assert result.unchanged == 1
    found = filled.experiment("LTVO-001")
    assert (found.status, found.executed["hold_time"]) == (Status.MEASURED, 3.5)


def test_a_table_can_report_a_failure(filled: Store, milled: Conditions) -> None:
    failed = row(2, milled, id="LTVO-002", status=Status.FAILED, failure="equipment")
    filled.import_rows([failed], prefix="LTVO", digest=None, action="add")
    assert (filled.experiment("LTVO-002").status, filled.experiment("LTVO-002").failure) == (
        Status.FAILED,
        "equipment",
    )


def test_a_store_in_memory_is_a_store(milled: Conditions) -> None:
    store = Store.in_memory()
    assert store.dataset() == Dataset()
    assert store.add([planned(milled)], prefix="M", action="add") == ["M-001"]
    assert len(store.dataset()) == 1
    assert Store.in_memory().dataset() == Dataset()
