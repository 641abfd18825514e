"""Time as quarter hours of a horizon, and which of them hands are there for."""

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property

import numpy as np

from .lab import Calendar, Resource

SLOT_H = 0.25
_SLOT = timedelta(hours=SLOT_H)


def slots_of(hours: float) -> int:
    """Quarter hours that a duration takes, rounded up."""
    return max(0, math.ceil(hours / SLOT_H - 1e-6))


@dataclass(frozen=True)
class WorkingTime:
    """A stretch of time in quarter hours, counted from `origin`.

    Attributes
    ----------
    calendar
        When hands are there.
    origin
        Slot 0, on a quarter hour.
    n_slots
        Length.
    """

    calendar: Calendar
    origin: datetime
    n_slots: int

    @classmethod
    def between(cls, calendar: Calendar | None, start: datetime, end: datetime) -> "WorkingTime":
        """From `start`, rounded down to a quarter hour, to `end`, rounded up."""
        origin = datetime.combine(start.date(), time.min)
        origin += int((start - origin) / _SLOT) * _SLOT
        return cls(calendar or Calendar(), origin, math.ceil((end - origin) / _SLOT - 1e-9))

    def slot(self, moment: datetime, *, up: bool = True) -> int:
        """The slot that begins at a moment, or the next one (`up`) or the one that holds it."""
        exact = (moment - self.origin) / _SLOT
        return math.ceil(exact - 1e-9) if up else math.floor(exact + 1e-9)

    def moment(self, slot: int) -> datetime:
        """When a slot begins."""
        return self.origin + slot * _SLOT

    @cached_property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """Stretches without a break during which hands are there: first slot, and slot after the last."""
        found: list[tuple[int, int]] = []
        day = self.origin.date() - timedelta(days=1)
        last = self.moment(self.n_slots).date()
        while day <= last:
            if self.calendar.is_working_day(day):
                opens = datetime.combine(day, self.calendar.opens)
                closes = datetime.combine(day, self.calendar.closes)
                if self.calendar.closes == time.max:
                    closes = datetime.combine(day + timedelta(days=1), time.min)
                first, end = max(0, self.slot(opens)), min(self.n_slots, self.slot(closes, up=False))
                if first < end or (first == end == 0 and closes == self.origin):
                    if found and found[-1][1] == first:
                        found[-1] = (found[-1][0], end)
                    else:
                        found.append((first, end))
            day += timedelta(days=1)
        return tuple(window for window in found if window[0] < window[1])

    def starts(self, hands: int, *, before: int | None = None) -> tuple[tuple[int, int], ...]:
        """Slots at which something may be begun that keeps hands busy for so long, as closed intervals."""
        needed = max(hands, 1)
        last = self.n_slots if before is None else before
        spans = ((first, min(end - needed, last - 1)) for first, end in self.windows)
        return tuple((first, end) for first, end in spans if first <= end)

    def ends(self, hands: int) -> tuple[tuple[int, int], ...]:
        """Slots at which something may end after hands were busy with it for so long, closed intervals."""
        spans = ((first + hands, end) for first, end in self.windows)
        return tuple((first, end) for first, end in spans if first <= end)

    @cached_property
    def people(self) -> np.ndarray | None:
        """Pairs of hands in each slot, shape (n_slots,); None where there are always enough."""
        if self.calendar.people is None:
            return None
        count = np.full(self.n_slots, self.calendar.people)
        for absence in self.calendar.absences:
            first, end = self.slot(absence.start, up=False), self.slot(absence.end)
            count[max(first, 0) : max(end, 0)] -= absence.people
        return np.maximum(count, 0)

    def down(self, resource: Resource) -> np.ndarray:
        """How many machines of a kind cannot be used in each slot, shape (n_slots,)."""
        count = np.zeros(self.n_slots, dtype=int)
        for outage in resource.outages:
            first, end = self.slot(outage.start, up=False), self.slot(outage.end)
            count[max(first, 0) : max(end, 0)] += outage.count
        return np.minimum(count, resource.count)


def stretches(levels: np.ndarray) -> list[tuple[int, int, int]]:
    """First slot, slot after the last, and level of every stretch with the same level above 0."""
    found: list[tuple[int, int, int]] = []
    start = 0
    for slot in range(1, len(levels) + 1):
        if slot == len(levels) or levels[slot] != levels[start]:
            if levels[start] > 0:
                found.append((start, slot, int(levels[start])))
            start = slot
    return found
