"""What a sample adds to the load of the machines, as shares of what they can do in the time there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ..datasets import Conditions
from .lab import Lab, Resource, Step
from .lab_sample import Horizon
from .working_time import SLOT_H, WorkingTime, slots_of

_LEAST = 1e-3  # no sample is for nothing: somebody has to handle it


@dataclass(frozen=True)
class OpenPlaces:
    """A run that is planned and has room: what its samples share, and the step that it is for."""

    step: Step
    resource: Resource
    settings: Conditions
    room: int
    example: Conditions


@dataclass(frozen=True)
class MachineTime:
    """Machine time of a lab in a stretch of time.

    A run is charged from its start to the moment at which hands can end it: a furnace that is done at
    night is free again in the morning. It is begun, for that, when the lab opens.

    Attributes
    ----------
    lab, horizon
        What there is, and when.
    """

    lab: Lab
    horizon: Horizon

    @cached_property
    def _time(self) -> WorkingTime:
        return WorkingTime.between(self.lab.calendar, self.horizon.start, self.horizon.end)

    @cached_property
    def _occupied_h(self) -> np.ndarray:
        """Hours from opening until an unattended run of so many slots is ended, shape (n_slots + 1,)."""
        time = self._time
        n = time.n_slots
        ends = np.full(n + 1, np.inf)
        for first, last in time.ends(0):
            ends[first : last + 1] = np.arange(first, last + 1)
        ends = np.minimum.accumulate(ends[::-1])[::-1]
        starts = [first for first, _ in time.windows] or [0]
        # Whichever day it is begun; a weekend in between is no reason to call it dear, nor is the end of the
        # time there is one to call it cheap.
        spans = [np.append(ends[start:] - start, np.full(start, np.inf)) for start in starts]
        occupied = np.min(spans, axis=0)
        too_long = np.maximum(np.arange(n + 1), n - starts[0])
        return np.where(np.isfinite(occupied), occupied, too_long) * SLOT_H

    @cached_property
    def _open_h(self) -> float:
        return max(sum(end - first for first, end in self._time.windows) * SLOT_H, SLOT_H)

    @cached_property
    def _all_h(self) -> float:
        return max(self._time.n_slots * SLOT_H, SLOT_H)

    def _share(self, step: Step, hours: np.ndarray) -> np.ndarray:
        """Share of a kind of machine (or of hands) that a run of so many hours takes."""
        resource = None if step.on is None else self.lab.resources[step.on]
        if self.lab.is_unattended(step):
            if resource is None:
                return np.zeros_like(hours)
            slots = np.ceil(hours / SLOT_H - 1e-6).astype(int)
            occupied = self._occupied_h[np.clip(slots, 0, len(self._occupied_h) - 1)]
            share = np.maximum(occupied, hours) / self._all_h
        else:
            share = hours / self._open_h
        if resource is None:
            people = self.lab.calendar.people if self.lab.calendar else None
            return share / people if people else np.zeros_like(hours)
        uses = 1 if resource.slots > 1 else step.uses
        return share * uses / resource.count

    def added(self, conditions: pd.DataFrame, places: Sequence[OpenPlaces] = ()) -> np.ndarray:
        """What samples add, one by one, where some runs have room for them.

        Parameters
        ----------
        conditions
            One row each.
        places
            Runs with room.

        Returns
        -------
        ndarray, shape (n_rows,)
            Sum over the steps of the share of the machines that they take.
        """
        total = np.full(len(conditions), _LEAST)
        for step in self.lab.steps:
            applies = np.ones(len(conditions), bool)
            for name, values in step.when.items():
                applies &= conditions[name].isin(list(values)).to_numpy()
            hours = np.full(len(conditions), step.hours.get("constant", 0.0), dtype=float)
            for name, per_unit in step.hours.items():
                if name != "constant":
                    hours += per_unit * np.nan_to_num(conditions[name].to_numpy(float))
            share = self._share(step, hours.clip(min=0.0))
            for place in places:
                if place.step.name == step.name:
                    share = np.where(_agree(conditions, place.settings), 0.0, share)
            total += np.where(applies, share, 0.0)
        return total

    def of_steps(self, steps: Sequence[Step], conditions: Conditions) -> float:
        """What some steps of one sample take that has them for itself."""
        return float(sum(self._share(s, np.array([s.hours_of(conditions)]))[0] for s in steps)) + _LEAST

    def hours_of_steps(self, steps: Sequence[Step], conditions: Conditions) -> float:
        """Hours of some steps."""
        return sum(slots_of(step.hours_of(conditions)) for step in steps) * SLOT_H


def _agree(conditions: pd.DataFrame, settings: Conditions) -> np.ndarray:
    agree = np.ones(len(conditions), bool)
    for name, value in settings.items():
        column = conditions[name]
        if isinstance(value, int | float):
            agree &= np.isclose(column.to_numpy(float), value, rtol=1e-9, atol=1e-12)
        elif value is None:
            agree &= column.isna().to_numpy()
        else:
            agree &= (column == value).to_numpy()
    return agree
