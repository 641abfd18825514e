"""What has been made and measured in a campaign, and every way in which people add to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..datasets import (
    OWN_LAB,
    Comparison,
    Dataset,
    Experiment,
    FailureReason,
    InputError,
    NotFound,
    ParameterSpace,
    QualifiedValue,
    Status,
    listed,
    raise_all,
)
from ..datasets.corrected_conditions import corrected
from ..datasets.learn_from import load_source
from ..datasets.store import Event, ImportResult, ImportTerms, Store
from ..datasets.stored_units import units_of
from ..datasets.tables import frame_from_dataset, read_table, rows_from_frame
from ..planner.machine_bounds import machine_bounds
from ..planner.problem import Problem
from .definition import Definition
from .left_aside import left_aside
from .literature_ids import with_free_ids
from .present_terms import check_results, in_present_terms
from .status_changes import after_results, after_withdrawal
from .typed_arguments import id_text
from .typed_values import read_values

if TYPE_CHECKING:
    import pandas as pd


class CampaignRecords:
    """The records of a campaign: its own experiments, and those it may learn from.

    Parameters
    ----------
    definition
        What the campaign file says.
    dataset
        URL of the dataset that results go to; None: the one of the definition.
    """

    def __init__(self, definition: Definition, dataset: str | None = None) -> None:
        self.definition = definition
        self.store = Store(
            dataset or definition.dataset_url, units_of(definition.space, definition.responses)
        )

    @property
    def name(self) -> str:
        """Name of the campaign."""
        return self.definition.name

    @property
    def space(self) -> ParameterSpace:
        """The parameters."""
        return self.definition.space

    @cached_property
    def problem(self) -> Problem:
        """The campaign as the planner sees it."""
        d = self.definition
        return Problem(
            space=d.space,
            responses=d.responses,
            goal=d.goal,
            limits=d.limits,
            rules=(*d.rules, *(() if d.lab is None else machine_bounds(d.lab))),
            features=d.features,
            costs=d.costs,
            cost_limits=d.cost_limits,
        )

    def own_dataset(self) -> Dataset:
        """Experiments of this campaign's own dataset, in the terms of its present file.

        Raises
        ------
        InputError
            With one sentence for everything in them that the file no longer allows.
        """
        stored = self.store.dataset()
        experiments, faults = [], []
        for experiment in stored.experiments:
            try:
                experiments.append(self._adapted(experiment))
                check_results(experiment, self.definition.responses, self._place(experiment))
            except InputError as error:
                faults += error.faults
        raise_all(faults)
        return Dataset(tuple(experiments), stored.comparisons)

    @cached_property
    def _learned_from(self) -> tuple[tuple[Dataset, ...], tuple[str, ...]]:
        loaded = [
            load_source(entry, self.definition.folder, self.space, self.definition.responses)
            for entry in self.definition.learn_from
        ]
        return tuple(data for data, _ in loaded), tuple(m for _, messages in loaded for m in messages)

    @property
    def learn_from_messages(self) -> tuple[str, ...]:
        """What could not be used of the tables and datasets to learn from."""
        return self._learned_from[1]

    @property
    def dataset_messages(self) -> tuple[str, ...]:
        """What own experiments state in words that the campaign file does not know."""
        stored, responses = self.store.dataset().experiments, self.definition.responses
        return left_aside(stored, self.space.by_name, responses, self.store.label)

    def dataset(self) -> Dataset:
        """Everything that the campaign learns from: its own experiments, then literature."""
        return self.own_dataset().merged(self._learned_from[0])

    def results(self) -> "pd.DataFrame":
        """Own experiments and literature, one row an experiment."""
        return frame_from_dataset(self.dataset(), self.space, self.definition.responses)

    def experiment(self, experiment_id: str) -> Experiment:
        """One experiment, own or of the literature.

        Raises
        ------
        NotFound
            If there is none of that id.
        """
        known_id = id_text(experiment_id)
        literature = {e.id.casefold(): e for data in self._learned_from[0] for e in data.experiments}
        try:
            return self._adapted(self.store.experiment(known_id))
        except NotFound:
            if known_id.casefold() in literature:
                return literature[known_id.casefold()]
            raise

    def events(self, experiment_id: str | None = None) -> tuple[Event, ...]:
        """What was done, oldest first, to one own experiment or to all."""
        return self.store.events(None if experiment_id is None else id_text(experiment_id))

    def _adapted(self, experiment: Experiment) -> Experiment:
        return in_present_terms(experiment, self.space, self._place(experiment))

    def _place(self, experiment: Experiment) -> str:
        return f"{self.store.label} {experiment.id}"

    def add(self, table: "pd.DataFrame | str | Path") -> list[str]:
        """Import experiments and results from a DataFrame, an Excel workbook or a CSV file.

        Of a workbook the sheet Results is read, or if there is none the first that holds anything.

        Returns
        -------
        list of str
            Ids of the experiments that were added or filled in, in the order of the rows; a file that was
            imported before gives none.

        Raises
        ------
        NotFound, InputError, StoreUnavailable
            With one sentence for every fault; nothing is changed then.
        """
        result = self.import_table(table)
        changed = {*result.added, *result.filled_in}
        return [id_ for id_ in result.ids if id_ in changed]

    def import_table(self, table: "pd.DataFrame | str | Path") -> ImportResult:
        """Import like `add`, and say what became of every row.

        Raises
        ------
        NotFound, InputError, StoreUnavailable
            As for `add`.
        """
        import pandas as pd

        if isinstance(table, str | Path):
            contents = read_table(Path(table), self.space, self.definition.responses)
            action = f"import {Path(table).name}"
        elif isinstance(table, pd.DataFrame):
            contents = rows_from_frame(table, self.space, self.definition.responses)
            action = "import DataFrame"
        else:
            got = "None" if table is None else type(table).__name__
            raise InputError(f"expected a DataFrame or the path of a CSV or Excel file, got {got}")
        rows = [row if row.source else replace(row, source=OWN_LAB) for row in contents.rows]
        sources = dict(zip(self.definition.learn_from, self._learned_from[0], strict=True))
        rows = with_free_ids(rows, self.store.dataset(), sources)
        return self.store.import_rows(
            rows,
            prefix=self.definition.id_prefix,
            digest=contents.digest,
            action=action,
            terms=ImportTerms(space=self.space, status_after=self._after_import),
        )

    def _after_import(
        self, experiment: Experiment, values: Mapping[str, Sequence[QualifiedValue]]
    ) -> Status | None:
        if not experiment.is_own:
            return Status.MEASURED
        return after_results(self.problem, self._adapted(experiment), values)

    def log(
        self,
        experiment_id: str,
        values: Mapping[str, object] | None = None,
        *,
        note: str = "",
        **more_values: object,
    ) -> None:
        """Record results of an experiment, as many as there are by now.

        Parameters
        ----------
        experiment_id
            Id of an own experiment.
        values, **more_values
            By response: ``255``, ``"~20"``, ``True``, ``[251, 248]``...
        note
            A remark.

        Raises
        ------
        NotFound, InputError, StoreUnavailable
            If the experiment or a response is unknown or a value wrong; nothing is changed then.
        """
        known = self._own(experiment_id)
        if not isinstance(values, Mapping | None):
            raise InputError(
                f"{known.id}: values are given by response, such as area=255, got {type(values).__name__}"
            )
        typed = read_values({**(values or {}), **more_values}, self.definition.responses, known.id)
        status = after_results(self.problem, known, typed)
        self.store.record(known.id, typed, note=note, status=status)

    def compare(self, *, better: str, worse: str, response: str, note: str = "") -> bool:
        """State that one experiment beats another in a response, without numbers.

        Better means smaller where the goal minimises the response or a limit bounds it from above, else
        larger.

        Returns
        -------
        bool
            Whether the statement is new.

        Raises
        ------
        NotFound, InputError
            If an experiment or the response is unknown, or the response is computed or has a target.
        """
        self._check_comparable(response)
        statement = Comparison(
            better=id_text(better),
            worse=id_text(worse),
            response=response,
            better_means=self.better_means(response),
            source=OWN_LAB,
            note=note,
        )
        return self.store.compare(statement, known_ids=self._literature_ids)

    def _check_comparable(self, response: str) -> None:
        responses, objective = self.definition.responses, self.definition.goal.on(response)
        measured = [name for name, r in responses.items() if not r.is_derived]
        if not isinstance(response, str) or response not in responses:
            raise InputError(f"unknown response '{response}', allowed are {listed(measured)}")
        if responses[response].is_derived:
            sources = responses[response].sources
            raise InputError(
                f"{response} is computed from {' and '.join(sources)}; compare {listed(sources)}"
            )
        if objective is not None and objective.target is not None:
            raise InputError(
                f"{response} has the target {objective.target:g}: with a target it is not clear which of "
                "two is better; log values instead, rough ones as ~20"
            )

    def better_means(self, response: str) -> Literal["larger", "smaller"]:
        """Whether more or less of a response is better in this campaign."""
        objective = self.definition.goal.on(response)
        if objective is not None:
            return "smaller" if objective.sense == "minimise" else "larger"
        sides = {limit.side for limit in self.definition.limits if limit.response == response}
        return "smaller" if sides == {"at_most"} else "larger"

    def fail(self, experiment_id: str, *, reason: FailureReason, note: str = "") -> None:
        """Say that an experiment failed: ``process`` teaches feasibility, ``equipment`` nothing.

        Raises
        ------
        NotFound, InputError, StoreUnavailable
            If the experiment is unknown or the reason is neither.
        """
        if reason not in ("process", "equipment"):
            raise InputError(f"reason is '{reason}', allowed are process or equipment")
        self.store.set_status(self._own(experiment_id).id, Status.FAILED, failure=reason, note=note)

    def drop(self, experiment_id: str, *, note: str = "") -> None:
        """Say that a planned experiment will not be made.

        Raises
        ------
        NotFound, InputError, StoreUnavailable
            If the experiment is unknown, or has results.
        """
        known = self._own(experiment_id)
        if known.measurements:
            raise InputError(
                f"{known.id} has results, so it was made; withdraw them with ovenbird void if they are wrong"
            )
        self.store.set_status(known.id, Status.DROPPED, note=note)

    def void(self, experiment_id: str, *, response: str | None = None, reason: str) -> None:
        """Withdraw the values of a response (None: of all); they stay in the history.

        Raises
        ------
        NotFound, InputError, StoreUnavailable
            If there is nothing to withdraw.
        """
        known = self._own(experiment_id)
        status = after_withdrawal(self.problem, known, response)
        self.store.void(known.id, response=response, reason=reason, status=status)

    def amend(
        self,
        experiment_id: str,
        corrections: Mapping[str, object] | None = None,
        *,
        reason: str,
        **more_corrections: object,
    ) -> None:
        """Correct results, or conditions as they were really executed; the old ones stay in the history.

        Parameters
        ----------
        experiment_id
            Id of an own experiment.
        corrections, **more_corrections
            New values by response or parameter; None for a parameter that does not apply.
        reason
            Why.

        Raises
        ------
        NotFound, InputError, StoreUnavailable
            If a name is unknown or a value wrong; nothing is changed then.
        """
        known = self._own(experiment_id)
        given = {**(corrections or {}), **more_corrections}
        conditions = {name: value for name, value in given.items() if name in self.space.by_name}
        results = {name: value for name, value in given.items() if name not in conditions}
        values = read_values(results, {**self.definition.responses}, known.id) if results else None
        executed = None
        if conditions:
            stored = self.store.experiment(known.id).executed
            executed = corrected(stored, conditions, self.space, known.id)
        self.store.amend(known.id, values=values, executed=executed, reason=reason)

    @property
    def _literature_ids(self) -> list[str]:
        return [e.id for data in self._learned_from[0] for e in data.experiments]

    def _own(self, experiment_id: str) -> Experiment:
        known_id = id_text(experiment_id)
        try:
            return self._adapted(self.store.experiment(known_id))
        except NotFound:
            named = next((id_ for id_ in self._literature_ids if id_.casefold() == known_id.casefold()), None)
            if named is not None:
                raise InputError(
                    f"{named} comes from {listed(self.definition.learn_from)}, which is read-only; "
                    "only experiments of this campaign can be changed"
                ) from None
            raise
