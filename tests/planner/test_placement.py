"""From quarter hours to a timetable: machines and names of runs, and what they say of their samples."""

from dataclasses import replace

import pytest

from ovenbird.planner.lab import Lab, Outage, Resource, Step
from ovenbird.planner.lab_sample import LabSample, UnderWay
from ovenbird.planner.lab_work import LabWork, lab_work
from ovenbird.planner.placement import PlacedRun, Placement
from ovenbird.planner.timetable import Run, Timetable

from .small_week import CALCINE, FURNACE, LOOK, MIX, at, lab_of, sample, until

BAKE = Step(name="bake", on="oven", hours={"hold": 2.0})


def ovens(count: int, *outages: Outage) -> Lab:
    """Ovens that each bake one sample."""
    oven = Resource(name="oven", count=count, unattended=True, outages=outages)
    return lab_of(BAKE, calendar=None, machines=[oven])


def baked(lab: Lab, *spans: tuple[int, int], before: Timetable | None = None, first: str = "A") -> Timetable:
    """Timetable of samples A, B, C... each baked from one slot to another."""
    samples = [sample(chr(ord(first) + number)) for number in range(len(spans))]
    return placed(lab_work(lab, samples, until("wed 18:00")), spans, before)


def placed(work: LabWork, spans: tuple[tuple[int, int], ...], before: Timetable | None = None) -> Timetable:
    starts, ends = tuple(s for s, _ in spans), tuple(e for _, e in spans)
    runs = tuple(PlacedRun((n,), *one) for n, one in enumerate(spans))
    return Placement(starts, ends, runs).timetable(work, "feasible", 0.5, before)


def run_of(timetable: Timetable, experiment: str) -> Run:
    return next(run for run in timetable.runs if experiment in run.samples)


def test_what_overlaps_is_on_different_machines_and_what_follows_on_the_first_free() -> None:
    found = baked(ovens(2), (0, 24), (12, 36), (24, 48), (36, 60))
    assert [run_of(found, i).machine for i in "ABCD"] == [1, 2, 1, 2]
    assert (found.status, found.gap) == ("feasible", 0.5)


def test_the_last_machines_are_those_that_are_down() -> None:
    down = Outage(start=at("mon 09:00"), end=at("mon 15:00"), count=1)
    found = baked(ovens(2, down), (12, 36), (36, 60), (24, 48))
    assert [run_of(found, i).machine for i in "ABC"] == [1, 1, 2]


def test_where_runs_stand_in_the_way_another_machine_is_down() -> None:
    """Two runs that overlap, each of them beside an outage: it cannot be the same machine that is down."""
    down = [Outage(start=at(f"mon {h}:00"), end=at(f"mon {h + 1}:00"), count=1) for h in (12, 15)]
    found = baked(ovens(2, *down), (12, 20), (18, 26))
    assert {run_of(found, i).machine for i in "AB"} == {1, 2}


def test_runs_are_named_by_the_initials_of_their_machine_in_order_of_time() -> None:
    found = baked(ovens(2), (12, 36), (0, 24))
    assert [(run.id, run.samples) for run in found.runs] == [("OV1", ("B",)), ("OV2", ("A",))]
    tube = Resource(name="tube_furnace")
    lab = lab_of(replace(BAKE, on="tube_furnace"), calendar=None, machines=[tube])
    assert baked(lab, (0, 24)).runs[0].id == "TF1"


@pytest.mark.parametrize(
    "names",
    [
        ("furnace", "fusion_oven", "fume_oven", "full"),
        ("oven_1", "oven_2", "oven-1"),
        ("a_b", "ab", "a-b", "AB"),
        ("mill", "MILL", "Mill"),
        ("x1", "x_1", "x-1", "x"),
        ("1", "_", "-", "1_"),
        ("ab", "a_b", "aab"),
    ],
)
def test_no_two_runs_have_the_same_name(names: tuple[str, ...]) -> None:
    steps = [Step(name=f"on {name}", on=name, hours={"constant": 1.0}) for name in names]
    lab = lab_of(*steps, calendar=None, machines=[Resource(name=name, count=20) for name in names])
    samples = [sample(str(number)) for number in range(12)]
    work = lab_work(lab, samples, until())
    found = placed(
        work, tuple((4 * (n % len(names)), 4 + 4 * (n % len(names))) for n in range(len(work.tasks)))
    )
    assert len({run.id for run in found.runs}) == len(found.runs) == 12 * len(names)


def test_a_run_of_the_same_samples_keeps_its_name() -> None:
    before = baked(ovens(2), (0, 24), (12, 36))
    found = baked(ovens(2), (48, 72), (0, 24), (0, 24), before=before)
    assert [run_of(found, i).id for i in "ABC"] == ["OV1", "OV2", "OV3"]


def test_a_new_run_gets_a_name_that_no_run_ever_had() -> None:
    before = baked(ovens(2), (0, 24), (12, 36))
    found = baked(ovens(2), (0, 24), before=before, first="C")
    assert [run.id for run in found.runs] == ["OV3"], "labels OV1 and OV2 are on other vials"


def test_of_a_run_that_is_split_one_part_keeps_the_name() -> None:
    work = lab_work(lab_of(CALCINE), [sample("A"), sample("B")], until())
    together = Placement((0, 0), (96, 96), (PlacedRun((0, 1), 0, 96),)).timetable(work, "feasible", 0.0)
    assert [run.id for run in together.runs] == ["FU1"]
    split = placed(work, ((0, 96), (96, 192)), together)
    assert [run.id for run in split.runs] == ["FU1", "FU2"]
    joined = Placement((0, 0), (96, 96), (PlacedRun((0, 1), 0, 96),)).timetable(work, "feasible", 0.0, split)
    assert [run.id for run in joined.runs] == ["FU1"]


def test_what_is_under_way_keeps_name_and_machine() -> None:
    begun = UnderWay(step="bake", start=at("mon 07:00"), ready=at("mon 13:00"), run="OV9", machine=2)
    work = lab_work(
        ovens(2), [replace(sample("A"), under_way={"bake": begun}), sample("B")], until("wed 18:00")
    )
    found = Placement((0,), (24,), (PlacedRun((0,), 0, 24),), (16,)).timetable(work, "optimal", 0.0)
    old, new = run_of(found, "A"), run_of(found, "B")
    assert (old.id, old.machine, old.under_way, old.start) == ("OV9", 2, True, at("mon 07:00"))
    assert (new.id, new.machine, new.under_way) == ("OV1", 1, False)


def test_cells_under_way_keep_all_their_channels() -> None:
    three = replace(BAKE, uses=3)
    lab = lab_of(three, calendar=None, machines=[Resource(name="oven", count=7, unattended=True)])
    held = [
        replace(
            sample(id_),
            under_way={
                "bake": UnderWay(
                    step="bake",
                    start=at(start),
                    ready=at("mon 13:00"),
                    run=f"OV{id_}",
                    machine=first,
                    more_machines=more,
                )
            },
        )
        for id_, start, first, more in (("A", "mon 06:00", 4, (5, 7)), ("B", "mon 07:00", 1, (2, 3)))
    ]
    work = lab_work(lab, [*held, sample("C")], until("wed 18:00"))
    found = Placement((16,), (40,), (PlacedRun((0,), 16, 40),), (16, 16)).timetable(work, "optimal", 0.0)
    taken = [(run_of(found, i).machine, *run_of(found, i).more_machines) for i in "ABC"]
    assert taken == [(4, 5, 7), (1, 2, 3), (1, 2, 3)]


def test_what_was_begun_is_told_to_the_minute() -> None:
    begun = UnderWay(step="bake", start=at("mon 07:07"), ready=at("mon 13:07"), run="OV1", machine=1)
    work = lab_work(ovens(1), [replace(sample("A"), under_way={"bake": begun})], until())
    found = Placement((), (), (), (17,)).timetable(work, "optimal", 0.0)
    (task,), (run,) = found.tasks, found.runs
    assert (task.start, task.ready, task.end) == (at("mon 07:07"), at("mon 13:07"), at("mon 13:15"))
    assert (run.start, run.ready, run.end) == (task.start, task.ready, task.end)


def test_a_run_is_ready_when_the_last_of_its_samples_is() -> None:
    warm = replace(FURNACE, shares=("temperature",))
    work = lab_work(lab_of(CALCINE, machines=[warm]), [sample("A"), sample("B", hold=6.0)], until())
    found = Placement((0, 0), (96, 96), (PlacedRun((0, 1), 0, 96),)).timetable(work, "feasible", 0.0)
    assert {task.experiment: task.ready for task in found.tasks} == {
        "A": at("mon 21:00"),
        "B": at("tue 00:00"),
    }
    assert found.runs[0].ready == at("tue 00:00")


def test_a_run_under_way_that_nobody_planned_gets_a_name() -> None:
    begun = UnderWay(step="bake", start=at("mon 07:00"), ready=at("mon 13:00"))
    work = lab_work(ovens(1), [replace(sample("A"), under_way={"bake": begun})], until())
    (run,) = Placement((), (), (), (16,)).timetable(work, "optimal", 0.0).runs
    assert (run.id, run.machine, run.samples) == ("OV1", 1, ("A",))


def test_a_run_says_what_its_samples_share() -> None:
    work = lab_work(lab_of(CALCINE), [sample("A"), sample("B")], until())
    found = Placement((0, 0), (96, 96), (PlacedRun((0, 1), 0, 96),)).timetable(work, "feasible", 0.0)
    (run,) = found.runs
    assert dict(run.settings) == {"temperature": 700.0, "hold": 3.0}
    assert (run.step, run.resource, run.samples) == ("calcine", "furnace", ("A", "B"))
    assert (run.start, run.ready, run.end) == (at("mon 09:00"), at("mon 21:00"), at("tue 09:00"))


def test_a_run_of_one_sample_says_what_its_duration_depends_on() -> None:
    assert dict(run_of(baked(ovens(1), (0, 24)), "A").settings) == {"hold": 3.0}
    empty = LabSample(id="A", conditions={"hold": None, "temperature": 700.0})
    found = placed(lab_work(ovens(1), [empty], until()), ((0, 1),))
    assert dict(found.runs[0].settings) == {}, "what does not apply is no setting"


def test_work_by_hand_has_no_run() -> None:
    found = placed(lab_work(lab_of(MIX), [sample("A")], until()), ((0, 4),))
    (task,) = found.tasks
    assert found.runs == () and (task.run, task.resource) == (None, None)


def test_tasks_and_runs_stand_in_the_order_of_time() -> None:
    work = lab_work(lab_of(MIX, LOOK), [sample("A"), sample("B")], until())
    found = placed(work, ((4, 8), (8, 12), (0, 4), (4, 8)))
    assert [(t.experiment, t.step) for t in found.tasks] == [
        ("B", "mix"),
        ("A", "mix"),
        ("B", "look"),
        ("A", "look"),
    ]
    assert [run.samples for run in found.runs] == [("B",), ("A",)]
    assert found.end == at("mon 12:00") and [t.step for t in found.of("A")] == ["mix", "look"]


def test_of_each_sample_the_machines_are_as_many_as_it_takes() -> None:
    three = replace(BAKE, uses=3)
    oven = Resource(name="oven", count=7, unattended=True)
    lab = lab_of(three, calendar=None, machines=[oven])
    found = baked(lab, (0, 24), (0, 24), (24, 48))
    taken = [(run_of(found, i).machine, *run_of(found, i).more_machines) for i in "ABC"]
    assert taken == [(1, 2, 3), (4, 5, 6), (1, 2, 3)]


def test_slots_of_a_furnace_are_no_machines() -> None:
    wide = replace(CALCINE, uses=2)
    work = lab_work(lab_of(wide, machines=[FURNACE]), [sample("A"), sample("B")], until())
    (run,) = Placement((0, 0), (96, 96), (PlacedRun((0, 1), 0, 96),)).timetable(work, "feasible", 0.0).runs
    assert run.machine == 1 and run.more_machines == ()
