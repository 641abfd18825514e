"""From a campaign to the finished summary of its week."""

import hashlib
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from math import inf
from time import perf_counter

from ...datasets import Dataset, Experiment, InputError
from ...models.threads import one_thread
from ...planner.known import known_experiments
from ...planner.suggestion import Suggestion, Suggestions
from ...planner.week_plan import WeekPlan
from ...planner.wording import percent
from ..stored_plan import last_plan
from ..week import read_week, week_name
from .believed import Cutter, importances
from .health import health
from .outcomes import last_week, outcomes
from .reported import Reported
from .standing import standing
from .trust import record_in_words, trust
from .week_summary import Beliefs, Decision, Named, Provenance, WeekSummary

_N_SUGGESTED = 4
_MOST_ANCHORS = 400
_PACKAGES = ("ovenbird", "torch", "gpytorch", "botorch", "ortools", "numpy", "pandas", "scikit-learn")

Progress = Callable[[str], AbstractContextManager[None]]


def summarise(
    campaign: Reported,
    week: str | None = None,
    *,
    seed: int = 0,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> WeekSummary:
    """Collect everything that a weekly report shows; nothing is written.

    Parameters
    ----------
    campaign, week, seed, now
        As of `Campaign.report`: same data, file, seed and time give the same summary.
    progress
        Told what is under way.

    Raises
    ------
    InputError
        If the week is over or no week.
    """
    began = perf_counter()
    step = progress or (lambda message: nullcontext())
    now = datetime.now().replace(second=0, microsecond=0) if now is None else now
    name = week_name(read_week(week, now))
    data, own, events = campaign.dataset(), campaign.own_dataset(), campaign.store.events()
    named = _named(campaign)
    with step(f"Learning from {len(data)} experiments"):
        beliefs = campaign.beliefs(data)
    with step("Planning the week"):
        plan = _plan(campaign, name, own, seed, now)
        next_ones = _suggestions(campaign, plan, seed)
    suggestions: Sequence[Suggestion] = plan.suggestions if plan is not None else next_ones.items
    with step("Looking at the models"), one_thread():
        believed = _believed(campaign, data, own, named, suggestions)
    with step("Looking at the data"), one_thread():
        since = datetime.combine(now.date(), datetime.min.time()) - timedelta(days=7)
        week_before = last_week(campaign.problem, named, own, campaign.definition.lab, events, since)
        stands = standing(campaign.problem, beliefs, named, data, own)
        sound = health(campaign.problem, beliefs, named, own, events, _said_of_the_data(campaign))
    return WeekSummary(
        campaign=campaign.name,
        title=campaign.definition.title,
        week=name,
        made_at=now,
        parameters=tuple(named[p.name] for p in campaign.space),
        responses=tuple(named[n] for n in (*campaign.problem.responses, *campaign.problem.costs)),
        decision=_decision(campaign, plan, next_ones),
        plan=plan,
        lab=campaign.definition.lab,
        suggestions=tuple(suggestions),
        last_week=week_before,
        standing=stands,
        beliefs=believed,
        health=sound,
        provenance=_provenance(campaign, data, own, name, seed, perf_counter() - began),
        messages=plan.messages if plan is not None else next_ones.messages,
    )


def _said_of_the_data(campaign: Reported) -> tuple[str, ...]:
    return (*campaign.dataset_messages, *campaign.learn_from_messages)


def _named(campaign: Reported) -> dict[str, Named]:
    named = {p.name: Named(name=p.name, unit=p.unit) for p in campaign.space}
    named |= {
        name: Named(name=name, unit=r.unit, is_yes_no=r.is_yes_no)
        for name, r in campaign.problem.responses.items()
    }
    return named | {name: Named(name=name, unit=c.unit) for name, c in campaign.problem.costs.items()}


def _plan(campaign: Reported, week: str, own: Dataset, seed: int, now: datetime) -> WeekPlan | None:
    """The plan that was kept for the week, else one as it would be made now; None without a lab."""
    lab = campaign.definition.lab
    if lab is None or not lab.steps:
        return None
    kept = last_plan(campaign.store.events(), week, own)
    if kept is not None:
        return kept
    plan = campaign.plan(week, seed=seed, now=now)
    return replace(
        plan,
        messages=(
            "This plan is a proposal: ovenbird plan keeps it and writes the run sheet.",
            *plan.messages,
        ),
    )


def _suggestions(campaign: Reported, plan: WeekPlan | None, seed: int) -> Suggestions:
    """What would be made next, for the advice on stopping, and instead of a plan."""
    try:
        return campaign.suggest(1 if plan is not None else _N_SUGGESTED, seed=seed)
    except InputError as error:
        # Rules that leave nothing: the page says so instead of failing.
        return Suggestions(items=(), messages=error.faults)


def _decision(campaign: Reported, plan: WeekPlan | None, next_ones: Suggestions) -> Decision:
    advice = next_ones.stopping
    return Decision(
        plan=_in_one_paragraph(plan, next_ones),
        questions=tuple(_questions(campaign, plan)),
        stopping="" if advice is None else advice.advice,
        enough=advice is not None and advice.enough,
    )


def _in_one_paragraph(plan: WeekPlan | None, next_ones: Suggestions) -> str:
    if plan is None:
        n = len(next_ones)
        if not n:
            return "Nothing can be suggested."
        return (
            f"The campaign file has no lab section, so there is no timetable; the next {n} experiments are "
            "suggested below."
        )
    table = plan.timetable
    if not table.tasks:
        return f"Nothing can be made in {plan.week}. {' '.join(plan.messages)}".strip()
    new, old = sum(s.is_new for s in plan.samples), sum(not s.is_new for s in plan.samples)
    runs: dict[str, int] = {}
    for run in table.runs:
        if len(run.samples) > 1 or run.settings:
            runs[run.resource] = runs.get(run.resource, 0) + 1
    what = [f"{new} new sample{'s' if new != 1 else ''}"] + (
        [f"{old} already under way or planned"] if old else []
    )
    on = ", ".join(
        f"{n} run{'s' if n > 1 else ''} of the {name.replace('_', ' ')}" for name, n in runs.items()
    )
    control = next((s.experiment for s in plan.samples if s.role == "control"), None)
    said = f"{' and '.join(what)}{f', in {on}' if on else ''}; all is done by {table.end:%a %d %b, %H:%M}."
    said += f" {control} is the control." if control else ""
    return said + (f" {plan.bottleneck.sentence}" if plan.bottleneck is not None else "")


def _questions(campaign: Reported, plan: WeekPlan | None) -> list[str]:
    if plan is None:
        return []
    asked = [f"Agree? {decision.sentence}" for decision in plan.decisions if not decision.goes_on]
    for suggestion in plan.suggestions:
        if suggestion.purpose in ("feasibility", "anchor", "control"):
            missed = _missed(campaign, suggestion)
            if missed:
                asked.append(f"Make {suggestion.id} although {missed}? It is there as {suggestion.purpose}.")
    if not any(s.is_new for s in plan.samples):
        asked.append("Is it all right that nothing new is begun?")
    return asked


def _missed(campaign: Reported, suggestion: Suggestion) -> str:
    from ...planner.limits import YesNoLimit

    for limit in campaign.problem.limits:
        p = suggestion.limits.get(limit.response)
        if not isinstance(limit, YesNoLimit) or p is None:
            continue
        broken = p < limit.probability if limit.side == "at_least" else p > limit.probability
        if broken:
            side = "at least" if limit.side == "at_least" else "at most"
            return f"{limit.response} has {percent(p)}, where {side} {100 * limit.probability:g} % is wanted"
    return ""


def _believed(
    campaign: Reported,
    data: Dataset,
    own: Dataset,
    named: dict[str, Named],
    suggestions: Sequence[Suggestion],
) -> Beliefs:
    problem, beliefs = campaign.problem, campaign.beliefs(data)
    record = outcomes(problem, named, [e for e in own.experiments if e.is_own])
    known = [name for name in problem.responses if _is_known(campaign, data, name)]
    shares = importances(beliefs, known)
    cutter = Cutter(
        problem=problem,
        beliefs=beliefs,
        named=named,
        anchors=_anchors(campaign, data),
        suggestions=suggestions,
        importances={name: shares.get(name, {}) for name in problem.responses},
    )
    return Beliefs(
        maps=cutter.maps(),
        effects=cutter.effects(),
        chains=cutter.chains(),
        trust=trust(beliefs, named, shares),
        record=tuple(record),
        record_in_words=record_in_words(record),
        contradictions=tuple(beliefs.contradictions),
    )


def _is_known(campaign: Reported, data: Dataset, name: str) -> bool:
    response, size = campaign.problem.responses[name], campaign.beliefs(data).evidence.size
    return all(size.get(source) for source in (response.sources if response.is_derived else (name,)))


def _anchors(campaign: Reported, data: Dataset) -> list[Experiment]:
    """The best that keeps the limits first, then what has most of the goal, then what was made last."""
    from ...datasets import NOT_STATED

    problem = campaign.problem
    known = known_experiments(problem, data)
    front = [known.experiments[row] for row in known.front(problem, campaign.beliefs(data))]
    objective = problem.goal.objectives[0]

    def merit(experiment: Experiment) -> float:
        value = problem.value_of(objective.response, experiment)
        counts = value is not None and experiment.failure is None and not problem.broke_a_limit(experiment)
        return -float(objective.merit(value)) if counts and value is not None else inf

    stated = [
        e for e in reversed(data.experiments) if not any(value is NOT_STATED for value in e.executed.values())
    ]
    found = {e.id: e for e in [*front, *sorted(stated, key=merit)]}
    return list(found.values())[:_MOST_ANCHORS]


def _provenance(
    campaign: Reported, data: Dataset, own: Dataset, week: str, seed: int, seconds: float
) -> Provenance:
    definition = campaign.definition
    file = definition.path.name if definition.path else "defined in Python"
    return Provenance(
        dataset=campaign.store.label,
        fingerprint=data.fingerprint,
        n_own=len(own),
        n_literature=len(data) - len(own),
        file=file,
        file_digest=hashlib.sha256(definition.text.encode()).hexdigest()[:12],
        seed=seed,
        command=f"ovenbird report {file} --week {week} --seed {seed}",
        versions={"python": sys.version.split()[0], **_versions()},
        seconds=round(seconds, 1),
    )


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
