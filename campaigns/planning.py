"""Planning the weeks of a campaign: what a plan needs to know, and what becomes of one that is kept."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from ..datasets import OWN_LAB, Dataset, InputError, Status, listed
from ..datasets.plan_keeping import keep_plan
from ..datasets.store import NewExperiment
from ..planner.lab import Lab, Outage
from ..planner.timetable import Timetable
from ..planner.week_plan import WeekPlan
from .budget import Budget
from .campaign_records import CampaignRecords
from .kept_plans import ACTION, KeptPlans, outages_as_json, read_plans
from .progress import progress
from .typed_arguments import whole_number
from .week import check_now, horizon_of, read_week, week_name

if TYPE_CHECKING:
    from ..models.beliefs import Beliefs

_MOST_NEW = 12  # where the lab says nothing
_MOST_WEEKS = 8
_LIKE_NEW = re.compile(r"NEW-[1-9]\d?")


def plan_of(
    campaign: CampaignRecords,
    learn: "Callable[[Dataset], Beliefs]",
    budget: Budget | None,
    week: str | None,
    *,
    weeks: int,
    n: int | None,
    seed: int,
    now: datetime | None,
    down: Mapping[str, Sequence[Outage]],
    up: Iterable[str],
    keep: Iterable[str],
) -> WeekPlan:
    """Plan a week of a campaign with what its surrogates learn; the other arguments are `Campaign.plan`'s."""
    from ..models.threads import one_thread
    from ..planner.lab_week import Week, plan_week
    from ..planner.plan_changes import plan_changes

    lab = _lab(campaign)
    weeks = whole_number(weeks, "weeks", least=1)
    if weeks > _MOST_WEEKS:
        raise InputError(f"weeks must be at most {_MOST_WEEKS}, got {weeks}")
    n = None if n is None else whole_number(n, "n", least=0)
    seed = whole_number(seed, "seed", least=0) % 2**32
    now = datetime.now().replace(second=0, microsecond=0) if now is None else now
    check_now(now)
    monday = read_week(week, now)
    name = week_name(monday)
    plans = read_plans(campaign.store.events())
    outages = _outages(lab, plans, down, up, now)
    lab = _with_outages(lab, outages)
    horizon = horizon_of(lab.calendar, monday, weeks, now)
    own = campaign.own_dataset()
    _check_ids(own)
    stands = progress(lab, own, plans, name, horizon.start, now)
    data = campaign.dataset()
    wanted = Week(
        name=name,
        horizon=horizon,
        n_new=_n_new(own, lab, plans, budget, name, weeks, n),
        control=None if _has_control(lab, own, plans, name) else lab.control,
        before=_of_this_week(plans.timetable, monday),
        kept=frozenset(campaign.experiment(id_).id for id_ in keep),
    )
    with one_thread():
        plan = plan_week(campaign.problem, data, learn(data), lab, stands.samples, wanted, seed=seed)
    changes: tuple[str, ...] = ()
    if name in plans.week_of.values():
        happened = replace(stands.happened, outages=outages, ended=_all_ended(stands.happened.ended, plan))
        new = [sample.experiment for sample in plan.samples if sample.is_new]
        changes = plan_changes(lab, plans.until(name), plan.timetable, happened, horizon.start, new)
    spent = () if budget is None else (budget.standing,)
    return replace(
        plan,
        changes=changes,
        messages=(*spent, *plan.messages, *stands.messages, *campaign.dataset_messages),
        outages=outages_as_json(outages),
    )


def adopt(campaign: CampaignRecords, plan: WeekPlan) -> WeekPlan:
    """Keep a plan: its new samples become planned experiments; those that stop are over."""
    new = [s for s in plan.samples if s.is_new]
    named = {s.experiment for s in new if not _LIKE_NEW.fullmatch(s.experiment)}
    kept_before = named & {e.id for e in campaign.store.dataset().experiments}
    if kept_before:
        raise InputError(f"{listed(sorted(kept_before), 'and')}: the plan was kept before")
    forecasts = {suggestion.id: suggestion for suggestion in plan.suggestions}
    experiments = [
        NewExperiment(
            status=Status.PLANNED,
            planned=sample.conditions,
            executed=sample.conditions,
            source=OWN_LAB,
            forecast={
                key: value
                for key, value in forecasts[sample.experiment].as_json().items()
                if key not in ("id", "parameters")
            },
        )
        for sample in new
    ]
    stopped = {
        d.experiment: f"stopped in {plan.week}, not worth its remaining steps"
        for d in plan.decisions
        if not d.goes_on and not plan.timetable.of(d.experiment)
    }
    kept: list[WeekPlan] = []

    def detail(ids: Sequence[str]) -> Mapping[str, object]:
        names = dict(zip((sample.experiment for sample in new), ids, strict=True))
        kept.append(plan.renamed(names))
        return {"plan": _stored(kept[-1])}

    keep_plan(
        campaign.store,
        experiments,
        prefix=campaign.definition.id_prefix,
        action=ACTION,
        detail=detail,
        over=stopped,
    )
    return kept[-1]


def _stored(plan: WeekPlan) -> Mapping[str, object]:
    """A plan without what experiments keep themselves."""
    return {key: value for key, value in plan.as_json().items() if key != "suggestions"}


def _check_ids(own: Dataset) -> None:
    """Refuse pending experiments that are called as those are that are new in a plan."""
    alike = [e.id for e in own.experiments if e.is_pending and _LIKE_NEW.fullmatch(e.id)]
    if alike:
        raise InputError(
            f"{alike[0]}: the new samples of a plan are called NEW-1 and so on; drop it, and add it under "
            "another id"
        )


def _lab(campaign: CampaignRecords) -> Lab:
    lab = campaign.definition.lab
    if lab is None or not lab.steps:
        raise InputError(
            f"{campaign.name}: the campaign file has no lab with steps, so there is nothing to plan for; "
            "describe it under lab: {calendar: ..., resources: ..., steps: [...]}"
        )
    return lab


def _outages(
    lab: Lab,
    plans: KeptPlans,
    down: Mapping[str, Sequence[Outage]],
    up: Iterable[str],
    now: datetime,
) -> dict[str, tuple[Outage, ...]]:
    """Outages reported by earlier plans that are not over, and those reported now."""
    repaired = set(up)
    unknown = [name for name in [*down, *repaired] if name not in lab.resources]
    if unknown:
        raise InputError(f"unknown resource '{unknown[0]}', allowed are {listed(list(lab.resources))}")
    found: dict[str, tuple[Outage, ...]] = {}
    for name, several in plans.outages.items():
        if name not in lab.resources:
            continue
        # What is repaired was down until now: what it interrupted stays interrupted.
        kept = [replace(o, end=min(o.end, now)) if name in repaired else o for o in several]
        found[name] = tuple(o for o in kept if o.start < o.end and (o.end > now or name in repaired))
    for name, several in down.items():
        # What is reported twice is down once.
        found[name] = tuple(dict.fromkeys((*found.get(name, ()), *several)))
    return {name: several for name, several in found.items() if several}


def _with_outages(lab: Lab, outages: Mapping[str, tuple[Outage, ...]]) -> Lab:
    resources = {
        name: replace(resource, outages=(*resource.outages, *outages.get(name, ())))
        for name, resource in lab.resources.items()
    }
    return replace(lab, resources=resources)


def _of_this_week(before: Timetable, monday: date) -> Timetable:
    """What of earlier plans reaches into a week: names of runs that are over may be used again."""
    first = datetime.combine(monday, time.min)
    return replace(before, tasks=tuple(task for task in before.tasks if task.end >= first))


def _has_control(lab: Lab, own: Dataset, plans: KeptPlans, week: str) -> bool:
    """Whether a week has its control sample, planned as such or not."""
    alike = (e for e in own.experiments if e.status is not Status.DROPPED and e.planned == lab.control)
    here = (plans.first_week_of.get(e.id, week if e.is_pending else "") == week for e in alike)
    return week in plans.controls or any(here)


def _n_new(
    own: Dataset, lab: Lab, plans: KeptPlans, budget: Budget | None, week: str, weeks: int, n: int | None
) -> int:
    """How many new samples the week may hold."""
    # What was carried over from an earlier week takes nobody's place, nor does what was dropped.
    dropped = {e.id for e in own.experiments if e.status is Status.DROPPED}
    planned = {id_ for id_, of in plans.first_week_of.items() if of == week} - dropped
    pending = {e.id for e in own.experiments if e.is_pending and e.id not in plans.week_of}
    most = n
    if most is None:
        in_all = (lab.samples_a_week or _MOST_NEW) * weeks
        most = in_all - len(planned) - len(pending)
    return max(0, most if budget is None else min(most, budget.left))


def _all_ended(ended: Mapping[str, str], plan: WeekPlan) -> dict[str, str]:
    stopped = {
        d.experiment: "its remaining steps are not worth their cost"
        for d in plan.decisions
        if not d.goes_on and not plan.timetable.of(d.experiment)
    }
    return {**ended, **stopped}
