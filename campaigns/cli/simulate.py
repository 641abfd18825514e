"""`ovenbird simulate`: replay a campaign on virtual laboratories."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .arguments import CampaignFile
from .edge import working

if TYPE_CHECKING:
    from ..simulation import SimulationResult
    from ..simulation.simulate import Progress


def simulate(
    campaign: CampaignFile,
    lab: Annotated[
        str,
        typer.Option(
            help="A bundled lab (ltvo), posterior, a lab description (my.lab.yaml), a measured table "
            "(table.csv) or file.py:function."
        ),
    ] = "posterior",
    labs: Annotated[int, typer.Option(min=1, help="How many laboratories.")] = 20,
    seeds: Annotated[int, typer.Option(min=1, help="How often in each, with other scatter.")] = 1,
    budget: Annotated[int, typer.Option(min=1, help="Own experiments in a run.")] = 10,
    batch: Annotated[int, typer.Option(min=1, help="How many are chosen at a time.")] = 1,
    start: Annotated[str, typer.Option(help="literature, none or random:5.")] = "literature",
    strategies: Annotated[
        str, typer.Option(help="Names with commas between them.")
    ] = "ovenbird,random,space_filling,tpe,gp,one_factor",
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for runs, summary.csv and regret.png; resumes there.")
    ] = Path("simulation"),
    jobs: Annotated[int, typer.Option(help="Processes; -1 for as many as there are cores.")] = -1,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler, such as tcp://10.0.0.5:8786.")
    ] = None,
) -> None:
    """Compare strategies on virtual labs, where every truth is known; interrupted, it resumes.

    Example: ovenbird simulate ltvo.yaml --lab ltvo --labs 20 --budget 10
    """
    with working("Opening the campaign"):
        from ..campaign import Campaign
        from ..simulation import simulate as replay

        opened = Campaign.open(campaign)
    with _progress() as progress:
        result = replay(
            opened,
            lab,
            labs=labs,
            seeds=seeds,
            budget=budget,
            batch=batch,
            start=start,
            strategies=strategies,
            out=out,
            jobs=jobs,
            scheduler=scheduler,
            progress=progress,
        )
    _print(result, out)


@contextmanager
def _progress() -> "Iterator[Progress | None]":
    """A bar on the terminal; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        yield tell


def _print(result: "SimulationResult", out: Path) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ...models.picture_style import in_print, in_words
    from ..simulation.picture import said
    from .terminal import console, plural, say

    to = console()
    say(to, f"{result.title}.")
    unit = in_print(result.unit)
    lacking = f"{in_words(result.goal)} still missing{f' [{unit}]' if unit else ''}"
    halfway = max(1, result.budget // 2)
    checkpoints = list(dict.fromkeys([halfway, result.budget]))
    table = Table(title=escape(lacking), title_justify="left")
    table.add_column("strategy")
    for k in checkpoints:
        table.add_column(f"after {k}: median (quartiles)", justify="right")
    for heading in ("truly feasible", "wins", "runs"):
        table.add_column(heading, justify="right")
    rows = result.summary(checkpoints)
    for name, lines in rows.groupby("strategy", sort=False):
        cells = [
            f"{r.regret_median:.3g} ({r.regret_lower_quartile:.3g} to {r.regret_upper_quartile:.3g})"
            for r in lines.itertuples()
        ]
        last = lines.iloc[-1]
        share = "" if last["feasible_share"] != last["feasible_share"] else f"{last['feasible_share']:.0%}"
        table.add_row(said(str(name)), *cells, share, f"{last['wins']:.3g}", str(int(last["runs"])))
    to.print(table)
    say(to, f"{plural(len(result.runs), 'run')} in {out}; see summary.csv and regret.png there.")
