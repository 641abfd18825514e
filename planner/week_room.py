"""Whether samples find room in a week besides those that are there already."""

from collections import defaultdict
from collections.abc import Sequence

from ..datasets import Conditions
from .lab import Lab
from .lab_sample import Horizon, LabSample
from .lab_work import Key, lab_work, settings_key
from .machine_time import MachineTime, OpenPlaces
from .quick_schedule import quick_placement
from .schedule import schedule
from .working_time import slots_of

_EFFORT = 0.5  # of the search that decides where rules of thumb find no timetable
Footprint = tuple[tuple[str, tuple[object, ...] | None, int], ...]


class WeekRoom:
    """A lab, the samples that are under way or planned, and the time there is.

    Parameters
    ----------
    lab, standing, horizon
        What there is, what must be done anyway, and when.
    """

    def __init__(self, lab: Lab, standing: Sequence[LabSample], horizon: Horizon) -> None:
        self.lab, self.horizon = lab, horizon
        self.machine_time = MachineTime(lab, horizon)
        self.standing = list(standing)
        self._known: dict[tuple[tuple[Footprint, ...], bool], bool] = {}

    def samples(self, new: Sequence[Conditions]) -> list[LabSample]:
        """Those standing, and new ones named by their number."""
        return [*self.standing, *(new_sample(i, c) for i, c in enumerate(new, 1))]

    def has_room(self, new: Sequence[Conditions], *, thorough: bool = False) -> bool:
        """Whether there is a timetable for new samples besides those standing, and powder for them.

        Parameters
        ----------
        new
            Their conditions.
        thorough
            Ask the solver where rules of thumb find none.
        """
        if self.missing_material(new):
            return False
        footprints = tuple(sorted((self.footprint(conditions) for conditions in new), key=str))
        key = (footprints, thorough)
        if self._known.get((footprints, False)) or key in self._known:
            return self._known.get((footprints, False)) or self._known[key]
        samples = self.samples(new)
        fits = quick_placement(lab_work(self.lab, samples, self.horizon), first=True) is not None
        if not fits and thorough:
            fits = schedule(self.lab, samples, self.horizon, effort=_EFFORT) is not None
        self._known[key] = fits
        return fits

    def footprint(self, conditions: Conditions) -> Footprint:
        """What a timetable knows of conditions: for each step the settings of its run, and its slots."""
        found = []
        for step in self.lab.steps_of(conditions):
            resource = None if step.on is None else self.lab.resources[step.on]
            shared = None
            if resource is not None and resource.slots > 1:
                shared = settings_key(conditions, resource)
            found.append((step.name, shared, slots_of(step.hours_of(conditions))))
        return tuple(found)

    def open_places(self, new: Sequence[Conditions]) -> list[OpenPlaces]:
        """Runs that would be planned for those standing and for new samples, and that have room left."""
        samples = self.samples(new)
        by_id = {sample.id: sample for sample in samples}
        work = lab_work(self.lab, samples, self.horizon)
        held: dict[Key, list[int]] = defaultdict(list)
        for position, task in enumerate(work.tasks):
            if task.key is not None:
                held[task.key].append(position)
        places = []
        for positions in held.values():
            tasks = [work.tasks[i] for i in positions]
            step, resource = tasks[0].step, tasks[0].resource
            assert resource is not None
            capacity = self.lab.runs_take(resource, step.uses)
            room = -sum(task.uses for task in tasks) % capacity
            if room >= step.uses:
                example = by_id[tasks[0].sample].conditions
                settings = {name: example.get(name) for name in resource.shares}
                places.append(OpenPlaces(step, resource, settings, room, example))
        return places

    def missing_material(self, new: Sequence[Conditions]) -> dict[str, float]:
        """Grams that are missing of each precursor for new samples and those not yet weighed in."""
        waiting = [s.conditions for s in self.standing if not s.done and not s.under_way]
        needed = {
            p.name: sum(p.grams_of(c, self.lab.sample_g or 0.0) for c in [*waiting, *new])
            for p in self.lab.precursors
        }
        return {
            p.name: needed[p.name] - p.stock_g
            for p in self.lab.precursors
            if p.stock_g is not None and needed[p.name] > p.stock_g + 1e-9
        }

    def with_standing(self, more: Sequence[LabSample]) -> "WeekRoom":
        """The same with further samples that must be done."""
        return WeekRoom(self.lab, [*self.standing, *more], self.horizon)


def new_sample(number: int, conditions: Conditions) -> LabSample:
    """A sample that has no id yet."""
    return LabSample(id=f"NEW-{number}", conditions=conditions)
