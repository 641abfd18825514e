"""The run sheet of a week as one file, written whole or not at all."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from ...datasets import InputError
from ...datasets.workbook import RESULTS
from ...planner.week_plan import WeekPlan
from ..definition import Definition
from .results_sheet import fill_results_sheet
from .samples_sheet import fill_samples_sheet
from .week_sheet import fill_week_sheet

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook


def write_run_sheet(plan: WeekPlan, definition: Definition, path: Path) -> None:
    """Write the run sheet of a week: what to do when, the samples, and empty cells for their results.

    Filled in, its sheet Results is a table that can be imported, several times while the week goes on.
    A file of that name is replaced, with whatever was filled in.

    Parameters
    ----------
    plan
        Finished, its samples with their ids.
    definition
        The campaign that it is for.
    path
        Where to write it (``.xlsx``).

    Raises
    ------
    InputError
        If it cannot be written there; nothing is changed then.
    """
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    week, samples, results = (workbook.create_sheet(name) for name in ("Week", "Samples", RESULTS))
    fill_week_sheet(workbook, week, plan, definition)
    fill_samples_sheet(samples, plan, definition)
    fill_results_sheet(workbook, results, plan, definition)
    _save(workbook, Path(path))


def _save(workbook: "Workbook", path: Path) -> None:
    """Put a complete file in place of what is there: a reader never sees half of one."""
    beside = path.parent / f".{path.name}.{uuid4().hex[:8]}.tmp"
    try:
        workbook.save(beside)
        beside.replace(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "; is it open in another program?" if isinstance(error, PermissionError) else ""
        raise InputError(f"{path}: cannot be written ({reason}){hint}") from error
    finally:
        with suppress(OSError, ValueError):
            beside.unlink()
