"""What people do: the timetable, runs by machine and programme, samples with their recipes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, time

from ....planner.lab import Lab
from ....planner.timetable import SampleInPlan
from ....planner.week_plan import WeekPlan
from ...plan_parts import Part, machine_of, parts, path
from ...plan_words import clock, day, day_in_week, headline, ids_in_short, role_in_words, when
from ...run_sheet.to_do import to_dos
from ..blocks import Block, Column, Group, Heading, Items, Paragraph, Picture, Row, Section, Table, table
from ..figures import gantt_figure
from ..week_summary import WeekSummary
from ..words import LONGEST_LIST, Words, plain

_NO_LAB = (
    "There is no timetable: the campaign file has no lab section. With one (machines, steps, opening hours) "
    "Ovenbird puts samples on machines and days; the command ovenbird new writes a file that shows how."
)
_NO_PLAN = (
    "Nothing is planned for this week. The command ovenbird plan chooses samples and puts them on machines "
    "and days."
)
_NO_CONTROL = (
    "The lab section names no control. The same conditions every week (control: in that section) would show "
    "whether the machines are what they were."
)


def do_this(summary: WeekSummary, words: Words) -> Section:
    """The week as it is carried out.

    Parameters
    ----------
    summary, words
        Finished, and its words.
    """
    plan, lab = summary.plan, summary.lab
    blocks: list[Block] = []
    if plan is None or lab is None:
        blocks += _without_plan(summary, words)
    else:
        everything = parts(plan, lab)
        if everything:
            blocks += _timetable(summary, plan, lab, words)
            blocks += _runs(plan, lab, everything, words)
        else:
            blocks.append(Paragraph(text="Nothing is to be done in this week.", kind="missing"))
        blocks += _samples(plan, lab, everything, words)
        blocks += _also(summary, plan, words)
    return Section(key="do-this", title="Do this", blocks=tuple(blocks))


def _without_plan(summary: WeekSummary, words: Words) -> Iterator[Block]:
    yield Paragraph(text=_NO_LAB if summary.lab is None else _NO_PLAN, kind="missing")
    if summary.suggestions:
        rows = (
            Row(cells=(words.sample(one.id or str(number)), words.settings(one.parameters)))
            for number, one in enumerate(summary.suggestions, 1)
        )
        columns = (Column(head="Sample", kind="name"), Column(head="Conditions"))
        yield table("What to make next, in order of choice", columns, rows)


def _timetable(summary: WeekSummary, plan: WeekPlan, lab: Lab, words: Words) -> Iterator[Block]:
    yield Heading(text="Timetable")
    groups = []
    for today, work in to_dos(plan, lab, words.printed_units).items():
        # The day stands above.
        known = f"{day_in_week(datetime.combine(today, time.min), plan.start)} "
        rows = [
            Row(
                cells=(
                    plain(one.time.removeprefix(known).replace(" - ", " – ")),
                    words.sentence(one.what),
                    plain(one.samples, LONGEST_LIST),
                )
            )
            for one in work
        ]
        groups.append(Group(title=day(today), rows=tuple(rows or [Row(cells=("", "nothing by hand", ""))])))
    columns = (Column(head="Time", kind="name", is_short=True), Column(head="What"), Column(head="Samples"))
    yield Table(caption="What people do, day by day", columns=columns, groups=tuple(groups))
    # The first sentence is the decision's, the last the bottleneck's.
    proof = [s for s in headline(plan)[1:] if plan.bottleneck is None or s != plan.bottleneck.sentence]
    for sentence in _not_yet_said(proof, summary):
        yield Paragraph(text=words.sentence(sentence))
    yield Picture(
        title="Timetable by machine and by sample",
        description="Each bar is a run or work by hand; the table of what people do says the same in words.",
        draw=lambda: gantt_figure(plan, lab, words.units),
        is_wide=True,
    )


def _runs(plan: WeekPlan, lab: Lab, everything: Sequence[Part], words: Words) -> Iterator[Block]:
    """Runs that samples share, by kind of machine and what it is set to."""
    groups: dict[tuple[str, str], list[Part]] = defaultdict(list)
    for name in [
        *lab.resources,
        *sorted({p.resource for p in everything if p.resource} - set(lab.resources)),
    ]:
        known = lab.resources.get(name)
        for part in everything:
            if part.resource == name and (
                len(part.samples) > 1 or (known is not None and known.takes_batches)
            ):
                groups[(name, words.settings(part.settings))].append(part)
    if not groups:
        return
    yield Heading(text="Runs by machine and programme")
    yield Table(
        caption="Runs that samples share: one programme a group",
        columns=(
            Column(head="Run", kind="name"),
            Column(head="Machine"),
            Column(head="Start", is_short=True),
            Column(head="Ready", is_short=True),
            Column(head="Emptied", is_short=True),
            Column(head="Samples"),
        ),
        groups=tuple(
            Group(
                title=_programme(name, settings, words),
                rows=tuple(_run(p, plan, lab, words) for p in members),
            )
            for (name, settings), members in groups.items()
        ),
    )


def _programme(resource: str, settings: str, words: Words) -> str:
    name = words.name(resource)
    return f"{name[:1].upper()}{name[1:]}: {settings}" if settings else f"{name[:1].upper()}{name[1:]}"


def _run(part: Part, plan: WeekPlan, lab: Lab, words: Words) -> Row:
    start, ready, emptied = (when(moment, plan.start) for moment in (part.start, part.ready, part.end))
    samples = plain(ids_in_short(part.samples), LONGEST_LIST)
    many = f"{samples} ({len(part.samples)})" if len(part.samples) > 1 else samples
    begun = "under way" if part.under_way else start
    cells = (plain(part.name), words.sentence(machine_of(part, lab)), begun, ready, emptied, many)
    return Row(cells=cells)


def _samples(plan: WeekPlan, lab: Lab, everything: Sequence[Part], words: Words) -> Iterator[Block]:
    if not plan.samples:
        return
    yield Heading(text="Samples")
    controls = [words.sample(sample.experiment) for sample in plan.samples if sample.role == "control"]
    if controls:
        which = "is the control" if len(controls) == 1 else "are the controls"
        yield Paragraph(text=f"{' and '.join(controls)} {which} of the week.", kind="important")
    elif lab.control is None:
        yield Paragraph(text=_NO_CONTROL, kind="missing")
    else:
        yield Paragraph(text="This plan has no control sample.", kind="missing")
    yield table(
        "Recipes, and the way of each sample through the lab",
        (Column(head="Sample", kind="name"), Column(head="Recipe"), Column(head="Way")),
        (_sample(sample, plan, lab, everything, words) for sample in plan.samples),
        note=_weighed_altogether(plan, words),
    )


def _sample(sample: SampleInPlan, plan: WeekPlan, lab: Lab, everything: Sequence[Part], words: Words) -> Row:
    steps = path(sample.experiment, everything)
    role = role_in_words(sample.role)
    if not role:
        under_way = any(part.under_way for part in steps)
        role = "new" if sample.is_new else "under way" if under_way else "planned before"
    recipe = [words.settings(sample.conditions)]
    if sample.grams:
        recipe.append(f"weigh {', '.join(_grams(name, grams) for name, grams in sample.grams.items())}")
    stops = any(d.experiment == sample.experiment and not d.goes_on for d in plan.decisions)
    way = tuple(_step(part, plan, lab, words) for part in steps)
    return Row(
        cells=(
            (words.sample(sample.experiment), plain(role)),
            tuple(recipe),
            way or ("stops here" if stops else "no step in this plan",),
        ),
        stands_out=sample.role == "control",
    )


def _grams(name: str, grams: float) -> str:
    # What is weighed is said as finely as it is weighed.
    return f"{plain(name, 80)} {grams:.4g}\N{NO-BREAK SPACE}g"


def _weighed_altogether(plan: WeekPlan, words: Words) -> str:
    totals: dict[str, float] = defaultdict(float)
    weighed = [sample for sample in plan.samples if sample.grams]
    for sample in weighed:
        for name, grams in sample.grams.items():
            totals[name] += grams
    if len(weighed) < 2:
        return ""
    return f"Weighed in altogether: {', '.join(_grams(name, grams) for name, grams in totals.items())}."


def _step(part: Part, plan: WeekPlan, lab: Lab, words: Words) -> str:
    """One step in short: run or machine, and when."""
    known = lab.resources.get(part.resource) if part.resource is not None else None
    where = ""
    if part.resource is not None:
        of = f" of {known.count}" if known is not None and known.count > 1 else ""
        places = f" ({len(part.machines)}{of})" if len(part.machines) > 1 else ""
        if known.takes_batches if known is not None else len(part.samples) > 1:
            where = f" {plain(part.name)}"
        elif known is None or known.count > 1:
            where = f" on {words.sentence(machine_of(part, lab))}{places}"
    start, end = when(part.start, plan.start), _until(part.start, part.end, plan)
    times = f"until {when(part.end, plan.start)}" if part.under_way else f"{start} – {end}"
    gate = f" (gate: {words.name(part.gate)})" if part.gate is not None else ""
    return f"{words.name(part.step)}{where}{gate}, {times}"


def _until(start: datetime, end: datetime, plan: WeekPlan) -> str:
    return clock(end) if end.date() == start.date() else when(end, plan.start)


def _also(summary: WeekSummary, plan: WeekPlan, words: Words) -> Iterator[Block]:
    """Gates, what holds the week up, changes and messages, as far as the decision has not said them."""
    for heading, sentences in (
        ("At the gates", [d.sentence for d in plan.decisions]),
        ("What holds the week up", [] if plan.bottleneck is None else [plan.bottleneck.sentence]),
        ("Changes against the plan before", plan.changes),
        ("Also", plan.messages),
    ):
        told = words.sentences(_not_yet_said(sentences, summary))
        if told:
            yield Heading(text=heading)
            yield Items(texts=told)


def _not_yet_said(sentences: Sequence[str], summary: WeekSummary) -> list[str]:
    said = (summary.decision.plan, *summary.decision.questions)
    return [sentence for sentence in sentences if not any(sentence in text for text in said)]
