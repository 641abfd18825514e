"""Replay a campaign on virtual laboratories, strategy against strategy."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ...datasets import InputError, listed
from ..typed_arguments import whole_number
from ..virtual_lab.true_optimum import TrueOptimum
from .execution import Execute, executor
from .lab_choice import lab_source
from .labs import digest
from .one_run import Plan, Run, RunKey
from .replayed import Replayed
from .result import SimulationResult
from .run_log import RunLog
from .settings import STRATEGIES, Settings, Start

Progress = Callable[[str, int, int], None]
_FEW = 6


def simulate(
    campaign: Replayed,
    lab: object,
    *,
    labs: int = 20,
    seeds: int = 1,
    budget: int = 10,
    batch: int = 1,
    start: str | Start = "literature",
    strategies: str | Sequence[str] = STRATEGIES,
    out: str | Path | None = None,
    jobs: int = -1,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> SimulationResult:
    """Compare strategies on virtual laboratories of which every truth is known; the same in any process.

    Parameters
    ----------
    campaign
        What is replayed; its own dataset is left alone, and used only by the lab ``posterior``.
    lab
        As for `lab_source`: ``ltvo``, ``posterior``, a file, a DataFrame or a function.
    labs, seeds
        Laboratories, and repetitions in each with other scatter. The title names labs that are left out,
        since nothing in them is truly feasible.
    budget, batch
        Own experiments in a run, whatever the campaign file says, and how many are chosen at a time.
    start
        ``literature``, ``none`` or ``random:5``.
    strategies
        Names, see `STRATEGIES`.
    out
        Folder for finished runs, ``summary.csv`` and ``regret.png``, where an interrupted simulation resumes,
        also with more labs, seeds or strategies. None: nothing is written.
    jobs, scheduler
        Processes on this machine (-1: as many as it has cores), or the address of a dask scheduler.
    progress
        Is told what is going on: what, how many are done, of how many.

    Raises
    ------
    NotFound, InputError
        If something is not in order, or no laboratory has anything truly feasible; nothing is simulated then.
    """
    settings = Settings.checked(
        labs=labs, seeds=seeds, budget=budget, batch=batch, start=start, strategies=strategies
    )
    _check(campaign, jobs)
    plan = Plan(type(campaign), campaign.definition, settings, lab_source(lab, campaign))
    folder = None if out is None else Path(out)
    log, wanted = RunLog(folder, _described(plan, campaign)), _wanted(settings)
    missing = [key for key in wanted if key not in log.runs]
    if missing:
        with executor(plan, jobs, scheduler) as execute:
            _carry_out(missing, len(wanted), execute, log, progress)
    result = _result(plan, campaign, log.runs, wanted)
    if folder is not None:
        _write(result, folder)
    return result


def _carry_out(
    missing: Sequence[RunKey], n_wanted: int, execute: Execute, log: RunLog, progress: Progress | None
) -> None:
    """Find what is best in each laboratory, then do the runs; each is kept as soon as it is finished.

    Laboratories in which nothing is truly feasible have no runs.
    """
    optima: dict[int, TrueOptimum | None] = {}
    numbers = sorted({key.lab for key in missing})
    looking = "looking for the best in each lab"
    _tell(progress, looking, 0, len(numbers))
    for number, optimum in execute([("optimum", (number,)) for number in numbers]):
        optima[number] = optimum
        _tell(progress, looking, len(optima), len(numbers))
    possible = [key for key in missing if optima[key.lab] is not None]
    n_done = n_wanted - len(missing)
    n_wanted = n_done + len(possible)
    if not n_wanted:
        raise InputError(
            f"nothing truly meets all limits in {_labs(numbers)}, so there is nothing to find; "
            "loosen the limits"
        )
    _tell(progress, "runs", n_done, n_wanted)
    for _, run in execute([("run", (key, optima[key.lab])) for key in possible]):
        log.append(run)
        n_done += 1
        _tell(progress, "runs", n_done, n_wanted)


def _wanted(settings: Settings) -> list[RunKey]:
    return [
        RunKey(lab, seed, strategy)
        for lab in range(settings.n_labs)
        for seed in range(settings.n_seeds)
        for strategy in settings.strategies
    ]


def _check(campaign: Replayed, jobs: int) -> None:
    if jobs != -1:
        whole_number(jobs, "jobs", least=1)
    n = len(campaign.problem.goal.objectives)
    if n != 1:
        raise InputError(
            f"the goal has {n} objectives, so there is no single best to compare strategies with; keep one "
            "in the campaign file, and state the others as limits"
        )


def _described(plan: Plan, campaign: Replayed) -> dict[str, object]:
    """What determines the outcome of a run."""
    settings = plan.settings
    learned = campaign.dataset().fingerprint if settings.start.learns else "nothing"
    return {
        "campaign": digest(plan.definition.text),
        "learned from": learned,
        "lab": plan.source.fingerprint,
        "budget": settings.budget,
        "batch": settings.batch,
        "start": str(settings.start),
    }


def _result(
    plan: Plan, campaign: Replayed, finished: dict[RunKey, Run], wanted: Sequence[RunKey]
) -> SimulationResult:
    runs = {key: finished[key] for key in wanted if key in finished}
    settings, problem = plan.settings, campaign.problem
    name = problem.goal.objectives[0].response
    begins = (
        f"{settings.start.n_random} random first"
        if settings.start.n_random
        else ("with what the campaign learns from" if settings.start.learns else "from nothing")
    )
    played = {key.lab for key in runs}
    n = len(played) * settings.n_seeds
    left_out = [number for number in range(settings.n_labs) if number not in played]
    without = f" (without {_labs(left_out)}: nothing there truly meets all limits)" if left_out else ""
    return SimulationResult(
        runs=runs,
        strategies=settings.strategies,
        budget=settings.budget,
        n_random=settings.start.n_random,
        goal=name,
        unit=problem.unit_of(name),
        title=f"{plan.definition.name}, {begins}; median and quartiles of {n} virtual campaigns{without}",
    )


def _labs(numbers: Sequence[int]) -> str:
    """Laboratories, which count from 0, in words: how many, and which."""
    if len(numbers) == 1:
        return f"virtual lab {numbers[0]}"
    named = [*numbers[:_FEW], *(["more"] if len(numbers) > _FEW else [])]
    return f"{len(numbers)} virtual labs, {listed(named, 'and')}"


def _write(result: SimulationResult, folder: Path) -> None:
    result.summary(range(1, result.budget + 1)).to_csv(
        folder / "summary.csv", index=False, float_format="%.6g"
    )
    result.figure().savefig(folder / "regret.png", dpi=150)


def _tell(progress: Progress | None, what: str, done: int, total: int) -> None:
    if progress is not None:
        progress(what, done, total)
