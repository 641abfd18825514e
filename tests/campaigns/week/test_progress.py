"""How far samples are, from results and from what was planned."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from ovenbird.campaigns.definition import definition_from
from ovenbird.campaigns.kept_plans import KeptPlans, read_plans
from ovenbird.campaigns.progress import Progress, progress
from ovenbird.datasets import (
    NOT_STATED,
    OWN_LAB,
    Conditions,
    Dataset,
    Experiment,
    FailureReason,
    Measurement,
    QualifiedValue,
    Status,
)
from ovenbird.planner.lab import Lab, Outage
from ovenbird.planner.lab_sample import LabSample, UnderWay
from ovenbird.planner.week_plan import WeekPlan

from .glass_week import LAB, NEXT_WEEK, WEEK, at
from .plans import kept, plan_of, run_of, task

MILLED: Conditions = {"route": "dry", "temperature": 150.0, "milling": "planetary", "milling_speed": 400.0}
AS_FIRED: Conditions = {"route": "dry", "temperature": 150.0, "milling": "none", "milling_speed": None}
Follow = Callable[..., Progress]


@pytest.fixture(scope="session")
def lab(glass_keys: Mapping[str, Any]) -> Lab:
    found = definition_from({**glass_keys, **YAML(typ="safe").load(LAB)}).lab
    assert found is not None
    return found


def made(id_: str = "A", conditions: Conditions = MILLED, **values: object) -> Experiment:
    """A sample that is running if it has results, else planned."""
    return Experiment(
        id=id_,
        status=Status.RUNNING if values else Status.PLANNED,
        planned=conditions,
        executed=conditions,
        source=OWN_LAB,
        history=tuple(
            Measurement(
                response=name, value=QualifiedValue(value if isinstance(value, bool) else float(str(value)))
            )
            for name, value in values.items()
        ),
    )


def way(sample: str = "A", machine: int = 1) -> WeekPlan:
    """The way of one milled sample through the week, on one of the machines."""
    fire = task(sample, "fire", "mon 10:00", "mon 18:00", run="FU1")
    grind = task(sample, "grind", "tue 09:30", "tue 12:30", run="MI1")
    bend = task(sample, "bend", "tue 13:00", "wed 13:00", run="CY1")
    return plan_of(
        task(sample, "mix", "mon 09:00", "mon 10:00"),
        fire,
        task(sample, "look", "tue 09:00", "tue 09:30"),
        grind,
        bend,
        runs=[run_of([fire]), run_of([grind]), run_of([bend], machine)],
    )


BOTH = plan_of(*way("A").timetable.tasks, *way("B").timetable.tasks)


@pytest.fixture
def follow(lab: Lab) -> Follow:
    """Progress of some experiments at a time, after plans that were kept."""

    def run(
        *experiments: Experiment,
        now: str,
        as_of: str | None = None,
        plans: Sequence[WeekPlan] = (),
        week: str = WEEK,
        down: Mapping[str, Outage] | None = None,
    ) -> Progress:
        broken = {
            name: replace(lab.resources[name], outages=(outage,)) for name, outage in (down or {}).items()
        }
        lab_now = replace(lab, resources={**lab.resources, **broken})
        return progress(
            lab_now, Dataset(experiments), read_plans(kept(*plans)), week, at(as_of or now), at(now)
        )

    return run


def only(found: Progress) -> LabSample:
    (sample,) = found.samples
    return sample


def test_a_new_sample_has_everything_before_it(follow: Follow, lab: Lab) -> None:
    found = follow(made(), now="mon 12:00")
    assert only(found) == LabSample(id="A", conditions=MILLED)
    assert [step.name for step in only(found).remaining(lab)] == ["mix", "fire", "look", "grind", "bend"]
    assert found.messages == ()


@pytest.mark.parametrize(
    ("values", "done"),
    [
        ({"pure": True}, {"mix", "fire", "look"}),
        ({"area": 30, "strength": 240}, {"mix", "fire", "look", "grind", "bend"}),
        # Half of what the last step gives says that everything before it is over; nobody says it goes on.
        ({"area": 30}, {"mix", "fire", "look", "grind", "bend"}),
    ],
)
def test_results_say_what_is_over(follow: Follow, values: dict[str, Any], done: set[str]) -> None:
    found = follow(made(**values), made("B"), now="mon 12:00")
    assert found.samples[-1].id == "B" and found.samples[-1].done == frozenset()
    assert [s.done for s in found.samples[:-1]] == ([done] if len(done) < 5 else [])


def test_a_later_result_says_that_earlier_steps_are_over(follow: Follow) -> None:
    sample = only(follow(made(area=30), now="tue 14:00", plans=[way()]))
    assert sample.done == {"mix", "fire", "look", "grind"}
    assert list(sample.under_way) == ["bend"]  # the plan says so, and the rest of its results is not in


@pytest.mark.parametrize(
    ("now", "done", "under_way"),
    [
        ("mon 09:00", set(), set()),
        ("mon 09:15", set(), {"mix"}),
        ("mon 10:00", {"mix"}, set()),
        ("mon 10:15", {"mix"}, {"fire"}),
        ("mon 17:45", {"mix"}, {"fire"}),
        ("mon 18:00", {"mix", "fire"}, set()),
        ("tue 09:15", {"mix", "fire"}, {"look"}),
        ("wed 09:00", {"mix", "fire", "look", "grind"}, {"bend"}),
    ],
)
def test_without_results_things_are_where_the_plan_puts_them(
    follow: Follow, now: str, done: set[str], under_way: set[str]
) -> None:
    sample = only(follow(made(), now=now, plans=[way()]))
    assert (sample.done, set(sample.under_way)) == (done, under_way)


def test_what_is_under_way_keeps_its_run_and_its_machine(follow: Follow) -> None:
    sample = only(follow(made(), now="wed 09:00", plans=[way(machine=3)]))
    expected = UnderWay(
        step="bend", start=at("tue 13:00"), ready=at("wed 13:00"), run="CY1", machine=3, more_machines=()
    )
    assert sample.under_way == {"bend": expected}


def test_until_a_plan_begins_things_go_as_they_were_planned(follow: Follow) -> None:
    found = follow(made(pure=True), now="mon 09:30", as_of="tue 10:00", plans=[way()])
    assert only(found).done == {"mix", "fire", "look"} and set(only(found).under_way) == {"grind"}
    # Of what is to be known by then nobody asks now.
    assert follow(made(), now="mon 09:30", as_of="tue 10:00", plans=[way()]).messages == ()


def test_results_before_their_time_are_noticed(follow: Follow) -> None:
    found = follow(made(pure=True), now="mon 16:00", plans=[way()])
    assert only(found).done == {"mix", "fire", "look"} and not only(found).under_way
    assert found.happened.known_early == {"A": ["look"]}
    assert follow(made(pure=True), now="tue 10:00", plans=[way()]).happened.known_early == {"A": []}


def test_a_gate_that_should_be_known(follow: Follow) -> None:
    found = follow(made(), made("B", pure=True), now="tue 09:30", plans=[BOTH])
    assert found.messages == (
        "A: pure was to be known by Tue 24 Nov 09:30 and is not logged yet; the plan goes on as if it were yes.",
    )
    assert found.samples[0].done == {"mix", "fire", "look"}
    assert follow(made(), now="tue 09:15", plans=[way()]).messages == ()


def test_gates_of_several_samples_are_told_of_together(follow: Follow) -> None:
    many = plan_of(*(t for name in ("A-1", "A-2") for t in way(name).timetable.tasks))
    (message,) = follow(made("A-1"), made("A-2"), now="tue 20:00", plans=[many]).messages
    assert message.startswith("A-1/2: pure was to be known by Tue 24 Nov 09:30 and is not logged yet;")


def test_samples_of_which_nothing_was_heard_are_told_of_once(follow: Follow) -> None:
    found = follow(made(), made("B", pure=True), now="wed 13:00", plans=[BOTH])
    assert found.samples == ()
    assert found.messages == (
        "A, B: by plan all is done, but results are missing; log them, or say with ovenbird fail or ovenbird "
        "drop what became of it.",
    )


def test_a_failed_gate_leaves_out_what_lies_behind(follow: Follow) -> None:
    # Where a campaign has no limit on it, an impure sample is still running.
    found = follow(made(pure=False), made("B"), now="tue 09:30", plans=[way()])
    assert [sample.id for sample in found.samples] == ["B"]
    assert found.happened.ended == {"A": "pure is no"}
    assert found.messages == ()


def outage(start: str, end: str, count: int = 1) -> Outage:
    return Outage(start=at(start), end=at(end), count=count, reason="bearing")


def test_an_outage_interrupts_what_is_on_the_machine(follow: Follow, lab: Lab) -> None:
    down = {"mill": outage("tue 11:00", "thu 12:00")}
    found = follow(made(pure=True), now="tue 11:00", plans=[way()], down=down)
    assert found.happened.interrupted == {"A": "grind"}
    assert not only(found).under_way
    assert [step.name for step in only(found).remaining(lab)] == ["grind", "bend"]


@pytest.mark.parametrize("hours", [("tue 12:30", "thu 12:00"), ("tue 09:00", "tue 09:30")])
def test_an_outage_before_or_after_interrupts_nothing(follow: Follow, hours: tuple[str, str]) -> None:
    found = follow(made(pure=True), now="tue 11:00", plans=[way()], down={"mill": outage(*hours)})
    assert found.happened.interrupted == {} and set(only(found).under_way) == {"grind"}


def test_what_an_outage_interrupted_days_ago_is_still_to_be_done(follow: Follow, lab: Lab) -> None:
    down = {"furnace": outage("mon 14:00", "mon 16:00")}
    found = follow(made(), now="wed 15:00", plans=[way()], down=down)
    assert found.happened.interrupted == {"A": "fire"}
    assert only(found).done == {"mix"}
    assert [step.name for step in only(found).remaining(lab)] == ["fire", "look", "grind", "bend"]


def test_a_result_says_more_than_an_outage(follow: Follow) -> None:
    down = {"furnace": outage("mon 14:00", "mon 16:00")}
    found = follow(made(pure=True), now="tue 09:30", plans=[way()], down=down)
    assert found.happened.interrupted == {} and only(found).done == {"mix", "fire", "look"}


@pytest.mark.parametrize(
    ("machine", "count", "interrupted"),
    [(1, 1, False), (2, 1, False), (3, 1, True), (2, 2, True), (1, 2, False), (1, 3, True)],
)
def test_of_several_machines_the_last_ones_are_down(
    follow: Follow, machine: int, count: int, interrupted: bool
) -> None:
    down = {"cycler": outage("tue 20:00", "wed 12:00", count)}
    found = follow(made(pure=True), now="wed 09:00", plans=[way(machine=machine)], down=down)
    assert (found.happened.interrupted == {"A": "bend"}) == interrupted


def test_a_sample_on_several_machines_needs_all_of_them(lab: Lab) -> None:
    bend = task("A", "bend", "tue 13:00", "wed 13:00", run="CY1")
    plans = read_plans(kept(plan_of(bend, runs=[run_of([bend], 1, 3)])))
    cyclers = replace(lab.resources["cycler"], outages=(outage("tue 20:00", "wed 12:00"),))
    down = replace(lab, resources={**lab.resources, "cycler": cyclers})
    found = progress(down, Dataset((made(pure=True),)), plans, WEEK, at("wed 09:00"), at("wed 09:00"))
    assert found.happened.interrupted == {"A": "bend"}


def test_samples_of_a_later_week_are_left_alone(follow: Follow) -> None:
    later = plan_of(task("B", "mix", "MON 09:00", "MON 10:00"), week=NEXT_WEEK, start="MON 09:00")
    found = follow(made(), made("B"), now="mon 09:00", plans=[way(), later])
    assert [sample.id for sample in found.samples] == ["A"]
    both = follow(made(), made("B"), now="fri 15:00", as_of="MON 09:00", plans=[way(), later], week=NEXT_WEEK)
    assert [sample.id for sample in both.samples] == ["B"]


def test_a_sample_of_an_earlier_week_goes_on_where_it_stands(follow: Follow, lab: Lab) -> None:
    early = plan_of(
        task("A", "mix", "fri 09:00", "fri 10:00"), task("A", "bend", "MON 09:00", "TUE 09:00", run="CY1")
    )
    found = follow(made(pure=True), now="fri 15:00", as_of="MON 09:00", plans=[early], week=NEXT_WEEK)
    assert [step.name for step in only(found).remaining(lab)] == ["grind", "bend"]


@pytest.mark.parametrize(
    ("status", "failure", "note", "why"),
    [
        (Status.FAILED, "process", "it [cracked]", "it failed (process: it [cracked])"),
        (Status.FAILED, "equipment", "", "it failed (equipment)"),
        (Status.DROPPED, None, "no time", "it was dropped"),
        (Status.MEASURED, None, "", "its results are in"),
    ],
)
def test_samples_that_go_no_further_are_named(
    follow: Follow, status: Status, failure: FailureReason | None, note: str, why: str
) -> None:
    over = replace(made(), status=status, failure=failure, note=note)
    found = follow(over, now="tue 10:00", plans=[way()])
    assert (found.samples, found.happened.ended) == ((), {"A": why})
    # What had nothing before it frees nothing.
    assert follow(over, now="wed 13:00", plans=[way()]).happened.ended == {}


def test_only_this_labs_own_pending_samples_are_followed(follow: Follow) -> None:
    found = follow(
        replace(made(), source="10.1/glass"), replace(made("B"), status=Status.MEASURED), now="mon 09:00"
    )
    assert found.samples == ()


def test_a_sample_whose_conditions_nobody_stated_is_told_of(follow: Follow) -> None:
    found = follow(made(conditions={**AS_FIRED, "temperature": NOT_STATED}), now="mon 09:00")
    assert found.samples == ()
    assert found.messages == ("A is in no plan: not all of its conditions are stated.",)


def test_without_plans_and_samples_there_is_nothing(lab: Lab) -> None:
    found = progress(lab, Dataset(), KeptPlans(), WEEK, at("mon 09:00"), at("mon 09:00"))
    assert (found.samples, found.messages, found.happened.ended) == ((), (), {})
