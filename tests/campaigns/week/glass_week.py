"""The lab of the small campaign, its week in November, and samples whose way through it is known."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from ovenbird.planner.timetable import TimedTask

LAB = """\
lab:
  calendar: {days: [mon, tue, wed, thu, fri], hours: "09:00-18:00"}
  resources:
    furnace: {count: 1, slots: 3, shares: [route, temperature], unattended: true}
    mill: {count: 1, slots: 2, shares: [milling_speed], unattended: true}
    cycler: {count: 3, unattended: true}
  steps:
    - {name: mix, hours: 1}
    - {name: fire, on: furnace, hours: {constant: 5, temperature: 0.02}}
    - {name: look, hours: 0.5, gives: [pure], gate: pure}
    - {name: grind, on: mill, hours: 3, when: {milling: planetary}}
    - {name: bend, on: cycler, hours: 24, gives: [area, strength]}
  budget: {samples: 3}
  control: {route: dry, temperature: 150, milling: planetary, milling_speed: 400}
"""
MILLED = {"route": "dry", "temperature": 150, "milling": "planetary", "milling_speed": 400}
AS_FIRED = {"route": "dry", "temperature": 150, "milling": "none"}
HOT = {"route": "dry", "temperature": 200, "milling": "none"}
WEEK, NEXT_WEEK = "2026-W48", "2026-W49"

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
_DAYS |= {"MON": 7, "TUE": 8, "WED": 9, "THU": 10}


def at(text: str) -> datetime:
    """A moment of the week of 23 November 2026: ``"tue 09:15"``; days before and after it in capitals."""
    day, clock = text.split()
    return datetime.combine(_MONDAY + timedelta(days=_DAYS[day]), time.fromisoformat(clock))


FRIDAY_BEFORE = at("FRI 15:00")


def times(tasks: Iterable[TimedTask]) -> dict[str, tuple[datetime, datetime]]:
    """Start and end of each step of one sample."""
    return {task.step: (task.start, task.end) for task in tasks}


def places(plan: dict[str, Any]) -> set[tuple[str, ...]]:
    """Who is on which run when, of a plan as JSON."""
    return {(t["experiment"], t["step"], str(t["run"]), t["start"], t["end"]) for t in plan["tasks"]}
