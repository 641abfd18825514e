from dataclasses import replace

from ovenbird.datasets import Comparison, Dataset, Experiment, Measurement, QualifiedValue, Status


def experiment(id_: str, *history: Measurement, status: Status = Status.MEASURED) -> Experiment:
    return Experiment(
        id=id_, status=status, planned={"t": 700.0}, executed={"t": 710.0}, history=tuple(history)
    )


def capacity(value: float, **how: object) -> Measurement:
    return Measurement(response="capacity", value=QualifiedValue(value), **how)  # pyright: ignore[reportArgumentType]


def test_only_standing_values_count_but_history_keeps_all() -> None:
    e = experiment("A", capacity(1.0, superseded_by=2), capacity(2.0), capacity(3.0, void_reason="leak"))
    assert e.values("capacity") == (QualifiedValue(2.0),)
    assert len(e.history) == 3
    assert e.values("area") == ()


def test_results_are_to_come_for_what_is_suggested_planned_or_running() -> None:
    pending = [status for status in Status if experiment("A", status=status).is_pending]
    assert pending == [Status.SUGGESTED, Status.PLANNED, Status.RUNNING]


def test_a_comparison_knows_which_value_is_larger() -> None:
    assert Comparison(better="A", worse="B", response="r").larger == "A"
    turned = Comparison(better="A", worse="B", response="r", better_means="smaller")
    assert (turned.larger, turned.smaller) == ("B", "A")


def test_merging_keeps_the_first_of_two_experiments_with_one_id() -> None:
    statement = Comparison(better="A", worse="B", response="r")
    own = Dataset((experiment("A", capacity(1.0)),), (statement,))
    other = Dataset((experiment("A", capacity(2.0)), experiment("B")), (statement,))
    merged = own.merged([other])
    assert [e.id for e in merged.experiments] == ["A", "B"]
    assert merged.by_id["A"].values("capacity") == (QualifiedValue(1.0),)
    assert merged.comparisons == (statement,)


def test_the_fingerprint_changes_with_whatever_can_be_learned() -> None:
    first = experiment("A", capacity(1.0))
    base = Dataset((first,)).fingerprint
    changed = [
        Dataset((experiment("A", capacity(1.5)),)),
        Dataset((experiment("A", replace(capacity(1.0), value=QualifiedValue(1.0, "~"))),)),
        Dataset((replace(first, executed={"t": None}),)),
        Dataset((replace(first, status=Status.FAILED, failure="process"),)),
        Dataset((first,), (Comparison(better="A", worse="B", response="r"),)),
    ]
    assert base == Dataset((experiment("A", capacity(1.0)),)).fingerprint
    assert len({base, *(data.fingerprint for data in changed)}) == 6
