"""Parameters of a campaign as Optuna distributions that hold every value ever set."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from ...datasets import Conditions, NumericParameter, ParameterSpace

_ON_GRID = 1e-9  # of a step; Optuna allows ten times as much
_WHOLE = 2**53  # beyond it a float cannot tell neighbouring whole numbers apart


def exported_distributions(
    space: ParameterSpace, conditions: Iterable[Conditions]
) -> dict[str, BaseDistribution]:
    """One distribution a parameter, wide enough for the values that were really set.

    Optuna keeps a distribution with every trial, and its plots and importances leave out a parameter
    whose distributions differ. So all trials share one: it reaches beyond the declared range where a
    value does, and has no step where a value lies off the grid. No value is moved.

    Parameters
    ----------
    space
        The parameters.
    conditions
        Those of all experiments of the study.
    """
    rows = list(conditions)
    found: dict[str, BaseDistribution] = {}
    for parameter in space:
        if isinstance(parameter, NumericParameter):
            stated = (row.get(parameter.name) for row in rows)
            found[parameter.name] = _numeric(parameter, [x for x in stated if isinstance(x, float)])
        else:
            found[parameter.name] = CategoricalDistribution(parameter.values)
    return found


def _numeric(parameter: NumericParameter, values: Sequence[float]) -> BaseDistribution:
    low, high = min(parameter.low, *values, parameter.high), max(parameter.high, *values, parameter.low)
    # Optuna knows no log scale with steps, and none that reaches zero.
    if parameter.scale == "log" and low > 0:
        return FloatDistribution(low, high, log=True)
    if parameter.step is None:
        return FloatDistribution(low, high)
    positions = [(value - parameter.low) / parameter.step for value in values]
    if any(abs(x - round(x)) > _ON_GRID for x in positions):
        return FloatDistribution(low, high)
    origin, step = Decimal(str(parameter.low)), Decimal(str(parameter.step))
    # Whole steps from end to end, since Optuna would cut a range that its step does not divide.
    first = min([round(x) for x in positions], default=0)
    last = max([round(x) for x in positions], default=0)
    first, last = min(first, 0), max(last, parameter.n_settings - 1)
    bottom, top = origin + first * step, origin + last * step
    if not all(float(bottom) <= value <= float(top) for value in values):
        return FloatDistribution(low, high)
    if _is_whole(bottom, step) and abs(top) < _WHOLE and all(value.is_integer() for value in values):
        return IntDistribution(int(bottom), int(top), step=int(step))
    return FloatDistribution(float(bottom), float(top), step=float(step))


def _is_whole(bottom: Decimal, step: Decimal) -> bool:
    return bottom == bottom.to_integral_value() and step == step.to_integral_value() and abs(bottom) < _WHOLE
