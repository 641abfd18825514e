"""The ``limits`` section of a campaign file becomes limits."""

from collections.abc import Mapping

from ..datasets import InputError, ParameterSpace, Response
from ..planner.cost import Cost, CostLimit
from ..planner.limits import Limit, NumberLimit, Side, YesNoLimit
from .declared import Declared
from .faults import Faults
from .file_format import LimitKeys, validated

_PROBABILITY = 0.8


def limits_from(section: Mapping[str, object], declared: Declared, faults: Faults) -> tuple[Limit, ...]:
    """Build the limits on responses that can be built; note what is wrong with the others."""
    built: list[Limit] = []
    for name, given in section.items():
        if name in declared.cost_names:
            continue
        response = declared.response(name, faults, ("limits", name), also=declared.cost_names)
        keys = validated(LimitKeys, given, ("limits", name), faults)
        if keys is None or response is None:
            continue
        with faults.at("limits", name, says="limits: "):
            built += _on_yes_no(response, keys) if response.is_yes_no else _on_number(response, keys)
    return tuple(built)


def cost_limits_from(
    section: Mapping[str, object], declared: Declared, space: ParameterSpace | None, faults: Faults
) -> tuple[CostLimit, ...]:
    """Build the limits on costs; note what is wrong with them."""
    built: list[CostLimit] = []
    for name in declared.cost_names:
        if name not in section:
            continue
        keys = validated(LimitKeys, section[name], ("limits", name), faults)
        if keys is None or name not in declared.costs:
            continue
        with faults.at("limits", name, says="limits: "):
            limits = _on_cost(declared.costs[name], keys)
            if space is not None and not len(faults):
                _check_possible(limits, space)
            built += limits
    return tuple(built)


def _on_cost(cost: Cost, keys: LimitKeys) -> list[CostLimit]:
    stated = (keys.probability_at_least, keys.probability_at_most, keys.with_probability)
    if stated != (None, None, None):
        raise InputError("is known, so its limit is at_least or at_most, without a probability")
    bounds = _bounds(keys.at_least, keys.at_most, "")
    return [CostLimit(cost=cost, side=side, bound=bound) for side, bound in bounds]


def _check_possible(limits: list[CostLimit], space: ParameterSpace) -> None:
    for limit in limits:
        low, high = limit.cost.ends(space)
        if not limit.meets(low if limit.side == "at_most" else high):
            raise InputError(
                f"no conditions can keep {limit.side} {limit.bound:g}, "
                f"they cost {low:.6g} to {high:.6g} {limit.cost.unit}"
            )


def _on_yes_no(response: Response, keys: LimitKeys) -> list[Limit]:
    if (keys.at_least, keys.at_most, keys.with_probability) != (None, None, None):
        raise InputError("is yes or no, so its limit is a probability_at_least or a probability_at_most")
    bounds = _bounds(keys.probability_at_least, keys.probability_at_most, "probability_")
    return [YesNoLimit(response=response.name, side=side, probability=bound) for side, bound in bounds]


def _on_number(response: Response, keys: LimitKeys) -> list[Limit]:
    if (keys.probability_at_least, keys.probability_at_most) != (None, None):
        raise InputError("is a number, so its limit is at_least or at_most, with_probability if not 0.8")
    with_probability = _PROBABILITY if keys.with_probability is None else keys.with_probability
    return [
        NumberLimit(response=response.name, side=side, bound=bound, with_probability=with_probability)
        for side, bound in _bounds(keys.at_least, keys.at_most, "")
    ]


def _bounds(at_least: float | None, at_most: float | None, prefix: str) -> list[tuple[Side, float]]:
    if at_least is None and at_most is None:
        raise InputError(f"needs {prefix}at_least or {prefix}at_most")
    if at_least is not None and at_most is not None and at_least > at_most:
        raise InputError(
            f"{prefix}at_least must not be above {prefix}at_most, got {at_least:g} and {at_most:g}"
        )
    bounds: list[tuple[Side, float | None]] = [("at_least", at_least), ("at_most", at_most)]
    return [(side, bound) for side, bound in bounds if bound is not None]
