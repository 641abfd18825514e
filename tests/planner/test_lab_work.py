"""What is to be placed: tasks of samples, runs under way, and what makes one timetable better than another."""

from dataclasses import replace

import pytest

from ovenbird.datasets import NOT_STATED
from ovenbird.planner.lab import Resource, Step
from ovenbird.planner.lab_sample import LabSample, UnderWay
from ovenbird.planner.lab_work import LabWork, Task, lab_work, settings_key

from .small_week import CALCINE, CELLS, FURNACE, GRIND, LOOK, MIX, at, lab_of, sample, until

LAB = lab_of(MIX, CALCINE, LOOK, CELLS)
HORIZON = until("fri 18:00")
BEGUN = UnderWay(step="calcine", start=at("FRI 17:00"), ready=at("SAT 05:00"), run="FU3", machine=1)


def work_of(*samples: LabSample, steps: tuple[Step, ...] = LAB.steps) -> LabWork:
    return lab_work(lab_of(*steps), samples, HORIZON)


def names(tasks: tuple[Task, ...]) -> list[str]:
    return [f"{task.sample} {task.step.name}" for task in tasks]


def test_each_remaining_step_is_a_task_behind_those_before_it() -> None:
    work = work_of(sample("A"), sample("B", done=["mix", "calcine"]))
    assert names(work.tasks) == ["A mix", "A calcine", "A look", "A cells", "B look", "B cells"]
    assert [task.before for task in work.tasks] == [(), (0,), (1,), (2,), (), (4,)]
    assert [task.duration for task in work.tasks] == [4, 48, 4, 240, 4, 240]
    assert work.last_tasks == {"A": (3,), "B": (5,)}


def test_what_is_left_out_is_no_task() -> None:
    stopped = replace(sample("A", done=["mix", "calcine"]), left_out=frozenset({"cells"}))
    assert names(work_of(stopped).tasks) == ["A look"]


def test_what_comes_behind_a_step_that_is_left_out_keeps_its_order() -> None:
    skips = replace(sample("A"), left_out=frozenset({"calcine", "look"}))
    work = work_of(skips)
    assert names(work.tasks) == ["A mix", "A cells"] and work.tasks[1].before == (0,)


def test_a_sample_takes_the_steps_of_its_conditions() -> None:
    ground = replace(GRIND, when={"milling": ("planetary",)})
    one = LabSample(id="A", conditions={"temperature": 700.0, "hold": 3.0, "milling": "none"})
    work = work_of(one, steps=(CALCINE, ground, LOOK))
    assert names(work.tasks) == ["A calcine", "A look"]
    assert work.tasks[1].before == (0,), "what is left of the order holds"


def test_waits_are_rounded_down_and_durations_up() -> None:
    hurried = replace(LOOK, hours={"constant": 0.6}, wait_at_most_h=0.6)
    task = work_of(sample("A"), steps=(CALCINE, hurried)).tasks[-1]
    assert (task.wait, task.duration) == (2, 3), "half an hour, so that it is never more"
    assert work_of(sample("A")).tasks[-1].wait is None


def test_samples_of_equal_settings_could_share_a_run() -> None:
    work = work_of(sample("A"), sample("B"), sample("C", hold=0.1 + 0.2), sample("D", hold=0.3))
    groups = [[work.tasks[i].sample for i in group] for group in work.groups_of_runs.values()]
    assert groups == [["A", "B"], ["C", "D"]], "only in the furnace, and 0.1 + 0.2 h is 0.3 h"


def test_a_setting_that_nobody_stated_is_shared_with_nobody() -> None:
    unknown = [LabSample(id=i, conditions={"temperature": 700.0, "hold": NOT_STATED}) for i in "AB"]
    assert [len(group) for group in work_of(*unknown).groups_of_runs.values()] == [1, 1]


def test_runs_that_share_nothing_take_all_and_those_of_two_steps_none() -> None:
    oven = Resource(name="furnace", slots=4, unattended=True)
    again = replace(CALCINE, name="anneal")
    work = lab_work(
        lab_of(CALCINE, again, machines=[oven]), [sample("A"), sample("B", temperature=900.0)], HORIZON
    )
    groups = [[names(work.tasks)[i] for i in group] for group in work.groups_of_runs.values()]
    assert groups == [["A calcine", "B calcine"], ["A anneal", "B anneal"]]


def test_equal_settings_are_equal_whatever_else_differs() -> None:
    one, other = (
        {"temperature": 700.0, "hold": 0.3, "x": 1.0},
        {"temperature": 700.0, "hold": 0.1 * 3, "x": 2.0},
    )
    assert settings_key(one, FURNACE) == settings_key(other, FURNACE)
    assert settings_key(one, FURNACE) != settings_key({**one, "hold": None}, FURNACE)


def test_new_samples_end_in_time_and_those_carried_over_when_they_can() -> None:
    four_weeks = 4 * 7 * 96
    work = work_of(sample("A"), sample("B", done=["mix"], carried_over=True))
    new, old = work.tasks[0], work.tasks[-1]
    assert (new.due, new.last_start) == (420, 420), "105 h from Monday 9:00 to Friday 18:00"
    assert old.due == old.last_start == 420 + four_weeks
    assert work.time.n_slots == 420 + four_weeks


def test_samples_of_one_run_under_way_are_ended_together() -> None:
    late = replace(BEGUN, ready=at("SAT 06:00"))
    held = [
        replace(sample("A", done=["mix"]), under_way={"calcine": BEGUN}),
        replace(sample("B", done=["mix"]), under_way={"calcine": late}),
    ]
    work = work_of(*held, sample("C"))
    (run,) = work.open_runs
    assert (run.samples, run.name, run.machine) == (("A", "B"), "FU3", 1)
    assert work.time.moment(run.start) == at("FRI 17:00") and work.time.moment(run.ready) == at("SAT 06:00")
    look = next(task for task in work.tasks if task.sample == "A")
    assert look.after_under_way == ("calcine",) and look.before == ()
    assert work.open_run_of("B", "calcine") == 0


def test_runs_that_nobody_planned_are_each_their_own() -> None:
    alone = replace(BEGUN, run=None)
    held = [replace(sample(id_, done=["mix"]), under_way={"calcine": alone}) for id_ in "AB"]
    assert [run.samples for run in work_of(*held).open_runs] == [("A",), ("B",)]


@pytest.fixture(scope="module")
def two() -> LabWork:
    """Two samples of one task each, of four quarter hours."""
    return work_of(sample("A"), sample("B"), steps=(MIX,))


def test_the_last_end_counts_most(two: LabWork) -> None:
    assert two.cost([0, 7], [4, 11]) < two.cost([0, 8], [4, 12])
    assert two.cost([6, 7], [10, 11]) < two.cost([5, 8], [9, 12]), "though the other ends as much later"


def test_of_the_same_last_end_the_other_ends_count_and_then_the_starts(two: LabWork) -> None:
    assert two.cost([0, 8], [4, 12]) < two.cost([1, 8], [5, 12])
    assert two.cost([0, 8], [5, 12]) < two.cost([1, 8], [5, 12]), "what can begin earlier does"
    assert two.cost([0, 8], [4, 12], [3]) < two.cost([0, 8], [4, 12], [4]), "furnaces are emptied soon"


def test_without_tasks_only_the_runs_under_way_cost() -> None:
    held = replace(sample("A", done=["mix", "look", "cells"]), under_way={"calcine": BEGUN})
    work = work_of(held)
    assert work.tasks == () and work.cost([], [], [3]) < work.cost([], [], [4])
