"""How long a timetable takes, and how good it is: 8 to 40 samples in a laboratory of ten kinds of machine.

    python benchmarks/timetable.py

Every row is one piece of work: samples of ten furnace and eight mill programmes in two weeks of a lab with
three people. `quick` is what rules of thumb find, where the solver begins; the gap is the share of the time
until the last end by which an ideal timetable could at most be shorter. The last rows are the whole of
`Campaign.plan` for the LTVO campaign, with the seconds of its parts.
"""

import random
from datetime import datetime, time
from time import perf_counter

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.library import library_path
from ovenbird.planner.lab import Calendar, Lab, Resource, Step
from ovenbird.planner.lab_sample import Horizon, LabSample
from ovenbird.planner.quick_schedule import list_schedule
from ovenbird.planner.schedule import schedule

_LAB = Lab(
    calendar=Calendar(days=(0, 1, 2, 3, 4), opens=time(9), closes=time(18), people=3),
    resources={
        resource.name: resource
        for resource in (
            Resource(name="tube_furnace", count=2, slots=4, shares=("temperature", "hold"), unattended=True),
            Resource(name="box_furnace", slots=6, unattended=True),
            Resource(name="mill", count=2, slots=4, shares=("speed", "time"), unattended=True),
            Resource(name="diffractometer", count=2),
            Resource(name="microscope"),
            Resource(name="sorption_station", count=4, unattended=True),
            Resource(name="coater"),
            Resource(name="dryer", slots=12, unattended=True),
            Resource(name="glovebox", count=2),
            Resource(name="cycler", count=48, unattended=True),
        )
    },
    steps=(
        Step(name="mix", hours={"constant": 0.5}),
        Step(name="dry", on="box_furnace", hours={"constant": 6}),
        Step(name="calcine", on="tube_furnace", hours={"constant": 9, "hold": 1}, hands_on_start_h=0.25),
        Step(name="xrd", on="diffractometer", hours={"constant": 0.5}, gives=("pure",), gate="pure"),
        Step(name="mill", on="mill", hours={"constant": 0.5, "time": 1.3}, when={"milling": ("planetary",)}),
        Step(name="sem", on="microscope", hours={"constant": 0.5}),
        Step(name="bet", on="sorption_station", hours={"constant": 8}, after=("mill",)),
        Step(name="coat", on="coater", hours={"constant": 0.25}, after=("mill",)),
        Step(name="dry_electrode", on="dryer", hours={"constant": 12}),
        Step(name="assemble", on="glovebox", hours={"constant": 0.5}),
        Step(name="cells", on="cycler", hours={"constant": 48}, uses=2),
    ),
)
_TWO_WEEKS = Horizon(
    start=datetime(2026, 11, 23, 9), last_start=datetime(2026, 12, 7), end=datetime(2026, 12, 7, 18)
)


def samples(n: int, seed: int) -> list[LabSample]:
    """Samples of ten furnace and eight mill programmes."""
    draw = random.Random(seed)
    furnaces = [(700.0 + 10 * i, draw.choice([1.0, 3.0, 5.0, 8.0])) for i in range(10)]
    mills = [(draw.choice([300.0, 400.0, 450.0, 500.0]), draw.choice([2.0, 4.0, 6.0])) for _ in range(8)]
    found = []
    for number in range(n):
        temperature, hold = furnaces[number % len(furnaces)]
        milled = draw.choice([*mills, None, None])
        speed, milling_time = milled or (None, None)
        conditions = {
            "temperature": temperature,
            "hold": hold,
            "milling": "planetary" if milled else "none",
            "speed": speed,
            "time": milling_time,
        }
        found.append(LabSample(id=f"S-{number:02d}", conditions=conditions))
    return found


def main() -> None:
    """Print a table."""
    print("samples seed  quick [s]  ends              solver [s]  status    gap   ends")
    for n in (8, 20, 40):
        for seed in range(3):
            work = samples(n, seed)
            began = perf_counter()
            quick = list_schedule(_LAB, work, _TWO_WEEKS)
            between = perf_counter()
            best = schedule(_LAB, work, _TWO_WEEKS)
            after = perf_counter()
            ends = [f"{t.end:%a %d %b %H:%M}" if t is not None and t.end else "none" for t in (quick, best)]
            status, gap = ("none", 1.0) if best is None else (best.status, best.gap)
            print(
                f"{n:7d} {seed:4d} {between - began:10.2f}  {ends[0]:16s} {after - between:11.2f}  "
                f"{status:9s} {gap:4.0%}  {ends[1]}",
                flush=True,
            )
    campaign = Campaign.open(library_path("ltvo"), dataset="sqlite://")
    campaign.beliefs()
    for seed in range(3):
        plan = campaign.plan("2026-W49", now=datetime(2026, 11, 27, 14), seed=seed)
        parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in plan.seconds.items())
        print(f"LTVO week, seed {seed}: {len(plan.samples)} samples, {plan.status}; {parts}", flush=True)


if __name__ == "__main__":
    main()
