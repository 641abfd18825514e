"""What a campaign file says, as domain objects."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..datasets import ParameterSpace, Response
from ..models.features import Feature
from ..planner.cost import Cost, CostLimit
from ..planner.goal import Goal
from ..planner.lab import Lab
from ..planner.limits import Limit
from ..planner.rules import Rule
from .declared import Declared, check_new_names
from .faults import Faults
from .features_section import features_from
from .file_format import CAMPAIGN_NAME, SCHEMA_VERSION, BudgetKeys, CampaignKeys, shown, validated
from .goal_section import check_reachable, goal_from, goal_names
from .lab_costs import declare_costs
from .lab_section import lab_from
from .limits_section import cost_limits_from, limits_from
from .parameters_section import parameters_from, space_from
from .responses_section import check_references, responses_from
from .rules_section import rules_from
from .yaml_document import plain_keys, read_yaml, yaml_text

_ID_LENGTH = 8
_URL = re.compile(r"[a-z][a-z0-9+]*://.*", re.IGNORECASE)
_SQLITE_FILE = re.compile(
    r"(?P<scheme>sqlite(?:\+\w+)?:///)(?P<path>[^?:][^?]*)(?P<query>\?.*)?", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A campaign as its file defines it.

    Attributes
    ----------
    name
        Letters, digits, - and _.
    title
        For people; empty if there is none.
    space
        The parameters.
    responses, features
        By name, in the order of the file.
    rules
        What is known beforehand to be impossible or unwanted.
    goal
        What the campaign is after.
    limits
        What responses must satisfy.
    costs
        What an experiment costs by the steps of the lab: its hours, and whatever the goal or a limit names.
    cost_limits
        Bounds on costs.
    dataset
        URL as written, or None for the default.
    learn_from
        Tables and datasets as written.
    budget
        Own experiments in all, or None.
    lab
        What the lab has, or None.
    text
        The file as it stands, or as it would be written.
    path
        The file, or None if the campaign was defined in Python.
    """

    name: str
    title: str = ""
    space: ParameterSpace
    responses: Mapping[str, Response]
    features: Mapping[str, Feature] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    goal: Goal
    limits: tuple[Limit, ...] = ()
    costs: Mapping[str, Cost] = field(default_factory=dict)
    cost_limits: tuple[CostLimit, ...] = ()
    dataset: str | None = None
    learn_from: tuple[str, ...] = ()
    budget: int | None = None
    lab: Lab | None = None
    text: str = ""
    path: Path | None = None

    @property
    def dataset_url(self) -> str:
        """Where results go: NAME.db beside the file if the file says nothing, else in memory."""
        if self.dataset is None:
            return f"sqlite:///{self.folder / f'{self.name}.db'}" if self.path else "sqlite://"
        match = _SQLITE_FILE.fullmatch(self.dataset)
        if match is None:
            return self.dataset
        return f"{match['scheme']}{self.folder / match['path']}{match['query'] or ''}"

    @property
    def folder(self) -> Path:
        """Folder from which relative paths in the file start."""
        return self.path.absolute().parent if self.path else Path.cwd()

    @property
    def id_prefix(self) -> str:
        """What ids of experiments begin with: the name, short enough for a vial."""
        return self.name.upper()[:_ID_LENGTH].rstrip("-_")


def read_definition(path: str | Path) -> Definition:
    """Read a campaign file.

    Raises
    ------
    NotFound
        If there is no such file.
    InputError
        With one sentence, naming file, line and key, for every fault.
    """
    file = Path(path)
    document = read_yaml(file)
    return _definition(document.keys, Faults(file.name, document.line), document.text, file)


def definition_from(keys: Mapping[str, object]) -> Definition:
    """Define a campaign in Python, with the same keys as the file.

    Raises
    ------
    InputError
        With one sentence, naming the key, for every fault.

    Examples
    --------
    >>> definition = definition_from({
    ...     "name": "alloy",
    ...     "parameters": {"anneal": {"unit": "degC", "from": 200, "to": 500, "step": 25}},
    ...     "responses": {"hardness": {"unit": "GPa"}},
    ...     "goal": {"maximise": "hardness"},
    ... })
    >>> definition.space.names, definition.id_prefix
    (('anneal',), 'ALLOY')
    """
    plain = plain_keys(keys)
    return _definition(plain, Faults(), yaml_text(plain), None)


def _definition(keys: dict[str, object], faults: Faults, text: str, path: Path | None) -> Definition:
    _refuse_newer(keys, faults)
    top = validated(CampaignKeys, keys, (), faults)
    declared, space = _declared(keys, faults)
    lab_keys, limit_keys, goal_keys = (_mapping(keys, key) for key in ("lab", "limits", "goal"))
    lab = lab_from(lab_keys, declared, space, faults) if lab_keys else None
    named = goal_names(goal_keys) | {name: ("limits", name) for name in limit_keys}
    declare_costs(named, lab_keys, lab, declared, faults)
    goal = goal_from(goal_keys, declared, faults) if goal_keys or top else None
    limits = limits_from(limit_keys, declared, faults)
    cost_limits = cost_limits_from(limit_keys, declared, space, faults)
    if goal is not None:
        check_reachable(goal, limit_keys, declared, faults)
    given_rules = keys.get("rules")
    rules = rules_from(given_rules if isinstance(given_rules, list) else [], declared, faults)
    budget = None
    if top is not None:
        _check_top(top, faults)
        if top.budget is not None:
            budget = validated(BudgetKeys, top.budget, ("budget",), faults)
    faults.raise_all()
    assert top is not None and space is not None and goal is not None
    return Definition(
        name=top.name,
        title=top.title or "",
        space=space,
        responses=declared.responses,
        features=declared.features,
        rules=rules,
        goal=goal,
        limits=limits,
        costs=declared.costs,
        cost_limits=cost_limits,
        dataset=top.dataset,
        learn_from=top.learn_from or (),
        budget=None if budget is None else budget.experiments,
        lab=lab,
        text=text,
        path=path,
    )


def _declared(keys: Mapping[str, object], faults: Faults) -> tuple[Declared, ParameterSpace | None]:
    parameters, features, responses = (_mapping(keys, key) for key in ("parameters", "features", "responses"))
    declared = Declared(list(parameters), {}, list(features), {}, list(responses), {})
    check_new_names(parameters, "parameters", (), faults)
    check_new_names(features, "features", {*parameters}, faults)
    check_new_names(responses, "responses", {*parameters, *features}, faults)
    before = len(faults)
    declared.parameters = parameters_from(parameters, faults)
    # Together they are looked at only once each is sound: one fault is not to be told twice.
    sound = len(faults) == before and isinstance(keys.get("parameters"), dict)
    space = space_from(declared.parameters, faults) if sound else None
    declared.features = features_from(features, declared, faults)
    declared.responses = responses_from(responses, faults)
    check_references(declared, faults)
    if isinstance(keys.get("responses"), dict) and not responses:
        faults.add(("responses",), "needs at least one response")
    return declared, space


def _refuse_newer(keys: Mapping[str, object], faults: Faults) -> None:
    version = keys.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        faults.add(("schema_version",), f"must be {SCHEMA_VERSION}, got {shown(version)}")
    elif version > SCHEMA_VERSION:
        faults.add(
            ("schema_version",),
            f"is {version}, but this Ovenbird reads up to {SCHEMA_VERSION}; install a newer Ovenbird",
        )
    # What a newer version means by its keys is not for this one to judge.
    faults.raise_all()


def _check_top(top: CampaignKeys, faults: Faults) -> None:
    if not CAMPAIGN_NAME.fullmatch(top.name):
        faults.add(("name",), f"'{top.name}' must begin with a letter or digit and hold only those, - and _")
    if top.dataset is not None and not _URL.fullmatch(top.dataset):
        faults.add(
            ("dataset",),
            f"'{top.dataset}' is no database URL such as sqlite:///{top.name}.db or postgresql://...",
        )


def _mapping(keys: Mapping[str, object], key: str) -> dict[str, object]:
    value = keys.get(key)
    return value if isinstance(value, dict) else {}
