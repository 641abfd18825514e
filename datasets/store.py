"""Where experiments are kept: every write is one transaction, and nothing is ever overwritten."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection, select

from . import schema
from .database import open_database
from .errors import InputError, NotFound, no_experiment, raise_all
from .experiment import Comparison, Dataset, Experiment, FailureReason, Status
from .fill_in import ImportTerms
from .parameter_space import Conditions
from .qualified_value import QualifiedValue, join_replicates
from .records import Event, NewExperiment, read_comparisons, read_dataset, read_events, read_experiments
from .schema import unkept_numbers
from .stored_units import PresentUnits, Units, plain_conditions
from .table_import import ImportResult, import_rows, repeated_ids
from .table_row import TableRow
from .writes import (
    Stamp,
    append_values,
    change_experiment,
    change_status,
    failure_faults,
    in_words,
    insert_all,
    joined,
    stamp,
    supersede,
    taken_ids,
    withdraw,
    write_comparison,
    write_event,
)

__all__ = ["Event", "ImportResult", "ImportTerms", "NewExperiment", "Store", "TableRow"]

Values = Mapping[str, Sequence[QualifiedValue]]
_Result = TypeVar("_Result")

_NO_TERMS = ImportTerms()


class Store:
    """A dataset that can be written, by several programs at a time.

    Opening a store touches nothing: a file that does not exist reads as an empty dataset, and the
    first write makes it. Experiments, measurements and events are never deleted.

    Parameters
    ----------
    url
        ``sqlite:///ltvo.db``, ``postgresql://user@host/name``, or ``sqlite://`` for memory.
    units
        Present unit of every number by parameter or response, None for a bare number: numbers are written
        in it, and those written in another are converted to it. Numbers of other names stay as they are.

    Raises
    ------
    InputError
        If the address is malformed or of an unknown kind.
    """

    def __init__(self, url: str, units: Units | None = None) -> None:
        self._database = open_database(url)
        self._units = PresentUnits(self._database.label, dict(units or {}))

    @classmethod
    def in_memory(cls) -> "Store":
        """A store that is forgotten with the program."""
        return cls("sqlite://")

    @property
    def label(self) -> str:
        """What people call it (``ltvo.db``)."""
        return self._database.label

    def dataset(self) -> Dataset:
        """Everything that is known, in the order in which it was added.

        Raises
        ------
        InputError
            With one sentence for every number whose unit does not convert to the present one.
        """
        with self._database.reading() as connection:
            return Dataset() if connection is None else read_dataset(connection, self._units)

    def readable_dataset(self) -> tuple[Dataset, list[str]]:
        """Read what can be had in the present units, with a sentence for every number that cannot.

        Experiments with such a number are left out.
        """
        left_out: list[str] = []
        with self._database.reading() as connection:
            data = Dataset() if connection is None else read_dataset(connection, self._units, left_out)
        return data, left_out

    def experiment(self, experiment_id: str) -> Experiment:
        """One experiment, by its id in capital or small letters.

        Raises
        ------
        NotFound
            If there is none of that id.
        """
        with self._database.reading() as connection:
            return self._find(connection, experiment_id)

    def events(self, experiment_id: str | None = None) -> tuple[Event, ...]:
        """What was done, oldest first: to one experiment, or to all of the dataset.

        Raises
        ------
        NotFound
            If there is no experiment of that id.
        """
        with self._database.reading() as connection:
            known_id = None if experiment_id is None else self._find(connection, experiment_id).id
            return () if connection is None else read_events(connection, known_id)

    def add(self, experiments: Sequence[NewExperiment], *, prefix: str, action: str) -> list[str]:
        """Add experiments and return their ids.

        Parameters
        ----------
        experiments
            What to add; those without an id are given the next free one.
        prefix
            Beginning of fresh ids: ``LTVO`` gives ``LTVO-001``.
        action
            What the events call it.

        Raises
        ------
        InputError
            If an id stands twice or is taken, or a failure and its status do not agree.
        """
        faults = repeated_ids([(f"experiment {i}", new.id) for i, new in enumerate(experiments, start=1)])
        for i, new in enumerate(experiments, start=1):
            faults += failure_faults(f"experiment {i}", new.status, new.failure)
            faults += unkept_numbers(f"experiment {i}", new.planned, new.executed)
            if new.id is not None and not new.id.strip():
                faults.append(f"experiment {i}: the id is empty")
        raise_all(faults)
        if not experiments:
            return []
        with self._database.writing() as connection:
            taken = taken_ids(connection)
            raise_all(
                [
                    f"the id {new.id} is taken in {self.label}; leave the id away to get a fresh one"
                    for new in experiments
                    if new.id is not None and new.id.casefold() in taken
                ]
            )
            return insert_all(connection, experiments, prefix, action, self._by())

    def record(
        self, experiment_id: str, values: Values, *, note: str = "", status: Status | None = None
    ) -> None:
        """Append measurements, as further replicates where there are some already.

        Raises
        ------
        NotFound
            If there is no experiment of that id.
        InputError
            If there is nothing to record.
        """
        if not any(values.values()) and status is None and not note:
            raise InputError(f"{experiment_id}: there is no value to record")
        if status is Status.FAILED:
            raise InputError(f"{experiment_id}: a failure needs its reason; use ovenbird fail")
        self._refuse_if_absent(experiment_id)
        with self._database.writing() as connection:
            known, by = self._find(connection, experiment_id), self._by()
            append_values(connection, known, values, by, note)
            detail: dict[str, object] = {"values": in_words(values), "note": note}
            detail |= change_status(connection, known, status)
            if note and not any(values.values()):
                change_experiment(connection, known, note=joined(known.note, note))
            write_event(connection, by, "log", known.id, detail)

    def amend(
        self,
        experiment_id: str,
        *,
        values: Values | None = None,
        executed: Conditions | None = None,
        reason: str,
    ) -> None:
        """Correct values or executed conditions; what stood there before stays in the history.

        The `values` of a response replace all its standing ones; `executed` are the conditions as
        they really were.

        Raises
        ------
        NotFound
            If there is no experiment of that id.
        InputError
            If there is no reason, or nothing to correct.
        """
        corrections = dict(values or {})
        faults = [f"{experiment_id}: a correction needs a reason"] if not reason.strip() else []
        if not corrections and executed is None:
            faults.append(f"{experiment_id}: there is nothing to correct")
        faults += [
            f"{experiment_id}: no new value of {response} is given; to withdraw it, use ovenbird void"
            for response, replicates in corrections.items()
            if not replicates
        ]
        faults += unkept_numbers(experiment_id, executed or {})
        raise_all(faults)
        self._refuse_if_absent(experiment_id)
        with self._database.writing() as connection:
            known, by = self._find(connection, experiment_id), self._by()
            raise_all(
                [
                    f"{known.id} has no {response} that could be corrected; use ovenbird log"
                    for response in corrections
                    if not known.values(response)
                ]
            )
            detail: dict[str, object] = {"reason": reason}
            if corrections:
                detail |= {"values": in_words(corrections)}
                detail |= {
                    "values_before": {name: join_replicates(known.values(name)) for name in corrections}
                }
            for response, replicates in corrections.items():
                supersede(connection, known, response, replicates, by, reason)
            if executed is not None:
                detail |= {"executed": plain_conditions(executed)}
                detail |= {"executed_before": plain_conditions(known.executed)}
                change_experiment(connection, known, executed=self._units.stored_conditions(executed))
            write_event(connection, by, "amend", known.id, detail)

    def void(
        self, experiment_id: str, *, response: str | None = None, reason: str, status: Status | None = None
    ) -> None:
        """Withdraw the standing values of one response, or of all.

        Parameters
        ----------
        experiment_id
            Id of the experiment.
        response
            The response, or None for all.
        reason
            Why.
        status
            Where the experiment stands without them, or None: where it stood.

        Raises
        ------
        NotFound
            If there is no experiment of that id.
        InputError
            If there is no reason, or no value to withdraw.
        """
        if status is Status.FAILED:
            raise InputError(f"{experiment_id}: a failure needs its reason; use ovenbird fail")
        if not reason.strip():
            raise InputError(f"{experiment_id}: to withdraw a value, give a reason")
        self._refuse_if_absent(experiment_id)
        with self._database.writing() as connection:
            known, by = self._find(connection, experiment_id), self._by()
            standing = [m for m in known.measurements if response in (None, m.response)]
            if not standing:
                raise InputError(f"{known.id} has no {response or 'value'} that could be withdrawn")
            withdraw(connection, standing, reason)
            withdrawn = {
                m.response: join_replicates(s.value for s in standing if s.response == m.response)
                for m in standing
            }
            detail: dict[str, object] = {"reason": reason, "withdrawn": withdrawn}
            detail |= change_status(connection, known, status)
            write_event(connection, by, "void", known.id, detail)

    def set_status(
        self, experiment_id: str, status: Status, *, failure: FailureReason | None = None, note: str = ""
    ) -> None:
        """Say where an experiment stands.

        Raises
        ------
        NotFound
            If there is no experiment of that id.
        InputError
            If it failed and the reason is missing, or the other way round.
        """
        raise_all(failure_faults(experiment_id, status, failure))
        self._refuse_if_absent(experiment_id)
        with self._database.writing() as connection:
            known, by = self._find(connection, experiment_id), self._by()
            change_experiment(
                connection, known, status=status.value, failure=failure, note=joined(known.note, note)
            )
            detail = {"status_before": known.status.value, "failure": failure, "note": note}
            write_event(connection, by, status.value, known.id, detail)

    def compare(self, comparison: Comparison, *, known_ids: Collection[str] = ()) -> bool:
        """Keep a comparison; one that is already there adds nothing.

        Parameters
        ----------
        comparison
            The statement.
        known_ids
            Experiments outside the store (literature) that it may name.

        Returns
        -------
        bool
            Whether the statement is new.

        Raises
        ------
        NotFound
            If one of the two experiments is nowhere.
        InputError
            If an experiment is compared with itself.
        """
        data = self.dataset()
        ids = {id_.casefold(): id_ for id_ in [*known_ids, *(e.id for e in data.experiments)]}
        for id_ in (comparison.better, comparison.worse):
            if id_.casefold() not in ids:
                raise self._not_found(id_, [*data.by_id, *known_ids])
        better, worse = ids[comparison.better.casefold()], ids[comparison.worse.casefold()]
        if better == worse:
            raise InputError(f"{better} cannot be compared with itself")
        statement = replace(comparison, better=better, worse=worse)
        with self._database.writing() as connection:
            if statement.meaning in [known.meaning for known in read_comparisons(connection)]:
                return False
            write_comparison(connection, statement, self._by())
            return True

    def import_rows(
        self,
        rows: Sequence[TableRow],
        *,
        prefix: str,
        digest: str | None,
        action: str,
        terms: ImportTerms = _NO_TERMS,
    ) -> ImportResult:
        """Take over the rows of a table: all of them, or none if one is wrong.

        A row with the id of a known experiment fills in what is new; any other row adds one.

        Parameters
        ----------
        rows
            Rows as the table reader gives them.
        prefix
            Beginning of fresh ids.
        digest
            Digest of the table, so that the same table adds nothing the second time; None for a
            DataFrame, whose rows without ids are new each time.
        action
            What the events call it.
        terms
            What a campaign knows of its experiments; without it, what has values counts as measured.

        Raises
        ------
        InputError
            With one sentence for every row that contradicts what is known.
        """
        return import_rows(self._database, self._units, rows, prefix, digest, action, terms)

    def in_one_transaction(self, write: Callable[[Connection, Stamp], _Result]) -> _Result:
        """Carry out several writes that belong together: all of them, or none if one fails."""
        with self._database.writing() as connection:
            return write(connection, self._by())

    def _by(self) -> Stamp:
        return stamp(self._units)

    def _refuse_if_absent(self, experiment_id: str) -> None:
        if self._database.is_absent:
            raise self._not_found(experiment_id, ())

    def _find(self, connection: Connection | None, experiment_id: str) -> Experiment:
        if connection is None:
            raise self._not_found(experiment_id, ())
        found = read_experiments(connection, self._units, experiment_id.strip().casefold())
        if not found:
            ids = connection.execute(select(schema.experiment.c.id).order_by(schema.experiment.c.number))
            raise self._not_found(experiment_id, list(ids.scalars()))
        return found[0]

    def _not_found(self, experiment_id: str, ids: Sequence[str]) -> NotFound:
        return no_experiment(experiment_id, self.label, ids)
