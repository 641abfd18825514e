"""A small lab and one week in November: what tests of timetables and of planned weeks have in common."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from ovenbird.planner.lab import Calendar, Lab, Resource, Step
from ovenbird.planner.lab_sample import Horizon, LabSample
from ovenbird.planner.schedule import schedule
from ovenbird.planner.timetable import Timetable

from .timetable_checker import violations

EFFORT = 0.3
_MONDAY = date(2026, 11, 23)
_DAYS = {
    "FRI": -3,
    "SAT": -2,
    "SUN": -1,
    "mon": 0,
    "tue": 1,
    "wed": 2,
    "thu": 3,
    "fri": 4,
    "sat": 5,
    "sun": 6,
}
_DAYS |= {"MON": 7, "TUE": 8, "WED": 9}

NINE_TO_SIX = Calendar(days=tuple(range(5)), opens=time(9), closes=time(18))
FURNACE = Resource(name="furnace", slots=4, shares=("temperature", "hold"), unattended=True)
XRD = Resource(name="xrd")
MILL = Resource(name="mill", slots=2, shares=("speed",), unattended=True)
CYCLER = Resource(name="cycler", count=8, unattended=True)

MIX = Step(name="mix", hours={"constant": 1.0})
CALCINE = Step(name="calcine", on="furnace", hours={"constant": 9.0, "hold": 1.0})
LOOK = Step(name="look", on="xrd", hours={"constant": 1.0}, gives=("pure",), gate="pure")
GRIND = Step(name="grind", on="mill", hours={"constant": 2.0})
CELLS = Step(name="cells", on="cycler", hours={"constant": 60.0}, gives=("capacity",))


def at(text: str) -> datetime:
    """A moment of the week of 23 November 2026: ``"tue 09:15"``; days before and after it in capitals."""
    day, clock = text.split()
    return datetime.combine(_MONDAY + timedelta(days=_DAYS[day]), time.fromisoformat(clock))


def until(end: str = "fri 18:00", start: str = "mon 09:00", last_start: str | None = None) -> Horizon:
    return Horizon(start=at(start), last_start=at(last_start or end), end=at(end))


def lab_of(*steps: Step, calendar: Calendar | None = NINE_TO_SIX, machines: Sequence[Resource] = ()) -> Lab:
    """Lab of these steps, on the usual machines unless others of their kind are given."""
    known = {one.name: one for one in (FURNACE, XRD, MILL, CYCLER, *machines)}
    return Lab(
        calendar=calendar,
        steps=steps,
        resources={step.on: known[step.on] for step in steps if step.on is not None},
    )


def sample(
    id_: str,
    temperature: float = 700.0,
    hold: float = 3.0,
    done: Sequence[str] = (),
    *,
    carried_over: bool = False,
) -> LabSample:
    conditions = {"temperature": temperature, "hold": hold, "speed": 300.0}
    return LabSample(id=id_, conditions=conditions, done=frozenset(done), carried_over=carried_over)


def timetable_of(
    lab: Lab, samples: Sequence[LabSample], horizon: Horizon, before: Timetable | None = None
) -> Timetable:
    """Timetable of samples that must fit, after somebody else has found nothing wrong with it."""
    found = schedule(lab, samples, horizon, effort=EFFORT, before=before)
    assert found is not None
    assert violations(lab, samples, horizon, found) == []
    return found


def span(timetable: Timetable, experiment: str, step: str) -> str:
    """When a step of a sample takes place: ``"mon 09:00 - mon 10:00"``."""
    (task,) = [t for t in timetable.of(experiment) if t.step == step]
    return f"{_said(task.start)} - {_said(task.end)}"


def _said(moment: datetime) -> str:
    names = {number: name for name, number in _DAYS.items()}
    return f"{names[(moment.date() - _MONDAY).days]} {moment:%H:%M}"
