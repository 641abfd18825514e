"""Ids of samples that others made are not free for experiments of one's own."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..datasets import ConditionValue, Dataset, Experiment, raise_all
from ..datasets.table_row import TableRow


def with_free_ids(rows: Iterable[TableRow], own: Dataset, sources: Mapping[str, Dataset]) -> list[TableRow]:
    """Rows of a table, unless one would silently take the place of a sample from the literature.

    A row that repeats such a sample, as the results of a campaign do, keeps the id as it is written there.

    Parameters
    ----------
    rows
        What is to be imported.
    own
        Experiments of the campaign itself, which rows may fill in.
    sources
        Literature by its entry in the campaign file.

    Raises
    ------
    InputError
        With one sentence for every id that belongs to another sample.
    """
    made = {experiment.id.casefold() for experiment in own.experiments}
    samples = {
        e.id.casefold(): (entry, e)
        for entry, data in reversed(list(sources.items()))
        for e in data.experiments
    }
    kept: list[TableRow] = []
    faults: list[str] = []
    for row in rows:
        key = (row.id or "").casefold()
        if key in made or key not in samples:
            kept.append(row)
            continue
        entry, sample = samples[key]
        if _repeats(row, sample):
            kept.append(replace(row, id=sample.id))
        else:
            faults.append(
                f"{row.where}: the id {row.id} is that of a sample from {entry}; give your sample another id"
            )
    raise_all(faults)
    return kept


def _repeats(row: TableRow, sample: Experiment) -> bool:
    if row.conditions is None or row.source != sample.source:
        return False
    stated = {**row.conditions, **row.executed}
    return stated.keys() == sample.executed.keys() and all(
        _same(value, sample.executed[name]) for name, value in stated.items()
    )


def _same(one: ConditionValue, other: ConditionValue) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other
