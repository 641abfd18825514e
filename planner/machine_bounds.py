"""What machines can do safely, as rules: a condition beyond it is impossible, not merely unwanted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..datasets import Conditions, listed
from .lab import Bound, Lab


@dataclass(frozen=True, kw_only=True)
class MachineBound:
    """A safe range of one parameter for the samples that go onto a machine.

    Attributes
    ----------
    resource
        Kind of machine.
    parameter
        A number; where it does not apply, nothing is broken.
    bound
        What the machine can do of it.
    when
        Categorical parameters and the values with which a sample goes onto it; empty: always.
    """

    resource: str
    parameter: str
    bound: Bound
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Where it comes from, for people."""
        return f"what {self.resource} can do safely"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters that the rule speaks of."""
        return tuple(dict.fromkeys((self.parameter, *self.when)))

    def holds(self, conditions: pd.DataFrame) -> np.ndarray:
        """Whether each row obeys the rule, shape (n_rows,)."""
        holds = self.bound.allows(conditions[self.parameter].to_numpy(float))
        for name, values in self.when.items():
            holds |= ~conditions[name].isin(list(values)).to_numpy()
        return holds

    def allows(self, conditions: Conditions) -> bool:
        """Whether one sample obeys the rule; where a value is not stated, nothing is known to break it."""
        value = conditions.get(self.parameter)
        if not all(conditions.get(name) in values for name, values in self.when.items()):
            return True
        return not isinstance(value, int | float) or bool(self.bound.allows(value))

    def __str__(self) -> str:
        when = " and ".join(f"{name} is {listed(values)}" for name, values in self.when.items())
        return f"{self.parameter} {self.bound} on {self.resource}" + (f" when {when}" if when else "")


def machine_bounds(lab: Lab) -> tuple[MachineBound, ...]:
    """One rule for each step on a machine and each parameter that the machine bounds."""
    return tuple(
        MachineBound(resource=step.on, parameter=parameter, bound=bound, when=dict(step.when))
        for step in lab.steps
        if step.on is not None and step.on in lab.resources
        for parameter, bound in lab.resources[step.on].bounds.items()
    )
