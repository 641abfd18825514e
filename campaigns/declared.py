"""The names that a campaign file declares, for checking the sections that refer to them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from ..datasets import NumericParameter, Parameter, Response
from ..models.features import Feature
from ..planner.cost import Cost
from .faults import Faults, KeyPath, unknown

RESERVED = frozenset({"id", "status", "source", "note", "failure"})


@dataclass
class Declared:
    """What has been declared so far.

    A name whose own section is faulty is declared all the same, though nothing was built of it:
    referring to it is no second fault.
    """

    parameter_names: Sequence[str] = ()
    parameters: dict[str, Parameter] = field(default_factory=dict)
    feature_names: Sequence[str] = ()
    features: dict[str, Feature] = field(default_factory=dict)
    response_names: Sequence[str] = ()
    responses: dict[str, Response] = field(default_factory=dict)
    cost_names: Sequence[str] = ()
    costs: dict[str, Cost] = field(default_factory=dict)

    def parameter(self, name: str, faults: Faults, path: KeyPath) -> Parameter | None:
        """Look a parameter up; an unknown one is a fault."""
        if name not in self.parameter_names:
            faults.add(path, unknown("parameter", name, self.parameter_names))
        return self.parameters.get(name)

    def numeric(self, name: str, faults: Faults, path: KeyPath) -> NumericParameter | None:
        """Look up a parameter that must be a number."""
        parameter = self.parameter(name, faults, path)
        if parameter is None or isinstance(parameter, NumericParameter):
            return parameter
        faults.add(path, f"'{name}' is a choice of names, allowed are parameters that are numbers")
        return None

    def response(
        self,
        name: str,
        faults: Faults,
        path: KeyPath,
        *,
        kinds: Collection[str] | None = None,
        also: Collection[str] = (),
    ) -> Response | None:
        """Look a response up; an unknown one, or one of another kind, is a fault.

        Names that could stand there too, `also`, are told among the allowed ones.
        """
        possible = [n for n in self.response_names if kinds is None or self._is_a(n, kinds)] + list(also)
        if name not in self.response_names:
            faults.add(path, unknown("response", name, possible))
            return None
        response = self.responses.get(name)
        if response is not None and kinds is not None and response.kind not in kinds:
            must = "a yes_no response" if set(kinds) == {"yes_no"} else "a number or a fraction"
            faults.add(path, f"'{name}' is of kind {response.kind}, it must be {must}")
            return None
        return response

    def _is_a(self, name: str, kinds: Collection[str]) -> bool:
        response = self.responses.get(name)
        return response is None or response.kind in kinds


def check_new_names(names: Iterable[str], section: str, taken: Collection[str], faults: Faults) -> None:
    """Note names that head a column of every table already, or that another section uses."""
    for name in names:
        if name.casefold() in RESERVED:
            faults.add((section, name), f"'{name}' is a column of every table; choose another name")
        elif name in taken:
            faults.add((section, name), f"'{name}' is declared twice; choose another name for one of the two")
