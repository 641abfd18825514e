"""The ``rules`` section of a campaign file becomes rules that hold for every suggestion."""

import math
from collections.abc import Sequence

import numpy as np

from ..datasets import CategoricalParameter, InputError, NumericParameter, Parameter, listed, shortest
from ..planner.compositions import Compositions
from ..planner.rules import ExcludeRule, LinearRule, MixtureRule, Rule
from .declared import Declared
from .faults import Faults, KeyPath, unknown
from .file_format import RuleKeys, number, several, text, validated

_OWN_KEYS = {
    "linear": ("at_least", "at_most", "equals"),
    "mixture": ("total", "at_most_components"),
}


def rules_from(section: Sequence[object], declared: Declared, faults: Faults) -> tuple[Rule, ...]:
    """Build the rules that can be built; note what is wrong with the others."""
    built: list[Rule] = []
    for position, given in enumerate(section):
        path = ("rules", position)
        keys = validated(RuleKeys, given, path, faults)
        if keys is None:
            continue
        with faults.at(*path, says="rules: "):
            kinds = [kind for kind in _BUILDERS if getattr(keys, kind) is not None]
            if len(kinds) != 1:
                raise InputError("a rule has either linear, exclude or mixture")
            _check_keys(keys, kinds[0])
            rule = _BUILDERS[kinds[0]](keys, path, declared, faults)
            if rule is not None:
                built.append(rule)
    return tuple(built)


def _linear(keys: RuleKeys, path: KeyPath, declared: Declared, faults: Faults) -> LinearRule:
    for name in keys.linear or {}:
        declared.numeric(name, faults, (*path, "linear", name))
    if keys.equals is not None and (keys.at_least is not None or keys.at_most is not None):
        raise InputError("give either equals, or at_least and at_most")
    lower = keys.at_least if keys.equals is None else keys.equals
    upper = keys.at_most if keys.equals is None else keys.equals
    return LinearRule(
        coefficients=keys.linear or {},
        at_least=-math.inf if lower is None else lower,
        at_most=math.inf if upper is None else upper,
        reason=keys.reason or "",
    )


def _check_keys(keys: RuleKeys, kind: str) -> None:
    """Refuse keys that belong to another kind of rule."""
    for owner, names in _OWN_KEYS.items():
        if owner != kind and any(getattr(keys, name) is not None for name in names):
            raise InputError(f"{listed(names, 'and')} belong to {owner}, not to {kind}")


def _mixture(keys: RuleKeys, path: KeyPath, declared: Declared, faults: Faults) -> MixtureRule:
    names = keys.mixture or ()
    here = (*path, "mixture")
    components = [declared.numeric(name, faults, here) for name in names]
    if keys.total is None:
        raise InputError("mixture needs a total, such as total: 1")
    rule = MixtureRule(
        components=names,
        total=keys.total,
        at_most_components=keys.at_most_components,
        reason=keys.reason or "",
    )
    shares = [component for component in components if component is not None]
    for share in shares:
        if share.low < 0:
            faults.add(here, f"'{share.name}' begins at {share.low:g}, but a share cannot be below 0")
    if len(shares) == len(names) and all(share.low >= 0 for share in shares):
        _check_reachable(rule, shares)
    return rule


def _check_reachable(rule: MixtureRule, shares: Sequence[NumericParameter]) -> None:
    """Refuse a total that no settings add up to, with all shares or with those that always apply."""
    always = [share for share in shares if not share.when]
    if any(_adds_up(rule, some) for some in (shares, always) if some):
        return
    names = listed([share.name for share in shares], "and")
    low = sum(share.low for share in shares)
    high = sum(sorted((share.high for share in shares), reverse=True)[: rule.at_most_components])
    most = "" if rule.at_most_components is None else f" at most {rule.at_most_components} of"
    if not low <= rule.total <= high:
        raise InputError(
            f"{most.lstrip()} {names} add up to {low:g} to {high:g}, never to {rule.total:g}; "
            "change their ranges or the total".lstrip()
        )
    raise InputError(
        f"no settings of{most} {names} add up to {rule.total:g}; change their steps or ranges, or the total"
    )


def _adds_up(rule: MixtureRule, shares: Sequence[NumericParameter]) -> bool:
    settings = [share.setting(np.arange(share.n_settings)) for share in shares]
    return Compositions(settings, rule.total, rule.at_most_components).may_exist


def _exclude(keys: RuleKeys, path: KeyPath, declared: Declared, faults: Faults) -> ExcludeRule | None:
    settings: dict[str, tuple[float | str, ...]] = {}
    for name, given in (keys.exclude or {}).items():
        here = (*path, "exclude", name)
        parameter = declared.parameter(name, faults, here)
        values = several(given)
        assert isinstance(values, list)
        if not values:
            faults.add(here, "needs at least one value")
        if parameter is not None:
            with faults.at(*here):
                settings[name] = tuple(_setting(parameter, value) for value in values)
    if keys.exclude and not settings:
        return None
    return ExcludeRule(settings=settings, reason=keys.reason or "")


def _setting(parameter: Parameter, value: object) -> float | str:
    try:
        read = text(value) if isinstance(parameter, CategoricalParameter) else number(value)
    except ValueError as error:
        raise InputError(f"{error}; allowed are {parameter.allowed}") from error
    if isinstance(parameter, CategoricalParameter):
        if read not in parameter.values:
            raise InputError(unknown("value", read, parameter.values))
        return read
    assert isinstance(read, float) and isinstance(parameter, NumericParameter)
    if not parameter.low <= read <= parameter.high:
        raise InputError(f"{shortest(read)} can never be set, allowed are {parameter.allowed}")
    return read


_BUILDERS = {"linear": _linear, "exclude": _exclude, "mixture": _mixture}
