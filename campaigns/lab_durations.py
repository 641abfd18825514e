"""How long a step takes at least, wherever it applies."""

from collections.abc import Mapping

from ..datasets import NumericParameter
from .declared import Declared
from .lab_when import When


def shortest_hours(hours: Mapping[str, float], when: When, declared: Declared) -> float | None:
    """The least that a step can take anywhere in the space of parameters.

    Parameters
    ----------
    hours
        ``constant`` and hours per unit of each named parameter, none below 0.
    when
        With which values the step applies.
    declared
        Has the parameters.

    Returns
    -------
    float or None
        None where a parameter could not be made sense of.
    """
    total = hours.get("constant", 0.0)
    for name, per_unit in hours.items():
        if name == "constant":
            continue
        parameter = declared.parameters.get(name)
        if not isinstance(parameter, NumericParameter):
            return None
        least = per_unit * parameter.low
        # Where the parameter does not apply it adds nothing.
        total += least if _follows(parameter.when, when) else min(least, 0.0)
    return max(total, 0.0)


def _follows(needed: When, when: When) -> bool:
    """Whether everything that one `when` needs is given wherever another holds."""
    return all(parent in when and set(when[parent]) <= set(values) for parent, values in needed.items())
