"""A timetable in some milliseconds, by rules of thumb: where the search begins, and what often is enough."""

from collections.abc import Sequence
from itertools import chain

from .flow_schedule import flows
from .lab import Lab
from .lab_sample import Horizon, LabSample
from .lab_work import LabWork, lab_work
from .list_schedule import lists
from .lower_bound import gap
from .placement import Placement
from .timetable import Timetable

_N_SHUFFLED_LISTS, _N_SHUFFLED_FLOWS = 24, 4
_FEW_TASKS = 100  # of more, lists take too long


def list_schedule(lab: Lab, samples: Sequence[LabSample], horizon: Horizon) -> Timetable | None:
    """Find a timetable by rules of thumb; None says only that these did not find one.

    Parameters
    ----------
    lab, samples, horizon
        What there is, what is to be done, and when.
    """
    work = lab_work(lab, samples, horizon)
    placed = quick_placement(work)
    return None if placed is None else placed.timetable(work, "feasible", gap(work, placed))


def quick_placement(work: LabWork, *, first: bool = False) -> Placement | None:
    """The best of several attempts, or None if none of them fits.

    Parameters
    ----------
    work
        What is to be placed.
    first
        Whether the first that fits will do.
    """
    n_lists, n_flows = _N_SHUFFLED_LISTS, _N_SHUFFLED_FLOWS
    if len(work.tasks) > _FEW_TASKS:
        n_lists = 0
    if first:
        return next(chain(lists(work, 0), flows(work, 0), lists(work, n_lists // 4)), None)
    attempts = chain(lists(work, 0), flows(work, n_flows), lists(work, n_lists))
    return min(attempts, key=lambda placed: placed.cost(work), default=None)
