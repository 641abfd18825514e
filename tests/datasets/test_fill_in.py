"""A table that is filled in bit by bit, and imported again each time."""

from collections.abc import Mapping

import pytest

from ovenbird.datasets import Conditions, Experiment, InputError, QualifiedValue, Status
from ovenbird.datasets.store import ImportResult, ImportTerms, NewExperiment, Store
from ovenbird.datasets.table_row import TableRow

Values = Mapping[str, tuple[QualifiedValue, ...]]
KNOWN = (QualifiedValue(251.0), QualifiedValue(248.0, "~"))


@pytest.fixture
def filled(store: Store, milled: Conditions) -> Store:
    """LTVO-001 with two capacities."""
    made = NewExperiment(status=Status.RUNNING, planned=milled, executed=milled, values={"capacity": KNOWN})
    store.add([made], prefix="LTVO", action="add")
    return store


def imported(store: Store, terms: ImportTerms | None = None, **columns: object) -> ImportResult:
    row: dict[str, object] = {"where": "plan.xlsx row 4", "number": 4, "id": "LTVO-001", **columns}
    rows = [TableRow(**row)]  # pyright: ignore[reportArgumentType]
    return store.import_rows(rows, prefix="LTVO", digest=None, action="import", terms=terms or ImportTerms())


def test_a_further_replicate_is_added(filled: Store) -> None:
    more = (QualifiedValue(239.5), *reversed(KNOWN), QualifiedValue(251.0))
    assert imported(filled, values={"capacity": more}).filled_in == ("LTVO-001",)
    measured = filled.experiment("LTVO-001").measurements
    assert [(m.replicate, str(m.value)) for m in measured] == [
        (1, "251"),
        (2, "~248"),
        (3, "239.5"),
        (4, "251"),
    ]
    assert imported(filled, values={"capacity": more}).unchanged == 1


@pytest.mark.parametrize("given", ["251", "251; 248", "252; ~248", "~251; ~248", "239; 251"])
def test_what_is_known_must_be_there(filled: Store, given: str) -> None:
    from ovenbird.datasets import parse_number

    values = {"capacity": tuple(map(parse_number, given.split("; ")))}
    with pytest.raises(InputError) as caught:
        imported(filled, values=values)
    assert caught.value.faults == (
        f"plan.xlsx row 4: capacity of LTVO-001 is 251; ~248, the table says {given}; to correct it, use "
        "ovenbird amend",
    )


@pytest.mark.parametrize("is_void", [True, False])
def test_an_old_copy_brings_no_value_back(filled: Store, is_void: bool) -> None:
    if is_void:
        filled.void("LTVO-001", response="capacity", reason="shorted")
    else:
        filled.amend("LTVO-001", values={"capacity": (QualifiedValue(240.0),)}, reason="typing error")
    standing = filled.experiment("LTVO-001").values("capacity")
    with pytest.raises(InputError) as caught:
        imported(filled, values={"capacity": (*standing, KNOWN[0]), "area": KNOWN})
    verb = "withdrawn" if is_void else "corrected"
    assert caught.value.faults == (
        f"plan.xlsx row 4: capacity 251 of LTVO-001 was {verb}; take it out of the table, or if it is a new "
        "measurement use ovenbird log",
    )
    assert imported(filled, values={"capacity": (*standing, QualifiedValue(230.0))}).filled_in
    assert filled.experiment("LTVO-001").values("capacity") == (*standing, QualifiedValue(230.0))


def test_a_campaign_says_when_an_experiment_is_measured(filled: Store) -> None:
    asked: list[tuple[Experiment, Values]] = []

    def status_after(experiment: Experiment, values: Values) -> Status | None:
        asked.append((experiment, values))
        return None if "area" in values else Status.MEASURED

    terms = ImportTerms(status_after=status_after)
    imported(filled, terms, note="nothing measured")
    assert not asked
    imported(filled, terms, values={"area": KNOWN}, executed={"hold_time": 4.0})
    assert filled.experiment("LTVO-001").status is Status.RUNNING
    assert asked[0][0].executed["hold_time"] == 4.0 and set(asked[0][1]) == {"area"}
    imported(filled, terms, values={"purity": (QualifiedValue(True),)})
    assert filled.experiment("LTVO-001").status is Status.MEASURED
    so_far = len(asked)
    imported(filled, terms, values={"mass": KNOWN})
    assert len(asked) == so_far


@pytest.mark.parametrize(
    ("said", "failure", "becomes"),
    [
        (Status.MEASURED, None, Status.MEASURED),
        (Status.FAILED, "process", Status.FAILED),
        (Status.DROPPED, None, Status.DROPPED),
        (Status.PLANNED, None, Status.RUNNING),
        (Status.RUNNING, None, Status.RUNNING),
    ],
)
def test_a_status_that_is_stated_wins(
    filled: Store, said: Status, failure: str | None, becomes: Status
) -> None:
    terms = ImportTerms(status_after=lambda experiment, values: Status.RUNNING)
    imported(filled, terms, values={"area": KNOWN}, status=said, failure=failure)
    assert filled.experiment("LTVO-001").status is becomes


def test_without_a_campaign_values_mean_measured(filled: Store) -> None:
    imported(filled, values={"area": KNOWN}, executed={"hold_time": 4.0})
    found = filled.experiment("LTVO-001")
    assert (found.status, found.executed["hold_time"]) == (Status.MEASURED, 4.0)
