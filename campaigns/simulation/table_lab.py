"""A fully measured table as a laboratory: only its rows can be made, and give what stands in them."""

from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd

from ...datasets import InputError, QualifiedValue
from ...datasets.tables import read_table, rows_from_frame
from ...models.evidence import PROCESS_WORKS
from ..definition import Definition
from .labs import Lab, digest


@dataclass(frozen=True)
class TableLabs:
    """The same table for every number of a laboratory.

    Attributes
    ----------
    conditions
        What can be made, one row each.
    results
        Mean of what was measured; 1 and 0 for yes and no; NaN where nothing was measured.
    yes_no
        Which of them are yes or no.
    """

    conditions: pd.DataFrame
    results: pd.DataFrame
    yes_no: tuple[str, ...]
    n_enumerated = 0

    @classmethod
    def read(cls, table: pd.DataFrame | Path, definition: Definition) -> "TableLabs":
        """Read a table in the form that chemists type.

        Raises
        ------
        NotFound, InputError
            If the table has faults, or has no rows.
        """
        space, responses = definition.space, definition.responses
        contents = (
            read_table(table, space, responses)
            if isinstance(table, Path)
            else rows_from_frame(table, space, responses)
        )
        what = table.name if isinstance(table, Path) else "DataFrame"
        rows = [row for row in contents.rows if row.conditions is not None and row.failure != "equipment"]
        if not rows:
            raise InputError(f"{what}: a table to choose from needs at least one row with conditions")
        conditions = pd.DataFrame([row.conditions for row in rows], columns=list(space.names))
        measured = [name for name, response in responses.items() if not response.is_derived]
        results = pd.DataFrame(
            [{name: _mean(row.values.get(name, ())) for name in measured} for row in rows], columns=measured
        ).astype(float)
        results[PROCESS_WORKS] = [0.0 if row.failure == "process" else 1.0 for row in rows]
        return cls(conditions, results, tuple(name for name in measured if responses[name].is_yes_no))

    @property
    def fingerprint(self) -> str:
        """Of the table."""
        return digest("table", self.conditions.to_csv(), self.results.to_csv())

    def draw(self, number: int) -> Lab:
        """The table, whatever the number."""
        return TableLab(self.conditions, self.results, self.yes_no)


@dataclass(frozen=True)
class TableLab:
    """The rows of a table; conditions handed to it must carry their index labels."""

    candidates: pd.DataFrame
    results: pd.DataFrame
    yes_no: tuple[str, ...]

    def truth(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What was measured."""
        return self.results.loc[frame.index]

    def measure(self, frame: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
        """What was measured, in the form that `Campaign.add` takes; nothing scatters."""
        table, results = frame.copy(), self.results.loc[frame.index]
        for name in results.columns.drop(PROCESS_WORKS):
            table[name] = results[name]
        for name in self.yes_no:
            table[name] = ["" if x != x else "yes" if x >= 0.5 else "no" for x in results[name]]
        works = results[PROCESS_WORKS] > 0
        table["failure"] = np.where(works, "", "process")
        return table


def _mean(values: tuple[QualifiedValue, ...]) -> float:
    return fmean(float(value.value) for value in values) if values else np.nan
