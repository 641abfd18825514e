"""Random labs, samples on their way through them, and horizons, for property tests of timetables."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from hypothesis import strategies as st

from ovenbird.planner.lab import Absence, Calendar, Closure, Lab, Outage, Resource, Step
from ovenbird.planner.lab_sample import Horizon, LabSample, UnderWay

from .timetable_checker import QUARTER, applies, before, duration, fits, open_spans

Conditions = dict[str, float | str | None]
MONDAY, MINUTE = datetime(2026, 11, 23), timedelta(minutes=1)
MILLED: Mapping[str, tuple[str, ...]] = {"milling": ("planetary",)}
MACHINES = ("furnace", "mill", "diffractometer", "cycler")
SHARES: tuple[tuple[str, ...], ...] = (
    (),
    ("temperature",),
    ("temperature", "hold"),
    ("speed", "time"),
    ("milling", "hold"),
)
OPENINGS = (
    (tuple(range(7)), time.min, time.max),  # 24 h
    (tuple(range(5)), time.min, time.max),
    (tuple(range(5)), time(9), time(18)),
    (tuple(range(5)), time(9), time(18)),
    (tuple(range(6)), time(9, 10), time(16, 50)),  # not on quarter hours
    ((0, 2, 4), time(8), time(11)),
    (tuple(range(7)), time(15), time.max),  # until midnight, and no further
    (tuple(range(7)), time.min, time(7, 30)),
)


def _moments(first_day: int = 0, last_day: int = 6) -> st.SearchStrategy[datetime]:
    return st.builds(
        lambda day, hour: MONDAY + timedelta(days=day, hours=hour),
        st.integers(first_day, last_day),
        st.sampled_from([0, 6, 9, 10, 12, 15, 17]),
    )


@st.composite
def _absences(draw: st.DrawFn) -> Absence:
    start = draw(_moments())
    hours = draw(st.sampled_from([0.5, 2, 9, 24, 72]))
    return Absence(start=start, end=start + timedelta(hours=hours), people=draw(st.integers(1, 2)))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar | None:
    if draw(st.integers(0, 5)) == 0:
        return None
    days, opens, closes = draw(st.sampled_from(OPENINGS))
    closures: tuple[Closure, ...] = ()
    if draw(st.integers(0, 3)) == 0:
        first = MONDAY.date() + timedelta(days=draw(st.integers(0, 6)))
        closures = (Closure(first=first, last=first + timedelta(days=draw(st.integers(0, 2)))),)
    people = draw(st.sampled_from([None, 1, 1, 2, 3]))
    away = draw(st.lists(_absences(), max_size=2)) if people is not None else []
    return Calendar(
        days=days, opens=opens, closes=closes, closures=closures, people=people, absences=tuple(away)
    )


@st.composite
def resources(draw: st.DrawFn, name: str) -> Resource:
    batches = draw(st.integers(0, 2)) > 0
    count = draw(st.sampled_from([1, 1, 2, 3]))
    down = st.builds(
        lambda start, hours, n: Outage(start=start, end=start + timedelta(hours=hours), count=n),
        _moments(),
        st.sampled_from([1, 8, 24, 60]),
        st.integers(1, count),
    )
    return Resource(
        name=name,
        count=count,
        slots=draw(st.sampled_from([2, 3, 4, 4, 1])) if batches else 1,
        shares=draw(st.sampled_from(SHARES)) if batches else (),
        unattended=draw(st.booleans()),
        grams=draw(st.sampled_from([None, None, 4.0])) if batches else None,
        outages=tuple(draw(st.lists(down, max_size=draw(st.sampled_from([0, 0, 1, 2]))))),
    )


@st.composite
def _steps(draw: st.DrawFn, number: int, lab: Lab) -> Step:
    resource = lab.resources.get(draw(st.sampled_from([None, *lab.resources])) or "")
    alone = draw(st.integers(0, 3)) == 3
    unattended = alone or (resource is not None and resource.unattended)
    constant = draw(st.sampled_from([0.5, 2.0, 3.1, 9.0, 16.0] if unattended else [0.0, 0.25, 1.0, 1.1, 2.5]))
    hours = {"constant": constant}
    hours |= draw(st.sampled_from([{}, {}, {"hold": 1.0}, {"time": 1.3}, {"hold": 0.3, "time": 0.2}]))
    hands = [0.0, 0.0, 0.1, 0.25] if unattended else [0.0]
    most = 1
    if resource is not None:
        most = resource.count if resource.slots == 1 else resource.slots
    earlier = [f"s{n}" for n in range(number)]
    after = draw(
        st.none() | st.lists(st.sampled_from(earlier), unique=True, max_size=2).map(tuple)
        if earlier
        else st.none()
    )
    gate = draw(st.integers(0, 3)) == 3
    return Step(
        name=f"s{number}",
        on=resource.name if resource else None,
        hours=hours,
        gives=("pure",) if gate else (),
        gate="pure" if gate else None,
        when=draw(st.sampled_from([{}, {}, MILLED, {"milling": ("none",)}])),
        after=after,
        unattended=alone,
        hands_on_start_h=draw(st.sampled_from(hands)),
        hands_on_end_h=draw(st.sampled_from(hands)),
        wait_at_most_h=draw(st.sampled_from([None, None, None, 0.0, 0.6, 4.0, 16.0])) if number else None,
        uses=draw(st.sampled_from([1, 1, 1, min(most, 2)])),
    )


@st.composite
def labs(draw: st.DrawFn, most_steps: int = 6) -> Lab:
    """Draw one to four kinds of machine and one to six steps, in the hours of all sorts of labs."""
    names = MACHINES[: draw(st.integers(1, 4))]
    bare = Lab(
        calendar=draw(calendars()),
        resources={name: draw(resources(name)) for name in names},
        sample_g=draw(st.sampled_from([None, 1.5])),
    )
    steps = tuple(draw(_steps(number, bare)) for number in range(draw(st.integers(1, most_steps))))
    return replace(bare, steps=steps)


@st.composite
def settings_of_samples(draw: st.DrawFn) -> Conditions:
    milling = draw(st.sampled_from(["none", "planetary"]))
    milled = milling == "planetary"
    return {
        "temperature": draw(st.sampled_from([700.0, 750.0])),
        "hold": draw(st.sampled_from([0.0, 3.0])),
        "milling": milling,
        "speed": draw(st.sampled_from([300.0, 450.0])) if milled else None,
        "time": draw(st.sampled_from([0.5, 6.0])) if milled else None,
    }


@st.composite
def horizons(draw: st.DrawFn, lab: Lab) -> Horizon:
    """Draw a horizon that begins on Monday to Friday, at opening time or at any other."""
    opens = lab.calendar.opens if lab.calendar else time(9)
    begin = draw(
        st.sampled_from(
            [datetime.combine(MONDAY, opens), MONDAY, MONDAY + 607 * MINUTE, MONDAY + 17 * 60 * MINUTE]
        )
    ) + timedelta(days=draw(st.integers(0, 4)))
    last_start = begin + draw(st.sampled_from([5, 7, 7, 2, 0.35])) * timedelta(days=1)
    end = last_start + draw(st.sampled_from([2.0, 4.0, 0.5, 1.003])) * timedelta(days=1)
    return Horizon(start=begin, last_start=last_start, end=end)


def _closed_under(lab: Lab, sample: LabSample, names: frozenset[str], step: Step) -> bool:
    return all(name in names for name in before(lab, sample, step))


def _behind(lab: Lab, sample: LabSample, name: str) -> frozenset[str]:
    """A step and all that come after it."""
    found = {name}
    for step in lab.steps:
        if applies(step, sample) and before(lab, sample, step) & found:
            found.add(step.name)
    return frozenset(found)


def _with_progress(
    draw: st.DrawFn, lab: Lab, horizon: Horizon, sample: LabSample, others: Sequence[LabSample]
) -> LabSample:
    """Let some steps have ended, some go on, and some be left out, none of which contradicts another."""
    done: frozenset[str] = frozenset()
    for step in lab.steps:
        if applies(step, sample) and _closed_under(lab, sample, done, step) and draw(st.booleans()):
            done |= {step.name}
    begun: dict[str, UnderWay] = {}
    for step in lab.steps:
        can_begin = step.name not in done and _closed_under(lab, sample, done, step)
        if applies(step, sample) and can_begin and draw(st.booleans()):
            found = _begun(draw, lab, horizon, sample, step, [*others, _made(sample, done, begun)])
            begun |= {step.name: found} if found else {}
    left = [s.name for s in lab.steps if applies(s, sample) and s.name not in done | begun.keys()]
    out: frozenset[str] = frozenset()
    if left and draw(st.integers(0, 2)) == 2:
        first = draw(st.sampled_from(left))
        behind = _behind(lab, sample, first) if draw(st.booleans()) else frozenset({first})
        out = behind - begun.keys() - done
    return replace(_made(sample, done, begun, out), carried_over=draw(st.integers(0, 3)) == 3)


def _made(
    sample: LabSample,
    done: frozenset[str],
    begun: Mapping[str, UnderWay],
    out: frozenset[str] = frozenset(),
) -> LabSample:
    return LabSample(
        id=sample.id, conditions=sample.conditions, done=done, left_out=out, under_way=dict(begun)
    )


def _begun(
    draw: st.DrawFn,
    lab: Lab,
    horizon: Horizon,
    sample: LabSample,
    step: Step,
    others: Sequence[LabSample],
) -> UnderWay | None:
    """A step that goes on: in a run of another sample where that is possible, else on a free machine."""
    takes = duration(step, sample)
    begin = datetime.combine(horizon.start.date(), time.min)
    begin += (horizon.start - begin) // QUARTER * QUARTER
    unattended = step.unattended or (step.on is not None and lab.resources[step.on].unattended)
    ago = draw(st.sampled_from([QUARTER, takes / 2, takes, takes + 4 * QUARTER]))
    start = begin - max(ago // QUARTER, 1) * QUARTER - draw(st.sampled_from([0, 0, 0, 7])) * MINUTE
    overdue = start + takes <= horizon.start
    if takes <= QUARTER or not (unattended or overdue or _lies_open(lab, start, start + takes)):
        return None
    going = [(s, s.under_way[n]) for s in others for n in s.under_way]
    if step.on is None:
        return UnderWay(step=step.name, start=start, ready=start + takes)
    resource = lab.resources[step.on]
    for other, one in going:
        mates = [s for s, u in going if u.run == one.run]
        alike = all(other.conditions[name] == sample.conditions[name] for name in resource.shares)
        room = resource.slots > 1 and fits(lab, resource, [step.uses] * (len(mates) + 1))
        if one.step == step.name and alike and room and one.ready - one.start == takes:
            return one
    used = {
        (u.run, u.machine): _by_name(lab, u.step).uses
        for _, u in going
        if _by_name(lab, u.step).on == step.on
    }
    several = sum(used.values()) if resource.slots == 1 else len(used)
    needed = step.uses if resource.slots == 1 else 1
    if several + needed > resource.count:
        return None
    machine = several + 1
    name = f"{resource.name[:2].upper()}{machine}"
    return UnderWay(step=step.name, start=start, ready=start + takes, run=name, machine=machine)


def _by_name(lab: Lab, name: str) -> Step:
    return next(step for step in lab.steps if step.name == name)


def _lies_open(lab: Lab, start: datetime, end: datetime) -> bool:
    spans = open_spans(lab.calendar, start.date() - timedelta(days=2), end.date())
    return any(opens <= start and end <= closes for opens, closes in spans)


@st.composite
def samples(
    draw: st.DrawFn, lab: Lab, horizon: Horizon | None = None, most: int = 7
) -> tuple[LabSample, ...]:
    """Draw one to seven samples of few settings; where a horizon is given, some are on their way already."""
    few = draw(st.lists(settings_of_samples(), min_size=1, max_size=2))
    found: list[LabSample] = []
    for number in range(draw(st.integers(1, most))):
        fresh = LabSample(id=f"E{number + 1}", conditions=draw(st.sampled_from(few)))
        moves = horizon is not None and draw(st.booleans())
        found.append(_with_progress(draw, lab, horizon, fresh, found) if moves and horizon else fresh)
    return tuple(found)


@st.composite
def cases(
    draw: st.DrawFn, most_steps: int = 6, most_samples: int = 7
) -> tuple[Lab, tuple[LabSample, ...], Horizon]:
    """Draw what a timetable is made for."""
    lab = draw(labs(most_steps))
    horizon = draw(horizons(lab))
    return lab, draw(samples(lab, horizon, most_samples)), horizon
