"""`ovenbird export`: the campaign in a form that other programs can show."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .arguments import CampaignFile
from .edge import working

if TYPE_CHECKING:
    from ..optuna_bridge import Exported


def export(
    campaign: CampaignFile,
    optuna: Annotated[
        Path, typer.Option(metavar="FILE.db", help="SQLite file of Optuna studies; made if it is not there.")
    ],
) -> None:
    """Write all experiments as an Optuna study, for optuna-dashboard; again, to bring it up to date.

    Example: ovenbird export ltvo.yaml --optuna study.db
    """
    from ..campaign import Campaign

    opened = Campaign.open(campaign)
    with working("Writing the study"):
        from optuna import logging

        from ..optuna_bridge import export_study

        logging.set_verbosity(logging.WARNING)
        exported = export_study(opened, f"sqlite:///{optuna}")
    print(_said(exported, optuna))
    print(f"Look at it with:  optuna-dashboard sqlite:///{optuna}")


def _said(exported: "Exported", file: Path) -> str:
    name, n = exported.study.study_name, len(exported.study.get_trials(deepcopy=False))
    if exported.is_new:
        return f"Wrote study '{name}' with {_trials(n)} into {file}."
    if exported.is_rewritten:
        return (
            f"Wrote study '{name}' with {_trials(n)} into {file} anew, since something exported before was "
            "changed; restart optuna-dashboard if it is running."
        )
    if not exported.added and not exported.changed:
        return f"Study '{name}' in {file} is up to date with {_trials(n)}."
    return (
        f"Brought study '{name}' in {file} up to date: {_trials(exported.added)} added, "
        f"{exported.changed} changed, {n} in all."
    )


def _trials(n: int) -> str:
    return "1 trial" if n == 1 else f"{n} trials"
