"""The sheet ``Results``: what was planned, and empty cells for what was executed and measured.

It has the form of the tables that `ovenbird add` reads: filled in, it is imported as it is.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from ...datasets import CategoricalParameter, FailureReason, Parameter, Response
from ...datasets.columns import executed_header, header_of
from ...planner.lab import Lab
from ...planner.timetable import SampleInPlan
from ...planner.week_plan import WeekPlan
from ..definition import Definition
from ..plan_parts import Part, parts, path
from .cells import fit_header, put, put_across, set_height, set_up_page, set_width
from .choices import offer
from .samples_sheet import shown

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_HEADER = 5
_YES_NO = ("yes", "no")


@dataclass(frozen=True, kw_only=True)
class _Block:
    """Columns that belong together, under a heading of their own."""

    heading: str
    headers: tuple[str, ...]
    widths: tuple[float, ...]


def fill_results_sheet(
    workbook: "Workbook", sheet: "Worksheet", plan: WeekPlan, definition: Definition
) -> None:
    """Write the sheet.

    Parameters
    ----------
    workbook, sheet
        Where to.
    plan, definition
        Which samples, and what is measured on them.
    """
    parameters = list(definition.space)
    responses = [response for response in definition.responses.values() if not response.is_derived]
    blocks = _blocks(parameters, responses, plan.samples)
    widths = [width for block in blocks for width in block.widths]
    for column, width in enumerate(widths, start=1):
        set_width(sheet, column, width)
    _put_title(sheet, plan, definition, len(widths))
    _put_header(sheet, blocks)
    lab = definition.lab or Lab()
    everything = parts(plan, lab)
    for row, sample in enumerate(plan.samples, start=_HEADER + 1):
        awaited = _awaited(path(sample.experiment, everything), lab, responses)
        _put_sample(sheet, row, sample, parameters, responses, awaited)
        set_height(sheet, row, 24)
    rows = range(_HEADER + 1, _HEADER + 1 + len(plan.samples))
    first_executed = 2 + len(parameters)
    for column, parameter in enumerate(parameters, start=first_executed):
        if isinstance(parameter, CategoricalParameter):
            offer(workbook, sheet, column, rows, parameter.values)
    for column, response in enumerate(responses, start=first_executed + len(parameters)):
        if response.is_yes_no:
            # Two powders of one sample may well be "yes; no".
            offer(workbook, sheet, column, rows, _YES_NO, strict=False)
    offer(workbook, sheet, len(widths) - 1, rows, get_args(FailureReason))
    set_up_page(sheet, _HEADER, 1, f"{definition.name}, week {plan.week}")


def _blocks(
    parameters: Sequence[Parameter], responses: Sequence[Response], samples: Sequence[SampleInPlan]
) -> list[_Block]:
    widths = tuple(_parameter_width(p, samples) for p in parameters)
    # What stands above the header must not read like a name of a column: none has a semicolon.
    return [
        _Block(heading="", headers=("id",), widths=(13.0,)),
        _Block(
            heading="planned; leave as it is",
            headers=tuple(header_of(p.name, p.unit) for p in parameters),
            widths=widths,
        ),
        _Block(
            heading="executed; only where it was not as planned",
            headers=tuple(executed_header(p) for p in parameters),
            widths=tuple(max(8.5, width) for width in widths),
        ),
        _Block(
            heading="measured; several values as 251; 248",
            headers=tuple(header_of(r.name, r.unit) for r in responses),
            widths=tuple(9.0 if r.is_yes_no else 13.0 for r in responses),
        ),
        _Block(heading="remarks; why it failed", headers=("failure", "note"), widths=(11.0, 32.0)),
    ]


def _parameter_width(parameter: Parameter, samples: Sequence[SampleInPlan]) -> float:
    texts = [str(value) for s in samples if (value := shown(s.conditions.get(parameter.name))) is not None]
    if isinstance(parameter, CategoricalParameter):
        texts += parameter.values
    return min(18.0, max([7.0, *(len(text) + 2.0 for text in texts)]))


def _put_title(sheet: "Worksheet", plan: WeekPlan, definition: Definition, n_columns: int) -> None:
    title = f"{definition.title or definition.name}; results of week {plan.week}"
    put_across(sheet, 1, 1, n_columns, title, bold=True, size=14)
    file = definition.path.name if definition.path is not None else "CAMPAIGN"
    how = (
        f"Fill in the white cells, save, and import the file as often as you like: ovenbird add {file} FILE; "
        "numbers as 255, ~250, >80 or <0.5; in pale grey cells nothing is expected. A failure is process if "
        "the conditions cannot work, equipment if it was not their fault."
    )
    put_across(sheet, 2, 1, n_columns, how)
    set_height(sheet, 3, 6)


def _put_header(sheet: "Worksheet", blocks: Sequence[_Block]) -> None:
    column = 1
    for block in blocks:
        last = column + len(block.headers) - 1
        for place in range(column, last + 1):
            put(
                sheet, _HEADER - 1, place, block.heading if place == column else None, bold=True, centred=True
            )
        if last > column:
            sheet.merge_cells(
                start_row=_HEADER - 1, start_column=column, end_row=_HEADER - 1, end_column=last
            )
        for place, header in enumerate(block.headers, start=column):
            put(
                sheet, _HEADER, place, header, bold=True, grey="heading", rotated=header not in ("id", "note")
            )
        column = last + 1
    set_height(sheet, _HEADER - 1, 30)
    fit_header(sheet, _HEADER)


def _awaited(way: Sequence[Part], lab: Lab, responses: Sequence[Response]) -> Collection[str]:
    """Responses that a sample gets on its way through the plan, and those that no step gives."""
    of_steps = {name for step in lab.steps for name in step.gives}
    to_come = {name for part in way for name in part.gives}
    return {r.name for r in responses if r.name in to_come or r.name not in of_steps}


def _put_sample(
    sheet: "Worksheet",
    row: int,
    sample: SampleInPlan,
    parameters: Sequence[Parameter],
    responses: Sequence[Response],
    awaited: Collection[str],
) -> None:
    put(sheet, row, 1, sample.experiment, bold=True, grey="filled", as_text=True)
    column = 2
    for parameter in parameters:
        planned = shown(sample.conditions.get(parameter.name))
        put(sheet, row, column, planned, grey="filled")
        column += 1
    for parameter in parameters:
        applies = sample.conditions.get(parameter.name) is not None
        put(sheet, row, column, grey=None if applies else "not_expected")
        column += 1
    for response in responses:
        put(sheet, row, column, grey=None if response.name in awaited else "not_expected")
        column += 1
    put(sheet, row, column)
    put(sheet, row, column + 1, as_text=True)
