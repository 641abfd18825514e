"""Data from elsewhere that a campaign learns from and never writes: literature, earlier campaigns."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from .bundled import bundled_comparisons, bundled_table
from .comparison_table import read_comparisons
from .corrected_conditions import corrected
from .errors import InputError, NotFound, raise_all
from .experiment import Comparison, Dataset, Experiment, Measurement, Status
from .parameter_space import NOT_STATED, Conditions, ParameterSpace
from .responses import Response
from .store import Store
from .stored_units import units_of
from .table_row import TableRow
from .tables import TableContents, read_table

_BUNDLED = "bundled:"
_SQLITE = "sqlite:///"


def load_source(
    entry: str, folder: Path, space: ParameterSpace, responses: Mapping[str, Response]
) -> tuple[Dataset, list[str]]:
    """Load one entry of ``learn_from`` as far as the campaign can use it.

    Parameters
    ----------
    entry
        ``bundled:ltvo``, ``results.csv``, ``sqlite:///other.db`` or ``postgresql://...``.
    folder
        Folder of the campaign file, from which relative paths start.
    space, responses
        What the campaign knows; anything else in the source is left aside.

    Returns
    -------
    tuple
        The dataset, and one sentence for whatever was left out of it.

    Raises
    ------
    NotFound
        If the file does not exist.
    InputError
        If the entry is of an unknown kind, or the table has faults.
    StoreUnavailable
        If the other dataset cannot be read.
    """
    if entry.startswith(_BUNDLED):
        return _bundled(entry, space, responses)
    if entry.lower().endswith((".csv", ".xlsx", ".xls")) and "://" not in entry:
        contents = read_table(folder / entry, space, responses, lenient=True)
        dataset = Dataset(_experiments(contents, Path(entry).stem, space))
        return dataset, [*_unknown_columns(entry, contents), *contents.messages]
    if "://" in entry:
        return _other_dataset(entry, folder, space, responses)
    raise InputError(
        f"learn_from: '{entry}' is no source, allowed are bundled:NAME, a table such as results.csv, or a "
        "dataset such as sqlite:///other.db"
    )


def _bundled(
    entry: str, space: ParameterSpace, responses: Mapping[str, Response]
) -> tuple[Dataset, list[str]]:
    name = entry.removeprefix(_BUNDLED)
    contents = read_table(bundled_table(name), space, responses, lenient=True)
    experiments = _experiments(contents, name, space)
    file = bundled_comparisons(name)
    comparisons = read_comparisons(file) if file is not None else ()
    ids = {experiment.id for experiment in experiments}
    return Dataset(experiments, _usable(comparisons, ids, responses)), list(contents.messages)


def _unknown_columns(entry: str, contents: TableContents) -> list[str]:
    names = contents.unknown_columns
    return [f"{entry}: left aside what is no parameter or response here: {', '.join(names)}"] if names else []


def _usable(
    comparisons: Iterable[Comparison], ids: Collection[str], responses: Mapping[str, Response]
) -> tuple[Comparison, ...]:
    return tuple(c for c in comparisons if c.response in responses and c.better in ids and c.worse in ids)


def _experiments(contents: TableContents, stem: str, space: ParameterSpace) -> tuple[Experiment, ...]:
    experiments, faults = [], []
    for row in contents.rows:
        try:
            experiments.append(_from_row(row, stem, space))
        except InputError as error:
            faults += error.faults
    raise_all(faults)
    return tuple(experiments)


def _from_row(row: TableRow, stem: str, space: ParameterSpace) -> Experiment:
    # Nobody here waits for what others planned: what there is of it counts as measured.
    is_final = row.status in (Status.FAILED, Status.DROPPED)
    conditions = row.conditions or {}
    executed = conditions
    if row.executed:
        executed = corrected(conditions, row.executed, space, row.where, in_range=False)
    return Experiment(
        id=row.id or f"{stem}-row{row.number}",
        status=row.status if row.status is not None and is_final else Status.MEASURED,
        planned=conditions,
        executed=executed,
        source=row.source or stem,
        failure=row.failure,
        note=row.note,
        history=tuple(
            Measurement(response=response, value=value, replicate=replicate)
            for response, values in row.values.items()
            for replicate, value in enumerate(values, start=1)
        ),
    )


def _other_dataset(
    entry: str, folder: Path, space: ParameterSpace, responses: Mapping[str, Response]
) -> tuple[Dataset, list[str]]:
    url = entry
    if entry.startswith(_SQLITE):
        file = folder / entry.removeprefix(_SQLITE)
        if not file.exists():
            # A campaign's own dataset may be empty at first; one to learn from must be there.
            raise NotFound(f"learn_from: {file}: there is no such dataset")
        url = f"{_SQLITE}{file}"
    store = Store(url, units_of(space, responses))
    data, left_out = store.readable_dataset()
    label = Path(store.label).stem
    experiments, messages = [], [f"{fault}; the experiment is left out" for fault in left_out]
    for experiment in data.experiments:
        if experiment.is_pending and not experiment.measurements:
            continue
        try:
            experiments.append(_adapted(experiment, entry, label, space, responses, messages))
        except InputError as error:
            messages += [f"{fault}; the experiment is left out" for fault in error.faults]
    ids = {experiment.id for experiment in experiments}
    comparisons = _usable(data.comparisons, ids, responses)
    # Two labs may both have an LTVO-001: ids of other datasets say whose they are.
    return Dataset(
        tuple(replace(e, id=f"{label}:{e.id}") for e in experiments),
        tuple(replace(c, better=f"{label}:{c.better}", worse=f"{label}:{c.worse}") for c in comparisons),
    ), messages


def _adapted(
    experiment: Experiment,
    entry: str,
    label: str,
    space: ParameterSpace,
    responses: Mapping[str, Response],
    messages: list[str],
) -> Experiment:
    """The experiment in the words of this campaign; parameters that it does not have are left aside.

    What is "this lab" there is another lab here, and goes by the name of its dataset.
    """
    where = f"{entry} {experiment.id}"
    planned, executed = (_complete(c, where, space) for c in (experiment.planned, experiment.executed))
    history = []
    for measurement in experiment.measurements:
        response = responses.get(measurement.response)
        if response is None:
            continue
        try:
            response.check(measurement.value)
        except InputError as error:
            messages.append(f"{where}: {error}")
            continue
        history.append(measurement)
    return replace(
        experiment,
        status=Status.MEASURED if experiment.is_pending else experiment.status,
        source=label if experiment.is_own else experiment.source,
        planned=planned,
        executed=executed,
        forecast=None,
        history=tuple(history),
    )


def _complete(conditions: Conditions, where: str, space: ParameterSpace) -> Conditions:
    stated = {
        name: value
        for name, value in conditions.items()
        if name in space.by_name and value is not None and value is not NOT_STATED
    }
    return space.complete(stated, where, in_range=False)
