"""The sheet ``Samples``: what each is made of, where it goes, what is expected of it and why it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...datasets import NOT_STATED, ConditionValue
from ...datasets.columns import header_of
from ...planner.lab import Lab
from ...planner.suggestion import Suggestion
from ...planner.timetable import SampleInPlan
from ...planner.week_plan import WeekPlan
from ...planner.wording import percent, rounded
from ..definition import Definition
from ..plan_parts import Part, parts, path
from ..plan_words import one_line, role_in_words
from .cells import fit_header, fit_height, put, put_across, set_up_page, set_width

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_GRAM_DIGITS = 4


@dataclass(frozen=True)
class _Column:
    """One column: its header, its width, and its cell for every sample."""

    header: str
    width: float
    cells: Sequence[str | float | None] = field(default=())
    rotated: bool = False


def fill_samples_sheet(sheet: "Worksheet", plan: WeekPlan, definition: Definition) -> None:
    """Write the sheet.

    Parameters
    ----------
    sheet
        Where to.
    plan, definition
        Which samples, and of which campaign.
    """
    columns = [column for column in _columns(plan, definition) if column.header == "id" or any(column.cells)]
    for number, column in enumerate(columns, start=1):
        set_width(sheet, number, column.width)
    title = f"{definition.title or definition.name}: samples of week {plan.week}"
    put_across(sheet, 1, 1, len(columns), title, bold=True, size=14)
    header = 3
    for number, column in enumerate(columns, start=1):
        put(sheet, header, number, column.header, bold=True, grey="heading", rotated=column.rotated)
        for row, cell in enumerate(column.cells, start=header + 1):
            put(sheet, row, number, cell, bold=number == 1, top=True)
    for row in range(header + 1, header + 1 + len(plan.samples)):
        fit_height(sheet, row)
    fit_header(sheet, header)
    set_up_page(sheet, header, 1, f"{definition.name}, week {plan.week}")


def _columns(plan: WeekPlan, definition: Definition) -> list[_Column]:
    samples = plan.samples
    everything = parts(plan, definition.lab or Lab())
    suggested = {suggestion.id: suggestion for suggestion in plan.suggestions}
    of = [suggested.get(sample.experiment) for sample in samples]
    precursors = dict.fromkeys(name for sample in samples for name in sample.grams)
    return [
        _Column("id", 13, [sample.experiment for sample in samples]),
        _Column("why it is made", 16, [role_in_words(sample.role) for sample in samples]),
        _Column("new or under way", 10, [_state(sample, plan, everything) for sample in samples]),
        *(
            _Column(
                header_of(parameter.name, parameter.unit),
                _condition_width([shown(s.conditions.get(parameter.name)) for s in samples]),
                [shown(s.conditions.get(parameter.name)) for s in samples],
                rotated=True,
            )
            for parameter in definition.space
        ),
        *(
            _Column(
                f"weigh in {name} [g]",
                9,
                [_grams(sample.grams.get(name)) for sample in samples],
                rotated=True,
            )
            for name in precursors
        ),
        _Column("goes into", 13, [_way(sample, everything) for sample in samples]),
        _Column("expected (90 % interval)", 36, [_forecast(s, definition) for s in of]),
        _Column("limits", 18, [_limits(s) for s in of]),
        _Column("reasons", 62, ["" if s is None else "\n".join(map(one_line, s.reasons)) for s in of]),
    ]


def shown(value: ConditionValue) -> str | float | None:
    """A condition as a cell holds it: empty where it does not apply, or nobody stated it."""
    return None if value is None or value is NOT_STATED else value


def _condition_width(cells: Sequence[str | float | None]) -> float:
    return min(20.0, max([7.0, *(len(str(cell)) + 2.0 for cell in cells if cell is not None)]))


def _grams(mass: float | None) -> float | None:
    return round(mass, _GRAM_DIGITS) if mass else None


def _state(sample: SampleInPlan, plan: WeekPlan, everything: Sequence[Part]) -> str:
    if sample.is_new:
        return "new"
    if any(d.experiment == sample.experiment and not d.goes_on for d in plan.decisions):
        return "stopped"
    if any(part.under_way for part in path(sample.experiment, everything)):
        return "under way"
    return "planned before"


def _way(sample: SampleInPlan, everything: Sequence[Part]) -> str:
    """Its steps in order, each with the run that it is in."""
    return "\n".join(f"{part.step} {part.name}".strip() for part in path(sample.experiment, everything))


def _forecast(suggestion: Suggestion | None, definition: Definition) -> str:
    if suggestion is None:
        return ""
    said = []
    for name, values in suggestion.forecast.items():
        if "probability" in values:
            said.append(f"{name}: yes with {percent(values['probability'])}")
            continue
        response = definition.responses.get(name)
        unit = response.unit if response is not None else None
        said.append(f"{name}: {_median(values)} {unit or ''}".rstrip())
    return "\n".join(said)


def _median(values: Mapping[str, float]) -> str:
    low, median, high = (rounded(values[part]) for part in ("low", "median", "high"))
    return f"{median} ({low} to {high})"


def _limits(suggestion: Suggestion | None) -> str:
    limits = {} if suggestion is None else suggestion.limits
    return "\n".join(f"{name}: {percent(probability)}" for name, probability in limits.items())
