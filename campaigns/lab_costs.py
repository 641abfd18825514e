"""Costs of an experiment, computed from the steps of the ``lab`` section."""

from collections.abc import Collection, Mapping

from ..planner.cost import Cost, CostTerm
from ..planner.lab import Lab, Step
from .declared import Declared
from .faults import Faults, KeyPath

HOURS, ENERGY = "process_hours", "process_energy"
_OF_RESOURCE = "_hours"


def costs_of(lab: Lab) -> dict[str, Cost]:
    """All costs that the steps of a lab allow to compute, by name.

    ``process_hours`` is the sum over the steps that apply, ``<resource>_hours`` over those on one kind of
    machine, ``process_energy`` the hours on machines with a known ``power_kw`` times that power. Every
    experiment is charged as if it went alone through all its steps: that several samples may share a run,
    or that a gate may stop one early, is not part of it.
    """
    if not lab.steps:
        return {}
    costs = [_cost(HOURS, "h", [(step, 1.0) for step in lab.steps])]
    for name in lab.resources:
        on = [(step, 1.0) for step in lab.steps if step.on == name]
        if on:
            costs.append(_cost(f"{name}{_OF_RESOURCE}", "h", on))
    powers = {name: resource.power_kw for name, resource in lab.resources.items()}
    drawn = [(step, power) for step in lab.steps if (power := powers.get(step.on or "")) is not None]
    if drawn:
        costs.append(_cost(ENERGY, "kWh", drawn))
    return {cost.name: cost for cost in costs}


def _cost(name: str, unit: str, parts: list[tuple[Step, float]]) -> Cost:
    terms = tuple(
        CostTerm(
            constant=step.hours.get("constant", 0.0) * factor,
            per_unit={n: hours * factor for n, hours in step.hours.items() if n != "constant"},
            when=dict(step.when),
        )
        for step, factor in parts
    )
    return Cost(name=name, unit=unit, terms=terms)


def is_cost_name(name: str, section: Mapping[str, object]) -> bool:
    """Whether a name can only mean a cost, be it one that the lab as it is written does not allow."""
    resources = section.get("resources")
    names = resources if isinstance(resources, Mapping) else {}
    return name in (HOURS, ENERGY) or (
        name.endswith(_OF_RESOURCE) and name.removesuffix(_OF_RESOURCE) in names
    )


def declare_costs(
    named: Mapping[str, KeyPath],
    section: Mapping[str, object],
    lab: Lab | None,
    declared: Declared,
    faults: Faults,
) -> None:
    """Declare the costs that a campaign uses: those named, and the hours wherever there are steps.

    Parameters
    ----------
    named
        Names in the goal and in limits, and where they stand.
    section
        The ``lab`` section as written.
    lab
        What was made of it, or None.
    declared
        Takes the costs; none may be called like a parameter, a feature or a response.
    faults
        Takes what is wrong with them.
    """
    computed = {} if lab is None else costs_of(lab)
    used: dict[str, KeyPath] = {HOURS: ("lab", "steps")} if HOURS in computed else {}
    used |= {name: path for name, path in named.items() if is_cost_name(name, section)}
    names: list[str] = []
    for name, path in used.items():
        taken = _section_of(name, declared)
        if taken is not None and name in computed:
            faults.add(
                (taken, name),
                f"'{name}' is also what the lab's steps cost; choose another name for what stands here",
            )
        elif name in computed:
            declared.costs[name] = computed[name]
        elif taken is None and not _is_faulty(section, lab):
            faults.add(path, f"'{name}' {_why_unknown(name, computed)}")
        if taken is None:
            names.append(name)
    declared.cost_names = names


def _section_of(name: str, declared: Declared) -> str | None:
    sections = {
        "parameters": declared.parameter_names,
        "features": declared.feature_names,
        "responses": declared.response_names,
    }
    return next((section for section, names in sections.items() if name in names), None)


def _is_faulty(section: Mapping[str, object], lab: Lab | None) -> bool:
    """Whether the section says more than could be read: that is told already."""
    steps = section.get("steps")
    written = len(steps) if isinstance(steps, list) else 0
    return written != (0 if lab is None else len(lab.steps))


def _why_unknown(name: str, computed: Collection[str]) -> str:
    if not computed:
        return "is computed from the steps of the lab, but there are none; give them as lab: {steps: [...]}"
    if name == ENERGY:
        return "needs power_kw of a resource under lab.resources that a step is on, and there is none"
    return f"is computed from the steps on {name.removesuffix(_OF_RESOURCE)}, but no step is on it"
