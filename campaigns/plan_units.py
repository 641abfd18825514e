"""Units of parameters, for what is shown of a plan."""

from collections.abc import Mapping

from ..datasets import ParameterSpace


def units_of_parameters(space: ParameterSpace) -> Mapping[str, str | None]:
    """Unit of each parameter by name, None for bare numbers and names."""
    return {parameter.name: parameter.unit for parameter in space}
