"""The ``lab`` section of a campaign file: what the lab has, and which steps a sample takes."""

from collections.abc import Mapping
from dataclasses import replace

from ..datasets import Conditions, InputError, ParameterSpace, shortest
from ..planner.lab import Lab
from ..planner.machine_bounds import machine_bounds
from .declared import Declared
from .faults import Faults
from .file_format import validated
from .lab_calendar import calendar_from
from .lab_keys import LabKeys, WeekKeys, above_0
from .lab_precursors import precursors_from
from .lab_resources import resources_from
from .lab_steps import Surroundings, steps_from


def lab_from(section: object, declared: Declared, space: ParameterSpace | None, faults: Faults) -> Lab | None:
    """Read the section, or note what is wrong with it.

    Parameters
    ----------
    section
        As written, in plain values; days and times as ISO text.
    declared
        Parameters and responses, which steps and machines refer to.
    space
        The parameters together, or None if they are faulty.
    faults
        Takes one sentence for everything that is wrong.

    Returns
    -------
    Lab or None
        None if it cannot be read at all. A part that is faulty is left out, and told among the faults.
    """
    keys = validated(LabKeys, section, ("lab",), faults)
    if keys is None:
        return None
    calendar = None if keys.calendar is None else calendar_from(keys.calendar, faults)
    resources = resources_from(keys.resources or {}, declared, faults)
    around = Surroundings(resources, list(keys.resources or {}), calendar, declared)
    steps = steps_from(keys.steps or [], around, faults)
    week = None if keys.budget is None else validated(WeekKeys, keys.budget, ("lab", "budget"), faults)
    lab = Lab(
        calendar=calendar,
        resources=resources,
        steps=steps,
        samples_a_week=None if week is None else week.samples,
        sample_g=_sample_g(keys.grams_per_sample, faults),
        precursors=precursors_from(keys.precursors or {}, declared, faults),
    )
    _check_grams(lab, keys, faults)
    if not keys.control or space is None:
        return lab
    return replace(lab, control=_control(keys.control, lab, space, faults))


def _sample_g(given: object, faults: Faults) -> float | None:
    try:
        return None if given is None else above_0(given)
    except ValueError as error:
        faults.add(("lab", "grams_per_sample"), str(error))
        return None


def _check_grams(lab: Lab, keys: LabKeys, faults: Faults) -> None:
    """Refuse runs too small for one sample, and masses per gram of nobody knows how many."""
    if keys.precursors and keys.grams_per_sample is None:
        faults.add(("lab", "precursors"), "needs grams_per_sample beside it, the powder of one sample")
    for name, resource in lab.resources.items():
        if resource.grams is not None and lab.sample_g is not None and resource.grams < lab.sample_g:
            faults.add(
                ("lab", "resources", name, "grams_per_run"),
                f"must be at least {lab.sample_g:g}, the grams_per_sample, got {resource.grams:g}",
            )


def _control(
    given: Mapping[str, object], lab: Lab, space: ParameterSpace, faults: Faults
) -> Conditions | None:
    try:
        control = space.complete(given, "", all_stated=True)
    except InputError as error:
        for fault in error.faults:
            sentence = fault.removeprefix(": ")
            named = next((name for name in given if sentence.startswith(f"{name} is ")), None)
            faults.add(("lab", "control", named) if named else ("lab", "control"), sentence)
        return None
    for rule in machine_bounds(lab):
        if not rule.allows(control):
            value, unit = control[rule.parameter], space.by_name[rule.parameter].unit or ""
            assert isinstance(value, float)
            has = f"{rule.parameter} is {shortest(value)} {unit}".rstrip()
            can = f"{rule.resource} can do {rule.bound} {unit}".rstrip()
            faults.add(("lab", "control", rule.parameter), f"{has}, but {can}")
    return control
