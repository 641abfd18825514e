"""Comparisons as a table of their own: better, worse, response, better_means, basis, source, note."""

import csv
import io
from importlib.resources.abc import Traversable
from pathlib import Path

from .errors import InputError, raise_all
from .experiment import Comparison

_NEEDED = ("better", "worse", "response")


def read_comparisons(file: Path | Traversable) -> tuple[Comparison, ...]:
    """Read every comparison of a CSV file; its basis and its place in the source open the note.

    Raises
    ------
    InputError
        If a column is missing, or a cell says what it cannot.
    """
    reader = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline=""))
    missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    raise_all([f"{file.name}: the column {name} is missing" for name in missing])
    comparisons, faults = [], []
    for number, row in enumerate(reader, start=2):
        direction = (row.get("better_means") or "larger").strip()
        if direction not in ("larger", "smaller"):
            faults.append(
                f"{file.name} row {number}: better_means is '{direction}', allowed are larger or smaller"
            )
            continue
        source, _, place = (part.strip() for part in (row.get("source") or "").partition(";"))
        remarks = (row.get("basis"), place, row.get("note"))
        comparisons.append(
            Comparison(
                better=row["better"],
                worse=row["worse"],
                response=row["response"],
                better_means=direction,
                source=source,
                note="; ".join(text for text in remarks if text),
            )
        )
    if faults:
        raise InputError(*faults)
    return tuple(comparisons)
