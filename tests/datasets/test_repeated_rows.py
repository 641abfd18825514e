"""A file that is edited and imported again must not add its rows a second time."""

from dataclasses import replace

import pytest

from ovenbird.datasets import NOT_STATED, Conditions, InputError, QualifiedValue, Status
from ovenbird.datasets.store import NewExperiment, Store
from ovenbird.datasets.table_row import TableRow

VALUES = {"capacity": (QualifiedValue(251.0), QualifiedValue(248.0, "~"))}


@pytest.fixture
def filled(store: Store, milled: Conditions) -> Store:
    done = {**milled, "hold_time": NOT_STATED}
    made = NewExperiment(status=Status.MEASURED, planned=milled, executed=done, values=VALUES)
    store.add(
        [made, replace(made, planned={**milled, "hold_time": 5.0}, values={})], prefix="LTVO", action="add"
    )
    return store


def said(conditions: Conditions, **values: tuple[QualifiedValue, ...]) -> TableRow:
    return TableRow(where="results.csv row 2", number=2, conditions=conditions, values=values)


def test_a_row_that_says_again_what_is_known(filled: Store, milled: Conditions) -> None:
    before = (filled.dataset(), filled.events())
    for conditions in (milled, {**milled, "hold_time": NOT_STATED}):
        more = {
            "capacity": (*reversed(VALUES["capacity"]), QualifiedValue(3.0)),
            "area": (QualifiedValue(20.0),),
        }
        for values in (VALUES, more):
            with pytest.raises(InputError) as caught:
                filled.import_rows([said(conditions, **values)], prefix="LTVO", digest="d", action="add")
            assert caught.value.faults == (
                "results.csv row 2 says again what LTVO-001 says; write LTVO-001 into its column id, or leave the "
                "row out",
            )
    assert (filled.dataset(), filled.events()) == before


def test_a_row_that_says_something_else_is_added(filled: Store, milled: Conditions) -> None:
    rows = [
        said({**milled, "hold_time": 4.0}, **VALUES),
        said(milled, capacity=(QualifiedValue(251.0),)),
        said(milled, capacity=(QualifiedValue(251.0), QualifiedValue(248.0))),
        said(milled),
        said({**milled, "hold_time": 5.0}, **VALUES),
    ]
    assert len(filled.import_rows(rows, prefix="LTVO", digest="d", action="add").added) == len(rows)


def test_a_frame_adds_a_replicate_each_time(filled: Store, milled: Conditions) -> None:
    assert filled.import_rows([said(milled, **VALUES)], prefix="LTVO", digest=None, action="add").added
